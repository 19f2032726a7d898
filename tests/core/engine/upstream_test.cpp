// SPDX-License-Identifier: Apache-2.0
// Upstream limits: open until somebody who knows says otherwise.
#include <string>

#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

class Upstream : public EngineTest {
 protected:
  void SetUp() override {
    open(R"({ "name": "test", "tenant": "account", "line": "account", "limits": [
        { "name": "up", "scope": ["account"], "kind": "upstream", "longest": "1h" },
        { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100 } ],
      "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "up" }, { "limit": "day" } ] },
        { "name": "queue", "values": ["account"], "charges": [ { "limit": "up", "mode": "queue" } ] } ] })");
  }
};

TEST_F(Upstream, IsOpenUntilClosedAndThenForAsLongAsWasSaid) {
  EXPECT_EQ(send("acme"), "allowed");
  EXPECT_EQ(throttled("up", "account=acme", 30 * kSecond), Status::ok);
  EXPECT_EQ(send("acme"), "denied: upstream by up, in 30s");
  EXPECT_EQ(used("day", "account=acme"), 1u);
  EXPECT_EQ(send("other"), "allowed");
  at_ns(30 * kSecond - 1);
  EXPECT_EQ(send("acme"), "denied: upstream by up, in 0.000000001s");
  at(30);
  EXPECT_EQ(send("acme"), "allowed");
}

TEST_F(Upstream, AReportOnlyEverExtends) {
  throttled("up", "account=acme", 30 * kSecond);
  throttled("up", "account=acme", 10 * kSecond);
  EXPECT_EQ(send("acme"), "denied: upstream by up, in 30s");
  at(20);
  throttled("up", "account=acme", 30 * kSecond);
  EXPECT_EQ(send("acme"), "denied: upstream by up, in 30s");
}

TEST_F(Upstream, NoReportClosesForLongerThanTheLongest) {
  throttled("up", "account=acme", INT64_MAX);
  EXPECT_EQ(send("acme"), "denied: upstream by up, in 3600s");
}

TEST_F(Upstream, ClearingOpensAtOnce) {
  throttled("up", "account=acme", kMinute);
  EXPECT_EQ(cleared("up", "account=acme"), Status::ok);
  EXPECT_EQ(send("acme"), "allowed");
  EXPECT_EQ(cleared("up", "account=unknown"), Status::ok);
  EXPECT_EQ(counters().records, 1u);
}

TEST_F(Upstream, AQueueLimitWaitsForIt) {
  throttled("up", "account=acme", kMinute);
  EXPECT_EQ(call("queue", "acme"), "would queue: by up, in 60s");
}

TEST_F(Upstream, AClosedOneIsNotSwept) {
  throttled("up", "account=acme", kMinute);
  at(59);
  EXPECT_EQ(sweep(), 0u);
  at(60);
  EXPECT_EQ(sweep(), 1u);
}

TEST_F(Upstream, AReportFromThePastClosesFromWhatTheSubjectHasSeen) {
  at(100);
  send("acme");
  at(40);
  throttled("up", "account=acme", 30 * kSecond);
  at(100);
  EXPECT_EQ(send("acme"), "denied: upstream by up, in 30s");
}

TEST_F(Upstream, ItIsNotAmongWhatIsMetered) {
  send("acme");
  EXPECT_EQ(usage("account=acme").count("up"), 0u);
  EXPECT_EQ(send_detailed("acme").details[0].flags, flag::unlimited | flag::passed);
}

}  // namespace
}  // namespace sluice::testing
