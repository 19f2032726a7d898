// SPDX-License-Identifier: Apache-2.0
// Leasing: line after line by (due instant, number), from each the message whose turn it is, if all its queue-mode charges pass.
#include <algorithm>

#include "core/engine/decider.h"
#include "core/engine/engine_core.h"
#include "core/engine/send_queue.h"
#include "core/engine/turnout.h"
#include "core/limits/limit.h"

namespace sluice {
namespace {

constexpr Span kRetryMemory = kSecond;
constexpr uint64_t kReclaimedAtOnce = 64;  // messages that aborted campaigns left

Status fail(Status status, std::string* error, const char* message) {
  if (error != nullptr) *error = message;
  return status;
}

// Room for the subjects and charges of one message.
struct LeaseStorage {
  Raw<SubjectRef, kMaxSlots> subjects;
  Raw<Item, kMaxCharges> items;
};

}  // namespace

void SendQueue::keep_stamp(const Held& held, int32_t limit, const Taken& taken) {
  for (const LayoutRow& row : held.layout->rows) {
    if (!row.at_lease || row.limit != limit || row.stamp == kNone) continue;
    held.message->stamps()[row.stamp] = stamp_of(taken);
  }
}

// All queue-mode charges together, wherever their subjects are.
SendQueue::Tried SendQueue::charge_all(const Held& held, const StoredValues& values, ShardLocks& locks, Instant now) {
  const Generation& g = core_.generation();
  const auto position = static_cast<size_t>(g.operation_position(held.layout->operation));
  Request request;
  request.operation = held.layout->operation;
  request.values = {values.values, values.count};
  request.quantities = {held.message->quantities(), held.message->quantity_count};
  request.now = now;
  LeaseStorage storage;
  Work work;
  work.request = &request;
  work.shape = shape_of(g, request.operation);
  work.phase = Phase::lease;
  work.slots = g.queue[position].lease_slots;
  work.now = now;
  work.subjects = storage.subjects.get();
  work.items = storage.items.get();
  form_subjects(core_.block_, core_.block_.hash_secret(), work, nullptr);
  if (!locks.extend(work.locks)) return Tried::again;
  Decider decider(core_, work);
  const LeaseVerdict verdict = decider.lease();
  if (verdict.taken) {
    for (size_t i = 0; i < work.item_count; ++i) keep_stamp(held, g.limit_number[work.items[i].position], work.items[i].taken);
    return Tried::leased;
  }
  for (size_t i = 0; i < work.item_count; ++i) {
    const Item& item = work.items[i];
    if (!item.passes) wait_for(held.line, item.subject->hash, *item.subject->shard);
  }
  park(held, verdict.memory ? later(now, kRetryMemory) : verdict.until, verdict.whole_flow);
  if (held.message->has_lane && !verdict.whole_flow) lane_goes_on(held, now);
  return Tried::parked;
}

void SendQueue::begin_lease(const Held& held, const LeaseOptions& options, Instant now) {
  Message& m = *held.message;
  m.set_status(MessageState::leased);
  ++m.fence;
  ++held.line.queue->in_flight;
  ++held.line.queues->leased;
  turns(held.line).hold(held.cell, later(now, options.ttl != 0 ? options.ttl : policy().queue.lease));
}

// REQUIRES: its lease has begun.
LeaseView SendQueue::view_of(const Message& m, const MessageLayout& layout, const StoredValues& values, Instant due) const {
  LeaseView view;
  view.due = due;
  view.message = m.id;
  view.campaign = m.has_lane ? at<Lane>(m.lane()).id : 0;
  view.fence = m.fence;
  view.attempt = m.tries + uint32_t{1};
  view.operation = layout.operation;
  view.message_class = static_cast<MessageClass>(m.message_class);
  view.redelivered = m.has(message_flag::redelivered);
  view.until = m.due;
  view.expires = m.has(message_flag::expires) ? at<Expiry>(m.expiry()).at : 0;
  view.values = {values.values, values.count};
  view.quantities = {m.quantities(), m.quantity_count};
  view.payload = m.payload_bytes();
  return view;
}

void SendQueue::hand_out(const Held& held, const StoredValues& values, const LeaseOptions& options, Instant due, Instant now,
                         LeaseSink& sink) {
  turns(held.line).take(held.cell);
  leave_chain(held);
  leased_of(held, now);
  begin_lease(held, options, now);
  sink.take(view_of(*held.message, *held.layout, values, due));
}

SendQueue::Tried SendQueue::try_candidate(const Line& line, ShardLocks& locks, const LeaseOptions& options, Instant now,
                                          LeaseSink& sink) {
  const LineQueue& q = *line.queue;
  const uint32_t cap = policy().queue.in_flight;
  if (q.closed_until > now || (cap != 0 && q.in_flight >= cap)) return Tried::waits;
  const CellId next = turns(line).candidate();
  if (next == 0) return Tried::waits;
  const Held held = held_at(line, next);
  const QueuePlan& plan = plan_of(held);
  const uint64_t* quantities = held.message->quantities();
  const Instant due = opens_at(line, plan.gate, quantities, std::max(q.ready_since, q.closed_until));
  if (due > now) return Tried::waits;
  if (!plan.gate.stays_open && opens_at(line, plan.gate, quantities, now) > now) return Tried::waits;
  switch (ask_campaign(held, locks, now)) {
    case Campaigning::goes: break;
    case Campaigning::held_back: return Tried::parked;
    case Campaigning::again: return Tried::again;
  }
  if (join_chain(held)) {
    if (held.message->has_lane) lane_goes_on(held, now);
    return Tried::parked;
  }
  if (policy().queue.has_hours && !keeps_hours(held, now)) return Tried::parked;
  const StoredValues values = values_of(held);
  if (!sink.fits(values.count, values.bytes() + held.message->payload_size)) return Tried::full;
  if (plan.line_only) {
    charge_gate(held, plan.gate, now);
  } else {
    const Tried tried = charge_all(held, values, locks, now);
    if (tried != Tried::leased) return tried;
  }
  hand_out(held, values, options, due, now, sink);
  return Tried::leased;
}

// A lease that ended without a word.
bool SendQueue::lease_ended(const Held& held, ShardLocks& locks, Instant now) {
  Message& m = *held.message;
  const QueueRules& rules = policy().queue;
  const bool gives_up = rules.retry.attempts != 0 && m.tries + 1u >= rules.retry.attempts;
  const bool once = rules.classes[m.message_class].delivery == Delivery::at_most_once;
  if (gives_up && !once) return end(held, MessageState::dead, locks, now);
  if (!lock_campaign(m, locks)) return false;
  if (!once && is_aborted(m)) return end(held, MessageState::aborted, locks, now);
  leave_place(held);
  ++m.tries;
  m.set(message_flag::redelivered);
  if (once) {
    m.set_status(MessageState::unknown);
    m.due = 0;
    ++held.line.queue->unknown;
  } else {
    back_of(held);
    turns(held.line).put_back(held.cell);
    if (held.line.queue->closed_until == kNever && !policy().pools.empty()) add_stray(m.id);
  }
  return true;
}

// The first entry, which is due. False: locks were let go, and nothing has changed.
bool SendQueue::wake_one(const Line& line, CellId id, ShardLocks& locks, Instant now) {
  Turns turn = turns(line);
  auto& entry = at<Entry>(id);
  if (entry.kind == EntryKind::flow) {
    turn.let_go(id);
    at<Flow>(id).clear(flow_flag::parked);
    turn.enter_ring(id);
    return true;
  }
  if (entry.kind == EntryKind::lane) return wake_lane(line, id, locks, now);
  if (entry.kind == EntryKind::expiry) {
    const Held held = held_at(line, at<Expiry>(id).message);
    if (held.message->status() != MessageState::leased) return end(held, MessageState::expired, locks, now);
    const Instant then = later(held.message->due, 1);
    turn.let_go(id);
    turn.hold(id, then);
    return true;
  }
  const Held held = held_at(line, id);
  if (held.message->status() == MessageState::leased) return lease_ended(held, locks, now);
  turn.let_go(id);
  if (held.message->status() == MessageState::scheduled) {
    turn.put_last(id);
  } else {
    held.message->clear(message_flag::blocked);
    turn.put_back(id);
  }
  return true;
}

bool SendQueue::wake_due(const Line& line, ShardLocks& locks, Instant now) {
  LineQueue& q = *line.queue;
  while (q.timed != 0 && at<Entry>(q.timed).due <= now) {
    const bool was_ready = turns(line).is_ready();
    const Instant due = at<Entry>(q.timed).due;
    if (!wake_one(line, q.timed, locks, now)) return false;
    if (!was_ready && turns(line).is_ready()) q.ready_since = due;
  }
  return true;
}

// A line that was closed until now is as any other, and goes when it is empty.
void SendQueue::reopen(const Line& line, Instant now) {
  LineQueue& q = *line.queue;
  if (q.closed_until == 0 || q.closed_until > now) return;
  q.ready_since = std::max(q.ready_since, q.closed_until);
  q.closed_until = 0;
}

Served SendQueue::serve(const Releases::Due& due, const LeaseOptions& options, Instant now, LeaseSink& sink,
                        Releases::Landing* next) {
  ShardLocks locks(core_.block_);
  locks.lock(due.place.shard);
  const Line line = line_at(due.place.shard, due.place.line);
  reopen(line, now);
  Tried tried;
  do {
    tried = wake_due(line, locks, now) ? try_candidate(line, locks, options, now, sink) : Tried::again;
  } while (tried == Tried::again || tried == Tried::parked);
  if (line.queue->messages == 0 && drop_line(line, true)) return Served::gone;
  next->due = line.queue->armed = due_of(line);
  next->ahead = ahead_of(*line.queue);
  if (tried == Tried::leased) return next->due <= now ? Served::again : Served::leased;
  return tried == Tried::full ? Served::full : Served::nothing;
}

Status SendQueue::lease(const LeaseOptions& options, LeaseSink& sink, Instant* next, std::string* error) {
  Instant now;
  if (!core_.time_of(options.now, &now))
    return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  if (options.ttl < 0 || options.ttl > kDay)
    return fail(Status::invalid, error, "ttl: a lease lasts more than 0 ns and at most a day");
  wake_waiting();
  reclaim(kReclaimedAtOnce, now);
  if (options.some_lines) return lease_lines(options, now, sink, next);
  uint32_t leased = 0;
  bool full = false;
  if (options.most == 1) {
    Releases::Due due;
    while (leased == 0 && !full && releases_.take(now, {&due, 1}) != 0) {
      Releases::Landing next_time;
      const Served served = serve_one(due, options, now, sink, &next_time);
      leased = served == Served::leased || served == Served::again;
      full = served == Served::full;
      if (served != Served::gone) releases_.land({due.timer, next_time.ahead, next_time.due});
    }
  }
  while (leased < options.most && !full) {
    Turnout turnout(releases_, now, options.most - leased);
    if (!turnout.goes_on()) break;
    serve_straight(turnout, options, now, sink);
    turnout.serve([&](const Releases::Due& due, Releases::Landing* again) { return serve(due, options, now, sink, again); });
    turnout.land(releases_);
    leased += turnout.leased();
    full = turnout.is_full();
  }
  if (next != nullptr) *next = releases_.next_due();
  if (full && leased == 0) return Status::buffer;
  return Status::ok;
}

Instant SendQueue::next_due() {
  wake_waiting();
  return releases_.next_due();
}

}  // namespace sluice
