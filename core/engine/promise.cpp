// SPDX-License-Identifier: Apache-2.0
// When a message leaves: its place in the order, and the instant at which its line's limits let so many go.
#include <algorithm>
#include <numeric>

#include "core/engine/engine_core.h"
#include "core/engine/forecast.h"
#include "core/engine/send_queue.h"

namespace sluice {

// Whether something that waits for an instant of its own before `until`, or for nobody knows what, may come before a message. Leases
// are settled in time: that is what a promise supposes.
bool SendQueue::may_be_passed(const LineQueue& queue, CellId message, Instant until) const {
  if (queue.chains != 0) return true;
  std::vector<CellId> open = {queue.timed};
  while (!open.empty()) {
    CellId id = open.back();
    open.pop_back();
    for (; id != 0; id = at<Entry>(id).next) {
      const auto& entry = at<Entry>(id);
      const bool expiry = entry.kind == EntryKind::expiry;
      const bool leased = entry.kind == EntryKind::message && at<Message>(id).status() == MessageState::leased;
      if (entry.kind == EntryKind::lane) {
        const auto& lane = at<Lane>(id);
        if (lane.count != 0 && !lane.campaign->paused && (lane.out != 0 || lane.due < until)) return true;
        if (entry.child != 0 && entry.due < until) open.push_back(entry.child);
        continue;
      }
      const CellId whose = expiry ? at<Expiry>(id).message : id;
      // What expires before its turn is one less ahead, so its going is as good as its coming.
      if (!leased && whose != message && (entry.due < until || entry.due == kNever)) return true;
      if (entry.child != 0 && entry.due < until) open.push_back(entry.child);
    }
  }
  return false;
}

Outlook SendQueue::outlook_of(const Line& line) const {
  return {line.queue, line.record->state(), line.record->plan, core_.extras_of(*line.shard, line.queue->record, *line.record),
          core_.base_of(line.record)};
}

Promise SendQueue::promise_at(const Outlook& line, const Place& place, const Asked& asked, Instant from) const {
  const Generation& g = core_.generation();
  const LineQueue& q = *line.queue;
  const uint32_t floor = policy().queue.floor;
  Promise promise;
  if (q.closed_until == kNever) return promise;
  Forecast forecast(core_, line, std::max(from, q.closed_until));
  QueuePosition position;
  bool exact =
      forecast.is_whole() && q.shared == 0 && !g.queue[static_cast<size_t>(asked.operation - policy().operations.data())].shared;
  if (q.costly == 0 && place.cost == 1 && g.gate != nullptr && q.zoned == 0) {
    position = position_by_formula(cells(), q, floor, place);
    promise.eta = forecast.release_many(position.turns);
  } else {
    std::vector<CellId> order;
    position = position_by_walk(cells(), q, floor, place, &order);
    for (const CellId id : order) {
      if (id == 0) {
        promise.eta = forecast.release(asked);
        continue;
      }
      const Message& m = at<Message>(id);
      const auto of = static_cast<size_t>(g.operation_position(layouts_.at(m.layout).operation));
      promise.eta = forecast.release({&policy().operations[of], m.quantities()});
      if (q.zoned == 0 || id == place.message || !steps_aside(id, promise.eta)) continue;
      exact = false;  // from here on the order is another, so nothing is known but that the first of them goes then
      break;
    }
  }
  promise.position = position.turns;
  const uint32_t cap = policy().queue.in_flight;
  exact = exact && position.exact && (cap == 0 || q.in_flight + position.turns <= cap);
  const Instant steady = policy().queue.has_hours && q.zoned == 0 ? steady_until(q, from) : kNever;
  if (promise.eta >= steady && promise.eta < kEndOfTime) {
    promise.eta = std::max(steady, std::min(promise.eta, Forecast(core_, line, std::max(from, q.closed_until)).release_one()));
    exact = false;
  }
  if (promise.eta >= kEndOfTime) {
    promise.eta = 0;
    return promise;
  }
  exact = exact && !may_be_passed(q, place.message, promise.eta);
  promise.kind = exact ? WaitKind::exact : WaitKind::bound;
  return promise;
}

// Of a message that comes to its flow only then: exact if all that is ready now has gone by then.
Promise SendQueue::promise_later(const Outlook& line, const Place& place, const Asked& asked, Instant now, Instant then) const {
  const LineQueue& q = *line.queue;
  Promise promise;
  promise.eta = then;
  promise.kind = WaitKind::bound;
  const uint64_t ready = std::accumulate(q.ready, q.ready + kMessageClasses, uint64_t{0});
  const uint32_t cap = policy().queue.in_flight;
  if (q.closed_until == kNever || cap != 0 || q.shared != 0 || core_.generation().gate == nullptr || q.costly != 0 ||
      q.zoned != 0)
    return promise;
  if (core_.generation().queue[static_cast<size_t>(asked.operation - policy().operations.data())].shared) return promise;
  Forecast forecast(core_, line, std::max(now, q.closed_until));
  if (!forecast.is_whole() || forecast.release_many(ready) > then) return promise;
  forecast.wait_until(then);
  const Instant eta = forecast.release(asked);
  if (eta >= kEndOfTime) return promise;
  if (policy().queue.has_hours && steady_until(q, now) <= eta) return promise;
  promise.eta = eta;
  if (may_be_passed(q, place.message, later(eta, 1))) return promise;
  promise.position = ready + 1;
  promise.kind = WaitKind::exact;
  return promise;
}

Promise SendQueue::promise_of(const Held& held, Instant now) const {
  return within_hours(promise_on_line(held, now), hours_of(*held.message));
}

// What its line says, whatever its hours are.
Promise SendQueue::promise_on_line(const Held& held, Instant now) const {
  const Message& m = *held.message;
  const Generation& g = core_.generation();
  const Operation& operation = policy().operations[static_cast<size_t>(g.operation_position(held.layout->operation))];
  Promise promise;
  switch (m.status()) {
    case MessageState::waiting:
      if (held.flow->has(flow_flag::in_ring)) {
        return promise_at(outlook_of(held.line), place_of(cells(), m, held.cell), {&operation, m.quantities()}, now);
      }
      promise.eta = held.flow->due;
      break;
    case MessageState::scheduled: {
      Place place;
      place.message = held.cell;
      return promise_later(outlook_of(held.line), place, {&operation, m.quantities()}, now, m.due);
    }
    case MessageState::parked:
      if (m.in_lane) {
        const Instant due = at<Lane>(m.lane()).due;
        promise.eta = due >= kEndOfTime ? 0 : due;
        break;
      }
      promise.eta = m.has(message_flag::chained) ? 0 : m.due;
      break;
    default: promise.kind = WaitKind::none; return promise;
  }
  promise.kind = promise.eta == 0 || promise.eta >= kEndOfTime ? WaitKind::unknown : WaitKind::bound;
  if (promise.kind == WaitKind::unknown) promise.eta = 0;
  return promise;
}

Promise SendQueue::promise_for(const Work& work) const {
  const PendingMessage& pending = *work.pending;
  const MessageHours hours = hours_of(static_cast<size_t>(pending.message_class), pending.zones);
  Promise promise = within_hours(promise_on_line(work), hours);
  if (would_park(work)) promise.position = 0;  // it does not line up
  return promise;
}

// As accept() would put it. A flow that is parked holds it, too.
Promise SendQueue::promise_on_line(const Work& work) const {
  const PendingMessage& pending = *work.pending;
  const Operation& operation = policy().operations[work.shape.operation];
  const MessageLayout& layout = layouts_.at(core_.generation().queue[work.shape.operation].layout);
  const SubjectRef& s = work.subjects[work.first_of_slot[static_cast<size_t>(operation.line_slot)]];
  const LineQueue empty;
  const CellId cell = s.record == nullptr ? 0 : queue_of(*s.record);
  const Outlook line = {cell == 0 ? &empty : &at<LineQueue>(cell), s.state, s.plan, s.extras, s.base};
  const Asked asked = {&operation, work.request->quantities.data()};
  Place place;
  place.message_class = pending.message_class;
  if (operation.tenant_slot != kNone) {
    place.weight = policy().queue.weights[work.subjects[work.first_of_slot[static_cast<size_t>(operation.tenant_slot)]].plan];
  }
  const uint64_t cost = layout.turn_quantity == kNone ? layout.turn_cost : asked.quantities[layout.turn_quantity];
  place.cost = static_cast<uint32_t>(std::clamp<uint64_t>(cost, 1, UINT32_MAX));
  if (pending.request->send_at > work.now) return promise_later(line, place, asked, work.now, pending.request->send_at);
  if (cell != 0) {
    const Bytes tenant = layout.tenant == kNone ? Bytes() : work.request->values[static_cast<size_t>(layout.tenant)];
    const uint64_t hash = layout.tenant == kNone ? 0 : work.value_hash[layout.tenant];
    place.flow = find_flow(*s.shard->cold->queues, cell, static_cast<uint8_t>(pending.message_class), tenant, hash);
  }
  if (place.flow != 0) {
    const auto& flow = at<Flow>(place.flow);
    if (flow.has(flow_flag::parked))
      return {0, flow.due >= kEndOfTime ? 0 : flow.due, flow.due >= kEndOfTime ? WaitKind::unknown : WaitKind::bound};
    place.in_flow = flow.waiting + uint64_t{1};
  }
  Promise promise = promise_at(line, place, asked, work.now);
  // A campaign's message comes to its flow when its slot has come, which depends on what else the campaign gets.
  if (pending.campaign != nullptr && promise.kind == WaitKind::exact) {
    promise.kind = WaitKind::bound;
    promise.position = 0;
  }
  return promise;
}

}  // namespace sluice
