// SPDX-License-Identifier: Apache-2.0
// Messages and their hours: what comes or would go while they are closed is parked until they open, at its old place.
//
// 1. Where nothing on the line brings a zone, a flow has one clock, and is parked as one: the cost does not depend on how many wait.
// 2. Else each message is parked by itself, once for every time that its hours close.
// 3. Nothing but their opening and a reload wakes what waits for hours: what else changes does not concern it.
#include "core/engine/message_hours.h"

#include <algorithm>

#include "core/engine/engine_core.h"
#include "core/engine/send_queue.h"

namespace sluice {

MessageHours SendQueue::hours_of(size_t message_class, uint32_t zones) const {
  const Hours* hours = policy().queue.classes[message_class].hours.get();
  if (hours == nullptr) return {};
  return {*hours, zones == 0 ? hours->zones : zone_sets_.at(zones)};
}

MessageHours SendQueue::hours_of(const Message& m) const { return hours_of(m.message_class, m.zones()); }

// When it may leave at the earliest, and when it ends if its hours close before it has. `begins`: it is not to go before.
void SendQueue::note_hours(PendingMessage& pending, Instant begins) const {
  pending.opens = begins;
  const MessageHours hours = hours_of(static_cast<size_t>(pending.message_class), pending.zones);
  if (!hours.any()) return;
  if (const Campaign* campaign = pending.campaign) begins = std::max(begins, campaign->real_time(campaign->rules.starts_at));
  pending.opens = hours.opens_at(begins);
  const Instant closes = hours.expires_at(pending.opens);
  if (closes < kEndOfTime) pending.expires = pending.expires == 0 ? closes : std::min(pending.expires, closes);
}

// A message that brings a zone does not wait with a flow that goes by the policy's.
void SendQueue::count_zoned(const Held& held, Instant now) {
  ++held.line.queue->zoned;
  if (!waits_for_hours(*held.flow)) return;
  Turns turn = turns(held.line);
  if (!turn.is_ready()) held.line.queue->ready_since = now;
  turn.let_go(held.message->flow);
  held.flow->clear(flow_flag::parked);
  turn.enter_ring(held.message->flow);
  arm(held.line);
}

bool SendQueue::waits_for_hours(const Flow& flow) { return flow.has(flow_flag::parked) && flow.has(flow_flag::hours); }

// Its flow's parking is its own.
MessageState SendQueue::state_of(const Held& held) {
  const MessageState state = held.message->status();
  return state == MessageState::waiting && waits_for_hours(*held.flow) ? MessageState::parked : state;
}

// Whether a message whose turn it is may go; else it is parked until it may. REQUIRES: some class has hours.
bool SendQueue::keeps_hours(const Held& held, Instant now) {
  const Instant opens = hours_of(*held.message).opens_at(now);
  if (opens == now) return true;
  const bool whole_flow = held.line.queue->zoned == 0;
  park(held, opens, whole_flow);
  if (whole_flow) {
    held.flow->set(flow_flag::hours);
    return false;
  }
  held.message->for_hours = 1;
  if (held.message->has_lane) lane_goes_on(held, now);
  return false;
}

// A message that comes while its hours are closed does not line up. False: they are open.
bool SendQueue::park_at_once(const Held& held, Instant now) {
  const Instant opens = hours_of(*held.message).opens_at(now);
  if (opens == now) return false;
  Turns turn = turns(held.line);
  Message& m = *held.message;
  if (held.line.queue->zoned != 0) {
    m.set_status(MessageState::parked);
    m.set(message_flag::blocked);
    m.for_hours = 1;
    hold_chain(held, opens);
  } else {
    turn.put_last(held.cell);
    if (!held.flow->has(flow_flag::parked)) {
      park(held, opens, true);
      held.flow->set(flow_flag::hours);
    }
  }
  arm(held.line);
  return true;
}

bool SendQueue::would_park(const Work& work) const {
  const PendingMessage& pending = *work.pending;
  if (pending.request->send_at > work.now) return false;
  return hours_of(static_cast<size_t>(pending.message_class), pending.zones).opens_at(work.now) != work.now;
}

// A lane whose slot comes while its hours are closed goes on when they open, and counts its slots from there.
Instant SendQueue::lane_opens(Lane& lane, Instant slot) const {
  if (!policy().queue.has_hours) return slot;
  const Campaign& campaign = *lane.campaign;
  const Instant opens = hours_of(static_cast<size_t>(campaign.rules.message_class), lane.zones).opens_at(slot);
  if (opens != slot && opens < kEndOfTime) lane.next_slot = campaign.own_time(opens);
  return opens;
}

// Lanes of one campaign that differ in their zones share its part of the line while they are open.
Span SendQueue::lane_unit(const Line& line, const Lane& lane, Instant now) const {
  const Span unit = line_unit(line);
  if (line.queue->zoned == 0) return unit;
  Span lanes = 1;
  for (CellId id = line.queue->lanes; id != 0; id = at<Lane>(id).next_lane) {
    const auto& other = at<Lane>(id);
    if (&other == &lane || other.campaign != lane.campaign || (other.count == 0 && other.out == 0)) continue;
    lanes += hours_of(static_cast<size_t>(lane.campaign->rules.message_class), other.zones).opens_at(now) == now;
  }
  return unit * lanes;
}

// Until when whatever is ready stays so. REQUIRES: nothing on the line brings a zone.
Instant SendQueue::steady_until(const LineQueue& q, Instant now) const {
  Instant first = kNever;
  for (size_t c = 0; c < kMessageClasses; ++c) {
    if (q.ready[c] != 0) first = std::min(first, hours_of(c, 0).ends_at(now));
  }
  return first;
}

// Whether a message that is ready is parked when its turn comes at that instant, or waits for one that is.
bool SendQueue::steps_aside(CellId message, Instant at_turn) const {
  const Message& m = at<Message>(message);
  if (hours_of(m).opens_at(at_turn) != at_turn) return true;
  const CellId cell = at<Flow>(m.flow).line;
  const auto& line = at<LineQueue>(cell);
  if (line.chains == 0) return false;
  const uint32_t shard = core_.block_.shard_of(core_.hash_of(*core_.arena_.at(line.record)));
  return chain_before(held_at(line_at(shard, cell), message)) != nullptr;
}

// A promise of its line for a message that goes by these hours: while they are closed it does not leave.
Promise SendQueue::within_hours(Promise promise, const MessageHours& hours) {
  if (promise.kind != WaitKind::exact && promise.kind != WaitKind::bound) return promise;
  const Instant opens = hours.opens_at(promise.eta);
  if (opens == promise.eta) return promise;
  if (opens >= kEndOfTime) return {};
  promise.eta = opens;
  promise.kind = WaitKind::bound;
  return promise;
}

}  // namespace sluice
