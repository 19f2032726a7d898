// SPDX-License-Identifier: Apache-2.0
// What a policy says of its queues: `queue`, the classes of operations, and where a line's record keeps its queue.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/limits/limit.h"
#include "core/policy/describe.h"
#include "tests/core/policy/policy_text.h"

namespace sluice {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kPace = R"({ "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" })";
constexpr const char* kSendPaced =
    R"({ "name": "send", "values": ["account", "line", "recipient"], "charges": [{ "limit": "pace" }] })";

// A policy whose messages can be queued, with these fields in `queue`.
PolicyText queued_text(const std::string& fields) {
  PolicyText text;
  text.limits = kPace;
  text.operations = kSendPaced;
  text.rest = "\"queue\": {" + fields + "}";
  return text;
}

std::string queued(const std::string& fields) { return queued_text(fields).text(); }

std::shared_ptr<const CompiledPolicy> compiled(const std::string& text, const std::string& stance = "enforce") {
  const auto result = load(text, stance);
  EXPECT_TRUE(result.policy) << all_said(result);
  return result.policy;
}

QueueRules rules(const std::string& fields) { return compiled(queued(fields))->queue; }

const ClassRules& class_of(const QueueRules& rules, MessageClass which) { return rules.classes[static_cast<size_t>(which)]; }

void expect_error(const std::string& fields, const std::string& said) {
  EXPECT_THAT(errors(queued(fields)), ElementsAre(HasSubstr("queue" + said))) << fields;
}

// The first operation of a policy with one pace in queue mode and one window.
Operation operation(const std::string& fields, const std::string& limits = std::string(kPace) + ", " + kLimit) {
  PolicyText text;
  text.limits = limits;
  text.operations = "{ \"name\": \"send\", " + fields + " }, " +
                    R"({ "name": "all", "values": ["account", "line", "recipient"], "charges": [{ "limit": "day" }] })";
  const auto policy = compiled(text.text());
  return policy ? policy->operations[0] : Operation();
}

TEST(QueueRules, WithoutAnyTheDefaultsHold) {
  const auto policy = compiled(PolicyText().text());
  EXPECT_EQ(policy->queue.lease, 30 * kSecond);
  EXPECT_EQ(policy->queue.wait, 0);
  EXPECT_EQ(policy->queue.in_flight, 0U);
  EXPECT_EQ(policy->queue.payload, 65536U);
  EXPECT_EQ(policy->queue.floor, 20U);
  EXPECT_EQ(policy->queue.retry.first, kSecond);
  EXPECT_EQ(policy->queue.retry.longest, kMinute);
  EXPECT_EQ(policy->queue.retry.jitter, 0U);
  EXPECT_EQ(policy->queue.retry.attempts, 0U);
  EXPECT_THAT(policy->queue.weights, IsEmpty());
  EXPECT_EQ(class_of(policy->queue, MessageClass::urgent).delivery, Delivery::at_least_once);
}

TEST(QueueRules, EveryFieldIsCompiled) {
  const QueueRules all = rules(R"("lease": "45s", "wait": "4h", "in_flight": 100, "payload": 1000, "floor": 10,
      "retry": { "first": "2s", "longest": "5min", "jitter": "12.5%", "attempts": 5 },
      "classes": [{ "class": "urgent", "delivery": "at most once", "ttl": "5min", "reserve": 7 },
                  { "class": "reply", "reserve": 1 }, { "class": "bulk", "ttl": "2 days" }],
      "weights": [{ "plan": "pro", "weight": 3 }])");
  EXPECT_EQ(all.lease, 45 * kSecond);
  EXPECT_EQ(all.wait, 4 * kHour);
  EXPECT_EQ(all.in_flight, 100U);
  EXPECT_EQ(all.payload, 1000U);
  EXPECT_EQ(all.floor, 10U);
  EXPECT_EQ(all.retry.first, 2 * kSecond);
  EXPECT_EQ(all.retry.longest, 5 * kMinute);
  EXPECT_EQ(all.retry.jitter, 1250U);
  EXPECT_EQ(all.retry.attempts, 5U);
  EXPECT_EQ(class_of(all, MessageClass::urgent).delivery, Delivery::at_most_once);
  EXPECT_EQ(class_of(all, MessageClass::urgent).ttl, 5 * kMinute);
  EXPECT_EQ(class_of(all, MessageClass::reply).ttl, 0);
  EXPECT_EQ(all.spared_by(MessageClass::urgent), 0U);
  EXPECT_EQ(all.spared_by(MessageClass::reply), 7U);
  EXPECT_EQ(all.spared_by(MessageClass::bulk), 8U);
  EXPECT_EQ(class_of(all, MessageClass::bulk).delivery, Delivery::at_least_once);
  EXPECT_EQ(class_of(all, MessageClass::bulk).ttl, 2 * kDay);
  EXPECT_THAT(all.weights, ElementsAre(1U, 3U));
}

TEST(QueueRules, NumbersMayBeAtTheirBounds) {
  const QueueRules least = rules(R"("lease": "1ns", "in_flight": 1, "payload": 0, "floor": 0,
      "retry": { "first": "60s", "longest": "60s", "jitter": "0.01%", "attempts": 1 }, "classes": [], "weights": [])");
  EXPECT_EQ(least.payload, 0U);
  EXPECT_EQ(least.floor, 0U);
  EXPECT_EQ(least.retry.jitter, 1U);
  const QueueRules most = rules(R"("lease": "24h", "wait": "400 days", "in_flight": 1000000, "payload": 1048576, "floor": 1000,
      "retry": { "longest": "400 days", "jitter": "100%", "attempts": 1000 }, "weights": [{ "plan": "free", "weight": 1000 }])");
  EXPECT_EQ(most.lease, kDay);
  EXPECT_EQ(most.in_flight, 1'000'000U);
  EXPECT_EQ(most.payload, 1U << 20);
  EXPECT_EQ(most.retry.jitter, 10'000U);
  EXPECT_THAT(most.weights, ElementsAre(1000U, 1U));
}

TEST(QueueRules, OneWeightMayBeForSeveralPlans) {
  EXPECT_THAT(rules(R"("weights": [{ "plan": ["pro", "free"], "weight": 7 }])").weights, ElementsAre(7U, 7U));
}

TEST(QueueRules, NumbersOutsideTheirBoundsSayTheBounds) {
  expect_error(R"("in_flight": 0)", ".in_flight: expected a whole number from 1 to 1000000, got 0");
  expect_error(R"("in_flight": 1000001)", ".in_flight: expected a whole number from 1 to 1000000, got 1000001");
  expect_error(R"("in_flight": 99999999999999999999999999999)",
               ".in_flight: expected a whole number from 1 to 1000000, got 9999");
  expect_error(R"("in_flight": -1)", ".in_flight: expected a whole number from 1 to 1000000, got -1");
  expect_error(R"("in_flight": 1e2)", ".in_flight: expected a whole number from 1 to 1000000, got 1e2");
  expect_error(R"("in_flight": 1.5)", ".in_flight: expected a whole number from 1 to 1000000, got 1.5");
  expect_error(R"("payload": 1048577)", ".payload: expected a whole number from 0 to 1048576, got 1048577");
  expect_error(R"("floor": 1001)", ".floor: expected a whole number from 0 to 1000, got 1001");
  expect_error(R"("floor": 1)", ".floor: expected 0 (no floor) or 2 to 1000; 1 would give every release");
  expect_error(R"("retry": { "attempts": 0 })", ".retry.attempts: expected a whole number from 1 to 1000, got 0");
  expect_error(R"("retry": { "attempts": 1001 })", ".retry.attempts: expected a whole number from 1 to 1000, got 1001");
  expect_error(R"("weights": [{ "plan": "pro", "weight": 0 }])", ".weights[0].weight: expected a whole number from 1 to 1000");
  expect_error(R"("weights": [{ "plan": "pro", "weight": 1001 }])", ".weights[0].weight: expected a whole number from 1 to 1000");
}

TEST(QueueRules, DurationsOutsideTheirBoundsSayTheBounds) {
  expect_error(R"("lease": "0s")", R"(.lease: a duration is above 0, got "0s")");
  expect_error(R"("lease": "25h")", R"(.lease: a lease is at most a day, got "25h")");
  expect_error(R"("lease": "30")", R"(.lease: "30" has no unit)");
  expect_error(R"("wait": "0h")", R"(.wait: a duration is above 0, got "0h")");
  expect_error(R"("wait": "401 days")", R"(.wait: a duration is at most 400 days, got "401 days")");
  expect_error(R"("retry": { "first": "0s" })", R"(.retry.first: a duration is above 0, got "0s")");
  expect_error(R"("classes": [{ "class": "bulk", "ttl": "soon" }])", R"(.classes[0].ttl: expected a duration)");
}

TEST(QueueRules, TheFirstRetryIsNotLaterThanTheLongest) {
  expect_error(R"("retry": { "first": "2min", "longest": "90s" })",
               ".retry.first: `first` is at most `longest`; 2min is more than 90s");
  expect_error(R"("retry": { "first": "2min" })", ".retry.first: `first` is at most `longest`; 2min is more than 1min");
  expect_error(R"("retry": { "longest": "10ms" })", ".retry.longest: `first` is at most `longest`; 1s is more than 10ms");
}

TEST(QueueRules, AJitterIsAShareOfAtMostTheWhole) {
  expect_error(R"("retry": { "jitter": "101%" })", R"(.retry.jitter: a jitter is at most "100%", got "101%")");
  expect_error(R"("retry": { "jitter": "0%" })", ".retry.jitter: expected a percentage above 0");
  expect_error(R"("retry": { "jitter": "a bit" })", ".retry.jitter: expected a percentage");
  expect_error(R"("retry": { "jitter": 10 })", ".retry.jitter: expected a text in quotes, got the number 10");
}

TEST(QueueRules, ClassesAreTheFourEachOnce) {
  expect_error(R"("classes": [{ "class": "urgnt" }])", R"(.classes[0].class: unknown class "urgnt"; did you mean "urgent"?)");
  expect_error(R"("classes": [{ "class": "zebra" }])",
               R"(.classes[0].class: unknown class "zebra"; expected urgent, reply, transactional or bulk)");
  expect_error(R"("classes": [{ "class": "bulk" }, { "class": "bulk" }])",
               R"(.classes[1].class: class "bulk" is already described in this list)");
  expect_error(R"("classes": [{ "ttl": "5min" }])", ".classes[0]: field `class` is required");
  expect_error(R"("classes": [{ "class": "bulk", "delivery": "at most onc" }])",
               R"(.classes[0].delivery: unknown delivery "at most onc"; did you mean "at most once"?)");
  expect_error(R"("classes": [{ "class": "bulk", "delivery": "exactly once" }])", R"(.classes[0].delivery: unknown delivery)");
  expect_error(R"("classes": [{ "class": "bulk", "tll": "5min" }])",
               R"(.classes[0].tll: unknown field "tll"; did you mean "ttl"?)");
}

TEST(QueueRules, WeightsAreOfThePlansOfTheTenant) {
  expect_error(R"("weights": [{ "plan": "prp", "weight": 1 }])", R"(.weights[0].plan: unknown plan "prp"; did you mean "pro"?)");
  expect_error(R"("weights": [{ "plan": ["free", "zebra"], "weight": 1 }])",
               R"(.weights[0].plan[1]: unknown plan "zebra"; expected free or pro)");
  expect_error(R"("weights": [{ "plan": "pro", "weight": 1 }, { "plan": ["free", "pro"], "weight": 2 }])",
               R"(.weights[1].plan[1]: plan "pro" has a weight already)");
  expect_error(R"("weights": [{ "plan": ["pro", "pro"], "weight": 1 }])", R"(.weights[0].plan[1]: "pro" is already named)");
  expect_error(R"("weights": [{ "plan": [], "weight": 1 }])", ".weights[0].plan: at least 1 in `plan`");
  expect_error(R"("weights": [{ "plan": "pro" }])", ".weights[0]: field `weight` is required");
  expect_error(R"("weights": [{ "weight": 2 }])", ".weights[0]: field `plan` is required");
}

TEST(QueueRules, WeightsNeedATenantWithPlans) {
  const std::string said =
      R"(queue.weights: weights go by plan, and the subjects of "account" have no plans; describe them in `subjects`)";
  PolicyText text = queued_text(R"("weights": [{ "plan": "pro", "weight": 2 }])");
  text.subjects = "[]";
  EXPECT_THAT(errors(text.text()), ElementsAre(said));
  text.subjects = R"([{ "scope": ["account"], "billing": { "day": 2 } }])";
  EXPECT_THAT(errors(text.text()), ElementsAre(said));
  text.subjects = R"([{ "scope": ["line"], "plans": ["pro"], "default": "pro" }])";
  EXPECT_THAT(errors(text.text()), ElementsAre(said));
}

TEST(QueueRules, FieldsOfTheWrongFormAreRefusedNeverGuessed) {
  expect_error(R"("in_flight": "100")", R"(.in_flight: expected a whole number, got the text "100"; write 100 without quotes)");
  expect_error(R"("lease": 30)", ".lease: expected a text in quotes, got the number 30");
  expect_error(R"("retry": [])", ".retry: expected an object, {...}, got a list");
  expect_error(R"("retry": { "frist": "1s" })", R"(.retry.frist: unknown field "frist"; did you mean "first"?)");
  expect_error(R"("classes": {})", ".classes: expected a list, [...], got an object");
  expect_error(R"("classes": ["bulk"])", R"(.classes[0]: expected an object, {...}, got the text "bulk")");
  expect_error(R"("weights": [5])", ".weights[0]: expected an object, {...}, got the number 5");
  expect_error(R"("weights": [{ "plan": 5, "weight": 1 }])", ".weights[0].plan: expected a name or a list of names");
  expect_error(R"("laese": "30s")", R"(.laese: unknown field "laese"; did you mean "lease"?)");
  expect_error(R"("lease": null)", ".lease: null removes a field, and only in an overlay; leave `lease` out");
  expect_error(R"("floor": 2, "floor": 3)", R"(.floor: field "floor" stands twice)");
  PolicyText text = queued_text("");
  text.rest = R"("queue": [])";
  EXPECT_THAT(errors(text.text()), ElementsAre("queue: expected an object, {...}, got a list"));
}

TEST(QueueRules, AllErrorsAreSaidAtOnceInTextOrder) {
  EXPECT_THAT(errors(queued(R"("lease": "2 days", "floor": 1, "retry": { "first": "9min", "attempts": 0 },
                               "classes": [{ "class": "x" }], "weights": [{ "plan": "x", "weight": 0 }])")),
              ElementsAre(HasSubstr("queue.lease: "), HasSubstr("queue.floor: "), HasSubstr("queue.retry.first: "),
                          HasSubstr("queue.retry.attempts: "), HasSubstr("queue.classes[0].class: "),
                          HasSubstr("queue.weights[0].plan: "), HasSubstr("queue.weights[0].weight: ")));
}

TEST(QueueRules, AHostileListCostsAsManyFindingsAsAnyOther) {
  std::string classes, weights;
  for (int i = 0; i < 20'000; ++i) {
    classes += (i == 0 ? "" : ",") + std::string(R"({ "class": "bulk" })");
    weights += (i == 0 ? "" : ",") + std::string(R"({ "plan": "pro", "weight": 1 })");
  }
  EXPECT_THAT(errors(queued("\"classes\": [" + classes + "]")), Contains("queue.classes: at most 4 classes"));
  EXPECT_THAT(errors(queued("\"weights\": [" + weights + "]")), AllOf(Contains("queue.weights: at most 32 weights"), SizeIs(32)));
}

TEST(QueueRules, AnyValueInPlaceOfAnyOtherIsAnErrorOrAPolicy) {
  PolicyText text = queued_text(R"("lease": "45s", "floor": 10, "retry": { "first": "2s", "jitter": "5%", "attempts": 5 },
      "classes": [{ "class": "bulk", "delivery": "at most once", "ttl": "1h" }], "weights": [{ "plan": ["free"], "weight": 4 }])");
  text.operations = R"({ "name": "send", "values": ["account", "line", "recipient"], "repeats": "recipient", "charges": [] },
                       { "name": "some", "values": ["account", "line", "recipient"], "class": "bulk", "pool": "p",
                         "charges": [{ "limit": "pace" }] })";
  text.rest += R"(, "pools": [{ "name": "p", "sticky": true, "recipient": "recipient", "by": ["account"], "on_suspend": "hold",
      "on_full": "spill", "return_home": true, "forget_after": "9 days", "new_recipients": 200 }],
      "comply": { "queue": { "retry": { "longest": "9s" }, "classes": [{ "class": "bulk", "ttl": null }] },
                  "pools": [{ "name": "p", "on_full": "wait" }, { "name": "q", "by": null }] })";
  const std::string whole = text.text();
  for (const char* stance : {"enforce", "comply"}) EXPECT_THAT(errors(whole, stance), IsEmpty());
  const char* others[] = {"null",          "false", "0",    "1e999",      "\"\"", "\"line\"",
                          "\"recipient\"", "[]",    "[[]]", "[5, \"p\"]", "{}",   "[{}]"};
  for (size_t colon = whole.find(": "); colon != std::string::npos; colon = whole.find(": ", colon + 1)) {
    const size_t end = whole.find_first_of(",]}", colon);
    for (const char* other : others) {
      const std::string changed = whole.substr(0, colon + 2) + other + whole.substr(end);
      for (const char* stance : {"enforce", "comply"}) {
        const auto result = load(changed, stance);
        EXPECT_EQ(result.policy == nullptr, !said(result).empty()) << changed;
        if (!result.policy) continue;
        EXPECT_FALSE(describe_policy(*result.policy).empty());
      }
    }
  }
}

TEST(QueueRules, AQueueNeedsALine) {
  const std::string text = R"({ "name": "t", "tenant": "account", "queue": { "lease": "9 days" },
      "limits": [{ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1 }],
      "operations": [{ "name": "send", "values": ["account"], "charges": [{ "limit": "day" }] }] })";
  EXPECT_THAT(errors(text),
              ElementsAre("queue: `queue` is about lines; name the dimension that is the line, such as \"line\": \"line\", or "
                          "leave it out",
                          R"(queue.lease: a lease is at most a day, got "9 days")"));
}

TEST(QueueRules, AnOverlayChangesTheFieldsItGivesAndTheRestStays) {
  PolicyText text = queued_text(R"("lease": "45s", "floor": 10, "retry": { "first": "2s", "attempts": 5 },
      "classes": [{ "class": "bulk", "ttl": "1h", "delivery": "at most once" }],
      "weights": [{ "plan": ["free", "pro"], "weight": 4 }])");
  text.rest += R"(, "comply": { "queue": { "lease": "10s", "floor": null, "wait": "1h", "retry": { "first": "5s" },
      "classes": [{ "class": "bulk", "ttl": "2h" }, { "class": "reply", "ttl": "1min" }],
      "weights": [{ "plan": "pro", "weight": 9 }] } })";
  const QueueRules enforce = compiled(text.text())->queue;
  EXPECT_EQ(enforce.lease, 45 * kSecond);
  EXPECT_THAT(enforce.weights, ElementsAre(4U, 4U));
  const QueueRules comply = compiled(text.text(), "comply")->queue;
  EXPECT_EQ(comply.lease, 10 * kSecond);
  EXPECT_EQ(comply.floor, 20U) << "removed, so the default";
  EXPECT_EQ(comply.wait, kHour);
  EXPECT_EQ(comply.retry.first, 5 * kSecond);
  EXPECT_EQ(comply.retry.attempts, 5U);
  EXPECT_EQ(class_of(comply, MessageClass::bulk).ttl, 2 * kHour);
  EXPECT_EQ(class_of(comply, MessageClass::bulk).delivery, Delivery::at_most_once);
  EXPECT_EQ(class_of(comply, MessageClass::reply).ttl, kMinute);
  EXPECT_THAT(comply.weights, ElementsAre(4U, 9U));
}

TEST(QueueRules, AnOverlayMayBringTheQueueAndMayRemoveIt) {
  PolicyText text = queued_text("");
  text.rest = R"("comply": { "queue": { "lease": "10s", "floor": null, "retry": { "first": null, "attempts": 7 } } })";
  const auto brought = load(text.text(), "comply");
  ASSERT_TRUE(brought.policy) << all_said(brought);
  EXPECT_EQ(brought.policy->queue.lease, 10 * kSecond);
  EXPECT_EQ(brought.policy->queue.retry.attempts, 7U);
  EXPECT_THAT(said(brought, Severity::warning), ElementsAre("comply.queue.floor: there is no `floor` to remove",
                                                            "comply.queue.retry.first: there is no `first` to remove"));
  text = queued_text(R"("lease": "45s", "classes": [{ "class": "bulk", "ttl": "1h" }])");
  text.rest += R"(, "comply": { "queue": null })";
  EXPECT_EQ(compiled(text.text(), "comply")->queue.lease, 30 * kSecond);
  text = queued_text(R"("lease": "45s", "classes": [{ "class": "bulk", "ttl": "1h" }])");
  text.rest += R"(, "comply": { "queue": { "classes": null } })";
  EXPECT_EQ(class_of(compiled(text.text(), "comply")->queue, MessageClass::bulk).ttl, 0);
}

TEST(QueueRules, FindingsPointIntoTheOverlayByClassAndPlan) {
  PolicyText text = queued_text(R"("classes": [{ "class": "bulk", "ttl": "1h" }], "weights": [{ "plan": "pro", "weight": 4 }])");
  text.rest += R"(, "comply": { "queue": { "classes": [{ "class": "bulk", "ttl": "1y" }],
                                           "weights": [{ "plan": "pro", "weight": 0 }] } })";
  EXPECT_THAT(errors(text.text(), "comply"),
              ElementsAre(HasSubstr("comply.queue.classes[bulk].ttl: "), HasSubstr("comply.queue.weights[pro].weight: ")));
}

TEST(QueueRules, WhatCanNeverMatterIsWarnedOf) {
  PolicyText text;
  text.rest = R"("queue": { "weights": [{ "plan": "pro", "weight": 4 }] })";
  EXPECT_THAT(
      said(load(text.text()), Severity::warning),
      ElementsAre(
          HasSubstr("queue: `queue` can never matter: no operation can be queued"),
          R"(queue.weights: `weights` can never matter: no operation that can be queued has "account" among its `values`)"));
  text = queued_text(R"("weights": [{ "plan": "pro", "weight": 4 }])");
  EXPECT_THAT(said(load(text.text()), Severity::warning), IsEmpty());
  text.operations = R"({ "name": "send", "values": ["line"], "charges": [{ "limit": "pace" }] },
                       { "name": "count", "values": ["account", "line"], "charges": [] })";
  EXPECT_THAT(said(load(text.text()), Severity::warning), ElementsAre(HasSubstr("queue.weights: `weights` can never matter")));
}

TEST(Queueable, IsWhatHasALineOneOfEachValueAndSomethingThatWaits) {
  const std::string values = R"("values": ["account", "line", "recipient"], )";
  EXPECT_TRUE(operation(values + R"("charges": [{ "limit": "pace" }])").queueable);
  EXPECT_TRUE(operation(values + R"("charges": [{ "limit": "day", "mode": "queue" }])").queueable);
  EXPECT_FALSE(operation(values + R"("charges": [{ "limit": "day" }])").queueable);
  EXPECT_FALSE(operation(values + R"("charges": [{ "limit": "pace", "mode": "deny" }])").queueable);
  EXPECT_FALSE(operation(values + R"("charges": [{ "limit": "pace", "charge": "forced" }])").queueable);
  EXPECT_FALSE(operation(values + R"("repeats": "recipient", "charges": [{ "limit": "pace" }])").queueable);
  EXPECT_TRUE(operation(values + R"("class": "bulk", "charges": [])").queueable);
  const std::string gauge =
      std::string(kPace) + ", " + kLimit + R"(, { "name": "depth", "scope": ["account"], "kind": "gauge", "amount": 5 })";
  EXPECT_TRUE(operation(values + R"("charges": [{ "limit": "depth", "while": "queued" }])", gauge).queueable);
  EXPECT_FALSE(operation(values + R"("charges": [{ "limit": "depth" }])", gauge).queueable);
}

TEST(Queueable, MessagesAreTransactionalUnlessTheOperationSaysElse) {
  const std::string rest = R"("values": ["account", "line"], "charges": [])";
  EXPECT_EQ(operation(rest).message_class, MessageClass::transactional);
  EXPECT_EQ(operation(rest + R"(, "class": "urgent")").message_class, MessageClass::urgent);
  EXPECT_EQ(operation(rest + R"(, "class": "reply")").message_class, MessageClass::reply);
  EXPECT_EQ(operation(rest + R"(, "class": "bulk")").message_class, MessageClass::bulk);
}

TEST(Queueable, AClassIsForMessagesThatCanBeQueued) {
  const auto with = [](const std::string& fields) {
    PolicyText text = queued_text("");
    text.operations += ", { \"name\": \"other\", " + fields + " }";
    return errors(text.text());
  };
  EXPECT_THAT(with(R"("values": ["account"], "class": "bulk", "charges": [])"),
              ElementsAre(R"(operations[1].class: only messages on a line have a class; add the policy's `line` to the `values` )"
                          R"(of "other", or leave `class` out)"));
  EXPECT_THAT(with(R"("values": ["line", "recipient"], "repeats": "recipient", "class": "bulk", "charges": [])"),
              ElementsAre("operations[1].class: only messages that can be queued have a class, and they have one recipient each; "
                          "leave `class` or `repeats` out"));
  EXPECT_THAT(with(R"("values": ["line"], "class": "blk", "charges": [])"),
              ElementsAre(R"(operations[1].class: unknown class "blk"; did you mean "bulk"?)"));
  EXPECT_THAT(with(R"("values": ["line"], "class": 5, "charges": [])"),
              ElementsAre("operations[1].class: expected a name in quotes, got the number 5"));
}

TEST(QueueLayout, ALinesRecordKeepsItsQueueAfterItsLimits) {
  PolicyText text = queued_text("");
  text.limits += R"(, { "name": "line_day", "scope": ["line"], "kind": "window", "period": "60s", "amount": 1 })";
  text.operations = R"({ "name": "send", "values": ["account", "recipient", "line"],
                         "charges": [{ "limit": "pace" }, { "limit": "line_day" }] })";
  const auto policy = compiled(text.text());
  ASSERT_NE(policy->line_scope, kNone);
  const Scope& line = policy->scopes[static_cast<size_t>(policy->line_scope)];
  EXPECT_EQ(line.name, "line");
  size_t limits = 0;
  for (const Limit& limit : policy->limits) limits += limit::state_size(limit.rule);
  EXPECT_EQ(line.queue_offset, limits);
  EXPECT_EQ(line.queue_offset % 8, 0);
  EXPECT_EQ(line.state_size, limits + kQueueStateBytes);
  EXPECT_FALSE(line.overflows) << "a line's messages are its own";
  EXPECT_EQ(policy->limits[0].state_offset, 0);
  const Operation& send = policy->operations[0];
  ASSERT_EQ(send.line_slot, 0) << "the slot of the limits of the line";
  EXPECT_EQ(send.slots.size(), 1U);
  EXPECT_EQ(send.slots[0].values[0], 2);
}

TEST(QueueLayout, ALineWithoutLimitsHasARecordToo) {
  PolicyText text;
  text.operations = R"({ "name": "send", "values": ["account", "line"], "charges": [{ "limit": "day", "mode": "queue" }] },
                       { "name": "ask", "values": ["account", "line"], "charges": [{ "limit": "day" }] })";
  const auto policy = compiled(text.text());
  ASSERT_EQ(policy->line_scope, 1);
  EXPECT_THAT(policy->scopes[1].dimensions, ElementsAre(static_cast<uint8_t>(policy->line)));
  EXPECT_EQ(policy->scopes[1].queue_offset, 0);
  EXPECT_EQ(policy->scopes[1].state_size, kQueueStateBytes);
  EXPECT_EQ(policy->scopes[0].state_size, limit::state_size(policy->limits[0].rule)) << "others are as ever";
  const Operation& send = policy->operations[0];
  ASSERT_EQ(send.line_slot, 1);
  EXPECT_EQ(send.slots[1].scope, policy->line_scope);
  EXPECT_EQ(send.slots[1].count, 1);
  EXPECT_EQ(send.slots[1].values[0], send.line);
  EXPECT_FALSE(send.slots[1].repeated);
  EXPECT_EQ(policy->operations[1].line_slot, kNone);
  EXPECT_EQ(policy->operations[1].slots.size(), 1U);
}

TEST(QueueLayout, TheLinesPlanRecordIsItsQueuesToo) {
  PolicyText text;
  text.subjects = R"([{ "scope": ["line"], "plans": ["a", "b"], "default": "a" }])";
  text.operations = R"({ "name": "send", "values": ["account", "line"], "charges": [{ "limit": "day", "mode": "queue" }] })";
  const auto policy = compiled(text.text());
  EXPECT_EQ(policy->line_scope, policy->plan_sets[0].scope);
  EXPECT_EQ(policy->scopes.size(), 2U);
}

TEST(QueueLayout, PoliciesWithoutQueuesKeepTheirLayout) {
  PolicyText text;
  text.limits = R"({ "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s" })";
  text.operations = kSendPaced;
  const auto policy = compiled(text.text());
  EXPECT_NE(policy->line, kNone);
  EXPECT_EQ(policy->line_scope, kNone);
  EXPECT_EQ(policy->scopes[0].state_size, limit::state_size(policy->limits[0].rule));
  EXPECT_TRUE(policy->scopes[0].overflows);
  EXPECT_EQ(policy->operations[0].line_slot, kNone);
  EXPECT_FALSE(policy->operations[0].queueable);
}

TEST(QueueLayout, AnOperationHasRoomForTheLineBesideTheMostItMayCharge) {
  // 16 dimensions; 16 limits of two of them whose amounts go by the plan of one; the line has no plans.
  PolicyText text;
  std::string subjects, limits, values = "\"account\", \"line\"", charges;
  const auto dimension = [](int i) { return i == 0 ? std::string("account") : "d" + std::to_string(i); };
  for (int i = 1; i < 15; ++i) values += ", \"" + dimension(i) + "\"";
  for (int i = 0; i < 15; ++i) {
    subjects += (i == 0 ? "" : ",") + std::string("{ \"scope\": [\"") + dimension(i) + R"("], "plans": ["a"], "default": "a" })";
  }
  for (int i = 0; i < 16; ++i) {
    const std::string name = "l" + std::to_string(i), by = dimension(i % 15);
    const std::string other = i == 15 ? "d7" : dimension((i + 1) % 15);
    limits += (i == 0 ? "" : ",") + ("{ \"name\": \"" + name + "\", \"scope\": [\"" + by + "\", \"" + other) + "\"], \"by\": \"" +
              by + R"(", "kind": "window", "period": "60s", "amounts": [{ "plan": "a", "amount": 1 }] })";
    charges += (i == 0 ? "" : ",") + ("{ \"limit\": \"" + name + "\", \"mode\": \"queue\" }");
  }
  text.subjects = "[" + subjects + "]";
  text.limits = limits;
  text.operations = "{ \"name\": \"send\", \"values\": [" + values + "], \"charges\": [" + charges + "] }";
  const auto policy = compiled(text.text());
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->operations[0].slots.size(), kMaxSlots);
  EXPECT_EQ(policy->operations[0].line_slot, static_cast<int16_t>(kMaxSlots - 1));
}

TEST(QueueDescription, TellsTheRulesWhereMessagesCanBeQueued) {
  const auto policy = compiled(queued(R"("wait": "4h", "in_flight": 100, "retry": { "jitter": "10%", "attempts": 5 },
      "classes": [{ "class": "urgent", "delivery": "at most once", "ttl": "5min", "reserve": 16 }],
      "weights": [{ "plan": "pro", "weight": 3 }])"));
  EXPECT_THAT(describe_policy(*policy),
              AllOf(HasSubstr(R"("queue":{"lease":"30s","wait":"4h","in_flight":100,"payload":65536,"floor":20,)"
                              R"("retry":{"first":"1s","longest":"60s","jitter":"10%","attempts":5},)"
                              R"("classes":[{"class":"urgent","delivery":"at most once","ttl":"5min","reserve":16,"hours":null},)"
                              R"({"class":"reply","delivery":"at least once","ttl":null,"reserve":null,"hours":null},)"
                              R"({"class":"transactional","delivery":"at least once","ttl":null,"reserve":null,"hours":null},)"
                              R"({"class":"bulk","delivery":"at least once","ttl":null,"reserve":null,"hours":null}],)"
                              R"("weights":[{"plan":"free","weight":1},{"plan":"pro","weight":3}]})"),
                    HasSubstr(R"("pool":null,"queueable":true,"class":"transactional","charges":[)")));
  EXPECT_THAT(describe_policy(*compiled(queued(R"("floor": 0)"))),
              HasSubstr(R"("wait":null,"in_flight":null,"payload":65536,"floor":null,)"
                        R"("retry":{"first":"1s","longest":"60s","jitter":null,"attempts":null})"));
}

TEST(QueueDescription, IsNullWhereNothingCanBeQueued) {
  EXPECT_THAT(describe_policy(*compiled(PolicyText().text())),
              AllOf(HasSubstr(R"("queue":null,"pools":[])"), HasSubstr(R"("pool":null,"queueable":false,"class":null)")));
}

}  // namespace
}  // namespace sluice
