// SPDX-License-Identifier: Apache-2.0
// Billing cycles: anchored on any day, in any zone, clamped in short months and remembered.
#include <string>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

// Instants of 2025 and 2024 in UTC, as the tests name them.
constexpr Instant day(int64_t days_since_epoch) { return days_since_epoch * kDay; }
constexpr int64_t kJan1 = 20'089;  // 2025-01-01

class BillingCycle : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "account",
      "subjects": [ { "scope": ["account"], "plans": ["free"], "default": "free" } ],
      "limits": [ { "name": "month", "scope": ["account"], "kind": "window", "period": "billing", "amount": 10 },
        { "name": "pair", "scope": ["account", "to"], "by": "account", "kind": "window", "period": "billing", "amount": 5 } ],
      "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "month" } ] },
        { "name": "reach", "values": ["account", "to"], "charges": [ { "limit": "pair" } ] } ] })");
  }
  Instant resets_at() { return usage("account=acme")["month"].resets_at; }
  Instant begins() { return usage("account=acme")["month"].period_begins; }
};

TEST_F(BillingCycle, UnsetItIsTheCalendarMonthInUtc) {
  send("acme");
  EXPECT_EQ(begins(), day(kJan1));
  EXPECT_EQ(resets_at(), day(kJan1 + 31));
}

TEST_F(BillingCycle, AnchoredOnThe31stItIsClampedAndRemembered) {  // T37
  EXPECT_EQ(set_billing("account=acme", 31, 0, "UTC"), Status::ok);
  const int64_t edges[] = {kJan1 + 30, kJan1 + 58, kJan1 + 89, kJan1 + 119,
                           kJan1 + 150};  // Jan 31, Feb 28, Mar 31, Apr 30, May 31
  for (size_t i = 0; i + 1 < std::size(edges); ++i) {
    set_clock(day(edges[i]));
    EXPECT_EQ(admitted(12, "acme"), 10) << i;
    EXPECT_EQ(begins(), day(edges[i]));
    EXPECT_EQ(resets_at(), day(edges[i + 1]));
    set_clock(day(edges[i + 1]) - 1);
    EXPECT_FALSE(send("acme").passed()) << i;
  }
}

TEST_F(BillingCycle, In2024FebruaryHasThe29th) {
  set_clock(day(kJan1 - 366 + 35));  // 2024-02-05
  set_billing("account=acme", 31, 0, "UTC");
  send("acme");
  EXPECT_EQ(begins(), day(kJan1 - 366 + 30));
  EXPECT_EQ(resets_at(), day(kJan1 - 366 + 59));  // Feb 29
}

TEST_F(BillingCycle, InAZoneItTurnsAtLocalTime) {
  set_billing("account=acme", 15, 9 * kHour, "America/New_York");
  send("acme");
  EXPECT_EQ(resets_at(), day(kJan1 + 14) + 14 * kHour);  // Jan 15 09:00 EST
  set_clock(day(kJan1 + 80));                            // Mar 22: summer time by then
  send("acme");
  EXPECT_EQ(begins(), day(kJan1 + 73) + 13 * kHour);  // Mar 15 09:00 EDT
  EXPECT_EQ(resets_at(), day(kJan1 + 104) + 13 * kHour);
}

TEST_F(BillingCycle, ALocalTimeThatDoesNotExistBeginsWhenTheClocksHaveJumped) {  // T38
  set_clock(day(kJan1 + 60));                                                    // Mar 2
  set_billing("account=acme", 30, 2 * kHour + 30 * kMinute, "Europe/Paris");
  send("acme");
  EXPECT_EQ(resets_at(), day(kJan1 + 88) + kHour);  // Mar 30, 03:00 CEST = 01:00 UTC: there is no 02:30
}

TEST_F(BillingCycle, ChangingItKeepsWhatIsUsedAndEndsAtTheNextNewEdge) {
  send("acme");
  send("acme");
  set_billing("account=acme", 20, 0, "UTC");
  EXPECT_EQ(used("month", "account=acme"), 2u);
  EXPECT_EQ(resets_at(), day(kJan1 + 19));
  set_clock(day(kJan1 + 19));
  EXPECT_EQ(used("month", "account=acme"), 0u);
  EXPECT_EQ(admitted(12, "acme"), 10);
  EXPECT_EQ(send("acme").decision.retry_after, 31 * kDay);
}

TEST_F(BillingCycle, ItIsKeptThoughItsSubjectIsIdle) {
  set_billing("account=acme", 20, 0, "UTC");
  at(100 * 86'400);
  EXPECT_EQ(sweep(), 0u);
  send("acme");
  EXPECT_EQ(begins(), day(kJan1 + 109));  // Apr 20
}

TEST_F(BillingCycle, TheWaitEndsAtTheEdge) {
  set_billing("account=acme", 14, 0, "UTC");
  EXPECT_EQ(admitted(12, "acme"), 10);
  EXPECT_EQ(send("acme"), "denied: quota by month, in 86400s");
}

TEST_F(BillingCycle, APairsCycleIsItsAccounts) {
  set_billing("account=acme", 20, 0, "UTC");
  EXPECT_EQ(call("reach", "acme", "x"), "allowed");
  EXPECT_EQ(usage("account=acme,to=x")["pair"].resets_at, day(kJan1 + 19));
  EXPECT_EQ(call("reach", "other", "x"), "allowed");
  EXPECT_EQ(usage("account=other,to=x")["pair"].resets_at, day(kJan1 + 31));
}

TEST_F(BillingCycle, ThePolicysOwnCycleIsTheOneOfWhoeverHasNone) {
  open(R"({ "name": "test", "tenant": "account",
    "subjects": [ { "scope": ["account"], "billing": { "day": 10, "time": "06:00", "zone": "+02:00" } } ],
    "limits": [ { "name": "month", "scope": ["account"], "kind": "window", "period": "billing", "amount": 10 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "month" } ] } ] })");
  send("acme");
  EXPECT_EQ(begins(), day(kJan1 + 9) + 4 * kHour);
  set_billing("account=acme", 1, 0, "");
  EXPECT_EQ(resets_at(), day(kJan1 + 31));
}

TEST_F(BillingCycle, EveryInstantToTheEndOfTimeIsInExactlyOnePeriod) {
  // Far ahead of the real clock a manual clock may go: it is the later of both that counts.
  Instant at = day(0) + 40 * kDay;
  set_clock(at);
  open(options.policy);
  set_billing("account=acme", 31, 23 * kHour, "Europe/Paris");
  Instant edge = 0;
  for (int i = 0; at < kEndOfTime - 62 * kDay; ++i) {
    set_clock(at);
    ASSERT_TRUE(send("acme").passed()) << at;
    const UsageRow row = usage("account=acme")["month"];
    ASSERT_EQ(row.used, 1u);
    ASSERT_LE(row.period_begins, at);
    ASSERT_GT(row.resets_at, at);
    if (edge != 0) {
      ASSERT_EQ(row.period_begins, edge);
    }
    ASSERT_GE(row.resets_at - row.period_begins, 28 * kDay - kHour);
    ASSERT_LE(row.resets_at - row.period_begins, 31 * kDay + kHour);
    edge = row.resets_at;
    at = edge + (i % 2 == 0 ? 0 : 10 * kDay);
  }
}

}  // namespace
}  // namespace sluice::testing
