// SPDX-License-Identifier: Apache-2.0
// An engine on virtual time with few, short verbs, so that a test reads as a story:
//
//   open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 2)"}}));
//   at(10);
//   EXPECT_EQ(send("acme"), "allowed");
//
// 1. Second 0 of every story is 2025-01-13 00:00 UTC, a Monday.
// 2. Subjects are written "account=acme" or "line=+1,recipient=+2".
// 3. An answer compares with its story: "allowed", "denied: rate by minute, in 50s", "would queue: by pace, in 1s",
//    "denied: gauge by seats, on release", "denied: never by day, at most 100", "error: not_found".
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/engine/engine.h"

namespace sluice::testing {

inline constexpr Instant kStart = 1'736'726'400 * kSecond;

struct Ask {
  std::string operation = "send";
  std::vector<std::string> values = {};
  std::vector<std::string> repeated = {};  // the repeated dimension's own entry of `values` is then ""
  std::vector<uint64_t> quantities = {};
  std::string key = {};
  uint32_t flags = 0;
  Instant now = kEngineClock;
  bool detailed = false;  // with a row for every limit checked
};

// A request whose bytes live as long as this does.
class AskBytes {
 public:
  AskBytes(const Ask& ask, int32_t operation);
  AskBytes(const AskBytes&) = delete;
  AskBytes& operator=(const AskBytes&) = delete;
  const Request& request() const { return request_; }

 private:
  Ask ask_;
  std::vector<Bytes> values_, repeated_;
  Request request_;
};

struct Answer {
  Decision decision;
  std::vector<Detail> details;
  std::string limit;  // the name of the limit named
  std::string error;

  bool passed() const { return decision.status == Status::ok; }
  std::string story() const;
};
bool operator==(const Answer& answer, std::string_view story);
bool operator==(const Answer& a, const Answer& b);  // every field; of a receipt, whether there is one
void PrintTo(const Answer& answer, std::ostream* out);

const char* word(Status status);
const char* word(DenialKind kind);
std::string seconds(Span span);  // "1.5s"

// A limit by its name and what its object says beside name and scope.
struct LimitText {
  std::string name, body;
};
// A policy whose limits are all on [account], and whose operation "send" charges each of them in this order.
std::string account_limits(const std::vector<LimitText>& limits, const std::string& subjects = "");
// The text of a file under policies/, without ".jsonc".
std::string policy_file(const std::string& name);

class TestEngine {
 public:
  TestEngine();
  ~TestEngine();
  TestEngine(const TestEngine&) = delete;
  TestEngine& operator=(const TestEngine&) = delete;

  EngineOptions options;  // what open() takes; a manual clock at second 0
  uint64_t handle = 0;
  std::string error;  // of the last call that failed

  void open(const std::string& policy, const std::string& stance = "enforce");
  Status try_open(const std::string& policy);
  void close();

  // Time.
  void at(int64_t second) { at_ns(second * kSecond); }
  void at_ns(Span since_start) { set_clock(kStart + since_start); }
  void set_clock(Instant now);
  void pass(Span span) { set_clock(now_ + span); }
  Instant now() const { return now_; }

  // Decisions.
  Answer ask(const Ask& ask);
  template <class... Values>
  Answer send(const Values&... values) {
    return ask({.values = {std::string(values)...}});
  }
  template <class... Values>
  Answer send_detailed(const Values&... values) {
    return ask({.values = {std::string(values)...}, .detailed = true});
  }
  template <class... Values>
  Answer call(const std::string& operation, const Values&... values) {
    return ask({.operation = operation, .values = {std::string(values)...}});
  }
  template <class... Values>
  Answer peek(const Values&... values) {
    return ask({.values = {std::string(values)...}, .flags = flag::peek});
  }
  // How many of `tries` sends pass.
  template <class... Values>
  int admitted(int tries, const Values&... values) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += send(values...).passed() ? 1 : 0;
    return count;
  }
  std::string explain(const Ask& ask);

  // Receipts.
  uint64_t receipt_for(Ask ask);  // REQUIRES: it passes
  Status refund(uint64_t receipt);
  Status commit(uint64_t receipt, const std::vector<uint64_t>& quantities);

  // Subjects.
  Status set_plan(const std::string& subject, const std::string& plan);
  Status set_amount(const std::string& limit, const std::string& subject, const std::string& amount);
  Status set_billing(const std::string& subject, uint32_t day, Span time_of_day, const std::string& zone);
  Status set_usage(const std::string& limit, const std::string& subject, uint64_t used);
  Status reset(const std::string& subject);
  Status erase(const std::string& subject, uint64_t* erased = nullptr);
  Status throttled(const std::string& limit, const std::string& subject, Span retry_after);
  Status cleared(const std::string& limit, const std::string& subject);
  Status quality(const std::string& subject, const std::string& quality);

  // What there is.
  std::map<std::string, UsageRow> usage(const std::string& subject);
  uint64_t used(const std::string& limit, const std::string& subject) { return usage(subject).at(limit).used; }
  // What these subjects have used, a line for each of their limits: to compare before and after.
  std::string ledger(const std::vector<std::string>& subjects);
  std::string usage_json(const std::string& subject);
  std::string list(const std::string& scope, uint64_t* cursor, uint32_t max);
  std::vector<Event> drain(size_t room = 64, uint64_t* lost = nullptr);
  std::vector<std::string> events();  // "75% of day for account=acme at 75 of 100"
  Counters counters();

  Status reload(const std::string& policy, bool allow_reset = false, const std::string& stance = "");
  uint64_t sweep(uint64_t max_records = UINT64_MAX);

  int32_t operation(const std::string& name) { return Engine::operation_id(handle, name); }
  int32_t limit(const std::string& name) { return Engine::limit_id(handle, name); }
  std::string limit_name(int32_t id);

 private:
  Instant now_ = kStart;
};

class EngineTest : public ::testing::Test, public TestEngine {};

}  // namespace sluice::testing
