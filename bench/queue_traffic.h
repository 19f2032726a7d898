// SPDX-License-Identifier: Apache-2.0
// A message's whole way through the queue of its line: taken in, leased when it is due, acked. Each line sends one message a second,
// and as many messages come as go.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "core/engine/engine.h"

namespace sluice::bench {

inline constexpr char kQueuePolicy[] = R"({ "name": "bench", "tenant": "account", "line": "line",
  "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" },
              { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 6000 } ],
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"],
                    "charges": [ { "limit": "queued", "while": "queued" }, { "limit": "pace" } ] } ] })";
inline constexpr Bytes kQueuePayload = "0123456789abcdef0123456789abcdef";
inline constexpr int64_t kQueueBegin = 1'750'000'000'000'000'000;

struct Sink : LeaseSink {
  bool fits(size_t, size_t) override { return true; }
  void take(const LeaseView& view) override { rows.push_back({view.message, view.fence}); }
  std::vector<std::pair<uint64_t, uint32_t>> rows;
};

inline uint64_t next_random(uint64_t& state) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  return z ^ (z >> 27);
}

// As a request brings it: written anew, so that looking it up costs no miss of the benchmark's own.
class LineName {
 public:
  LineName() = default;
  explicit LineName(size_t line) {
    std::memcpy(text_, "+1555", 5);
    for (size_t i = sizeof text_; i-- > 5; line /= 10) text_[i] = static_cast<char>('0' + line % 10);
  }
  Bytes bytes() const { return {text_, sizeof text_}; }

 private:
  char text_[13];
};

// By a manual clock that stands at kQueueBegin.
inline uint64_t open_engine(const char* policy) {
  EngineOptions options;
  options.policy = policy;
  options.memory_cap = uint64_t{8} << 30;
  options.manual_clock = true;
  options.manual_now = kQueueBegin;
  uint64_t handle = 0;
  std::string error;
  if (Engine::create(options, &handle, &error) != Status::ok) std::abort();
  return handle;
}

class Queue {
 public:
  explicit Queue(size_t lines) : lines_(lines) {
    handle_ = open_engine(kQueuePolicy);
    operation_ = Engine::operation_id(handle_, "send");
  }
  ~Queue() { Engine::destroy(handle_); }

  size_t lines() const { return lines_; }
  uint64_t memory() const {
    Counters c;
    Engine::counters(handle_, &c);
    return c.memory_used;
  }
  // So many waiting on every line, at phases of its own.
  Instant fill(size_t each) {
    uint64_t random = 1;
    for (size_t i = 0; i < each * lines(); ++i) {
      put(i % lines(), kQueueBegin + static_cast<Instant>(next_random(random) % 1'000'000'000));
    }
    return kQueueBegin;
  }
  void put(size_t line, Instant now) {
    const LineName name(line);
    const Bytes values[] = {"acme-0042", name.bytes(), "+15557654321"};
    EnqueueRequest request;
    request.request.operation = operation_;
    request.request.values = values;
    request.request.now = now;
    request.payload = kQueuePayload;
    if (Engine::enqueue(handle_, request, &out_[0]) != Status::ok) std::abort();
  }
  // So many of one batch, each for a line of its own.
  void put_many(const size_t* lines, size_t count, Instant now) {
    LineName names[kQueueGroup];
    Bytes values[kQueueGroup][3];
    EnqueueRequest requests[kQueueGroup];
    for (size_t i = 0; i < count; ++i) {
      values[i][0] = "acme-0042";
      names[i] = LineName(lines[i]);
      values[i][1] = names[i].bytes();
      values[i][2] = "+15557654321";
      requests[i].request.operation = operation_;
      requests[i].request.values = values[i];
      requests[i].request.now = now;
      requests[i].payload = kQueuePayload;
    }
    for (size_t i = 0; i < count; ++i) out_[i].message = 0;
    Engine::enqueue_many(handle_, std::span(requests).first(count), std::span(out_).first(count));
    for (size_t i = 0; i < count; ++i) {
      if (out_[i].message == 0) std::abort();
    }
  }
  size_t lease_and_ack(Instant now, uint32_t most, Sink& sink) {
    sink.rows.clear();
    Engine::lease(handle_, {.now = now, .most = most}, sink, nullptr, nullptr);
    for (const auto& [message, fence] : sink.rows) {
      if (Engine::settle(handle_, {message, fence, Outcome::sent, 0}, now, nullptr, nullptr) != Status::ok) std::abort();
    }
    return sink.rows.size();
  }

 private:
  uint64_t handle_ = 0;
  int32_t operation_ = 0;
  const size_t lines_;
  Enqueued out_[kQueueGroup];  // a caller keeps them from call to call
};

}  // namespace sluice::bench
