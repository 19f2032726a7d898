// SPDX-License-Identifier: Apache-2.0
// Reading what subjects have used, for people and their dashboards; nothing here changes anything.
#include <algorithm>
#include <ctime>
#include <set>

#include "core/engine/subject_lock.h"
#include "core/limits/calendar.h"
#include "core/limits/limit.h"
#include "core/policy/json_text.h"

namespace sluice {
namespace {

Instant period_begins(const Params& params, const Reading& reading, Instant at) {
  const Rule& rule = *params.rule;
  if (rule.kind != Kind::window) return 0;
  switch (rule.period_kind) {
    case PeriodKind::aligned: return at / rule.period * rule.period;
    case PeriodKind::from_first: return reading.resets_at == 0 ? 0 : reading.resets_at - rule.period;
    default: return period_at(rule.period_kind, rule.zone, *params.billing, at).begins;
  }
}

UsageRow row_of(const Generation& g, size_t position, const Params& params, const std::byte* state, Instant at) {
  const Reading reading = limit::read(params, state, at);
  UsageRow row;
  row.limit_id = g.limit_number[position];
  row.used = reading.used;
  row.remaining = reading.remaining;
  row.resets_at = reading.resets_at;
  row.period_begins = period_begins(params, reading, at);
  if (params.amount->word == Word::number) {
    row.limit = params.amount->shown;
    // What a burst admits is no overage: it is banked from what was left unused.
    row.overage = params.amount->peak != 0 ? 0 : reading.used > row.limit ? reading.used - row.limit : 0;
    // What is left of the amount itself; what a ceiling still admits above it is overage.
    row.remaining = row.used >= row.limit ? 0 : std::min(row.remaining, row.limit - row.used);
  } else if (params.amount->word == Word::unlimited) {
    row.flags |= flag::unlimited;
  }
  return row;
}

// "2025-01-13", of a month "2025-01", of a year "2025": the local date on which the period begins.
std::string period_label(const Params& params, Instant begins) {
  const Rule& rule = *params.rule;
  const Zone* zone = rule.period_kind == PeriodKind::billing ? params.billing->zone : rule.zone;
  const time_t local = begins / kSecond + (zone == nullptr ? 0 : zone->offset_at(begins));
  std::tm parts{};
  gmtime_r(&local, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  const size_t length = rule.period_kind == PeriodKind::year ? 4 : rule.period_kind == PeriodKind::month ? 7 : 10;
  return std::string(text, length);
}

bool is_calendar(const Rule& rule) {
  return rule.kind == Kind::window && rule.period_kind != PeriodKind::aligned && rule.period_kind != PeriodKind::from_first;
}

// The name a limit is reported under, none of those used: its group, else its own.
std::string member_name(const Limit& limit, std::set<std::string>* used) {
  for (const std::string& name : {limit.report_group, limit.name}) {
    if (!name.empty() && used->insert(name).second) return name;
  }
  std::string name = limit.name;
  do {
    name += '_';
  } while (!used->insert(name).second);
  return name;
}

// "emails": {"sent": 5420, "limit": 10000, "remaining": 4580}
void write_row(JsonText& json, const std::string& name, const Limit& limit, const Params& params, const UsageRow& row,
               const std::string& top_period) {
  json.object(name);
  json.number(limit.report_used.empty() ? "used" : limit.report_used, row.used);
  if ((row.flags & flag::unlimited) != 0) {
    json.null("limit");
  } else if (params.amount->word == Word::custom) {
    json.text("limit", "custom");
  } else {
    json.number("limit", row.limit);
    json.number("remaining", row.remaining);
    if (row.overage != 0) json.number("overage", row.overage);
  }
  if (is_calendar(*params.rule)) {
    const std::string label = period_label(params, row.period_begins);
    if (label != top_period) json.text("period", label);
  }
  json.end_object();
}

}  // namespace

Status EngineCore::admin_usage(const SubjectName& name, Instant now, std::vector<UsageRow>* rows, std::string* error) {
  SubjectLock subject(*this, name, now, error);
  subject.changes = false;
  if (subject.status != Status::ok) return subject.status;
  rows->clear();
  for (const int16_t p : subject.scope->limits) {
    const auto position = static_cast<size_t>(p);
    const Limit& limit = subject.g.policy->limits[position];
    if (limit.rule.kind == Kind::upstream) continue;
    rows->push_back(
        row_of(subject.g, position, subject.params(limit, position), subject.state() + limit.state_offset, subject.at));
  }
  return Status::ok;
}

Status EngineCore::admin_usage_json(const SubjectName& name, Instant now, std::string* json, std::string* error) {
  SubjectLock subject(*this, name, now, error);
  subject.changes = false;
  if (subject.status != Status::ok) return subject.status;
  struct Metered {
    const Limit* limit;
    Params params;
    UsageRow row;
  };
  std::string top;
  std::vector<Metered> metered;
  for (const int16_t p : subject.scope->limits) {
    const auto position = static_cast<size_t>(p);
    const Limit& limit = subject.g.policy->limits[position];
    if (limit.rule.kind == Kind::upstream) continue;
    const Params params = subject.params(limit, position);
    metered.push_back({&limit, params, row_of(subject.g, position, params, subject.state() + limit.state_offset, subject.at)});
    if (top.empty() && is_calendar(limit.rule)) top = period_label(params, metered.back().row.period_begins);
  }
  JsonText text;
  text.object();
  if (!top.empty()) text.text("period", top);
  std::set<std::string> names = {"period"};
  for (const Metered& m : metered) write_row(text, member_name(*m.limit, &names), *m.limit, m.params, m.row, top);
  text.end_object();
  *json = text.take();
  return Status::ok;
}

Status EngineCore::admin_list(std::string_view scope_text, uint64_t* cursor, uint32_t max, std::string* json,
                              std::string* error) {
  const Generation& g = generation();
  const int16_t position = scope_named(*g.policy, scope_text);
  if (position == kNone) {
    if (error != nullptr) *error = "scope: no \"" + std::string(scope_text.substr(0, 64)) + "\" in this policy";
    return Status::not_found;
  }
  const Scope& scope = g.policy->scopes[static_cast<size_t>(position)];
  const uint8_t number = g.scope_number[static_cast<size_t>(position)];
  const uint32_t shards = block_.shard_count();
  uint32_t shown = 0, looked = 0;
  JsonText text;
  text.list();
  // The cursor is a shard and a place in its index; what moves between two calls may be seen twice or not at all.
  auto s = static_cast<uint32_t>(*cursor >> 32);
  auto place = static_cast<uint32_t>(*cursor);
  for (; s < shards && shown < max && looked < 1'000'000; ++s, place = 0) {
    Shard& shard = block_.shards[s];
    const SpinGuard guard(shard.lock);
    for (; place < shard.index.capacity() && shown < max; ++place, ++looked) {
      const RecordId id = shard.index.word(place).id;
      if (id == 0) continue;
      const Record& record = *arena_.at(id);
      if (record.scope != number) continue;
      ++shown;
      text.object();
      text.list("values");
      for_each_value(record.key(), scope.dimensions.size(), [&](Bytes value) { text.text(value); });
      text.end_list();
      const Generation& own = *generations_[record.generation];
      const Scope& layout = own.scope(record.scope);
      const PlanSet* set = layout.plan_set == kNone ? nullptr : &own.policy->plan_sets[static_cast<size_t>(layout.plan_set)];
      const bool has_plan = set != nullptr && !set->plans.empty();  // a set may be a billing cycle only
      text.text_or_null("plan", has_plan ? std::string_view(set->plans[record.plan].name) : std::string_view());
      text.end_object();
    }
    if (shown == max && place < shard.index.capacity()) break;
  }
  text.end_list();
  *json = text.take();
  *cursor = s >= shards ? 0 : uint64_t{s} << 32 | place;
  return Status::ok;
}

void EngineCore::admin_counters(Counters* out) {
  *out = {};
  const uint32_t shards = block_.shard_count();
  for (uint32_t s = 0; s < shards; ++s) {
    Shard& shard = block_.shards[s];
    const SpinGuard guard(shard.lock);
    out->allowed += shard.allowed;
    out->records += shard.index.count();
    if (shard.cold == nullptr) continue;
    const ShardCold& cold = *shard.cold;
    out->denied += cold.denied;
    out->would_queue += cold.would_queue;
    out->peeked += cold.peeked;
    out->replayed += cold.replayed;
    out->refunded += cold.refunded;
    out->swept += cold.swept;
    out->overflowed += cold.overflowed;
    out->receipts += cold.receipts.size();
    if (cold.queues != nullptr) {
      out->messages += cold.queues->messages;
      out->accepted += cold.queues->accepted;
      out->leased += cold.queues->leased;
      for (size_t i = static_cast<size_t>(MessageState::sent); i < kMessageStates; ++i)
        out->ended[i] += cold.queues->ended(static_cast<MessageState>(i));
    }
    for (size_t i = 0; i < std::size(out->denied_by); ++i) out->denied_by[i] += cold.denied_by[i];
  }
  out->memory_used = memory_.used();
  out->memory_cap = memory_.cap();
  out->events_lost = events_.lost_ever();
}

}  // namespace sluice
