// SPDX-License-Identifier: Apache-2.0
// One line with messages parked by their own pairs, and free ones that go past them.
#pragma once

#include "bench/queue_traffic.h"

namespace sluice::bench {

inline constexpr char kParkedPolicy[] = R"({ "name": "parked", "tenant": "account", "line": "line",
  "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000/s", "mode": "queue" },
              { "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "86400s from first", "amount": 1,
                "mode": "queue" } ],
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"],
                    "charges": [ { "limit": "pace" }, { "limit": "pair" } ] } ] })";

class ParkedLine {
 public:
  explicit ParkedLine(size_t parked) {
    handle_ = open_engine(kParkedPolicy);
    operation_ = Engine::operation_id(handle_, "send");
    // Two to each: the first goes, the second waits a day for it.
    for (size_t i = 0; i < 2 * parked; ++i) put(i % parked);
    while (lease_and_ack() != 0) now_ += 1'000'000;
    Counters counters;
    Engine::counters(handle_, &counters);
    if (counters.messages != parked) std::abort();
    next_ = parked;
  }
  ~ParkedLine() { Engine::destroy(handle_); }
  ParkedLine(const ParkedLine&) = delete;
  ParkedLine& operator=(const ParkedLine&) = delete;

  // To somebody who was never written to.
  void send_a_free_one() {
    now_ += 1'000'000;
    put(next_++);
    if (lease_and_ack() != 1) std::abort();
  }

 private:
  void put(size_t recipient) {
    const LineName name(recipient);
    const Bytes values[] = {"acme-0042", "+15550000001", name.bytes()};
    EnqueueRequest request;
    request.request.operation = operation_;
    request.request.values = values;
    request.request.now = now_;
    request.payload = kQueuePayload;
    Enqueued out;
    if (Engine::enqueue(handle_, request, &out) != Status::ok) std::abort();
  }
  size_t lease_and_ack() {
    sink_.rows.clear();
    Engine::lease(handle_, {.now = now_, .most = 1}, sink_, nullptr, nullptr);
    for (const auto& [message, fence] : sink_.rows) {
      if (Engine::settle(handle_, {message, fence, Outcome::sent, 0}, now_, nullptr, nullptr) != Status::ok) std::abort();
    }
    return sink_.rows.size();
  }

  uint64_t handle_ = 0;
  int32_t operation_ = 0;
  Instant now_ = kQueueBegin;
  size_t next_ = 0;
  Sink sink_;
};

}  // namespace sluice::bench
