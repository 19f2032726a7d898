// SPDX-License-Identifier: Apache-2.0
// Dialects that are nobody's own, alone and together, and what a client is told to wait.
#include "tests/core/dialect/answered.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr uint32_t kAll = dialect::policy | dialect::x_ratelimit | dialect::ratelimit | dialect::retry_ms | dialect::problem;

class Generic : public AnswerTest {
 protected:
  void SetUp() override {
    open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 2)"},
                         {"pace", R"("kind": "pace", "amount": "10/s", "depth": 5)"},
                         {"month", R"("kind": "window", "period": "month", "amount": 1000)"},
                         {"day", R"("kind": "sliding", "period": "24h", "slots": 10, "margin": "1s", "amount": 50)"},
                         {"free", R"("kind": "window", "period": "day", "unlimited": true)"}}));
  }
  WireAnswer third(uint32_t dialects) {
    send("acme"), send("acme");
    return answered({.values = {"acme"}}, {.dialects = dialects});
  }
};

TEST_F(Generic, WithoutADialectThereIsAStatusAndARetryAfter) {
  EXPECT_EQ(answered_send("acme").wire(), "200\n");
  EXPECT_EQ(third(0).wire(), "429\nRetry-After: 60\n");
}

TEST_F(Generic, XRateLimitTellsAnInstantOrSecondsToGo) {
  at(15);
  EXPECT_EQ(third(dialect::x_ratelimit).wire(),
            "429\nX-RateLimit-Limit: 2\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1736726460\nRetry-After: 45\n");
  EXPECT_EQ(answered(decided_, nullptr, {.dialects = dialect::x_ratelimit_delta}).wire(),
            "429\nX-RateLimit-Limit: 2\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 45\nRetry-After: 45\n");
  EXPECT_EQ(answered(decided_, nullptr, {.dialects = dialect::x_ratelimit | dialect::x_ratelimit_delta}).status, Status::invalid);
}

TEST_F(Generic, RateLimitTellsEveryLimitThatHasAnAmount) {
  const WireAnswer answer = third(dialect::ratelimit);
  EXPECT_THAT(answer.headers,
              ElementsAre(Pair("RateLimit-Policy", R"("minute";q=2;w=60, "pace";q=5, "month";q=1000, "day";q=50;w=86400)"),
                          Pair("RateLimit", R"("minute";r=0;t=60, "pace";r=3, "month";r=998;t=1641600, "day";r=48)"),
                          Pair("Retry-After", "60")));
}

TEST_F(Generic, TogetherTheyTellTheSame) {
  const WireAnswer answer = third(kAll);
  EXPECT_THAT(
      answer.headers,
      ElementsAre(Pair("X-RateLimit-Limit", "2"), Pair("X-RateLimit-Remaining", "0"), Pair("X-RateLimit-Reset", "1736726460"),
                  Pair("RateLimit-Policy", R"("minute";q=2;w=60, "pace";q=5, "month";q=1000, "day";q=50;w=86400)"),
                  Pair("RateLimit", R"("minute";r=0;t=60, "pace";r=3, "month";r=998;t=1641600, "day";r=48)"),
                  Pair("Retry-After", "60"), Pair("retry-after-ms", "60000"), Pair("Content-Type", "application/problem+json")));
  EXPECT_EQ(answer.body,
            R"({"type":"https://iana.org/assignments/http-problem-types#quota-exceeded",)"
            R"("title":"Request cannot be satisfied as assigned quota has been exceeded","status":429,"denial":"rate",)"
            R"("violated-policies":["minute"],"retry-after":60})");
}

TEST_F(Generic, AYesHasNoProblem) { EXPECT_EQ(answered({.values = {"acme"}}, {.dialects = dialect::problem}).body, ""); }

TEST_F(Generic, AFailureIsAProblemOfItsStatus) {
  Answer failed;
  failed.decision.status = Status::not_found;
  EXPECT_EQ(answered(failed, nullptr, {.dialects = dialect::problem}).wire(),
            "404\nContent-Type: application/problem+json\n\n{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404}");
}

TEST_F(Generic, FailuresHaveTheirStatus) {
  const std::pair<Status, uint16_t> kAllOf[] = {{Status::invalid, 400},   {Status::too_many, 400}, {Status::not_found, 404},
                                                {Status::conflict, 409},  {Status::unset, 500},    {Status::time, 500},
                                                {Status::no_memory, 503}, {Status::internal, 500}};
  for (const auto& [status, http] : kAllOf) {
    Answer failed;
    failed.decision.status = status;
    EXPECT_EQ(answered(failed).http, http);
  }
}

// ---- what a client is told to wait ---------------------------------------------------------------------------------------------

Answer denied_for(Span wait, WaitKind kind = WaitKind::exact) {
  Answer answer;
  answer.decision.status = Status::denied;
  answer.decision.denial = DenialKind::rate;
  answer.decision.wait_kind = kind;
  answer.decision.retry_after = wait;
  return answer;
}

class Advised : public Generic {
 protected:
  std::string told(const Answer& denied) {
    return answered(denied, nullptr, {.dialects = dialect::policy | dialect::retry_ms}).wire();
  }
};

TEST_F(Advised, SecondsAndMillisecondsAreRoundedUpAndAtLeastOne) {
  EXPECT_EQ(told(denied_for(0)), "429\nRetry-After: 1\nretry-after-ms: 1\n");
  EXPECT_EQ(told(denied_for(1)), "429\nRetry-After: 1\nretry-after-ms: 1\n");
  EXPECT_EQ(told(denied_for(kSecond)), "429\nRetry-After: 1\nretry-after-ms: 1000\n");
  EXPECT_EQ(told(denied_for(kSecond + 1)), "429\nRetry-After: 2\nretry-after-ms: 1001\n");
  EXPECT_EQ(told(denied_for(250 * kMillisecond, WaitKind::bound)), "429\nRetry-After: 1\nretry-after-ms: 250\n");
}

TEST_F(Advised, AWaitThatFreezesClientsIsCappedAndMarked) {
  EXPECT_EQ(told(denied_for(kMinute)), "429\nRetry-After: 60\nretry-after-ms: 60000\n");
  EXPECT_EQ(told(denied_for(kMinute + 1)), "429\nRetry-After: 60\nx-should-retry: false\n");
  EXPECT_EQ(told(denied_for(30 * kDay)), "429\nRetry-After: 60\nx-should-retry: false\n");
  EXPECT_EQ(told(denied_for(kEndOfTime - 1)), "429\nRetry-After: 60\nx-should-retry: false\n");
  EXPECT_FALSE(answered(denied_for(30 * kDay)).retry);
}

TEST_F(Advised, WhatNoWaitHelpsIsTold) {
  EXPECT_EQ(told(denied_for(0, WaitKind::never)), "429\nx-should-retry: false\n");
  EXPECT_EQ(told(denied_for(0, WaitKind::unknown)), "429\n");
  EXPECT_TRUE(answered(denied_for(0, WaitKind::unknown)).retry);
}

TEST_F(Advised, ThePolicySaysWhatItsClientsCanBear) {
  const std::string limits = account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 2)"}});
  const std::string rest = limits.substr(0, limits.rfind('}'));
  open(rest + R"(, "dialect": { "longest_wait": "24 days" } })");
  EXPECT_EQ(answered(denied_for(24 * kDay)).header("Retry-After"), "2073600");  // below 2^31 ms
  EXPECT_EQ(answered(denied_for(24 * kDay + 1)).header("x-should-retry"), "false");
}

TEST_F(Advised, MemoryIsTheServersOwn) {
  Answer answer = denied_for(0, WaitKind::unknown);
  answer.decision.denial = DenialKind::memory;
  EXPECT_EQ(answered(answer).http, 503);
}

}  // namespace
}  // namespace sluice::testing
