// SPDX-License-Identifier: Apache-2.0
#include "core/engine/plan_copy.h"

#include <algorithm>

#include "core/engine/engine_core.h"
#include "core/limits/limit.h"

namespace sluice {
namespace {

constexpr uint64_t kMostPairs = 2'000'000;  // of lines and recipients

Status fail(Status status, std::string* error, const std::string& message) {
  if (error != nullptr) *error = message;
  return status;
}

bool has_value(const Slot& slot, int16_t position) {
  return std::any_of(slot.values, slot.values + slot.count, [&](uint8_t value) { return value == position; });
}

}  // namespace

Status EngineCore::admin_copy(const PlanCopyRequest& asked, EngineCore& to, Instant now, PlanCopied* out, std::string* error) {
  to.fingerprint_key_ = fingerprint_key_;  // so that what was counted by it counts there
  to.block_.floor.store(block_.floor.load(std::memory_order_relaxed), std::memory_order_relaxed);
  out->now = now;
  out->memory_left = memory_.cap() - std::min(memory_.cap(), memory_.used());
  return PlanCopier(*this, to, asked, now, out, error).run();
}

Status PlanCopier::no_memory() const {
  return fail(Status::no_memory, error_, "memory: what the campaign meets on its lines is more than a plan may take");
}

Status PlanCopier::run() {
  Status status = copy_pool();
  if (status != Status::ok) return status;
  for (const std::string& name : out_.lines) lines_.push_back(look_at_line(name));
  std::stable_sort(lines_.begin(), lines_.end(), [](const CopiedLine& a, const CopiedLine& b) { return a.number < b.number; });
  if (status = copy_subjects(); status != Status::ok) return status;
  for (const CopiedLine& line : lines_) {
    for (const CopiedMessage& message : line.messages) {
      if (status = copy_subjects_of(message); status != Status::ok) return status;
    }
  }
  for (const CopiedLine& line : lines_) {
    if (status = copy_line(line); status != Status::ok) return status;
  }
  return Status::ok;
}

Status PlanCopier::copy_pool() {
  const CompiledPolicy& policy = *from_.generation().policy;
  const Operation& operation = policy.operations[asked_.operation];
  if (operation.pool == kNone) {
    out_.lines.assign(asked_.lines.begin(), asked_.lines.end());
    return Status::ok;
  }
  const PoolRules& rules = policy.pools[static_cast<size_t>(operation.pool)];
  std::vector<Bytes> by;
  for (const auto dimension : rules.by) {
    const auto at = std::find(operation.values.begin(), operation.values.end(), dimension) - operation.values.begin();
    by.push_back(asked_.values[static_cast<size_t>(at)]);
  }
  if (const Status status = from_.pools_.find_set(rules.name, by, &pool_, error_); status != Status::ok) return status;
  std::vector<PoolLine> lines;
  {
    const uint64_t hash = from_.pools_.hash_of_pool(pool_.key);
    const SpinGuard guard(from_.block_.shard_at(hash).lock);
    if (const Pool* pool = from_.pools_.pool_at(hash, pool_.key)) lines = pool->lines();
  }
  for (const PoolLine& line : lines) {
    LineChange change;
    change.pool = rules.name;
    change.by = by;
    change.line = line.name;
    if (const Status status = to_.pools_.set_line(change, kEngineClock, nullptr, error_); status != Status::ok) return status;
    if (line.state != LineState::removed) out_.lines.push_back(line.name);
  }
  if (lines.empty()) return Status::ok;
  // With their numbers, which routes name, and as they stand.
  Pool* pool = to_.pools_.pool_at(to_.pools_.hash_of_pool(pool_.key), pool_.key);
  pool->lines() = lines;
  pool->touch();
  return Status::ok;
}

// Of the campaign's own messages, whoever they go to and by whichever line.
Status PlanCopier::copy_subjects() {
  const Operation& operation = from_.generation().policy->operations[asked_.operation];
  std::vector<Bytes> values(asked_.values.begin(), asked_.values.end());
  const auto with_lines = [&](const Slot& slot) {
    if (!has_value(slot, operation.line)) return copy_subject_of(slot, values);
    Status status = Status::ok;
    for (size_t i = 0; i < out_.lines.size() && status == Status::ok; ++i) {
      values[static_cast<size_t>(operation.line)] = out_.lines[i];
      status = copy_subject_of(slot, values);
    }
    return status;
  };
  for (const Slot& slot : operation.slots) {
    if (!has_value(slot, asked_.recipient)) {
      if (const Status status = with_lines(slot); status != Status::ok) return status;
      continue;
    }
    if (has_value(slot, operation.line) && asked_.recipients.size() * out_.lines.size() > kMostPairs) {
      return fail(Status::too_many, error_, "recipients: with so many lines there are more than 2,000,000 pairs to look at");
    }
    for (const Bytes& recipient : asked_.recipients) {
      values[static_cast<size_t>(asked_.recipient)] = recipient;
      if (const Status status = with_lines(slot); status != Status::ok) return status;
    }
  }
  for (const Bytes& recipient : asked_.recipients) {
    if (operation.pool == kNone) break;
    if (const Status status = copy_route(recipient); status != Status::ok) return status;
  }
  return Status::ok;
}

Status PlanCopier::copy_subjects_of(const CopiedMessage& message) {
  const std::vector<Bytes> values(message.values.begin(), message.values.end());
  for (const Slot& slot : from_.generation().policy->operations[message.operation].slots) {
    if (const Status status = copy_subject_of(slot, values); status != Status::ok) return status;
  }
  return Status::ok;
}

Status PlanCopier::copy_subject_of(const Slot& slot, std::span<const Bytes> values) {
  KeyView key;
  key.count = slot.count;
  for (uint8_t i = 0; i < slot.count; ++i) key.values[i] = &values[slot.values[i]];
  std::string bytes(key.size(), '\0');
  key.write(bytes.data());
  return copy_subject(slot.scope, bytes, key);
}

// A record with all that hangs off it, once. Who has none is not known there either.
Status PlanCopier::copy_subject(int16_t scope_position, Bytes bytes, const KeyView& key) {
  const Generation& g = from_.generation();
  const auto position = static_cast<size_t>(scope_position);
  const Scope& scope = g.policy->scopes[position];
  const uint8_t number = g.scope_number[position], to_number = to_.generation().scope_number[position];
  const uint64_t to_hash = to_.hash_key(to_number, bytes, scope.dimensions.size());
  Shard& to_shard = to_.block_.shard_at(to_hash);
  if (to_.find_locked(to_shard, to_hash, to_number, key) != 0) return Status::ok;
  const uint64_t hash = from_.hash_key(number, bytes, scope.dimensions.size());
  Shard& shard = from_.block_.shard_at(hash);
  const SpinGuard guard(shard.lock);
  const RecordId id = from_.find_locked(shard, hash, number, key);
  if (id == 0) return Status::ok;
  const Record& record = *from_.arena_.at(id);
  const RecordId to_id = to_.create_locked(to_shard, to_hash, to_number, key);
  if (to_id == 0) return no_memory();
  Record& made = *to_.arena_.at(to_id);
  made.newest = record.newest;
  made.plan = record.plan;
  for (const int16_t at : scope.limits) {
    const Limit& limit = g.policy->limits[static_cast<size_t>(at)];
    if (!limit::copy(limit.rule, record.state() + limit.state_offset, made.state() + limit.state_offset, to_.memory_)) {
      return no_memory();
    }
  }
  return copy_extras(from_.extras_of(shard, id, record), to_shard, to_id, made) ? Status::ok : no_memory();
}

bool PlanCopier::copy_extras(const Extras* extras, Shard& shard, RecordId id, Record& record) const {
  if (extras == nullptr) return true;
  Extras copy = *extras;
  for (OwnAmount& own : copy.amounts) {
    const int16_t position = from_.generation().limit_position(own.limit);
    own.limit = position == kNone ? -1 : to_.generation().limit_number[static_cast<size_t>(position)];
  }
  Extras* made = to_.make_extras(shard, id, record, copy.bytes());
  if (made == nullptr) return false;
  copy.counted = made->counted;
  *made = std::move(copy);
  return true;
}

// Whose line it is for whom, as it was written down there.
Status PlanCopier::copy_route(Bytes recipient) {
  std::vector<RouteOwner> owners;
  {
    const uint64_t hash = from_.pools_.hash_of_route(pool_.key, recipient);
    const SpinGuard guard(from_.block_.shard_at(hash).lock);
    if (const RouteState* route = from_.pools_.route_at(hash, pool_.key, recipient)) owners.assign(route->begin(), route->end());
  }
  if (owners.empty()) return Status::ok;
  const uint64_t hash = to_.pools_.hash_of_route(pool_.key, recipient);
  Shard& shard = to_.block_.shard_at(hash);
  const Bytes pool = pool_.key;
  KeyView key;
  key.count = 2;
  key.values[0] = &pool;
  key.values[1] = &recipient;
  ShardCold* cold = to_.cold_of(shard);
  if (cold == nullptr || !shard.index.reserve(to_.words_)) return no_memory();
  const auto room = static_cast<uint32_t>(owners.size());
  const size_t units = record_units(RouteState::size(room), key.size());
  const RecordId id = shard.cells.allocate(to_.arena_, static_cast<uint32_t>(units), cold->free, false);
  if (id == 0) return no_memory();
  Record& record = *to_.arena_.at(id);
  record.lay_out(RouteState::size(room), key.size());
  record.generation = to_.generation().number;
  record.scope = kRouteScope;
  record.newest = now_;
  key.write(record.key_begin());
  auto& route = *reinterpret_cast<RouteState*>(record.state());
  route.room = route.used = room;
  std::copy(owners.begin(), owners.end(), route.begin());
  shard.index.insert(Index::tag_of(hash), id);
  return Status::ok;
}

}  // namespace sluice
