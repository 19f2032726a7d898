// SPDX-License-Identifier: Apache-2.0
// One thread's calls to a queue: the fixture's verbs with nothing that threads share but the engine.
#pragma once

#include <string>
#include <vector>

#include "core/engine/engine.h"

namespace sluice::testing {

// A lease as its holder knows it.
struct Lease {
  uint64_t message = 0;
  uint32_t fence = 0;
  Instant due = 0, until = 0, expires = 0;
};

class QueueCaller {
 public:
  explicit QueueCaller(uint64_t engine) : engine_(engine), send_(Engine::operation_id(engine, "send")) {}

  struct Message {
    std::string account = "acme", line = "+1", recipient = "ann", payload = {};
    int message_class = -1;
    Instant send_at = 0, expires_at = 0;
  };
  Enqueued put(const Message& message);
  // Whatever its status; what was leased is in `leases`.
  Status lease(uint32_t most, std::vector<Lease>* leases, Span ttl = 0);
  Status lease_of(const std::vector<std::string>& lines, uint32_t most, std::vector<Lease>* leases, Span ttl = 0);
  Status settle(const Lease& lease, Outcome outcome, Span retry_after = 0, MessageState* state = nullptr);
  Status extend(const Lease& lease, Span ttl);
  Status cancel(uint64_t message);
  Status status(uint64_t message, MessageStatus* out);
  Status explain(uint64_t message, std::string* json);
  Status next_due(Instant* due);

  Status set_plan(const std::string& scope, const std::string& value, const std::string& plan);
  Status set_amount(const std::string& limit, const std::string& scope, const std::string& value, const std::string& amount);
  Status throttle(const std::string& limit, const std::string& scope, const std::string& value, Span retry_after);
  Status clear(const std::string& limit, const std::string& scope, const std::string& value);
  Status reload(const std::string& policy, bool allow_reset = false);

  std::string error;  // of the last call that failed

 private:
  uint64_t engine_;
  int32_t send_;
};

}  // namespace sluice::testing
