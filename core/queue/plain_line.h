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
inline CellId only_flow(CellBase cells, const LineQueue& q, CellId line) {
  const uint32_t ready = q.ready[0] + q.ready[1] + q.ready[2] + q.ready[3];
  if (ready == 0) return 0;
  const auto has_all = [&](CellId cell) {
    const Flow& f = *cells.at<Flow>(cell);
    return f.has(flow_flag::in_ring) && f.waiting == ready && f.back == 0;
  };
  if (q.resident != 0 && has_all(resident_of(line))) [[likely]]
    return resident_of(line);
  return q.recent != 0 && q.recent != resident_of(line) && has_all(q.recent) ? q.recent : 0;
}

// The first of that flow has its turn, and goes.
inline void take_first(LineQueue& q, Flow& f, Message& first) {
  q.passed_by = 0;
  if (f.credit == 0) f.credit = f.weight;
  --f.credit;
  f.head = first.next;
  first.next = first.prev = 0;
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

// Into a class in which nothing is ready, as the first of its flow that is.
inline void put_first(LineQueue& q, CellId flow, Flow& f, CellId id, Message& m) {
  m.set_status(MessageState::waiting);
  m.next = m.child = m.prev = 0;
  f.head = f.tail = id;
  f.waiting = 1;
  f.set(flow_flag::in_ring);
  f.next = f.prev = flow;
  f.credit = f.weight;
  q.ring[f.message_class] = flow;
  q.flows[f.message_class] = q.ready[f.message_class] = 1;
}

// Into and out of what waits for an instant, which of most lines is nothing or one lease.
inline void hold(CellBase cells, LineQueue& q, CellId id, Entry& e, Instant due) {
  e.due = due;
  if (q.timed != 0) [[unlikely]]
    return PairingHeap<ByDue>(cells, &q.timed).put(id);
  e.next = e.prev = e.child = 0;
  q.timed = id;
}
inline void let_go(CellBase cells, LineQueue& q, CellId id) {
  if (q.timed != id || cells.at<Entry>(id)->child != 0) [[unlikely]]
    return PairingHeap<ByDue>(cells, &q.timed).remove(id);
  q.timed = 0;
}

}  // namespace sluice::plain_line
