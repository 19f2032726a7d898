// SPDX-License-Identifier: Apache-2.0
// Thresholds fire once a period, and events are kept in a bounded ring until they are drained.
#include <string>
#include <vector>

#include "core/engine/event_ring.h"
#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Thresholds : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "account",
      "subjects": [ { "scope": ["account"], "plans": ["free", "pro", "tiny", "all"], "default": "free" } ],
      "limits": [ { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "thresholds": [75, 90, 100], "amounts": [
        { "plan": "free", "amount": 1000, "ceiling": "120%" }, { "plan": "pro", "amount": 10000 }, { "plan": "tiny", "amount": 100 },
        { "plan": "all", "unlimited": true } ] } ],
      "operations": [ { "name": "send", "values": ["account"], "quantities": ["n"], "charges": [ { "limit": "day", "cost": "n" } ] } ] })");
  }
  Answer n(uint64_t n) { return ask({.values = {"acme"}, .quantities = {n}}); }
};

TEST_F(Thresholds, FireOnceEachAtExactlyTheirUse) {
  n(749);
  EXPECT_THAT(events(), IsEmpty());
  n(1);
  EXPECT_THAT(events(), ElementsAre("75% of day for account=acme at 750 of 1000"));
  n(149);
  EXPECT_THAT(events(), IsEmpty());
  n(1);
  EXPECT_THAT(events(), ElementsAre("90% of day for account=acme at 900 of 1000"));
  n(100);
  EXPECT_THAT(events(), ElementsAre("100% of day for account=acme at 1000 of 1000"));
  n(200);
  EXPECT_EQ(n(1), "denied: quota by day, in 86400s");
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Thresholds, AJumpOverSeveralFiresThemAscending) {  // T87
  n(1'100);
  EXPECT_THAT(events(), ElementsAre("75% of day for account=acme at 1100 of 1000", "90% of day for account=acme at 1100 of 1000",
                                    "100% of day for account=acme at 1100 of 1000"));
}

TEST_F(Thresholds, FireAgainInTheNextPeriod) {
  n(800);
  EXPECT_EQ(events().size(), 1u);
  at(86'400);
  n(800);
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(Thresholds, CarryTheInstantOfTheCharge) {
  at(77);
  n(800);
  const std::vector<Event> events = drain();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].at, kStart + 77 * kSecond);
  EXPECT_EQ(events[0].share, 7'500u);
  EXPECT_EQ(events[0].plan, -1);
}

TEST_F(Thresholds, OnAnUpgradeThoseAboveTheUseAreArmedAgain) {
  n(1'000);
  EXPECT_EQ(events().size(), 3u);
  set_plan("account=acme", "pro");
  EXPECT_THAT(events(), IsEmpty());
  n(6'500);
  EXPECT_THAT(events(), ElementsAre("75% of day for account=acme at 7500 of 10000"));
}

TEST_F(Thresholds, OnADowngradeThoseNewlyCrossedFireOnceMarkedAsSuch) {
  set_plan("account=acme", "pro");
  n(800);
  EXPECT_THAT(events(), IsEmpty());
  set_plan("account=acme", "free");
  EXPECT_THAT(events(), ElementsAre("75% of day for account=acme at 800 of 1000, by plan change"));
  set_plan("account=acme", "tiny");
  EXPECT_THAT(events(), ElementsAre("90% of day for account=acme at 800 of 100, by plan change",
                                    "100% of day for account=acme at 800 of 100, by plan change"));
  set_plan("account=acme", "free");
  set_plan("account=acme", "free");
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Thresholds, AnOwnAmountBelowTheUseFiresThemToo) {
  n(500);
  set_amount("day", "account=acme", "600");
  EXPECT_THAT(events(), ElementsAre("75% of day for account=acme at 500 of 600, by plan change"));
}

TEST_F(Thresholds, DeniedAndPeekedDecisionsFireNone) {
  n(700);
  EXPECT_EQ(n(600), "denied: quota by day, in 86400s");
  ask({.values = {"acme"}, .quantities = {400}, .flags = flag::peek});
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Thresholds, UnderUnlimitedThereAreNone) {
  set_plan("account=acme", "all");
  n(1'000'000);
  EXPECT_THAT(events(), IsEmpty());
}

TEST_F(Thresholds, OfAnAmountOf3TheyStandAtTheCeilingOfTheShare) {  // T89
  set_amount("day", "account=acme", "3");
  n(2);
  EXPECT_THAT(events(), IsEmpty());
  n(1);
  EXPECT_EQ(events().size(), 3u);
  EXPECT_EQ(n(1), "denied: quota by day, in 86400s");  // floor(1.2 x 3) is 3
}

TEST_F(Thresholds, ASubjectTooLongForAnEventIsCutAndItsLengthIsWhole) {
  const std::string name(500, 'x');
  ask({.values = {name}, .quantities = {800}});
  const std::vector<Event> events = drain();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].subject_len, 508u);
  EXPECT_EQ(std::string(events[0].subject, 20), "account=xxxxxxxxxxxx");
}

// The ring.

Event numbered(uint64_t n) {
  Event event;
  event.used = n;
  return event;
}

TEST(EventRing, GivesEventsOldestFirst) {
  EventRing ring(8);
  for (uint64_t i = 0; i < 5; ++i) ring.push(numbered(i));
  Event out[3];
  uint64_t lost = 9;
  EXPECT_EQ(ring.drain(out, &lost), 3u);
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(out[0].used, 0u);
  EXPECT_EQ(out[2].used, 2u);
  EXPECT_EQ(ring.drain(out, nullptr), 2u);
  EXPECT_EQ(out[1].used, 4u);
  EXPECT_EQ(ring.drain(out, nullptr), 0u);
}

TEST(EventRing, WhenFullLosesTheOldestAndCountsThem) {
  EventRing ring(4);
  for (uint64_t i = 0; i < 10; ++i) ring.push(numbered(i));
  Event out[8];
  uint64_t lost = 0;
  EXPECT_EQ(ring.drain(out, &lost), 4u);
  EXPECT_EQ(lost, 6u);
  EXPECT_EQ(out[0].used, 6u);
  EXPECT_EQ(out[3].used, 9u);
  ring.push(numbered(10));
  EXPECT_EQ(ring.drain(out, &lost), 1u);
  EXPECT_EQ(lost, 0u);  // since the last call
  EXPECT_EQ(ring.lost_ever(), 6u);
}

TEST(EventRing, LossesNobodyAskedAboutAreNotForgotten) {
  EventRing ring(1);
  ring.push(numbered(1));
  ring.push(numbered(2));
  Event out[1];
  ring.drain(out, nullptr);
  uint64_t lost = 0;
  ring.drain(out, &lost);
  EXPECT_EQ(lost, 1u);
}

TEST(EventRing, GrowsAcrossItsWrapInOrder) {
  for (const size_t capacity : {1u, 3u, 16u, 17u, 40u, 1'000u}) {
    EventRing ring(capacity);
    uint64_t pushed = 0, expected = 0;
    Event out[7];
    for (int round = 0; round < 60; ++round) {
      for (int i = 0; i < round % 11; ++i) ring.push(numbered(pushed++));
      uint64_t lost = 0;
      const size_t count = ring.drain(std::span(out, static_cast<size_t>(round % 7)), &lost);
      expected += lost;
      for (size_t i = 0; i < count; ++i) ASSERT_EQ(out[i].used, expected++) << capacity;
    }
  }
}

class EventsLost : public EngineTest {};

TEST_F(EventsLost, AreCountedByTheEngine) {
  options.event_capacity = 2;
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 8, "thresholds": [25, 50, 75, 100])"}}));
  admitted(8, "acme");
  uint64_t lost = 0;
  EXPECT_EQ(drain(10, &lost).size(), 2u);
  EXPECT_EQ(lost, 2u);
  EXPECT_EQ(counters().events_lost, 2u);
}

}  // namespace
}  // namespace sluice::testing
