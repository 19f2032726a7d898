// SPDX-License-Identifier: Apache-2.0
// A message from one line to another, with what it took for the line. It keeps its number: where it was accepted an alias stands for
// it that says in which shard it is.
#include <algorithm>
#include <cstring>
#include <new>

#include "core/engine/engine_core.h"
#include "core/engine/row_subject.h"
#include "core/engine/send_queue.h"
#include "core/limits/limit.h"

namespace sluice {
namespace {

constexpr uint32_t kAliasUnits = sizeof(Entry) / kCellUnit;

bool is_of_line(const MessageLayout& layout, const LayoutRow& row) {
  return std::find(row.values, row.values + row.value_count, layout.line) != row.values + row.value_count;
}

}  // namespace

CellId SendQueue::find_alias(const Shard& shard, uint64_t message) const {
  if (shard.cold == nullptr || shard.cold->queues == nullptr) return 0;
  return shard.cold->queues->cells.find(tag_of_message(message), [&](CellId cell) {
    const auto& entry = at<Entry>(cell);
    return entry.kind == EntryKind::alias && entry.id == message;
  });
}

// While locks are let go the message may move on.
CellId SendQueue::follow(uint64_t message, ShardLocks& locks, uint32_t* shard_index) const {
  const Shard& home = core_.block_.shards[shard_of_message(message)];
  for (;;) {
    if (const CellId cell = find_cell(home, message); cell != 0) return cell;
    const CellId alias = find_alias(home, message);
    if (alias == 0) return 0;
    LockSet more;
    more.add(at<Entry>(alias).child);
    if (!locks.extend(more)) continue;
    *shard_index = at<Entry>(alias).child;
    return find_cell(core_.block_.shards[*shard_index], message);
  }
}

// Without memory for it a message stays until its line comes back, or it expires.
void SendQueue::add_stray(uint64_t message) {
  const SpinGuard guard(wakes_lock_);
  try {
    strays_.push_back(message);
    any_strays_.store(true, std::memory_order_release);
  } catch (const std::bad_alloc&) {
  }
}

std::vector<uint64_t> SendQueue::take_strays() {
  std::vector<uint64_t> taken;
  if (!any_strays_.load(std::memory_order_acquire)) return taken;
  const SpinGuard guard(wakes_lock_);
  taken.swap(strays_);
  any_strays_.store(false, std::memory_order_relaxed);
  return taken;
}

void SendQueue::drop_alias(uint64_t message) {
  Shard& home = core_.block_.shards[shard_of_message(message)];
  const CellId alias = find_alias(home, message);
  home.cold->queues->cells.erase(tag_of_message(message), alias);
  free(home, alias, kAliasUnits);
}

bool SendQueue::make_berth(const Held& held, const Line& to, Berth* berth) {
  const Flow& from = *held.flow;
  Index& cells_there = to.queues->cells;
  if (to.shard_index != held.line.shard_index && shard_of_message(held.message->id) == held.line.shard_index) {
    berth->alias = allocate(*held.line.shard, kAliasUnits, true);
    if (berth->alias == 0) return false;
  }
  berth->flow = find_flow(*to.queues, to.cell, from.message_class, from.tenant(), from.tenant_hash);
  if (berth->flow == 0) {
    const CellId cell = cells_there.reserve(core_.words_) ? allocate(*to.shard, from.units(), true) : 0;
    if (cell == 0) {
      undo_berth(held, to, *berth);
      return false;
    }
    auto& flow = *::new (cells().at<void>(cell)) Flow;
    flow.kind = EntryKind::flow;
    flow.message_class = from.message_class;
    flow.line = to.cell;
    flow.weight = from.weight;
    flow.tenant_hash = from.tenant_hash;
    flow.tenant_size = from.tenant_size;
    std::memcpy(flow.tenant_begin(), from.tenant().data(), from.tenant_size);
    cells_there.insert(tag_of_flow(to.cell, flow.message_class, flow.tenant_hash), cell);
    berth->flow = cell;
    berth->new_flow = true;
  }
  if (to.shard_index == held.line.shard_index || cells_there.reserve(core_.words_)) return true;
  undo_berth(held, to, *berth);
  return false;
}

void SendQueue::undo_berth(const Held& held, const Line& to, const Berth& berth) {
  if (berth.alias != 0) free(*held.line.shard, berth.alias, kAliasUnits);
  if (!berth.new_flow) return;
  const auto& flow = at<Flow>(berth.flow);
  to.queues->cells.erase(tag_of_flow(flow.line, flow.message_class, flow.tenant_hash), berth.flow);
  free(*to.shard, berth.flow, flow.units());
}

// What was taken on one line is taken on the other instead; it was accepted, so nothing refuses it.
void SendQueue::take_row(const Held& held, const StoredValues& values, const LayoutRow& row, Instant now) {
  const Generation& g = core_.generation();
  const int16_t position = g.limit_position(row.limit);
  uint64_t* stamp = row.stamp == kNone ? nullptr : &held.message->stamps()[row.stamp];
  if (stamp != nullptr) *stamp = 0;
  if (position == kNone || g.limit_born[static_cast<size_t>(position)] != row.born) return;
  const RowSubject subject(row, values, core_.secret_);
  Shard& shard = core_.block_.shards[core_.block_.shard_of(subject.hash)];
  RecordId id = row.on_line ? held.line.queue->record : core_.find_locked(shard, subject.hash, row.scope, subject.key);
  if (id == 0) id = core_.create_locked(shard, subject.hash, row.scope, subject.key);
  if (id == 0) return;
  Record& record = *core_.arena_.at(id);
  const Limit& limit = g.policy->limits[static_cast<size_t>(position)];
  const uint8_t plan = limit.plan_elsewhere ? 0 : record.plan;
  const Params params = core_.params_of(g, limit, static_cast<size_t>(position), plan, core_.extras_of(shard, id, record));
  const uint64_t print = row.of == kNone ? 0 : fingerprint(core_.fingerprint_key_, values.values[row.of]);
  Charge charge;
  charge.cost = row.quantity == kNone ? row.cost : held.message->quantities()[row.quantity];
  charge.type = ChargeType::forced;
  charge.values = {&print, row.of == kNone ? 0u : 1u};
  const Instant at = std::max(now, core_.base_of(&record));
  std::byte* state = record.state() + limit.state_offset;
  if (limit.extent && !limit::reserve(params, state, charge, at, core_.memory_)) return;
  const Taken taken = limit::commit(params, state, charge, at);
  record.newest = at;
  if (stamp != nullptr) *stamp = stamp_of(taken);
  if (taken.fired == 0) return;
  core_.emit_fired(g, static_cast<size_t>(position), record, params, taken.fired, limit::read(params, state, at).used, at, false);
}

// REQUIRES: make_berth, and nothing else since on its line. What has been sent keeps what it took, but for its place in the queue.
void SendQueue::carry(const Held& held, const Line& to, const Berth& berth, Instant now) {
  Message& m = *held.message;
  const MessageState status = m.status();
  const bool tries_again = status == MessageState::parked && !m.has(message_flag::blocked) && m.due > now && m.due != kNever;
  const Instant due = m.due;
  const StoredValues values = values_of(held);
  std::vector<const LayoutRow*> rows;
  for (const LayoutRow& row : held.layout->rows) {
    if (row.at_lease || !is_of_line(*held.layout, row)) continue;
    const bool follows = row.while_queued || (row.unsent_back && m.tries == 0);
    const bool taken = row.stamp == kNone || m.stamps()[row.stamp] != 0;
    if (follows && taken) {
      give_back_row(held, values, row, now);
      rows.push_back(&row);
    } else if (row.stamp != kNone) {
      m.stamps()[row.stamp] = 0;
    }
  }
  leave_place(held);
  detach(held);
  const uint32_t home = shard_of_message(m.id), from = held.line.shard_index;
  const uint32_t tag = tag_of_message(m.id);
  if (from != to.shard_index) {
    if (home == from) {
      auto& alias = *::new (cells().at<void>(berth.alias)) Entry;
      alias.kind = EntryKind::alias;
      alias.id = m.id;
      held.line.queues->cells.replace(tag, held.cell, berth.alias);
    } else {
      held.line.queues->cells.erase(tag, held.cell);
    }
    if (home == to.shard_index) {
      const CellId alias = find_alias(*to.shard, m.id);
      to.queues->cells.replace(tag, alias, held.cell);
      free(*to.shard, alias, kAliasUnits);
    } else {
      at<Entry>(find_alias(core_.block_.shards[home], m.id)).child = to.shard_index;
      to.queues->cells.insert(tag, held.cell);
    }
  }
  constexpr uint64_t kCount = (uint64_t{1} << kMessageShardShift) - 1;
  to.queues->next_number = std::max(to.queues->next_number, (m.id & kCount) + 1);
  m.flow = berth.flow;
  m.clear(message_flag::blocked);
  const Held there = held_at(to, held.cell);
  LineQueue& q = *to.queue;
  ++there.flow->messages;
  ++to.queues->messages;
  ++q.messages;
  q.load += m.cost;
  if (m.cost != 1) ++q.costly;
  if (m.has(message_flag::shared)) ++q.shared;
  if (m.has_zones) count_zoned(there, now);
  const StoredValues values_there = values_of(there);
  for (const LayoutRow* row : rows) take_row(there, values_there, *row, now);
  Turns turn = turns(to);
  if (m.has(message_flag::expires)) turn.hold(m.expiry(), at<Expiry>(m.expiry()).at);
  m.due = 0;
  if (status == MessageState::scheduled) {
    m.set_status(MessageState::scheduled);
    turn.hold(held.cell, due);
  } else if (tries_again) {
    m.set_status(MessageState::parked);
    hold_chain(there, due);
  } else {
    if (!turn.is_ready()) q.ready_since = now;
    turn.put_last(held.cell);
  }
}

namespace {

// How long one unit keeps a limit that holds a line busy.
Span unit_of(const Params& params) {
  if (params.amount->word != Word::number || params.amount->amount == 0) return 0;
  if (params.rule->kind == Kind::pace) return params.amount->unit;
  return static_cast<Span>(static_cast<uint64_t>(params.rule->period) / params.amount->amount);
}

}  // namespace

Span SendQueue::expected_wait(const Operation& operation, const SubjectRef& s, Instant now) const {
  const LineQueue empty;
  const CellId cell = s.record == nullptr ? 0 : queue_of(*s.record);
  return expected_wait(operation, Outlook{cell == 0 ? &empty : &at<LineQueue>(cell), s.state, s.plan, s.extras, s.base}, now);
}

// The wait until the next free turn, and what waits for its own before: the longest of all that hold the line.
Span SendQueue::expected_wait(const Operation& operation, const Outlook& line, Instant now) const {
  const Generation& g = core_.generation();
  const LineQueue& q = *line.queue;
  if (q.closed_until == kNever) return kNever;
  const uint64_t queued = q.load - std::min<uint64_t>(q.load, q.in_flight);
  const Instant from = std::max({now, line.base, q.closed_until});
  Wide wait = static_cast<uint64_t>(std::max(now, q.closed_until) - now);
  const Wide start = wait;
  for (const OperationCharge& charge : operation.charges) {
    const Limit& limit = g.policy->limits[static_cast<size_t>(charge.limit)];
    if (!holds_line(*g.policy, charge, limit)) continue;
    const Params params = core_.params_of(g, limit, static_cast<size_t>(charge.limit), line.plan, line.extras);
    Charge one;
    one.cost = 1;
    one.queued = true;
    const Instant opens = limit::opens_at(params, line.state + limit.state_offset, one, from);
    if (opens >= kOnRelease) return kNever;
    const Wide mine = start + static_cast<uint64_t>(opens - from) + Wide{queued} * static_cast<uint64_t>(unit_of(params));
    wait = std::max(wait, mine);
  }
  return wait >= Wide{static_cast<uint64_t>(kEndOfTime)} ? kEndOfTime - 1 : static_cast<Span>(wait);
}

}  // namespace sluice
