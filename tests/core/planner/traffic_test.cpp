// SPDX-License-Identifier: Apache-2.0
#include "core/planner/traffic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/planner/spoken.h"

namespace sluice::planner {
namespace {

TEST(Traffic, the_random_numbers_are_those_that_were_published) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317u);
  EXPECT_EQ(random.next(), 3203168211198807973u);
}

TEST(Traffic, logarithms_and_powers_of_two_are_right_to_the_last_digits) {
  for (const uint64_t x : {1ull, 2ull, 3ull, 10ull, 1000ull, 123456789ull, ~0ull}) {
    EXPECT_NEAR(static_cast<double>(fixed_log2(x)) / 4294967296.0, std::log2(static_cast<double>(x)), 1e-9) << x;
  }
  for (const double x : {0.0, 0.25, 0.5, 1.0, 1.7, 20.3}) {
    const auto fixed = static_cast<uint64_t>(x * 4294967296.0);
    EXPECT_NEAR(static_cast<double>(fixed_exp2_of_minus(fixed)) / 0x1p62, std::exp2(-x), 1e-9) << x;
  }
  EXPECT_EQ(fixed_exp2_of_minus(uint64_t{62} << 32), 0u);
  EXPECT_EQ(whole_root(Wide{99}), 9u);
  EXPECT_EQ(whole_root(Wide{100}), 10u);
}

TEST(Traffic, a_poisson_stream_has_its_rate_and_its_spread) {
  ArrivalTimes times(Arrivals::poisson, 4, kSecond, 7);
  constexpr int kCount = 100'000;
  Span last = 0;
  double squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const Span at = times.next();
    ASSERT_GE(at, last);
    squares += std::pow(static_cast<double>(at - last) / 1e9, 2);
    last = at;
  }
  EXPECT_NEAR(static_cast<double>(last) / 1e9, kCount / 4.0, kCount / 4.0 * 0.01);
  EXPECT_NEAR(squares / kCount, 2 * 0.25 * 0.25, 0.004);  // of an exponential: twice its mean's square
}

TEST(Traffic, even_spacing_is_exact_and_does_not_drift) {
  ArrivalTimes times(Arrivals::even, 3, kSecond, 7);
  Span at = 0;
  for (int i = 0; i < 3'000; ++i) at = times.next();
  EXPECT_EQ(at, 1'000 * kSecond);
}

TEST(Traffic, recipients_follow_zipf) {
  const Recipients alike(200, 0);
  EXPECT_EQ(alike.hottest_share(), 50u);
  const Recipients skewed(5'000, 90);  // 1 / sum of k^-0.9
  EXPECT_EQ(skewed.hottest_share(), 713u);
  Random random(1);
  int first = 0;
  for (int i = 0; i < 100'000; ++i) first += skewed.draw(random) == 0 ? 1 : 0;
  EXPECT_NEAR(first, 7'139, 250);
}

TEST(Traffic, numbers_are_said_as_people_say_them) {
  EXPECT_EQ(say_count(1), "1");
  EXPECT_EQ(say_count(1'234'567), "1,234,567");
  EXPECT_EQ(say_share(8'000), "80%");
  EXPECT_EQ(say_share(2'513), "25.1%");
  EXPECT_EQ(say_counted(1, "line"), "1 line");
  EXPECT_EQ(say_span(0), "0 s");
  EXPECT_EQ(say_span(7), "7 ns");
  EXPECT_EQ(say_span(300 * kMillisecond), "300 ms");
  EXPECT_EQ(say_span(1'950 * kMillisecond), "1.9 s");
  EXPECT_EQ(say_span(31 * kSecond), "31 s");
  EXPECT_EQ(say_span(320 * kSecond), "5 min 20 s");
  EXPECT_EQ(say_span(48 * kHour), "48 h");
  EXPECT_EQ(say_span(75 * kHour), "3 days 3 h");
  EXPECT_EQ(say_at_most(2'005 * kMillisecond), "2.1 s");
  EXPECT_EQ(say_at_most(2 * kSecond), "2 s");
  EXPECT_EQ(say_at_most(59 * kSecond + 1), "60 s");
  EXPECT_EQ(say_at_most(1), "1 ns");
}

}  // namespace
}  // namespace sluice::planner
