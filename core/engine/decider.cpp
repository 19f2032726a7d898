// SPDX-License-Identifier: Apache-2.0
#include "core/engine/decider.h"

#include <algorithm>

#include "core/engine/idempotency.h"
#include "core/engine/routing.h"
#include "core/engine/send_queue.h"

namespace sluice {

// The overflow record that a new record of the scope begins as a copy of; nullptr: it begins as never seen. One from before a reload
// has another layout, and was an approximation on behalf of strangers.
static const Record* copied_by_new(const RecordArena& arena, const Shard& shard, const Generation& g, uint8_t number,
                                   Instant now) {
  const Scope& scope = g.scope(number);
  if (shard.cold == nullptr || shard.cold->overflow.empty() || !scope.overflows) return nullptr;
  const RecordId id = shard.cold->overflow_of(number);
  if (id == 0) return nullptr;
  const Record* shared = arena.at(id);
  return shared->generation == g.number && later(shared->newest, scope.longest_period) > now ? shared : nullptr;
}

void Decider::look_up(SubjectRef& s) {
  s.shard = &core_.block_.shards[s.shard_index];
  s.id = core_.find_locked(*s.shard, s.hash, s.scope, s.key);
  s.extras = nullptr;
  s.plan = 0;
  if (s.id != 0) [[likely]] {
    s.record = core_.arena_.at(s.id);
    s.exists = !s.created;
    s.base = core_.base_of(s.record);
    s.state = s.record->state();
    s.plan = s.record->plan;
    if ((s.record->flags & record_flag::extras) != 0) s.extras = core_.extras_of(*s.shard, s.id, *s.record);
    return;
  }
  s.record = nullptr;
  s.exists = s.created = false;
  s.base = core_.base_of(nullptr);
  if (is_own_scope(s.scope)) return;
  const Record* copied = copied_by_new(core_.arena_, *s.shard, g_, s.scope, work_.now);
  s.state = copied == nullptr ? kNeverSeen : copied->state();
  if (copied != nullptr) s.base = std::max(s.base, copied->newest);
  const Scope& scope = g_.scope(s.scope);
  if (scope.plan_set != kNone) s.plan = g_.policy->plan_sets[static_cast<size_t>(scope.plan_set)].default_plan;
}

void Decider::set_values(Item& item, const OperationCharge& charge, uint32_t repeat) {
  if (charge.of == kNone) return;
  const auto of = static_cast<size_t>(charge.of);
  if (static_cast<int>(of) == work_.shape.repeats && work_.repeats != nullptr) {
    Repeats& r = *work_.repeats;
    const bool one = operation_.slots[charge.slot].repeated;
    item.ask.values = one ? std::span<const uint64_t>(&r.print[repeat], 1) : std::span<const uint64_t>(r.print, r.count);
    return;
  }
  item.ask.values = std::span<const uint64_t>(&work_.value_print[of], 1);
}

Status Decider::no_cost(const OperationCharge& charge, std::string* error) const {
  if (error != nullptr) {
    *error = "quantities[" + std::to_string(charge.quantity) + "] (" +
             operation_.quantities[static_cast<size_t>(charge.quantity)] + "): 0; limit \"" +
             g_.policy->limits[static_cast<size_t>(charge.limit)].name + "\" is charged at this cost, which is at least 1";
  }
  return Status::invalid;
}

Status Decider::no_amount(const Limit& limit, std::string* error) {
  if (error != nullptr) {
    *error = "limit \"" + limit.name + "\" is custom on this subject's plan and has no amount yet; set one with set_amount for " +
             limit.name;
  }
  return Status::unset;
}

Status Decider::add_item(const OperationCharge& charge, SubjectRef& subject, uint32_t repeat, uint64_t times,
                         std::string* error) {
  const Limit& limit = g_.policy->limits[static_cast<size_t>(charge.limit)];
  uint64_t cost = charge.cost;
  if (charge.quantity != kNone) {
    cost = request_.quantities[static_cast<size_t>(charge.quantity)];
    if (cost == 0) return no_cost(charge, error);
  }
  if (times > 1) cost = static_cast<uint64_t>(std::min<Wide>(Wide{cost} * times, kCountLimit - 1));
  Item& item = *::new (&work_.items[work_.item_count++]) Item;
  item.charge = &charge;
  item.limit = &limit;
  item.position = static_cast<uint16_t>(charge.limit);
  item.repeat = repeat;
  item.times = times;
  item.subject = &subject;
  item.ask.cost = cost;
  item.ask.type = charge.type;
  if ((request_.flags & flag::force) != 0 && item.denies_ever()) item.ask.type = ChargeType::forced;
  item.ask.queued = charge.mode == Mode::queue;
  if (work_.phase == Phase::enqueue && charge.while_queued) item.ask.spared = g_.policy->queue.spared_by(work_.message_class);
  item.later = work_.phase == Phase::enqueue && is_lease_charge(charge);
  if (charge.of != kNone) set_values(item, charge, repeat);
  const bool elsewhere = charge.plan_slot != kNone;
  const SubjectRef& chooser = elsewhere ? work_.subjects[work_.first_of_slot[static_cast<size_t>(charge.plan_slot)]] : subject;
  item.plan = chooser.plan;
  item.params = core_.params_of(g_, limit, item.position, item.plan, subject.extras);
  if (elsewhere && limit.rule.period_kind == PeriodKind::billing) {
    item.params.billing = &billing_of(*g_.policy, g_.scope(chooser.scope), chooser.extras);
  }
  if (item.params.amount->word == Word::custom) return no_amount(limit, error);
  return Status::ok;
}

void Decider::make_prints() {
  for (size_t i = 0; i < request_.values.size(); ++i) {
    work_.value_print[i] = fingerprint(core_.fingerprint_key_, request_.values[i]);
  }
  for (uint32_t r = 0; work_.repeats != nullptr && r < work_.repeats->count; ++r) {
    work_.repeats->print[r] = fingerprint(core_.fingerprint_key_, *work_.repeats->value[r]);
  }
}

// Depth is charged by an enqueue alone, and a lease charges nothing but what waited for it.
bool Decider::skips(const OperationCharge& charge) const {
  if ((work_.charge_slots >> charge.slot & 1) == 0) return true;
  if (work_.phase == Phase::decide) return charge.while_queued;
  return work_.phase == Phase::lease && !is_lease_charge(charge);
}

Status Decider::make_items(std::string* error) {
  work_.item_count = 0;
  bool printed = false;
  for (const OperationCharge& charge : operation_.charges) {
    if (skips(charge)) continue;
    if (charge.of != kNone && !printed) {
      make_prints();
      printed = true;
    }
    SubjectRef* first = &work_.subjects[work_.first_of_slot[charge.slot]];
    Status status = Status::ok;
    if (work_.repeats == nullptr) {
      status = add_item(charge, *first, 0, 1, error);
    } else if (!operation_.slots[charge.slot].repeated) {
      status = add_item(charge, *first, 0, charge.each ? request_.repeated.size() : 1, error);
    } else {
      for (uint32_t r = 0; r < work_.repeats->count && status == Status::ok; ++r) {
        status = add_item(charge, first[r], r, work_.repeats->times[r], error);
      }
    }
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

Status Decider::replay_key(Decision* decision, std::string* error, bool* done) {
  SubjectRef& s = *work_.idempotency;
  const Request& given = work_.given == nullptr ? request_ : *work_.given;
  digest_request(given, work_.phase == Phase::enqueue, core_.fingerprint_key_, digest_);
  if (s.record == nullptr) return Status::ok;
  const KeyState& state = *key_state(*s.record);
  if (state.expires <= at(s)) return Status::ok;
  *done = true;
  if (state.digest[0] != digest_[0] || state.digest[1] != digest_[1]) {
    if (error != nullptr) {
      *error = "idempotency_key: used before for another request of this tenant; a key stands for one request";
    }
    return Status::conflict;
  }
  if ((request_.flags & flag::peek) == 0) {
    weigh();
    commit_attempts();
  }
  replay(state, decision);
  if (state.message != 0) core_.queue_.replay(work_, state);
  if (s.shard->cold != nullptr) ++s.shard->cold->replayed;
  return Status::ok;
}

namespace {

constexpr uint64_t left_of(uint64_t count, uint64_t spared) { return count - std::min(count, spared); }

}  // namespace

void Decider::fill(const Item* item, Decision* decision) const {
  decision->now = work_.now;
  decision->denial = work_.denial;
  decision->wait_kind = work_.wait_kind;
  decision->retry_after = work_.retry_after;
  if (item == nullptr) return;
  decision->limit_id = g_.limit_number[item->position];
  const Instant when = at(*item->subject);
  const Reading reading = limit::read(item->params, item->state(), when);
  const bool unlimited = item->params.amount->word == Word::unlimited || item->limit->rule.kind == Kind::upstream;
  decision->limit = unlimited ? 0 : item->params.amount->shown;
  decision->used = reading.used;
  // What a ceiling or a burst admits beyond the limit is not promised, nor what is reserved for others.
  decision->remaining = unlimited ? reading.remaining : left_of(std::min(reading.remaining, decision->limit), item->ask.spared);
  decision->resets_at = reading.resets_at;
  // Of the same charge again, by what it stands at now.
  decision->opens_at = limit::opens_at(item->params, item->state(), item->ask, when);
  if (unlimited) decision->flags |= flag::unlimited;
  if (item->subject->overflow) decision->flags |= flag::overflowed;
  if (work_.wait_kind == WaitKind::never) {
    decision->largest_cost = left_of(limit::largest_cost(item->params), item->ask.spared);
  }
}

void Decider::fill_details(Decision* decision) const {
  decision->detail_count = static_cast<uint32_t>(work_.item_count);
  const size_t rows = std::min(decision->details.size(), work_.item_count);
  for (size_t i = 0; i < rows; ++i) {
    const Item& item = work_.items[i];
    Decision one;
    fill(&item, &one);
    Detail& d = decision->details[i];
    d.limit_id = one.limit_id;
    d.limit = one.limit;
    d.used = one.used;
    d.remaining = one.remaining;
    d.resets_at = one.resets_at;
    d.opens_at = one.opens_at;
    d.charge = static_cast<uint32_t>(item.charge - operation_.charges.data());
    d.subject = work_.repeats == nullptr ? 0 : work_.repeats->first[item.repeat];
    d.flags = (one.flags & flag::unlimited) | (item.passes ? flag::passed : 0);
    d.denial = item.refuses ? item.limit->rule.denies_as : DenialKind::none;
    if (item.refuses && item.opens == kNever) {
      d.denial = item.params.amount->word == Word::blocked ? DenialKind::blocked : DenialKind::never;
    }
  }
}

// After an eviction: subjects without a record, or whose record went, are as a first look finds them; overflow records stay.
void Decider::look_again() {
  for (size_t i = 0; i < work_.subject_count; ++i) {
    if (!work_.subjects[i].overflow) look_up(work_.subjects[i]);
  }
}

// Once a decision, in the shards of all its subjects. What goes may be a record that was looked up for it, or made: look again.
bool Decider::evict() {
  if (evicted_) return false;
  evicted_ = true;
  for (size_t i = 0; i < work_.subject_count; ++i) core_.evict_locked(*work_.subjects[i].shard, work_.now, kEvictedAtOnce);
  return true;
}

// Room for everything, or a verdict of its own: weighed again on what eviction or an overflow record changed, or denied for memory.
Status Decider::prepare() {
  for (;;) {
    const Room room = make_room(false);
    if (room == Room::made && make_key_room() && make_receipt() && make_route_room() && make_message_room()) return Status::ok;
    if (room != Room::changed && !evict()) break;
    look_again();
    weigh();
    if (const Status status = judge(); status != Status::ok) {
      undo_created();
      return status;
    }
  }
  undo_created();
  memory_denied_ = true;
  return judge();
}

Status Decider::run(Decision* decision, std::string* error) {
  for (size_t i = 0; i < work_.subject_count; ++i) look_up(work_.subjects[i]);
  if (const Status status = make_items(error); status != Status::ok) [[unlikely]]
    return status;
  if (work_.idempotency != nullptr) [[unlikely]] {
    bool done = false;
    const Status status = replay_key(decision, error, &done);
    if (done) {
      promote();
      return status;
    }
  }
  if (work_.pending != nullptr) {
    const SubjectRef& line = core_.queue_.line_subject(work_);
    core_.queue_.drop_aborted(line);
    work_.pending->behind = work_.routing == nullptr && core_.queue_.has_expired(line, work_.now);
    if (work_.pending->behind) {
      work_.pending->shard_index = line.shard_index;
      work_.pending->line_hash = line.hash;
      work_.pending->now = work_.now;
      return Status::ok;
    }
  }
  weigh();
  const bool peek = (request_.flags & flag::peek) != 0;
  Status status = judge();
  if (status == Status::ok && work_.pending != nullptr) status = judge_wait();
  if (!peek) {
    if (status == Status::ok) status = prepare();
    if (status == Status::ok) {
      commit(false);
      if (work_.pending != nullptr) core_.queue_.accept(work_);
      if (work_.routing != nullptr) core_.pools_.commit(work_);
      decision->receipt = receipt_;
    } else if (status == Status::denied) {
      commit_attempts();
    }
  }
  if (status != Status::ok && !waits_too_long_) wait_for();
  if (peek && work_.pending != nullptr && status == Status::ok) {
    work_.pending->out->promise = core_.queue_.promise_for(work_);
    if (core_.queue_.would_park(work_)) work_.pending->out->state = MessageState::parked;
  }
  decision->status = status;
  fill(work_.named, decision);
  if (!peek && status == Status::ok) {
    if (receipt_ != 0) complete_receipt();
    if (work_.idempotency != nullptr) write_key(*decision);
  }
  if (!decision->details.empty()) fill_details(decision);
  if (!peek) promote();
  count(decision);
  return status;
}

}  // namespace sluice
