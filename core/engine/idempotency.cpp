// SPDX-License-Identifier: Apache-2.0
#include "core/engine/idempotency.h"

namespace sluice {
namespace {

// Each part is led by its length, so that no two requests run together.
class Digest {
 public:
  explicit Digest(const SipKey& key) : key_(key) {}
  void add(uint64_t number) { add_bytes({reinterpret_cast<const char*>(&number), sizeof number}); }
  void add_bytes(Bytes bytes) {
    const uint64_t parts[3] = {state_, siphash<1, 3>(key_, bytes), bytes.size()};
    state_ = siphash<1, 3>(key_, {reinterpret_cast<const char*>(parts), sizeof parts});
  }
  uint64_t value() const { return state_; }

 private:
  SipKey key_;
  uint64_t state_ = 0;
};

uint64_t digest_with(const Request& request, bool enqueued, const SipKey& key) {
  Digest digest(key);
  if (enqueued) digest.add_bytes("message");
  digest.add(static_cast<uint64_t>(request.operation));
  digest.add(request.values.size());
  for (const Bytes& value : request.values) digest.add_bytes(value);
  digest.add(request.repeated.size());
  for (const Bytes& value : request.repeated) digest.add_bytes(value);
  for (const uint64_t quantity : request.quantities) digest.add(quantity);
  return digest.value();
}

}  // namespace

void digest_request(const Request& request, bool enqueued, const SipKey& key, uint64_t digest[2]) {
  digest[0] = digest_with(request, enqueued, key);
  digest[1] = digest_with(request, enqueued, {~key.low, ~key.high});
}

void remember(const Decision& decision, Instant expires, const uint64_t digest[2], KeyState* state) {
  *state = {{digest[0], digest[1]},
            expires,
            decision.now,
            decision.limit,
            decision.used,
            decision.remaining,
            decision.resets_at,
            decision.opens_at,
            decision.receipt,
            decision.limit_id,
            decision.flags,
            0,
            0};
}

void replay(const KeyState& state, Decision* decision) {
  decision->now = state.now;
  decision->limit = state.limit;
  decision->used = state.used;
  decision->remaining = state.remaining;
  decision->resets_at = state.resets_at;
  decision->opens_at = state.opens_at;
  decision->receipt = state.receipt;
  decision->limit_id = state.limit_id;
  decision->flags = state.flags | flag::replayed;
}

}  // namespace sluice
