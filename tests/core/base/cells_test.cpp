// SPDX-License-Identifier: Apache-2.0
#include "core/base/cells.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <vector>

#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::Random;

constexpr uint64_t kMiB = uint64_t{1} << 20;

class CellsTest : public ::testing::Test {
 protected:
  CellId allocate(uint32_t units, bool beyond = false) { return cells.allocate(arena, units, free, beyond); }
  bool zeroed(CellId id, uint32_t units) {
    const auto* bytes = reinterpret_cast<const char*>(arena.place(id));
    for (size_t i = 0; i < units * kCellUnit; ++i) {
      if (bytes[i] != 0) return false;
    }
    return true;
  }
  void spoil(CellId id, uint32_t units) { std::memset(static_cast<void*>(arena.place(id)), 0xcd, units * kCellUnit); }

  Allocator memory{host_memory(), kMiB};
  Arena arena{kMiB, memory};
  FreeLists free;
  Cells cells;
};

TEST_F(CellsTest, BeginsSmall) {
  allocate(3);
  EXPECT_LE(memory.used(), 256u);
}

TEST_F(CellsTest, GivesZeroedRecordsThatDoNotOverlap) {
  Random random(1);
  std::map<CellId, uint32_t> held;
  for (int i = 0; i < 30'000; ++i) {
    if (random.chance(45) && !held.empty()) {
      auto it = held.lower_bound(static_cast<CellId>(random.below(70'000)));
      if (it == held.end()) it = held.begin();
      spoil(it->first, it->second);
      free.push(arena, it->first, it->second);
      held.erase(it);
      continue;
    }
    const auto units = static_cast<uint32_t>(random.chance(3) ? 50 + random.below(320) : 3 + random.below(6));
    const CellId id = allocate(units);
    if (id == 0) continue;
    ASSERT_TRUE(zeroed(id, units));
    auto next = held.lower_bound(id);
    ASSERT_TRUE(next == held.end() || next->first >= id + units);
    ASSERT_TRUE(next == held.begin() || std::prev(next)->first + std::prev(next)->second <= id);
    held[id] = units;
    spoil(id, units);
  }
  EXPECT_LE(memory.used(), kMiB);
}

TEST_F(CellsTest, AtTheCapServesFromWhatIsFreedInAnySize) {
  std::vector<CellId> small;
  for (CellId id = allocate(3); id != 0; id = allocate(3)) small.push_back(id);
  EXPECT_GT(small.size(), kMiB / 48 * 9 / 10);
  EXPECT_EQ(allocate(60), 0u);
  for (const CellId id : small) free.push(arena, id, 3);
  int large = 0;
  while (allocate(60) != 0) ++large;
  EXPECT_GT(large, static_cast<int>(kMiB / 960 * 8 / 10));
  EXPECT_LE(memory.used(), kMiB);
}

TEST_F(CellsTest, BeyondTheCapItServesWhenToldTo) {
  while (allocate(3) != 0) {
  }
  EXPECT_EQ(allocate(4), 0u);
  const CellId id = allocate(4, true);
  EXPECT_NE(id, 0u);
  EXPECT_TRUE(zeroed(id, 4));
  EXPECT_LE(memory.used(), kMiB + 4 * kCellUnit);
}

TEST_F(CellsTest, ARecordLargerThanAPageIsServed) {
  const CellId id = allocate(353);
  ASSERT_NE(id, 0u);
  EXPECT_TRUE(zeroed(id, 353));
  const CellId other = allocate(100);  // from what the pages had left
  EXPECT_EQ(other, id + 353);
}

TEST_F(CellsTest, WhatAShardGivesBackServesAnother) {
  Cells other;
  FreeLists others;
  std::vector<CellId> all;
  for (CellId id = allocate(8); id != 0; id = allocate(8)) all.push_back(id);
  EXPECT_EQ(other.allocate(arena, 8, others, false), 0u);
  for (const CellId id : all) free.push(arena, id, 8);
  free.give_pages(arena);
  EXPECT_LT(memory.used(), kMiB / 10);
  EXPECT_NE(other.allocate(arena, 8, others, false), 0u);
}

}  // namespace
}  // namespace sluice
