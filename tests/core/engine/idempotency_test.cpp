// SPDX-License-Identifier: Apache-2.0
// Idempotency keys: one request, one charge, one answer, for 24 hours.
#include "core/engine/idempotency.h"

#include <string>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

class Idempotency : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
        { "name": "requests", "scope": ["account"], "kind": "window", "period": "60s", "amount": 50 },
        { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 5 },
        { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" } ],
      "operations": [
        { "name": "send", "values": ["account", "to"], "repeats": "to", "quantities": ["n"], "charges": [
          { "limit": "requests", "charge": "attempt" }, { "limit": "day", "cost": "n" } ] },
        { "name": "other", "values": ["account", "to"], "quantities": ["n"], "charges": [ { "limit": "day", "cost": "n" } ] },
        { "name": "queued", "values": ["account", "line"], "charges": [ { "limit": "day" }, { "limit": "pace" } ] } ] })");
  }
  Answer keyed(const std::string& key, uint64_t n = 1, const std::string& account = "acme", const std::string& to = "x") {
    return ask({.values = {account, to}, .quantities = {n}, .key = key});
  }
};

TEST_F(Idempotency, TheSameRequestAgainIsOneChargeAndTheSameAnswer) {  // T32
  at(5);
  const Answer first = keyed("k", 2);
  EXPECT_EQ(first, "allowed");
  at(500);
  Answer again = keyed("k", 2);
  EXPECT_EQ(again, "replayed");
  again.decision.flags &= ~flag::replayed;
  EXPECT_EQ(again, first);
  EXPECT_EQ(used("day", "account=acme"), 2u);
  EXPECT_EQ(counters().replayed, 1u);
  EXPECT_EQ(counters().allowed, 1u);
}

TEST_F(Idempotency, AReplayTakesItsAttemptChargesAndOnlyThose) {
  for (int i = 0; i < 4; ++i) keyed("k", 2);
  EXPECT_EQ(used("requests", "account=acme"), 4u);
  EXPECT_EQ(used("day", "account=acme"), 2u);
}

TEST_F(Idempotency, AnAttemptWithoutRoomDoesNotSpoilAReplay) {
  keyed("k");
  set_usage("requests", "account=acme", 50);
  EXPECT_EQ(keyed("k"), "replayed");
  EXPECT_EQ(used("requests", "account=acme"), 50u);
}

TEST_F(Idempotency, TheSameKeyForAnotherRequestIsAConflict) {
  keyed("k", 2);
  const std::string before = ledger({"account=acme"});
  const Answer other[] = {keyed("k", 3), keyed("k", 2, "acme", "y"),
                          ask({.operation = "other", .values = {"acme", "x"}, .quantities = {2}, .key = "k"}),
                          ask({.values = {"acme", ""}, .repeated = {"x", "y"}, .quantities = {2}, .key = "k"}),
                          ask({.values = {"acme", ""}, .repeated = {"x"}, .quantities = {2}, .key = "k"})};
  for (const Answer& answer : other) {
    EXPECT_EQ(answer, "error: conflict");
    EXPECT_THAT(answer.error, ::testing::StartsWith("idempotency_key: "));
  }
  EXPECT_EQ(ledger({"account=acme"}), before);
  EXPECT_EQ(keyed("k", 2), "replayed");
}

TEST_F(Idempotency, ValuesThatRunTogetherAlikeAreDifferentRequests) {
  ask({.values = {"acme", ""}, .repeated = {"ab", "c"}, .quantities = {1}, .key = "k"});
  EXPECT_EQ(ask({.values = {"acme", ""}, .repeated = {"a", "bc"}, .quantities = {1}, .key = "k"}), "error: conflict");
}

TEST_F(Idempotency, KeysOfDifferentTenantsAreDifferent) {
  EXPECT_EQ(keyed("k", 1, "acme"), "allowed");
  EXPECT_EQ(keyed("k", 1, "other"), "allowed");
  EXPECT_EQ(keyed("k", 1, "acmek"), "allowed");
  EXPECT_EQ(keyed("kk", 1, "acme"), "allowed");
}

TEST_F(Idempotency, ARefusalDoesNotBurnTheKey) {
  set_usage("day", "account=acme", 5);
  EXPECT_EQ(keyed("k"), "denied: quota by day, in 86400s");
  set_usage("day", "account=acme", 0);
  EXPECT_EQ(keyed("k"), "allowed");
  EXPECT_EQ(keyed("k"), "replayed");
}

TEST_F(Idempotency, ARefusalLeavesTheKeyFreeForAnotherRequest) {
  set_usage("day", "account=acme", 5);
  keyed("k", 1);
  set_usage("day", "account=acme", 0);
  EXPECT_EQ(keyed("k", 2), "allowed");
}

TEST_F(Idempotency, WouldQueueDoesNotBurnTheKey) {
  const Ask queued{.operation = "queued", .values = {"acme", "+1"}, .key = "k"};
  ask({.operation = "queued", .values = {"acme", "+1"}});
  EXPECT_EQ(ask(queued), "would queue: by pace, in 1s");
  at(1);
  EXPECT_EQ(ask(queued), "allowed");
  EXPECT_EQ(ask(queued), "replayed");
}

TEST_F(Idempotency, AnErrorDoesNotBurnTheKey) {
  EXPECT_EQ(keyed("k", 0), "error: invalid");
  EXPECT_EQ(keyed("k", 1), "allowed");
}

TEST_F(Idempotency, APeekBurnsNothingAndSeesTheReplay) {
  Ask peeked{.values = {"acme", "x"}, .quantities = {1}, .key = "k", .flags = flag::peek};
  EXPECT_EQ(ask(peeked), "allowed");
  EXPECT_EQ(counters().records, 0u);
  keyed("k");
  EXPECT_EQ(ask(peeked), "replayed");
  EXPECT_EQ(used("requests", "account=acme"), 1u);
}

TEST_F(Idempotency, AKeyCountsForADayAndThenNoMore) {
  keyed("k", 2);
  at_ns(kDay - 1);
  EXPECT_EQ(keyed("k", 2), "replayed");
  EXPECT_EQ(keyed("k", 3), "error: conflict");
  at_ns(kDay);
  EXPECT_EQ(keyed("k", 3), "allowed");
  EXPECT_EQ(keyed("k", 3), "replayed");
}

TEST_F(Idempotency, AReplayBeforeTheFirstDecisionsInstantIsAReplay) {
  at(100);
  keyed("k");
  at(10);
  EXPECT_EQ(keyed("k"), "replayed");
}

TEST_F(Idempotency, ASweepDropsKeysThatAreOver) {
  keyed("k");
  EXPECT_EQ(counters().records, 2u);
  at_ns(kDay - 1);
  EXPECT_EQ(sweep(), 0u);
  at_ns(kDay);
  EXPECT_EQ(sweep(), 2u);  // the day's window has turned, too
}

TEST_F(Idempotency, AReplayCarriesTheFirstReceipt) {
  const Ask wanted{.values = {"acme", "x"}, .quantities = {2}, .key = "k", .flags = flag::receipt};
  const Answer first = ask(wanted), again = ask(wanted);
  EXPECT_NE(first.decision.receipt, 0u);
  EXPECT_EQ(again.decision.receipt, first.decision.receipt);
  EXPECT_EQ(refund(first.decision.receipt), Status::ok);
  EXPECT_EQ(used("day", "account=acme"), 0u);
  EXPECT_EQ(ask(wanted), "replayed");
}

TEST_F(Idempotency, KeysSurviveAReload) {
  keyed("k", 2);
  EXPECT_EQ(reload(options.policy), Status::ok) << error;
  EXPECT_EQ(keyed("k", 2), "replayed");
  EXPECT_EQ(used("day", "account=acme"), 2u);
}

TEST_F(Idempotency, AKeyOf255BytesWithNulsIsKeptWhole) {
  std::string key(255, '\0');
  EXPECT_EQ(keyed(key), "allowed");
  EXPECT_EQ(keyed(key), "replayed");
  key.back() = 'x';
  EXPECT_EQ(keyed(key), "allowed");
}

TEST_F(Idempotency, ErasingTheTenantForgetsItsKeysAndNoOthers) {
  keyed("k", 1, "acme");
  keyed("k", 1, "other");
  erase("account=acme");
  EXPECT_EQ(keyed("k", 1, "acme"), "allowed");
  EXPECT_EQ(keyed("k", 1, "other"), "replayed");
}

TEST(RequestDigest, DiffersInEveryPartThatMakesARequest) {
  const Bytes ab[] = {"a", "b"}, ba[] = {"b", "a"}, joined[] = {"ab"};
  const uint64_t one[] = {1}, two[] = {2};
  Request base;
  base.operation = 1;
  base.values = ab;
  base.quantities = one;
  std::vector<Request> all(6, base);
  all[1].operation = 2;
  all[2].values = ba;
  all[3].values = joined;
  all[4].quantities = two;
  all[5].repeated = joined;
  uint64_t digests[6][2] = {};
  for (size_t i = 0; i < all.size(); ++i) digest_request(all[i], false, {1, 2}, digests[i]);
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = i + 1; j < all.size(); ++j) {
      EXPECT_NE(digests[i][0], digests[j][0]);
      EXPECT_NE(digests[i][1], digests[j][1]);
    }
  }
  uint64_t keyed[2] = {};
  digest_request(base, false, {3, 4}, keyed);
  EXPECT_NE(keyed[0], digests[0][0]);
  base.now = 5;
  base.flags = flag::receipt;
  digest_request(base, false, {1, 2}, keyed);
  EXPECT_EQ(keyed[0], digests[0][0]);
}

}  // namespace
}  // namespace sluice::testing
