// SPDX-License-Identifier: Apache-2.0
// The five providers' pages, as their policies decide: what must hold of each.
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;

class Pages : public EngineTest {};

// GoSendAPI: "Requests remaining in current 1s window", "Unix timestamp when the window resets".
TEST_F(Pages, GosendapiRemainingAndResetFollowTheAlignedSecondInEnforce) {
  open(policy_file("gosendapi"));
  ASSERT_EQ(set_plan("api_key=k", "standard"), Status::ok);
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 103; ++i) {
      at_ns(second * kSecond + i * 7 * kMillisecond + 5);
      const Answer answer = call("api.request", "acme", "k");
      EXPECT_EQ(answer.decision.limit, 100u);
      EXPECT_EQ(answer.decision.remaining, i < 100 ? 99u - static_cast<uint64_t>(i) : 0u);
      EXPECT_EQ(answer.decision.resets_at, kStart + (second + 1) * kSecond);
      EXPECT_EQ(answer.passed(), i < 100) << i;
      if (!answer.passed()) {
        EXPECT_EQ(answer.decision.denial, DenialKind::rate);
        EXPECT_EQ(answer.decision.retry_after, kSecond - i * 7 * kMillisecond - 5);
      }
    }
  }
  EXPECT_EQ(used("requests_day", "api_key=k"), 300u);
}

TEST_F(Pages, GosendapiTheThousandAndFirstNewRecipientWaitsForTheOldestSlotInEnforce) {
  open(policy_file("gosendapi"));
  ASSERT_EQ(set_plan("api_key=k", "high_volume"), Status::ok);
  ASSERT_EQ(set_plan("line=+1", "unlimited"), Status::ok);
  const auto message = [&](int person) {
    return call("messages.send.template", "acme", "k", "w", "+1", "p" + std::to_string(person));
  };
  for (int i = 0; i < 1'000; ++i) {
    at_ns(i * 100 * kMillisecond);
    ASSERT_EQ(message(i), "allowed") << i;
  }
  at(3'600);
  EXPECT_EQ(message(1'000), "denied: distinct by conversations, in 82800s");
  EXPECT_EQ(message(500), "allowed");
  EXPECT_EQ(call("messages.received", "acme", "w", "p2000"), "allowed");
  EXPECT_EQ(message(2'000), "allowed");
  EXPECT_EQ(used("conversations", "waba=w"), 1'000u);
  at(86'400);
  EXPECT_EQ(message(1'000), "allowed");
  EXPECT_EQ(message(1'001), "denied: distinct by conversations, in 0.1s");
}

TEST_F(Pages, GosendapiAWabaClimbsATierAtHalfItsUseWithQualityGreenInEnforce) {
  open(policy_file("gosendapi"));
  set_plan("api_key=k", "high_volume");
  set_plan("line=+1", "unlimited");
  quality("waba=w", "green");
  for (int i = 0; i < 500; ++i) {
    at_ns(i * 100 * kMillisecond);
    ASSERT_EQ(call("messages.send.template", "acme", "k", "w", "+1", "p" + std::to_string(i)), "allowed");
  }
  EXPECT_THAT(events(), ElementsAre("promotion to 1 by conversations for waba=w at 500 of 1000"));
  EXPECT_EQ(usage("waba=w")["conversations"].limit, 10'000u);
}

TEST_F(Pages, GosendapiAPhonePacesAt80ASecondWithASecondsDepthInEnforce) {
  open(policy_file("gosendapi"));
  set_plan("api_key=k", "high_volume");
  int passed = 0;
  for (int i = 0; i < 200; ++i) passed += call("messages.send.session", "acme", "k", "w", "+1", "p").passed() ? 1 : 0;
  EXPECT_EQ(passed, 80);
  EXPECT_EQ(call("messages.send.session", "acme", "k", "w", "+1", "p"), "would queue: by throughput, in 0.0125s");
}

// Texting Blue.
TEST_F(Pages, TextingBlueTheMonthOutranksTheMinuteAsQuotaInEnforce) {
  open(policy_file("texting_blue"));
  int passed = 0;
  for (int second = 0; second < 60 * 20; second += 12) {  // five a minute
    at(second);
    passed += call("messages.send", "acme").passed() ? 1 : 0;
  }
  EXPECT_EQ(passed, 100);
  at(60 * 20);
  for (int i = 0; i < 5; ++i) call("api.request", "acme");
  set_usage("messages", "account=acme", 5);
  const Answer answer = call("messages.send", "acme");
  EXPECT_EQ(answer.decision.denial, DenialKind::quota);
  EXPECT_EQ(answer.limit, "month");
  EXPECT_EQ(used("requests", "account=acme"), 6u);  // it was a request all the same
}

TEST_F(Pages, TextingBlueAFreeAccountHasOneNumberAndADowngradeRevokesNoneInEnforce) {
  open(policy_file("texting_blue"));
  EXPECT_EQ(call("phone_numbers.add", "acme", "+1"), "allowed");
  EXPECT_EQ(call("phone_numbers.add", "acme", "+1"), "allowed");
  EXPECT_EQ(call("phone_numbers.add", "acme", "+2"), "denied: gauge by phone_numbers, on release");
  set_plan("account=acme", "pro");
  for (int i = 2; i <= 5; ++i) EXPECT_EQ(call("phone_numbers.add", "acme", "+" + std::to_string(i)), "allowed");
  set_plan("account=acme", "starter");
  EXPECT_EQ(used("phone_numbers", "account=acme"), 5u);
  EXPECT_EQ(call("phone_numbers.add", "acme", "+6"), "denied: gauge by phone_numbers, on release");
}

// Send.dev: "2x for 10 seconds", "3x for 30 seconds".
struct Burst {
  const char* plan;
  uint64_t rate;
  int times, seconds;
};

class SenddevBursts : public EngineTest, public ::testing::WithParamInterface<Burst> {
 protected:
  // From idle, offered `offered` in each second, evenly or all at its beginning: how many pass in each.
  std::vector<uint64_t> passed_each_second(uint64_t offered, bool bunched, int seconds) {
    const Burst& burst = GetParam();
    at(0);
    open(policy_file("senddev"));
    EXPECT_EQ(set_plan("account=acme", burst.plan), Status::ok);
    set_amount("requests_minute", "account=acme", "\"unlimited\"");
    std::vector<uint64_t> passed;
    for (int s = 0; s < seconds; ++s) {
      uint64_t count = 0;
      for (uint64_t i = 0; i < offered; ++i) {
        const Span within = bunched ? 0 : static_cast<Span>(i) * kSecond / static_cast<Span>(offered);
        at_ns(kDay + s * kSecond + within);
        count += call("POST /v1/emails", "acme").passed() ? 1 : 0;
      }
      passed.push_back(count);
    }
    return passed;
  }
};

TEST_P(SenddevBursts, FromIdleExactlyTheBurstPassesThenExactlyTheRateInEnforce) {
  const Burst& burst = GetParam();
  const uint64_t peak = burst.rate * static_cast<uint64_t>(burst.times);
  for (const uint64_t offered : {peak, 2 * peak}) {
    for (const bool bunched : {false, true}) {
      const std::vector<uint64_t> passed = passed_each_second(offered, bunched, burst.seconds + 10);
      uint64_t first = 0;
      for (int s = 0; s < burst.seconds; ++s) first += passed[static_cast<size_t>(s)];
      EXPECT_EQ(first, peak * static_cast<uint64_t>(burst.seconds)) << offered << bunched;
      for (int s = burst.seconds; s < burst.seconds + 10; ++s) EXPECT_EQ(passed[static_cast<size_t>(s)], burst.rate) << s;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Plans, SenddevBursts, ::testing::Values(Burst{"starter", 10, 2, 10}, Burst{"pro", 50, 3, 30}));

TEST_F(Pages, SenddevABatchCountsAsTenRequestsAndItsEmailsInEnforce) {
  open(policy_file("senddev"));
  set_plan("account=acme", "starter");
  EXPECT_EQ(ask({.operation = "POST /v1/emails/batch", .values = {"acme"}, .quantities = {100}}), "allowed");
  EXPECT_EQ(used("requests_minute", "account=acme"), 10u);
  EXPECT_EQ(used("emails_day", "account=acme"), 100u);
  EXPECT_EQ(used("emails_second", "account=acme"), 0u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(call("email.deliver", "acme"), "allowed");
  EXPECT_EQ(call("email.deliver", "acme"), "would queue: by emails_second, in 1s");
}

// Linq: "30 messages per 60-second window for each unique sender-recipient pair".
TEST_F(Pages, LinqThirtyPassAndTheNextWaitsInEnforce) {
  open(policy_file("linq"));
  for (int i = 0; i < 30; ++i) {
    at(i);
    EXPECT_EQ(call("messages.send", "acme", "+1", "+2"), "allowed");
  }
  EXPECT_EQ(call("messages.send", "acme", "+1", "+2"), "denied: rate by pair, in 31s");
  EXPECT_EQ(call("messages.send", "acme", "+1", "+3"), "allowed");
  at(60);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(call("messages.send", "acme", "+1", "+2"), "allowed");
  EXPECT_EQ(call("messages.send", "acme", "+1", "+2"), "denied: rate by pair, in 60s");
}

TEST_F(Pages, LinqAfterThirtyOnePassesForEachThatExpiresInComply) {
  open(policy_file("linq"), "comply");
  for (int i = 0; i < 30; ++i) {
    at(i);
    EXPECT_EQ(call("messages.send", "acme", "+1", "+2"), "allowed");
  }
  EXPECT_EQ(call("messages.send", "acme", "+1", "+2"), "denied: rate by pair, in 32s");  // 60 s and a second of margin
  for (int i = 0; i < 30; ++i) {
    at(61 + i);
    EXPECT_EQ(call("messages.send", "acme", "+1", "+2"), "allowed") << i;
    EXPECT_EQ(call("messages.send", "acme", "+1", "+2"), i < 29 ? "denied: rate by pair, in 1s" : "denied: rate by pair, in 32s")
        << i;
  }
}

TEST_F(Pages, LinqASandboxStopsAtAHundredADayAndTheLineNeverInEnforce) {
  open(policy_file("linq"));
  set_plan("account=acme", "sandbox");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(call("messages.send", "acme", "+1", "p" + std::to_string(i)), "allowed");
  at(3'600);
  EXPECT_EQ(call("messages.send", "acme", "+1", "p100"), "denied: quota by sandbox_day, in 82800s");
  for (int i = 0; i < 6'900; ++i) call("messages.received", "acme", "+1", "p");
  EXPECT_THAT(events(),
              ElementsAre("80% of line_day for line=+1 at 5600 of 7000", "100% of line_day for line=+1 at 7000 of 7000"));
  EXPECT_EQ(call("messages.received", "acme", "+1", "p"), "allowed");
}

// Sendblue: "2000 per month", "up to 120%", "email you when you reach 75, 90, and 100%".
TEST_F(Pages, SendblueTwentyFourHundredAMonthAndANoticeAtEachShareInEnforce) {
  open(policy_file("sendblue"));
  set_clock(kStart - 12 * kDay);  // January 1st
  uint64_t passed = 0;
  for (int day = 0; day < 2; ++day) {
    for (int i = 0; i < 2'100 && passed < 2'400; ++i) {
      set_clock(kStart + (day - 12) * kDay + i * kSecond);
      const Answer answer = call("messages.send", "acme", "+1", "p" + std::to_string(i));
      passed += answer.passed() ? 1 : 0;
      if (day == 0 && i >= 2'000) {
        EXPECT_EQ(answer.limit, "day");
        EXPECT_EQ(answer.decision.status, Status::would_queue);
      }
    }
  }
  EXPECT_EQ(passed, 2'400u);
  pass(kSecond);
  const Answer last = call("messages.send", "acme", "+1", "p");
  EXPECT_EQ(last.decision.denial, DenialKind::quota);
  EXPECT_EQ(last.limit, "month");
  EXPECT_EQ(usage("account=acme")["month"].overage, 400u);
  EXPECT_THAT(events(),
              ElementsAre("75% of month for account=acme at 1500 of 2000", "90% of month for account=acme at 1800 of 2000",
                          "100% of month for account=acme at 2000 of 2000"));
}

TEST_F(Pages, SendblueANumberIsPacedForItselfAndForEachUserInEnforce) {
  open(policy_file("sendblue"));
  EXPECT_EQ(call("messages.send", "acme", "+1", "p"), "allowed");
  EXPECT_EQ(call("messages.send", "acme", "+1", "p"), "would queue: by line_pace, in 1s");
  EXPECT_EQ(call("messages.send", "other", "+1", "p"), "would queue: by line_pace, in 1s");
  EXPECT_EQ(call("messages.send", "acme", "+2", "p"), "allowed");
}

TEST_F(Pages, EveryPolicyOpensInBothStancesAndDecidesItsFirstRequests) {
  for (const char* name : {"gosendapi", "linq", "sendblue", "senddev", "texting_blue"}) {
    for (const char* stance : {"enforce", "comply"}) {
      open(policy_file(name), stance);
      std::string json;
      for (int32_t id = 0; Engine::describe_operation(handle, id, &json) == Status::ok; ++id) {
        Request request;
        request.operation = id;
        const Bytes values[] = {"a", "b", "c", "d", "e", "f"};
        const uint64_t ones[] = {1, 1, 1};
        Decision decision;
        Status status = Status::invalid;
        for (size_t v = 1; v <= 6 && status == Status::invalid; ++v) {
          for (size_t q = 0; q <= 2 && status == Status::invalid; ++q) {
            request.values = std::span(values, v);
            request.quantities = std::span(ones, q);
            status = Engine::decide(handle, request, &decision);
          }
        }
        EXPECT_TRUE(status == Status::ok || status == Status::would_queue)
            << word(status) << " " << name << " " << stance << " " << json;
      }
    }
  }
}

}  // namespace
}  // namespace sluice::testing
