// SPDX-License-Identifier: Apache-2.0
#include "core/queue/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/queue/entry.h"
#include "core/queue/route.h"

namespace sluice {
namespace {

constexpr Instant kNow = 1'736'726'400 * kSecond;  // midnight UTC

PoolLine line_in(LineState state, uint32_t weight = 1) {
  PoolLine line;
  line.state = state;
  line.weight = weight;
  return line;
}

TEST(Pool, NumbersAreNeverGivenTwice) {
  Pool pool;
  EXPECT_EQ(pool.add("+1")->number, 1u);
  EXPECT_EQ(pool.add("+2")->number, 2u);
  pool.forget(2);
  EXPECT_EQ(pool.at(2), nullptr);
  EXPECT_EQ(pool.find("+2"), nullptr);
  EXPECT_EQ(pool.add("+2")->number, 3u);
  EXPECT_EQ(pool.at(3)->name, "+2");
}

TEST(Pool, EveryChangeIsAnotherVersion) {
  Pool pool;
  std::set<uint64_t> versions = {pool.version()};
  pool.add("+1");
  versions.insert(pool.version());
  pool.touch();
  versions.insert(pool.version());
  pool.forget(1);
  versions.insert(pool.version());
  EXPECT_EQ(versions.size(), 4u);
}

TEST(Pool, OnlyActiveAndWarmingLinesWithWeightTakeNewRecipients) {
  EXPECT_EQ(line_in(LineState::active).takes_new_at(kNow, 0), kNow);
  EXPECT_EQ(line_in(LineState::warming).takes_new_at(kNow, 0), kNow);
  for (const LineState state : {LineState::draining, LineState::suspended, LineState::removed}) {
    EXPECT_EQ(line_in(state).takes_new_at(kNow, 0), kNever);
  }
  EXPECT_EQ(line_in(LineState::active, 0).takes_new_at(kNow, 0), kNever);
}

TEST(Pool, APauseEndsByItself) {
  PoolLine line = line_in(LineState::paused);
  line.paused_until = kNow + kMinute;
  EXPECT_EQ(line.takes_new_at(kNow, 0), kNow + kMinute);
  EXPECT_EQ(line.state_at(kNow + kMinute - 1), LineState::paused);
  EXPECT_EQ(line.state_at(kNow + kMinute), LineState::active);
  line.paused_until = kNever;
  EXPECT_EQ(line.takes_new_at(kNow, 0), kNever);
}

TEST(Pool, AWarmingLineTakesSoManyNewRecipientsADayOfUtc) {
  PoolLine line = line_in(LineState::warming);
  const Instant noon = kNow + 12 * kHour;
  line.count_new(noon);
  EXPECT_EQ(line.takes_new_at(noon, 2), noon);
  line.count_new(noon);
  EXPECT_EQ(line.takes_new_at(noon, 2), kNow + kDay);
  EXPECT_EQ(line.takes_new_at(kNow + kDay, 2), kNow + kDay);
  line.count_new(kNow + kDay);
  EXPECT_EQ(line.new_recipients, 1u);
}

TEST(Pool, TheShortestWaitForItsWeightIsBest) {
  EXPECT_TRUE(is_better({1, 1, 9}, {2, 1, 0}));
  EXPECT_TRUE(is_better({10, 5, 0}, {3, 1, 0}));  // 2 against 3
  EXPECT_FALSE(is_better({10, 5, 1}, {2, 1, 0}));
  EXPECT_TRUE(is_better({10, 5, 0}, {2, 1, 1}));  // equal: the tie
  // Beyond 64 bits.
  EXPECT_TRUE(is_better({kEndOfTime - 2, 1'000'000, 0}, {kEndOfTime - 1, 1'000'000, 0}));
}

TEST(Pool, TiesAreTheSameInEveryEngineForEver) {
  EXPECT_EQ(fixed_hash("acme", "+15550100"), fixed_hash("acme", "+15550100"));
  EXPECT_NE(fixed_hash("acme", "+15550100"), fixed_hash("+15550100", "acme"));
  EXPECT_EQ(fixed_hash("acme", "+15550100"), 4314802652680095047u);
  EXPECT_EQ(tie_of(1, 2), 2185194620014831856u);
}

TEST(Pool, TiesAreEvenOverLines) {
  const std::vector<uint64_t> marks = {fixed_hash("+1", {}), fixed_hash("+2", {}), fixed_hash("+3", {}), fixed_hash("+4", {})};
  std::vector<int> won(4);
  for (int i = 0; i < 4000; ++i) {
    const uint64_t request = fixed_hash("acme", std::to_string(i));
    size_t best = 0;
    for (size_t m = 1; m < 4; ++m) {
      if (tie_of(request, marks[m]) < tie_of(request, marks[best])) best = m;
    }
    ++won[best];
  }
  for (const int n : won) EXPECT_NEAR(n, 1000, 100);
}

TEST(Pool, AWalkComesByEveryPlaceOnce) {
  for (uint32_t count = 1; count <= 64; ++count) {
    for (uint64_t seed = 0; seed < 50; ++seed) {
      Walk walk(count, fixed_hash(std::to_string(seed), {}));
      std::set<uint32_t> places;
      for (uint32_t i = 0; i < count; ++i) places.insert(walk.next());
      EXPECT_EQ(places.size(), count);
      EXPECT_LT(*places.rbegin(), count);
    }
  }
}

TEST(Route, ALineBelongsToOneAccount) {
  alignas(8) std::byte room[RouteState::size(2)] = {};
  auto& route = *reinterpret_cast<RouteState*>(room);
  route.room = 2;
  *route.place(0, kNow) = {7, kNow, 1, 0, 0, 0};
  route.used = 1;
  EXPECT_EQ(route.of(7, 0, kNow)->line, 1u);
  EXPECT_EQ(route.of(8, 0, kNow), nullptr);
  EXPECT_TRUE(route.belongs_to_another(1, 8, 0, kNow));
  EXPECT_FALSE(route.belongs_to_another(1, 7, 0, kNow));
  EXPECT_FALSE(route.belongs_to_another(2, 8, 0, kNow));
  *route.place(0, kNow) = {8, kNow, 2, 0, 0, 0};
  route.used = 2;
  EXPECT_EQ(route.place(0, kNow), nullptr);
  // Forgotten: its place is free.
  EXPECT_NE(route.place(kHour, kNow + kHour), nullptr);
  EXPECT_EQ(route.of(7, kHour, kNow + kHour - 1)->line, 1u);
  EXPECT_EQ(route.of(7, kHour, kNow + kHour), nullptr);
}

TEST(Entry, AgesGoByTheCountBeforeTheShard) {
  const auto id = [](uint64_t shard, uint64_t count) { return shard << kMessageShardShift | count; };
  EXPECT_LT(age_of(id(1023, 5)), age_of(id(0, 6)));
  EXPECT_LT(age_of(id(3, 6)), age_of(id(4, 6)));
  EXPECT_LT(age_of(id(1023, (uint64_t{1} << kMessageShardShift) - 1)), uint64_t{1} << 53);
}

}  // namespace
}  // namespace sluice
