// SPDX-License-Identifier: Apache-2.0
#include "core/base/free_lists.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::Random;

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint32_t kPage = Arena::kPageUnits;

class FreeListsTest : public ::testing::Test {
 protected:
  // Pages that follow each other.
  CellId take_pages(uint32_t count) { return arena.take(count * kPage, false).first; }

  Allocator memory{host_memory(), 8 * kMiB};
  Arena arena{8 * kMiB, memory};
  FreeLists free;
};

TEST_F(FreeListsTest, GiveBackWhatWasPushedInItsSize) {
  const CellId page = take_pages(1);
  free.push(arena, page, 3);
  free.push(arena, page + 3, 5);
  free.push(arena, page + 8, 3);
  free.push(arena, page + 11, 100);
  EXPECT_EQ(free.pop(arena, 4), 0u);
  EXPECT_EQ(free.pop(arena, 3), page + 8);
  EXPECT_EQ(free.pop(arena, 3), page);
  EXPECT_EQ(free.pop(arena, 3), 0u);
  EXPECT_EQ(free.pop(arena, 99), 0u);
  EXPECT_EQ(free.pop(arena, 100), page + 11);
  EXPECT_EQ(free.pop(arena, 5), page + 3);
}

TEST_F(FreeListsTest, CutFromALargerPieceAndKeepTheRest) {
  const CellId page = take_pages(1);
  free.push(arena, page, 100);
  EXPECT_EQ(free.pop(arena, 10), 0u);
  EXPECT_EQ(free.cut(arena, 10), page);
  EXPECT_EQ(free.cut(arena, 20), page + 10);
  EXPECT_EQ(free.cut(arena, 71), 0u);
  EXPECT_EQ(free.cut(arena, 70), page + 30);
  EXPECT_EQ(free.cut(arena, 1), 0u);
}

TEST_F(FreeListsTest, LayNeighboursTogetherForALargerOne) {
  const CellId page = take_pages(1);
  for (const uint32_t at : {30u, 0u, 20u, 10u}) free.push(arena, page + at, 10);
  free.push(arena, page + 50, 10);  // not a neighbour
  EXPECT_EQ(free.cut(arena, 41), 0u);
  EXPECT_EQ(free.cut(arena, 40), page);
  EXPECT_EQ(free.cut(arena, 10), page + 50);
}

TEST_F(FreeListsTest, GiveWholePagesBackAndKeepTheEdges) {
  const CellId first = take_pages(4);
  const uint64_t before = memory.used();
  // All but the first ten units and the last unit, in pieces.
  for (uint32_t at = 10; at < 4 * kPage - 1; at += 3) free.push(arena, first + at, std::min<uint32_t>(3, 4 * kPage - 1 - at));
  free.give_pages(arena);
  EXPECT_EQ(memory.used(), before - 2 * 4'096);
  EXPECT_EQ(free.pop(arena, kPage - 10), first + 10);
  EXPECT_EQ(free.pop(arena, kPage - 1), first + 3 * kPage);
  EXPECT_EQ(free.cut(arena, 1), 0u);
}

TEST_F(FreeListsTest, OfRandomPiecesLoseNoneAndGiveNoneTwice) {
  Random random(8);
  constexpr uint32_t kPages = 64;
  const CellId first = take_pages(kPages);
  const CellId end = first + kPages * kPage;
  std::map<CellId, uint32_t> held;  // what is out
  uint64_t units_out = 0;
  for (CellId id = first; id < end;) {
    const auto units = static_cast<uint32_t>(std::min<uint64_t>(end - id, 1 + random.below(40)));
    held[id] = units;
    units_out += units;
    id += units;
  }
  for (int i = 0; i < 20'000; ++i) {
    if (random.chance(50) && !held.empty()) {
      auto it = held.lower_bound(first + static_cast<CellId>(random.below(kPages * kPage)));
      if (it == held.end()) it = held.begin();
      free.push(arena, it->first, it->second);
      units_out -= it->second;
      held.erase(it);
    } else {
      const auto units = static_cast<uint32_t>(1 + random.below(random.chance(10) ? 300 : 40));
      CellId id = free.pop(arena, units);
      if (id == 0) id = free.cut(arena, units);
      if (id == 0) continue;
      ASSERT_GE(id, first);
      ASSERT_LE(id + units, end);
      auto next = held.lower_bound(id);
      ASSERT_TRUE(next == held.end() || next->first >= id + units) << "given twice";
      ASSERT_TRUE(next == held.begin() || std::prev(next)->first + std::prev(next)->second <= id) << "given twice";
      held[id] = units;
      units_out += units;
    }
  }
  for (const auto& [id, units] : held) free.push(arena, id, units);
  EXPECT_GT(units_out, 0u);
  EXPECT_EQ(free.cut(arena, kPages * kPage), first) << "all of it is free again, in one piece";
}

}  // namespace
}  // namespace sluice
