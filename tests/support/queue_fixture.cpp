// SPDX-License-Identifier: Apache-2.0
#include "tests/support/queue_fixture.h"

namespace sluice::testing {
namespace {

class Collect : public LeaseSink {
 public:
  bool fits(size_t, size_t) override { return true; }
  void take(const LeaseView& view) override {
    Leased one;
    one.message = view.message;
    one.fence = view.fence;
    one.attempt = view.attempt;
    one.redelivered = view.redelivered;
    one.message_class = static_cast<int>(view.message_class);
    one.due = view.due;
    one.until = view.until;
    one.expires = view.expires;
    for (const Bytes& value : view.values) one.values.emplace_back(value);
    one.quantities.assign(view.quantities.begin(), view.quantities.end());
    one.payload = std::string(view.payload);
    leases.push_back(std::move(one));
  }

  std::vector<Leased> leases;
};

}  // namespace

std::string line_queue(const std::string& pace, const std::string& more, const std::string& charges,
                       const std::string& sections) {
  return R"({ "name": "queue", "tenant": "account", "line": "line", )" + sections +
         R"("limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue", )" + pace + " }" +
         (more.empty() ? "" : ", " + more) +
         R"( ], "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" })" +
         (charges.empty() ? "" : ", " + charges) + " ] } ] }";
}

Enqueued QueueTest::put(const Put& what) {
  const AskBytes bytes(
      {.operation = what.operation, .values = what.values, .quantities = what.quantities, .key = what.key, .flags = what.flags},
      operation(what.operation));
  EnqueueRequest request;
  request.request = bytes.request();
  request.payload = what.payload;
  request.message_class = what.message_class;
  request.send_at = what.send_at;
  request.expires_at = what.expires_at;
  request.campaign = what.campaign;
  request.zone = what.zone;
  Enqueued out;
  error.clear();
  Engine::enqueue(handle, request, &out, &error);
  return out;
}

Enqueued QueueTest::put(const std::string& line, const std::string& recipient, const std::string& payload) {
  return put({.values = {"acme", line, recipient}, .payload = payload});
}

Enqueued QueueTest::put_of(const std::string& account, const std::string& line, const std::string& payload) {
  return put({.values = {account, line, payload}, .payload = payload});
}

std::vector<Leased> QueueTest::lease(uint32_t most, Span ttl) {
  Collect sink;
  error.clear();
  EXPECT_EQ(Engine::lease(handle, {.ttl = ttl, .most = most}, sink, nullptr, &error), Status::ok) << error;
  return sink.leases;
}

Leased QueueTest::lease_one() {
  std::vector<Leased> leases = lease(1);
  EXPECT_EQ(leases.size(), 1u);
  return leases.empty() ? Leased() : leases[0];
}

std::vector<std::string> QueueTest::drain_queue(Instant until) {
  std::vector<std::string> left;
  for (Instant due = next_due(); due < until; due = next_due()) {
    if (due > now()) set_clock(due);
    for (const Leased& one : lease(100)) {
      left.push_back(seconds(now() - kStart) + ": " + one.payload);
      EXPECT_EQ(ack(one), Status::ok);
    }
    if (next_due() <= due && left.size() > 1'000'000) break;
  }
  return left;
}

Status QueueTest::settle(const Leased& lease, Outcome outcome, Span retry_after) {
  error.clear();
  return Engine::settle(handle, {lease.message, lease.fence, outcome, retry_after}, kEngineClock, &settled, &error);
}

MessageState QueueTest::state(uint64_t message) {
  MessageStatus status;
  error.clear();
  return Engine::status(handle, message, kEngineClock, &status, &error) == Status::ok ? status.state : MessageState::none;
}

Status QueueTest::cancel(uint64_t message) {
  error.clear();
  return Engine::cancel(handle, message, kEngineClock, nullptr, &error);
}

Instant QueueTest::next_due() {
  Instant due = 0;
  EXPECT_EQ(Engine::next_due(handle, &due), Status::ok);
  return due;
}

}  // namespace sluice::testing
