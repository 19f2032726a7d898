// SPDX-License-Identifier: Apache-2.0
// What every thing that a queue holds begins with, so that it can stand in a list or a heap without memory of its own.
//
// An entry stands in one container at a time: a list of messages, a ring of flows, or a heap.
#pragma once

#include <cstdint>

#include "core/base/cell.h"
#include "core/base/time.h"

namespace sluice {

enum class EntryKind : uint8_t { none, message, flow, lane, expiry };

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

// The two orders of heaps. What has one instant goes by age.
struct ByDue {
  bool operator()(const Entry& a, const Entry& b) const { return a.due < b.due || (a.due == b.due && a.id < b.id); }
};
struct ById {
  bool operator()(const Entry& a, const Entry& b) const { return a.id < b.id; }
};

}  // namespace sluice
