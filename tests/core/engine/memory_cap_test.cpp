// SPDX-License-Identifier: Apache-2.0
// The memory cap: lossless eviction first, then shared overflow records or refusal for new subjects; known ones are served.
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"
#include "tests/support/failing_memory.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

// Names of one length, so that no leftover is just right for one of them only.
std::string hostile(uint64_t i) { return "hostile-" + std::to_string(1'000'000'000 + i); }
std::string fresh(uint64_t i) { return "fresh---" + std::to_string(1'000'000'000 + i); }

class MemoryCap : public EngineTest {
 protected:
  void SetUp() override { options.memory_cap = kMiB; }
  // Beyond the cap are only overflow records, at most one a shard and scope, and what a shard needs to have them.
  void expect_within_cap() {
    const Counters c = counters();
    EXPECT_LE(c.memory_used, c.memory_cap + options.shards * 1'024);
  }
  // Sends from new subjects until `count` of them were refused or overflowed; how many had a record of their own.
  template <class Send>
  uint64_t fill(Send&& send_from, int count = 2'000) {
    uint64_t own = 0, i = 0;
    for (int full = 0; full < count; ++i) {
      const Answer answer = send_from(hostile(i));
      const bool served = answer.passed() && (answer.decision.flags & flag::overflowed) == 0;
      own += served ? 1 : 0;
      full += served ? 0 : 1;
      if (i >= 200'000) {
        ADD_FAILURE() << "1 MiB does not fill up";
        break;
      }
    }
    return own;
  }
};

TEST_F(MemoryCap, AMillionHostileKeysLeaveKnownSubjectsAsTheyWere) {  // reliability 38
  const std::string policy = R"({ "name": "test", "tenant": "account",
    "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
    "limits": [ { "name": "pace", "scope": ["account"], "kind": "pace", "amounts": [
        { "plan": "free", "amount": "1/s", "depth": 5 }, { "plan": "pro", "amount": "10/s", "depth": 5 } ] },
      { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 20 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "pace" }, { "limit": "minute" } ] } ] })";
  TestEngine calm;
  options.memory_cap = 2 * kMiB;
  open(policy);
  calm.open(policy);
  Random random(1);
  for (TestEngine* e : {static_cast<TestEngine*>(this), &calm}) {
    for (int i = 0; i < 1'000; ++i) {
      const std::string who = "honest-" + std::to_string(i);
      e->send(who);
      if (i % 10 == 0) e->set_plan("account=" + who, "pro");
    }
  }
  uint64_t hostile_keys = 0, overflowed = 0, denied = 0;
  Span since = 0;
  while (hostile_keys < 1'000'000) {
    for (int i = 0; i < 2'000; ++i) {
      const Answer answer = send(hostile(hostile_keys++));
      overflowed += (answer.decision.flags & flag::overflowed) != 0 ? 1 : 0;
      denied += answer.passed() ? 0 : 1;
    }
    for (int i = 0; i < 20; ++i) {
      const std::string who = "honest-" + std::to_string(random.below(1'000));
      ASSERT_EQ(send(who), calm.send(who)) << who << " after " << hostile_keys << " hostile keys";
    }
    const Span step = random.between(0, 60 * kMillisecond);
    since += step;
    pass(step);
    calm.pass(step);
  }
  EXPECT_GT(overflowed, 100u);
  EXPECT_GT(denied, 900'000u);  // all of them together are one subject a shard
  expect_within_cap();
  EXPECT_EQ(counters().overflowed, overflowed);
  EXPECT_LT(since, kMinute);
}

TEST_F(MemoryCap, AScopeOfPacesAndShortWindowsSharesOverflowRecords) {
  options.shards = 1;
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 3)"}}));
  fill([&](const std::string& who) { return send(who); }, 1);
  // All new ones together have what one would have.
  const uint64_t records = counters().records;
  int passed = 0;
  for (uint64_t i = 0; i < 50; ++i) {
    const Answer answer = send(fresh(i));
    passed += answer.passed() ? 1 : 0;
    EXPECT_EQ(answer.decision.flags & flag::overflowed, answer.passed() ? flag::overflowed : 0);
  }
  EXPECT_EQ(passed, 2);  // one of three went with the filling
  EXPECT_EQ(send(fresh(99)), "denied: rate by minute, in 60s");
  EXPECT_EQ(counters().records, records);
  expect_within_cap();
}

TEST_F(MemoryCap, AnyOtherScopeRefusesNewSubjectsAsMemory) {
  options.shards = 1;
  for (const char* body :
       {R"("kind": "window", "period": "day", "amount": 3)", R"("kind": "sliding", "period": "60s", "amount": 3)",
        R"("kind": "gauge", "amount": 3)", R"("kind": "window", "period": "2h", "amount": 3)"}) {
    open(account_limits({{"l", body}}));
    send("known");
    fill([&](const std::string& who) { return send(who); }, 100);
    const Answer refused = send(fresh(0));
    EXPECT_EQ(refused, "denied: memory by l, on release") << body;
    EXPECT_EQ(refused.decision.retry_after, 0);
    EXPECT_GE(counters().denied_by[static_cast<size_t>(DenialKind::memory)], 100u);
    EXPECT_EQ(admitted(5, "known"), 2) << body;
    expect_within_cap();
    EXPECT_THAT(explain({.values = {"known"}}), ::testing::StartsWith("denied"));
  }
}

TEST_F(MemoryCap, QuotasExemptionsAndPlansAreNeverDropped) {
  open(R"({ "name": "test", "tenant": "account",
    "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
    "limits": [ { "name": "month", "scope": ["account"], "kind": "window", "period": "month", "amounts": [
        { "plan": "free", "amount": 10 }, { "plan": "pro", "amount": 100 } ] },
      { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 5, "exemption": "24h" } ],
    "operations": [ { "name": "send", "values": ["account", "to"], "charges": [ { "limit": "month" }, { "limit": "people", "of": "to" } ] },
      { "name": "wrote", "values": ["account", "to"], "charges": [ { "limit": "people", "of": "to", "charge": "exempt" } ] } ] })");
  for (int i = 0; i < 50; ++i) {
    const std::string who = "honest-" + std::to_string(i);
    send(who, "x");
    call("wrote", who, "y");
    if (i % 2 == 0) set_plan("account=" + who, "pro");
  }
  std::vector<std::string> subjects;
  for (int i = 0; i < 50; ++i) subjects.push_back("account=honest-" + std::to_string(i));
  const std::string before = ledger(subjects);
  for (int round = 0; round < 3; ++round) {
    fill([&](const std::string& who) { return send(who + std::to_string(round), "x"); });
    pass(kHour);
  }
  at(0);
  EXPECT_EQ(ledger(subjects), before);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(peek("honest-" + std::to_string(i), "y"), "allowed");
  expect_within_cap();
}

TEST_F(MemoryCap, IdleSubjectsMakeRoomForNewOnes) {
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 3)"},
                       {"day", R"("kind": "sliding", "period": "60s", "amount": 3)"}}));
  const uint64_t own = fill([&](const std::string& who) { return send(who); });
  EXPECT_GT(own, 1'000u);
  at(60);
  for (uint64_t i = 0; i < 1'000; ++i) ASSERT_EQ(send(fresh(i)), "allowed") << i;
  EXPECT_GT(counters().swept, 0u);
  expect_within_cap();
}

TEST_F(MemoryCap, RoomOfLongKeysServesShortOnesAndTheOtherWayRound) {
  // Whoever filled the memory with keys of one length must not own it for ever.
  const std::string tail(900, 'x');
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 3)"}}));
  for (int round = 0; round < 4; ++round) {
    const bool longer = round % 2 == 0;
    const uint64_t own = fill([&](const std::string& who) { return send(who + std::to_string(round) + (longer ? tail : "")); });
    EXPECT_GT(own, longer ? 200u : 1'500u) << "round " << round;
    pass(2 * kMinute);
  }
  expect_within_cap();
}

TEST_F(MemoryCap, RoomOfRecordsServesWhatHangsOffThem) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 3 },
      { "name": "log", "scope": ["line"], "kind": "sliding", "period": "60s", "amount": 500 } ],
    "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "minute" } ] },
      { "name": "log", "values": ["line"], "charges": [ { "limit": "log" } ] } ] })");
  EXPECT_EQ(call("log", "+1"), "allowed");
  fill([&](const std::string& who) { return send(who); });
  at(120);
  sweep();
  EXPECT_EQ(counters().records, 0u);
  for (int i = 0; i < 500; ++i) {
    at_ns(120 * kSecond + i);
    ASSERT_EQ(call("log", "+1"), "allowed") << i;
  }
  EXPECT_EQ(call("log", "+2"), "allowed");
}

TEST_F(MemoryCap, AKnownSubjectsLogGrowsWhereIdleOnesCanMakeRoom) {
  options.shards = 1;
  open(account_limits({{"log", R"("kind": "sliding", "period": "60s", "amount": 50)"}}));
  at(30);
  EXPECT_EQ(send("known"), "allowed");
  fill([&](const std::string& who) { return send(who); });
  at_ns(90 * kSecond - 1);  // all the others are idle in a nanosecond
  EXPECT_EQ(send("known").decision.denial, DenialKind::none);
  at(90);
  for (int i = 0; i < 49; ++i) {
    pass(1);
    ASSERT_EQ(send("known"), "allowed") << i;
  }
  expect_within_cap();
}

TEST_F(MemoryCap, AKnownSubjectsNewKeyFindsRoomWhereIdleOnesCanMakeIt) {
  options.shards = 1;
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 100)"}}));
  send("known");
  fill([&](const std::string& who) { return send(who); });
  at(60);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(ask({.values = {"known"}, .key = "key-" + std::to_string(i)}), "allowed") << i;
  for (int i = 0; i < 50; ++i) ASSERT_EQ(ask({.values = {"known"}, .key = "key-" + std::to_string(i)}), "replayed") << i;
}

TEST_F(MemoryCap, AKnownSubjectsReceiptFindsRoomWhereIdleOnesCanMakeIt) {
  options.shards = 1;
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 100)"}}));
  send("known");
  fill([&](const std::string& who) { return send(who); });
  at(60);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(ask({.values = {"known"}, .flags = flag::receipt}), "allowed") << i;
}

TEST_F(MemoryCap, EvictionDropsNobodyOfTheDecisionItself) {
  // Known and idle, both of one decision with a new third: making room for it must not take theirs away under its feet.
  options.shards = 1;
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "a", "scope": ["account"], "kind": "sliding", "period": "60s", "amount": 3 },
      { "name": "l", "scope": ["line"], "kind": "window", "period": "60s", "amount": 3 },
      { "name": "p", "scope": ["account", "line"], "kind": "window", "period": "60s", "amount": 3 } ],
    "operations": [ { "name": "send", "values": ["account", "line"], "charges": [ { "limit": "a" }, { "limit": "l" }, { "limit": "p" } ] },
      { "name": "fill", "values": ["line"], "charges": [ { "limit": "l" } ] } ] })");
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 5; ++i) send("acme" + std::to_string(i), "+" + std::to_string(i));
    fill([&](const std::string& who) { return call("fill", who + "-" + std::to_string(round)); }, 10);
    pass(kMinute);  // everybody is idle, nobody swept
    for (int i = 0; i < 5; ++i) {
      const std::string who = "acme" + std::to_string(i), line = "+" + std::to_string(i + 1);
      EXPECT_EQ(send(who, line), "allowed");
      EXPECT_EQ(used("a", "account=" + who), 1u);
      EXPECT_EQ(used("l", "line=" + line), 1u);
      EXPECT_EQ(used("p", "account=" + who + ",line=" + line), 1u);
    }
    expect_within_cap();
  }
}

TEST_F(MemoryCap, ADeniedNewSubjectLeavesNothingBehindAtTheCap) {
  options.shards = 1;
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "a", "scope": ["account"], "kind": "window", "period": "60s", "amount": 3 },
      { "name": "day", "scope": ["line"], "kind": "window", "period": "day", "amount": 3 } ],
    "operations": [ { "name": "send", "values": ["account", "line"], "charges": [ { "limit": "a" }, { "limit": "day" } ] } ] })");
  fill([&](const std::string& who) { return send(who, "+" + who); });
  const Counters before = counters();
  for (uint64_t i = 0; i < 1'000; ++i) ASSERT_EQ(send(fresh(i), "+" + fresh(i)).decision.status, Status::denied);
  EXPECT_EQ(counters().records, before.records);
  EXPECT_EQ(counters().memory_used, before.memory_used);
}

TEST_F(MemoryCap, NoReceiptIsGivenForAnOverflowRecord) {
  options.shards = 1;
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 1000)"}}));
  fill([&](const std::string& who) { return send(who); }, 1);
  EXPECT_EQ(ask({.values = {fresh(1)}, .flags = flag::receipt}), "denied: memory by minute, on release");
  EXPECT_EQ(send(fresh(1)), "allowed");
}

TEST_F(MemoryCap, SettingAPlanAtTheCapSaysThatThereIsNoMemory) {
  open(account_limits(
      {{"day",
        R"("kind": "window", "period": "day", "amounts": [ { "plan": "free", "amount": 3 }, { "plan": "pro", "amount": 30 } ])"}},
      R"({ "scope": ["account"], "plans": ["free", "pro"], "default": "free" })"));
  send("known");
  fill([&](const std::string& who) { return send(who); });
  EXPECT_EQ(set_plan("account=" + fresh(1), "pro"), Status::no_memory);
  EXPECT_THAT(error, ::testing::HasSubstr("memory_cap"));
  EXPECT_EQ(set_usage("day", "account=" + fresh(1), 1), Status::no_memory);
  EXPECT_EQ(set_plan("account=known", "pro"), Status::ok);
}

TEST_F(MemoryCap, AnEventTellsOfItAtMostOnceAMinute) {
  options.shards = 1;
  open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 3)"}}));
  fill([&](const std::string& who) { return send(who); }, 50);
  std::vector<Event> events = drain();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, EventKind::memory);
  EXPECT_EQ(events[0].limit, kMiB);
  at(59);
  send(fresh(1));
  EXPECT_TRUE(drain().empty());
  at(60);
  send(fresh(1));
  EXPECT_EQ(drain().size(), 1u);
}

// The overflow record's copy.

class OverflowCopy : public MemoryCap {
 protected:
  void SetUp() override {
    MemoryCap::SetUp();
    options.shards = 1;
    open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 3)"},
                         {"pace", R"("kind": "pace", "amount": "1/s", "depth": 100)"}}));
  }
  // Fills the memory, uses up the overflow record's minute, and lets most others become idle.
  void fill_and_overflow() {
    fill([&](const std::string& who) { return send(who); }, 1);
    for (int i = 0; i < 5; ++i) send(fresh(7));
    EXPECT_FALSE(send(fresh(7)).passed());
  }
};

TEST_F(OverflowCopy, ARecordMadeSoonAfterBeginsAsACopyOfIt) {
  fill_and_overflow();
  EXPECT_EQ(erase("account=" + hostile(0)), Status::ok);  // room for one
  const Answer answer = send(fresh(7));
  EXPECT_EQ(answer, "denied: rate by minute, in 60s") << "who overflowed must not begin anew because room came free";
  EXPECT_EQ(peek(fresh(7)), "denied: rate by minute, in 60s");
}

TEST_F(OverflowCopy, OneMadeAfterTheLongestPeriodBeginsAsNeverSeen) {
  // Here a minute; a pace's debt is at most a day.
  open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 3)"},
                       {"hour", R"("kind": "window", "period": "1h", "amount": 4)"}}));
  fill_and_overflow();
  at(3'599);
  sweep();
  EXPECT_EQ(admitted(5, fresh(1)), 1) << "the copied hour has one left";
  at(3'600);
  EXPECT_EQ(admitted(5, fresh(2)), 3);
}

TEST_F(OverflowCopy, ACopyIsASubjectOfItsOwn) {
  open(account_limits({{"hour", R"("kind": "window", "period": "1h", "amount": 100)"}}));
  fill([&](const std::string& who) { return send(who); }, 1);
  for (int i = 0; i < 9; ++i) send(fresh(7));  // ten in all
  erase("account=" + hostile(0));
  EXPECT_EQ(send(fresh(1)).decision.used, 11u);
  EXPECT_EQ(send(fresh(1)).decision.used, 12u);
  EXPECT_EQ(used("hour", "account=" + fresh(1)), 12u);
  EXPECT_EQ(send(fresh(2)).decision.used, 11u);
}

TEST_F(OverflowCopy, AfterAReloadThatChangesTheRecordNothingIsReadByTheOldLayout) {
  fill_and_overflow();
  const std::string other = account_limits({{"first", R"("kind": "window", "period": "60s", "amount": 50)"},
                                            {"second", R"("kind": "pace", "amount": "1/s", "depth": 50)"},
                                            {"minute", R"("kind": "window", "period": "60s", "amount": 3)"},
                                            {"third", R"("kind": "window", "period": "1h", "amount": 70)"}});
  at(60);
  sweep();
  ASSERT_EQ(reload(other, true), Status::ok) << error;
  const Answer answer = send_detailed(fresh(1));
  EXPECT_EQ(answer, "allowed");
  for (const Detail& row : answer.details) EXPECT_EQ(row.used, 1u) << limit_name(row.limit_id);
}

TEST_F(OverflowCopy, ASubjectsOverflowIsNotSeenFromBeforeItsCharge) {
  at(100);
  fill([&](const std::string& who) { return send(who); }, 1);
  erase("account=" + hostile(0));
  at(10);  // a bad clock: the copy is evaluated where it was charged
  send(fresh(3));
  EXPECT_EQ(usage("account=" + fresh(3))["minute"].resets_at, kStart + 120 * kSecond);
}

TEST_F(MemoryCap, ABigSetInOneShardDoesNotDenyPacesInTheOthers) {
  options.shards = 1'024;
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 1000000 },
      { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "depth": 1000 } ],
    "operations": [ { "name": "reach", "values": ["account", "to"], "charges": [ { "limit": "people", "of": "to" } ] },
      { "name": "send", "values": ["line"], "charges": [ { "limit": "pace" } ] } ] })");
  for (int i = 0; i < 100'000 && call("reach", "acme", hostile(static_cast<uint64_t>(i))).passed(); ++i) {
  }
  for (int i = 0; i < 2'000; ++i) ASSERT_EQ(send("+" + std::to_string(i)), "allowed") << i;
}

// What is set for single subjects counts too.
class OwnTermsAtTheCap : public MemoryCap {
 protected:
  void SetUp() override {
    MemoryCap::SetUp();
    options.shards = 1;
    open(R"({ "name": "test", "tenant": "account",
      "subjects": [ { "scope": ["account"], "plans": ["free", "pro", { "name": "low", "promotes": { "to": "pro", "limit": "day",
        "at": "50%", "within": "7 days" } }], "default": "free" } ],
      "limits": [
        { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amounts": [
          { "plan": "free", "amount": 100 }, { "plan": "pro", "amount": 200 }, { "plan": "low", "amount": 2 } ] },
        { "name": "hour", "scope": ["account"], "kind": "window", "period": "1h", "amounts": [
          { "plan": "free", "amount": 10 }, { "plan": "pro", "of": "day", "times": "1/10" }, { "plan": "low", "amount": 10 } ] } ],
      "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "day" }, { "limit": "hour" } ] } ] })");
  }
  static std::string account(int i) { return "account=" + hostile(static_cast<uint64_t>(i)); }
  // Sets amounts and then qualities of new subjects until neither finds room; how many were set.
  int fill_with_terms() {
    int set = 0;
    Status last = Status::ok;
    while (set < 10'000 && (last = set_amount("day", account(set), "70")) == Status::ok) ++set;
    EXPECT_EQ(last, Status::no_memory);
    for (int i = 0; i < 50'000 && quality(account(20'000 + i), "green") == Status::ok;) ++i;
    return set;
  }
};

TEST_F(OwnTermsAtTheCap, AreCountedAndGivenBack) {
  send("acme");
  const uint64_t before = counters().memory_used;
  EXPECT_EQ(set_amount("day", "account=acme", "70"), Status::ok);
  const uint64_t one = counters().memory_used;
  EXPECT_GT(one, before + sizeof(Amount));
  EXPECT_EQ(set_amount("day", "account=acme", R"({"amount": 80, "thresholds": [50, 100]})"), Status::ok);
  EXPECT_EQ(counters().memory_used, one + 8);
  EXPECT_EQ(set_amount("day", "account=acme", "70"), Status::ok);
  EXPECT_EQ(counters().memory_used, one);
  EXPECT_EQ(set_plan("account=acme", "pro"), Status::ok);  // the other limit follows
  EXPECT_GT(counters().memory_used, one + sizeof(Amount));
  EXPECT_EQ(set_plan("account=acme", "free"), Status::ok);
  EXPECT_EQ(counters().memory_used, one);
  EXPECT_EQ(quality("account=acme", "green"), Status::ok);
  EXPECT_EQ(counters().memory_used, one + 5);
  EXPECT_EQ(quality("account=acme", ""), Status::ok);
  EXPECT_EQ(set_billing("account=acme", 3, 0, ""), Status::ok);
  EXPECT_EQ(counters().memory_used, one);
  EXPECT_EQ(erase("account=acme"), Status::ok);
  EXPECT_EQ(counters().memory_used, before);

  send("acme");
  EXPECT_EQ(set_amount("day", "account=acme", "70"), Status::ok);
  EXPECT_EQ(set_amount("day", "account=acme", "null"), Status::ok);
  EXPECT_EQ(counters().memory_used, before);
}

TEST_F(OwnTermsAtTheCap, ThatFindNoRoomLeaveEverythingAsItWas) {
  send("known");
  const int set = fill_with_terms();
  EXPECT_GT(set, 500);
  EXPECT_LE(counters().memory_used, kMiB);
  const Counters full = counters();
  const std::string stranger = "account=" + fresh(0);
  for (const std::string& subject : {std::string("account=known"), stranger}) {
    const std::string ledger = this->ledger({subject});
    EXPECT_EQ(set_amount("day", subject, "70"), Status::no_memory);
    EXPECT_THAT(error, ::testing::HasSubstr("what is set for a subject counts"));
    EXPECT_EQ(set_billing(subject, 3, 0, ""), Status::no_memory);
    EXPECT_EQ(quality(subject, std::string(64, 'q')), Status::no_memory);
    EXPECT_EQ(this->ledger({subject}), ledger);
  }
  EXPECT_EQ(counters().records, full.records);
  EXPECT_EQ(counters().memory_used, full.memory_used);
  EXPECT_EQ(set_amount("day", account(0), "9"), Status::ok) << "it takes no more than before";
  EXPECT_EQ(usage(account(0)).at("day").limit, 9u);

  for (int i = 1; i < 40; ++i) EXPECT_EQ(erase(account(i)), Status::ok);
  EXPECT_EQ(set_amount("day", "account=known", "70"), Status::ok);
  expect_within_cap();
}

TEST_F(OwnTermsAtTheCap, KeepAPlanThatWouldBringMoreOfThem) {
  fill_with_terms();
  const std::string ledger = this->ledger({account(0)});
  EXPECT_EQ(set_plan(account(0), "pro"), Status::no_memory);
  EXPECT_EQ(this->ledger({account(0)}), ledger);
  for (int i = 1; i < 40; ++i) erase(account(i));
  EXPECT_EQ(set_plan(account(0), "pro"), Status::ok);
}

TEST_F(OwnTermsAtTheCap, KeepAPromotionWaiting) {
  set_plan("account=known", "low");
  send("known");
  EXPECT_THAT(events(), ::testing::ElementsAre("promotion to 1 by day for account=known at 1 of 2"));
  set_plan("account=known", "low");
  pass(kDay);
  fill_with_terms();
  drain();
  send("known");
  EXPECT_THAT(events(), ::testing::IsEmpty());
  for (int i = 1; i < 40; ++i) erase(account(i));
  send("known");
  EXPECT_THAT(events(), ::testing::ElementsAre("promotion to 1 by day for account=known at 2 of 2"));
}

TEST_F(OwnTermsAtTheCap, StayCountedAfterAReload) {
  send("acme");
  set_amount("day", "account=acme", "70");
  const uint64_t before = counters().memory_used;
  ASSERT_EQ(reload(options.policy), Status::ok) << error;
  sweep();
  EXPECT_EQ(counters().memory_used, before);
  erase("account=acme");
  EXPECT_LT(counters().memory_used, before);
}

}  // namespace
}  // namespace sluice::testing
