// SPDX-License-Identifier: Apache-2.0
#include "core/engine/decider.h"

#include <algorithm>

#include "core/engine/idempotency.h"

namespace sluice {

// What a new record of the subject begins with: never seen, or, at the memory cap, what its overflow record stands at.
static const std::byte* state_of_new(EngineCore& core, const Arena& arena, const Shard& shard, const Scope& scope, uint8_t number,
                                     Instant now) {
  (void)core;
  if (shard.cold == nullptr || shard.cold->overflow.empty() || !scope.overflows) return kNeverSeen;
  const RecordId id = shard.cold->overflow_of(number);
  if (id == 0) return kNeverSeen;
  const Record* shared = arena.at(id);
  return later(shared->newest, scope.longest_period) > now ? shared->state() : kNeverSeen;
}

void Decider::look_up() {
  for (size_t i = 0; i < work_.subject_count; ++i) {
    SubjectRef& s = work_.subjects[i];
    s.shard = &core_.block_.shards[s.shard_index];
    s.id = core_.find_locked(*s.shard, s.hash, s.scope, s.key);
    s.record = s.id == 0 ? nullptr : core_.arena_.at(s.id);
    s.exists = s.record != nullptr;
    s.base = core_.base_of(s.record);
    s.extras = nullptr;
    s.plan = 0;
    if (s.scope == kIdempotencyScope) continue;
    if (s.record != nullptr) {
      s.state = s.record->state();
      s.plan = s.record->plan;
      s.extras = core_.extras_of(*s.shard, s.id, *s.record);
    } else {
      const Scope& scope = g_.scope(s.scope);
      s.state = state_of_new(core_, core_.arena_, *s.shard, scope, s.scope, work_.now);
      if (scope.plan_set != kNone) s.plan = g_.policy->plan_sets[static_cast<size_t>(scope.plan_set)].default_plan;
    }
  }
}

void Decider::set_values(Item& item, const OperationCharge& charge, uint32_t repeat) {
  if (charge.of == kNone) return;
  const auto of = static_cast<size_t>(charge.of);
  if (static_cast<int>(of) == work_.shape.repeats && work_.repeats != nullptr) {
    Repeats& r = *work_.repeats;
    item.ask.values = charge.each ? std::span<const uint64_t>(&r.print[repeat], 1)
                                  : std::span<const uint64_t>(r.print, r.count);
    return;
  }
  item.ask.values = std::span<const uint64_t>(&work_.value_print[of], 1);
}

Status Decider::add_item(size_t charge_position, SubjectRef& subject, uint32_t repeat, uint64_t times, std::string* error) {
  const OperationCharge& charge = operation_.charges[charge_position];
  const Limit& limit = g_.policy->limits[static_cast<size_t>(charge.limit)];
  Item& item = work_.items[work_.item_count++];
  item.charge = &charge;
  item.limit = &limit;
  item.position = static_cast<uint16_t>(charge.limit);
  item.repeat = repeat;
  item.times = times;
  item.subject = &subject;
  item.taken = {};
  const uint64_t unit = charge.quantity == kNone ? charge.cost : request_.quantities[static_cast<size_t>(charge.quantity)];
  item.ask = {};
  if (unit == 0) {
    if (error != nullptr) {
      *error = "quantities[" + std::to_string(charge.quantity) + "] (" +
               operation_.quantities[static_cast<size_t>(charge.quantity)] + "): 0; limit \"" + limit.name +
               "\" is charged at this cost, which is at least 1";
    }
    return Status::invalid;
  }
  item.ask.cost = unit;
  if (times > 1) item.ask.cost = static_cast<uint64_t>(std::min<Wide>(Wide{unit} * times, kCountLimit - 1));
  item.ask.type = charge.type;
  if ((request_.flags & flag::force) != 0 && item.denies_ever()) item.ask.type = ChargeType::forced;
  item.ask.queued = charge.mode == Mode::queue;
  set_values(item, charge, repeat);

  const uint8_t plan = charge.plan_slot == kNone
                           ? subject.plan
                           : work_.subjects[work_.first_of_slot[static_cast<size_t>(charge.plan_slot)]].plan;
  item.params = core_.params_of(g_, limit, item.position, plan, subject.extras);
  if (item.params.amount->word == Word::custom) {
    if (error != nullptr) {
      *error = "limit \"" + limit.name + "\" is custom on this subject's plan and has no amount yet; set one with set_amount for " +
               limit.name;
    }
    return Status::unset;
  }
  return Status::ok;
}

Status Decider::make_items(std::string* error) {
  work_.item_count = 0;
  bool prints = false;
  for (const OperationCharge& charge : operation_.charges) prints |= charge.of != kNone;
  if (prints) {
    for (size_t i = 0; i < request_.values.size(); ++i) {
      work_.value_print[i] = fingerprint(core_.fingerprint_key_, request_.values[i]);
    }
    for (uint32_t r = 0; work_.repeats != nullptr && r < work_.repeats->count; ++r) {
      work_.repeats->print[r] = fingerprint(core_.fingerprint_key_, *work_.repeats->value[r]);
    }
  }
  for (size_t c = 0; c < operation_.charges.size(); ++c) {
    const OperationCharge& charge = operation_.charges[c];
    if (charge.while_queued) continue;
    const bool repeated = operation_.slots[charge.slot].repeated && work_.repeats != nullptr;
    SubjectRef* first = &work_.subjects[work_.first_of_slot[charge.slot]];
    const uint32_t count = repeated ? work_.repeats->count : 1;
    for (uint32_t r = 0; r < count; ++r) {
      uint64_t times = 1;
      if (repeated) times = work_.repeats->times[r];
      if (!repeated && charge.each && work_.repeats != nullptr) times = request_.repeated.size();
      if (const Status status = add_item(c, first[r], r, times, error); status != Status::ok) return status;
    }
  }
  return Status::ok;
}

Status Decider::replay_key(Decision* decision, std::string* error, bool* done) {
  SubjectRef& s = *work_.idempotency;
  digest_request(request_, core_.fingerprint_key_, digest_);
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
  if (s.shard->cold != nullptr) ++s.shard->cold->replayed;
  return Status::ok;
}

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
  decision->limit = unlimited ? 0 : item->params.amount->amount;
  decision->used = reading.used;
  decision->remaining = reading.remaining;
  decision->resets_at = reading.resets_at;
  // Of the same charge again, by what it stands at now.
  decision->opens_at = limit::opens_at(item->params, item->state(), item->ask, when);
  if (unlimited) decision->flags |= flag::unlimited;
  if (item->subject->overflow) decision->flags |= flag::overflowed;
  if (work_.wait_kind == WaitKind::never) decision->largest_cost = limit::largest_cost(item->params);
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
    d.subject = item.repeat;
    d.flags = (one.flags & flag::unlimited) | (item.passes ? flag::passed : 0);
    d.denial = item.refuses ? item.limit->rule.denies_as : DenialKind::none;
    if (item.refuses && item.opens == kNever) {
      d.denial = item.params.amount->word == Word::blocked ? DenialKind::blocked : DenialKind::never;
    }
  }
}

Status Decider::run(Decision* decision, std::string* error) {
  look_up();
  if (const Status status = make_items(error); status != Status::ok) return status;
  if (work_.idempotency != nullptr) {
    bool done = false;
    const Status status = replay_key(decision, error, &done);
    if (done) return decision->status = status;
  }
  weigh();
  const bool peek = (request_.flags & flag::peek) != 0;
  Status status = judge();
  if (!peek && status == Status::ok) {
    Room room = make_room(false);
    while (room == Room::overflowed) {
      // Other states than those weighed: weigh again, on what they are now.
      weigh();
      status = judge();
      if (status != Status::ok) break;
      room = make_room(false);
    }
    if (status == Status::ok && (room == Room::none || !make_key_room() || !make_receipt())) {
      undo_created();
      memory_denied_ = true;
      status = judge();
    }
    if (status == Status::ok) {
      commit(false);
      complete_receipt();
      decision->receipt = receipt_;
    }
  }
  if (!peek && status == Status::denied) commit_attempts();
  if (status != Status::ok) wait_for();
  work_.status = status;
  decision->status = status;
  fill(work_.named, decision);
  if (!peek && status == Status::ok && work_.idempotency != nullptr) write_key(*decision);
  if (!decision->details.empty()) fill_details(decision);
  count(decision);
  return status;
}

}  // namespace sluice
