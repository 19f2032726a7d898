// SPDX-License-Identifier: Apache-2.0
// Pools: which line a recipient keeps, and how long.
#include <string>
#include <vector>

#include "tests/support/pool_fixture.h"

namespace sluice::testing {
namespace {

std::string number(int i) { return std::to_string(i); }

TEST_F(PoolTest, ARouteThatIsNotUsedIsForgotten) {
  open(pooled(R"("forget_after": "8 days")"));
  lines(1);
  text("acme", "ann");
  sent(kStart + kDay);
  line("+1", LineState::draining);
  line("+2");
  set_clock(kStart + 8 * kDay - 1);
  EXPECT_EQ(line_of("ann"), "+1");
  set_clock(kStart + 8 * kDay);
  EXPECT_EQ(line_of("ann"), "+2");
  EXPECT_EQ(text("other", "ann", "", "+1").decision.status, Status::ok);  // it is nobody's any more
}

TEST_F(PoolTest, InboundAndOutboundKeepARoute) {
  open(pooled(R"("forget_after": "8 days")"));
  lines(1);
  text("acme", "ann");
  sent(kStart + kHour);
  line("+1", LineState::draining);
  line("+2");
  set_clock(kStart + 7 * kDay);
  EXPECT_EQ(call("got", "acme", "+1", "ann"), "allowed");
  set_clock(kStart + 14 * kDay);
  EXPECT_EQ(line_of("ann"), "+1");
  EXPECT_EQ(text("acme", "ann").line, "+1");
  set_clock(kStart + 21 * kDay);
  EXPECT_EQ(line_of("ann"), "+1");
}

TEST_F(PoolTest, WhatComesInIsNeverRefusedByThePool) {
  open(pooled());
  lines(1);
  text("acme", "ann");
  EXPECT_EQ(call("got", "other", "+1", "ann"), "allowed") << error;
  line("+1", LineState::suspended);
  EXPECT_EQ(call("got", "acme", "+1", "ann"), "allowed");
}

TEST_F(PoolTest, ForgottenRoutesGiveTheirMemoryBack) {
  open(pooled(R"("forget_after": "1 day")"));
  lines(2);
  for (int i = 0; i < 100; ++i) text("acme", "r" + number(i));
  sent(kStart + kHour);
  const uint64_t records = counters().records;
  set_clock(kStart + 2 * kDay);
  sweep();
  EXPECT_LE(counters().records + 100, records);
  EXPECT_EQ(text("acme", "r0").sticky, Sticky::fresh);
}

TEST_F(PoolTest, ARouteThatIsKeptIsNotSwept) {
  open(pooled());
  lines(3);
  const std::string anns = text("acme", "ann").line;
  sent(kStart + kHour);
  set_clock(kStart + 300 * kDay);
  sweep();
  EXPECT_EQ(line_of("ann"), anns);
  EXPECT_EQ(text("acme", "ann").sticky, Sticky::existing);
}

TEST_F(PoolTest, ErasingARecipientAnAccountOrALineForgetsItsRoutes) {
  open(pooled());
  lines(2);
  text("acme", "ann", "", "+1");
  text("other", "ann", "", "+2");
  text("acme", "bob", "", "+1");
  sent(kStart + kHour);
  ASSERT_EQ(erase("account=acme"), Status::ok);
  EXPECT_EQ(text("third", "ann", "", "+1").decision.status, Status::ok);
  EXPECT_EQ(text("acme", "ann", "", "+2").decision.denial, DenialKind::pool);  // still the other's
  ASSERT_EQ(erase("recipient=ann"), Status::ok);
  EXPECT_EQ(text("acme", "ann", "", "+2").decision.status, Status::ok);
  sent(now() + kHour);
  ASSERT_EQ(erase("line=+2"), Status::ok);
  EXPECT_EQ(line_of("ann"), "+1");
  EXPECT_EQ(text("third", "ann", "", "+2").decision.status, Status::ok);  // a line of no pool
}

TEST_F(PoolTest, PoolsAndRoutesOutliveAReload) {
  open(pooled());
  lines(3);
  std::vector<std::string> before;
  for (int i = 0; i < 20; ++i) before.push_back(text("acme", "r" + number(i)).line);
  ASSERT_EQ(reload(pooled("", 200)), Status::ok) << error;
  sweep();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(line_of("r" + number(i)), before[static_cast<size_t>(i)]);
  // Without stickiness they are kept, and count again with it.
  ASSERT_EQ(reload(pooled(R"("sticky": false)")), Status::ok) << error;
  EXPECT_EQ(text("acme", "r0").sticky, Sticky::none);
  ASSERT_EQ(reload(pooled()), Status::ok) << error;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(line_of("r" + number(i)), before[static_cast<size_t>(i)]);
}

}  // namespace
}  // namespace sluice::testing
