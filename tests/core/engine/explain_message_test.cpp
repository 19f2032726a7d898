// SPDX-License-Identifier: Apache-2.0
// Why a message has not gone: every rule that may hold one, what several say together, and that asking changes nothing.
#include <regex>
#include <string>
#include <vector>

#include "tests/support/pool_fixture.h"

namespace sluice::testing {
namespace {

using Holds = std::vector<std::string>;

const std::string kFast = R"("amount": "1000/s", "depth": 1000)";

class ExplainMessage : public PoolTest {
 protected:
  std::string explain(uint64_t message) {
    std::string json;
    EXPECT_EQ(Engine::explain_message(handle, message, kEngineClock, &json, &error), Status::ok) << error;
    return json;
  }
  // What holds it: a text each, without quotes and braces, `until` in seconds since the start.
  Holds holds(uint64_t message) {
    const std::string json = explain(message);
    const std::string key = "\"holds\":[";
    std::string list = json.substr(json.find(key) + key.size());
    list.resize(list.size() - 2);
    Holds found;
    static const std::regex one(R"(\{([^}]*)\})"), until(R"(until:(\d+))");
    for (std::sregex_iterator it(list.begin(), list.end(), one), end; it != end; ++it) {
      std::string text = (*it)[1];
      std::erase(text, '"');
      std::smatch at;
      if (std::regex_search(text, at, until)) {
        const std::string when = "until:" + seconds(std::stoll(at[1]) - kStart);
        text = std::string(at.prefix()) + when + std::string(at.suffix());
      }
      found.push_back(text);
    }
    return found;
  }
  uint64_t make_campaign(const CampaignRules& rules) {
    uint64_t id = 0;
    EXPECT_EQ(Engine::create_campaign(handle, {"spring", "acme", rules}, kEngineClock, &id, &error), Status::ok) << error;
    return id;
  }
  uint64_t add(uint64_t campaign, const std::string& recipient) {
    return put({.values = {"acme", "+1", recipient}, .campaign = campaign}).message;
  }
};

TEST_F(ExplainMessage, OneThatMayGoIsHeldByNothing) {
  open(line_queue(R"("amount": "1/s")"));
  const uint64_t first = put("+1").message;
  EXPECT_EQ(holds(first), Holds{});
  EXPECT_THAT(explain(first), ::testing::HasSubstr(R"("state":"waiting","line":"+1","position":1,"eta":)"));
}

TEST_F(ExplainMessage, OneForLaterWaitsForItsInstant) {
  open(line_queue(R"("amount": "1/s")"));
  const uint64_t later = put({.values = {"acme", "+1", "ann"}, .send_at = kStart + 60 * kSecond}).message;
  EXPECT_EQ(holds(later), Holds{"rule:send_at,until:60s,until_kind:exact"});
  at(60);
  EXPECT_EQ(holds(later), Holds{});
}

TEST_F(ExplainMessage, TheThirdOfALineWaitsForItsTurnBehindTwo) {
  open(line_queue(R"("amount": "1/s")"));
  put("+1");
  put("+1", "bob");
  const uint64_t third = put("+1", "cid").message;
  EXPECT_EQ(holds(third), Holds{"rule:turn,until:2s,until_kind:exact,ahead:2"});
  EXPECT_THAT(explain(third), ::testing::HasSubstr(R"("position":3)"));
}

TEST_F(ExplainMessage, EachLimitOfTheLineSaysWhenItOpens) {
  open(line_queue(R"("amount": "1/s")",
                  R"({ "name": "minute", "scope": ["line"], "kind": "window", "period": "60s", "amount": 1, "mode": "queue" })",
                  R"({ "limit": "minute" })"));
  put("+1");
  const uint64_t next = put("+1", "bob").message;
  ack(lease_one());
  EXPECT_EQ(holds(next), (Holds{"rule:line_limit,until:1s,until_kind:exact,limit:pace,subject:line=+1,used:1,amount:1",
                                "rule:line_limit,until:60s,until_kind:exact,limit:minute,subject:line=+1,used:1,amount:1"}));
  EXPECT_EQ(set_amount("minute", "line=+1", "\"blocked\""), Status::ok) << error;
  EXPECT_EQ(holds(next).back(),
            "rule:line_limit,until:null,until_kind:unknown,state:blocked,limit:minute,subject:line=+1,used:1,amount:0");
}

TEST_F(ExplainMessage, ALineThatWasThrottledIsClosedUntilThenAndABadOneUntilSomebodyOpensIt) {
  open(line_queue(kFast));
  const uint64_t one = put("+1").message;
  settle(lease_one(), Outcome::throttled, 5 * kSecond);
  EXPECT_EQ(holds(one), Holds{"rule:line,until:5s,until_kind:exact,state:throttled"});
  at(5);
  settle(lease_one(), Outcome::line_bad);
  EXPECT_EQ(holds(one), Holds{"rule:line,until:null,until_kind:unknown,state:bad"});
}

TEST_F(ExplainMessage, ALineOfAPoolSaysHowItStandsAndWhy) {
  open(pooled(R"("sticky": true)"));
  lines(1);
  const uint64_t one = text("acme", "ann").message;
  EXPECT_EQ(set({.line = "+1", .state = LineState::paused, .paused_until = kStart + 30 * kSecond, .reason = "lunch"}),
            Status::ok);
  EXPECT_EQ(holds(one), Holds{"rule:line,until:30s,until_kind:exact,state:paused,reason:lunch"});
  EXPECT_EQ(set({.line = "+1", .state = LineState::suspended, .reason = "complaints"}), Status::ok);
  EXPECT_EQ(holds(one), Holds{"rule:line,until:null,until_kind:unknown,state:suspended,reason:complaints"});
  EXPECT_EQ(line("+1"), Status::ok);
  EXPECT_EQ(holds(one), Holds{});
}

TEST_F(ExplainMessage, ALineWithAsManyLeasesAsItMayWaitsForARelease) {
  open(line_queue(kFast, "", "", R"("queue": { "in_flight": 1 }, )"));
  put("+1");
  const uint64_t next = put("+1", "bob").message;
  const Leased first = lease_one();
  EXPECT_EQ(holds(next), Holds{"rule:in_flight,until:null,until_kind:on_release,used:1,amount:1"});
  ack(first);
  EXPECT_EQ(holds(next), Holds{});
  lease_one();
  const uint64_t last = put("+1", "cid").message;
  EXPECT_EQ(holds(last).size(), 1u);
  at(24 * 3600);  // that lease has ended
  EXPECT_EQ(holds(last), Holds{});
}

TEST_F(ExplainMessage, ALimitOfItsPairNamesSubjectUseAndOpening) {
  open(line_queue(kFast, R"({ "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "60s from first",
                     "amount": 1, "mode": "queue" })",
                  R"({ "limit": "pair" })"));
  put("+1");
  const uint64_t next = put("+1").message, other = put("+1", "bob").message;
  ack(lease(1).at(0));
  const std::string pair = "rule:limit,until:60s,until_kind:exact,limit:pair,subject:line=+1,recipient=ann,used:1,amount:1";
  EXPECT_EQ(holds(next), Holds{pair});  // it has not come to its turn, and nothing was asked for it yet
  EXPECT_EQ(holds(other), Holds{"rule:turn,until:0s,until_kind:bound,ahead:1"});
  EXPECT_EQ(lease(5).size(), 1u);
  EXPECT_EQ(state(next), MessageState::parked);
  EXPECT_EQ(holds(next), Holds{pair});
}

TEST_F(ExplainMessage, ALimitOfItsAccountParksItsWholeFlow) {
  open(line_queue(kFast, R"({ "name": "minute", "scope": ["account"], "kind": "window", "period": "60s from first", "amount": 1,
                     "mode": "queue" })",
                  R"({ "limit": "minute" })"));
  put("+1");
  const uint64_t next = put("+1", "bob").message, last = put("+1", "cid").message;
  EXPECT_EQ(lease(5).size(), 1u);
  const std::string flow = "rule:flow,until:60s,until_kind:exact,message:" + std::to_string(next);
  const std::string limit = "rule:limit,until:60s,until_kind:exact,limit:minute,subject:account=acme,used:1,amount:1";
  EXPECT_EQ(holds(next), (Holds{flow, limit}));
  EXPECT_EQ(holds(last), (Holds{"rule:turn,until:60s,until_kind:bound,ahead:1", flow, limit}));
}

TEST_F(ExplainMessage, ADistinctCapSaysWhenASlotIsFree) {
  open(line_queue(
      kFast, R"({ "name": "people", "scope": ["account"], "kind": "distinct", "period": "1h", "amount": 1, "mode": "queue" })",
      R"({ "limit": "people", "of": "recipient" })"));
  put("+1");
  const uint64_t next = put("+1", "bob").message;
  lease(5);
  EXPECT_EQ(holds(next), Holds{"rule:limit,until:3600s,until_kind:exact,limit:people,subject:account=acme,used:1,amount:1"});
}

TEST_F(ExplainMessage, AnUpstreamThatWasThrottledSaysUntilWhen) {
  open(line_queue(kFast, R"({ "name": "stop", "scope": ["account"], "kind": "upstream", "longest": "1h" })",
                  R"({ "limit": "stop", "mode": "queue" })"));
  const uint64_t one = put("+1").message;
  EXPECT_EQ(throttled("stop", "account=acme", 9 * kSecond), Status::ok) << error;
  EXPECT_EQ(holds(one), Holds{"rule:limit,until:9s,until_kind:exact,state:closed,limit:stop,subject:account=acme"});
}

TEST_F(ExplainMessage, AGaugeOpensOnReleaseAndSoDoesWhatItParked) {
  open(line_queue(kFast, R"({ "name": "open", "scope": ["account"], "kind": "gauge", "amount": 1, "mode": "queue" })",
                  R"({ "limit": "open" })"));
  put("+1");
  const uint64_t next = put("+1", "bob").message;
  lease(5);
  EXPECT_EQ(holds(next), (Holds{"rule:flow,until:null,until_kind:on_release,message:" + std::to_string(next),
                                "rule:limit,until:null,until_kind:on_release,limit:open,subject:account=acme,used:1,amount:1"}));
}

TEST_F(ExplainMessage, AnAmountThatWasNeverSetHoldsUntilItIs) {
  open(line_queue(
      kFast, R"({ "name": "own", "scope": ["account"], "kind": "window", "period": "60s", "custom": true, "mode": "queue" })",
      R"({ "limit": "own" })"));
  EXPECT_EQ(set_amount("own", "account=acme", "5"), Status::ok) << error;
  const uint64_t one = put("+1").message;
  ASSERT_NE(one, 0u) << error;
  EXPECT_EQ(set_amount("own", "account=acme", "null"), Status::ok) << error;
  EXPECT_EQ(holds(one), Holds{"rule:limit,until:null,until_kind:unknown,state:unset,limit:own,subject:account=acme"});
}

TEST_F(ExplainMessage, ARetryWaitsForItsOwnBackoffAndThoseBehindItForTheMessage) {
  open(line_queue(kFast));
  const uint64_t first = put("+1").message, next = put("+1").message;
  settle(lease_one(), Outcome::retry, 7 * kSecond);
  EXPECT_EQ(holds(first), Holds{"rule:retry,until:7s,until_kind:exact"});
  const std::string earlier = "rule:earlier_message,until:7s,until_kind:bound,message:" + std::to_string(first);
  EXPECT_EQ(holds(next), Holds{earlier});  // it waits for its turn, and would wait there
  EXPECT_TRUE(lease(5).empty());
  EXPECT_EQ(state(next), MessageState::parked);
  EXPECT_EQ(holds(next), Holds{earlier});
  at(7);
  EXPECT_EQ(holds(first), Holds{});
}

TEST_F(ExplainMessage, ACampaignSaysItsSlotsItsShareAndThatItIsPaused) {
  open(line_queue(R"("amount": "10/s")"));
  CampaignRules rules;
  rules.duration = 100 * kSecond;
  const uint64_t campaign = make_campaign(rules);
  std::vector<uint64_t> messages;
  for (int i = 0; i < 10; ++i) messages.push_back(add(campaign, "r" + std::to_string(i)));
  ack(lease_one());
  const std::string tail = ",campaign:" + std::to_string(campaign) + ",name:spring,share:5000,state:running";
  at(1);
  EXPECT_EQ(holds(messages[1]), Holds{"rule:campaign,until:10s,until_kind:exact,ahead:0" + tail});
  EXPECT_EQ(holds(messages[3]), Holds{"rule:campaign,until:30s,until_kind:bound,ahead:2" + tail});
  EXPECT_EQ(holds(messages[9]), Holds{"rule:campaign,until:90s,until_kind:bound,ahead:8" + tail});
  EXPECT_EQ(Engine::change_campaign(handle, campaign, CampaignChange::pause, kEngineClock, nullptr, &error), Status::ok);
  EXPECT_EQ(holds(messages[1]), Holds{"rule:campaign,until:null,until_kind:unknown,ahead:0,campaign:" + std::to_string(campaign) +
                                      ",name:spring,share:5000,state:paused"});
}

TEST_F(ExplainMessage, TheSlotsThatItNamesAreThoseAtWhichACampaignLeaves) {
  open(line_queue(R"("amount": "10/s")"));
  CampaignRules rules;
  rules.duration = 100 * kSecond;
  const uint64_t campaign = make_campaign(rules);
  std::vector<uint64_t> messages;
  for (int i = 0; i < 7; ++i) messages.push_back(add(campaign, "r" + std::to_string(i)));
  std::vector<std::string> named;
  for (size_t i = 1; i < messages.size(); ++i) named.push_back(holds(messages[i]).at(0));
  const std::vector<std::string> left = drain_queue(kStart + kDay);
  ASSERT_EQ(left.size(), messages.size());
  for (size_t i = 1; i < left.size(); ++i) {
    const std::string at = left[i].substr(0, left[i].find(':'));
    EXPECT_THAT(named[i - 1], ::testing::HasSubstr("until:" + at + ",")) << i;
  }
}

TEST_F(ExplainMessage, ACampaignsOwnRateIsNamedWhereItHolds) {
  open(line_queue(R"("unlimited": true)"));
  CampaignRules rules;
  rules.rate = {6, kMinute};
  const uint64_t campaign = make_campaign(rules);
  std::vector<uint64_t> messages;
  for (int i = 0; i < 5; ++i) messages.push_back(add(campaign, "r" + std::to_string(i)));
  EXPECT_EQ(holds(messages[0]), Holds{});
  ASSERT_EQ(ack(lease_one()), Status::ok);
  lease(1);  // looks, and waits
  const std::string tail = ",campaign:" + std::to_string(campaign) + ",name:spring,share:5000,rate:6/min,state:rate";
  EXPECT_EQ(holds(messages[1]), Holds{"rule:campaign,until:10s,until_kind:exact,ahead:0" + tail});
  EXPECT_EQ(holds(messages[4]), Holds{"rule:campaign,until:40s,until_kind:bound,ahead:3" + tail});
  EXPECT_EQ(drain_queue(kStart + kDay).size(), 4u);
  EXPECT_EQ(now(), kStart + 40 * kSecond);
}

TEST_F(ExplainMessage, BehindMoreOfItsCampaignThanAreCountedItSaysHowManyAtLeast) {
  open(line_queue(R"("amount": "10/s")"));
  const uint64_t campaign = make_campaign({});
  uint64_t last = 0;
  for (int i = 0; i < 5000; ++i) last = add(campaign, "r" + std::to_string(i));
  EXPECT_THAT(holds(last).at(0), ::testing::HasSubstr("until:819.2s,until_kind:bound,ahead:4096"));
}

const std::string kThree = R"({ "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "60s from first",
    "amount": 1, "mode": "queue" }, { "name": "stop", "scope": ["account"], "kind": "upstream", "longest": "1h" })";
const std::string kThreeCharges = R"({ "limit": "pair" }, { "limit": "stop", "mode": "queue" })";

TEST_F(ExplainMessage, OneHeldByThreeAtOnceListsAllThreeInOrderAndTheLastIsTheOneItLeavesBy) {
  open(line_queue(R"("amount": "1/s")", kThree, kThreeCharges));
  put("+1");
  const uint64_t next = put("+1").message;
  ack(lease_one());
  EXPECT_EQ(throttled("stop", "account=acme", 9 * kSecond), Status::ok) << error;
  EXPECT_EQ(holds(next),
            (Holds{"rule:line_limit,until:1s,until_kind:exact,limit:pace,subject:line=+1,used:1,amount:1",
                   "rule:limit,until:9s,until_kind:exact,state:closed,limit:stop,subject:account=acme",
                   "rule:limit,until:60s,until_kind:exact,limit:pair,subject:line=+1,recipient=ann,used:1,amount:1"}));
  EXPECT_EQ(drain_queue(kStart + 2 * 60 * kSecond), Holds{"60s: "});
}

TEST_F(ExplainMessage, OneThatIsNotHeldIsAClearErrorAndALeasedOneIsHeldByNothing) {
  open(line_queue(kFast));
  std::string json = "as it was";
  EXPECT_EQ(Engine::explain_message(handle, 12345, kEngineClock, &json, &error), Status::not_found);
  EXPECT_EQ(error, "message: not held by this engine; the number is none of its messages'");
  const uint64_t one = put("+1").message;
  EXPECT_EQ(Engine::explain_message(handle, one, -1, &json, &error), Status::time);
  const Leased leased = lease_one();
  EXPECT_EQ(holds(one), Holds{});
  EXPECT_THAT(explain(one), ::testing::HasSubstr(R"("state":"leased","line":"+1","position":null,"eta":null,"eta_kind":"none")"));
  ack(leased);
  EXPECT_EQ(Engine::explain_message(handle, one, kEngineClock, &json, &error), Status::not_found);
  EXPECT_EQ(error, "message: not held any more; it has ended");
  EXPECT_EQ(json, "as it was");
}

TEST_F(ExplainMessage, AskingChangesNothing) {
  open(line_queue(R"("amount": "1/s")", kThree, kThreeCharges));
  std::vector<uint64_t> messages;
  for (int i = 0; i < 12; ++i) messages.push_back(put("+1", "r" + std::to_string(i % 3)).message);
  ack(lease_one());
  throttled("stop", "account=acme", 3 * kSecond);
  lease(3);
  const auto seen = [&] {
    std::string all = std::to_string(next_due()) + " " + std::to_string(counters().records);
    for (const uint64_t message : messages) {
      MessageStatus status;
      Engine::status(handle, message, kEngineClock, &status, nullptr);
      all += " " + std::to_string(static_cast<int>(status.state)) + "/" + std::to_string(status.fence) + "/" +
             std::to_string(status.due) + "/" + std::to_string(status.promise.position) + "/" +
             std::to_string(status.promise.eta);
    }
    for (int r = 0; r < 3; ++r) all += " " + std::to_string(used("pair", "line=+1,recipient=r" + std::to_string(r)));
    return all;
  };
  const std::string before = seen();
  std::vector<std::string> first;
  for (size_t i = 1; i < messages.size(); ++i) first.push_back(explain(messages[i]));
  EXPECT_EQ(seen(), before);
  for (size_t i = 1; i < messages.size(); ++i) EXPECT_EQ(explain(messages[i]), first[i - 1]);
  EXPECT_EQ(drain_queue(kStart + kDay).size(), 11u);
}

}  // namespace
}  // namespace sluice::testing
