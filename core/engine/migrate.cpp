// SPDX-License-Identifier: Apache-2.0
// Bringing a record to the current policy: one generation after the other, each at its reload instant, at the record's next touch.
//
// 1. It cannot fail for want of memory: reload secured the growth of every record before it took effect.
// 2. A record whose scope is gone is dropped.
#include <algorithm>
#include <cstring>

#include "core/engine/engine_core.h"
#include "core/limits/limit.h"

namespace sluice {
namespace {

// What a subject's own amounts become: those of limits that are gone go, those that follow are derived anew.
void carry_extras(const Generation& to, uint8_t plan, Extras& extras) {
  std::erase_if(extras.amounts, [&](const OwnAmount& own) {
    const int16_t position = to.limit_position(own.limit);
    return position == kNone || to.limit_from[static_cast<size_t>(position)] == kNone;
  });
  rederive(to, plan, extras);
}

}  // namespace

bool EngineCore::migrate_step(Shard& shard, uint64_t hash, RecordId* id, const Generation& to) {
  Record* old = arena_.at(*id);
  const Generation& from = *generations_[old->generation];
  const Scope& scope_from = from.scope(old->scope);
  if (to.scope_at[old->scope] == kNone) {
    drop_locked(shard, hash, *id);
    return false;
  }
  const Scope& scope_to = to.scope(old->scope);
  const size_t units = record_units(scope_to.state_size, old->key_size);
  const RecordId moved = shard.cells.allocate(arena_, static_cast<uint32_t>(units), shard.cold->free, true);
  if (moved == 0) return false;
  Record* record = arena_.at(moved);
  record->newest = old->newest;
  record->lay_out(scope_to.state_size, old->key_size);
  record->generation = to.number;
  record->scope = old->scope;
  record->flags = old->flags;
  std::memcpy(record->key_begin(), old->key().data(), old->key_size);
  if (scope_to.plan_set != kNone) {
    const bool had_plans = scope_from.plan_set != kNone && !to.plan_to[static_cast<size_t>(scope_from.plan_set)].empty();
    record->plan = had_plans ? to.plan_to[static_cast<size_t>(scope_from.plan_set)][old->plan]
                             : to.policy->plan_sets[static_cast<size_t>(scope_to.plan_set)].default_plan;
  }
  const Extras* extras_from = extras_of(shard, *id, *old);
  Extras before;
  if (extras_from != nullptr) {
    before = *extras_from;
    auto node = shard.cold->extras.extract(*id);
    node.key() = moved;
    Extras& carried = node.mapped();
    carry_extras(to, record->plan, carried);
    // Followers that the new policy has more of come from beyond the cap: at most one a limit, of subjects that set an amount.
    memory_.uncharge(carried.counted);
    carried.counted = carried.bytes();
    memory_.charge(carried.counted, true);
    shard.cold->extras.insert(std::move(node));
  }
  const Instant at = std::max(to.at, base_of(old));
  for (const int16_t p : scope_to.limits) {
    const auto position = static_cast<size_t>(p);
    const int16_t there = to.limit_from[position];
    if (there == kNone) continue;
    const Limit& limit = to.policy->limits[position];
    const Limit& was = from.policy->limits[static_cast<size_t>(there)];
    std::byte* state = record->state() + limit.state_offset;
    std::byte* state_was = old->state() + was.state_offset;
    std::memcpy(state, state_was, limit::state_size(limit.rule));
    std::memset(static_cast<void*>(state_was), 0, limit::state_size(was.rule));  // its extent has moved
    if (limit.plan_elsewhere) continue;
    const Params p_from = params_of(from, was, static_cast<size_t>(there), old->plan, extras_from == nullptr ? nullptr : &before);
    const Params p_to = params_of(to, limit, position, record->plan, extras_of(shard, moved, *record));
    const uint8_t fired = limit::carry(p_from, p_to, state, at);
    if (fired != 0) emit_fired(to, position, *record, p_to, fired, limit::read(p_to, state, at).used, at, true);
    if (limit.rule.kind == Kind::window && limit.rule.zone != was.rule.zone) limit::rebase(p_to, state, at);
  }
  queue_.record_moved(*old, *record, moved);
  clear_states_locked(*old);
  left_behind(shard, *old);
  shard.index.replace(Index::tag_of(hash), *id, moved);
  shard.cold->free.push(arena_, *id, old->units);
  *id = moved;
  prune_extras(shard, moved, *record);
  return true;
}

RecordId EngineCore::migrate_locked(Shard& shard, uint64_t hash, RecordId id) {
  const uint8_t target = generation().number;
  while (arena_.at(id)->generation != target) {
    const auto next = static_cast<uint8_t>(arena_.at(id)->generation + 1);
    if (!migrate_step(shard, hash, &id, *generations_[next])) return 0;
  }
  return id;
}

// Brings every record to the current generation, a shard at a time, and lets the old policies go.
void EngineCore::migrate_all() {
  const uint32_t shards = block_.shard_count();
  for (uint32_t i = 0; i < shards; ++i) {
    Shard& shard = block_.shards[i];
    const SpinGuard guard(shard.lock);
    for (uint32_t position = 0; position < shard.index.capacity();) {
      const IndexWord word = shard.index.word(position);
      const RecordId id = word.id;
      const Record* record = id == 0 ? nullptr : arena_.at(id);
      if (record == nullptr || is_own_scope(record->scope) || record->generation == generation().number ||
          migrate_locked(shard, hash_of(*record), id) != 0 || shard.index.word(position) == word) {
        ++position;
      }
    }
  }
  forget_old_generations();
}

// A record that was on an older generation was brought up or dropped; reload has counted those of the shards it has passed.
void EngineCore::left_behind(const Shard& shard, const Record& record) {
  if (is_own_scope(record.scope) || record.generation == generation().number) return;
  if (shard.passed != generation().number) return;
  if (lagging_.fetch_sub(1, std::memory_order_relaxed) == 1) release_reserve();
}

void EngineCore::release_reserve() { memory_.uncharge(reserve_.exchange(0, std::memory_order_relaxed)); }

// After publishing: counts, a shard at a time, the records that are still on the generation before.
void EngineCore::count_behind() {
  constexpr uint64_t kStillCounting = uint64_t{1} << 62;
  lagging_.store(kStillCounting, std::memory_order_relaxed);
  for (uint32_t s = 0; s < block_.shard_count(); ++s) {
    Shard& shard = block_.shards[s];
    const SpinGuard guard(shard.lock);
    uint64_t behind = 0;
    for (uint32_t i = 0; i < shard.index.capacity(); ++i) {
      if (shard.index.word(i).id == 0) continue;
      const Record& record = *arena_.at(shard.index.word(i).id);
      behind += !is_own_scope(record.scope) && record.generation != generation().number;
    }
    lagging_.fetch_add(behind, std::memory_order_relaxed);
    shard.passed = generation().number;
  }
  if (lagging_.fetch_sub(kStillCounting, std::memory_order_relaxed) == kStillCounting) release_reserve();
}

void EngineCore::forget_old_generations() {
  for (size_t n = 0; n < generations_.size(); ++n) {
    if (generations_[n] != nullptr && n != generation().number) generations_[n].reset();
  }
}

}  // namespace sluice
