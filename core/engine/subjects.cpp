// SPDX-License-Identifier: Apache-2.0
// What is set, reported and forgotten about one subject.
#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "core/engine/subject_lock.h"
#include "core/limits/limit.h"
#include "core/limits/upstream.h"
#include "core/policy/policy.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

Status fail(Status status, std::string* error, const std::string& message) {
  if (error != nullptr) *error = message;
  return status;
}

constexpr const char* kNoMemory = "memory: the cap is reached and no idle record could be dropped; raise memory_cap";
constexpr const char* kNoMemoryOfItsOwn =
    "memory: the cap is reached, and what is set for a subject counts too; raise memory_cap, or erase subjects";

bool is_null(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  const size_t last = text.find_last_not_of(" \t\r\n");
  return first != std::string_view::npos && text.substr(first, last - first + 1) == "null";
}

}  // namespace

Status EngineCore::admin_set_plan(const SubjectName& name, std::string_view plan, Instant now, std::string* error) {
  SubjectLock subject(*this, name, now, error);
  if (subject.status != Status::ok) return subject.status;
  if (subject.scope->plan_set == kNone) {
    return fail(Status::not_found, error, "subject: scope " + subject.scope->name + " has no plans in this policy");
  }
  const int16_t wanted = subject.g.policy->find_plan(subject.scope->plan_set, plan);
  if (wanted == kNone) {
    std::string list;
    for (const Plan& p : subject.g.policy->plan_sets[static_cast<size_t>(subject.scope->plan_set)].plans) {
      list += (list.empty() ? "" : ", ") + p.name;
    }
    return fail(Status::not_found, error,
                "plan: no \"" + std::string(plan.substr(0, 64)) + "\" for " + subject.scope->name + "; there are " + list);
  }
  if (subject.plan() == static_cast<uint8_t>(wanted)) return Status::ok;
  if (!subject.require_record()) return fail(Status::no_memory, error, kNoMemory);
  if (!make_room_for_plan(*subject.shard, subject.id, static_cast<uint8_t>(wanted))) {
    return fail(Status::no_memory, error, kNoMemoryOfItsOwn);
  }
  change_plan_locked(*subject.shard, subject.id, static_cast<uint8_t>(wanted), subject.at);
  if (Extras* extras = subject.extras()) {
    extras->share_reached = 0;
    prune_extras(*subject.shard, subject.id, subject.record());
  }
  return Status::ok;
}

Status EngineCore::admin_set_amount(int32_t number, const SubjectName& name, std::string_view text, Instant now,
                                    std::string* error) {
  SubjectLock subject(*this, name, now, error);
  if (subject.status != Status::ok) return subject.status;
  const int16_t position = limit_on_scope(subject, number, error);
  if (position == kNone) return Status::not_found;
  const Limit& limit = subject.g.policy->limits[static_cast<size_t>(position)];
  if (limit.rule.kind == Kind::upstream) {
    return fail(Status::invalid, error, "limit: \"" + limit.name + "\" is upstream and has no amount; use report_throttled");
  }
  const bool forget = is_null(text);
  if (forget && (subject.extras() == nullptr || subject.extras()->find(number) == nullptr)) return Status::ok;
  const uint8_t plan = subject.plan_for(limit);
  const AmountTerms& base = limit.amounts[limit.plan_set == kNone ? 0 : plan];
  AmountTerms terms;
  if (!forget && !parse_amount(*subject.g.policy, position, base, text, &terms, error)) return Status::invalid;
  Extras changed = subject.extras() == nullptr ? Extras() : *subject.extras();
  std::erase_if(changed.amounts, [number](const OwnAmount& own) { return own.limit == number || own.derived; });
  Extras followers = changed;
  if (const Limit* failed = forget ? nullptr : derive_followers(subject.g, limit, terms, plan, followers)) {
    return fail(
        Status::invalid, error,
        "amount: limit \"" + failed->name + "\" follows it, and its share would be below 1 or too large; set that one first");
  }
  if (!forget) changed.amounts.push_back({number, false, terms});
  rederive(subject.g, plan, changed);
  Extras* extras = subject.require_extras(changed.bytes());
  if (extras == nullptr) return fail(Status::no_memory, error, kNoMemoryOfItsOwn);
  changed.counted = extras->counted;
  const Extras before = std::exchange(*extras, std::move(changed));
  carry_amounts(subject.g, *subject.shard, subject.id, subject.record(), plan, &before, subject.at);
  subject.record().newest = std::max(subject.record().newest, subject.at);
  prune_extras(*subject.shard, subject.id, subject.record());
  return Status::ok;
}

Status EngineCore::admin_set_billing(const SubjectName& name, uint32_t day, Span time_of_day, std::string_view zone_name,
                                     Instant now, std::string* error) {
  if (day < 1 || day > 31) return fail(Status::invalid, error, "day: " + std::to_string(day) + "; a cycle begins on day 1 to 31");
  if (time_of_day < 0 || time_of_day >= kDay) {
    return fail(Status::invalid, error, "time_of_day: nanoseconds of a day, from 0 and below 24 h");
  }
  std::shared_ptr<const Zone> zone;
  if (!zone_name.empty()) {
    std::string why;
    if (!parse_zone(zone_name.substr(0, 128), options_.zoneinfo_dir, &zone, &why)) {
      return fail(Status::not_found, error, "zone: " + why);
    }
  }
  SubjectLock subject(*this, name, now, error);
  if (subject.status != Status::ok) return subject.status;
  Extras* extras = subject.require_extras(subject.extras() == nullptr ? Extras().bytes() : subject.extras()->bytes());
  if (extras == nullptr) return fail(Status::no_memory, error, kNoMemoryOfItsOwn);
  extras->has_billing = true;
  extras->zone = zone;
  extras->billing = {static_cast<uint8_t>(day), time_of_day, zone.get()};
  for (const int16_t p : subject.scope->limits) {
    const Limit& limit = subject.g.policy->limits[static_cast<size_t>(p)];
    if (limit.rule.kind != Kind::window || limit.rule.period_kind != PeriodKind::billing) continue;
    limit::rebase(subject.params(limit, static_cast<size_t>(p)), subject.record().state() + limit.state_offset, subject.at);
  }
  subject.record().newest = subject.at;
  return Status::ok;
}

Status EngineCore::admin_set_usage(int32_t number, const SubjectName& name, uint64_t used, Instant now, std::string* error) {
  if (used >= kCountLimit) return fail(Status::invalid, error, "used: at least 2^48; counts are below that");
  SubjectLock subject(*this, name, now, error);
  if (subject.status != Status::ok) return subject.status;
  const int16_t position = limit_on_scope(subject, number, error);
  if (position == kNone) return Status::not_found;
  const Limit& limit = subject.g.policy->limits[static_cast<size_t>(position)];
  if (limit.rule.kind == Kind::upstream || limit.rule.kind == Kind::distinct || limit.rule.named) {
    return fail(Status::invalid, error, "limit: \"" + limit.name + "\" counts names, or nothing, and cannot be set to a number");
  }
  const Params params = subject.params(limit, static_cast<size_t>(position));
  const Word word = params.amount->word;
  if (limit.rule.kind == Kind::pace && used != 0 && word != Word::number && word != Word::unlimited) {
    return fail(Status::invalid, error, "limit: \"" + limit.name + "\" has no rate on this subject's plan by which to count");
  }
  const bool known = subject.id != 0;
  if (!subject.require_record()) return fail(Status::no_memory, error, kNoMemory);
  if (!limit::set_used(params, subject.record().state() + limit.state_offset, used, subject.at, memory_)) {
    if (!known) drop_locked(*subject.shard, subject.hash, subject.id);
    return fail(Status::no_memory, error, kNoMemory);
  }
  subject.record().newest = subject.at;
  return Status::ok;
}

// A line that has messages keeps them: behind its states lies the word of its queue.
void EngineCore::zero_states_locked(Record& record) {
  clear_states_locked(record);
  const Scope& scope = *layout_of(record);
  const bool line = (record.flags & record_flag::queue) != 0;
  std::memset(static_cast<void*>(record.state()), 0, line ? scope.queue_offset : scope.state_size);
}

void EngineCore::forget_locked(Shard& shard, RecordId id) {
  Record& record = *arena_.at(id);
  zero_states_locked(record);
  if ((record.flags & record_flag::extras) != 0) drop_extras(shard, id);
  record.flags = record.flags & ~record_flag::extras & 7;
  const Scope& scope = *layout_of(record);
  if (scope.plan_set != kNone) record.plan = generation().policy->plan_sets[static_cast<size_t>(scope.plan_set)].default_plan;
}

Status EngineCore::admin_reset(const SubjectName& name, Instant now, std::string* error) {
  uint8_t scope = 0;
  uint64_t hash = 0;
  std::string key;
  {
    SubjectLock subject(*this, name, now, error);
    if (subject.status != Status::ok || subject.id == 0) return subject.status;
    zero_states_locked(subject.record());
    if (Extras* extras = subject.extras()) {
      extras->share_reached = 0;
      prune_extras(*subject.shard, subject.id, subject.record());
    }
    scope = subject.scope_number;
    hash = subject.hash;
    key = subject.record().key();
  }
  void_receipts(scope, hash, key);
  return Status::ok;
}

// What was taken from a subject before its reset is not given back out of what it spends after.
void EngineCore::void_receipts(uint8_t scope, uint64_t hash, const std::string& key) {
  for (uint32_t s = 0; s < block_.shard_count(); ++s) {
    Shard& shard = block_.shards[s];
    const SpinGuard guard(shard.lock);
    if (shard.cold == nullptr) continue;
    shard.cold->receipts.for_each([&](Receipt& receipt) {
      for (ReceiptItem& item : receipt.items) {
        if (item.hash == hash && item.scope == scope && item.key == key) item.taken = {};
      }
    });
  }
}

Status EngineCore::admin_throttle(int32_t number, const SubjectName& name, Span retry_after, bool close, Instant now,
                                  std::string* error) {
  if (close && retry_after < 0) return fail(Status::invalid, error, "retry_after: nanoseconds from now, 0 or more");
  SubjectLock subject(*this, name, now, error);
  if (subject.status != Status::ok) return subject.status;
  const int16_t position = limit_on_scope(subject, number, error);
  if (position == kNone) return Status::not_found;
  const Limit& limit = subject.g.policy->limits[static_cast<size_t>(position)];
  if (limit.rule.kind != Kind::upstream) {
    return fail(Status::invalid, error, "limit: \"" + limit.name + "\" is not an upstream limit");
  }
  if (!close && subject.id == 0) return Status::ok;
  if (!subject.require_record()) return fail(Status::no_memory, error, kNoMemory);
  const Params params = subject.params(limit, static_cast<size_t>(position));
  std::byte* state = subject.record().state() + limit.state_offset;
  if (close) {
    upstream::close(params, state, subject.at, retry_after);
    subject.record().newest = subject.at;
  } else {
    upstream::open(state);
  }
  return Status::ok;
}

Status EngineCore::admin_quality(const SubjectName& name, std::string_view quality, Instant now, std::string* error) {
  if (quality.size() > 64) return fail(Status::invalid, error, "quality: a name of at most 64 characters");
  SubjectLock subject(*this, name, now, error);
  if (subject.status != Status::ok) return subject.status;
  if (subject.scope->plan_set == kNone) {
    return fail(Status::not_found, error, "subject: scope " + subject.scope->name + " has no plans, so no quality either");
  }
  if (quality.empty() && subject.extras() == nullptr) return Status::ok;
  std::string said(quality);
  const Extras* had = subject.extras();
  const size_t others = had == nullptr ? Extras().bytes() : had->bytes() - had->quality.size();
  Extras* extras = subject.require_extras(others + said.size());
  if (extras == nullptr) return fail(Status::no_memory, error, kNoMemoryOfItsOwn);
  extras->quality = std::move(said);
  consider_promotion_locked(*subject.shard, subject.id, subject.at);
  prune_extras(*subject.shard, subject.id, subject.record());
  return Status::ok;
}

// Whether a record holds `value` in one of `dimension`'s places.
static bool holds(const CompiledPolicy& policy, const Scope& scope, Bytes key, uint8_t dimension, Bytes value) {
  (void)policy;
  bool found = false;
  size_t i = 0;
  for_each_value(key, scope.dimensions.size(), [&](Bytes v) { found |= scope.dimensions[i++] == dimension && v == value; });
  return found;
}

Status EngineCore::admin_erase(const SubjectName& name, uint64_t* erased, Instant now, std::string* error) {
  Instant t;
  if (!time_of(now, &t)) return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  const CompiledPolicy& policy = *generation().policy;
  const int16_t dimension = policy.find_dimension(name.scope);
  if (dimension == kNone || name.values.size() != 1) {
    return fail(Status::not_found, error, "scope: erase takes one dimension of the policy and its value");
  }
  const Bytes value = name.values[0];
  if (value.empty() || value.size() > kMaxKeyBytes) return fail(Status::invalid, error, "values[0]: a key has 1 to 1024 bytes");
  queue_.erase(static_cast<uint8_t>(dimension), value, t);
  uint64_t count = pools_.erase(static_cast<uint8_t>(dimension), value);
  const bool tenant = static_cast<uint8_t>(dimension) == policy.tenant;
  for (uint32_t s = 0; s < block_.shard_count(); ++s) {
    Shard& shard = block_.shards[s];
    const SpinGuard guard(shard.lock);
    for (uint32_t position = 0; position < shard.index.capacity();) {
      const IndexWord word = shard.index.word(position);
      const RecordId id = word.id;
      const Record* record = id == 0 ? nullptr : arena_.at(id);
      bool match = false;
      if (record != nullptr && record->scope == kIdempotencyScope) {
        size_t i = 0;
        if (tenant) for_each_value(record->key(), 2, [&](Bytes v) { match |= i++ == 0 && v == value; });
      } else if (record != nullptr && !is_own_scope(record->scope)) {
        const RecordId current = migrate_locked(shard, hash_of(*record), id);
        if (current == 0) {
          if (shard.index.word(position) == word) ++position;
          continue;
        }
        const Record& r = *arena_.at(current);
        match = holds(policy, generation().scope(r.scope), r.key(), static_cast<uint8_t>(dimension), value);
        if (match && current != id) continue;
      }
      if (!match) {
        ++position;
        continue;
      }
      ++count;
      const uint64_t hash = hash_of(*arena_.at(id));
      // A line that has messages stays until these have ended, as one never seen.
      const bool stays = (arena_.at(id)->flags & record_flag::queue) != 0;
      stays ? forget_locked(shard, id) : drop_locked(shard, word.tag, id);
      queue_.subject_changed(s, hash, stays ? id : 0);
      position += stays ? 1 : 0;
    }
    if (shard.cold == nullptr) continue;
    shard.cold->receipts.end_if(
        [&](const Receipt& receipt) {
          return std::any_of(receipt.items.begin(), receipt.items.end(), [&](const ReceiptItem& item) {
            return generation().scope_at[item.scope] != kNone &&
                   holds(policy, generation().scope(item.scope), item.key, static_cast<uint8_t>(dimension), value);
          });
        },
        memory_);
  }
  if (erased != nullptr) *erased = count;
  return Status::ok;
}

}  // namespace sluice
