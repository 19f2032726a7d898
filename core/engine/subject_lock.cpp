// SPDX-License-Identifier: Apache-2.0
#include "core/engine/subject_lock.h"

#include <algorithm>

namespace sluice {
namespace {

std::string scopes_of(const CompiledPolicy& policy) {
  std::string list;
  for (const Scope& scope : policy.scopes) list += (list.empty() ? "" : ", ") + scope.name;
  return list;
}

}  // namespace

int16_t scope_named(const CompiledPolicy& policy, Bytes text) {
  for (size_t i = 0; i < policy.scopes.size(); ++i) {
    if (policy.scopes[i].name == text) return static_cast<int16_t>(i);
  }
  return kNone;
}

SubjectLock::SubjectLock(EngineCore& core_, const SubjectName& name, Instant given, std::string* error)
    : core(core_), g(core_.generation()) {
  const auto fail = [&](Status s, const std::string& message) {
    status = s;
    if (error != nullptr) *error = message;
  };
  if (!core.time_of(given, &now)) {
    fail(Status::time, "now: outside [0, 2^62) or more than a day ahead of the clock");
    return;
  }
  const int16_t position = scope_named(*g.policy, name.scope);
  if (position == kNone) {
    fail(Status::not_found,
         "scope: no \"" + std::string(name.scope.substr(0, 64)) + "\" in this policy; it has " + scopes_of(*g.policy));
    return;
  }
  scope = &g.policy->scopes[static_cast<size_t>(position)];
  scope_number = g.scope_number[static_cast<size_t>(position)];
  if (name.values.size() != scope->dimensions.size()) {
    fail(Status::invalid, "values: " + std::to_string(name.values.size()) + " given, scope " + scope->name + " takes " +
                              std::to_string(scope->dimensions.size()));
    return;
  }
  hash = hash_begin(scope_number, core.secret_);
  for (size_t i = 0; i < name.values.size(); ++i) {
    const Bytes& value = name.values[i];
    if (value.data() == nullptr || value.empty() || value.size() > kMaxKeyBytes) {
      fail(Status::invalid,
           "values[" + std::to_string(i) + "]: " + std::to_string(value.size()) + " bytes; a key has 1 to 1024 bytes");
      return;
    }
    key.values[i] = &value;
    hash = hash_add(hash, i, hash_bytes(value, core.secret_), core.secret_);
  }
  key.count = static_cast<uint8_t>(name.values.size());
  read_plans_elsewhere();
  shard = &core.block_.shards[core.block_.shard_of(hash)];
  shard->lock.lock();
  id = core.find_locked(*shard, hash, scope_number, key);
  at = std::max(now, core.base_of(id == 0 ? nullptr : &record()));
}

SubjectLock::~SubjectLock() {
  if (shard == nullptr) return;
  if (changes) core.queue().subject_changed(static_cast<uint32_t>(shard - core.block_.shards), hash, id);
  shard->lock.unlock();
}

bool SubjectLock::require_record() {
  if (id == 0) {
    id = core.create_or_evict_locked(*shard, hash, scope_number, key, now);
    if (id != 0) at = std::max(now, core.base_of(&record()));
  }
  return id != 0;
}

Extras* SubjectLock::require_extras(size_t bytes) {
  const bool known = id != 0;
  if (!require_record()) return nullptr;
  Extras* extras = core.make_extras(*shard, id, record(), bytes);
  if (extras == nullptr && !known) {
    core.drop_locked(*shard, hash, id);
    id = 0;
  }
  return extras;
}

const std::byte* SubjectLock::state() const { return id == 0 ? kNeverSeen : core.arena_.at(id)->state(); }

uint8_t SubjectLock::plan() const {
  if (id != 0) return core.arena_.at(id)->plan;
  return scope->plan_set == kNone ? 0 : g.policy->plan_sets[static_cast<size_t>(scope->plan_set)].default_plan;
}

// Limits of a scope of several dimensions follow the plan of one of them, which another record keeps, in another shard.
void SubjectLock::read_plans_elsewhere() {
  for (const int16_t p : scope->limits) {
    const Limit& limit = g.policy->limits[static_cast<size_t>(p)];
    if (!limit.plan_elsewhere) continue;
    const PlanSet& set = g.policy->plan_sets[static_cast<size_t>(limit.plan_set)];
    const Scope& chooser = g.policy->scopes[static_cast<size_t>(set.scope)];
    const uint8_t number = g.scope_number[static_cast<size_t>(set.scope)];
    const auto place = std::find(scope->dimensions.begin(), scope->dimensions.end(), chooser.dimensions[0]);
    KeyView one;
    one.count = 1;
    one.values[0] = key.values[place - scope->dimensions.begin()];
    const uint64_t h = hash_first(hash_begin(number, core.secret_), hash_bytes(*one.values[0], core.secret_));
    Shard& other = core.block_.shards[core.block_.shard_of(h)];
    const SpinGuard guard(other.lock);
    const RecordId found = core.find_locked(other, h, number, one);
    plans_elsewhere_.push_back({limit.plan_set, found == 0 ? set.default_plan : core.arena_.at(found)->plan});
  }
}

uint8_t SubjectLock::plan_for(const Limit& limit) const {
  if (!limit.plan_elsewhere) return plan();
  for (const PlanElsewhere& other : plans_elsewhere_) {
    if (other.plan_set == limit.plan_set) return other.plan;
  }
  return 0;
}

Params SubjectLock::params(const Limit& limit, size_t position) {
  return core.params_of(g, limit, position, plan_for(limit), extras());
}

int16_t limit_on_scope(const SubjectLock& subject, int32_t number, std::string* error) {
  const int16_t position = subject.g.limit_position(number);
  if (position == kNone) {
    if (error != nullptr) *error = "limit: no limit with id " + std::to_string(number) + " in this policy";
    return kNone;
  }
  const Limit& limit = subject.g.policy->limits[static_cast<size_t>(position)];
  if (&subject.g.policy->scopes[static_cast<size_t>(limit.scope)] == subject.scope) return position;
  if (error != nullptr) {
    *error = "limit: \"" + limit.name + "\" is on scope " + subject.g.policy->scopes[static_cast<size_t>(limit.scope)].name +
             ", the subject is on " + subject.scope->name;
  }
  return kNone;
}

}  // namespace sluice
