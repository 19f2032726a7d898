// SPDX-License-Identifier: Apache-2.0
// Reading: usage in rows and as JSON, listing, counters, explain.
#include "core/policy/rapidjson.h"  // first: it makes the headers fit for sanitizers

#include <rapidjson/document.h>

#include <set>
#include <string>
#include <vector>

#include "core/engine/explain.h"
#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

bool same_json(const rapidjson::Value& a, const char* text) {
  rapidjson::Document b;
  b.Parse(text);
  return a == b;
}

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document json;
  json.Parse(text.c_str(), text.size());
  EXPECT_FALSE(json.HasParseError()) << text;
  return json;
}

class Usage : public EngineTest {};

TEST_F(Usage, JsonOfTheSendDevExample) {
  open(policy_file("senddev"));
  set_plan("account=acme", "starter");
  set_usage("emails_day", "account=acme", 5'420);
  set_usage("requests_day", "account=acme", 1'250);
  const rapidjson::Document json = parsed(usage_json("account=acme"));
  EXPECT_TRUE(same_json(json["period"], "\"2025-01-13\""));
  EXPECT_TRUE(same_json(json["emails"], R"({ "sent": 5420, "limit": 10000, "remaining": 4580 })"));
  EXPECT_TRUE(same_json(json["api_requests"], R"({ "count": 1250, "limit": null })"));
}

TEST_F(Usage, JsonIsExactlyTheExampleWhenThePolicySaysNoMore) {
  open(account_limits({{"e", R"("kind": "window", "period": "day", "amount": 10000, "reports_as": "emails.sent")"},
                       {"r", R"("kind": "window", "period": "day", "unlimited": true, "reports_as": "api_requests.count")"}}));
  set_usage("e", "account=acme", 5'420);
  set_usage("r", "account=acme", 1'250);
  EXPECT_TRUE(same_json(parsed(usage_json("account=acme")), R"({ "period": "2025-01-13",
    "emails": { "sent": 5420, "limit": 10000, "remaining": 4580 }, "api_requests": { "count": 1250, "limit": null } })"));
}

TEST_F(Usage, JsonNamesEachPeriodThatIsNotTheFirst) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 5, "zone": "Pacific/Auckland")"},
                       {"month", R"("kind": "window", "period": "month", "amount": 50)"},
                       {"year", R"("kind": "window", "period": "year", "amount": 500)"},
                       {"week", R"("kind": "window", "period": "week", "amount": 20)"},
                       {"minute", R"("kind": "window", "period": "60s", "amount": 3)"}}));
  at(86'400 - 1);
  send("acme");
  const rapidjson::Document json = parsed(usage_json("account=acme"));
  EXPECT_TRUE(same_json(json["period"], "\"2025-01-14\""));  // there it is the next day already
  EXPECT_TRUE(same_json(json["month"], R"({ "used": 1, "limit": 50, "remaining": 49, "period": "2025-01" })"));
  EXPECT_TRUE(same_json(json["year"], R"({ "used": 1, "limit": 500, "remaining": 499, "period": "2025" })"));
  EXPECT_TRUE(same_json(json["week"], R"({ "used": 1, "limit": 20, "remaining": 19, "period": "2025-01-13" })"));
  EXPECT_TRUE(same_json(json["minute"], R"({ "used": 1, "limit": 3, "remaining": 2 })"));
}

TEST_F(Usage, JsonShowsOverageWordsAndNothingForUnknownSubjects) {
  open(account_limits(
      {{"soft", R"("kind": "window", "period": "day", "amount": 2, "ceiling": "200%")"},
       {"house",
        R"("kind": "window", "period": "day", "amounts": [ { "plan": "free", "amount": 9 }, { "plan": "big", "custom": true } ])"},
       {"shut", R"("kind": "gauge", "blocked": true, "mode": "advise")"}},
      R"({ "scope": ["account"], "plans": ["free", "big"], "default": "free" })"));
  for (int i = 0; i < 3; ++i) send("acme");
  rapidjson::Document json = parsed(usage_json("account=acme"));
  EXPECT_TRUE(same_json(json["soft"], R"({ "used": 3, "limit": 2, "remaining": 0, "overage": 1 })"));
  EXPECT_TRUE(same_json(json["shut"], R"({ "used": 3, "limit": 0, "remaining": 0 })"));
  set_plan("account=acme", "big");
  json = parsed(usage_json("account=acme"));
  EXPECT_TRUE(same_json(json["house"], R"({ "used": 3, "limit": "custom" })"));
  EXPECT_TRUE(same_json(parsed(usage_json("account=unknown"))["soft"], R"({ "used": 0, "limit": 2, "remaining": 2 })"));
  EXPECT_EQ(counters().records, 1u);
}

TEST_F(Usage, JsonNamesNoMemberTwice) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 5, "reports_as": "emails.sent")"},
                       {"minute", R"("kind": "window", "period": "60s", "amount": 3, "reports_as": "emails.recent")"},
                       {"emails", R"("kind": "gauge", "amount": 9)"},
                       {"period", R"("kind": "gauge", "amount": 9)"}}));
  send("acme");
  const rapidjson::Document json = parsed(usage_json("account=acme"));
  std::multiset<std::string> names;
  for (const auto& member : json.GetObject()) names.insert(member.name.GetString());
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("period", "emails", "minute", "emails_", "period_"));
  EXPECT_TRUE(same_json(json["minute"], R"({ "recent": 1, "limit": 3, "remaining": 2 })"));
}

TEST_F(Usage, RowsSayPeriodsAndWhatIsLeft) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 3)"},
                       {"first", R"("kind": "window", "period": "60s from first", "amount": 3)"},
                       {"day", R"("kind": "window", "period": "day", "amount": 3)"},
                       {"log", R"("kind": "sliding", "period": "60s", "amount": 3)"},
                       {"pace", R"("kind": "pace", "amount": "1/s", "depth": 3)"},
                       {"seats", R"("kind": "gauge", "amount": 3)"},
                       {"all", R"("kind": "window", "period": "60s", "unlimited": true)"}}));
  at(90);
  send("acme");
  auto rows = usage("account=acme");
  EXPECT_EQ(rows.size(), 7u);
  EXPECT_EQ(rows["minute"].period_begins, kStart + kMinute);
  EXPECT_EQ(rows["minute"].resets_at, kStart + 2 * kMinute);
  EXPECT_EQ(rows["first"].period_begins, kStart + 90 * kSecond);
  EXPECT_EQ(rows["first"].resets_at, kStart + 150 * kSecond);
  EXPECT_EQ(rows["day"].period_begins, kStart);
  EXPECT_EQ(rows["log"].period_begins, 0);
  EXPECT_EQ(rows["log"].resets_at, kStart + 150 * kSecond);
  EXPECT_EQ(rows["pace"].resets_at, kStart + 91 * kSecond);
  EXPECT_EQ(rows["seats"].resets_at, 0);
  EXPECT_EQ(rows["all"].flags, flag::unlimited);
  EXPECT_EQ(rows["all"].used, 1u);
  for (const char* name : {"minute", "first", "day", "log", "pace", "seats"}) {
    EXPECT_EQ(rows[name].used, 1u) << name;
    EXPECT_EQ(rows[name].remaining, 2u) << name;
  }
}

TEST_F(Usage, ReadingChangesNothing) {
  open(account_limits({{"log", R"("kind": "sliding", "period": "60s", "amount": 3)"},
                       {"day", R"("kind": "window", "period": "day", "amount": 3)"}}));
  send("acme");
  at(50);
  const std::string before = ledger({"account=acme"});
  for (const int64_t second : {100, 10, 90'000, 50}) {
    at(second);
    usage("account=acme");
    usage_json("account=acme");
    explain({.values = {"acme"}});
  }
  EXPECT_EQ(ledger({"account=acme"}), before);
}

TEST_F(Usage, AnUnlimitedLimitStillMetersAfterAReload) {
  open(account_limits({{"all", R"("kind": "window", "period": "day", "unlimited": true)"}}));
  admitted(7, "acme");
  EXPECT_EQ(reload(account_limits({{"all", R"("kind": "window", "period": "day", "amount": 10)"}})), Status::ok) << error;
  EXPECT_EQ(usage("account=acme")["all"].remaining, 3u);
}

// Listing.

TEST_F(Usage, AListGoesThroughEverySubjectOfAScopeOnceInPieces) {
  open(
      R"({ "name": "test", "tenant": "account", "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
    "limits": [ { "name": "pair", "scope": ["account", "to"], "kind": "window", "period": "day", "amount": 9 },
      { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 900 } ],
    "operations": [ { "name": "send", "values": ["account", "to"], "charges": [ { "limit": "pair" }, { "limit": "day" } ] } ] })");
  for (int i = 0; i < 200; ++i) send("a" + std::to_string(i), "x");
  set_plan("account=a7", "pro");
  for (const uint32_t piece : {1u, 3u, 64u, 1'000u}) {
    std::set<std::string> seen;
    uint64_t cursor = 0, pieces = 0;
    std::string pro;
    do {
      const rapidjson::Document json = parsed(list("account", &cursor, piece));
      ASSERT_LE(json.Size(), piece);
      for (const auto& row : json.GetArray()) {
        const std::string who = row["values"][0].GetString();
        EXPECT_TRUE(seen.insert(who).second) << who;
        if (std::string(row["plan"].GetString()) == "pro") pro = who;
      }
      ASSERT_LT(++pieces, 500u);
    } while (cursor != 0);
    EXPECT_EQ(seen.size(), 200u) << piece;
    EXPECT_EQ(pro, "a7");
  }
  uint64_t cursor = 0;
  const rapidjson::Document pairs = parsed(list("account,to", &cursor, 1));
  EXPECT_EQ(pairs[0]["values"].Size(), 2u);
  EXPECT_TRUE(pairs[0]["plan"].IsNull());
}

TEST_F(Usage, AListOfAnUnknownScopeOrFromAForeignCursor) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 9)"}}));
  send("acme");
  uint64_t cursor = 0;
  std::string json;
  EXPECT_EQ(Engine::list(handle, "planet", &cursor, 10, &json, &error), Status::not_found);
  for (const uint64_t foreign : {UINT64_MAX, uint64_t{1} << 40, uint64_t{UINT32_MAX}, uint64_t{5} << 32 | 77}) {
    cursor = foreign;
    EXPECT_EQ(Engine::list(handle, "account", &cursor, 10, &json, &error), Status::ok);
    parsed(json);
  }
}

TEST_F(Usage, AListShowsBytesThatAreNotTextAsReplacements) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 9)"}}));
  send(std::string("\xff\"\n\0x", 5));
  uint64_t cursor = 0;
  const rapidjson::Document json = parsed(list("account", &cursor, 10));
  EXPECT_EQ(std::string(json[0]["values"][0].GetString(), json[0]["values"][0].GetStringLength()),
            std::string("\xef\xbf\xbd\"\n\0x", 7));
}

// Counters.

TEST_F(Usage, CountersCountWhatHappened) {
  open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
      { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 2 },
      { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1/s", "mode": "queue", "depth": 2 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "minute" } ] },
      { "name": "flow", "values": ["account"], "charges": [ { "limit": "pace" } ] } ] })");
  Counters c = counters();
  EXPECT_EQ(c.memory_cap, options.memory_cap);
  EXPECT_LE(c.memory_used, uint64_t{256} << 10);
  send("acme");
  ask({.values = {"acme"}, .key = "k", .flags = flag::receipt});
  ask({.values = {"acme"}, .key = "k"});
  for (int i = 0; i < 3; ++i) send("acme");
  peek("acme");
  for (int i = 0; i < 3; ++i) call("flow", "acme");
  c = counters();
  EXPECT_EQ(c.allowed, 4u);
  EXPECT_EQ(c.denied, 3u);
  EXPECT_EQ(c.denied_by[static_cast<size_t>(DenialKind::rate)], 3u);
  EXPECT_EQ(c.would_queue, 1u);
  EXPECT_EQ(c.peeked, 1u);
  EXPECT_EQ(c.replayed, 1u);
  EXPECT_EQ(c.records, 2u);  // acme and the key
  EXPECT_EQ(c.receipts, 1u);
  EXPECT_EQ(c.swept, 0u);
  at(2 * 86'400);
  sweep();
  c = counters();
  EXPECT_EQ(c.records, 0u);
  EXPECT_EQ(c.swept, 2u);
  EXPECT_EQ(c.receipts, 0u);
}

TEST_F(Usage, AnOperationWithoutChargesIsAllowedAndCounted) {
  open(R"({ "name": "test", "tenant": "account",
    "limits": [ { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 5 } ],
    "operations": [ { "name": "ping", "values": ["account"], "charges": [] },
                    { "name": "send", "values": ["account"], "charges": [ { "limit": "day" } ] } ] })");
  for (int i = 0; i < 3; ++i) {
    const Answer answer = call("ping", "acme");
    EXPECT_EQ(answer, "allowed");
    EXPECT_EQ(answer.decision.limit_id, -1);
    EXPECT_EQ(answer.decision.now, kStart);
  }
  EXPECT_EQ(ask({.operation = "ping", .values = {"acme"}, .key = "k", .flags = flag::receipt}), "allowed");
  EXPECT_EQ(ask({.operation = "ping", .values = {"acme"}, .key = "k", .flags = flag::receipt}), "replayed");
  EXPECT_EQ(ask({.operation = "ping", .values = {"acme"}, .flags = flag::peek}), "allowed");
  EXPECT_EQ(counters().allowed, 4u);
  EXPECT_EQ(counters().peeked, 1u);
}

TEST_F(Usage, AnEmptyEngineIsSmall) {
  options.shards = 1'024;
  open(policy_file("gosendapi"));
  EXPECT_LE(counters().memory_used, uint64_t{256} << 10);
}

// Explain.

TEST_F(Usage, ExplainSaysTheVerdictAndALineForEveryLimit) {
  open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
      { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 2 },
      { "name": "seats", "scope": ["account"], "kind": "gauge", "amount": 9, "mode": "shadow" },
      { "name": "all", "scope": ["account"], "kind": "window", "period": "day", "unlimited": true, "mode": "advise" },
      { "name": "up", "scope": ["account"], "kind": "upstream", "longest": "1h", "mode": "queue" } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [
      { "limit": "minute" }, { "limit": "seats" }, { "limit": "all" }, { "limit": "up" } ] } ] })");
  at(10);
  send("acme");
  std::string text = explain({.values = {"acme"}});
  EXPECT_THAT(text, ::testing::StartsWith("allowed\n"));
  send("acme");
  text = explain({.values = {"acme"}});
  EXPECT_THAT(text, ::testing::StartsWith("denied (rate) by \"minute\"; the same request passes in 50 s\n"));
  EXPECT_THAT(text, HasSubstr("  minute of account=acme: 2 of 2 used, 0 left (denies); opens in 50 s"));
  EXPECT_THAT(text, HasSubstr("  seats of account=acme: 2 of 9 used, 7 left (in shadow)\n"));
  EXPECT_THAT(text, HasSubstr("  all of account=acme: 2 used, unlimited (advises)"));
  EXPECT_THAT(text, HasSubstr("  up of account=acme: open (queues)\n"));
  EXPECT_EQ(used("minute", "account=acme"), 2u);
}

TEST_F(Usage, ExplainSaysWhyWaitingCannotHelp) {
  open(
      R"({ "name": "test", "tenant": "account", "limits": [ { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 5 },
      { "name": "seats", "scope": ["account"], "kind": "gauge", "amount": 1 } ],
    "operations": [ { "name": "send", "values": ["account"], "quantities": ["n"], "charges": [ { "limit": "day", "cost": "n" }, { "limit": "seats" } ] } ] })");
  EXPECT_THAT(explain({.values = {"acme"}, .quantities = {9}}),
              ::testing::StartsWith("denied (never) by \"day\"; waiting cannot help, at most 5 could pass\n"));
  ask({.values = {"acme"}, .quantities = {1}});
  EXPECT_THAT(explain({.values = {"acme"}, .quantities = {1}}),
              ::testing::StartsWith("denied (gauge) by \"seats\"; until something is released\n"));
}

TEST_F(Usage, ExplainSaysWhatIsWrongWithARequest) {
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 9)"}}));
  EXPECT_EQ(explain({.values = {}}), "error: invalid");
  EXPECT_THAT(error, ::testing::StartsWith("values: "));
  EXPECT_EQ(explain({.operation = "nothing", .values = {"acme"}}), "error: not_found");
}

TEST(SpanInWords, IsExactAndShort) {
  EXPECT_EQ(span_in_words(0), "0 ns");
  EXPECT_EQ(span_in_words(1), "1 ns");
  EXPECT_EQ(span_in_words(1'500 * kMillisecond), "1 s 500 ms");
  EXPECT_EQ(span_in_words(123 * kSecond), "2 min 3 s");
  EXPECT_EQ(span_in_words(30 * kDay + kHour), "30 d 1 h");
  EXPECT_EQ(span_in_words(kDay), "1 d");
  EXPECT_EQ(span_in_words(2 * kDay + 3 * kHour + 4 * kMinute + 5 * kSecond), "2 d 3 h 4 min");
}

}  // namespace
}  // namespace sluice::testing
