// SPDX-License-Identifier: Apache-2.0
#include "core/base/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace sluice {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint32_t kPage = Arena::kPageUnits;

TEST(Arena, GivesPiecesThatDoNotOverlapAndAreZero) {
  Allocator memory(host_memory(), kMiB);
  Arena arena(kMiB, memory);
  ASSERT_TRUE(arena.valid());
  std::set<CellId> units;
  uint64_t bytes = 0;
  for (uint32_t n = 0; n < 200; ++n) {
    const uint32_t wanted = 1 + n * 37 % 400;
    const Arena::Piece piece = arena.take(wanted, false);
    ASSERT_NE(piece.first, 0u);
    ASSERT_GE(piece.units, wanted);
    bytes += uint64_t{piece.units} * kCellUnit;
    for (uint32_t u = 0; u < piece.units; ++u) ASSERT_TRUE(units.insert(piece.first + u).second);
    const auto* begin = reinterpret_cast<const char*>(arena.place(piece.first));
    for (size_t i = 0; i < piece.units * kCellUnit; ++i) ASSERT_EQ(begin[i], 0);
    std::memset(static_cast<void*>(arena.place(piece.first)), 0xab, piece.units * kCellUnit);
  }
  EXPECT_EQ(memory.used(), bytes);
}

TEST(Arena, GivesWholePagesAlignedFromAPageOn) {
  Allocator memory(host_memory(), kMiB);
  Arena arena(kMiB, memory);
  arena.take(3, false);
  for (const uint32_t wanted : {kPage, kPage + 1, 2 * kPage, kPage}) {
    const Arena::Piece piece = arena.take(wanted, false);
    EXPECT_EQ(piece.first % kPage, 0u);
    EXPECT_EQ(piece.units, (wanted + kPage - 1) / kPage * kPage);
  }
}

TEST(Arena, StopsAtTheCapExceptForWhatMayGoBeyond) {
  Allocator memory(host_memory(), kMiB);
  Arena arena(kMiB, memory);
  uint64_t pages = 0;
  while (arena.take(kPage, false).first != 0) ++pages;
  EXPECT_EQ(pages, kMiB / 4'096);
  EXPECT_EQ(arena.take(1, false).first, 0u);
  EXPECT_EQ(memory.used(), kMiB);
  EXPECT_NE(arena.take(3, true).first, 0u);
  EXPECT_EQ(memory.used(), kMiB + 3 * kCellUnit);
  EXPECT_EQ(arena.take(1, false).first, 0u);
}

TEST(Arena, TheAddressSpaceHasAnEndToo) {
  Allocator memory(host_memory(), kMiB);
  Arena arena(kMiB, memory);
  uint64_t pages = 0;
  while (arena.take(kPage, true).first != 0) ASSERT_LT(++pages, 10'000u);
  EXPECT_GE(pages, 2 * kMiB / 4'096 - 1);
  const uint64_t used = memory.used();
  EXPECT_EQ(arena.take(10 * kPage, true).first, 0u);
  EXPECT_EQ(memory.used(), used);  // what was not given is not counted
}

TEST(Arena, TakesPagesBackAndGivesThemAgainZeroed) {
  Allocator memory(host_memory(), kMiB);
  Arena arena(kMiB, memory);
  const Arena::Piece page = arena.take(kPage, false);
  std::memset(static_cast<void*>(arena.place(page.first)), 0xab, 4'096);
  EXPECT_TRUE(arena.give_page(page.first));
  EXPECT_EQ(memory.used(), 0u);
  const Arena::Piece again = arena.take(kPage, false);
  EXPECT_EQ(again.first, page.first);
  const auto* begin = reinterpret_cast<const char*>(arena.place(again.first));
  for (size_t i = 0; i < 4'096; ++i) ASSERT_EQ(begin[i], 0);
}

TEST(Arena, TwoThreadsNeverGetTheSameUnit) {
  Allocator memory(host_memory(), 4 * kMiB);
  Arena arena(4 * kMiB, memory);
  std::vector<std::vector<Arena::Piece>> got(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < got.size(); ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t n = 0; n < 500; ++n) got[t].push_back(arena.take(1 + (n * 31 + static_cast<uint32_t>(t)) % 300, false));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<CellId> units;
  for (const auto& pieces : got) {
    for (const Arena::Piece& piece : pieces) {
      for (uint32_t u = 0; piece.first != 0 && u < piece.units; ++u) ASSERT_TRUE(units.insert(piece.first + u).second);
    }
  }
}

}  // namespace
}  // namespace sluice
