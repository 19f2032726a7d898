// SPDX-License-Identifier: Apache-2.0
#include "core/queue/line_queue.h"

#include <algorithm>

namespace sluice {

uint32_t Turns::ready_classes() const {
  uint32_t ready = 0;
  for (uint32_t c = 0; c < kMessageClasses; ++c) ready |= uint32_t{line_.ready[c] != 0} << c;
  return ready;
}

size_t Turns::class_to_serve(uint32_t ready) const {
  const uint32_t behind = ready & (ready - 1);
  const bool skips = behind != 0 && floor_ != 0 && line_.passed_by + 1 >= floor_;
  return static_cast<size_t>(__builtin_ctz(skips ? behind : ready));
}

CellId Turns::next_of(const Flow& f) const {
  if (f.back == 0) return f.head;
  return f.head == 0 || is_older(message(f.back), message(f.head)) ? f.back : f.head;
}

// The turn goes to the next flow of the ring, which gets what its weight is worth.
void Turns::turn_over(size_t message_class) {
  CellId& turn = line_.ring[message_class];
  turn = flow(turn).next;
  flow(turn).credit += flow(turn).weight;
}

// Nobody could pay for what it has next: so many whole rounds are granted at once that after them somebody can.
void Turns::grant_rounds(size_t message_class) {
  const CellId first = line_.ring[message_class];
  uint64_t fewest = UINT64_MAX;
  CellId id = first;
  do {
    const Flow& f = flow(id);
    const uint64_t missing = cost_of(next_of(f)) - f.credit;
    fewest = std::min(fewest, (missing + f.weight - 1) / f.weight);
    id = f.next;
  } while (id != first);
  if (fewest <= 1) return;
  do {
    flow(id).credit += (fewest - 1) * flow(id).weight;
    id = flow(id).next;
  } while (id != first);
}

CellId Turns::candidate_of(size_t message_class) {
  for (uint32_t tried = 0;; ++tried) {
    const Flow& f = flow(line_.ring[message_class]);
    const CellId next = next_of(f);
    if (f.credit >= cost_of(next)) return next;
    if (tried != 0 && tried % line_.flows[message_class] == 0) grant_rounds(message_class);
    turn_over(message_class);
  }
}

CellId Turns::candidate() {
  const uint32_t ready = ready_classes();
  return ready == 0 ? 0 : candidate_of(class_to_serve(ready));
}

void Turns::take(CellId id) {
  const Message& m = message(id);
  const uint32_t ready = ready_classes();
  const bool passes_by = (ready & (ready - 1)) != 0 && class_to_serve(ready) == static_cast<size_t>(__builtin_ctz(ready));
  line_.passed_by = passes_by ? line_.passed_by + 1 : 0;
  flow(m.flow).credit -= m.cost;
  set_aside(id);
}

void Turns::enter_ring(CellId id) {
  Flow& f = flow(id);
  if (f.has(flow_flag::in_ring) || f.has(flow_flag::parked) || f.waiting == 0) return;
  f.set(flow_flag::in_ring);
  f.credit = 0;
  const size_t c = f.message_class;
  CellId& turn = line_.ring[c];
  if (turn == 0) {
    f.next = f.prev = turn = id;
    f.credit = f.weight;
  } else {
    Flow& served = flow(turn);
    f.next = turn;
    f.prev = served.prev;
    flow(served.prev).next = id;
    served.prev = id;
  }
  ++line_.flows[c];
  line_.ready[c] += f.waiting;
}

void Turns::leave_ring(Flow& f) {
  if (!f.has(flow_flag::in_ring)) return;
  f.clear(flow_flag::in_ring);
  f.credit = 0;
  const size_t c = f.message_class;
  --line_.flows[c];
  line_.ready[c] -= f.waiting;
  CellId& turn = line_.ring[c];
  const bool served = &flow(turn) == &f;
  if (f.next == turn && served) {
    turn = 0;
  } else {
    flow(f.prev).next = f.next;
    flow(f.next).prev = f.prev;
    if (served) {
      turn = f.next;
      flow(turn).credit += flow(turn).weight;
    }
  }
  f.next = f.prev = 0;
}

// One more waits in a flow, and one less.
void Turns::added(CellId id) {
  Flow& f = flow(id);
  ++f.waiting;
  if (f.has(flow_flag::in_ring)) {
    ++line_.ready[f.message_class];
  } else {
    enter_ring(id);
  }
}

void Turns::removed(CellId id) {
  Flow& f = flow(id);
  if (f.waiting == 1) leave_ring(f);
  --f.waiting;
  if (f.has(flow_flag::in_ring)) --line_.ready[f.message_class];
}

void Turns::put_last(CellId id) {
  Message& m = message(id);
  m.set_status(MessageState::waiting);
  Flow& f = flow(m.flow);
  m.next = m.child = 0;
  m.prev = f.tail;
  (f.tail == 0 ? f.head : message(f.tail).next) = id;
  f.tail = id;
  added(m.flow);
}

void Turns::put_back(CellId id) {
  Message& m = message(id);
  m.set_status(MessageState::waiting);
  m.set(message_flag::in_back);
  back(flow(m.flow)).put(id);
  added(m.flow);
}

void Turns::take_out(Flow& f, CellId id) {
  Message& m = message(id);
  if (m.has(message_flag::in_back)) {
    m.clear(message_flag::in_back);
    back(f).remove(id);
    return;
  }
  if (f.head == id) {
    f.head = m.next;
    if (m.next == 0) f.tail = 0;
  } else {
    message(m.prev).next = m.next;
    (m.next == 0 ? f.tail : message(m.next).prev) = m.prev;
  }
  m.next = m.prev = 0;
}

void Turns::set_aside(CellId id) {
  Flow& f = flow(message(id).flow);
  removed(message(id).flow);
  take_out(f, id);
}

void Turns::hold(CellId id, Instant due) {
  cells_.at<Entry>(id)->due = due;
  timed().put(id);
}

CellId Turns::take_due(Instant now) {
  if (line_.timed == 0 || cells_.at<Entry>(line_.timed)->due > now) return 0;
  return timed().take_first();
}

}  // namespace sluice
