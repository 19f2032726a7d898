// SPDX-License-Identifier: Apache-2.0
#include "core/limits/exemptions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/support/failing_memory.h"
#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::FailingMemory;
using testing::Random;

class ExemptionsTest : public ::testing::Test {
 protected:
  ~ExemptionsTest() override {
    map_.clear(memory_);
    EXPECT_EQ(memory_.used(), 0u);
  }

  void put(uint64_t fingerprint, Instant until, Instant at) {
    ASSERT_TRUE(map_.reserve(1, at, memory_));
    map_.put(fingerprint, until, at);
    map_.tidy(at);
  }

  FailingMemory host_;
  Allocator memory_{host_.source(), uint64_t{1} << 40};
  Exemptions map_;
};

TEST_F(ExemptionsTest, OneLastsUntilItsEndAndNotAtThatInstant) {
  put(0, 10, 5);
  EXPECT_TRUE(map_.live(0, 9));
  EXPECT_FALSE(map_.live(0, 10));
  EXPECT_FALSE(map_.live(1, 9));
  EXPECT_TRUE(map_.any_live(9));
  EXPECT_FALSE(map_.any_live(10));
}

TEST_F(ExemptionsTest, WritingAgainNeverShortens) {
  put(1, 100, 5);
  put(1, 50, 6);
  EXPECT_TRUE(map_.live(1, 99));
}

TEST_F(ExemptionsTest, EndedOnesMakeRoomInsteadOfGrowth) {
  uint64_t name = 0;
  for (Instant t = 0; t < 100'000; ++t) put(name++, t + 100, t);  // 100 live
  EXPECT_LE(map_.cells(), 512u);
}

TEST_F(ExemptionsTest, MakingRoomRemovesAllThatHaveEnded) {
  for (uint64_t i = 0; i < 6; ++i) put(i << 20, 100, 0);  // all in one cluster
  ASSERT_EQ(map_.cells(), 8u);
  ASSERT_TRUE(map_.reserve(1, 100, memory_));
  EXPECT_EQ(map_.stored(), 6u);
  map_.put(7, 200, 100);
  EXPECT_EQ(map_.cells(), 8u);
  EXPECT_EQ(map_.stored(), 1u);
}

TEST_F(ExemptionsTest, ReservingForgetsNothingAndFailureChangesNothing) {
  for (uint64_t i = 0; i < 3; ++i) put(i, 100, 0);
  ASSERT_EQ(map_.cells(), 4u);
  EXPECT_TRUE(map_.reserve(1, 1'000, memory_));
  EXPECT_TRUE(map_.live(0, 50));
  host_.fail_after(0);
  EXPECT_FALSE(map_.reserve(1, 50, memory_));
  for (uint64_t i = 0; i < 3; ++i) EXPECT_TRUE(map_.live(i, 50));
}

TEST_F(ExemptionsTest, MemoryShrinksAfterTheyHaveEnded) {
  for (uint64_t i = 0; i < 10'000; ++i) put(i, 100, 0);
  for (Instant t = 200; t < 5'000; ++t) put(1, t + 100, t);
  EXPECT_LE(memory_.used(), 1'024u);
}

TEST_F(ExemptionsTest, NeverDropsALiveOneAndNeverKeepsADeadOneAlive) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Random random(seed);
    map_.clear(memory_);
    std::map<uint64_t, Instant> model;
    const Span window = random.between(1, 300);
    const uint64_t names = random.chance(50) ? 10 : 500;
    const uint64_t spread = uint64_t{1} << random.below(20);
    Instant now = 0;
    for (int step = 0; step < 1'000; ++step) {
      now += random.between(0, random.chance(5) ? 500 : 3);
      const uint64_t name = random.below(names) * spread;
      put(name, now + window, now);
      model[name] = now + window;
      const Instant from = now + random.between(0, 300);
      for (uint64_t i = 0; i < names; i += 1 + random.below(20)) {
        const auto found = model.find(i * spread);
        ASSERT_EQ(map_.live(i * spread, from), found != model.end() && found->second > from);
      }
      const bool any = std::any_of(model.begin(), model.end(), [=](const auto& e) { return e.second > from; });
      ASSERT_EQ(map_.any_live(from), any);
    }
  }
}

}  // namespace
}  // namespace sluice
