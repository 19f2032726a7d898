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

// A number, and none that the charge is larger than: neither of which any event would tell.
bool is_usual(const StraightCharge& c, const Amount& amount) {
  return amount.word == Word::number && pace::charge_ns(amount, c.cost) <= static_cast<uint64_t>(amount.depth);
}

}  // namespace

void SendQueue::serve_straight(Turnout& turnout, const LeaseOptions& options, Instant now, LeaseSink& sink) {
  const std::span<const Releases::Due> lines = turnout.waiting();
  for (const Releases::Due& due : lines) {
    if (due.coming.line == 0) continue;
    fetch_line(core_.block_, cells(), due.coming);
    fetch_ahead(cells(), due.coming_leads_to);
  }
  const Generation& g = core_.generation();
  if (!is_straight(g)) return;
  const auto serve_one = [&](const Releases::Due& due, Releases::Landing* next) {
    return serve_plain(g, due.place, options, now, sink, next);
  };
  if (lines.size() == 1) {
    const SpinGuard guard(core_.block_.shards[lines[0].place.shard].lock);
    return turnout.serve(serve_one);
  }
  LockSet shards;
  for (const Releases::Due& due : lines) {
    fetch_line(core_.block_, cells(), due.place);
    shards.add(due.place.shard);
  }
  const HeldLocks<Turnout::kMost> held(shards, core_.block_);
  for (const Releases::Due& due : lines) fetch_ahead(cells(), ahead_of(at<LineQueue>(due.place.line)));
  turnout.serve(serve_one);
}

Served SendQueue::serve_plain(const Generation& g, Releases::Place place, const LeaseOptions& options, Instant now,
                              LeaseSink& sink, Releases::Landing* next) {
  auto& q = at<LineQueue>(place.line);
  Record& record = *core_.arena_.at(q.record);
  const bool known = record.generation == g.number && (record.flags & record_flag::extras) == 0;
  if (!known || !plain_line::is_plain(q) || (q.timed != 0 && at<Entry>(q.timed).due <= now)) return Served::other;
  const CellId flow_cell = plain_line::only_flow(cells(), q);
  if (flow_cell == 0) return Served::other;
  const StraightCharge& pace = g.gate->charges[0].charge;
  const Amount& amount = pace.amount(record.plan);
  std::byte* state = straight::state_of(pace, &record);
  const Instant due = straight::opens_at(pace, amount, state, pace.cost, q.ready_since);
  if (due > now || !is_usual(pace, amount)) return Served::other;

  auto& flow = at<Flow>(flow_cell);
  Held held;
  held.line = {place.shard, &core_.block_.shards[place.shard], nullptr, place.line, &q, &record};
  held.line.queues = held.line.shard->cold->queues.get();
  held.cell = flow.head;
  held.message = &at<Message>(held.cell);
  held.flow = &flow;
  held.layout = &layouts_.at(held.message->layout);
  Message& m = *held.message;
  __builtin_prefetch(held.line.queues->cells.own_place(tag_of_message(m.id)), 1);  // by which what comes of it finds it
  const StoredValues values = values_of(held);
  if (!sink.fits(values.count, values.bytes() + m.payload_size)) return Served::other;

  const Instant at = std::max(core_.latest(now), record.newest);
  record.newest = at;
  straight::take(pace, amount, state, pace.cost, at);
  if (const int16_t stamp = plan_of(held).gate.charges[0].stamp; stamp != kNone) m.stamps()[stamp] = static_cast<uint64_t>(at);
  plain_line::take_first(cells(), q, flow);
  begin_lease(held, options, now);
  sink.take(view_of(held, values, due));
  const Turns turn = turns(held.line);
  const Instant opens = turn.is_ready() ? straight::opens_at(pace, amount, state, pace.cost, q.ready_since) : kNever;
  next->ahead = {q.record, flow.head};
  next->due = q.armed = std::min(opens >= kEndOfTime ? kNever : opens, turn.first_due());
  return next->due <= now ? Served::again : Served::leased;
}

}  // namespace sluice
