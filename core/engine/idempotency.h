// SPDX-License-Identifier: Apache-2.0
// An idempotency key is a record like any other, under the tenant's name: what was asked, until when it counts, and the answer.
//
// 1. Equal means operation, the values as given and quantities, compared by a 128-bit keyed digest.
// 2. A message's key counts while it is held and a day longer; a decision's for a day.
// 3. Only an allowed decision writes one; a refusal or `would queue` does not burn the key.
#pragma once

#include "core/base/siphash.h"
#include "core/engine/engine.h"
#include "core/store/record.h"

namespace sluice {

inline constexpr Span kKeyLifetime = kDay;

struct KeyState {
  uint64_t digest[2];
  Instant expires;
  Instant now;  // of the first decision
  uint64_t limit, used, remaining;
  Instant resets_at, opens_at;
  uint64_t receipt;
  int32_t limit_id;
  uint32_t flags;
  uint64_t message;  // 0: of a decision
  uint64_t ended;    // as what the message did; 0: it is held, and the key counts
};
static_assert(sizeof(KeyState) % 8 == 0);

inline const KeyState* key_state(const Record& record) { return reinterpret_cast<const KeyState*>(record.state()); }
inline KeyState* key_state(Record& record) { return reinterpret_cast<KeyState*>(record.state()); }

// digest[0..1] of what makes two requests equal.
void digest_request(const Request& request, bool enqueued, const SipKey& key, uint64_t digest[2]);

void remember(const Decision& decision, Instant expires, const uint64_t digest[2], KeyState* state);
void replay(const KeyState& state, Decision* decision);

}  // namespace sluice
