// SPDX-License-Identifier: Apache-2.0
#include "core/limits/upstream.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr Instant kNow = 1'700'000'000 * kSecond;

struct Subject {
  Rule rule{};
  Amount amount;
  Billing billing;
  alignas(8) std::byte state[8] = {};

  Subject() {
    rule.kind = Kind::upstream;
    rule.longest = kHour;
  }
  Params params() const { return {&rule, &amount, &billing}; }
  Instant opens(Instant from, ChargeType type = ChargeType::normal) const {
    return upstream::opens_at(params(), state, {1, type, false, {}}, from);
  }
  Instant close(Instant at, Span span) { return upstream::close(params(), state, at, span); }
};

TEST(Upstream, IsOpenUntilClosed) {
  Subject s;
  EXPECT_EQ(s.opens(kNow), kNow);
  EXPECT_EQ(s.close(kNow, kMinute), kNow + kMinute);
  EXPECT_EQ(s.opens(kNow), kNow + kMinute);
  EXPECT_EQ(s.opens(kNow + kMinute - 1), kNow + kMinute);
  EXPECT_EQ(s.opens(kNow + kMinute), kNow + kMinute);
}

TEST(Upstream, OnlyExtends) {
  Subject s;
  s.close(kNow, kMinute);
  EXPECT_EQ(s.close(kNow, kSecond), kNow + kMinute);
  EXPECT_EQ(s.close(kNow, -kSecond), kNow + kMinute);
  EXPECT_EQ(s.close(kNow + 1, kMinute), kNow + kMinute + 1);
}

TEST(Upstream, ClosesForTheLongestAtMost) {
  Subject s;
  EXPECT_EQ(s.close(kNow, INT64_MAX), kNow + kHour);
  EXPECT_EQ(s.close(kEndOfTime - 1, kHour), kNever);
}

TEST(Upstream, OpensWhenToldTo) {
  Subject s;
  s.close(kNow, kMinute);
  upstream::open(s.state);
  EXPECT_EQ(s.opens(kNow), kNow);
  EXPECT_TRUE(upstream::idle(s.params(), s.state, 0));
}

TEST(Upstream, CostsNothingAndForcedChargesPass) {
  Subject s;
  EXPECT_EQ(upstream::commit(s.params(), s.state, {1, ChargeType::normal, false, {}}, kNow).units, 0u);
  EXPECT_TRUE(upstream::idle(s.params(), s.state, kNow));
  s.close(kNow, kMinute);
  EXPECT_EQ(s.opens(kNow, ChargeType::forced), kNow);
}

TEST(Upstream, AClosingSurvivesAChangeOfPlanAndHasNoCount) {
  Subject s;
  s.close(kNow, kMinute);
  EXPECT_EQ(upstream::carry(s.params(), s.params(), s.state, kNow), 0);
  EXPECT_FALSE(upstream::set_used(s.params(), s.state, 5, kNow));
  EXPECT_EQ(s.opens(kNow), kNow + kMinute);
  EXPECT_EQ(upstream::read(s.params(), s.state, kNow).resets_at, kNow + kMinute);
  EXPECT_EQ(upstream::read(s.params(), s.state, kNow + kMinute).resets_at, 0);
  EXPECT_FALSE(upstream::idle(s.params(), s.state, kNow + kMinute - 1));
  EXPECT_TRUE(upstream::idle(s.params(), s.state, kNow + kMinute));
}

}  // namespace
}  // namespace sluice
