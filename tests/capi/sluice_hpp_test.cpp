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

constexpr char kPooled[] = R"({
  "name": "pooled", "tenant": "account", "line": "line",
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "10/s", "mode": "queue" },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1000 } ],
  "pools": [ { "name": "shared" }, { "name": "own", "by": ["account"] } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "pool": "shared", "charges": [ { "limit": "pace" } ] },
    { "name": "call", "values": ["account", "line", "recipient"], "pool": "shared", "charges": [ { "limit": "day" } ] } ]
})";
constexpr int64_t kSecond = 1'000'000'000;

class Pooled : public ::testing::Test {
 protected:
  static sluice::engine make_engine() {
    sluice_engine_options options = sluice::make_options(kPooled);
    options.manual_clock = 1;
    options.manual_now = kStart;
    return sluice::engine(options);
  }
  sluice::request send(std::string_view recipient) const { return {engine_.operation_id("send"), {"acme", {}, recipient}}; }

  sluice::engine engine_ = make_engine();
  const std::string long_line_ = "+" + std::string(1023, '1');
};

TEST_F(Pooled, every_answer_tells_its_line_however_long_it_is) {
  EXPECT_EQ(engine_.lines("shared"), "[]");
  engine_.set_line(sluice::line_change("shared", long_line_));
  EXPECT_EQ(engine_.peek_enqueue(send("ann")).line, long_line_);
  const sluice::enqueued held = engine_.enqueue(send("ann"), "hello");
  EXPECT_EQ(held.line, long_line_);
  EXPECT_EQ(held.held.sticky, SLUICE_STICKY_FRESH);
  EXPECT_EQ(held.held.line, nullptr);  // nothing points into what is gone
  EXPECT_EQ(engine_.status(held.held.message).line, long_line_);
  EXPECT_EQ(engine_.status(held.held.message).state, SLUICE_MESSAGE_WAITING);
  const sluice::request to_ann = send("ann");  // the C structs point into it
  const std::vector<sluice_request> two(2, sluice_request(to_ann));
  const std::vector<sluice::enqueued> many = engine_.enqueue_many(two, std::vector<sluice_message>(2, sluice::make_message()));
  EXPECT_EQ(many[0].line, long_line_);
  EXPECT_EQ(many[1].line, long_line_);
  std::string line = "before";
  sluice_decision decision = sluice::make_decision();
  engine_.decide(sluice::request(engine_.operation_id("call"), {"acme", {}, "ann"}), decision, line);
  EXPECT_EQ(line, long_line_);
  EXPECT_EQ(thrown([&] { engine_.decide(sluice::request(99, {"acme"}), decision, line); }), SLUICE_E_NOT_FOUND);
}

TEST(Hours, a_message_may_bring_its_zone) {
  std::string policy = kQueue;
  policy.insert(policy.find("\"limits\""), R"("queue": { "hours": { "open": ["09:00-20:00"], "zone": "UTC" } }, )");
  sluice_engine_options options = sluice::make_options(policy);
  options.manual_clock = 1;
  options.manual_now = kStart;  // 22:14 UTC
  sluice::engine engine(options);
  sluice::request send(engine.operation_id("send"), {"acme", "+1", "ann"});
  send.quantities({1});
  EXPECT_EQ(engine.enqueue(send, sluice::make_message("utc")).held.state, SLUICE_MESSAGE_PARKED);
  EXPECT_EQ(engine.enqueue(send, sluice::make_message("tokyo", "Australia/Sydney")).held.state, SLUICE_MESSAGE_WAITING);
  EXPECT_EQ(thrown([&] { engine.enqueue(send, sluice::make_message("nowhere", "Mars/Phobos")); }), SLUICE_E_INVALID);
  EXPECT_EQ(sluice::make_message("here").zone, nullptr);
}

TEST_F(Pooled, a_line_is_changed_as_a_whole) {
  engine_.set_line(sluice::line_change("shared", "+1").weight(3).pause(kStart + kSecond).reason("resting"));
  EXPECT_THAT(engine_.lines("shared"), HasSubstr(R"("state":"paused","reason":"resting","paused_until":1700000041000000000)"));
  engine_.set_line(sluice::line_change("shared", "+1"));
  EXPECT_THAT(engine_.lines("shared"), HasSubstr(R"("state":"active","reason":null,"paused_until":null,"weight":1)"));
  engine_.enqueue(send("ann"));
  const sluice_line_report report =
      engine_.set_line(sluice::line_change("shared", "+1").state(SLUICE_LINE_SUSPENDED).on_suspend(SLUICE_SUSPEND_FAIL));
  EXPECT_EQ(report.failed, 1u);
  engine_.set_line(sluice::line_change("own", "+7").by({"acme"}));
  EXPECT_THAT(engine_.lines("own", {"acme"}), HasSubstr("+7"));
  EXPECT_EQ(engine_.lines("own", {"other"}), "[]");
  EXPECT_EQ(thrown([&] { engine_.lines("none"); }), SLUICE_E_NOT_FOUND);
}

TEST_F(Pooled, a_campaign_is_a_name_for_many_messages) {
  engine_.set_line(sluice::line_change("shared", "+1"));
  sluice_campaign_options options = sluice::make_campaign_options("acme", "spring");
  options.share = 10'000;
  const sluice::campaign campaign = engine_.create_campaign(options);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(engine_.enqueue(send("r" + std::to_string(i)), campaign.message("text")));
  sluice::leases leased(100, 100'000);
  for (int i = 0; i < 70; ++i) {  // more than the report has room for at first
    engine_.set_clock(kStart + i * kSecond / 10);
    engine_.lease(leased);
    ASSERT_EQ(leased.size(), 1u);
    EXPECT_EQ(leased[0]->campaign, campaign.number());
  }
  EXPECT_EQ(campaign.set_rate("200/min").rate_amount, 200u);
  EXPECT_EQ(campaign.status().rate_period, 60 * kSecond);
  EXPECT_EQ(campaign.set_rate({}).in_flight.size(), 70u);
  EXPECT_EQ(campaign.status().rate_amount, 0u);
  EXPECT_EQ(thrown([&] { campaign.set_rate("fast"); }), SLUICE_E_INVALID);
  EXPECT_EQ(campaign.pause().state, SLUICE_CAMPAIGN_PAUSED);
  EXPECT_EQ(campaign.resume().state, SLUICE_CAMPAIGN_RUNNING);
  EXPECT_EQ(campaign.seal().sealed, 1u);
  const sluice::campaign_report aborted = campaign.abort();
  EXPECT_EQ(aborted.removed, 30u);
  ASSERT_EQ(aborted.in_flight.size(), 70u);
  EXPECT_EQ(aborted.in_flight.back(), leased[0]->message);
  EXPECT_EQ(campaign.status().state, SLUICE_CAMPAIGN_ABORTED);
  EXPECT_EQ(campaign.status().in_flight.size(), 70u);
  EXPECT_EQ(thrown([&] { campaign.resume(); }), SLUICE_E_CONFLICT);
  EXPECT_EQ(thrown([&] { engine_.enqueue(send("late"), campaign.message()); }), SLUICE_E_CONFLICT);
  EXPECT_EQ(thrown([&] { engine_.create_campaign(sluice::make_campaign_options("")); }), SLUICE_E_INVALID);
}

TEST_F(Pooled, a_running_engine_is_asked_about_a_campaign) {
  engine_.set_line(sluice::line_change("shared", "+1"));
  sluice_campaign_question question = sluice::make_campaign_question({}, 20, 0);
  question.operation = "send";
  question.operation_len = 4;
  sluice_campaign_plan plan = SLUICE_CAMPAIGN_PLAN_INIT;
  const std::vector<sluice_bytes> values = {sluice::bytes("acme"), {}, {}};
  EXPECT_THAT(engine_.plan_campaign(sluice::make_live_campaign(values), question, &plan),
              HasSubstr(R"("line":"+1","messages":20)"));
  EXPECT_EQ(plan.sent, 20u);
  question.recipients = 0;
  EXPECT_EQ(thrown([&] { engine_.plan_campaign(sluice::make_live_campaign(values), question); }), SLUICE_E_INVALID);
}

TEST(WrapperNames, are_total) {
  EXPECT_STREQ(sluice::message_state_name(SLUICE_MESSAGE_DEAD), "dead");
  EXPECT_STREQ(sluice::message_state_name(SLUICE_MESSAGE_PARKED), "parked");
  EXPECT_STREQ(sluice::message_state_name(12), "unknown");
  EXPECT_STREQ(sluice::message_class_name(SLUICE_CLASS_BULK), "bulk");
  EXPECT_STREQ(sluice::message_class_name(-1), "unknown");
  EXPECT_STREQ(sluice::outcome_name(SLUICE_OUTCOME_LINE_BAD), "line_bad");
  EXPECT_STREQ(sluice::outcome_name(6), "unknown");
  EXPECT_STREQ(sluice::line_state_name(SLUICE_LINE_REMOVED), "removed");
  EXPECT_STREQ(sluice::line_state_name(6), "unknown");
  EXPECT_STREQ(sluice::on_suspend_name(SLUICE_SUSPEND_FAIL), "fail");
  EXPECT_STREQ(sluice::on_suspend_name(SLUICE_NONE), "unknown");
  EXPECT_STREQ(sluice::sticky_name(SLUICE_STICKY_SPILLED), "spilled");
  EXPECT_STREQ(sluice::sticky_name(5), "unknown");
  EXPECT_STREQ(sluice::campaign_state_name(SLUICE_CAMPAIGN_FINISHED), "finished");
  EXPECT_STREQ(sluice::campaign_state_name(-1), "unknown");
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
  const sluice_line_change line = sluice::line_change({}, {}), changed = SLUICE_LINE_CHANGE_INIT;
  EXPECT_EQ(std::memcmp(&line, &changed, sizeof(line)), 0);
  const sluice_campaign_options campaign = sluice::make_campaign_options({}), asked_for = SLUICE_CAMPAIGN_OPTIONS_INIT;
  EXPECT_EQ(std::memcmp(&campaign, &asked_for, sizeof(campaign)), 0);
  const sluice_campaign_report report = SLUICE_CAMPAIGN_REPORT_INIT, stands = sluice::campaign_report();
  EXPECT_EQ(std::memcmp(&report, &stands, sizeof(report)), 0);
  const sluice_message_state state = SLUICE_MESSAGE_STATE_INIT, found = sluice::message_state();
  EXPECT_EQ(std::memcmp(&state, &found, sizeof(state)), 0);
}

TEST(Planner, answers_are_texts_and_numbers) {
  const char* policy = R"({ "name": "plan", "tenant": "account", "line": "line",
    "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" } ],
    "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" } ] } ] })";
  sluice_line_question question = sluice::make_line_question(policy, "4/s", 3'000'000'000);
  question.messages = 2'000;
  sluice_line_plan plan = SLUICE_LINE_PLAN_INIT;
  const std::string json = sluice::plan_lines(question, &plan);
  EXPECT_EQ(plan.lines, 5u);
  EXPECT_EQ(json.substr(0, 11), "{\"lines\":5,");
  sluice_campaign_plan campaign = SLUICE_CAMPAIGN_PLAN_INIT;
  sluice_campaign_question asked = sluice::make_campaign_question(policy, 10, 1'000);
  asked.share = 10'000;
  EXPECT_NE(sluice::plan_campaign(asked, &campaign).find("10 messages finish in 9 s"), std::string::npos);
  EXPECT_EQ(campaign.finishes_at, 9'000'001'000);
  asked.lines = 5'000;
  EXPECT_THROW(sluice::plan_campaign(asked), sluice::error);
}

}  // namespace
