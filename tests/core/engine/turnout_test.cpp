// SPDX-License-Identifier: Apache-2.0
// Lines that are taken together are served in the order in which each alone would be.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "core/engine/turnout.h"

namespace sluice {
namespace {

// Lines with a due instant each, that come again `step` later, `times` times.
class Served33 : public ::testing::Test {
 protected:
  static constexpr uint32_t kLines = Turnout::kMost + 1;

  void arm_all(Instant apart) {
    uint64_t number;
    for (uint32_t i = 0; i < kLines; ++i) timers.push_back(releases.add(0, i + 1, &number, apart * i, {}));
  }
  // Everything up to `now`; each line's turn comes again until it has come `times` times.
  std::vector<std::pair<Instant, uint64_t>> serve_all(Instant now, Span step, uint32_t times) {
    std::vector<std::pair<Instant, uint64_t>> served;
    std::vector<uint32_t> left(kLines + 1, times);
    for (;;) {
      Turnout turnout(releases, now, 1'000);
      if (!turnout.goes_on()) return served;
      turnout.serve([&](const Releases::Due& due, Releases::Landing* next) {
        served.emplace_back(due.due, due.number);
        next->due = --left[due.number] == 0 ? kNever : due.due + step;
        return next->due <= now ? Served::again : Served::leased;
      });
      turnout.land(releases);
    }
  }

  Allocator memory{host_memory(), uint64_t{1} << 30};
  Releases releases{memory};
  std::vector<TimerId> timers;
};

TEST_F(Served33, ALineThatIsDueAgainGoesBehindOneThatWasNotTakenWithIt) {
  arm_all(10);
  // The last that is taken comes again after the first that is not.
  const auto served = serve_all(100'000, 15, 3);
  ASSERT_EQ(served.size(), 3 * kLines);
  for (size_t i = 1; i < served.size(); ++i) EXPECT_LT(served[i - 1], served[i]) << i;
}

TEST_F(Served33, WhatIsLeftLandsAsItWas) {
  arm_all(10);
  Turnout turnout(releases, 100'000, 5);
  turnout.serve([](const Releases::Due&, Releases::Landing* next) {
    next->due = kNever;
    return Served::leased;
  });
  EXPECT_EQ(turnout.leased(), 5u);
  turnout.land(releases);
  EXPECT_EQ(releases.next_due(), 50);
  Turnout other(releases, 100'000, 5);
  other.serve([](const Releases::Due&, Releases::Landing*) { return Served::other; });
  EXPECT_EQ(other.waiting().size(), 5u) << "somebody else is to serve them";
  other.land(releases);
  EXPECT_EQ(releases.next_due(), 50);
}

}  // namespace
}  // namespace sluice
