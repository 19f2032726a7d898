// SPDX-License-Identifier: Apache-2.0
// What every thing that a queue holds begins with, so that it can stand in a list or a heap without memory of its own.
//
// An entry stands in one container at a time: a list of messages, a ring of flows, or a heap.
#pragma once

#include <cstdint>

#include "core/base/cell.h"
#include "core/base/time.h"

namespace sluice {

enum class EntryKind : uint8_t { none, message, flow, lane, expiry, alias };

struct Entry {
  Instant due = 0;  // in a line's heap of what waits for an instant: that instant
  CellId next = 0, prev = 0;
  CellId child = 0;  // in a heap
  EntryKind kind = EntryKind::none;
  uint8_t state = 0;  // of its kind
  uint8_t message_class = 0;
  uint8_t flags = 0;  // of its kind
  uint64_t id = 0;    // a message's number, and of what stands for messages that of one of them
};
static_assert(sizeof(Entry) == 32);

// A message's number: the shard that accepted it, and how many came before it there. Below 2^53 and never used again.
inline constexpr uint32_t kMessageShardShift = 43;
// Older is less. The count goes before the shard: a shard that a message is moved to counts on from it, so that those to one
// recipient, who are always on one line together, have ages in the order in which they came.
constexpr uint64_t age_of(uint64_t id) {
  return (id & ((uint64_t{1} << kMessageShardShift) - 1)) << (53 - kMessageShardShift) | id >> kMessageShardShift;
}
constexpr bool is_older(const Entry& a, const Entry& b) { return age_of(a.id) < age_of(b.id); }

// The two orders of heaps. What has one instant goes by age.
struct ByDue {
  bool operator()(const Entry& a, const Entry& b) const { return a.due < b.due || (a.due == b.due && is_older(a, b)); }
};
struct ById {
  bool operator()(const Entry& a, const Entry& b) const { return is_older(a, b); }
};

}  // namespace sluice
