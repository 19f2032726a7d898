// SPDX-License-Identifier: Apache-2.0
// A line as most are: one tenant has messages ready, in one class; each costs one, and none waits for another, for its campaign or for
// its line to open. Whose turn it is need not be asked, so all that Turns (line_queue.h) would do is a few steps. It is the same as
// Turns does, to the bit.
//
// REQUIRES, everywhere: the lock of the line's shard.
#pragma once

#include "core/queue/line_queue.h"

namespace sluice::plain_line {

inline bool is_plain(const LineQueue& q) { return (q.lanes | q.chains | q.costly | q.shared) == 0 && q.closed_until == 0; }

// The flow of that tenant, of which nothing came back; 0: the line is not so, or nothing is ready.
inline CellId only_flow(CellBase cells, const LineQueue& q) {
  uint32_t ready = 0;
  for (uint32_t c = 0; c < kMessageClasses; ++c) ready |= uint32_t{q.ready[c] != 0} << c;
  if (ready == 0 || (ready & (ready - 1)) != 0) return 0;
  const auto c = static_cast<uint32_t>(__builtin_ctz(ready));
  return q.flows[c] == 1 && cells.at<Flow>(q.ring[c])->back == 0 ? q.ring[c] : 0;
}

// The first of that flow has its turn, and goes.
inline void take_first(CellBase cells, LineQueue& q, Flow& f) {
  Message& m = *cells.at<Message>(f.head);
  q.passed_by = 0;
  if (f.credit == 0) f.credit = f.weight;
  --f.credit;
  f.head = m.next;
  m.next = m.prev = 0;
  --q.ready[f.message_class];
  if (--f.waiting != 0) return;
  f.tail = 0;
  f.credit = 0;
  f.clear(flow_flag::in_ring);
  f.next = f.prev = 0;
  q.ring[f.message_class] = 0;
  q.flows[f.message_class] = 0;
}

// Behind others that are ready in its flow, of which there are some: it is nobody's turn that changes.
inline void put_behind(CellBase cells, LineQueue& q, Flow& f, CellId id, Message& m) {
  m.set_status(MessageState::waiting);
  m.next = m.child = 0;
  m.prev = f.tail;
  cells.at<Message>(f.tail)->next = id;
  f.tail = id;
  ++f.waiting;
  ++q.ready[f.message_class];
}

// Of what waits for an instant.
inline PairingHeap<ByDue> timed(CellBase cells, LineQueue& q) { return {cells, &q.timed}; }

}  // namespace sluice::plain_line
