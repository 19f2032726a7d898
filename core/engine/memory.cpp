// SPDX-License-Identifier: Apache-2.0
// Records and what hangs beside them: found, created, dropped, and what happens when memory is full. All under shard locks.
#include <algorithm>
#include <cstring>
#include <new>

#include "core/engine/engine_core.h"
#include "core/engine/idempotency.h"
#include "core/limits/limit.h"

namespace sluice {

const std::byte kNeverSeen[kMaxLimits * 24] = {};

const Scope* EngineCore::layout_of(const Record& record) const {
  if (is_own_scope(record.scope)) return nullptr;
  const Generation& g = *generations_[record.generation];
  return &g.scope(record.scope);
}

ShardCold* EngineCore::cold_of(Shard& shard, bool beyond_cap) {
  if (shard.cold == nullptr) {
    if (!memory_.charge(sizeof(ShardCold), beyond_cap)) return nullptr;
    shard.cold = new (std::nothrow) ShardCold;
    if (shard.cold == nullptr) {
      memory_.uncharge(sizeof(ShardCold));
      return nullptr;
    }
    constexpr uint64_t kFirstReceipts = (uint64_t{1} << 41) - 1;
    const auto number = static_cast<uint64_t>(&shard - block_.shards);
    shard.cold->receipts = ReceiptBook(1 + (hash_next(secret_.word[0], number, secret_) & (kFirstReceipts >> 1)));
  }
  return shard.cold;
}

Instant EngineCore::base_of(const Record* record) const {
  const Instant floor = block_.floor.load(std::memory_order_relaxed);
  return record == nullptr ? floor : std::max(floor, record->newest);
}

RecordId EngineCore::find_locked(Shard& shard, uint64_t hash, uint8_t scope, const KeyView& key) {
  const RecordId id = shard.index.find(Index::tag_of(hash), [&](RecordId candidate) {
    const Record& r = *arena_.at(candidate);
    return r.scope == scope && key.equals(r.key());
  });
  if (id == 0 || is_own_scope(scope)) return id;
  if (arena_.at(id)->generation == generation().number) return id;
  return migrate_locked(shard, hash, id);
}

namespace {

size_t own_state_size(uint8_t scope) {
  return scope == kIdempotencyScope ? sizeof(KeyState) : scope == kPoolScope ? sizeof(PoolState) : RouteState::size(1);
}

}  // namespace

// A record of never seen subjects costs its memory only: what it begins with is the caller's business.
RecordId EngineCore::create_locked(Shard& shard, uint64_t hash, uint8_t scope, const KeyView& key, bool beyond_cap) {
  ShardCold* cold = cold_of(shard, beyond_cap);
  if (cold == nullptr || !shard.index.reserve(beyond_cap ? uncapped_words_ : words_)) return 0;
  const size_t state = is_own_scope(scope) ? own_state_size(scope) : generation().scope(scope).state_size;
  const size_t units = record_units(state, key.size());
  const RecordId id = shard.cells.allocate(arena_, static_cast<uint32_t>(units), cold->free, beyond_cap);
  if (id == 0) return 0;
  Record& r = *arena_.at(id);
  r.lay_out(state, key.size());
  r.generation = generation().number;
  r.scope = scope;
  if (!is_own_scope(scope)) {
    const int16_t set = generation().scope(scope).plan_set;
    if (set != kNone) r.plan = generation().policy->plan_sets[static_cast<size_t>(set)].default_plan;
  }
  key.write(r.key_begin());
  shard.index.insert(Index::tag_of(hash), id);
  return id;
}

RecordId EngineCore::create_or_evict_locked(Shard& shard, uint64_t hash, uint8_t scope, const KeyView& key, Instant now) {
  const RecordId id = create_locked(shard, hash, scope, key);
  if (id != 0) return id;
  evict_locked(shard, now, 64);
  return create_locked(shard, hash, scope, key);
}

void EngineCore::clear_states_locked(Record& record) {
  const Scope* scope = layout_of(record);
  if (scope == nullptr) return pools_.clear(record);
  const CompiledPolicy& policy = *generations_[record.generation]->policy;
  for (const int16_t position : scope->limits) {
    const Limit& limit = policy.limits[static_cast<size_t>(position)];
    limit::clear(limit.rule, record.state() + limit.state_offset, memory_);
  }
}

void EngineCore::drop_locked(Shard& shard, uint64_t hash, RecordId id) {
  Record& record = *arena_.at(id);
  queue_.record_gone(shard, record);
  clear_states_locked(record);
  left_behind(shard, record);
  if ((record.flags & record_flag::extras) != 0) drop_extras(shard, id);
  shard.index.erase(Index::tag_of(hash), id);
  if (ShardCold* cold = cold_of(shard)) cold->free.push(arena_, id, record.units);
}

uint64_t EngineCore::hash_key(uint8_t scope, Bytes key, size_t dimensions) const {
  uint64_t hash = hash_begin(scope, secret_);
  size_t d = 0;
  for_each_value(key, dimensions, [&](Bytes value) { hash = hash_add(hash, d++, hash_bytes(value, secret_), secret_); });
  return hash;
}

uint64_t EngineCore::hash_of(const Record& record) const {
  const Scope* scope = layout_of(record);
  return hash_key(record.scope, record.key(), scope != nullptr ? scope->dimensions.size() : record.scope == kPoolScope ? 1 : 2);
}

Extras* EngineCore::extras_of(Shard& shard, RecordId id, const Record& record) {
  if ((record.flags & record_flag::extras) == 0) return nullptr;
  return &shard.cold->extras.find(id)->second;
}

Extras* EngineCore::make_extras(Shard& shard, RecordId id, Record& record, size_t bytes) {
  ShardCold* cold = cold_of(shard);
  if (cold == nullptr) return nullptr;
  Extras* extras = extras_of(shard, id, record);
  const size_t counted = extras == nullptr ? 0 : extras->counted;
  if (bytes > counted && !memory_.charge(bytes - counted)) return nullptr;
  if (bytes < counted) memory_.uncharge(counted - bytes);
  try {
    if (extras == nullptr) extras = &cold->extras[id];
  } catch (const std::bad_alloc&) {
    memory_.uncharge(bytes);
    return nullptr;
  }
  record.flags = (record.flags | record_flag::extras) & 7;
  extras->counted = bytes;
  return extras;
}

void EngineCore::drop_extras(Shard& shard, RecordId id) {
  const auto it = shard.cold->extras.find(id);
  memory_.uncharge(it->second.counted);
  shard.cold->extras.erase(it);
}

void EngineCore::prune_extras(Shard& shard, RecordId id, Record& record) {
  const Extras* extras = extras_of(shard, id, record);
  if (extras == nullptr || !extras->empty()) return;
  drop_extras(shard, id);
  record.flags = record.flags & ~record_flag::extras & 7;
}

// The overflow record of a scope in this shard: shared by the new subjects that hash here once memory is full. It is taken from
// beyond the cap, which bounds it: at most one a shard and scope.
bool EngineCore::overflow_locked(Shard& shard, uint8_t scope, RecordId* id) {
  ShardCold* cold = cold_of(shard, true);
  if (cold == nullptr) return false;
  *id = cold->overflow_of(scope);
  if (*id != 0 && arena_.at(*id)->generation == generation().number) return true;
  const size_t units = record_units(generation().scope(scope).state_size, 0);
  if (*id != 0) {
    // Of another generation: begin anew. What it held was an approximation on behalf of strangers.
    cold->free.push(arena_, *id, arena_.at(*id)->units);
    std::erase_if(cold->overflow, [scope](const auto& entry) { return entry.first == scope; });
  }
  *id = shard.cells.allocate(arena_, static_cast<uint32_t>(units), cold->free, true);
  if (*id == 0) return false;
  Record& r = *arena_.at(*id);
  r.lay_out(generation().scope(scope).state_size, 0);
  r.generation = generation().number;
  r.scope = scope;
  r.flags = record_flag::overflow;
  const int16_t set = generation().scope(scope).plan_set;
  if (set != kNone) r.plan = generation().policy->plan_sets[static_cast<size_t>(set)].default_plan;
  try {
    cold->overflow.emplace_back(scope, *id);
  } catch (const std::bad_alloc&) {
    cold->free.push(arena_, *id, r.units);
    return false;
  }
  return true;
}

Instant EngineCore::raise_floor(Instant now) {
  const Instant bound = std::min(now, clock_.now());
  Instant floor = block_.floor.load(std::memory_order_relaxed);
  while (bound > floor && !block_.floor.compare_exchange_weak(floor, bound, std::memory_order_relaxed)) {
  }
  return std::max(floor, bound);
}

// Lossless: only what equals never seen goes.
void EngineCore::evict_locked(Shard& shard, Instant now, size_t most) {
  sweep_locked(shard, raise_floor(now), most, nullptr);
  const Instant last = memory_event_at_.load(std::memory_order_relaxed);
  if (now - last < kMinute && last != 0) return;
  memory_event_at_.store(now, std::memory_order_relaxed);
  Event event;
  event.kind = EventKind::memory;
  event.at = now;
  event.used = memory_.used();
  event.limit = memory_.cap();
  events_.push(event);
}

bool EngineCore::droppable_locked(const Record& record, Instant floor) const {
  if (record.newest > floor) return false;
  if (record.scope == kIdempotencyScope) return key_state(record)->expires <= floor;
  if (is_own_scope(record.scope)) return pools_.droppable(record, floor);
  if ((record.flags & (record_flag::extras | record_flag::queue)) != 0) return false;
  const Generation& g = *generations_[record.generation];
  const Scope& scope = g.scope(record.scope);
  if (scope.plan_set != kNone && record.plan != g.policy->plan_sets[static_cast<size_t>(scope.plan_set)].default_plan) {
    return false;
  }
  for (const int16_t position : scope.limits) {
    const Limit& limit = g.policy->limits[static_cast<size_t>(position)];
    const Params params = params_of(g, limit, static_cast<size_t>(position), record.plan, nullptr);
    if (!limit::idle(params, record.state() + limit.state_offset, floor)) return false;
  }
  return true;
}

// Looks at no more than `most` records, and passes over no more than as many times 16 empty places. Memory that came free goes back.
// In slices it hops through the index: emptied run by run, it would be crowded just ahead of the sweep, and probing there endless.
EngineCore::Swept EngineCore::sweep_locked(Shard& shard, Instant floor, size_t most, std::vector<uint64_t>* expired) {
  constexpr uint32_t kHop = 0x9e3779b1;  // odd: comes by every place of a power of two
  Swept swept;
  if (shard.cold == nullptr) return swept;
  shard.cold->receipts.expire(floor, most, memory_);
  const uint32_t capacity = shard.index.capacity();
  const bool whole = most >= capacity;
  for (size_t places = most < capacity / 16 ? most * 16 : capacity;
       places > 0 && swept.looked < most && shard.index.count() > 0;) {
    const uint32_t place = (whole ? shard.sweep_at : shard.sweep_at * kHop) & (capacity - 1);
    const IndexWord word = shard.index.word(place);
    const RecordId id = word.id;
    bool stays = id == 0;
    if (!stays) {
      ++swept.looked;
      if (expired != nullptr && queue_.has_expired(*arena_.at(id), floor)) expired->push_back(hash_of(*arena_.at(id)));
      if (droppable_locked(*arena_.at(id), floor)) {
        drop_locked(shard, word.tag, id);  // another may have moved into its place
        ++swept.dropped;
      } else {
        const Record& record = *arena_.at(id);
        const bool behind = !is_own_scope(record.scope) && record.generation != generation().number;
        stays = !behind || migrate_locked(shard, word.tag, id) != 0 || shard.index.word(place) == word;
      }
    }
    if (stays) {
      ++shard.sweep_at;
      --places;
    }
  }
  shard.cold->swept += swept.dropped;
  if (swept.dropped != 0) shard.index.shrink(words_);
  if (shard.cold->queues != nullptr) shard.cold->queues->cells.shrink(words_);
  shard.cold->free.give_pages(arena_);
  return swept;
}

}  // namespace sluice
