// SPDX-License-Identifier: Apache-2.0
#include "core/engine/pools.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "core/engine/decider.h"
#include "core/engine/engine_core.h"
#include "core/engine/routing.h"

namespace sluice {
namespace {

PoolState& pool_state(Record& record) { return *reinterpret_cast<PoolState*>(record.state()); }
RouteState& route_state(Record& record) { return *reinterpret_cast<RouteState*>(record.state()); }

// The values of a pool's key, its name first.
template <class Fn>
void for_each_of_key(Bytes key, Fn&& fn) {
  const auto count = static_cast<size_t>(static_cast<unsigned char>(key[0]));
  for_each_value(key.substr(1), count, fn);
}

}  // namespace

// How many values, and each but the last led by its length.
std::string pool_key(Bytes pool, std::span<const Bytes> by) {
  std::string key(1, static_cast<char>(1 + by.size()));
  const auto add = [&](Bytes value, bool last) {
    const auto size = static_cast<uint16_t>(value.size());
    if (!last) key.append(reinterpret_cast<const char*>(&size), sizeof size);
    key.append(value);
  };
  add(pool, by.empty());
  for (size_t i = 0; i < by.size(); ++i) add(by[i], i + 1 == by.size());
  return key;
}

Bytes pool_name(Bytes key) {
  Bytes name;
  size_t i = 0;
  for_each_of_key(key, [&](Bytes value) {
    if (i++ == 0) name = value;
  });
  return name;
}

uint64_t Pools::hash_of_pool(Bytes key) const {
  return hash_first(hash_begin(kPoolScope, core_.secret_), hash_bytes(key, core_.secret_));
}

uint64_t Pools::hash_of_route(Bytes key, Bytes recipient) const {
  const uint64_t hash = hash_first(hash_begin(kRouteScope, core_.secret_), hash_bytes(key, core_.secret_));
  return hash_next(hash, hash_bytes(recipient, core_.secret_), core_.secret_);
}

Pool* Pools::pool_at(uint64_t hash, Bytes key) const {
  KeyView view;
  view.count = 1;
  view.values[0] = &key;
  const RecordId id = core_.find_locked(core_.block_.shards[core_.block_.shard_of(hash)], hash, kPoolScope, view);
  return id == 0 ? nullptr : pool_state(*core_.arena_.at(id)).pool;
}

RouteState* Pools::route_at(uint64_t hash, Bytes key, Bytes recipient) const {
  KeyView view;
  view.count = 2;
  view.values[0] = &key;
  view.values[1] = &recipient;
  const RecordId id = core_.find_locked(core_.block_.shards[core_.block_.shard_of(hash)], hash, kRouteScope, view);
  return id == 0 ? nullptr : &route_state(*core_.arena_.at(id));
}

// What a record has beside itself goes.
void Pools::clear(Record& record) {
  if (record.scope != kPoolScope) return;
  PoolState& state = pool_state(record);
  delete state.pool;
  core_.memory_.uncharge(state.counted);
  state = {};
}

const PoolRules* Pools::rules_of(Bytes key) const {
  const CompiledPolicy& policy = *core_.generation().policy;
  const int16_t position = policy.find_pool(pool_name(key));
  return position == kNone ? nullptr : &policy.pools[static_cast<size_t>(position)];
}

// A pool stays, whatever the policy says meanwhile; a route until nobody has used it for as long as its pool remembers.
bool Pools::droppable(const Record& record, Instant floor) const {
  if (record.scope == kPoolScope) return false;
  Bytes key;
  size_t i = 0;
  for_each_value(record.key(), 2, [&](Bytes value) {
    if (i++ == 0) key = value;
  });
  const PoolRules* rules = rules_of(key);
  if (rules == nullptr) return false;
  const auto& state = *reinterpret_cast<const RouteState*>(record.state());
  return std::none_of(state.begin(), state.end(),
                      [&](const RouteOwner& owner) { return owner.lives(rules->forget_after, floor); });
}

bool Pools::still_stands(Work& work) {
  Routing& r = *work.routing;
  Pool* pool = pool_at(r.pool_hash, r.set);
  if ((pool == nullptr ? 0 : pool->version()) != r.version) return false;
  if (r.terms.sticky) {
    RouteState* route = route_at(r.route_hash, r.set, r.recipient);
    const RouteOwner* owner = route == nullptr ? nullptr : route->of(r.account, r.terms.forget_after, work.now);
    if ((owner == nullptr ? 0 : owner->line) != r.route_line) return false;
    const bool others =
        route != nullptr && r.line != 0 && route->belongs_to_another(r.line, r.account, r.terms.forget_after, work.now);
    if (others && !r.refused && !r.forced) return false;
  }
  if (!r.weighed || r.refused) return true;
  const PoolLine* line = pool == nullptr ? nullptr : pool->at(r.line);
  if (line == nullptr || line->takes_new_at(work.now, r.terms.new_recipients) != work.now) return false;
  work.charge_slots = r.line_slots;
  const bool refuses = Decider(core_, work).weigh_line().refuses;
  work.charge_slots = ~uint32_t{0};
  return !refuses;
}

// A record with room for one more, in the place of one that has none.
bool Pools::grow(Work& work) {
  SubjectRef& s = *work.routing->route;
  const RouteState& before = route_state(*s.record);
  const uint32_t room = before.room * 2;
  const size_t units = record_units(RouteState::size(room), s.record->key_size);
  const RecordId id = s.shard->cells.allocate(core_.arena_, static_cast<uint32_t>(units), core_.cold_of(*s.shard)->free, false);
  if (id == 0) return false;
  Record& grown = *core_.arena_.at(id);
  grown.lay_out(RouteState::size(room), s.record->key_size);
  grown.newest = s.record->newest;
  grown.generation = s.record->generation;
  grown.scope = kRouteScope;
  std::memcpy(grown.key_begin(), s.record->key().data(), s.record->key_size);
  std::memcpy(grown.state(), s.record->state(), RouteState::size(before.room));
  route_state(grown).room = room;
  s.shard->index.replace(Index::tag_of(s.hash), s.id, id);
  s.shard->cold->free.push(core_.arena_, s.id, s.record->units);
  s.id = id;
  s.record = &grown;
  s.state = grown.state();
  return true;
}

bool Pools::make_room(Work& work) {
  const Routing& r = *work.routing;
  if (!r.terms.sticky || r.line == 0 || r.found != Sticky::fresh) return true;
  SubjectRef& s = *r.route;
  if (s.record == nullptr) {
    s.id = core_.create_locked(*s.shard, s.hash, s.scope, s.key);
    s.created = s.id != 0;
    if (!s.created) return false;
    s.record = core_.arena_.at(s.id);
    route_state(*s.record).room = 1;
  }
  return route_state(*s.record).place(r.terms.forget_after, work.now) != nullptr || grow(work);
}

void Pools::commit(Work& work) {
  const Routing& r = *work.routing;
  if (!r.terms.sticky || r.route->record == nullptr) return;
  Record& record = *r.route->record;
  RouteState& state = route_state(record);
  RouteOwner* owner = state.of(r.account, r.terms.forget_after, work.now);
  PoolLine* line = r.line == 0 || r.pool->record == nullptr ? nullptr : pool_state(*r.pool->record).pool->at(r.line);
  if (owner == nullptr && r.found == Sticky::fresh) {
    owner = state.place(r.terms.forget_after, work.now);
    state.used = std::max(state.used, static_cast<uint32_t>(owner - state.begin()) + 1);
    *owner = {r.account, 0, r.line, 0, 0, 0};
    if (line != nullptr) line->count_new(work.now);
  }
  if (owner == nullptr) return;
  if (r.found == Sticky::moved && owner->line != r.line) *owner = {r.account, 0, r.line, 0, 0, 0};
  const Instant at = std::max(work.now, r.route->base);
  owner->last = at;
  record.newest = at;
  if (owner->line != r.line) return;
  if (work.pending != nullptr) {
    ++owner->accepted;
  } else {
    owner->had = 1;
  }
}

namespace {

// What is forgotten of the records of pools and routes.
struct Forgotten {
  const CompiledPolicy& policy;
  uint8_t dimension;
  Bytes value;
  uint64_t account;  // what stands for it, if the dimension is the tenant's; 0

  // Whether one of a key's `by` values is it.
  bool is_in(Bytes key) const {
    const int16_t position = policy.find_pool(pool_name(key));
    if (position == kNone) return false;
    const PoolRules& rules = policy.pools[static_cast<size_t>(position)];
    bool found = false;
    size_t i = 0;
    for_each_of_key(key, [&](Bytes one) {
      if (i > 0 && i <= rules.by.size() && rules.by[i - 1] == dimension && one == value) found = true;
      ++i;
    });
    return found;
  }
  bool is_recipient(Bytes key) const {
    const int16_t position = policy.find_pool(pool_name(key));
    return position != kNone && policy.pools[static_cast<size_t>(position)].recipient == dimension;
  }
};

}  // namespace

// First the pools, whose lines have numbers that routes name; then the routes.
uint64_t Pools::erase(uint8_t dimension, Bytes value) {
  const CompiledPolicy& policy = *core_.generation().policy;
  const bool tenant = dimension == policy.tenant, is_line = dimension == policy.line;
  const Forgotten forgotten = {policy, dimension, value, tenant ? fingerprint(core_.fingerprint_key_, value) : 0};
  std::vector<std::pair<std::string, uint32_t>> lines;
  uint64_t count = 0;
  const auto each = [&](uint8_t scope, auto&& match) {
    for (uint32_t s = 0; s < core_.block_.shard_count(); ++s) {
      Shard& shard = core_.block_.shards[s];
      const SpinGuard guard(shard.lock);
      for (uint32_t position = 0; position < shard.index.capacity();) {
        const IndexWord word = shard.index.word(position);
        if (word.id == 0 || core_.arena_.at(word.id)->scope != scope || !match(*core_.arena_.at(word.id))) {
          ++position;
          continue;
        }
        core_.drop_locked(shard, word.tag, word.id);
        ++count;
      }
    }
  };
  each(kPoolScope, [&](Record& record) {
    Pool& pool = *pool_state(record).pool;
    const PoolLine* line = is_line ? pool.find(value) : nullptr;
    if (line != nullptr) {
      lines.emplace_back(record.key(), line->number);
      pool.forget(line->number);
    }
    return forgotten.is_in(record.key());
  });
  each(kRouteScope, [&](Record& record) {
    Bytes parts[2];
    size_t i = 0;
    for_each_value(record.key(), 2, [&](Bytes part) { parts[i++] = part; });
    if (forgotten.is_in(parts[0]) || (forgotten.is_recipient(parts[0]) && parts[1] == value)) return true;
    RouteState& route = route_state(record);
    bool any = false, gone = false;
    for (RouteOwner& owner : route) {
      const auto is_gone = [&](const auto& line) { return line.second == owner.line && line.first == parts[0]; };
      if (owner.line != 0 &&
          ((tenant && owner.account == forgotten.account) || std::any_of(lines.begin(), lines.end(), is_gone))) {
        owner = {};
        gone = true;
      }
      any = any || owner.line != 0;
    }
    return gone && !any;
  });
  return count;
}

}  // namespace sluice
