// SPDX-License-Identifier: Apache-2.0
// How the lines of a pool stand, as the caller says, and what follows from it for what waits on them.
#include <algorithm>
#include <map>
#include <new>

#include "core/engine/engine_core.h"
#include "core/engine/moving.h"
#include "core/policy/json_text.h"

namespace sluice {
namespace {

constexpr size_t kMostReason = 200;

Status fail(Status status, std::string* error, const std::string& message) {
  if (error != nullptr) *error = message;
  return status;
}

std::string_view word(LineState state) {
  constexpr std::string_view kWords[] = {"active", "warming", "paused", "draining", "suspended", "removed"};
  return kWords[static_cast<size_t>(state)];
}

bool is_key(Bytes value) { return !value.empty() && value.size() <= kMaxKeyBytes; }

Status check(const LineChange& change, std::string* error) {
  if (!is_key(change.line)) return fail(Status::invalid, error, "line: a key has 1 to 1024 bytes");
  if (change.weight > kMostLineWeight) return fail(Status::invalid, error, "weight: from 0 (no new recipients) to 1000000");
  if (static_cast<size_t>(change.state) >= kLineStates)
    return fail(Status::invalid, error, "state: from 0 (active) to 5 (removed)");
  if (change.on_suspend < -1 || change.on_suspend > static_cast<int32_t>(OnSuspend::fail)) {
    return fail(Status::invalid, error, "on_suspend: from 0 (hold) to 3 (fail), or -1 for the pool's own");
  }
  if (change.paused_until != 0 && (change.state != LineState::paused || !is_instant(change.paused_until))) {
    return fail(Status::invalid, error, "paused_until: an instant in [0, 2^62), of a line that is paused");
  }
  if (change.reason.size() > kMostReason) return fail(Status::invalid, error, "reason: at most 200 bytes");
  return Status::ok;
}

}  // namespace

// The line that a message is on, if its operation has a pool.
struct Pools::Bound {
  bool pooled = false;
  bool closed = false;  // until somebody opens it
  PoolSet set;
  std::string line;
  Party party;
};

Status Pools::find_set(Bytes pool, std::span<const Bytes> by, PoolSet* set, std::string* error) const {
  const CompiledPolicy& policy = *core_.generation().policy;
  const int16_t position = policy.find_pool(pool);
  if (position == kNone) {
    std::string names;
    for (const PoolRules& rules : policy.pools) names += (names.empty() ? "" : ", ") + rules.name;
    return fail(
        Status::not_found, error,
        "pool: no \"" + std::string(pool.substr(0, 64)) + "\" in this policy; it has " + (names.empty() ? "none" : names));
  }
  const PoolRules& rules = policy.pools[static_cast<size_t>(position)];
  if (by.size() != rules.by.size()) {
    return fail(
        Status::invalid, error,
        "by: " + std::to_string(by.size()) + " values given, the pool has its lines by " + std::to_string(rules.by.size()));
  }
  if (!std::all_of(by.begin(), by.end(), is_key)) return fail(Status::invalid, error, "by: a key has 1 to 1024 bytes");
  *set = {position, PoolTerms(rules), pool_key(rules.name, by)};
  return Status::ok;
}

// A line's place in its pool; both made if there is none. nullptr: no memory, or too many.
PoolLine* Pools::require_member(const PoolSet& set, uint64_t hash, Bytes name, Pool** out) {
  Shard& shard = core_.block_.shards[core_.block_.shard_of(hash)];
  const Bytes key = set.key;
  KeyView view;
  view.count = 1;
  view.values[0] = &key;
  RecordId id = core_.find_locked(shard, hash, kPoolScope, view);
  if (id == 0) {
    if (!core_.memory_.charge(sizeof(Pool))) return nullptr;
    auto* pool = new (std::nothrow) Pool;
    if (pool != nullptr) id = core_.create_locked(shard, hash, kPoolScope, view);
    if (id == 0) {
      delete pool;
      core_.memory_.uncharge(sizeof(Pool));
      return nullptr;
    }
    *reinterpret_cast<PoolState*>(core_.arena_.at(id)->state()) = {pool, sizeof(Pool)};
  }
  PoolState& state = *reinterpret_cast<PoolState*>(core_.arena_.at(id)->state());
  *out = state.pool;
  if (PoolLine* line = state.pool->find(name)) return line;
  const size_t bytes = Pool::bytes_of(name) + kMostReason;
  if (!core_.memory_.charge(bytes)) return nullptr;
  PoolLine* line = nullptr;
  try {
    line = state.pool->add(name);
  } catch (const std::bad_alloc&) {
  }
  if (line == nullptr) {
    core_.memory_.uncharge(bytes);
  } else {
    state.counted += bytes;
  }
  return line;
}

// *missed: some are to go back to it, if it may be used now.
Status Pools::write_line(const PoolSet& set, const LineChange& change, bool* missed, PoolLine* after, std::string* error) {
  const uint64_t hash = hash_of_pool(set.key);
  const SpinGuard guard(core_.block_.shards[core_.block_.shard_of(hash)].lock);
  Pool* pool = nullptr;
  PoolLine* line = require_member(set, hash, change.line, &pool);
  if (line == nullptr) {
    return fail(Status::no_memory, error, "memory: no room for another line; raise memory_cap, or the pool has 4096 of them");
  }
  *missed = line->missed;
  if (change.state == LineState::active || change.state == LineState::warming) line->missed = false;
  line->reason = change.reason;
  line->weight = change.weight;
  line->state = change.state;
  line->on_suspend = static_cast<int8_t>(change.on_suspend);
  line->paused_until = change.state != LineState::paused ? 0 : change.paused_until == 0 ? kNever : change.paused_until;
  pool->touch();
  *after = *line;
  return Status::ok;
}

// Holds what the line's queue has and gets, until then; 0: no longer. False: no memory.
bool Pools::close_line(Bytes name, Instant until) {
  if (core_.generation().policy->line_scope == kNone) return true;
  const uint64_t hash = hash_of_line(name);
  const uint32_t shard_index = core_.block_.shard_of(hash);
  const SpinGuard guard(core_.block_.shards[shard_index].lock);
  const RecordId id = record_of_line(hash, name);
  const bool has_queue = id != 0 && core_.queue_.queue_of(*core_.arena_.at(id)) != 0;
  if (!has_queue && until == 0) return true;
  const CellId cell = require_line(hash, name);
  if (cell == 0) return false;
  const Line line = core_.queue_.line_at(shard_index, cell);
  line.queue->closed_until = until;
  core_.queue_.settle_line(line);
  return true;
}

// fn(recipient, owner) for every route of a set, under its lock.
template <class Fn>
void Pools::each_route(const PoolSet& set, Instant now, Fn&& fn) const {
  for (uint32_t s = 0; s < core_.block_.shard_count(); ++s) {
    Shard& shard = core_.block_.shards[s];
    const SpinGuard guard(shard.lock);
    for (uint32_t i = 0; i < shard.index.capacity(); ++i) {
      const RecordId id = shard.index.word(i).id;
      if (id == 0 || core_.arena_.at(id)->scope != kRouteScope) continue;
      Record& record = *core_.arena_.at(id);
      Bytes parts[2];
      size_t part = 0;
      for_each_value(record.key(), 2, [&](Bytes value) { parts[part++] = value; });
      if (parts[0] != set.key) continue;
      for (const RouteOwner& owner : *reinterpret_cast<RouteState*>(record.state())) {
        if (owner.lives(set.terms.forget_after, now)) fn(parts[1], owner);
      }
    }
  }
}

bool Pools::is_idle_line(Bytes name) const {
  if (core_.generation().policy->line_scope == kNone) return true;
  const uint64_t hash = hash_of_line(name);
  const uint32_t shard_index = core_.block_.shard_of(hash);
  const SpinGuard guard(core_.block_.shards[shard_index].lock);
  const RecordId id = record_of_line(hash, name);
  const CellId cell = id == 0 ? 0 : core_.queue_.queue_of(*core_.arena_.at(id));
  return cell == 0 || core_.queue_.at<LineQueue>(cell).messages == 0;
}

// A line that is gone, and has nothing left, is a line like any other; once no route leads to it either, its place goes.
void Pools::let_go(const PoolSet& set, const PoolLine& line, Instant now) {
  if (!is_idle_line(line.name)) return;
  close_line(line.name, 0);
  bool leads_there = false;
  each_route(set, now, [&](Bytes, const RouteOwner& owner) {
    leads_there = leads_there || owner.line == line.number || owner.home == line.number;
  });
  if (leads_there) return;
  const uint64_t hash = hash_of_pool(set.key);
  const SpinGuard guard(core_.block_.shards[core_.block_.shard_of(hash)].lock);
  if (Pool* pool = pool_at(hash, set.key); pool != nullptr) pool->forget(line.number);
}

uint64_t Pools::fail_all(const std::vector<Waiting>& messages, Instant now) {
  uint64_t failed = 0;
  for (const Waiting& one : messages) {
    if (!one.ours) continue;
    ShardLocks locks(core_.block_);
    for (;; locks.unlock()) {
      Held held;
      if (core_.queue_.find(one.message, locks, &held, nullptr) != Status::ok) break;
      const MessageState state = held.message->status();
      if (state == MessageState::leased || state == MessageState::unknown) break;
      const Line line = held.line;
      if (!core_.queue_.refuse(held, locks, now)) continue;
      core_.queue_.settle_line(line);
      ++failed;
      break;
    }
  }
  return failed;
}

uint64_t Pools::move_all(const PoolSet& set, const PoolLine& line, const std::vector<Waiting>& messages, bool only_new,
                         Instant now) {
  std::vector<Party> parties;
  for (const Waiting& one : messages) {
    if (one.ours) parties.push_back(one.party);
  }
  // Each once, in the order of their first messages.
  std::map<std::pair<uint64_t, std::string>, bool> seen;
  uint64_t moved = 0;
  const Why why = line.state == LineState::removed ? Why::removed : Why::suspended;
  for (const Party& party : parties) {
    if (!seen.emplace(std::pair(party.account, party.recipient), true).second) continue;
    move(set, party, line.number, 0, why, now, &moved, only_new);
  }
  return moved;
}

// What a line's being out asks for.
void Pools::follow_state(const PoolSet& set, const PoolLine& line, Instant now, LineReport* report) {
  const std::vector<Waiting> messages = waiting_on(set, line.name);
  const OnSuspend policy = line.policy(set.terms.on_suspend);
  if (policy == OnSuspend::fail) report->failed += fail_all(messages, now);
  if (policy == OnSuspend::move_new || policy == OnSuspend::move_all) {
    report->moved += move_all(set, line, messages, policy == OnSuspend::move_new, now);
  }
  report->held += waiting_on(set, line.name).size();
}

// Those who were moved from a line go back to it.
void Pools::bring_home(const PoolSet& set, uint32_t line, Instant now) {
  std::vector<std::pair<Party, uint32_t>> away;
  each_route(set, now, [&](Bytes recipient, const RouteOwner& owner) {
    if (owner.home == line) away.push_back({{owner.account, std::string(recipient), 0}, owner.line});
  });
  uint64_t moved = 0;
  for (const auto& [party, from] : away) move(set, party, from, line, Why::home, now, &moved);
}

Status Pools::set_line(const LineChange& change, Instant given, LineReport* report, std::string* error) {
  Instant now;
  if (!core_.time_of(given, &now))
    return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  if (const Status status = check(change, error); status != Status::ok) return status;
  PoolSet set;
  if (const Status status = find_set(change.pool, change.by, &set, error); status != Status::ok) return status;
  const std::lock_guard changes(changes_);
  const bool out = is_out(change.state);
  const Instant until = out                                 ? kNever
                        : change.state != LineState::paused ? 0
                        : change.paused_until == 0          ? kNever
                                                            : change.paused_until;
  // Closed before the pool says so, and opened after: nothing slips out in between.
  const char* const no_memory = "memory: the cap is reached, and no line can be closed; raise memory_cap";
  if (until != 0 && !close_line(change.line, until)) return fail(Status::no_memory, error, no_memory);
  bool missed = false;
  PoolLine line;
  if (const Status status = write_line(set, change, &missed, &line, error); status != Status::ok) {
    if (until != 0) close_line(change.line, 0);
    return status;
  }
  LineReport done;
  if (until == 0) close_line(change.line, 0);
  if (out) follow_state(set, line, now, &done);
  if (line.state == LineState::removed) let_go(set, line, now);
  const bool usable = change.state == LineState::active || change.state == LineState::warming;
  if (usable && missed && set.terms.return_home) bring_home(set, line.number, now);
  if (report != nullptr) *report = done;
  return Status::ok;
}

Status Pools::list_lines(Bytes pool_name_, std::span<const Bytes> by, Instant given, std::string* json, std::string* error) {
  Instant now;
  if (!core_.time_of(given, &now))
    return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  PoolSet set;
  if (const Status status = find_set(pool_name_, by, &set, error); status != Status::ok) return status;
  std::vector<PoolLine> lines;
  {
    const uint64_t hash = hash_of_pool(set.key);
    const SpinGuard guard(core_.block_.shards[core_.block_.shard_of(hash)].lock);
    if (const Pool* pool = pool_at(hash, set.key)) lines = pool->lines();
  }
  std::map<uint32_t, uint64_t> recipients;
  each_route(set, now, [&](Bytes, const RouteOwner& owner) { ++recipients[owner.line]; });
  const CompiledPolicy& policy = *core_.generation().policy;
  const auto operation = std::find_if(policy.operations.begin(), policy.operations.end(),
                                      [&](const Operation& one) { return one.queueable && one.pool == set.position; });
  JsonText text;
  text.list();
  for (const PoolLine& line : lines) {
    uint64_t depth = 0;
    Span wait = kNever;
    if (operation != policy.operations.end()) wait = wait_of(*operation, line.name, now, &depth);
    text.object();
    text.text("line", line.name);
    text.text("state", word(line.state_at(now)));
    text.text_or_null("reason", line.reason);
    text.number_or_null("paused_until", line.state != LineState::paused || line.paused_until == kNever
                                            ? 0
                                            : static_cast<uint64_t>(line.paused_until));
    text.number("weight", line.weight);
    text.number("depth", depth);
    if (wait == kNever) {
      text.null("expected_wait");
    } else {
      text.number("expected_wait", static_cast<uint64_t>(wait));
    }
    text.number("recipients", recipients[line.number]);
    text.end_object();
  }
  text.end_list();
  *json = text.take();
  return Status::ok;
}

Pools::Bound Pools::bound_of(uint64_t message) {
  Bound bound;
  ShardLocks locks(core_.block_);
  Held held;
  if (core_.queue_.find(message, locks, &held, nullptr) != Status::ok) return bound;
  const Generation& g = core_.generation();
  const int16_t position = g.operation_position(held.layout->operation);
  if (position == kNone || g.policy->operations[static_cast<size_t>(position)].pool == kNone) return bound;
  const Operation& operation = g.policy->operations[static_cast<size_t>(position)];
  const PoolRules& rules = g.policy->pools[static_cast<size_t>(operation.pool)];
  const StoredValues values = core_.queue_.values_of(held);
  Bytes by[kMaxPoolDimensions];
  for (size_t i = 0; i < rules.by.size(); ++i) {
    by[i] = values.values[std::find(operation.values.begin(), operation.values.end(), rules.by[i]) - operation.values.begin()];
  }
  bound.set = {operation.pool, PoolTerms(rules), pool_key(rules.name, {by, rules.by.size()})};
  bound.party = party_of(held, values, bound.set, nullptr, &bound.pooled);
  bound.line = held.line.record->key();
  bound.closed = held.line.queue->closed_until == kNever;
  return bound;
}

// The provider does not want the line any more. Its messages are held already.
void Pools::suspend(const Bound& bound, Instant now) {
  const std::lock_guard changes(changes_);
  PoolLine suspended;
  {
    const uint64_t hash = hash_of_pool(bound.set.key);
    const SpinGuard guard(core_.block_.shards[core_.block_.shard_of(hash)].lock);
    Pool* pool = pool_at(hash, bound.set.key);
    PoolLine* line = pool == nullptr ? nullptr : pool->find(bound.line);
    if (line == nullptr || is_out(line->state)) return;
    line->state = LineState::suspended;
    line->reason = "reported bad";
    pool->touch();
    suspended = *line;
  }
  LineReport report;
  follow_state(bound.set, suspended, now, &report);
}

// What comes back to a line that is out goes where its recipient has gone.
void Pools::bring_along(const Bound& bound, Instant now) {
  PoolLine out;
  {
    const uint64_t hash = hash_of_pool(bound.set.key);
    const SpinGuard guard(core_.block_.shards[core_.block_.shard_of(hash)].lock);
    Pool* pool = pool_at(hash, bound.set.key);
    const PoolLine* line = pool == nullptr ? nullptr : pool->find(bound.line);
    if (line == nullptr || !is_out(line->state)) return;
    out = *line;
  }
  const OnSuspend policy = out.policy(bound.set.terms.on_suspend);
  if (policy != OnSuspend::move_all && policy != OnSuspend::move_new) return;
  uint64_t moved = 0;
  move(bound.set, bound.party, out.number, 0, out.state == LineState::removed ? Why::removed : Why::suspended, now, &moved,
       policy == OnSuspend::move_new);
}

// A lease that ended without a word may have put its message back on a line that is out.
Status Pools::lease(const LeaseOptions& options, LeaseSink& sink, Instant* next_due, std::string* error) {
  if (options.some_lines || !options.pool.empty() || !options.by.empty()) [[unlikely]] {
    if (const Status status = check_lines(options, error); status != Status::ok) return status;
    if (!options.pool.empty()) return lease_of_pool(options, sink, next_due, error);
  }
  const Status status = core_.queue().lease(options, sink, next_due, error);
  Instant now;
  if (core_.generation().policy->pools.empty() || !core_.time_of(options.now, &now)) return status;
  const std::vector<uint64_t> strays = core_.queue().take_strays();
  for (const uint64_t message : strays) {
    const Bound bound = bound_of(message);
    if (bound.pooled && bound.closed) bring_along(bound, now);
  }
  if (strays.empty() || next_due == nullptr) return status;
  *next_due = options.some_lines ? core_.queue().next_due_of(options.lines) : core_.queue().next_due();
  return status;
}

Status Pools::settle(const Settlement& settlement, Instant given, MessageState* state, std::string* error) {
  const bool pooled = !core_.generation().policy->pools.empty();
  const bool bad = settlement.outcome == Outcome::line_bad;
  Bound bound;
  if (pooled && bad) bound = bound_of(settlement.message);
  MessageState after = MessageState::none;
  const Status status = core_.queue().settle(settlement, given, &after, error);
  if (state != nullptr && status == Status::ok) *state = after;
  if (!pooled || status != Status::ok || is_final(after)) return status;
  if (!bad) bound = bound_of(settlement.message);
  Instant now;
  if (!bound.pooled || !core_.time_of(given, &now)) return status;
  if (bad) {
    suspend(bound, now);
  } else if (bound.closed) {
    bring_along(bound, now);
  }
  return status;
}

}  // namespace sluice
