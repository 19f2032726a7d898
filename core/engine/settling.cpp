// SPDX-License-Identifier: Apache-2.0
// What came of a message: its lease settled, or itself ended, and what it had taken given back.
#include <algorithm>

#include "core/base/hash.h"
#include "core/engine/engine_core.h"
#include "core/engine/idempotency.h"
#include "core/engine/row_subject.h"
#include "core/engine/send_queue.h"
#include "core/limits/gauge.h"
#include "core/limits/limit.h"
#include "core/limits/pace.h"

namespace sluice {
namespace {

constexpr Span kLongestWait = 400 * kDay;

bool while_queued(const LayoutRow& row) { return row.while_queued; }
bool taken_by_lease(const LayoutRow& row) { return row.at_lease; }
bool of_unsent(const LayoutRow& row) { return row.while_queued || row.unsent_back; }
bool of_failed(const LayoutRow& row) { return row.while_queued || row.refund_failed; }

// What an ending gives back. What may have been sent keeps what it took, but for its place in the queue.
Returns returns_of(MessageState state, const Message& m) {
  const bool unsent = m.tries == 0;
  switch (state) {
    case MessageState::failed:
    case MessageState::dead: return of_failed;
    case MessageState::expired:
    case MessageState::cancelled:
    case MessageState::aborted: return unsent ? of_unsent : while_queued;
    default: return while_queued;
  }
}

Status fail(Status status, std::string* error, const std::string& message) {
  if (error != nullptr) *error = message;
  return status;
}

// min(longest, first x 2^tries) and a share of that more, which the message's number tells.
Span backoff(const RetryRules& rules, const Message& m) {
  Span wait = rules.first;
  for (uint32_t i = 0; i < m.tries && wait < rules.longest; ++i) wait = std::min(rules.longest, wait * 2);
  const Wide most = Wide{static_cast<uint64_t>(wait)} * rules.jitter / 10'000;
  const uint64_t draw = (m.id ^ m.fence) * 0x9e3779b97f4a7c15u;
  return wait + static_cast<Span>((most * (draw >> 32)) >> 32);
}

// What a message has become that is not held any more.
MessageState ended_as(Outcome outcome, bool aborted) {
  if (outcome == Outcome::sent) return MessageState::sent;
  if (outcome == Outcome::failed) return MessageState::failed;
  return aborted ? MessageState::aborted : MessageState::dead;
}

std::string words_of(MessageState state) {
  constexpr const char* kWords[] = {"none", "scheduled", "waiting", "parked",    "leased",  "unknown",
                                    "sent", "failed",    "expired", "cancelled", "aborted", "dead"};
  return kWords[static_cast<size_t>(state)];
}

}  // namespace

// Locks the message's shard and finds it there.
Status SendQueue::find(uint64_t message, ShardLocks& locks, Held* held, std::string* error) const {
  const uint32_t shard_index = shard_of_message(message);
  const char* unknown = "message: not held by this engine; the number is none of its messages'";
  if (message == 0 || shard_index >= core_.block_.shard_count()) return fail(Status::not_found, error, unknown);
  locks.lock(shard_index);
  const Shard& shard = core_.block_.shards[shard_index];
  uint32_t at_shard = shard_index;
  const CellId cell = follow(message, locks, &at_shard);
  if (cell == 0) {
    const uint64_t number = message & ((uint64_t{1} << kMessageShardShift) - 1);
    const bool was = shard.cold != nullptr && shard.cold->queues != nullptr && number < shard.cold->queues->next_number;
    return fail(Status::not_found, error, was ? "message: not held any more; it has ended" : unknown);
  }
  *held = held_at(line_at(at_shard, at<Flow>(at<Message>(cell).flow).line), cell);
  const MessageState state = held->message->status();
  if (is_aborted(*held->message) && state != MessageState::leased && state != MessageState::unknown) {
    return fail(Status::not_found, error, "message: not held any more; its campaign was aborted");
  }
  return Status::ok;
}

namespace {

// The record of a message's key.
struct KeySubject {
  KeySubject(const Held& held, const StoredValues& stored, const HashSecret& secret) {
    key.count = 2;
    key.values[0] = &stored.values[held.layout->tenant];
    key.values[1] = &stored.key;
    const uint64_t tenant = hash_first(hash_begin(kIdempotencyScope, secret), hash_bytes(*key.values[0], secret));
    hash = hash_next(tenant, hash_bytes(stored.key, secret), secret);
  }

  KeyView key;
  uint64_t hash;
};

}  // namespace

bool SendQueue::lock_returns(const Held& held, const StoredValues& values, Returns returns, ShardLocks& locks) const {
  const bool away = is_away(held);
  if (held.layout->alone && !away && values.key.empty() && !held.message->has_lane) return true;
  LockSet more;
  if (away) more.add(shard_of_message(held.message->id));
  if (held.message->has_lane) more.add(shard_of_message(at<Lane>(held.message->lane()).id));
  if (!values.key.empty()) more.add(core_.block_.shard_of(KeySubject(held, values, core_.secret_).hash));
  for (const LayoutRow& row : held.layout->rows) {
    if (!row.on_line && returns(row)) more.add(core_.block_.shard_of(RowSubject(row, values, core_.secret_).hash));
  }
  return locks.extend(more);
}

// The key counts for a day more, and says what became of the message.
void SendQueue::end_key(const Held& held, const StoredValues& values, MessageState state, Instant now) {
  const KeySubject subject(held, values, core_.secret_);
  Shard& shard = core_.block_.shards[core_.block_.shard_of(subject.hash)];
  const RecordId id = core_.find_locked(shard, subject.hash, kIdempotencyScope, subject.key);
  if (id == 0) return;
  Record& record = *core_.arena_.at(id);
  KeyState& key = *key_state(record);
  if (key.message != held.message->id) return;
  key.ended = static_cast<uint64_t>(state);
  key.expires = later(std::max(now, core_.base_of(&record)), kKeyLifetime);
  record.newest = std::max(record.newest, now);
}

// What has been dropped, or begun anew since, has nothing to get back.
void SendQueue::give_back_row(const Held& held, const StoredValues& values, const LayoutRow& row, Instant now) {
  const Generation& g = core_.generation();
  const int16_t position = g.limit_position(row.limit);
  if (position == kNone || g.limit_born[static_cast<size_t>(position)] != row.born) return;
  const uint64_t stamp = row.stamp == kNone ? 0 : held.message->stamps()[row.stamp];
  if (row.stamp != kNone && stamp == 0) return;
  const Limit& limit = g.policy->limits[static_cast<size_t>(position)];
  const uint64_t cost = row.quantity == kNone ? row.cost : held.message->quantities()[row.quantity];
  if (row.on_line) {
    const Line& line = held.line;
    if (!row.plain_units) return give_back_to(*line.shard, line.queue->record, limit, row, values, stamp, cost, now);
    gauge::give_back(line.record->state() + limit.state_offset, cost);
    line.record->newest = std::max(now, core_.base_of(line.record));
    return;
  }
  const RowSubject subject(row, values, core_.secret_);
  const uint32_t shard_index = core_.block_.shard_of(subject.hash);
  Shard& shard = core_.block_.shards[shard_index];
  const RecordId id = core_.find_locked(shard, subject.hash, row.scope, subject.key);
  if (id == 0) return;
  give_back_to(shard, id, limit, row, values, stamp, cost, now);
  if (!row.while_queued) subject_changed(shard_index, subject.hash, id);
}

void SendQueue::give_back_to(Shard& shard, RecordId id, const Limit& limit, const LayoutRow& row, const StoredValues& values,
                             uint64_t stamp, uint64_t cost, Instant now) {
  const Generation& g = core_.generation();
  Record& record = *core_.arena_.at(id);
  const uint8_t plan = limit.plan_elsewhere ? 0 : record.plan;
  const auto position = static_cast<size_t>(&limit - g.policy->limits.data());
  const Params params = core_.params_of(g, limit, position, plan, core_.extras_of(shard, id, record));
  Taken taken;
  taken.stamp = static_cast<Instant>(stamp & ~kOpenedASlot);
  taken.opened[0] = stamp >> 63;
  taken.units = limit.rule.kind != Kind::pace         ? cost
                : params.amount->word == Word::number ? pace::charge_ns(*params.amount, cost)
                                                      : 0;
  uint64_t print = 0;
  if (row.of != kNone) print = fingerprint(core_.fingerprint_key_, values.values[row.of]);
  const Instant at = std::max(now, core_.base_of(&record));
  limit::refund(params, record.state() + limit.state_offset, taken, taken.units, {&print, row.of == kNone ? 0u : 1u}, at);
  record.newest = at;
}

void SendQueue::give_back(const Held& held, const StoredValues& values, Returns returns, Instant now) {
  for (const LayoutRow& row : held.layout->rows) {
    if (returns(row)) give_back_row(held, values, row, now);
  }
}

// An expiry that waited for the end of the lease waits no longer.
void SendQueue::expire_in_time(const Held& held) {
  const CellId cell = held.message->expiry();
  const auto& expiry = at<Expiry>(cell);
  if (expiry.due == expiry.at) return;
  Turns turn = turns(held.line);
  turn.let_go(cell);
  turn.hold(cell, expiry.at);
}

// Out of whatever it stands in.
void SendQueue::leave_place(const Held& held) {
  Message& m = *held.message;
  Turns turn = turns(held.line);
  if (m.in_lane) {
    lane_remove(cells(), at<Lane>(m.lane()), held.cell);
    m.in_lane = 0;
    return;
  }
  if (m.has(message_flag::chained)) {
    leave_chain(held);
    return;
  }
  switch (m.status()) {
    case MessageState::waiting: turn.set_aside(held.cell); break;
    case MessageState::leased:
      --held.line.queue->in_flight;
      if (m.has(message_flag::expires)) expire_in_time(held);
      [[fallthrough]];
    case MessageState::scheduled:
    case MessageState::parked: turn.let_go(held.cell); break;
    case MessageState::unknown: --held.line.queue->unknown; break;
    default: break;
  }
  leave_chain(held);
}

// Out of its line, its flow and the shard's cells; the flow goes with its last message.
void SendQueue::detach(const Held& held) {
  Message& m = *held.message;
  if (m.has(message_flag::expires)) turns(held.line).let_go(m.expiry());
  count_out(*held.line.queues, *held.line.queue, *held.flow, m);
  if (held.flow->messages == 0) end_flow(held.line, m.flow);
}

void SendQueue::end_flow(const Line& line, CellId cell) {
  auto& flow = at<Flow>(cell);
  if (flow.has(flow_flag::parked)) turns(line).let_go(cell);
  flow.clear(flow_flag::parked);
  if (is_resident(*line.queue, line.cell, cell)) return;
  if (line.queue->recent == cell) line.queue->recent = 0;
  line.queues->cells.erase(tag_of_flow(flow.line, flow.message_class, flow.tenant_hash), cell);
  free(*line.shard, cell, flow.units());
}

void SendQueue::forget(const Held& held, MessageState state) {
  Message& m = *held.message;
  QueueShard& queues = *held.line.queues;
  Shard& shard = *held.line.shard;
  leave_lane(held);
  detach(held);
  if (m.has(message_flag::expires)) free(shard, m.expiry(), kExpiryUnits);
  queues.cells.erase(tag_of_message(m.id), held.cell);
  if (is_away(held)) drop_alias(m.id);
  ++queues.ended(state);
  free(shard, held.cell, m.units());
}

// Gives back and is gone. False: locks were let go, and nothing has changed.
bool SendQueue::end(const Held& held, MessageState state, ShardLocks& locks, Instant now) {
  const bool was_leased = held.message->status() == MessageState::leased || held.message->status() == MessageState::unknown;
  const bool dropped = is_aborted(*held.message) && !was_leased;
  return end(held, state, dropped ? returns_of_aborted(*held.message) : returns_of(state, *held.message), locks, now);
}

bool SendQueue::end(const Held& held, MessageState state, Returns returns, ShardLocks& locks, Instant now) {
  const bool needs_values = !held.layout->alone || held.message->has(message_flag::keyed);
  const StoredValues values = needs_values ? values_of(held) : StoredValues();
  if (!lock_returns(held, values, returns, locks)) return false;
  ended_of(held, state, now);
  leave_place(held);
  give_back(held, values, returns, now);
  if (!values.key.empty()) end_key(held, values, state, now);
  if (held.message->has_lane) lane_goes_on(held, now);
  forget(held, state);
  return true;
}

// The same of one that its line will not send any more.
bool SendQueue::refuse(const Held& held, ShardLocks& locks, Instant now) {
  if (is_aborted(*held.message)) return end(held, MessageState::aborted, locks, now);
  return end(held, MessageState::failed, held.message->tries == 0 ? of_unsent : while_queued, locks, now);
}

// Back into its flow, at its old place, with what its lease took.
bool SendQueue::take_back(const Held& held, ShardLocks& locks, Instant now) {
  const StoredValues values = values_of(held);
  if (!lock_returns(held, values, taken_by_lease, locks)) return false;
  if (is_aborted(*held.message)) return end(held, MessageState::aborted, locks, now);
  const bool was_leased = held.message->status() == MessageState::leased || held.message->status() == MessageState::unknown;
  leave_place(held);
  if (was_leased) back_of(held);
  if (was_leased) give_back_pace(held, now);
  give_back(held, values, taken_by_lease, now);
  put_back(held, now);
  return true;
}

void SendQueue::put_back(const Held& held, Instant now) {
  Turns turn = turns(held.line);
  if (!turn.is_ready()) held.line.queue->ready_since = now;
  turn.put_back(held.cell);
}

// It may have been sent, and is tried again, unless that was the last time.
bool SendQueue::retry(const Held& held, const Settlement& settlement, ShardLocks& locks, Instant now) {
  Message& m = *held.message;
  const RetryRules& rules = policy().queue.retry;
  const uint32_t tried = m.status() == MessageState::leased ? 1 : 0;  // else the lease's end has counted it
  if (rules.attempts != 0 && m.tries + tried >= rules.attempts) return end(held, MessageState::dead, locks, now);
  if (!lock_campaign(m, locks)) return false;
  if (is_aborted(m)) return end(held, MessageState::aborted, locks, now);
  const bool was_leased = m.status() == MessageState::leased || m.status() == MessageState::unknown;
  const Span wait = settlement.retry_after != 0 ? settlement.retry_after : backoff(rules, m);
  leave_place(held);
  m.tries = static_cast<uint16_t>(m.tries + tried);
  m.set_status(MessageState::parked);
  if (was_leased) back_of(held);
  hold_chain(held, later(now, wait));
  return true;
}

bool SendQueue::apply(const Held& held, const Settlement& settlement, ShardLocks& locks, Instant now) {
  held.message->clear(message_flag::redelivered);
  switch (settlement.outcome) {
    case Outcome::sent: return end(held, MessageState::sent, locks, now);
    case Outcome::failed: return end(held, MessageState::failed, locks, now);
    case Outcome::retry: return retry(held, settlement, locks, now);
    case Outcome::not_attempted: return take_back(held, locks, now);
    case Outcome::throttled:
    case Outcome::line_bad: break;
  }
  if (!take_back(held, locks, now)) return false;
  Instant& closed = held.line.queue->closed_until;
  const bool bad = settlement.outcome == Outcome::line_bad;
  const Span wait = settlement.retry_after != 0 ? settlement.retry_after : policy().queue.retry.first;
  closed = std::max(closed, bad ? kNever : later(now, wait));
  return true;
}

// A lease is named by its message and fence. One that has ended without a word counts until the next one begins.
bool SendQueue::is_current(const Message& m, uint32_t fence) {
  const bool ended_in_silence = m.has(message_flag::redelivered) || m.status() == MessageState::unknown;
  return m.fence == fence && (m.status() == MessageState::leased || ended_in_silence);
}

// Whether its line has nothing more to do, and nothing sooner, once this message was sent: all it stood in is what waits for an
// instant, and it was not the first there.
bool SendQueue::ends_quietly(const Held& held, Outcome outcome) const {
  const Message& m = *held.message;
  const uint8_t others = message_flag::expires | message_flag::holds | message_flag::chained;
  return outcome == Outcome::sent && (m.flags & others) == 0 && m.has_lane == 0 && m.due > held.line.queue->armed &&
         policy().queue.in_flight == 0;
}

Status SendQueue::settle(const Settlement& settlement, Instant given, MessageState* state, std::string* error) {
  Instant now;
  if (!core_.time_of(given, &now))
    return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  if (settlement.retry_after < 0 || settlement.retry_after > kLongestWait) {
    return fail(Status::invalid, error, "retry_after: nanoseconds, from 0 to 400 days");
  }
  if (settlement.outcome < Outcome::sent || settlement.outcome > Outcome::line_bad) {
    return fail(Status::invalid, error, "outcome: from 0 (sent) to 5 (the line is bad)");
  }
  ShardLocks locks(core_.block_);
  for (;; locks.unlock()) {
    Held held;
    if (const Status found = find(settlement.message, locks, &held, error); found != Status::ok) return found;
    if (!is_current(*held.message, settlement.fence)) {
      return fail(Status::stale, error,
                  "fence: " + std::to_string(settlement.fence) + " is not the message's lease; it is " +
                      words_of(held.message->status()) + ", its last fence " + std::to_string(held.message->fence));
    }
    const Line line = held.line;
    const bool aborted = is_aborted(*held.message);
    const uint32_t messages = line.queue->messages;
    const bool quietly = ends_quietly(held, settlement.outcome);
    if (!apply(held, settlement, locks, now)) continue;
    const bool ended = line.queue->messages != messages;
    if (state != nullptr) *state = ended ? ended_as(settlement.outcome, aborted) : held.message->status();
    if (!quietly || line.queue->messages == 0) settle_line(line);
    return Status::ok;
  }
}

Status SendQueue::extend(uint64_t message, uint32_t fence, Span ttl, Instant given, std::string* error) {
  Instant now;
  if (!core_.time_of(given, &now))
    return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  if (ttl <= 0 || ttl > kDay) return fail(Status::invalid, error, "ttl: a lease lasts more than 0 ns and at most a day");
  ShardLocks locks(core_.block_);
  Held held;
  if (const Status found = find(message, locks, &held, error); found != Status::ok) return found;
  if (held.message->fence != fence || held.message->status() != MessageState::leased) {
    return fail(Status::stale, error, "fence: not a lease that runs; the message is " + words_of(held.message->status()));
  }
  Turns turn = turns(held.line);
  turn.let_go(held.cell);
  turn.hold(held.cell, later(now, ttl));
  arm(held.line);
  return Status::ok;
}

Status SendQueue::cancel(uint64_t message, Instant given, MessageState* state, std::string* error) {
  Instant now;
  if (!core_.time_of(given, &now))
    return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  ShardLocks locks(core_.block_);
  for (;; locks.unlock()) {
    Held held;
    if (const Status found = find(message, locks, &held, error); found != Status::ok) return found;
    if (held.message->status() == MessageState::leased) {
      if (state != nullptr) *state = MessageState::leased;
      return fail(Status::stale, error, "message: leased, so it may be on its way; settle its lease instead");
    }
    const Line line = held.line;
    if (!end(held, MessageState::cancelled, locks, now)) continue;
    if (state != nullptr) *state = MessageState::cancelled;
    settle_line(line);
    return Status::ok;
  }
}

void SendQueue::erase(uint8_t dimension, Bytes value, Instant now) {
  std::vector<uint64_t> found;
  for (uint32_t s = 0; s < core_.block_.shard_count(); ++s) {
    Shard& shard = core_.block_.shards[s];
    const SpinGuard guard(shard.lock);
    if (shard.cold == nullptr || shard.cold->queues == nullptr) continue;
    const Index& held_here = shard.cold->queues->cells;
    for (uint32_t i = 0; i < held_here.capacity(); ++i) {
      const CellId cell = held_here.word(i).id;
      if (cell == 0 || at<Entry>(cell).kind != EntryKind::message) continue;
      const Held held = held_at(line_at(s, at<Flow>(at<Message>(cell).flow).line), cell);
      const StoredValues stored = values_of(held);
      const Operation& operation =
          policy().operations[static_cast<size_t>(core_.generation().operation_position(held.layout->operation))];
      for (size_t v = 0; v < stored.count; ++v) {
        if (operation.values[v] == dimension && stored.values[v] == value) {
          found.push_back(held.message->id);
          break;
        }
      }
    }
  }
  for (const uint64_t message : found) end_whatever(message, now);
}

void SendQueue::end_whatever(uint64_t message, Instant now) {
  ShardLocks locks(core_.block_);
  for (;; locks.unlock()) {
    Held held;
    if (find(message, locks, &held, nullptr) != Status::ok) return;
    const Line line = held.line;
    if (!end(held, MessageState::cancelled, locks, now)) continue;
    return settle_line(line);
  }
}

Status SendQueue::status(uint64_t message, Instant given, MessageStatus* out, std::string* error) {
  Instant now;
  if (!core_.time_of(given, &now))
    return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  ShardLocks locks(core_.block_);
  Held held;
  if (const Status found = find(message, locks, &held, error); found != Status::ok) return found;
  const Message& m = *held.message;
  out->message = m.id;
  out->state = state_of(held);
  out->message_class = static_cast<MessageClass>(m.message_class);
  out->fence = m.fence;
  out->tries = m.tries;
  out->operation = held.layout->operation;
  const bool timed = m.status() == MessageState::scheduled || m.status() == MessageState::leased ||
                     (m.status() == MessageState::parked && !m.has(message_flag::chained));
  out->due = timed ? m.due : out->state == MessageState::parked && !m.has(message_flag::chained) ? held.flow->due : 0;
  out->expires = m.has(message_flag::expires) ? at<Expiry>(m.expiry()).at : 0;
  out->depth = held.line.queue->messages;
  out->line = held.line.record->key();
  out->promise = promise_of(held, now);
  return Status::ok;
}

}  // namespace sluice
