// SPDX-License-Identifier: Apache-2.0
// The straight way for a lease: lines that are plain (plain_line.h), and held by one pace alone. It leases what try_candidate() and
// hand_out() lease (leasing.cpp), and tells the same. Whatever else a line has is left as it was, for them.
//
// 1. Lines that were taken together are served under one set of locks.
// 2. What will be touched is asked for long before: with every line that is taken, the memory of one that comes soon.
#include <algorithm>

#include "core/engine/engine_core.h"
#include "core/engine/fetch.h"
#include "core/engine/send_queue.h"
#include "core/engine/stored_value.h"
#include "core/engine/straight_charges.h"
#include "core/engine/turnout.h"
#include "core/queue/plain_line.h"

namespace sluice {
namespace {

// Whether there are lines for which only their pace is to be asked.
bool is_straight(const Generation& g) {
  return g.gate != nullptr && g.gate->lone_pace && g.gate->stays_open && g.policy->queue.in_flight == 0 &&
         !g.policy->queue.has_hours;
}

// What a lease hands out of a message that has no key and is no campaign's.
struct Handed {
  size_t count;
  size_t bytes;  // of its values
  const char* payload;
  union {
    Bytes values[kMaxDimensions];  // `count` of them
  };

  // Its values in their order.
  [[gnu::always_inline]] Handed(const MessageLayout& layout, const Record& record, const Flow& flow, const Message& m)
      : count(layout.value_count), bytes(0), payload(m.value_bytes().data()) {
    for (size_t i = 0; i < layout.value_count; ++i) {
      const auto position = static_cast<int16_t>(i);
      Bytes& value = values[i];
      value = position == layout.line ? record.key() : position == layout.tenant ? flow.tenant() : stored_value::read(&payload);
      bytes += value.size();
    }
  }
};

// The pace of a line, a charge of which is a plain sum: of a number, and no larger than the depth.
struct LinePace {
  const StraightCharge& charge;
  std::byte* state;
  Span unit;
  Span room;  // what may be owed when the next goes

  [[gnu::always_inline]] LinePace(const StraightCharge& c, const Amount& amount, Record* record)
      : charge(c),
        state(straight::state_of(c, record)),
        unit(amount.word == Word::number ? static_cast<Span>(pace::charge_ns(amount, c.cost)) : kEndOfTime),
        room(amount.depth - unit) {}

  bool is_plain() const { return room >= 0; }
  Instant opens(Instant from) const {
    const Instant at = pace::load(state).drained_at - room;
    return at <= from ? from : at < kEndOfTime ? at : kNever;
  }
  void take(Instant at) const { pace::store(state, {pace::base(charge.slack, pace::load(state).drained_at, at) + unit}); }
};

}  // namespace

// Inlined, or it is left out (fetch.h).
[[gnu::always_inline]] inline void SendQueue::fetch_taken(std::span<const Releases::Due> lines) const {
  const CellBase cells = this->cells();
  for (const Releases::Due& due : lines) {
    fetch_line(core_.block_, cells, due.place);
    fetch_ahead(cells, due.leads_to);
    if (due.coming.line == 0) continue;
    fetch_line(core_.block_, cells, due.coming);
    fetch_ahead(cells, due.coming_leads_to);
  }
}

void SendQueue::serve_straight(Turnout& turnout, const LeaseOptions& options, Instant now, LeaseSink& sink) {
  const std::span<const Releases::Due> lines = turnout.waiting();
  fetch_taken(lines);
  const Generation& g = core_.generation();
  if (!is_straight(g)) return;
  LockSet shards;
  for (const Releases::Due& due : lines) shards.add(due.place.shard);
  const HeldLocks<Turnout::kMost> held(shards, core_.block_);
  // What a shard has for queues is known only from the shard, so each step is made for all before the next.
  for (const Releases::Due& due : lines) fetch_bytes(core_.block_.shards[due.place.shard].cold, kColdBytes);
  for (const Releases::Due& due : lines) fetch_bytes(core_.block_.shards[due.place.shard].cold->queues.get(), kQueuesBytes);
  turnout.serve(
      [&](const Releases::Due& due, Releases::Landing* next) { return serve_plain(g, due.place, options, now, sink, next); });
}

// The same for one line.
Served SendQueue::serve_one(const Releases::Due& due, const LeaseOptions& options, Instant now, LeaseSink& sink,
                            Releases::Landing* next) {
  fetch_taken({&due, 1});
  const Generation& g = core_.generation();
  if (is_straight(g)) {
    const SpinGuard guard(core_.block_.shards[due.place.shard].lock);
    const Served served = serve_plain(g, due.place, options, now, sink, next);
    if (served != Served::other) return served;
  }
  return serve(due, options, now, sink, next);
}

[[gnu::always_inline]] inline Served SendQueue::serve_plain(const Generation& g, Releases::Place place,
                                                            const LeaseOptions& options, Instant now, LeaseSink& sink,
                                                            Releases::Landing* next) {
  const CellBase cells = this->cells();
  LineQueue& q = *cells.at<LineQueue>(place.line);
  Record& record = *cells.at<Record>(q.record);
  const bool known = record.generation == g.number && (record.flags & record_flag::extras) == 0;
  if (!known || !plain_line::is_plain(q) || (q.timed != 0 && cells.at<Entry>(q.timed)->due <= now)) return Served::other;
  const CellId flow_cell = plain_line::only_flow(cells, q, place.line);
  if (flow_cell == 0) return Served::other;
  const StraightCharge& charge = g.gate->charges[0].charge;
  const LinePace pace(charge, charge.amount(record.plan), &record);
  const Instant due = pace.opens(q.ready_since);
  if (!pace.is_plain() || due > now) return Served::other;

  Flow& flow = *cells.at<Flow>(flow_cell);
  const CellId cell = flow.head;
  Message& m = *cells.at<Message>(cell);
  const MessageLayout& layout = layouts_.at(m.layout);
  if (layout.turn_limit != charge.limit_id || m.has(message_flag::keyed)) return Served::other;
  QueueShard& queues = *core_.block_.shards[place.shard].cold->queues;
  __builtin_prefetch(queues.cells.own_place(tag_of_message(m.id)), 1);  // by which what comes of it finds it
  const Handed handed(layout, record, flow, m);
  if (!sink.fits(handed.count, handed.bytes + m.payload_size)) return Served::other;

  const Instant at = std::max(core_.latest(now), record.newest);
  record.newest = at;
  pace.take(at);
  if (layout.turn_stamp != kNone) m.stamps()[layout.turn_stamp] = static_cast<uint64_t>(at);
  plain_line::take_first(q, flow, m);
  m.set_status(MessageState::leased);
  ++m.fence;
  ++q.in_flight;
  ++queues.leased;
  plain_line::hold(cells, q, cell, m, later(now, options.ttl != 0 ? options.ttl : g.policy->queue.lease));
  sink.take({.message = m.id,
             .fence = m.fence,
             .attempt = m.tries + uint32_t{1},
             .operation = layout.operation,
             .message_class = static_cast<MessageClass>(m.message_class),
             .redelivered = m.has(message_flag::redelivered),
             .due = due,
             .until = m.due,
             .expires = m.has(message_flag::expires) ? cells.at<Expiry>(m.expiry())->at : 0,
             .values = {handed.values, handed.count},
             .quantities = {m.quantities(), m.quantity_count},
             .payload = {handed.payload, m.payload_size}});
  next->ahead = {q.record, flow.head};
  next->due = q.armed = std::min(flow.waiting != 0 ? pace.opens(q.ready_since) : kNever, cells.at<Entry>(q.timed)->due);
  return next->due <= now ? Served::again : Served::leased;
}

}  // namespace sluice
