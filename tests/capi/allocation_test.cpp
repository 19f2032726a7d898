// SPDX-License-Identifier: Apache-2.0
// Deciding about subjects already seen allocates nothing, in the C layer and below it, but for many repeated values. Where
// something is allocated, any allocation may fail, and then nothing has happened.
// Not under sanitizers, which have allocation functions of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLUICE_TEST_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLUICE_TEST_SANITIZED
#endif

#ifndef SLUICE_TEST_SANITIZED
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "sluice/sluice.hpp"

namespace {

std::atomic<size_t> allocations{0};
std::atomic<size_t> failing{0};  // the allocation with this number fails; 0: none

void* counted(size_t size) noexcept {
  const size_t number = allocations.fetch_add(1, std::memory_order_relaxed) + 1;
  return number == failing.load(std::memory_order_relaxed) ? nullptr : std::malloc(size != 0 ? size : 1);
}

void* counted_or_throw(size_t size) {
  if (void* block = counted(size)) return block;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(size_t size) { return counted_or_throw(size); }
void* operator new[](size_t size) { return counted_or_throw(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* block, const std::nothrow_t&) noexcept { std::free(block); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { std::free(block); }
void operator delete[](void* block, size_t) noexcept { std::free(block); }

namespace {

constexpr char kPolicy[] = R"({
  "name": "allocation", "tenant": "account",
  "limits": [
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100000 },
    { "name": "pair", "scope": ["account", "recipient"], "kind": "window", "period": "60s", "amount": 10 },
    { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1000/s", "depth": 5 }
  ],
  "operations": [
    { "name": "send", "values": ["account", "recipient"], "quantities": ["parts"],
      "charges": [ { "limit": "day", "cost": "parts" }, { "limit": "pair" }, { "limit": "pace" } ] }
  ]
})";

class Allocation : public ::testing::Test {
 protected:
  Allocation() : engine_(kPolicy), send_(engine_.operation_id("send")) {}

  sluice_request request() const {
    sluice_request request = sluice::make_request(send_);
    request.values = values_;
    request.value_count = 2;
    request.quantities = &parts_;
    request.quantity_count = 1;
    return request;
  }

  const sluice_bytes values_[2] = {{"acme", 4}, {"bob", 3}};
  const uint64_t parts_ = 2;
  sluice::engine engine_;
  const int32_t send_;
};

TEST_F(Allocation, the_count_sees_the_librarys_own) {
  const size_t before = allocations.load();
  sluice::engine other(kPolicy);
  EXPECT_GT(allocations.load(), before);
}

TEST_F(Allocation, a_decision_with_words_and_rows_takes_none) {
  const sluice_request asked = request();
  std::vector<sluice_detail> rows(16);
  sluice_decision decision = sluice::make_decision();
  decision.details = rows.data();
  decision.detail_capacity = 16;
  sluice_error error = SLUICE_ERROR_INIT;
  ASSERT_GE(sluice_decide(engine_.handle(), &asked, &decision), 0);
  const size_t before = allocations.load();
  int denied = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_GE(sluice_decide_checked(engine_.handle(), &asked, &decision, &error), 0);
    ASSERT_EQ(decision.detail_count, 3u);
    denied += decision.status == SLUICE_DENIED;
  }
  EXPECT_EQ(allocations.load(), before);
  EXPECT_GT(denied, 0);
}

constexpr char kAnswering[] = R"({
  "name": "answering", "tenant": "account",
  "limits": [ { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 1 } ],
  "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "minute" } ] } ],
  "dialect": { "given": ["trace"], "headers": { "X-Left": "{minute.remaining}" },
    "answers": { "denied": { "status": 429, "headers": { "Retry-After": "{retry_after}" },
      "body": { "who": "{value.account}", "trace": "{given.trace}", "until": "{resets_at as iso}", "in": ["[ {wait as ms}]"] } } } }
})";

TEST(AllocationOfAnswers, an_answer_over_http_takes_none) {
  sluice::engine engine(kAnswering);
  const sluice_bytes account = {"acme", 4};
  sluice_request asked = sluice::make_request(engine.operation_id("send"));
  asked.values = &account;
  asked.value_count = 1;
  sluice_detail rows[16];
  sluice_decision decision = sluice::make_decision();
  decision.details = rows;
  decision.detail_capacity = 16;
  for (int i = 0; i < 2; ++i) sluice_decide(engine.handle(), &asked, &decision);
  ASSERT_EQ(decision.status, SLUICE_DENIED);
  const sluice_given trace = {"trace", 5, "t-1", 3};
  sluice_answer_terms terms = SLUICE_ANSWER_TERMS_INIT;
  terms.dialects = SLUICE_DIALECT_POLICY | SLUICE_DIALECT_X_RATELIMIT | SLUICE_DIALECT_RATELIMIT | SLUICE_DIALECT_PROBLEM;
  terms.request = &asked;
  terms.given = &trace;
  terms.given_count = 1;
  sluice_header headers[80];
  char buffer[2048];
  sluice_http http = SLUICE_HTTP_INIT;
  http.headers = headers;
  http.header_capacity = 80;
  http.buffer = buffer;
  http.buffer_size = sizeof buffer;
  sluice_error error = SLUICE_ERROR_INIT;
  const size_t before = allocations.load();
  ASSERT_EQ(sluice_answer(engine.handle(), &decision, &terms, &http, &error), SLUICE_OK);
  EXPECT_EQ(allocations.load(), before);
  EXPECT_EQ(http.header_count, 8u);
}

constexpr char kRepeating[] = R"({
  "name": "repeating", "tenant": "account",
  "limits": [
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100000 },
    { "name": "pair", "scope": ["account", "peer"], "kind": "window", "period": "60s", "amount": 10 },
    { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1000/s", "depth": 500 },
    { "name": "peer", "scope": ["peer"], "kind": "pace", "amount": "1000/s", "depth": 500 } ],
  "operations": [
    { "name": "send", "values": ["account", "peer"], "repeats": "peer", "charges": [ { "limit": "day", "each": "peer" },
      { "limit": "pair", "each": "peer" }, { "limit": "pace" }, { "limit": "peer", "each": "peer" } ] } ]
})";

// How many allocations a decision about `count` peers takes, once they are known.
size_t taken_for_peers(size_t count) {
  sluice::engine engine(kRepeating);
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back("peer" + std::to_string(i));
  std::vector<sluice_bytes> peers;
  for (const std::string& name : names) peers.push_back({name.data(), name.size()});
  const sluice_bytes values[2] = {{"acme", 4}, {nullptr, 0}};
  sluice_request asked = sluice::make_request(engine.operation_id("send"));
  asked.values = values;
  asked.value_count = 2;
  asked.repeated = peers.data();
  asked.repeated_count = static_cast<uint32_t>(count);
  sluice_decision decision = sluice::make_decision();
  EXPECT_EQ(sluice_decide(engine.handle(), &asked, &decision), SLUICE_OK);
  const size_t before = allocations.load();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sluice_decide(engine.handle(), &asked, &decision), SLUICE_OK);
  EXPECT_EQ(sluice_decide_many(engine.handle(), &asked, sizeof asked, &decision, sizeof decision, 1), SLUICE_OK);
  const size_t taken = allocations.load() - before;
  EXPECT_EQ(engine.usage(sluice::subject("account", {"acme"}))[0].used, 5 * count);
  return taken;
}

TEST(Repeating, a_few_values_take_none_and_many_take_one_a_decision) {
  for (const size_t count : {size_t{1}, size_t{2}, size_t{16}}) EXPECT_EQ(taken_for_peers(count), 0u) << count;
  for (const size_t count : {size_t{17}, size_t{40}}) EXPECT_EQ(taken_for_peers(count), 4u) << count;
}

TEST_F(Allocation, a_batch_takes_none) {
  std::vector<sluice_request> requests(100, request());
  std::vector<sluice_decision> decisions(100, sluice::make_decision());
  ASSERT_GE(sluice_decide(engine_.handle(), requests.data(), nullptr), 0);
  const size_t before = allocations.load();
  engine_.decide_many(requests, decisions);
  EXPECT_EQ(allocations.load(), before);
}

// Calls until no allocation is left to fail; before that every call says NO_MEMORY. (An allocation may also be one that the call
// can do without.) `then` looks at what has happened.
template <class Call, class Then>
void fail_each(const char* name, Call&& call, Then&& then, size_t least_refused = 1) {
  size_t refused = 0;
  for (size_t n = 1;; ++n) {
    const size_t before = allocations.load();
    failing = before + n;
    const sluice_status status = call();
    failing = 0;
    const size_t taken = allocations.load() - before;
    then(status);
    if (status != SLUICE_OK) {
      ASSERT_EQ(status, SLUICE_E_NO_MEMORY) << name << ", allocation " << n;
      ++refused;
    }
    if (taken < n) break;
    ASSERT_LT(n, 10'000u) << name;
  }
  EXPECT_GE(refused, least_refused) << name;
}

template <class Call>
void fail_each(const char* name, Call&& call) {
  fail_each(name, call, [](sluice_status) {});
}

TEST_F(Allocation, every_one_may_fail_and_an_engine_is_created_or_not) {
  sluice_engine_options options = sluice::make_options(kPolicy);
  options.shards = 1;
  sluice_error error = SLUICE_ERROR_INIT;
  sluice_engine engine = 0;
  fail_each(
      "sluice_engine_create", [&] { return sluice_engine_create(&options, &engine, &error); },
      [&](sluice_status status) {
        EXPECT_EQ(engine != 0, status == SLUICE_OK);
        sluice_engine_destroy(engine);
      });
  EXPECT_EQ(error.status, SLUICE_E_NO_MEMORY);
}

TEST_F(Allocation, every_one_may_fail_and_texts_are_whole_or_not_there) {
  std::vector<char> buffer(100'000);
  const sluice_bytes account = {"acme", 4};
  const sluice_subject subject = {"account", 7, &account, 1};
  const sluice_request asked = request();
  size_t length = 0;
  fail_each("sluice_policy_check", [&] {
    length = buffer.size();
    return sluice_policy_check(kPolicy, SLUICE_STRLEN, nullptr, 0, nullptr, 0, buffer.data(), &length);
  });
  fail_each("sluice_policy_describe", [&] {
    length = buffer.size();
    return sluice_policy_describe(kPolicy, SLUICE_STRLEN, nullptr, 0, nullptr, 0, buffer.data(), &length, nullptr);
  });
  fail_each("sluice_explain", [&] {
    length = buffer.size();
    return sluice_explain(engine_.handle(), &asked, buffer.data(), &length, nullptr);
  });
  fail_each("sluice_usage_json", [&] {
    length = buffer.size();
    return sluice_usage_json(engine_.handle(), &subject, SLUICE_NOW, buffer.data(), &length, nullptr);
  });
}

TEST_F(Allocation, every_one_may_fail_and_a_reload_happens_or_not) {
  std::string changed(kPolicy);
  changed.replace(changed.find("100000"), 6, "200000");
  sluice_request asked = request();
  ASSERT_EQ(sluice_decide(engine_.handle(), &asked, nullptr), SLUICE_OK);
  asked.flags = SLUICE_PEEK;
  sluice_decision decision = sluice::make_decision();
  bool reloaded = false;
  fail_each(
      "sluice_reload",
      [&] { return sluice_reload(engine_.handle(), changed.data(), changed.size(), nullptr, 0, 0, SLUICE_NOW, nullptr); },
      [&](sluice_status status) {
        ASSERT_EQ(sluice_decide(engine_.handle(), &asked, &decision), SLUICE_OK);
        reloaded |= status == SLUICE_OK;
        ASSERT_EQ(decision.limit, reloaded ? 200000u : 100000u);
        ASSERT_EQ(decision.used, 2u);
      });
}

TEST_F(Allocation, every_one_may_fail_and_a_subject_is_set_or_not) {
  const sluice_bytes account = {"acme", 4};
  const sluice_subject subject = {"account", 7, &account, 1};
  bool set = false;
  fail_each(
      "sluice_set_amount", [&] { return sluice_set_amount(engine_.handle(), 0, &subject, "777", 3, SLUICE_NOW, nullptr); },
      [&](sluice_status status) {
        set |= status == SLUICE_OK;
        EXPECT_EQ(engine_.usage(subject)[0].limit, set ? 777u : 100000u);
      });
  fail_each(
      "sluice_set_billing",
      [&] { return sluice_set_billing(engine_.handle(), &subject, 15, 0, "Europe/Paris", 12, SLUICE_NOW, nullptr); },
      [&](sluice_status) { EXPECT_EQ(engine_.usage(subject)[0].used, 0u); });
}

TEST_F(Allocation, every_one_may_fail_and_a_decision_with_a_receipt_is_allowed_or_denied_for_memory) {
  sluice_request asked = request();
  asked.flags = SLUICE_RECEIPT;
  sluice_decision decision = sluice::make_decision();
  uint64_t used = 0;
  fail_each(
      "sluice_decide",
      [&] {
        const sluice_status status = sluice_decide(engine_.handle(), &asked, &decision);
        return decision.denial == SLUICE_DENIAL_MEMORY ? SLUICE_E_NO_MEMORY : status;
      },
      [&](sluice_status status) {
        EXPECT_EQ(decision.receipt != 0, status == SLUICE_OK);
        used += status == SLUICE_OK ? 2 : 0;
        EXPECT_EQ(engine_.usage(sluice::subject("account", {"acme"}))[0].used, used);
      },
      0);  // after an eviction the decision tries again, so that one failure alone refuses nothing
  engine_.refund(decision.receipt);
  EXPECT_EQ(engine_.counters().receipts, used / 2 - 1);
}

constexpr char kQueue[] = R"({
  "name": "queue", "tenant": "account", "line": "line",
  "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000000/s", "mode": "queue" } ],
  "operations": [ { "name": "send", "values": ["account", "line"], "charges": [ { "limit": "pace" } ] } ]
})";

class QueueAllocation : public ::testing::Test {
 protected:
  QueueAllocation() : engine_(make_engine()), request_(sluice::make_request(engine_.operation_id("send"))) {
    request_.values = values_;
    request_.value_count = 2;
    message_.payload = "hello";
    message_.payload_len = 5;
  }

  static sluice::engine make_engine() {
    sluice_engine_options options = sluice::make_options(kQueue);
    options.manual_clock = 1;
    options.manual_now = 1'700'000'000'000'000'000;
    options.shards = 1;
    return sluice::engine(options);
  }

  sluice_status enqueue() {
    const sluice_status status = sluice_enqueue(engine_.handle(), &request_, &message_, &decision_, &held_, nullptr);
    return decision_.denial == SLUICE_DENIAL_MEMORY ? SLUICE_E_NO_MEMORY : status;
  }
  sluice_status lease() {
    size_t count = 1, length = sizeof(buffer_);
    const sluice_status status = sluice_lease(engine_.handle(), nullptr, &leased_, &count, buffer_, &length, nullptr, nullptr);
    return status != SLUICE_OK || count == 1 ? status : SLUICE_E_NO_MEMORY;  // it stays due
  }
  sluice_status ack() { return sluice_ack(engine_.handle(), leased_.message, leased_.fence, SLUICE_NOW, nullptr); }

  const sluice_bytes values_[2] = {{"acme", 4}, {"+1", 2}};
  sluice::engine engine_;
  sluice_request request_;
  sluice_message message_ = SLUICE_MESSAGE_INIT;
  sluice_decision decision_ = SLUICE_DECISION_INIT;
  sluice_held held_ = SLUICE_HELD_INIT;
  sluice_leased leased_{};
  alignas(8) char buffer_[512];
};

TEST_F(QueueAllocation, a_message_to_a_line_that_has_one_takes_none) {
  const auto one_through = [&] {
    ASSERT_EQ(enqueue(), SLUICE_OK);
    ASSERT_EQ(lease(), SLUICE_OK);
    ASSERT_EQ(ack(), SLUICE_OK);
    engine_.set_clock(engine_.clock() + 1000);
  };
  ASSERT_EQ(enqueue(), SLUICE_OK);  // and stays behind
  for (int i = 0; i < 10; ++i) one_through();
  const size_t before = allocations.load();
  for (int i = 0; i < 100; ++i) one_through();
  EXPECT_EQ(allocations.load(), before);
}

TEST_F(QueueAllocation, every_one_may_fail_and_a_message_is_held_or_not) {
  uint64_t held = 0;
  fail_each(
      "sluice_enqueue", [&] { return enqueue(); },
      [&](sluice_status status) {
        EXPECT_EQ(held_.message != 0, status == SLUICE_OK);
        held += status == SLUICE_OK;
        EXPECT_EQ(engine_.counters().messages, held);
      },
      0);
  EXPECT_GT(held, 0u);
}

TEST_F(QueueAllocation, every_one_may_fail_and_a_message_is_leased_or_not) {
  for (int i = 0; i < 100; ++i) ASSERT_EQ(enqueue(), SLUICE_OK);
  uint64_t leased = 0;
  fail_each(
      "sluice_lease",
      [&] {
        engine_.set_clock(engine_.clock() + 1000);
        return lease();
      },
      [&](sluice_status status) {
        leased += status == SLUICE_OK;
        EXPECT_EQ(engine_.counters().leased, leased);
      },
      0);
  EXPECT_GT(leased, 0u);
}

TEST_F(Allocation, a_request_that_is_wrong_takes_none) {
  sluice_request asked = request();
  asked.values = nullptr;
  const size_t before = allocations.load();
  EXPECT_EQ(sluice_decide(engine_.handle(), &asked, nullptr), SLUICE_E_INVALID);
  EXPECT_EQ(allocations.load(), before);
}

constexpr char kPooled[] = R"({
  "name": "pooled", "tenant": "account", "line": "line",
  "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000000/s", "mode": "queue" } ],
  "pools": [ { "name": "shared" } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "pool": "shared", "charges": [ { "limit": "pace" } ] } ]
})";

class PoolAllocation : public ::testing::Test {
 protected:
  static sluice::engine make_engine() {
    sluice_engine_options options = sluice::make_options(kPooled);
    options.manual_clock = 1;
    options.manual_now = 1'700'000'000'000'000'000;
    options.shards = 1;
    return sluice::engine(options);
  }

  sluice::engine engine_ = make_engine();
};

TEST_F(PoolAllocation, every_one_may_fail_and_a_line_stands_as_it_did_or_as_was_said) {
  const sluice_line_change change = sluice::line_change("shared", "+15550001").reason("a reason that takes memory of its own");
  bool set = false;
  fail_each(
      "sluice_set_line", [&] { return sluice_set_line(engine_.handle(), &change, SLUICE_NOW, nullptr, nullptr); },
      [&](sluice_status status) {
        set |= status == SLUICE_OK;
        EXPECT_TRUE(!set || engine_.lines("shared").find("a reason") != std::string::npos);
      });
  // However far each attempt came, in the end all messages have moved and none is lost.
  for (int i = 0; i < 20; ++i) {
    const std::string recipient = "a recipient of some length " + std::to_string(i);
    ASSERT_TRUE(engine_.enqueue(sluice::request(engine_.operation_id("send"), {"acme", {}, recipient})));
  }
  engine_.set_line(sluice::line_change("shared", "+15550002"));
  const sluice_line_change gone = sluice::line_change("shared", "+15550001").state(SLUICE_LINE_SUSPENDED);
  fail_each("sluice_set_line", [&] { return sluice_set_line(engine_.handle(), &gone, SLUICE_NOW, nullptr, nullptr); });
  EXPECT_EQ(engine_.lease(100, 0, engine_.clock() + 1'000'000).size(), 1u);
  EXPECT_EQ(engine_.counters().messages, 20u);
  EXPECT_NE(engine_.lines("shared").find(
                R"("line":"+15550001","state":"suspended","reason":null,"paused_until":null,"weight":1,"depth":0)"),
            std::string::npos);
  std::vector<char> buffer(1000);
  fail_each("sluice_list_lines", [&] {
    size_t length = buffer.size();
    return sluice_list_lines(engine_.handle(), "shared", 6, nullptr, 0, SLUICE_NOW, buffer.data(), &length, nullptr);
  });
}

TEST_F(PoolAllocation, every_one_may_fail_and_a_campaign_is_made_and_told_or_not) {
  const std::string tenant(100, 'a');
  const sluice_campaign_options options = sluice::make_campaign_options(tenant, "a name that takes memory of its own");
  uint64_t campaign = 77;
  fail_each(
      "sluice_create_campaign",
      [&] { return sluice_create_campaign(engine_.handle(), &options, SLUICE_NOW, &campaign, nullptr); },
      [&](sluice_status status) { EXPECT_EQ(campaign != 0, status == SLUICE_OK); });
  engine_.set_line(sluice::line_change("shared", "+1"));
  const sluice::campaign made(engine_.handle(), campaign);
  ASSERT_TRUE(engine_.enqueue(sluice::request(engine_.operation_id("send"), {tenant, {}, "ann"}), made.message("hello")));
  ASSERT_EQ(engine_.lease().size(), 1u);
  uint64_t in_flight[4];
  sluice_campaign_report report = SLUICE_CAMPAIGN_REPORT_INIT;
  report.in_flight = in_flight;
  report.in_flight_capacity = 4;
  fail_each("sluice_campaign_status", [&] { return sluice_campaign_status(engine_.handle(), campaign, &report, nullptr); });
  EXPECT_EQ(report.in_flight_count, 1u);
  fail_each(
      "sluice_set_campaign_rate",
      [&] { return sluice_set_campaign_rate(engine_.handle(), campaign, "200/min", 7, SLUICE_NOW, &report, nullptr); },
      [&](sluice_status status) { EXPECT_EQ(made.status().rate_amount, status == SLUICE_OK ? 200u : 0u); });
  fail_each(
      "sluice_change_campaign",
      [&] { return sluice_change_campaign(engine_.handle(), campaign, SLUICE_CHANGE_ABORT, SLUICE_NOW, &report, nullptr); },
      [&](sluice_status status) {
        EXPECT_EQ(made.status().state, status == SLUICE_OK ? SLUICE_CAMPAIGN_ABORTED : SLUICE_CAMPAIGN_RUNNING);
      });
}

}  // namespace

#endif
