// SPDX-License-Identifier: Apache-2.0
// Lines and their messages: found, asked when they are due, dropped.
#include <algorithm>
#include <cstring>
#include <new>

#include "core/engine/engine_core.h"
#include "core/engine/send_queue.h"
#include "core/engine/stored_value.h"
#include "core/engine/straight_charges.h"
#include "core/limits/limit.h"

namespace sluice {

SendQueue::SendQueue(EngineCore& core)
    : core_(core), releases_(core.memory_), zone_sets_(core.memory_, core.options_.zoneinfo_dir) {}

CellBase SendQueue::cells() const { return core_.arena_.cells(); }

const CompiledPolicy& SendQueue::policy() const { return *core_.generation().policy; }

// A record may yet be laid out as an earlier policy said.
CellId SendQueue::queue_of(const Record& record) const {
  if ((record.flags & record_flag::queue) == 0) return 0;
  CellId cell;
  std::memcpy(&cell, record.state() + core_.layout_of(record)->queue_offset, sizeof cell);
  return cell;
}

void SendQueue::set_queue(Record& record, CellId line) {
  std::memcpy(record.state() + core_.layout_of(record)->queue_offset, &line, sizeof line);
  record.flags = (line == 0 ? record.flags & ~record_flag::queue : record.flags | record_flag::queue) & 7;
}

CellId SendQueue::allocate(Shard& shard, uint32_t units, bool beyond_cap) {
  return shard.cells.allocate(core_.arena_, units, shard.cold->free, beyond_cap);
}

void SendQueue::free(Shard& shard, CellId id, uint32_t units) { shard.cold->free.push(core_.arena_, id, units); }

// Its record comes to the policy of today, as at any touch.
Line SendQueue::line_at(uint32_t shard_index, CellId cell) const {
  Line line;
  line.shard_index = shard_index;
  line.shard = &core_.block_.shards[shard_index];
  line.queues = line.shard->cold->queues.get();
  line.cell = cell;
  line.queue = &at<LineQueue>(cell);
  line.record = core_.arena_.at(line.queue->record);
  if (line.record->generation != core_.generation().number) [[unlikely]] {
    core_.migrate_locked(*line.shard, core_.hash_of(*line.record), line.queue->record);
    line.record = core_.arena_.at(line.queue->record);
  }
  return line;
}

Held SendQueue::held_at(const Line& line, CellId cell) const {
  Held held;
  held.line = line;
  held.cell = cell;
  held.message = &at<Message>(cell);
  held.flow = &at<Flow>(held.message->flow);
  held.layout = &layouts_.at(held.message->layout);
  return held;
}

CellId SendQueue::find_cell(const Shard& shard, uint64_t message) const {
  if (shard.cold == nullptr || shard.cold->queues == nullptr) return 0;
  return shard.cold->queues->cells.find(tag_of_message(message), [&](CellId cell) {
    const auto& entry = at<Entry>(cell);
    return entry.kind == EntryKind::message && entry.id == message;
  });
}

StoredValues SendQueue::values_of(const Held& held) const {
  StoredValues stored;
  stored.count = held.layout->value_count;
  const char* next = held.message->value_bytes().data();
  for (size_t i = 0; i < stored.count; ++i) {
    const auto position = static_cast<int16_t>(i);
    if (position == held.layout->line) {
      stored.values[i] = held.line.record->key();
    } else if (position == held.layout->tenant) {
      stored.values[i] = held.flow->tenant();
    } else {
      stored.values[i] = stored_value::read(&next);
    }
  }
  if (held.message->has(message_flag::keyed)) stored.key = stored_value::read(&next);
  return stored;
}

const QueuePlan& SendQueue::plan_of(const Held& held) const { return core_.generation().queue_of(held.layout->operation); }

Params SendQueue::params_of(const Line& line, const LineCharge& charge, const Extras* extras) const {
  const StraightCharge& c = charge.charge;
  if (extras == nullptr) return {c.rule, &c.amount(line.record->plan), c.billing};
  return core_.params_of(core_.generation(), *charge.limit, c.position, line.record->plan, extras);
}

namespace {

Charge asked_of(const LineCharge& charge, const uint64_t* quantities) {
  Charge ask;
  ask.cost = charge.charge.quantity == kNone ? charge.charge.cost : quantities[charge.charge.quantity];
  ask.queued = true;
  return ask;
}

}  // namespace

// A record is asked at nothing before its newest commit, but that may be one that holds no line, of a depth say: then what is open by
// now has been so for longer.
Instant SendQueue::opens_at(const Line& line, const LineGate& gate, const uint64_t* quantities, Instant from) const {
  const Record& record = *line.record;
  const Extras* extras = core_.extras_of(*line.shard, line.queue->record, record);
  if (gate.lone_pace && extras == nullptr) [[likely]] {
    const StraightCharge& c = gate.charges[0].charge;
    return straight::opens_at(c, c.amount(record.plan), straight::state_of(c, line.record), c.cost, from);
  }
  const auto opens_from = [&](Instant t) {
    for (;;) {
      Instant latest = t;
      for (const LineCharge& charge : gate.charges) {
        const Instant opens = limit::opens_at(params_of(line, charge, extras), straight::state_of(charge.charge, line.record),
                                              asked_of(charge, quantities), t);
        if (opens >= kOnRelease) return opens;
        latest = std::max(latest, opens);
      }
      if (latest == t) return t;
      t = latest;
    }
  };
  const Instant asked = std::max(from, core_.base_of(&record));
  const Instant opens = opens_from(asked);
  return opens != asked || asked == from ? opens : std::min(asked, opens_from(from));
}

// REQUIRES: the gate lets it pass now.
void SendQueue::charge_gate(const Held& held, const LineGate& gate, Instant now) {
  Record& record = *held.line.record;
  Message& m = *held.message;
  const Extras* extras = core_.extras_of(*held.line.shard, held.line.queue->record, record);
  const Instant at = std::max(now, core_.base_of(&record));
  record.newest = at;
  for (const LineCharge& charge : gate.charges) {
    const Params params = params_of(held.line, charge, extras);
    std::byte* state = straight::state_of(charge.charge, &record);
    const Taken taken = limit::commit(params, state, asked_of(charge, m.quantities()), at);
    keep_stamp(held, charge.charge.limit_id, taken);
    if (taken.fired != 0) {
      core_.emit_fired(core_.generation(), charge.charge.position, record, params, taken.fired,
                       limit::read(params, state, at).used, at, false);
    }
  }
}

// When the message whose turn it is may go, kNever when none is ready or the line is closed.
Instant SendQueue::release_at(const Line& line) const {
  const LineQueue& q = *line.queue;
  const uint32_t cap = policy().queue.in_flight;
  if (q.closed_until == kNever || (cap != 0 && q.in_flight >= cap)) return kNever;
  Turns turn = turns(line);
  if (!turn.is_ready()) return kNever;
  const Instant from = std::max(q.ready_since, q.closed_until);
  Instant opens;
  if (const LineGate* gate = core_.generation().gate) {
    opens = opens_at(line, *gate, nullptr, from);
  } else {
    const Held next = held_at(line, turn.candidate());
    opens = opens_at(line, plan_of(next).gate, next.message->quantities(), from);
  }
  return opens >= kEndOfTime ? kNever : opens;
}

// An empty line that is closed goes when that ends.
Instant SendQueue::due_of(const Line& line) const {
  if (line.queue->messages == 0 && line.queue->closed_until != 0) return line.queue->closed_until;
  return std::min(release_at(line), turns(line).first_due());
}

// The message that comes first in one of its flows, most likely the next.
Releases::Ahead SendQueue::ahead_of(const LineQueue& q) const {
  for (const CellId ring : q.ring) {
    if (ring != 0) return {q.record, at<Flow>(ring).head};
  }
  return {q.record, 0};
}

bool SendQueue::has_ready(const Record& record) const {
  const CellId cell = queue_of(record);
  return cell != 0 && Turns(cells(), at<LineQueue>(cell), 0).is_ready();
}

Instant SendQueue::next_release(const SubjectRef& s) const {
  const CellId cell = s.record == nullptr ? 0 : queue_of(*s.record);
  return cell == 0 ? kNever : release_at(line_at(s.shard_index, cell));
}

CellId SendQueue::begin_line(uint32_t shard_index, Shard& shard, RecordId record, uint32_t resident, Instant due, CellId ahead) {
  const uint32_t units = kLineQueueUnits + resident;
  const CellId cell = shard.cells.take(core_.arena_, units, shard.cold->free, false);
  if (cell == 0) return 0;
  auto& line = *::new (cells().at<void>(cell)) LineQueue;
  line.record = record;
  line.resident = resident;
  line.armed = due == kNever ? 0 : due;
  line.timer = releases_.add(shard_index, cell, &line.number, due, {record, ahead});
  if (line.timer == 0) {
    free(shard, cell, units);
    return 0;
  }
  set_queue(*core_.arena_.at(record), cell);
  return cell;
}

void SendQueue::begin_resident(CellId line, MessageClass message_class, Bytes tenant) {
  auto& flow = *::new (cells().at<void>(resident_of(line))) Flow;
  begin_flow(flow, line, message_class, tenant, hash_of_tenant(tenant));
}

bool SendQueue::drop_line(const Line& line, bool in_hand) {
  if (line.queue->closed_until != 0) return false;
  if (!(in_hand ? releases_.land_and_remove(line.queue->timer) : releases_.remove(line.queue->timer))) return false;
  set_queue(*line.record, 0);
  free(*line.shard, line.cell, kLineQueueUnits + line.queue->resident);
  return true;
}

void SendQueue::settle_line(const Line& line) {
  if (line.queue->messages == 0 && drop_line(line, false)) return;
  if (due_of(line) != line.queue->armed) arm(line);
}

}  // namespace sluice
