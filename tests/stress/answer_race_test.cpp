// SPDX-License-Identifier: Apache-2.0
// Answers over HTTP while the policy is reloaded under them and the engine is destroyed: each is of one policy as a whole, and
// nothing in it points into a policy that is gone.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "sluice/sluice.hpp"
#include "tests/support/together.h"

namespace {

std::string policy_of(const std::string& word) {
  return R"({ "name": "t", "tenant": "account",
    "limits": [ { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 1000000 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "minute" } ] } ],
    "dialect": { "headers": { "X-First": ")" +
         word + R"(", "X-Left": "{minute.remaining}" }, "answers": { "allowed": { "status": 200, "body": { "word": ")" + word +
         R"(" } } } } })";
}

TEST(AnswerRace, AnAnswerIsOfOnePolicyAndOutlivesIt) {
  constexpr int kThreads = 3, kReloads = 200;
  const std::string policies[] = {policy_of("one"), policy_of("another-word")};
  sluice::engine engine(policies[0]);
  const int32_t send = engine.operation_id("send");
  std::atomic<bool> done{false};
  std::atomic<int> answers{0};
  sluice::testing::together(kThreads + 1, [&](int t) {
    if (t == kThreads) {
      for (int i = 1; i <= kReloads; ++i) engine.reload(policies[i % 2]);
      done = true;
      return;
    }
    const sluice::request request(send, {"acme"});
    while (!done || answers < 100) {
      const sluice::http_answer answer = engine.decide_http(request);
      ++answers;
      ASSERT_EQ(answer.headers.size(), 3u);
      ASSERT_EQ(answer.body, "{\"word\":\"" + answer.headers[0].second + "\"}");
    }
  });
}

TEST(AnswerRace, ADestroyedEngineAnswersNothing) {
  const std::string policy = policy_of("one");
  for (int round = 0; round < 50; ++round) {
    sluice::engine engine(policy);
    const sluice_engine handle = engine.handle();
    sluice_decision decision = sluice::make_decision();
    sluice_detail row{};
    decision.details = &row;
    decision.detail_capacity = 1;
    sluice::testing::together(2, [&](int t) {
      if (t == 0) {
        sluice_engine_destroy(handle);
        return;
      }
      for (sluice_status status = SLUICE_OK; status != SLUICE_E_HANDLE;) {
        sluice_header headers[8];
        char buffer[512];
        sluice_http http = SLUICE_HTTP_INIT;
        http.headers = headers;
        http.header_capacity = 8;
        http.buffer = buffer;
        http.buffer_size = sizeof buffer;
        status = sluice_answer(handle, &decision, nullptr, &http, nullptr);
        ASSERT_TRUE(status == SLUICE_OK || status == SLUICE_E_HANDLE) << status;
      }
    });
  }
}

}  // namespace
