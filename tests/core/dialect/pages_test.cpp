// SPDX-License-Identifier: Apache-2.0
// The providers' pages, byte for byte: what they print is quoted, and is what their policies answer. All in the stance `enforce`.
#include "tests/core/dialect/answered.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class Pages : public AnswerTest {
 protected:
  // REQUIRES: that many pass.
  void spend(int times, const Ask& ask) {
    for (int i = 0; i < times; ++i) ASSERT_TRUE(this->ask(ask).passed()) << i;
  }
};

// ---- GoSendAPI ---------------------------------------------------------------------------------------------------------------

// "Every response includes: X-RateLimit-Limit: 100, X-RateLimit-Remaining: 87, X-RateLimit-Reset: 1716030120"
TEST_F(Pages, GoSendApiTellsTheKeysSecondWithEveryResponse) {
  open(policy_file("gosendapi"));
  set_clock(1'716'030'119 * kSecond + 250 * kMillisecond);
  const Ask request{.operation = "api.request", .values = {"acme", "key"}};
  spend(12, request);
  EXPECT_EQ(answered(request).wire(),
            "200\n"
            "X-RateLimit-Limit: 100\n"
            "X-RateLimit-Remaining: 87\n"
            "X-RateLimit-Reset: 1716030120\n");
}

// "If you exceed your key's RPS, we return 429: { "statusCode": 429, "message": "Rate limit exceeded for API key",
// "retry_after_seconds": 1 }"; "On 429 responses, also includes: Retry-After: 1"
TEST_F(Pages, GoSendApiAnswersTheKeysSecondAsItsPagePrints) {
  open(policy_file("gosendapi"));
  set_clock(1'716'030'119 * kSecond + 250 * kMillisecond);
  const Ask request{.operation = "api.request", .values = {"acme", "key"}};
  spend(100, request);
  const WireAnswer answer = answered(request);
  EXPECT_EQ(answer.body, compact(R"({
"statusCode": 429,
"message": "Rate limit exceeded for API key",
"retry_after_seconds": 1
})"));
  EXPECT_EQ(answer.http, 429);
  EXPECT_THAT(answer.headers, ElementsAre(Pair("X-RateLimit-Limit", "100"), Pair("X-RateLimit-Remaining", "0"),
                                          Pair("X-RateLimit-Reset", "1716030120"), Pair("Retry-After", "1"),
                                          Pair("Content-Type", "application/json")));
}

// "Your RPS limit": whatever refuses, the headers stay the key's second.
TEST_F(Pages, GoSendApiTellsTheKeysSecondAlsoWhenTheDayRefuses) {
  open(policy_file("gosendapi"));
  set_usage("requests_day", "api_key=key", 100'000);
  const WireAnswer answer = answered({.operation = "api.request", .values = {"acme", "key"}});
  EXPECT_EQ(answer.http, 429);
  EXPECT_EQ(answer.header("X-RateLimit-Limit"), "100");
  EXPECT_EQ(answer.header("X-RateLimit-Remaining"), "99");
  EXPECT_EQ(answer.header("Retry-After"), "86400");
  EXPECT_EQ(answer.body, R"({"statusCode":429,"message":"Rate limit exceeded for API key","retry_after_seconds":86400})");
}

// ---- Linq --------------------------------------------------------------------------------------------------------------------

// "When you hit a rate limit, the API returns HTTP `429 Too Many Requests` with a `Retry-After` header and this body"
TEST_F(Pages, LinqAnswersThePairAsItsPagePrints) {
  open(policy_file("linq"));
  const Ask message{.operation = "messages.send", .values = {"acme", "+1", "+2"}};
  spend(30, message);
  at(15);
  const WireAnswer answer = answered(message, {.given = {{"trace_id", "trace_abc123def456"}}});
  EXPECT_EQ(answer.http, 429);
  EXPECT_THAT(answer.headers, ElementsAre(Pair("Retry-After", "45"), Pair("Content-Type", "application/json")));
  EXPECT_EQ(answer.body, compact(R"({
  "success": false,
  "error": {
    "status": 429,
    "code": 1007,
    "message": "Rate limited. Try again in 45 seconds.",
    "retry_after": 45,
    "doc_url": "https://docs.linqapp.com/error/codes/1xxx/1007/"
  },
  "trace_id": "trace_abc123def456"
})"));
}

// "Excessive calls return the same HTTP 429 with Retry-After and error code 1007."
TEST_F(Pages, LinqAnswersACapabilityCheckTheSame) {
  open(policy_file("linq"));
  throttled("capability", "account=acme", 90 * kSecond);
  const WireAnswer answer = answered({.operation = "capability.check", .values = {"acme"}});
  EXPECT_EQ(answer.header("Retry-After"), "90");
  EXPECT_THAT(answer.body,
              ::testing::HasSubstr(R"("code":1007,"message":"Rate limited. Try again in 90 seconds.","retry_after":90)"));
}

// "Only present on `429` responses."
TEST_F(Pages, LinqTellsNoWaitWhenAllowed) {
  open(policy_file("linq"));
  EXPECT_EQ(answered({.operation = "messages.send", .values = {"acme", "+1", "+2"}}).wire(), "200\n");
}

// ---- Send.dev ----------------------------------------------------------------------------------------------------------------

// "Every API response includes headers: X-RateLimit-Limit: 300, X-RateLimit-Remaining: 299, X-RateLimit-Reset: 1705142460"
TEST_F(Pages, SendDevTellsTheMinuteWithEveryResponse) {
  open(policy_file("senddev"));
  set_clock(1'705'142'400 * kSecond);
  set_plan("account=acme", "starter");
  EXPECT_EQ(answered({.operation = "api.request", .values = {"acme"}}).wire(),
            "200\n"
            "X-RateLimit-Limit: 300\n"
            "X-RateLimit-Remaining: 299\n"
            "X-RateLimit-Reset: 1705142460\n");
}

// "When you exceed the rate limit, the API returns a 429 Too Many Requests response"
TEST_F(Pages, SendDevAnswersTheMinuteAsItsPagePrints) {
  open(policy_file("senddev"));
  set_clock(1'705'142'400 * kSecond);
  const Ask request{.operation = "api.request", .values = {"acme"}};
  spend(60, request);
  const WireAnswer answer = answered(request);
  EXPECT_EQ(answer.http, 429);
  EXPECT_EQ(answer.header("Retry-After"), "60");
  EXPECT_EQ(answer.body, compact(R"({
"error": {
"code": "rate_limited",
"message": "Rate limit exceeded. Please retry after 60 seconds.",
"retry_after": 60
}
})"));
}

// "curl https://api.send.dev/v1/usage"
TEST_F(Pages, SendDevAnswersUsageAsItsPagePrints) {
  open(policy_file("senddev"));
  at(3600);
  set_plan("account=acme", "starter");
  set_usage("emails_day", "account=acme", 5420);
  set_usage("requests_day", "account=acme", 1250);
  const WireAnswer answer = answered_usage("account", "acme");
  EXPECT_EQ(answer.http, 200);
  EXPECT_EQ(answer.header("X-RateLimit-Limit"), "300");
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(answer.body, compact(R"({
"period": "2025-01-13",
"emails": {
"sent": 5420,
"limit": 10000,
"remaining": 4580
},
"api_requests": {
"count": 1250,
"limit": null
}
})"));
}

// ---- Texting Blue ------------------------------------------------------------------------------------------------------------

// "x-ratelimit-remaining: Number of requests remaining in the current window"
TEST_F(Pages, TextingBlueTellsWhatRemainsInLowerCase) {
  open(policy_file("texting_blue"));
  EXPECT_EQ(answered({.operation = "api.request", .values = {"acme"}}).wire(), "200\nx-ratelimit-remaining: 59\n");
}

// "When you exceed the rate limit, the API returns a 429 Too Many Requests response"; "Retry-After: Seconds to wait before retrying"
TEST_F(Pages, TextingBlueAnswersTheMinuteAsItsPagePrints) {
  open(policy_file("texting_blue"));
  const Ask request{.operation = "api.request", .values = {"acme"}};
  spend(60, request);
  at(45);
  const WireAnswer answer = answered(request);
  EXPECT_EQ(answer.http, 429);
  EXPECT_THAT(answer.headers, ElementsAre(Pair("x-ratelimit-remaining", "0"), Pair("Retry-After", "15"),
                                          Pair("Content-Type", "application/json")));
  EXPECT_EQ(answer.body, compact(R"({
"error": {
"code": "rate_limited",
"message": "Rate limit exceeded. Retry after 15 seconds."
}
})"));
}

// "When you reach your monthly limit, the API returns a 402 Payment Required response with the plan_limit_exceeded error code."
// Retry-After is "only present on 429 responses".
TEST_F(Pages, TextingBlueAnswersTheMonthWith402AndNoRetryAfter) {
  open(policy_file("texting_blue"));
  set_usage("month", "account=acme", 100);
  const WireAnswer answer = answered({.operation = "messages.send", .values = {"acme"}});
  EXPECT_EQ(answer.http, 402);
  EXPECT_THAT(answer.headers, ElementsAre(Pair("x-ratelimit-remaining", "59"), Pair("Content-Type", "application/json")));
  EXPECT_EQ(answer.body, R"({"error":{"code":"plan_limit_exceeded","message":"Monthly message limit reached."}})");
}

// ---- Sendblue ----------------------------------------------------------------------------------------------------------------

// "Further calls to the API will result in a 429 - "Too Many Requests" response code."
TEST_F(Pages, SendblueAnswersWithItsTwoWords) {
  open(policy_file("sendblue"));
  set_usage("month", "account=acme", 2400);
  const WireAnswer answer = answered({.operation = "messages.send", .values = {"acme", "+1", "+2"}});
  EXPECT_EQ(answer.http, 429);
  EXPECT_EQ(answer.body, "Too Many Requests");
  EXPECT_EQ(answer.header("Retry-After"), std::nullopt);
  EXPECT_EQ(answer.header("x-should-retry"), "false");  // the month is longer than a client waits
}

}  // namespace
}  // namespace sluice::testing
