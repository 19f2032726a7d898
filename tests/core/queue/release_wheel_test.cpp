// SPDX-License-Identifier: Apache-2.0
#include "core/queue/release_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "tests/support/failing_memory.h"
#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::FailingMemory;
using testing::Random;

constexpr Instant kStart = 1'790'000'000 * kSecond;
constexpr Span kYear = 365 * kDay;

class ReleaseWheelTest : public ::testing::Test {
 protected:
  TimerId add_armed(uint64_t number, Instant due) {
    const TimerId id = wheel_.add(number, number);
    wheel_.arm(id, due);
    return id;
  }
  // The numbers of all that is due, in the order they leave.
  std::vector<uint64_t> pop_all(Instant now) {
    std::vector<uint64_t> numbers;
    while (const TimerId id = wheel_.pop(now)) numbers.push_back(wheel_.owner(id));
    return numbers;
  }

  FailingMemory host_;
  Allocator memory_{host_.source(), uint64_t{1} << 40};
  ReleaseWheel wheel_{memory_};
};

using Numbers = std::vector<uint64_t>;

TEST_F(ReleaseWheelTest, AWheelWithoutTimersHasNoMemory) {
  ReleaseWheel::Head head;
  EXPECT_EQ(wheel_.next_due(), kNever);
  EXPECT_EQ(wheel_.pop(kStart), 0u);
  EXPECT_FALSE(wheel_.peek(kStart, &head));
  EXPECT_EQ(wheel_.armed_count(), 0u);
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(ReleaseWheelTest, TimersThatAreNotArmedAreNeverDue) {
  for (uint64_t number = 0; number < 1000; ++number) wheel_.add(number, number);
  EXPECT_EQ(wheel_.next_due(), kNever);
  EXPECT_EQ(wheel_.pop(kNever), 0u);
  EXPECT_EQ(wheel_.armed_count(), 0u);
}

TEST_F(ReleaseWheelTest, ATimerIsDueAtItsInstantAndNotANanosecondBefore) {
  const TimerId id = add_armed(1, kStart + 7);
  EXPECT_TRUE(wheel_.armed(id));
  EXPECT_EQ(wheel_.due(id), kStart + 7);
  EXPECT_EQ(wheel_.next_due(), kStart + 7);
  EXPECT_EQ(wheel_.pop(kStart + 6), 0u);
  ReleaseWheel::Head head;
  ASSERT_TRUE(wheel_.peek(kStart + 7, &head));
  EXPECT_EQ(head.due, kStart + 7);
  EXPECT_EQ(head.number, 1u);
  EXPECT_EQ(head.id, id);
  EXPECT_EQ(wheel_.pop(kStart + 7), id);
  EXPECT_FALSE(wheel_.armed(id));
  EXPECT_EQ(wheel_.due(id), kStart + 7) << "who serves it goes on from here";
  EXPECT_EQ(wheel_.pop(kNever), 0u);
}

TEST_F(ReleaseWheelTest, TimersLeaveInTheOrderOfTheirInstantsHoweverFarTheyAre) {
  const Span spans[] = {0, 1, kMicrosecond, 999 * kMicrosecond, kMillisecond, kSecond, kMinute, kHour, kDay, kYear, 50 * kYear};
  Numbers numbers;
  for (uint64_t i = 0; i < std::size(spans); ++i) numbers.push_back(i);
  for (size_t i = std::size(spans); i-- > 0;) add_armed(i, kStart + spans[i]);
  for (size_t i = 0; i < std::size(spans); ++i) {
    EXPECT_EQ(wheel_.next_due(), kStart + spans[i]);
    EXPECT_EQ(pop_all(kStart + spans[i] - 1), Numbers());
    EXPECT_EQ(pop_all(kStart + spans[i]), Numbers{numbers[i]});
  }
}

TEST_F(ReleaseWheelTest, TheEndsOfTimeAreInstantsLikeOthers) {
  add_armed(2, kEndOfTime - 1);
  add_armed(1, 0);
  EXPECT_EQ(pop_all(-1), Numbers());
  EXPECT_EQ(pop_all(0), Numbers{1});
  EXPECT_EQ(pop_all(kEndOfTime - 2), Numbers());
  EXPECT_EQ(pop_all(kEndOfTime - 1), Numbers{2});
}

TEST_F(ReleaseWheelTest, WhatIsDueAtOneInstantLeavesByNumber) {
  for (const uint64_t number : {5, 1, 4, 2, 3}) add_armed(number, kStart);
  EXPECT_EQ(wheel_.pop(kStart - 1), 0u);
  for (const uint64_t number : {10, 0, 9}) add_armed(number, kStart);
  EXPECT_EQ(pop_all(kStart), (Numbers{0, 1, 2, 3, 4, 5, 9, 10}));
}

TEST_F(ReleaseWheelTest, WhatIsDueEarlierThanWhatHasLeftLeavesNext) {
  add_armed(1, kStart);
  add_armed(2, kStart + 1);
  add_armed(3, kStart + kHour);
  EXPECT_EQ(wheel_.owner(wheel_.pop(kStart + 1)), 1u);
  add_armed(4, kStart - kDay);
  add_armed(5, 0);
  EXPECT_EQ(wheel_.next_due(), 0);
  EXPECT_EQ(pop_all(kStart + 1), (Numbers{5, 4, 2}));
}

TEST_F(ReleaseWheelTest, AClockThatWentBackSeesWhatIsDueThen) {
  add_armed(1, kStart + kYear);
  add_armed(2, kStart + 3 * kYear);
  EXPECT_EQ(pop_all(kStart + 2 * kYear), Numbers{1});
  add_armed(3, kStart + 2);
  add_armed(4, kStart + 1);
  add_armed(5, kStart + 3);
  EXPECT_EQ(pop_all(kStart), Numbers());
  EXPECT_EQ(pop_all(kStart + 2), (Numbers{4, 3}));
  EXPECT_EQ(pop_all(kNever), (Numbers{5, 2}));
}

TEST_F(ReleaseWheelTest, ArmingAnewMovesATimerEarlierAndLater) {
  const TimerId id = add_armed(1, kStart + kSecond);
  add_armed(2, kStart + kMinute);
  wheel_.arm(id, kStart + kHour);
  EXPECT_EQ(wheel_.next_due(), kStart + kMinute);
  wheel_.arm(id, kStart + kMillisecond);
  EXPECT_EQ(wheel_.next_due(), kStart + kMillisecond);
  EXPECT_EQ(wheel_.armed_count(), 2u);
  EXPECT_EQ(pop_all(kNever), (Numbers{1, 2}));
}

TEST_F(ReleaseWheelTest, ADisarmedTimerDoesNotLeave) {
  const TimerId id = add_armed(1, kStart);
  add_armed(2, kStart);
  const TimerId never = add_armed(3, kStart);
  wheel_.disarm(id);
  wheel_.disarm(id);
  wheel_.arm(never, kNever);
  EXPECT_FALSE(wheel_.armed(id));
  EXPECT_FALSE(wheel_.armed(never));
  EXPECT_EQ(wheel_.due(id), kNever);
  EXPECT_EQ(wheel_.armed_count(), 1u);
  EXPECT_EQ(pop_all(kStart), Numbers{2});
}

TEST_F(ReleaseWheelTest, AskingWhatIsNextMovesNothing) {
  const TimerId far = add_armed(1, kStart + 3 * kYear);
  EXPECT_EQ(wheel_.next_due(), kStart + 3 * kYear);
  add_armed(2, kStart + kDay + 1);
  EXPECT_EQ(wheel_.next_due(), kStart + kDay + 1);
  EXPECT_EQ(pop_all(kStart), Numbers());
  add_armed(3, kStart + kDay);
  EXPECT_EQ(wheel_.next_due(), kStart + kDay);
  wheel_.remove(far);
  EXPECT_EQ(pop_all(kNever), (Numbers{3, 2}));
}

TEST_F(ReleaseWheelTest, AHundredThousandTimersLeaveInOrder) {
  Random random(1);
  std::vector<std::pair<Instant, uint64_t>> expected;
  for (uint64_t number = 0; number < 100'000; ++number) {
    const Instant due = kStart + random.between(0, 10 * kSecond) / 1000 * 1000;
    expected.emplace_back(due, number);
    add_armed(number, due);
  }
  std::sort(expected.begin(), expected.end());
  Instant now = kStart;
  for (const auto& [due, number] : expected) {
    TimerId id = 0;
    while ((id = wheel_.pop(now)) == 0) now += kMillisecond;
    ASSERT_EQ(wheel_.owner(id), number);
    ASSERT_EQ(wheel_.due(id), due);
    ASSERT_LT(now - due, kMillisecond);
  }
  EXPECT_EQ(wheel_.armed_count(), 0u);
}

TEST_F(ReleaseWheelTest, AllTimersOfOneInstantLeaveByNumber) {
  constexpr uint64_t kTimers = 50'000;
  for (uint64_t i = 0; i < kTimers; ++i) add_armed(i * 7919 % kTimers, kStart);
  const Numbers popped = pop_all(kStart);
  ASSERT_EQ(popped.size(), kTimers);
  for (uint64_t i = 0; i < kTimers; ++i) ASSERT_EQ(popped[i], i);
}

TEST_F(ReleaseWheelTest, NothingButAddingTakesMemory) {
  Random random(2);
  std::vector<TimerId> ids;
  for (uint64_t number = 0; number < 3000; ++number) ids.push_back(wheel_.add(number, number));
  const uint64_t used = memory_.used();
  host_.fail_after(0);
  Instant now = kStart;
  for (int i = 0; i < 100'000; ++i) {
    wheel_.arm(ids[random.below(ids.size())], now + random.between(0, kHour));
    if (random.chance(50)) wheel_.pop(now += kSecond);
    if (random.chance(5)) wheel_.disarm(ids[random.below(ids.size())]);
  }
  EXPECT_EQ(host_.refused(), 0u);
  EXPECT_EQ(memory_.used(), used);
}

TEST_F(ReleaseWheelTest, WithoutMemoryATimerIsRefusedAndNothingChanges) {
  uint64_t refused = 0;
  for (uint64_t number = 1; number <= 20'000; ++number) {
    const uint64_t used = memory_.used();
    TimerId id = 0;
    for (uint64_t successes = 0; id == 0; ++successes) {
      host_.fail_after(successes);
      id = wheel_.add(number, number);
      if (id != 0) break;
      ASSERT_EQ(memory_.used(), used);
      ++refused;
    }
    wheel_.arm(id, kStart + static_cast<Span>(number));
  }
  EXPECT_GT(refused, 20'000u / 512);
  const Numbers popped = pop_all(kNever);
  ASSERT_EQ(popped.size(), 20'000u);
  EXPECT_TRUE(std::is_sorted(popped.begin(), popped.end()));
}

TEST_F(ReleaseWheelTest, MemoryComesBackWithTheLastTimer) {
  for (int round = 0; round < 3; ++round) {
    std::vector<TimerId> ids;
    for (uint64_t number = 0; number < 5000; ++number) {
      ids.push_back(add_armed(number, number % 2 == 0 ? kStart + static_cast<Span>(number) * kSecond : kNever));
    }
    EXPECT_LE(memory_.used(), 24u * 1024 + 5000 * 53);
    wheel_.pop(kStart + kMinute);
    EXPECT_EQ(wheel_.next_due(), kStart + 2 * kSecond);
    for (const TimerId id : ids) wheel_.remove(id);
    EXPECT_EQ(memory_.used(), 0u);
    EXPECT_EQ(wheel_.next_due(), kNever);
    EXPECT_EQ(wheel_.armed_count(), 0u);
  }
}

TEST_F(ReleaseWheelTest, RemovedTimersMakeRoomForOthers) {
  std::vector<TimerId> ids;
  for (uint64_t number = 0; number < 2000; ++number) ids.push_back(add_armed(number, kStart));
  const uint64_t used = memory_.used();
  for (uint64_t number = 2000; number < 20'000; ++number) {
    TimerId& id = ids[number % ids.size()];
    wheel_.remove(id);
    id = wheel_.add(number, number);
    ASSERT_FALSE(wheel_.armed(id));
  }
  EXPECT_EQ(memory_.used(), used);
}

TEST_F(ReleaseWheelTest, AWheelThatGoesReturnsItsMemory) {
  {
    ReleaseWheel other(memory_);
    for (uint64_t number = 0; number < 10'000; ++number) other.arm(other.add(number, number), kStart);
    EXPECT_GT(memory_.used(), 0u);
  }
  EXPECT_EQ(memory_.used(), 0u);
}

// A wheel beside an ordered set that is told the same.
class Pair {
 public:
  // About `timers` timers.
  Pair(Allocator& memory, uint64_t seed, size_t timers) : random_(seed), wheel_(memory), most_(2 * timers) {
    for (size_t i = 0; i < timers; ++i) add();
  }

  void step() {
    switch (random_.below(16)) {
      case 0: add(); break;
      case 1: remove(); break;
      case 2: disarm(); break;
      case 3: move_clock(); break;
      case 4:
      case 5: pop(now_); break;
      case 6: pop(some_instant()); break;
      case 7: pop(wheel_.next_due()); break;
      case 8:
      case 9:
        if (random_.chance(50)) ask();
        break;
      default: arm(); break;
    }
    ASSERT_EQ(wheel_.armed_count(), order_.size());
  }
  void drain() {
    while (!order_.empty() && !::testing::Test::HasFatalFailure()) pop(kNever);
    for (const Timer& timer : timers_) wheel_.remove(timer.id);
  }

 private:
  struct Timer {
    TimerId id;
    uint64_t number;
    Instant due;
  };
  using Order = std::set<std::pair<Instant, uint64_t>>;

  Timer& some_timer() { return timers_[random_.below(timers_.size())]; }
  Span some_span() {
    static constexpr Span kSpans[] = {3,       kMicrosecond, 300 * kMicrosecond, kMillisecond, 70 * kMillisecond, kSecond,
                                      kSecond, 2 * kSecond,  20 * kSecond,       kHour,        100 * kDay,        40 * kYear};
    return random_.between(0, kSpans[random_.below(std::size(kSpans))]);
  }
  Instant some_instant() {
    const Span span = some_span();
    const Instant t = random_.chance(75) ? now_ + span : now_ - span;
    return std::clamp<Instant>(random_.chance(20) ? t / kSecond * kSecond : t, 0, kEndOfTime - 1);
  }
  void move_clock() {
    if (random_.chance(90)) {
      now_ += std::min(random_.between(0, 2 * kMillisecond), kEndOfTime - 1 - now_);
    } else {
      now_ = random_.chance(10) ? kStart : some_instant();
    }
  }
  void add() {
    if (timers_.size() >= most_) return;
    const uint64_t number = random_.next();
    const TimerId id = wheel_.add(~number, number);
    ASSERT_NE(id, 0u);
    timers_.push_back({id, number, kNever});
  }
  void remove() {
    if (timers_.empty()) return;
    Timer& timer = some_timer();
    order_.erase({timer.due, timer.number});
    wheel_.remove(timer.id);
    timer = timers_.back();
    timers_.pop_back();
  }
  void disarm() {
    if (timers_.empty()) return;
    Timer& timer = some_timer();
    order_.erase({timer.due, timer.number});
    timer.due = kNever;
    wheel_.disarm(timer.id);
    ASSERT_FALSE(wheel_.armed(timer.id));
  }
  void arm() {
    if (timers_.empty()) return;
    Timer& timer = some_timer();
    order_.erase({timer.due, timer.number});
    timer.due = random_.chance(3) ? kNever : random_.chance(10) ? some_timer().due : some_instant();
    if (timer.due != kNever) order_.insert({timer.due, timer.number});
    wheel_.arm(timer.id, timer.due);
    ASSERT_EQ(wheel_.armed(timer.id), timer.due != kNever);
    ASSERT_EQ(wheel_.due(timer.id), timer.due);
  }
  void ask() {
    ReleaseWheel::Head head;
    const bool due = !order_.empty() && order_.begin()->first <= now_;
    ASSERT_EQ(wheel_.next_due(), order_.empty() ? kNever : order_.begin()->first);
    ASSERT_EQ(wheel_.peek(now_, &head), due);
    if (!due) return;
    ASSERT_EQ(std::pair(head.due, head.number), *order_.begin());
    ASSERT_EQ(wheel_.owner(head.id), ~head.number);
  }
  void pop(Instant now) {
    const TimerId id = wheel_.pop(now);
    const bool due = !order_.empty() && order_.begin()->first <= now;
    ASSERT_EQ(id != 0, due);
    if (!due) return;
    ASSERT_EQ(std::pair(wheel_.due(id), ~wheel_.owner(id)), *order_.begin());
    ASSERT_FALSE(wheel_.armed(id));
    order_.erase(order_.begin());
    std::find_if(timers_.begin(), timers_.end(), [id](const Timer& timer) { return timer.id == id; })->due = kNever;
  }

  Random random_;
  ReleaseWheel wheel_;
  const size_t most_;
  std::vector<Timer> timers_;
  Order order_;
  Instant now_ = kStart;
};

TEST_F(ReleaseWheelTest, RandomOperationsAreAnsweredAsAnOrderedSetAnswersThem) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    Pair pair(memory_, seed, seed % 2 == 0 ? 10 : 1000);
    for (int i = 0; i < 20'000; ++i) {
      pair.step();
      ASSERT_FALSE(HasFatalFailure()) << "step " << i;
    }
    pair.drain();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_EQ(memory_.used(), 0u);
  }
}

}  // namespace
}  // namespace sluice
