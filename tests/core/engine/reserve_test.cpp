// SPDX-License-Identifier: Apache-2.0
// Places of a queue's depth that are for the classes that go first.
#include <string>

#include "tests/support/pool_fixture.h"

namespace sluice::testing {
namespace {

constexpr int kUrgent = 0, kReply = 1, kTransactional = 2, kBulk = 3;
const std::string kClasses = R"("classes": [ { "class": "urgent", "reserve": 2 }, { "class": "reply", "reserve": 3 } ])";
const std::string kReserves = R"("queue": { )" + kClasses + " }, ";
const std::string kDepth = R"({ "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 10 })";
const std::string kDepthCharge = R"({ "limit": "queued", "while": "queued" })";

class ReserveTest : public PoolTest {
 protected:
  // How many of a class are taken in, one after the other.
  int taken(int message_class, const std::string& recipient = "ann") {
    for (int count = 0;; ++count) {
      last = put({.values = {"acme", "+1", recipient}, .message_class = message_class});
      if (last.decision.status != Status::ok) return count;
    }
  }
  Enqueued last;
};

TEST_F(ReserveTest, PlacesAreKeptForTheClassesBefore) {
  open(line_queue(R"("amount": "1/s")", kDepth, kDepthCharge, kReserves));
  EXPECT_EQ(taken(kBulk), 5);
  EXPECT_EQ(last.decision.denial, DenialKind::depth);
  EXPECT_EQ(last.decision.used, 5u);
  EXPECT_EQ(last.decision.limit, 10u);
  EXPECT_EQ(last.decision.remaining, 0u) << "what is free is not for this class";
  EXPECT_EQ(taken(kTransactional), 0) << "what a class behind has left is no more for this one";
  EXPECT_EQ(taken(kReply), 3);
  EXPECT_EQ(taken(kBulk), 0);
  EXPECT_EQ(taken(kUrgent), 2);
  EXPECT_EQ(last.decision.denial, DenialKind::depth);
  lease_one();
  EXPECT_EQ(taken(kUrgent), 0) << "a leased message counts";
}

TEST_F(ReserveTest, WhoGoesFirstMayTakeAllThereIs) {
  open(line_queue(R"("amount": "1/s")", kDepth, kDepthCharge, kReserves));
  EXPECT_EQ(taken(kUrgent), 10);
  EXPECT_EQ(taken(kBulk), 0);
  // It comes free for the next class only below what the others may take.
  for (int i = 0; i < 5; ++i) {
    at(i);
    EXPECT_EQ(ack(lease_one()), Status::ok);
    EXPECT_EQ(taken(kBulk), 0);
  }
  at(5);
  EXPECT_EQ(ack(lease_one()), Status::ok);
  EXPECT_EQ(taken(kBulk), 1);
}

TEST_F(ReserveTest, ADepthThatIsAllReservedNeverTakesTheOthers) {
  const std::string small = R"({ "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 5 })";
  open(line_queue(R"("amount": "1/s")", small, kDepthCharge, kReserves));
  EXPECT_EQ(taken(kBulk), 0);
  EXPECT_EQ(last.decision.denial, DenialKind::never);
  EXPECT_EQ(last.decision.largest_cost, 0u);
  EXPECT_EQ(taken(kReply), 3);
}

TEST_F(ReserveTest, APoolChoosesALineThatHasRoomForTheClass) {
  open(pooled("", 4).replace(0, 1, "{ " + kReserves));
  lines(2);
  const auto send = [&](int message_class, const std::string& recipient) {
    return put({.values = {"acme", "", recipient}, .message_class = message_class});
  };
  // Four places a line, five reserved: only who goes first is taken in.
  EXPECT_EQ(send(kBulk, "ann").decision.denial, DenialKind::never);
  EXPECT_EQ(send(kReply, "ann").decision.status, Status::ok);
  EXPECT_EQ(send(kReply, "bob").decision.status, Status::ok);
  EXPECT_EQ(send(kReply, "cid").decision.status, Status::ok);
  EXPECT_EQ(send(kReply, "dan").decision.status, Status::ok);
  const Enqueued full = send(kReply, "eve");
  EXPECT_EQ(full.decision.denial, DenialKind::depth) << "both lines have two, and keep two for the urgent";
  EXPECT_EQ(send(kUrgent, "eve").decision.status, Status::ok);
}

}  // namespace
}  // namespace sluice::testing
