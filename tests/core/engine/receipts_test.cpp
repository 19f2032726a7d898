// SPDX-License-Identifier: Apache-2.0
// Receipts: giving back exactly what was taken, to the period it was taken from; settling with what was really used.
#include <string>
#include <vector>

#include "tests/support/engine_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

// One limit, charged `n` at a time.
std::string costed(const std::string& body, const std::string& charge = "") {
  return R"({ "name": "test", "tenant": "account", "limits": [ { "name": "l", "scope": ["account"], )" + body +
         R"( } ], "operations": [ { "name": "send", "values": ["account", "to"], "quantities": ["n"], "charges": [ { "limit": "l")" +
         charge + " } ] } ] }";
}
const std::string kCost = ", \"cost\": \"n\"";

class Receipts : public EngineTest {
 protected:
  Ask n(uint64_t n, const std::string& to = "x") { return {.values = {"acme", to}, .quantities = {n}}; }
  uint64_t used() { return TestEngine::used("l", "account=acme"); }
};

TEST_F(Receipts, ARefundGivesBackExactlyWhatWasTakenOfEveryCountingKind) {  // T22, T26
  for (const char* body :
       {R"("kind": "window", "period": "60s", "amount": 10)", R"("kind": "window", "period": "billing", "amount": 10)",
        R"("kind": "window", "period": "60s from first", "amount": 10)", R"("kind": "sliding", "period": "60s", "amount": 10)",
        R"("kind": "sliding", "period": "60s", "amount": 10, "slots": 6)", R"("kind": "gauge", "amount": 10)"}) {
    open(costed(body, kCost));
    ask(n(3));
    const uint64_t receipt = receipt_for(n(5));
    ask(n(2));
    EXPECT_FALSE(ask(n(1)).passed()) << body;
    EXPECT_EQ(used(), 10u);
    EXPECT_EQ(refund(receipt), Status::ok);
    EXPECT_EQ(used(), 5u) << body;
    EXPECT_EQ(ask(n(5)), "allowed");
    EXPECT_FALSE(ask(n(1)).passed());
  }
}

TEST_F(Receipts, ARefundAtNothingRemainingClearsTheDenialAtOnce) {  // T23
  open(costed(R"("kind": "window", "period": "day", "amount": 1)", kCost));
  const uint64_t receipt = receipt_for(n(1));
  EXPECT_EQ(ask(n(1)), "denied: quota by l, in 86400s");
  refund(receipt);
  EXPECT_EQ(ask(n(1)), "allowed");
}

TEST_F(Receipts, ARefundAfterThePeriodTurnedCreditsNothing) {  // T24
  for (const char* body :
       {R"("kind": "window", "period": "60s", "amount": 10)", R"("kind": "window", "period": "60s from first", "amount": 10)",
        R"("kind": "sliding", "period": "60s", "amount": 10)"}) {
    open(costed(body, kCost));
    const uint64_t receipt = receipt_for(n(5));
    pass(kMinute);
    ask(n(7));
    EXPECT_EQ(refund(receipt), Status::ok);
    EXPECT_EQ(used(), 7u) << body;
  }
}

TEST_F(Receipts, APaceReturnsTheChargeLessWhatHasElapsed) {  // T25
  open(costed(R"("kind": "pace", "amount": "1/s", "depth": 10)", kCost));
  const uint64_t receipt = receipt_for(n(8));
  at(3);
  EXPECT_EQ(used(), 5u);
  refund(receipt);
  EXPECT_EQ(used(), 0u);
  EXPECT_EQ(ask(n(10)), "allowed");
  EXPECT_EQ(ask(n(1)), "denied: rate by l, in 1s");
}

TEST_F(Receipts, APacesRefundLeavesWhatOthersTook) {
  open(costed(R"("kind": "pace", "amount": "1/s", "depth": 10)", kCost));
  const uint64_t receipt = receipt_for(n(4));
  ask(n(6));
  at(1);
  refund(receipt);
  EXPECT_EQ(used(), 6u);  // 10 less 1 drained less the 3 that were left of its 4
}

TEST_F(Receipts, APaceReturnsNothingOnceAllHasElapsed) {
  open(costed(R"("kind": "pace", "amount": "1/s", "depth": 10)", kCost));
  const uint64_t receipt = receipt_for(n(4));
  ask(n(6));
  at(4);
  refund(receipt);
  EXPECT_EQ(used(), 6u);
}

TEST_F(Receipts, ManyRefundedInAnyOrderReturnExactly) {  // T27
  Random random(5);
  for (const char* rate : {"30/s", "60/s", "100/s", "7/s"}) {
    open(costed(std::string(R"("kind": "pace", "depth": 200, "amount": ")") + rate + "\"", kCost));
    std::vector<uint64_t> receipts;
    for (int i = 0; i < 100; ++i) receipts.push_back(receipt_for(n(1)));
    while (!receipts.empty()) {
      const size_t i = random.below(receipts.size());
      EXPECT_EQ(refund(receipts[i]), Status::ok);
      receipts.erase(receipts.begin() + static_cast<std::ptrdiff_t>(i));
    }
    EXPECT_EQ(used(), 0u);
    EXPECT_EQ(sweep(), 1u);  // nothing is left, not a nanosecond
  }
}

TEST_F(Receipts, ADistinctSlotClosesOnlyIfNobodyElseUsedIt) {
  open(costed(R"("kind": "distinct", "period": "24h", "amount": 2)", R"(, "of": "to")"));
  const uint64_t ann = receipt_for(n(1, "ann"));
  const uint64_t bob = receipt_for(n(1, "bob"));
  ask(n(1, "ann"));
  EXPECT_EQ(refund(ann), Status::ok);
  EXPECT_EQ(refund(bob), Status::ok);
  EXPECT_EQ(used(), 1u);
  EXPECT_EQ(ask(n(1, "eve")), "allowed");
  EXPECT_EQ(ask(n(1, "ann")), "allowed");
}

TEST_F(Receipts, AReceiptThatOpenedNoSlotClosesNone) {
  open(costed(R"("kind": "distinct", "period": "24h", "amount": 2)", R"(, "of": "to")"));
  ask(n(1, "ann"));
  const uint64_t again = receipt_for(n(1, "ann"));
  refund(again);
  EXPECT_EQ(used(), 1u);
}

TEST_F(Receipts, ANamedResourceIsReleasedByItsRefund) {
  open(costed(R"("kind": "gauge", "amount": 1)", R"(, "of": "to")"));
  const uint64_t receipt = receipt_for(n(1, "+1"));
  EXPECT_EQ(ask(n(1, "+2")), "denied: gauge by l, on release");
  refund(receipt);
  EXPECT_EQ(ask(n(1, "+2")), "allowed");
}

TEST_F(Receipts, SettlingTwiceIsUnknownAndChangesNothing) {  // T28
  open(costed(R"("kind": "window", "period": "60s", "amount": 10)", kCost));
  const uint64_t first = receipt_for(n(2)), second = receipt_for(n(3));
  EXPECT_EQ(refund(first), Status::ok);
  EXPECT_EQ(refund(first), Status::not_found);
  EXPECT_THAT(error, ::testing::StartsWith("receipt: "));
  EXPECT_EQ(commit(first, {9}), Status::not_found);
  EXPECT_EQ(commit(second, {1}), Status::ok);
  EXPECT_EQ(refund(second), Status::not_found);
  EXPECT_EQ(used(), 1u);
  EXPECT_EQ(counters().receipts, 0u);
  EXPECT_EQ(counters().refunded, 2u);
}

TEST_F(Receipts, AnExpiredReceiptIsUnknown) {
  options.receipt_ttl = 10 * kSecond;
  open(costed(R"("kind": "window", "period": "day", "amount": 10)", kCost));
  const uint64_t early = receipt_for(n(2)), late = receipt_for(n(3));
  pass(10 * kSecond - 1);
  EXPECT_EQ(refund(early), Status::ok);
  pass(1);
  EXPECT_EQ(refund(late), Status::not_found);
  EXPECT_EQ(used(), 3u);
}

TEST_F(Receipts, ASweepEndsExpiredOnesAndTheirMemory) {
  options.receipt_ttl = 10 * kSecond;
  options.shards = 1;
  open(costed(R"("kind": "window", "period": "day", "amount": 1000)", kCost));
  ask(n(1));
  const uint64_t before = counters().memory_used;
  for (int i = 0; i < 30; ++i) receipt_for(n(1));
  EXPECT_EQ(counters().receipts, 30u);
  EXPECT_GT(counters().memory_used, before);
  pass(10 * kSecond);
  sweep();
  EXPECT_EQ(counters().receipts, 0u);
  EXPECT_EQ(counters().memory_used, before);
}

TEST_F(Receipts, ReceiptsExistOnRequestOnly) {
  open(costed(R"("kind": "window", "period": "day", "amount": 2)", kCost));
  EXPECT_EQ(ask(n(1)).decision.receipt, 0u);
  Ask peeked = n(1);
  peeked.flags = flag::receipt | flag::peek;
  EXPECT_EQ(ask(peeked).decision.receipt, 0u);
  Ask large = n(2);
  large.flags = flag::receipt;
  const Answer denied = ask(large);
  EXPECT_EQ(denied, "denied: quota by l, in 86400s");
  EXPECT_EQ(denied.decision.receipt, 0u);
  EXPECT_EQ(counters().receipts, 0u);
}

// Commit with the actual quantities.

TEST_F(Receipts, CommittingLessReturnsTheRest) {
  for (const char* body :
       {R"("kind": "window", "period": "60s", "amount": 10)", R"("kind": "sliding", "period": "60s", "amount": 10)",
        R"("kind": "gauge", "amount": 10)", R"("kind": "pace", "amount": "1/s", "depth": 10)"}) {
    open(costed(body, kCost));
    ask(n(1));
    const uint64_t receipt = receipt_for(n(6));
    EXPECT_EQ(commit(receipt, {4}), Status::ok);
    EXPECT_EQ(used(), 5u) << body;
  }
}

TEST_F(Receipts, CommittingTheSameChangesNothing) {
  open(costed(R"("kind": "pace", "amount": "7/s", "depth": 10)", kCost));
  const uint64_t receipt = receipt_for(n(6));
  const std::string before = ledger({"account=acme"});
  EXPECT_EQ(commit(receipt, {6}), Status::ok);
  EXPECT_EQ(ledger({"account=acme"}), before);
}

TEST_F(Receipts, CommittingMoreTakesTheExcessAsForced) {
  for (const char* body :
       {R"("kind": "window", "period": "60s", "amount": 10)", R"("kind": "sliding", "period": "60s", "amount": 10)",
        R"("kind": "gauge", "amount": 10)", R"("kind": "pace", "amount": "1/s", "depth": 10)"}) {
    open(costed(body, kCost));
    const uint64_t receipt = receipt_for(n(6));
    EXPECT_EQ(commit(receipt, {15}), Status::ok);
    EXPECT_EQ(used(), 15u) << body;
    EXPECT_FALSE(ask(n(1)).passed());
  }
}

TEST_F(Receipts, CommittingZeroReturnsAll) {
  open(costed(R"("kind": "window", "period": "60s", "amount": 10)", kCost));
  const uint64_t receipt = receipt_for(n(6));
  EXPECT_EQ(commit(receipt, {0}), Status::ok);
  EXPECT_EQ(used(), 0u);
}

TEST_F(Receipts, CommittingLessAfterThePeriodTurnedCreditsNothing) {
  open(costed(R"("kind": "window", "period": "60s", "amount": 10)", kCost));
  const uint64_t receipt = receipt_for(n(6));
  at(60);
  ask(n(3));
  EXPECT_EQ(commit(receipt, {1}), Status::ok);
  EXPECT_EQ(used(), 3u);
}

TEST_F(Receipts, TheExcessFiresThresholds) {
  open(costed(R"("kind": "window", "period": "60s", "amount": 10, "thresholds": [50, 100])", kCost));
  const uint64_t receipt = receipt_for(n(4));
  EXPECT_TRUE(events().empty());
  commit(receipt, {10});
  EXPECT_THAT(events(),
              ::testing::ElementsAre("50% of l for account=acme at 10 of 10", "100% of l for account=acme at 10 of 10"));
}

TEST_F(Receipts, TheWrongNumberOfQuantitiesLeavesTheReceiptAlive) {
  open(costed(R"("kind": "window", "period": "60s", "amount": 10)", kCost));
  const uint64_t receipt = receipt_for(n(6));
  EXPECT_EQ(commit(receipt, {}), Status::invalid);
  EXPECT_EQ(commit(receipt, {1, 2}), Status::invalid);
  EXPECT_EQ(commit(receipt, {kDay * 400}), Status::invalid);
  EXPECT_THAT(error, ::testing::StartsWith("quantities"));
  EXPECT_EQ(used(), 6u);
  EXPECT_EQ(refund(receipt), Status::ok);
}

TEST_F(Receipts, AQuantityChargedForSeveralValuesSettlesForAllOfThem) {
  open(
      R"({ "name": "test", "tenant": "account", "limits": [ { "name": "l", "scope": ["account"], "kind": "window", "period": "60s", "amount": 100 },
      { "name": "pair", "scope": ["account", "to"], "kind": "window", "period": "60s", "amount": 100 } ],
    "operations": [ { "name": "send", "values": ["account", "to"], "repeats": "to", "quantities": ["n"], "charges": [
      { "limit": "l", "each": "to", "cost": "n" }, { "limit": "pair", "each": "to", "cost": "n" } ] } ] })");
  const uint64_t receipt = receipt_for({.values = {"acme", ""}, .repeated = {"a", "b", "b"}, .quantities = {5}});
  EXPECT_EQ(used(), 15u);
  EXPECT_EQ(commit(receipt, {2}), Status::ok);
  EXPECT_EQ(used(), 6u);
  EXPECT_EQ(TestEngine::used("pair", "account=acme,to=a"), 2u);
  EXPECT_EQ(TestEngine::used("pair", "account=acme,to=b"), 4u);
}

// After things changed.

TEST_F(Receipts, ARefundAfterAPlanChangeReturnsWhatTheChargeIsWorthThen) {
  for (const auto& [plan, left] : std::vector<std::pair<const char*, uint64_t>>{{"fast", 20u}, {"slow", 20u}}) {
    open(R"({ "name": "test", "tenant": "account",
      "subjects": [ { "scope": ["account"], "plans": ["middle", "fast", "slow"], "default": "middle" } ],
      "limits": [ { "name": "l", "scope": ["account"], "kind": "pace", "amounts": [ { "plan": "middle", "amount": "10/s", "depth": 50 },
        { "plan": "fast", "amount": "100/s", "depth": 50 }, { "plan": "slow", "amount": "1/s", "depth": 50 } ] } ],
      "operations": [ { "name": "send", "values": ["account", "to"], "quantities": ["n"], "charges": [ { "limit": "l", "cost": "n" } ] } ] })");
    const uint64_t receipt = receipt_for(n(20));
    ask(n(20));
    EXPECT_EQ(set_plan("account=acme", plan), Status::ok);
    EXPECT_EQ(used(), 40u);
    EXPECT_EQ(refund(receipt), Status::ok);
    EXPECT_GE(used(), left) << plan;      // never more than it took
    EXPECT_LE(used(), left + 1) << plan;  // and no less, but for rounding
  }
}

TEST_F(Receipts, ARefundAfterADowngradeReturnsUnitsOfAWindow) {
  open(
      R"({ "name": "test", "tenant": "account", "subjects": [ { "scope": ["account"], "plans": ["pro", "free"], "default": "pro" } ],
    "limits": [ { "name": "l", "scope": ["account"], "kind": "window", "period": "day", "amounts": [
      { "plan": "pro", "amount": 100 }, { "plan": "free", "amount": 10 } ] } ],
    "operations": [ { "name": "send", "values": ["account", "to"], "quantities": ["n"], "charges": [ { "limit": "l", "cost": "n" } ] } ] })");
  const uint64_t receipt = receipt_for(n(20));
  ask(n(5));
  set_plan("account=acme", "free");
  EXPECT_EQ(ask(n(1)), "denied: quota by l, in 86400s");
  refund(receipt);
  EXPECT_EQ(used(), 5u);
  EXPECT_EQ(ask(n(5)), "allowed");
}

TEST_F(Receipts, ARecordThatWasSweptMeanwhileIsNotBroughtBackByARefund) {
  open(costed(R"("kind": "window", "period": "60s", "amount": 10)", kCost));
  const uint64_t receipt = receipt_for(n(5));
  at(60);
  EXPECT_EQ(sweep(), 1u);
  EXPECT_EQ(refund(receipt), Status::ok);
  EXPECT_EQ(counters().records, 0u);
}

TEST_F(Receipts, AnExcessOfASweptRecordIsTakenAllTheSame) {
  open(costed(R"("kind": "window", "period": "60s", "amount": 10)", kCost));
  const uint64_t receipt = receipt_for(n(5));
  at(60);
  sweep();
  EXPECT_EQ(commit(receipt, {8}), Status::ok);
  EXPECT_EQ(used(), 3u);
}

TEST_F(Receipts, ARefundGoesToEveryLimitAndSubjectOfItsDecision) {
  open(R"({ "name": "test", "tenant": "account", "limits": [
      { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100 },
      { "name": "pair", "scope": ["line", "to"], "kind": "sliding", "period": "60s", "amount": 30 },
      { "name": "line_pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "depth": 5 },
      { "name": "tried", "scope": ["line"], "kind": "window", "period": "60s", "amount": 30 } ],
    "operations": [ { "name": "send", "values": ["account", "line", "to"], "repeats": "to", "charges": [
      { "limit": "tried", "charge": "attempt" }, { "limit": "day" }, { "limit": "pair", "each": "to" }, { "limit": "line_pace" } ] } ] })");
  const std::vector<std::string> subjects = {"account=acme", "line=+1", "line=+1,to=a", "line=+1,to=b"};
  const uint64_t receipt = receipt_for({.values = {"acme", "+1", ""}, .repeated = {"a", "b"}});
  EXPECT_EQ(refund(receipt), Status::ok);
  for (const std::string& subject : subjects) {
    for (const auto& [name, row] : usage(subject)) EXPECT_EQ(row.used, 0u) << subject << " " << name;
  }
}

TEST_F(Receipts, AReleaseIsNotGivenBack) {
  open(
      R"({ "name": "test", "tenant": "account", "limits": [ { "name": "l", "scope": ["account"], "kind": "gauge", "amount": 5 } ],
    "operations": [ { "name": "hold", "values": ["account"], "charges": [ { "limit": "l" } ] },
                    { "name": "send", "values": ["account"], "charges": [ { "limit": "l", "charge": "release" } ] } ] })");
  call("hold", "acme");
  call("hold", "acme");
  const uint64_t receipt = receipt_for({.values = {"acme"}});
  EXPECT_EQ(used(), 1u);
  refund(receipt);
  EXPECT_EQ(used(), 1u);
}

TEST_F(Receipts, ThresholdsThatFiredAreNotArmedAgainByARefund) {  // T88
  open(costed(R"("kind": "window", "period": "60s", "amount": 10, "thresholds": [50])", kCost));
  const uint64_t receipt = receipt_for(n(6));
  EXPECT_EQ(events().size(), 1u);
  refund(receipt);
  ask(n(6));
  EXPECT_TRUE(events().empty());
  at(60);
  ask(n(6));
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(Receipts, ResettingASubjectEndsWhatWasTakenBefore) {
  // What a reset forgot cannot be given back again out of what was charged since.
  for (const char* body : {R"("kind": "window", "period": "60s", "amount": 10)",
                           R"("kind": "sliding", "period": "60s", "amount": 10)", R"("kind": "gauge", "amount": 10)"}) {
    open(costed(body, kCost));
    const uint64_t receipt = receipt_for(n(5));
    EXPECT_EQ(reset("account=acme"), Status::ok);
    ask(n(3));
    refund(receipt);
    EXPECT_EQ(used(), 3u) << body;
  }
}

TEST_F(Receipts, OnesThatWereSettledLeaveNoMemoryBehind) {
  options.shards = 1;
  options.memory_cap = 1 << 20;
  open(costed(R"("kind": "window", "period": "day", "amount": 10000000)", kCost));
  const uint64_t held = receipt_for(n(1));  // unsettled, the oldest
  const uint64_t before = counters().memory_used;
  for (int i = 0; i < 20'000; ++i) EXPECT_EQ(refund(receipt_for(n(1))), Status::ok);
  EXPECT_EQ(counters().memory_used, before);
  EXPECT_EQ(refund(held), Status::ok);
}

}  // namespace
}  // namespace sluice::testing
