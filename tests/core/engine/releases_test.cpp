// SPDX-License-Identifier: Apache-2.0
// Timers in the hands of those who took them.
#include <gtest/gtest.h>

#include <array>

#include "core/engine/releases.h"

namespace sluice {
namespace {

class Hands : public ::testing::Test {
 protected:
  Releases::Due take(Instant now) {
    std::array<Releases::Due, 1> out;
    EXPECT_EQ(releases.take(now, out), 1u);
    return out[0];
  }
  Allocator memory{host_memory(), uint64_t{1} << 30};
  Releases releases{memory};
  uint64_t number = 0;
};

TEST_F(Hands, ATimerThatWasTakenIsNotRemovedByOthers) {
  const TimerId timer = releases.add(0, 7, &number, kNever, {});
  releases.arm(timer, 10, {});
  EXPECT_EQ(take(10).place.line, 7u);
  EXPECT_FALSE(releases.remove(timer));
  EXPECT_TRUE(releases.land_and_remove(timer));
  EXPECT_EQ(memory.used(), 0u);
}

TEST_F(Hands, OneThatTwoHaveTakenStaysUntilBothHaveLandedIt) {
  const TimerId timer = releases.add(0, 7, &number, kNever, {});
  releases.arm(timer, 10, {});
  take(10);
  releases.arm(timer, 11, {});
  take(11);
  EXPECT_FALSE(releases.land_and_remove(timer));
  releases.land({timer, {}, kNever});
  EXPECT_FALSE(releases.remove(timer)) << "the other still has it";
  EXPECT_TRUE(releases.land_and_remove(timer));
  EXPECT_EQ(memory.used(), 0u);
}

TEST_F(Hands, LinesAreNumberedAsTheyCome) {
  const TimerId first = releases.add(0, 7, &number, 10, {});
  EXPECT_EQ(number, 1u);
  const TimerId second = releases.add(0, 8, &number, 10, {});
  EXPECT_EQ(number, 2u);
  EXPECT_EQ(take(10).place.line, 7u) << "equal instants go by the number";
  EXPECT_TRUE(releases.land_and_remove(first));
  EXPECT_TRUE(releases.remove(second));
  EXPECT_EQ(memory.used(), 0u);
}

}  // namespace
}  // namespace sluice
