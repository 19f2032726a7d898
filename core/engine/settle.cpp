// SPDX-License-Identifier: Apache-2.0
// Committing a decision: room first, then every charge, then what remembers it.
#include <algorithm>
#include <cstring>
#include <new>

#include "core/engine/decider.h"
#include "core/engine/idempotency.h"

namespace sluice {

// An allowed decision takes every charge, a shadow one only where its own limit passes.
bool Decider::commits(const Item& item, bool attempts_only) {
  if (item.later) return false;
  if (attempts_only) {
    return item.charge->type == ChargeType::attempt && item.ask.type == ChargeType::attempt && item.passes;
  }
  return item.charge->mode != Mode::shadow || item.passes;
}

Decider::Room Decider::make_record(SubjectRef& s) {
  const Scope& scope = g_.scope(s.scope);
  s.id = core_.create_locked(*s.shard, s.hash, s.scope, s.key, goes_beyond_cap() && !scope.overflows);
  s.created = s.id != 0;
  if (!s.created) {
    if (evict()) return Room::changed;
    if (!scope.overflows || (request_.flags & flag::receipt) != 0) return Room::none;
    if (!core_.overflow_locked(*s.shard, s.scope, &s.id)) return Room::none;
    s.overflow = true;
  }
  s.record = core_.arena_.at(s.id);
  if (s.created && s.state != kNeverSeen) {
    std::memcpy(s.record->state(), s.state, scope.state_size);
    s.record->newest = s.base;
  }
  s.state = s.record->state();
  s.base = core_.base_of(s.record);
  return s.created ? Room::made : Room::changed;
}

Decider::Room Decider::make_room(bool attempts_only) {
  for (size_t i = 0; i < work_.item_count; ++i) {
    Item& item = work_.items[i];
    if (!commits(item, attempts_only)) continue;
    if (item.subject->record == nullptr) {
      if (const Room room = make_record(*item.subject); room != Room::made) return room;
    }
    if (!item.limit->extent) continue;
    Allocator& memory = goes_beyond_cap() ? core_.uncapped_ : core_.memory_;
    if (!limit::reserve(item.params, item.record_state(), item.ask, at(*item.subject), memory)) return Room::none;
  }
  return Room::made;
}

void Decider::take(Item& item) {
  SubjectRef& s = *item.subject;
  const Instant when = at(s);
  item.taken = limit::commit(item.params, item.record_state(), item.ask, when);
  s.record->newest = when;
  s.taken = true;
  if (item.ask.type == ChargeType::release) core_.queue_.subject_changed(s.shard_index, s.hash, s.id);
  if ((item.taken.fired | static_cast<uint8_t>(item.taken.saturated)) == 0) return;
  const Reading reading = limit::read(item.params, item.record_state(), when);
  core_.emit_fired(g_, item.position, *s.record, item.params, item.taken.fired, reading.used, when, false);
  if (item.taken.saturated) core_.emit_saturated(g_, item.position, *s.record, item.params, reading.used, when);
}

void Decider::commit(bool attempts_only) {
  for (size_t i = 0; i < work_.item_count; ++i) {
    if (commits(work_.items[i], attempts_only)) take(work_.items[i]);
  }
}

// Promotions look at what was charged, and act from the next decision on: what this one answers is read before.
void Decider::promote() {
  if (!g_.promotes) return;
  for (size_t i = 0; i < work_.subject_count; ++i) {
    SubjectRef& s = work_.subjects[i];
    if (!s.taken || s.overflow || is_own_scope(s.scope) || g_.scope(s.scope).plan_set == kNone) continue;
    core_.consider_promotion_locked(*s.shard, s.id, at(s));
  }
}

// The attempt charges of a denial or a replay; without memory for one it is a denial all the same.
void Decider::commit_attempts() {
  bool any = false;
  for (size_t i = 0; i < work_.item_count; ++i) any |= commits(work_.items[i], true);
  if (!any) return;
  for (;;) {
    const Room room = make_room(true);
    if (room == Room::made) return commit(true);
    if (room != Room::changed && !evict()) return undo_created();
    look_again();
    weigh();
  }
}

// Overflow records are nobody's to undo.
void Decider::undo_created() {
  for (size_t i = 0; i < work_.subject_count; ++i) {
    SubjectRef& s = work_.subjects[i];
    if (!s.created || s.taken) continue;
    core_.drop_locked(*s.shard, s.hash, s.id);
    look_up(s);
  }
}

bool Decider::make_key_room() {
  if (work_.idempotency == nullptr || work_.idempotency->record != nullptr) return true;
  SubjectRef& s = *work_.idempotency;
  s.id = core_.create_locked(*s.shard, s.hash, s.scope, s.key);
  s.created = s.id != 0;
  if (!s.created) return false;
  s.record = core_.arena_.at(s.id);
  return true;
}

// Last of all rooms: what was made for a message is undone when its charges are not taken.
bool Decider::make_message_room() {
  if (work_.pending == nullptr) return true;
  SubjectRef& line = work_.subjects[work_.first_of_slot[static_cast<size_t>(operation_.line_slot)]];
  if (line.record == nullptr && make_record(line) != Room::made) return false;
  return core_.queue_.make_room(work_);
}

bool Decider::make_route_room() { return work_.routing == nullptr || core_.pools_.make_room(work_); }

void Decider::write_key(const Decision& decision) {
  SubjectRef& s = *work_.idempotency;
  s.record->newest = at(s);
  const uint64_t message = work_.pending == nullptr ? 0 : work_.pending->out->message;
  remember(decision, message == 0 ? later(at(s), kKeyLifetime) : kNever, digest_, key_state(*s.record));
  key_state(*s.record)->message = message;
}

// The receipt is written before the charges, so that a lack of memory for it still refuses the whole; what was taken is
// filled in after.
bool Decider::make_receipt() {
  if ((request_.flags & flag::receipt) == 0 || work_.item_count == 0) return true;
  SubjectRef& first = work_.subjects[0];
  ShardCold* cold = core_.cold_of(*first.shard);
  if (cold == nullptr) return false;
  try {
    Receipt receipt;
    receipt.operation = request_.operation;
    receipt.quantity_count = static_cast<uint32_t>(request_.quantities.size());
    receipt.expires = later(work_.now, core_.options_.receipt_ttl);
    for (size_t i = 0; i < work_.item_count; ++i) {
      if (commits(work_.items[i], false)) receipt.items.push_back(receipt_item(work_.items[i]));
    }
    cold->receipts.expire(work_.now, 2, core_.memory_);
    receipt_ = cold->receipts.add(std::move(receipt), first.shard_index, core_.memory_);
  } catch (const std::bad_alloc&) {
    receipt_ = 0;
  }
  return receipt_ != 0;
}

ReceiptItem Decider::receipt_item(const Item& item) const {
  ReceiptItem row;
  row.limit = g_.limit_number[item.position];
  row.scope = item.subject->scope;
  row.plan = item.plan;
  row.born = g_.limit_born[item.position];
  row.shard = item.subject->shard_index;
  row.hash = item.subject->hash;
  row.key = std::string(item.subject->record->key());
  row.type = item.ask.type;
  row.cost = item.ask.cost;
  row.quantity = item.charge->quantity;
  row.times = item.times;
  row.rate_amount = item.params.amount->amount;
  row.rate_period = item.params.amount->period;
  row.values.assign(item.ask.values.begin(), item.ask.values.end());
  return row;
}

void Decider::complete_receipt() {
  if (receipt_ == 0) return;
  Receipt* receipt = work_.subjects[0].shard->cold->receipts.edit(receipt_);
  size_t row = 0;
  for (size_t i = 0; i < work_.item_count; ++i) {
    if (commits(work_.items[i], false)) receipt->items[row++].taken = work_.items[i].taken;
  }
}

LeaseVerdict Decider::lease() {
  for (size_t i = 0; i < work_.subject_count; ++i) look_up(work_.subjects[i]);
  LeaseVerdict verdict;
  if (make_items(nullptr) != Status::ok) return verdict;  // an amount that was never set: it waits for one
  weigh();
  if (judge() == Status::ok && prepare() == Status::ok) {
    commit(false);
    promote();
    verdict.taken = true;
    return verdict;
  }
  if (memory_denied_) {
    verdict.memory = true;
    return verdict;
  }
  wait_for();
  if (work_.wait_kind == WaitKind::exact) verdict.until = work_.now + work_.retry_after;
  verdict.whole_flow = true;
  for (size_t i = 0; i < work_.item_count; ++i) {
    if (!work_.items[i].passes) verdict.whole_flow = verdict.whole_flow && of_whole_flow(work_.items[i]);
  }
  return verdict;
}

void Decider::count(Decision* decision) {
  // Without subjects the first shard's lock is held.
  Shard& shard = work_.subject_count == 0 ? core_.block_.shards[0] : *work_.subjects[0].shard;
  const bool overflow = work_.subject_count != 0 && work_.subjects[0].overflow;
  if (decision->status == Status::ok && (request_.flags & flag::peek) == 0 && !overflow) {
    ++shard.allowed;
    return;
  }
  ShardCold* cold = core_.cold_of(shard);
  if (cold == nullptr) return;
  if ((request_.flags & flag::peek) != 0) {
    ++cold->peeked;
  } else if (decision->status == Status::ok) {
    ++shard.allowed;
    ++cold->overflowed;
  } else if (decision->status == Status::would_queue) {
    ++cold->would_queue;
  } else {
    ++cold->denied;
    ++cold->denied_by[static_cast<size_t>(decision->denial)];
  }
}

}  // namespace sluice
