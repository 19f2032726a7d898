// SPDX-License-Identifier: Apache-2.0
// Requests as nobody should send them: at the edges of what is allowed, and beyond.
#include <string>
#include <vector>

#include "tests/support/queue_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

class Hostile : public QueueTest {
 protected:
  Status status_of(const Put& what) { return put(what).decision.status; }
  static Leased lease_of(uint64_t number, uint32_t fence) {
    Leased one;
    one.message = number;
    one.fence = fence;
    return one;
  }
  static Put message(const std::string& recipient = "ann") { return {.values = {"acme", "+1", recipient}}; }
};

const std::string kFast = R"("amount": "1000/s", "depth": 1000)";

TEST_F(Hostile, ValuesAndPayloadsOfEveryLengthComeOutAsTheyWentIn) {
  open(line_queue(kFast));
  Random random(1);
  const auto bytes = [&](size_t size) {
    std::string text(size, 0);
    for (char& c : text) c = static_cast<char>(random.next());
    return text;
  };
  for (const size_t size : {1u, 2u, 253u, 254u, 255u, 256u, 257u, 1'023u, 1'024u}) {
    for (const size_t payload : {size_t{0}, size_t{1}, size, size_t{16'000}}) {
      const Put what{.values = {bytes(size), bytes(size), bytes(size)}, .payload = bytes(payload), .expires_at = now() + kHour};
      ASSERT_EQ(status_of(what), Status::ok) << error;
      const Leased one = lease_one();
      EXPECT_EQ(one.values, what.values);
      EXPECT_EQ(one.payload, what.payload);
      ASSERT_EQ(ack(one), Status::ok);
    }
  }
  EXPECT_EQ(status_of({.values = {"a", bytes(1'025), "c"}}), Status::invalid);
  EXPECT_EQ(status_of({.values = {"a", "", "c"}}), Status::invalid);
  EXPECT_EQ(status_of({.values = {"a", "b"}}), Status::invalid);
  EXPECT_EQ(counters().messages, 0u);
}

TEST_F(Hostile, InstantsAtTheEndsOfTimeAreRefusedOrKept) {
  open(line_queue(kFast));
  constexpr Instant kLast = (Instant{1} << 62) - 1;
  const auto at = [&](Instant send_at, Instant expires_at) {
    Put what = message();
    what.send_at = send_at;
    what.expires_at = expires_at;
    return put(what);
  };
  for (const Instant wrong : {Instant{-1}, INT64_MIN, kLast + 1, INT64_MAX}) {
    EXPECT_EQ(at(wrong, 0).decision.status, Status::invalid) << wrong;
    EXPECT_EQ(at(0, wrong).decision.status, Status::invalid) << wrong;
  }
  EXPECT_EQ(at(0, 1).decision.status, Status::invalid) << "it has expired before it came";
  EXPECT_EQ(at(kLast, kLast).decision.status, Status::invalid);
  for (const Enqueued& held : {at(1, 0), at(kLast, 0), at(kLast - 1, kLast), at(0, kLast), at(kLast, 0)}) {
    ASSERT_EQ(held.decision.status, Status::ok) << error;
  }
  EXPECT_EQ(lease(10).size(), 2u);
  EXPECT_EQ(next_due(), kStart + 30 * kSecond) << "the end of their leases";
}

TEST_F(Hostile, OptionsOutOfRangeAreRefusedByName) {
  open(line_queue(kFast));
  const Enqueued held = put(message());
  EXPECT_EQ(status_of({.values = {"a", "b", "c"}, .message_class = 4}), Status::invalid);
  EXPECT_EQ(status_of({.values = {"a", "b", "c"}, .message_class = -2}), Status::invalid);
  EXPECT_EQ(status_of({.values = {"a", "b", "c"}, .flags = flag::receipt}), Status::invalid);
  EXPECT_EQ(status_of({.values = {"a", "b", "c"}, .flags = flag::force}), Status::invalid);
  EXPECT_EQ(status_of({.values = {"a", "b", "c"}, .payload = std::string(size_t{17} << 20, 'x')}), Status::invalid);
  EXPECT_TRUE(lease(0).empty());
  const Leased one = lease_one();
  EXPECT_EQ(one.message, held.message);
  for (const Span wrong : {Span{-1}, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(settle(one, Outcome::retry, wrong), Status::invalid) << wrong;
    EXPECT_EQ(Engine::extend(handle, one.message, one.fence, wrong, kEngineClock, &error), Status::invalid);
  }
  for (const int outcome : {-1, 6, 1'000}) {
    EXPECT_EQ(settle(one, static_cast<Outcome>(outcome)), Status::invalid) << outcome;
  }
  EXPECT_EQ(ack(one), Status::ok);
}

TEST_F(Hostile, NumbersThatAreNoMessagesAreNotFound) {
  open(line_queue(kFast));
  const uint64_t held = put(message()).message;
  Random random(5);
  for (int i = 0; i < 2'000; ++i) {
    uint64_t number = random.next() >> random.below(64);
    if (i < 64) number = held ^ (uint64_t{1} << i);
    if (number == held) continue;
    EXPECT_EQ(cancel(number), Status::not_found) << number;
    EXPECT_EQ(settle(lease_of(number, 1), Outcome::sent), Status::not_found) << number;
    EXPECT_EQ(state(number), MessageState::none);
  }
  EXPECT_EQ(state(held), MessageState::waiting);
  for (const uint32_t fence : {0u, 1u, 2u, UINT32_MAX}) {
    EXPECT_EQ(settle(lease_of(held, fence), Outcome::sent), Status::stale) << "it was never leased";
  }
}

TEST_F(Hostile, CostsAsLargeAsCanBeTakeTheirTurn) {
  open(R"({ "name": "costs", "tenant": "account", "line": "line", "limits": [
      { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000/s", "mode": "queue" } ],
    "operations": [ { "name": "send", "values": ["account", "line"], "quantities": ["units"],
      "charges": [ { "limit": "pace", "cost": "units" } ] } ] })");
  for (const uint64_t cost : {uint64_t{1}, uint64_t{UINT32_MAX}}) {
    for (const char* account : {"a", "b"}) {
      ASSERT_EQ(status_of({.values = {account, "+1"}, .quantities = {cost}}), Status::ok) << error;
    }
  }
  // What it leaves drains for longer than there is time, so it is the last.
  ASSERT_EQ(status_of({.values = {"a", "+1"}, .quantities = {(uint64_t{1} << 48) - 1}}), Status::ok) << error;
  EXPECT_LT(static_cast<int>(status_of({.values = {"a", "+1"}, .quantities = {0}})), 0);
  EXPECT_LT(static_cast<int>(status_of({.values = {"a", "+1"}, .quantities = {uint64_t{1} << 48}})), 0);
  uint64_t left = 0;
  for (int i = 0; i < 5; ++i) {
    const Instant due = next_due();
    ASSERT_NE(due, kNever);
    if (due > now()) set_clock(due);
    for (const Leased& one : lease(1)) left += ack(one) == Status::ok ? 1 : 0;
  }
  EXPECT_EQ(left, 5u);
}

// A sink of little room.
TEST_F(Hostile, ALeaseThatDoesNotFitIsLeftWhereItWas) {
  class Narrow : public LeaseSink {
   public:
    explicit Narrow(size_t room) : room_(room) {}
    bool fits(size_t, size_t bytes) override { return bytes <= room_; }
    void take(const LeaseView& view) override {
      taken.push_back(view.message);
      room_ -= view.payload.size();
      for (const Bytes& value : view.values) room_ -= value.size();
    }
    std::vector<uint64_t> taken;

   private:
    size_t room_;
  };
  open(line_queue(kFast));
  for (int i = 0; i < 5; ++i) put({.values = {"acme", "+" + std::to_string(i % 2), "ann"}, .payload = std::string(100, 'x')});
  Narrow none(50), some(250), all(5'000);
  EXPECT_EQ(Engine::lease(handle, {.most = 10}, none, nullptr, &error), Status::buffer);
  EXPECT_EQ(Engine::lease(handle, {.most = 10}, some, nullptr, &error), Status::ok);
  EXPECT_EQ(some.taken.size(), 2u);
  EXPECT_EQ(next_due(), kStart);
  EXPECT_EQ(Engine::lease(handle, {.most = 10}, all, nullptr, &error), Status::ok);
  EXPECT_EQ(all.taken.size(), 3u);
}

}  // namespace
}  // namespace sluice::testing
