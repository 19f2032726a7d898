// SPDX-License-Identifier: Apache-2.0
#include "tests/support/queue_caller.h"

#include <array>

namespace sluice::testing {
namespace {

class Sink : public LeaseSink {
 public:
  explicit Sink(std::vector<Lease>* leases) : leases_(*leases) {}
  bool fits(size_t, size_t) override { return true; }
  void take(const LeaseView& view) override { leases_.push_back({view.message, view.fence, view.due, view.until, view.expires}); }

 private:
  std::vector<Lease>& leases_;
};

// A subject of one dimension.
class One {
 public:
  One(const std::string& scope, const std::string& value) : values_{value}, name_{scope, values_} {}
  One(const One&) = delete;
  One& operator=(const One&) = delete;
  const SubjectName& name() const { return name_; }

 private:
  std::array<Bytes, 1> values_;
  SubjectName name_;
};

}  // namespace

Enqueued QueueCaller::put(const Message& message) {
  const std::array<Bytes, 3> values{message.account, message.line, message.recipient};
  EnqueueRequest request;
  request.request.operation = send_;
  request.request.values = values;
  request.payload = message.payload;
  request.message_class = message.message_class;
  request.send_at = message.send_at;
  request.expires_at = message.expires_at;
  Enqueued out;
  Engine::enqueue(engine_, request, &out, &error);
  return out;
}

Status QueueCaller::lease(uint32_t most, std::vector<Lease>* leases, Span ttl) {
  Sink sink(leases);
  return Engine::lease(engine_, {.ttl = ttl, .most = most}, sink, nullptr, &error);
}

Status QueueCaller::lease_of(const std::vector<std::string>& lines, uint32_t most, std::vector<Lease>* leases, Span ttl) {
  Sink sink(leases);
  const std::vector<Bytes> names(lines.begin(), lines.end());
  return Engine::lease(engine_, {.ttl = ttl, .most = most, .some_lines = true, .lines = names}, sink, nullptr, &error);
}

Status QueueCaller::explain(uint64_t message, std::string* json) {
  return Engine::explain_message(engine_, message, kEngineClock, json, &error);
}

Status QueueCaller::settle(const Lease& lease, Outcome outcome, Span retry_after, MessageState* state) {
  return Engine::settle(engine_, {lease.message, lease.fence, outcome, retry_after}, kEngineClock, state, &error);
}

Status QueueCaller::extend(const Lease& lease, Span ttl) {
  return Engine::extend(engine_, lease.message, lease.fence, ttl, kEngineClock, &error);
}

Status QueueCaller::cancel(uint64_t message) { return Engine::cancel(engine_, message, kEngineClock, nullptr, &error); }

Status QueueCaller::status(uint64_t message, MessageStatus* out) {
  return Engine::status(engine_, message, kEngineClock, out, &error);
}

Status QueueCaller::next_due(Instant* due) { return Engine::next_due(engine_, due); }

Status QueueCaller::set_plan(const std::string& scope, const std::string& value, const std::string& plan) {
  return Engine::set_plan(engine_, One(scope, value).name(), plan, kEngineClock, &error);
}

Status QueueCaller::set_amount(const std::string& limit, const std::string& scope, const std::string& value,
                               const std::string& amount) {
  const int32_t id = Engine::limit_id(engine_, limit);
  return Engine::set_amount(engine_, id, One(scope, value).name(), amount, kEngineClock, &error);
}

Status QueueCaller::throttle(const std::string& limit, const std::string& scope, const std::string& value, Span retry_after) {
  const int32_t id = Engine::limit_id(engine_, limit);
  return Engine::report_throttled(engine_, id, One(scope, value).name(), retry_after, kEngineClock, &error);
}

Status QueueCaller::clear(const std::string& limit, const std::string& scope, const std::string& value) {
  const int32_t id = Engine::limit_id(engine_, limit);
  return Engine::clear_throttle(engine_, id, One(scope, value).name(), kEngineClock, &error);
}

Status QueueCaller::reload(const std::string& policy, bool allow_reset) {
  return Engine::reload(engine_, policy, "", allow_reset, kEngineClock, &error);
}

}  // namespace sluice::testing
