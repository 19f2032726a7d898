// SPDX-License-Identifier: Apache-2.0
// The C++ wrapper: what it adds to the C calls, which capi_test.c goes through.
#include "sluice/sluice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <deque>

namespace {

using ::testing::HasSubstr;

constexpr int64_t kStart = 1'700'000'040'000'000'000;

constexpr std::string_view kPolicy = R"({
  "name": "wrapper", "tenant": "account",
  "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
  "limits": [
    { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "reports_as": "mails.sent",
      "amounts": [ { "plan": "free", "amount": 2, "thresholds": [100] }, { "plan": "pro", "unlimited": true } ] },
    { "name": "pair", "scope": ["account", "peer"], "kind": "window", "period": "60s", "amount": 1 },
    { "name": "bytes", "scope": ["account"], "kind": "window", "period": "day", "amount": 100 },
    { "name": "upstream", "scope": ["account"], "kind": "upstream", "longest": "1h" }
  ],
  "operations": [
    { "name": "send", "values": ["account"], "charges": [ { "limit": "minute" } ] },
    { "name": "group", "values": ["account", "peer"], "repeats": "peer", "charges": [ { "limit": "pair", "each": "peer" } ] },
    { "name": "upload", "values": ["account"], "quantities": ["bytes"], "charges": [ { "limit": "bytes", "cost": "bytes" } ] },
    { "name": "call", "values": ["account"], "charges": [ { "limit": "upstream" } ] }
  ]
})";

sluice::engine make_engine() {
  sluice_engine_options options = sluice::make_options(kPolicy);
  options.manual_clock = 1;
  options.manual_now = kStart;
  return sluice::engine(options);
}

// The status a call throws; 0 when it throws nothing.
template <class Call>
sluice_status thrown(Call&& call) {
  try {
    call();
  } catch (const sluice::error& error) {
    EXPECT_STRNE(error.what(), "");
    return error.status();
  }
  return 0;
}

class Wrapper : public ::testing::Test {
 protected:
  sluice::request send(std::string_view account) const { return {engine_.operation_id("send"), {account}}; }
  static sluice::subject account(std::string_view name) { return {"account", {name}}; }

  sluice::engine engine_ = make_engine();
};

TEST_F(Wrapper, decides_and_says_why) {
  EXPECT_TRUE(sluice::allowed(engine_.decide(send("acme"))));
  EXPECT_TRUE(sluice::allowed(engine_.peek(send("acme"))));
  EXPECT_TRUE(sluice::allowed(engine_.decide(send("acme"))));
  const sluice_decision decision = engine_.decide(send("acme"));
  EXPECT_EQ(decision.status, SLUICE_DENIED);
  EXPECT_EQ(decision.retry_after, 60'000'000'000);
  EXPECT_EQ(engine_.limit_name(decision.limit_id), "minute");
  EXPECT_THAT(engine_.explain(send("acme")), HasSubstr("minute"));
  EXPECT_EQ(engine_.record_inbound(send("acme")).status, SLUICE_OK);
}

TEST_F(Wrapper, a_request_outlives_what_built_it) {
  const std::deque<std::string> peers{"a", "b"};
  sluice::request request(engine_.operation_id("group"), {"acme", {}});
  request.repeat(peers).at(kStart + 1);
  const sluice::request copy = request;
  const sluice_request c = copy;
  EXPECT_EQ(c.value_count, 2u);
  EXPECT_EQ(c.values[1].ptr, nullptr);
  EXPECT_EQ(c.repeated_count, 2u);
  EXPECT_EQ(engine_.decide(copy).status, SLUICE_OK);
  EXPECT_EQ(engine_.decide(request).status, SLUICE_DENIED);
  EXPECT_EQ(engine_.decide(request).now, kStart + 1);
}

TEST_F(Wrapper, batches_come_as_any_contiguous_array) {
  const sluice::request one = send("acme");
  const std::array<sluice_request, 3> requests{one, one, one};
  const std::vector<sluice_decision> decisions = engine_.decide_many(requests);
  EXPECT_EQ(decisions[1].status, SLUICE_OK);
  EXPECT_EQ(decisions[2].status, SLUICE_DENIED);
  std::vector<sluice_decision> few(2, sluice::make_decision());
  EXPECT_EQ(thrown([&] { engine_.decide_many(requests, few); }), SLUICE_E_INVALID);
}

TEST_F(Wrapper, receipts_are_refunded_and_committed) {
  sluice::request upload(engine_.operation_id("upload"), {"acme"});
  upload.quantities({60}).flags(SLUICE_RECEIPT);
  engine_.refund(engine_.decide(upload).receipt);
  const sluice_receipt receipt = engine_.decide(upload).receipt;
  engine_.commit(receipt, {10});
  EXPECT_EQ(engine_.usage(account("acme"))[1].used, 10u);
  EXPECT_EQ(thrown([&] { engine_.refund(receipt); }), SLUICE_E_NOT_FOUND);
}

TEST_F(Wrapper, subjects_are_set_and_asked) {
  engine_.decide(send("acme"));
  engine_.set_plan(account("acme"), "pro");
  EXPECT_NE(engine_.decide(send("acme")).flags & SLUICE_UNLIMITED, 0u);
  engine_.set_amount(engine_.limit_id("minute"), account("acme"), "7");
  EXPECT_EQ(engine_.usage(account("acme"))[0].limit, 7u);
  engine_.set_usage(engine_.limit_id("minute"), account("acme"), 5);
  EXPECT_THAT(engine_.usage_json(account("acme")), HasSubstr("mails"));
  engine_.set_billing(account("acme"), 15);
  engine_.report_quality(account("acme"), {});
  uint64_t cursor = 0;
  EXPECT_THAT(engine_.list("account", cursor, 100), HasSubstr("acme"));
  engine_.reset(account("acme"));
  EXPECT_EQ(engine_.erase(account("acme")), 1u);
}

TEST_F(Wrapper, throttles_are_reported_and_cleared) {
  const sluice::request call(engine_.operation_id("call"), {"acme"});
  const int32_t upstream = engine_.limit_id("upstream");
  engine_.report_throttled(upstream, account("acme"), 1'000'000'000);
  EXPECT_EQ(engine_.decide(call).denial, SLUICE_DENIAL_UPSTREAM);
  engine_.clear_throttle(upstream, account("acme"));
  EXPECT_EQ(engine_.decide(call).status, SLUICE_OK);
}

TEST_F(Wrapper, events_counters_and_the_sweep) {
  engine_.decide(send("acme"));
  engine_.decide(send("acme"));
  uint64_t lost = 1;
  EXPECT_EQ(engine_.drain_events(10, &lost).size(), 1u);
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(engine_.counters().allowed, 2u);
  engine_.set_clock(kStart + 86'400'000'000'000);
  EXPECT_EQ(engine_.clock(), kStart + 86'400'000'000'000);
  EXPECT_EQ(engine_.sweep(1000), 1u);
}

TEST_F(Wrapper, failures_are_thrown_with_words) {
  EXPECT_EQ(thrown([&] { engine_.operation_id("sned"); }), SLUICE_E_NOT_FOUND);
  EXPECT_EQ(thrown([&] { engine_.set_plan(account("acme"), "gold"); }), SLUICE_E_NOT_FOUND);
  EXPECT_EQ(thrown([&] { engine_.set_plan(account("acme"), {}); }), SLUICE_E_INVALID);
  EXPECT_EQ(thrown([] { sluice::engine engine("{}"); }), SLUICE_E_POLICY);
  EXPECT_EQ(thrown([] { sluice::engine().clock(); }), SLUICE_E_HANDLE);
  EXPECT_EQ(thrown([] { sluice::subject("account", std::vector<std::string>(5, "a")); }), SLUICE_E_INVALID);
  EXPECT_EQ(thrown([] { sluice::request(0, std::vector<std::string>(17, "a")); }), SLUICE_E_INVALID);
  try {
    engine_.decide(sluice::request(engine_.operation_id("group"), {"acme", "a"}).flags(1u << 31));
    FAIL();
  } catch (const sluice::error& error) {
    EXPECT_EQ(error.status(), SLUICE_E_UNSUPPORTED);
    EXPECT_STREQ(error.name(), "SLUICE_E_UNSUPPORTED");
    EXPECT_THAT(error.what(), HasSubstr("flags"));
  }
}

TEST_F(Wrapper, an_engine_moves_and_is_given_away) {
  sluice::engine other = std::move(engine_);
  EXPECT_FALSE(engine_);
  EXPECT_TRUE(other);
  const sluice_engine handle = other.handle();
  engine_ = std::move(other);
  EXPECT_EQ(engine_.handle(), handle);
  EXPECT_EQ(engine_.release(), handle);
  EXPECT_EQ(sluice_engine_destroy(handle), SLUICE_OK);
}

TEST_F(Wrapper, a_reload_keeps_or_says_what_it_would_drop) {
  engine_.decide(send("acme"));
  engine_.reload(kPolicy);
  EXPECT_EQ(engine_.usage(account("acme"))[0].used, 1u);
  std::string changed(kPolicy);
  changed.replace(changed.find("\"day\""), 5, "\"week\"");
  EXPECT_EQ(thrown([&] { engine_.reload(changed); }), SLUICE_E_WOULD_RESET);
  engine_.reload(changed, {}, true);
}

constexpr char kQueue[] = R"({
  "name": "queue", "tenant": "account", "line": "line",
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" },
    { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 2 } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "quantities": ["parts"],
      "charges": [ { "limit": "pace" }, { "limit": "queued", "while": "queued" } ] } ]
})";

class Queue : public ::testing::Test {
 protected:
  static sluice::engine make_engine() {
    sluice_engine_options options = sluice::make_options(kQueue);
    options.manual_clock = 1;
    options.manual_now = kStart;
    return sluice::engine(options);
  }
  sluice::request send(std::string_view line) const {
    sluice::request request(engine_.operation_id("send"), {"acme", line, "ann"});
    request.quantities({3});
    return request;
  }

  sluice::engine engine_ = make_engine();
};

TEST_F(Queue, a_message_is_held_leased_and_acked) {
  const sluice::enqueued held = engine_.enqueue(send("+1"), "hello");
  ASSERT_TRUE(held);
  EXPECT_EQ(held.held.depth, 1u);
  EXPECT_EQ(held.held.state, SLUICE_MESSAGE_WAITING);
  EXPECT_EQ(engine_.status(held.held.message).state, SLUICE_MESSAGE_WAITING);
  EXPECT_EQ(engine_.next_due(), kStart);
  const sluice::leases leased = engine_.lease();
  ASSERT_EQ(leased.size(), 1u);
  for (const sluice::lease lease : leased) {
    EXPECT_EQ(lease->message, held.held.message);
    EXPECT_EQ(lease.payload(), "hello");
    EXPECT_EQ(lease.value(2), "ann");
    EXPECT_EQ(lease->quantities[0], 3u);
    EXPECT_FALSE(lease.redelivered());
    EXPECT_EQ(lease->until, leased.next_due());
    lease.ack();
  }
  EXPECT_EQ(thrown([&] { leased[0].ack(); }), SLUICE_E_NOT_FOUND);
  EXPECT_EQ(engine_.next_due(), INT64_MAX);
  EXPECT_EQ(engine_.counters().ended[SLUICE_MESSAGE_SENT], 1u);
}

TEST_F(Queue, a_refusal_is_an_answer) {
  EXPECT_TRUE(engine_.enqueue(send("+1")));
  EXPECT_TRUE(engine_.enqueue(send("+1")));
  const sluice::enqueued refused = engine_.enqueue(send("+1"));
  EXPECT_FALSE(refused);
  EXPECT_EQ(refused.decision.denial, SLUICE_DENIAL_DEPTH);
}

TEST_F(Queue, room_grows_for_a_message_and_is_used_again) {
  const std::string big(5000, 'b');
  engine_.enqueue(send("+1"), big);
  engine_.enqueue(send("+1"), "small");
  sluice::leases leased(10, 0);
  engine_.lease(leased);
  ASSERT_EQ(leased.size(), 1u);
  EXPECT_EQ(leased[0].payload(), big);
  leased[0].ack();
  engine_.set_clock(kStart + 1'000'000'000);
  engine_.lease(leased, sluice::make_lease_options(1, 5));
  ASSERT_EQ(leased.size(), 1u);
  EXPECT_EQ(leased[0].payload(), "small");
  EXPECT_EQ(leased[0]->until, kStart + 1'000'000'005);
  const sluice::leases moved = std::move(leased);
  EXPECT_EQ(moved[0].payload(), "small");
}

TEST_F(Queue, lines_are_leased_apart_and_what_waits_says_why) {
  for (const char* line : {"+1", "+2", "+3"}) engine_.enqueue(send(line), line);
  sluice::leases leased(10);
  const std::vector<std::string> mine = {"+3", "+1"};
  engine_.lease(leased, sluice::lease_options().lines(mine));
  ASSERT_EQ(leased.size(), 2u);
  EXPECT_EQ(leased[1].payload(), "+3");
  engine_.lease(leased, sluice::lease_options(10).lines({}));
  EXPECT_TRUE(leased.empty());
  EXPECT_EQ(thrown([&] { engine_.lease(leased, sluice::lease_options().pool("p", {"acme"})); }), SLUICE_E_NOT_FOUND);
  const uint64_t next = engine_.enqueue(send("+3")).held.message;
  EXPECT_THAT(engine_.explain_message(next), HasSubstr("\"rule\":\"line_limit\""));
  EXPECT_EQ(thrown([&] { engine_.explain_message(12345); }), SLUICE_E_NOT_FOUND);
}

TEST_F(Queue, outcomes_are_told_one_by_one_or_together) {
  for (const char* line : {"+1", "+2", "+3"}) engine_.enqueue(send(line));
  const sluice::leases leased = engine_.lease();
  ASSERT_EQ(leased.size(), 3u);
  leased[0].nack(SLUICE_OUTCOME_NOT_ATTEMPTED);
  EXPECT_EQ(engine_.status(leased[0]->message).state, SLUICE_MESSAGE_WAITING);
  EXPECT_EQ(thrown([&] { leased[0].extend(5); }), SLUICE_E_STALE);
  leased[1].extend(5);
  EXPECT_EQ(engine_.status(leased[1]->message).due, kStart + 5);
  std::vector<sluice_settlement> rows;
  for (const sluice::lease lease : leased) rows.push_back(lease.settlement(SLUICE_OUTCOME_FAILED));
  engine_.settle(rows);
  EXPECT_EQ(rows[0].status, SLUICE_E_STALE);
  EXPECT_EQ(rows[1].state, SLUICE_MESSAGE_FAILED);
  EXPECT_EQ(rows[2].status, SLUICE_OK);
  engine_.cancel(leased[0]->message);
  EXPECT_EQ(thrown([&] { engine_.status(leased[0]->message); }), SLUICE_E_NOT_FOUND);
}

TEST_F(Queue, batches_say_how_each_went) {
  const sluice::request one = send("+1");
  const std::vector<sluice_request> asked(3, sluice_request(one));
  std::vector<sluice_message> messages(3, sluice::make_message("all"));
  EXPECT_EQ(thrown([&] { engine_.enqueue_many(asked, std::vector<sluice_message>()); }), SLUICE_E_INVALID);
  messages[0].message_class = 9;
  const std::vector<sluice::enqueued> answers = engine_.enqueue_many(asked, messages);
  EXPECT_EQ(answers[0].decision.status, SLUICE_E_INVALID);
  EXPECT_TRUE(answers[1]);
  EXPECT_EQ(answers[2].held.depth, 2u);
  EXPECT_TRUE(engine_.enqueue_many(std::vector<sluice_request>(), std::vector<sluice_message>()).empty());
}

TEST(WrapperNames, are_total) {
  EXPECT_STREQ(sluice::message_state_name(SLUICE_MESSAGE_DEAD), "dead");
  EXPECT_STREQ(sluice::message_state_name(SLUICE_MESSAGE_PARKED), "parked");
  EXPECT_STREQ(sluice::message_state_name(12), "unknown");
  EXPECT_STREQ(sluice::message_class_name(SLUICE_CLASS_BULK), "bulk");
  EXPECT_STREQ(sluice::message_class_name(-1), "unknown");
  EXPECT_STREQ(sluice::outcome_name(SLUICE_OUTCOME_LINE_BAD), "line_bad");
  EXPECT_STREQ(sluice::outcome_name(6), "unknown");
}

TEST(WrapperPolicy, checks_and_describes) {
  EXPECT_THAT(sluice::policy_check(kPolicy), HasSubstr("\"ok\":true"));
  EXPECT_THAT(sluice::policy_check("{"), HasSubstr("\"ok\":false"));
  EXPECT_THAT(sluice::policy_describe(kPolicy), HasSubstr("\"by\":\"account\""));
  EXPECT_EQ(thrown([] { sluice::policy_describe("{"); }), SLUICE_E_POLICY);
}

TEST(WrapperInit, gives_what_the_macros_give) {
  const sluice_decision decision = SLUICE_DECISION_INIT, made = sluice::make_decision();
  EXPECT_EQ(std::memcmp(&decision, &made, sizeof(made)), 0);
  const sluice_request request = SLUICE_REQUEST_INIT, asked = sluice::make_request(SLUICE_NONE);
  EXPECT_EQ(std::memcmp(&request, &asked, sizeof(asked)), 0);
  const sluice_message message = SLUICE_MESSAGE_INIT, sent = sluice::make_message();
  EXPECT_EQ(std::memcmp(&message, &sent, sizeof(sent)), 0);
  const sluice_held held = SLUICE_HELD_INIT, answer = sluice::make_held();
  EXPECT_EQ(std::memcmp(&held, &answer, sizeof(answer)), 0);
  const sluice_lease_options options = SLUICE_LEASE_OPTIONS_INIT, wanted = sluice::make_lease_options();
  EXPECT_EQ(std::memcmp(&options, &wanted, sizeof(wanted)), 0);
}

}  // namespace
