// SPDX-License-Identifier: Apache-2.0
// Decisions without anything unusual go a shorter way; it must be no other way. Asking for rows goes the long one, so an engine
// asked with room for rows is the twin of one asked without, and of one asked in arrays.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/engine/dispatch.h"
#include "core/engine/straight.h"
#include "tests/support/engine_fixture.h"
#include "tests/support/plain_policy.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

static_assert(kNoInstant == kEngineClock);

// What is told of a decision but for its rows; words go to those only who ask for one decision.
Answer without_rows(Answer answer) {
  answer.details.clear();
  answer.decision.detail_count = 0;
  return answer;
}

// Asks without rows and says whether it went the straight way, which is what Engine::decide does.
Answer ask_straight(TestEngine& engine, const Ask& ask, bool* straight) {
  Answer answer;
  const AskBytes bytes(ask, engine.operation(ask.operation));
  *straight = dispatch::decide_straight(engine.handle, bytes.request(), &answer.decision);
  if (!*straight) Engine::decide(engine.handle, bytes.request(), &answer.decision, &answer.error, true);
  answer.limit = engine.limit_name(answer.decision.limit_id);
  return answer;
}

Answer ask_with_rows(TestEngine& engine, Ask ask) {
  ask.detailed = true;
  return without_rows(engine.ask(ask));
}

std::vector<Answer> ask_many(TestEngine& engine, const std::vector<Ask>& asks) {
  std::vector<std::unique_ptr<AskBytes>> bytes;
  std::vector<Request> requests;
  for (const Ask& ask : asks) {
    bytes.push_back(std::make_unique<AskBytes>(ask, engine.operation(ask.operation)));
    requests.push_back(bytes.back()->request());
  }
  std::vector<Decision> decisions(asks.size());
  EXPECT_EQ(Engine::decide_many(engine.handle, requests, decisions), Status::ok);
  std::vector<Answer> answers(asks.size());
  for (size_t i = 0; i < asks.size(); ++i) {
    answers[i].decision = decisions[i];
    answers[i].limit = engine.limit_name(decisions[i].limit_id);
  }
  return answers;
}

// Three engines in one story.
class Triplets : public ::testing::Test {
 protected:
  Status try_open(const std::string& policy) {
    for (TestEngine* e : all()) {
      e->options.shards = shards_;
      if (const Status status = e->try_open(policy); status != Status::ok) return status;
    }
    return Status::ok;
  }
  void open(const std::string& policy) { ASSERT_EQ(try_open(policy), Status::ok) << single_.error; }
  std::vector<TestEngine*> all() { return {&single_, &rows_, &many_}; }
  template <class Do>
  void each(Do&& act) {
    for (TestEngine* e : all()) act(*e);
  }

  // What was charged may have no record, or not a plain one.
  void forget() { charged_.clear(); }

  // Asks all three; how many of the first engine's went the straight way.
  int ask(const std::vector<Ask>& asks) {
    const std::vector<Answer> together = ask_many(many_, asks);
    int straight = 0;
    for (size_t i = 0; i < asks.size(); ++i) {
      bool was = false;
      const Answer one = ask_straight(single_, asks[i], &was);
      Answer other = ask_with_rows(rows_, asks[i]);
      straight += was ? 1 : 0;
      last_ = one;
      EXPECT_EQ(one, other) << "element " << i << " of " << asks.size();
      other.error.clear();
      EXPECT_EQ(together[i], other) << "element " << i << " of " << asks.size();
      note(asks[i], other, was);
      if (HasFailure()) return straight;
    }
    return straight;
  }

  // Which subjects share a shard is every engine's own affair, and with it which receipts have been looked at again.
  auto counters(TestEngine& engine) const {
    const Counters c = engine.counters();
    const bool alike = shards_ == 1;
    return std::make_tuple(c.allowed, c.denied, c.would_queue, c.peeked, c.replayed, c.refunded,
                           std::vector<uint64_t>(std::begin(c.denied_by), std::end(c.denied_by)), c.records, c.swept,
                           c.overflowed, c.events_lost, alike ? c.receipts : 0, alike ? c.memory_used : 0);
  }

  void compare(const std::vector<std::string>& subjects) {
    const std::string ledger = rows_.ledger(subjects);
    EXPECT_EQ(single_.ledger(subjects), ledger);
    EXPECT_EQ(many_.ledger(subjects), ledger);
    EXPECT_EQ(counters(single_), counters(rows_));
    EXPECT_EQ(counters(many_), counters(rows_));
    const std::vector<std::string> events = rows_.events();
    EXPECT_EQ(single_.events(), events);
    EXPECT_EQ(many_.events(), events);
    events_ += events.size();
  }

  // A subject that has been charged has its record, so that it is charged again the straight way.
  void note(const Ask& ask, const Answer& answer, bool straight) {
    if (ask.flags != 0 || !ask.key.empty()) {
      EXPECT_FALSE(straight);
      return;
    }
    ++tally_[straight ? "straight" : "general"];
    ++tally_[straight ? "straight " + std::string(word(answer.decision.status)) : "general"];
    if (!answer.passed()) return;
    if (charged_.count({ask.operation, ask.values}) != 0 && !soft_) {
      EXPECT_TRUE(straight);
    }
    charged_.insert({ask.operation, ask.values});
  }

  TestEngine single_, rows_, many_;
  uint32_t shards_ = 16;
  bool soft_ = false;  // a limit may let pass what does not fit, and only the general way knows how
  Answer last_;
  size_t events_ = 0;
  std::map<std::string, int> tally_;
  std::set<std::pair<std::string, std::vector<std::string>>> charged_;
};

class RandomTriplets : public Triplets {
 protected:
  void run(Random& random) {
    const PlainPolicy policy = plain_policy(random);
    SCOPED_TRACE(policy.text);
    shards_ = random.chance(50) ? 1 : 16;
    soft_ = policy.soft;
    charged_.clear();
    each([](TestEngine& e) { e.close(); });
    if (try_open(policy.text) != Status::ok) return;
    ++policies_;
    Instant now = kStart;
    each([&](TestEngine& e) { e.set_clock(now); });
    if (policy.plans) {
      each([](TestEngine& e) {
        e.set_plan("account=account1", "pro");
        e.set_plan("account=account2", "big");
      });
    }
    for (int round = 0; round < 12 && !HasFailure(); ++round) {
      std::vector<Ask> asks(1 + random.below(random.chance(20) ? 90 : 12));
      for (Ask& ask : asks) ask = random_ask(policy, random, now);
      this->ask(asks);
      now = std::max<Instant>(now + plain_step(random), 0);
      each([&](TestEngine& e) { e.set_clock(now); });
    }
    compare(policy.subjects());
  }

  static Ask random_ask(const PlainPolicy& policy, Random& random, Instant now) {
    const PlainAsk plain = plain_ask(policy, random, now);
    Ask ask{.operation = policy.operations[plain.operation].name,
            .values = plain.values,
            .quantities = plain.quantities,
            .now = plain.now};
    if (random.chance(3)) ask.flags = flag::peek;
    if (random.chance(3)) ask.flags |= flag::receipt;
    if (random.chance(3)) ask.key = "key" + std::to_string(random.below(3));
    if (random.chance(2)) ask.values[0] = "";
    return ask;
  }

  int policies_ = 0;
};

TEST_F(RandomTriplets, AreAnsweredAndChargedAlike) {
  Random random(99);
  for (int i = 0; i < 500 && !HasFailure(); ++i) run(random);
  EXPECT_GT(policies_, 250);
  EXPECT_GT(tally_["straight ok"], 2'000);
  EXPECT_GT(tally_["straight denied"], 2'000);
  EXPECT_GT(tally_["general"], 2'000);
  EXPECT_GT(events_, 300u);
}

// Two limits on an account, of which the second counts a quantity, and one more on its line.
const char kPolicy[] = R"({ "name": "test", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
  "limits": [
    { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "thresholds": [50, 100],
      "amounts": [ { "plan": "free", "amount": 10 }, { "plan": "pro", "amount": 20 } ] },
    { "name": "bytes", "scope": ["account"], "kind": "pace", "amount": "10/s", "depth": 30 },
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "4/s", "depth": 9 } ],
  "operations": [
    { "name": "send", "values": ["account", "line"], "quantities": ["bytes"], "charges": [
      { "limit": "minute" }, { "limit": "bytes", "cost": "bytes" }, { "limit": "pace" } ] },
    { "name": "buy", "values": ["account"], "charges": [ { "limit": "minute" } ] },
    { "name": "get", "values": ["line"], "charges": [ { "limit": "pace" } ] } ] })";

class StraightWay : public Triplets {
 protected:
  void SetUp() override { open(kPolicy); }
  static Ask send(const std::string& account, uint64_t bytes = 1, Instant now = kEngineClock) {
    return {.values = {account, "+1"}, .quantities = {bytes}, .now = now};
  }
  static Ask buy(const std::string& account, Instant now = kEngineClock) {
    return {.operation = "buy", .values = {account}, .now = now};
  }
  void at(int64_t second) {
    each([&](TestEngine& e) { e.at(second); });
  }
  void same() { compare({"account=a", "line=+1"}); }
};

TEST_F(StraightWay, IsTakenOnceASubjectIsKnown) {
  EXPECT_EQ(ask({send("a")}), 0);
  EXPECT_EQ(ask({send("a"), send("a")}), 2);
  EXPECT_EQ(ask({send("b")}), 0);
  EXPECT_EQ(ask({buy("a"), buy("b"), buy("c")}), 2);
  same();
}

TEST_F(StraightWay, DoesNotKnowACostOfNothing) {
  ask({send("a")});
  EXPECT_EQ(ask({send("a", 0)}), 0);
  EXPECT_EQ(last_, "error: invalid");
  same();
}

TEST_F(StraightWay, DeniesForeverWhatIsMoreThanTheDepth) {
  ask({send("a")});
  ask({send("a", 100)});  // its first denial in the shard
  EXPECT_EQ(ask({send("a", 31), send("a", 30), send("a", 1000)}), 3);
  EXPECT_EQ(last_, "denied: never by bytes, at most 30");
  same();
}

TEST_F(StraightWay, IsAskedNoEarlierThanTheNewestCommit) {
  at(100);
  ask({send("a")});
  at(10);
  EXPECT_EQ(ask({send("a"), send("a", 1, kStart + 5 * kSecond), send("a", 1, kStart)}), 3);
  EXPECT_EQ(last_.decision.now, kStart);
  EXPECT_EQ(last_.decision.resets_at, kStart + 120 * kSecond);
  same();
}

TEST_F(StraightWay, BeginsAPeriodInTheMiddleOfAnArray) {
  ask({buy("a", kStart)});
  EXPECT_EQ(ask({buy("a", kStart + 59 * kSecond), buy("a", kStart + 60 * kSecond), buy("a", kStart + 60 * kSecond)}), 3);
  EXPECT_EQ(last_.decision.used, 2u);
  same();
}

TEST_F(StraightWay, FiresThresholds) {
  ask({buy("a")});
  EXPECT_EQ(ask({buy("a"), buy("a"), buy("a"), buy("a"), buy("a"), buy("a"), buy("a"), buy("a"), buy("a")}), 9);
  EXPECT_THAT(single_.events(),
              ::testing::ElementsAre("50% of minute for account=a at 5 of 10", "100% of minute for account=a at 10 of 10"));
  EXPECT_EQ(rows_.events(), many_.events());
  same();
}

TEST_F(StraightWay, TakesTheSamePlanAfterAChangeOfIt) {
  ask({buy("a")});
  each([](TestEngine& e) { ASSERT_EQ(e.set_plan("account=a", "pro"), Status::ok); });
  EXPECT_EQ(ask({buy("a")}), 1);
  EXPECT_EQ(last_.decision.limit, 20u);
  same();
}

TEST_F(StraightWay, LeavesASubjectWithItsOwnAmountAlone) {
  ask({buy("a")});
  each([](TestEngine& e) { ASSERT_EQ(e.set_amount("minute", "account=a", "15"), Status::ok); });
  forget();
  EXPECT_EQ(ask({buy("a")}), 0);
  EXPECT_EQ(last_.decision.limit, 15u);
  each([](TestEngine& e) { ASSERT_EQ(e.set_amount("minute", "account=a", "null"), Status::ok); });
  EXPECT_EQ(ask({buy("a")}), 1);
  EXPECT_EQ(last_.decision.limit, 10u);
  same();
}

TEST_F(StraightWay, GoesOnAfterAReload) {
  ask({send("a"), send("a")});
  std::string changed(kPolicy);
  changed.replace(changed.find("\"free\", \"amount\": 10"), 20, "\"free\", \"amount\": 12");
  each([&](TestEngine& e) { ASSERT_EQ(e.reload(changed), Status::ok) << e.error; });
  forget();
  EXPECT_EQ(ask({send("a")}), 0) << "its record is of the generation before";
  EXPECT_EQ(ask({send("a"), send("a")}), 2);
  EXPECT_EQ(last_.decision.limit, 12u);
  same();
}

TEST_F(StraightWay, ForgetsAnErasedSubject) {
  ask({send("a"), send("a")});
  each([&](TestEngine& e) { ASSERT_EQ(e.erase("account=a"), Status::ok); });
  forget();
  EXPECT_EQ(ask({send("a")}), 0);
  EXPECT_EQ(last_.decision.used, 1u);
  same();
}

TEST_F(StraightWay, IsNotTakenOffTheEndOfTheClock) {
  ask({send("a")});
  const Instant far = single_.now() + 1'000 * kDay;
  EXPECT_EQ(ask({send("a", 1, far), send("a", 1, -1), send("a", 1, kEndOfTime)}), 0);
  EXPECT_EQ(last_, "error: time");
  EXPECT_EQ(ask({send("a")}), 1);
  same();
}

// It starts where the debt before it ended, and may be drained when it comes.
TEST_F(StraightWay, StartsALateChargeOnItsGrid) {
  open(R"({ "name": "test", "tenant": "line", "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000/s", "slack": "1s" } ], "operations": [
    { "name": "send", "values": ["line"], "charges": [ { "limit": "pace" } ] } ] })");
  ask({{.values = {"+1"}}});
  each([](TestEngine& e) { e.pass(kSecond / 2); });
  EXPECT_EQ(ask({{.values = {"+1"}}}), 1);
  EXPECT_EQ(last_.decision.used, 0u);
  EXPECT_EQ(last_.decision.remaining, 1u);
  compare({"line=+1"});
}

// A message larger than its pace goes when nothing is used, and its debt is bounded; that it was is told.
TEST_F(StraightWay, TellsOfADebtThatReachesItsBound) {
  open(R"({ "name": "test", "tenant": "line", "line": "line", "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/400 days", "mode": "queue" } ], "operations": [
    { "name": "send", "values": ["line"], "quantities": ["n"], "charges": [ { "limit": "pace", "cost": "n" } ] } ] })");
  ask({{.values = {"+1"}, .quantities = {1}}});
  at(400 * 86'400);
  EXPECT_EQ(ask({{.values = {"+1"}, .quantities = {1'000'000}}}), 1);
  EXPECT_EQ(last_, "allowed");
  EXPECT_THAT(single_.events(), ::testing::ElementsAre("saturated pace for line=+1"));
  EXPECT_THAT(rows_.events(), ::testing::ElementsAre("saturated pace for line=+1"));
  EXPECT_THAT(many_.events(), ::testing::ElementsAre("saturated pace for line=+1"));
  compare({"line=+1"});
}

TEST_F(StraightWay, IsTheSameAtTheMemoryCap) {
  each([](TestEngine& e) {
    e.close();
    e.options.memory_cap = uint64_t{1} << 20;
  });
  shards_ = 1;
  open(kPolicy);
  for (int i = 0; i < 30; ++i) ask({buy("known" + std::to_string(i))});
  forget();  // of the strangers, who share one record
  for (int i = 0; i < 30'000 && !HasFailure(); i += 50) {
    std::vector<Ask> strangers;
    for (int j = 0; j < 50; ++j) strangers.push_back(buy("stranger" + std::to_string(i + j)));
    ask(strangers);
  }
  EXPECT_GT(single_.counters().denied_by[static_cast<size_t>(DenialKind::memory)] + single_.counters().overflowed, 0u);
  std::vector<Ask> known;
  for (int i = 0; i < 30; ++i) known.push_back(buy("known" + std::to_string(i)));
  EXPECT_EQ(ask(known), 30);
  same();
}

// Keys are compared by words that overlap: what lies in only one of them must still tell two keys apart.
TEST_F(StraightWay, TellsKeysOfEveryLengthApart) {
  std::vector<size_t> sizes = {63, 64, 65, 1023, 1024};
  for (size_t size = 1; size <= 40; ++size) sizes.push_back(size);
  for (const size_t size : sizes) {
    std::vector<Ask> known, strangers;
    const size_t step = size > 100 ? 17 : 1;
    for (size_t at = 0; at < size; at += step) {
      std::string key(size, 'k');
      key[at] = 'x';
      known.push_back(buy(key));
      key[at] = 'y';
      strangers.push_back(buy(key));
    }
    EXPECT_EQ(ask(known), 0) << size;
    EXPECT_EQ(ask(strangers), 0) << size;
    EXPECT_EQ(ask(known), static_cast<int>(known.size())) << size;
    EXPECT_EQ(last_.decision.used, 2u) << size;
  }
}

// Subjects of two dimensions whose values run together alike.
TEST_F(StraightWay, TellsCompositeKeysApart) {
  open(R"({ "name": "test", "tenant": "a", "limits": [
    { "name": "pair", "scope": ["a", "b"], "kind": "window", "period": "60s", "amount": 9 } ], "operations": [
    { "name": "send", "values": ["b", "a"], "charges": [ { "limit": "pair" } ] } ] })");
  const std::vector<Ask> asks = {{.values = {"xyz", "w"}}, {.values = {"yz", "wx"}}, {.values = {"z", "wxy"}},
                                 {.values = {"w", "xyz"}}, {.values = {"wx", "yz"}}, {.values = {"wxy", "z"}}};
  EXPECT_EQ(ask(asks), 0);
  EXPECT_EQ(ask(asks), 6);
  EXPECT_EQ(last_.decision.used, 2u);
}

// A request of these values and nothing else.
struct ValuesCall {
  std::vector<std::string> values;

  bool is_readable() const { return true; }
  bool is_plain() const { return true; }
  bool is_lone() const { return values.size() == 1; }
  int32_t operation() const { return 0; }
  Instant now() const { return kEngineClock; }
  size_t value_count() const { return values.size(); }
  Bytes value(uint32_t i) const { return values[i]; }
  size_t quantity_count() const { return 0; }
  uint64_t quantity(uint32_t) const { return 0; }
};
static_assert(straight::Asked<ValuesCall>);

// Looks for one subject where another with the same hash is: what tells them apart is the key alone.
template <class Size>
bool finds(uint64_t handle, const ValuesCall& known, const ValuesCall& asked) {
  ControlBlock& block = *registry::find(handle);
  const EngineCore& core = *block.core.load();
  const StableShape& shape = block.shapes[0];
  straight::Subject s[kStraightSlots] = {};
  EXPECT_TRUE(straight::form<Size>(block, shape, shape.head(), known, s));
  const straight::Looks looks = straight::Looks::of(core.generation().straight[0], s[0], 0);
  return straight::find<Size>(core.arena(), looks, s[0], asked) != nullptr;
}

TEST_F(StraightWay, TellsKeysOfOneHashApartByEveryByte) {
  for (size_t size = 1; size <= 70; ++size) {
    open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 9)"}}));
    const ValuesCall known{{std::string(size, 'k')}};
    single_.ask({.values = known.values});
    EXPECT_TRUE(finds<straight::OneSubject>(single_.handle, known, known));
    EXPECT_TRUE(finds<straight::AnySubjects>(single_.handle, known, known));
    for (size_t i = 0; i < size; ++i) {
      ValuesCall other = known;
      other.values[0][i] = 'x';
      EXPECT_FALSE(finds<straight::OneSubject>(single_.handle, known, other)) << i << " of " << size;
      EXPECT_FALSE(finds<straight::AnySubjects>(single_.handle, known, other)) << i << " of " << size;
    }
  }
}

TEST_F(StraightWay, TellsCompositeKeysOfOneHashApart) {
  open(R"({ "name": "test", "tenant": "a", "limits": [
    { "name": "pair", "scope": ["a", "b"], "kind": "window", "period": "60s", "amount": 9 } ], "operations": [
    { "name": "send", "values": ["a", "b"], "charges": [ { "limit": "pair" } ] } ] })");
  const ValuesCall known{{"abcd", "efgh"}};
  single_.ask({.values = known.values});
  EXPECT_TRUE(finds<straight::AnySubjects>(single_.handle, known, known));
  for (const ValuesCall& other : {ValuesCall{{"abcd", "efgx"}}, {{"xbcd", "efgh"}}, {{"abcde", "fgh"}}, {{"abc", "defgh"}}}) {
    EXPECT_FALSE(finds<straight::AnySubjects>(single_.handle, known, other)) << other.values[0];
  }
}

// The index holds 32 bits of a hash. With one shard and this many keys some pairs share them.
TEST(StraightTags, AreSharedByStrangersWhoStayStrangers) {
  TestEngine engine;
  engine.options.shards = 1;
  engine.open(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 9)"}}));
  constexpr int kKeys = 200'000;  // some 4 pairs in 2^32
  const auto key = [](int i) { return "account-with-a-number-" + std::to_string(i); };
  for (int round = 0; round < 2; ++round) {
    int straight = 0;
    for (int i = 0; i < kKeys; ++i) {
      Decision decision;
      const Ask ask{.values = {key(i)}};
      const AskBytes bytes(ask, 0);
      if (dispatch::decide_straight(engine.handle, bytes.request(), &decision)) {
        ++straight;
      } else {
        Engine::decide(engine.handle, bytes.request(), &decision, nullptr, true);
      }
      ASSERT_EQ(decision.used, static_cast<uint64_t>(round + 1));
    }
    EXPECT_EQ(straight, round * kKeys);
  }
}

}  // namespace
}  // namespace sluice::testing
