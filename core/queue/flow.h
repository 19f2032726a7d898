// SPDX-License-Identifier: Apache-2.0
// The waiting messages of one tenant in one class of one line: first in, first out.
//
// 1. A message that came back (a park ended, a lease ended, it was not sent) waits apart, by its number, and goes before all that
//    came after it: so it has its old place again.
// 2. Its credit is what it may still send in its turn (deficit round robin: Shreedhar, Varghese, "Efficient fair queueing using
//    deficit round robin", 1995), in units of cost. It is 0 outside the ring: who has nothing waiting saves nothing up.
// 3. It lives while it has messages, waiting or not.
// 4. Its first message's `prev` is whatever it was when others went before: nobody touches a message because the one before it goes.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/limits/queue_rules.h"
#include "core/queue/entry.h"

namespace sluice {

namespace flow_flag {
inline constexpr uint8_t in_ring = 1;
inline constexpr uint8_t parked = 2;  // stands among what waits for an instant
inline constexpr uint8_t hours = 4;   // parked: until its hours open
}  // namespace flow_flag

struct Flow : Entry {
  uint64_t tenant_hash = 0;
  uint64_t credit = 0;
  CellId line = 0;
  CellId head = 0, tail = 0;  // as they came
  CellId back = 0;            // heap of those that came back, by number
  uint32_t waiting = 0;       // in both
  uint32_t messages = 0;      // in all states
  uint32_t weight = 1;
  uint32_t tenant_size = 0;

  bool has(uint8_t flag) const { return (flags & flag) != 0; }
  void set(uint8_t flag) { flags = static_cast<uint8_t>(flags | flag); }
  void clear(uint8_t flag) { flags = static_cast<uint8_t>(flags & ~flag); }
  char* tenant_begin() { return reinterpret_cast<char*>(this + 1); }
  Bytes tenant() const { return {reinterpret_cast<const char*>(this + 1), tenant_size}; }
  static uint32_t units(size_t tenant_size) {
    return static_cast<uint32_t>((sizeof(Flow) + tenant_size + kCellUnit - 1) / kCellUnit);
  }
  uint32_t units() const { return units(tenant_size); }
};
static_assert(sizeof(Flow) == 80);

// REQUIRES: the flow is a new one, with room for the tenant behind it.
inline void begin_flow(Flow& flow, CellId line, MessageClass message_class, Bytes tenant, uint64_t hash) {
  flow.kind = EntryKind::flow;
  flow.message_class = static_cast<uint8_t>(message_class);
  flow.line = line;
  flow.tenant_hash = hash;
  flow.tenant_size = static_cast<uint32_t>(tenant.size());
  copy_bytes(flow.tenant_begin(), tenant.data(), tenant.size());
}

}  // namespace sluice
