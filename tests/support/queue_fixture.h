// SPDX-License-Identifier: Apache-2.0
// A queue on virtual time, with few, short verbs:
//
//   open(line_queue(R"("amount": "1/s")"));
//   put("+1", "ann", "hello");
//   EXPECT_EQ(lease_one().payload, "hello");
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {

struct Put {
  std::string operation = "send";
  std::vector<std::string> values = {};
  std::vector<uint64_t> quantities = {};
  std::string payload = {};
  std::string key = {};
  int message_class = -1;
  Instant send_at = 0;
  Instant expires_at = 0;
  uint32_t flags = 0;
  uint64_t campaign = 0;
  std::string zone = {};
};

struct Leased {
  uint64_t message = 0;
  uint32_t fence = 0, attempt = 0;
  bool redelivered = false;
  int message_class = 0;
  Instant due = 0, until = 0, expires = 0;
  std::vector<std::string> values;
  std::vector<uint64_t> quantities;
  std::string payload;
};

// A policy with one pace on [line] in queue mode, charged by "send" of [account, line, recipient]; `more` are further limits,
// `charges` what is charged beside the pace, `sections` further sections of the policy.
std::string line_queue(const std::string& pace, const std::string& more = "", const std::string& charges = "",
                       const std::string& sections = "");

class QueueTest : public EngineTest {
 public:
  Enqueued put(const Put& what);
  Enqueued put(const std::string& line, const std::string& recipient = "ann", const std::string& payload = "");
  Enqueued put_of(const std::string& account, const std::string& line, const std::string& payload = "");

  std::vector<Leased> lease(uint32_t most, Span ttl = 0);
  // The only one that is due; fails the test when there is none.
  Leased lease_one();
  // What leaves until nothing is due before `until`, leased at each due instant and acked at once: "at: payload".
  std::vector<std::string> drain_queue(Instant until);

  Status settle(const Leased& lease, Outcome outcome, Span retry_after = 0);
  Status ack(const Leased& lease) { return settle(lease, Outcome::sent); }
  MessageState state(uint64_t message);
  MessageState settled = MessageState::none;  // by the last settle()
  Status cancel(uint64_t message);
  Instant next_due();
};

}  // namespace sluice::testing
