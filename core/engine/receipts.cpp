// SPDX-License-Identifier: Apache-2.0
// Settling receipts: giving back all, or what the actual quantities leave; taking the excess as forced.
#include <algorithm>
#include <cstring>

#include "core/engine/engine_core.h"
#include "core/engine/work.h"
#include "core/limits/limit.h"
#include "core/limits/pace.h"

namespace sluice {
namespace {

constexpr const char* kUnknown = "receipt: unknown here; it was settled, has expired, or belongs to another engine";

Status fail(Status status, std::string* error, const std::string& message) {
  if (error != nullptr) *error = message;
  return status;
}

void lock_set_of(const Receipt& receipt, uint32_t home, LockSet& locks) {
  locks.clear();
  locks.add(home);
  for (const ReceiptItem& item : receipt.items) locks.add(item.shard);
}

}  // namespace

// Finds the receipt, locks every shard it names, and calls fn(const Receipt&) if it is still there; fn's status is the answer, and
// on ok the receipt ends.
template <class Fn>
static Status settle(ControlBlock& block, Allocator& memory, uint64_t id, Instant now, std::string* error,
                     Fn&& fn) SLUICE_NO_ANALYSIS {
  const uint32_t home = ReceiptBook::shard_of(id);
  if (home >= block.shard_count()) return fail(Status::not_found, error, kUnknown);
  Shard& shard = block.shards[home];
  LockSet locks;
  {
    const SpinGuard guard(shard.lock);
    const Receipt* receipt = shard.cold == nullptr ? nullptr : shard.cold->receipts.find(id, now);
    if (receipt == nullptr) return fail(Status::not_found, error, kUnknown);
    lock_set_of(*receipt, home, locks);
  }
  const HeldLocks<kMaxShards> held(locks, block);
  const Receipt* receipt = shard.cold->receipts.find(id, now);
  Status status = receipt == nullptr ? fail(Status::not_found, error, kUnknown) : fn(*receipt);
  if (receipt != nullptr && status == Status::ok) {
    shard.cold->receipts.end(id, memory);
    ++shard.cold->refunded;
  }
  return status;
}

struct EngineCore::Charged {
  const Limit* limit = nullptr;
  Shard* shard = nullptr;
  Record* record = nullptr;
  RecordId id = 0;
  Params params{};
  std::byte* state = nullptr;
  Instant at = 0;
};

// Where a receipt's item is now; nothing when the limit or the record is gone, and then there is nothing to give back. An excess
// is taken all the same: `create` makes the record anew.
bool EngineCore::charged_locked(const ReceiptItem& item, Instant now, bool create, Charged* c) {
  const Generation& g = generation();
  const int16_t position = g.limit_position(item.limit);
  if (position == kNone || g.scope_at[item.scope] == kNone) return false;
  if (g.limit_born[static_cast<size_t>(position)] != item.born) return false;
  c->limit = &g.policy->limits[static_cast<size_t>(position)];
  c->shard = &block_.shards[item.shard];
  RecordId id = c->shard->index.find(Index::tag_of(item.hash), [&](RecordId candidate) {
    const Record& r = *arena_.at(candidate);
    return r.scope == item.scope && r.key() == item.key;
  });
  if (id != 0 && arena_.at(id)->generation != g.number) id = migrate_locked(*c->shard, item.hash, id);
  if (id == 0 && create) id = recreate_locked(*c->shard, item, now);
  if (id == 0) return false;
  c->id = id;
  c->record = arena_.at(id);
  const Extras* extras = extras_of(*c->shard, id, *c->record);
  // A plan kept in another record is taken as it was then.
  const auto plans = static_cast<uint8_t>(c->limit->amounts.size());
  const uint8_t plan = !c->limit->plan_elsewhere ? c->record->plan : item.plan < plans ? item.plan : uint8_t{0};
  c->params = params_of(g, *c->limit, static_cast<size_t>(position), plan, extras);
  c->state = c->record->state() + c->limit->state_offset;
  c->at = std::max(now, base_of(c->record));
  return true;
}

// A pace that has another rate by now returns no more than what is left of the charge, whenever between the two the rate changed:
// the smaller of what drained at the old rate, converted, and what was converted, drained at the new one.
void EngineCore::refund_charged(const ReceiptItem& item, const Charged& c, uint64_t units, std::span<const uint64_t> values) {
  Taken taken = item.taken;
  const Amount& now = *c.params.amount;
  const bool other_rate =
      Wide{now.amount} * static_cast<uint64_t>(item.rate_period) != Wide{item.rate_amount} * static_cast<uint64_t>(now.period);
  if (c.limit->rule.kind == Kind::pace && other_rate && now.word == Word::number && item.rate_amount != 0) {
    const auto elapsed = static_cast<uint64_t>(std::max<Span>(0, c.at - taken.stamp));
    const auto converted = [&](uint64_t ns) { return pace::rescale(item.rate_amount, item.rate_period, now, ns); };
    const uint64_t left = taken.units > elapsed ? taken.units - elapsed : 0;
    taken.units = converted(taken.units);
    units = std::min(converted(units), converted(left));
    if (units > 0) --units;  // rounded up twice on the way
  }
  const Reading before = limit::read(c.params, c.state, c.at);
  limit::refund(c.params, c.state, taken, units, values, c.at);
  // Where nothing came back no instant is kept: the record may as well have been dropped as never seen.
  const Reading after = limit::read(c.params, c.state, c.at);
  if (after.used != before.used || after.resets_at != before.resets_at) c.record->newest = c.at;
}

RecordId EngineCore::recreate_locked(Shard& shard, const ReceiptItem& item, Instant now) {
  Bytes values[kMaxScopeDimensions];
  KeyView key;
  for_each_value(item.key, generation().scope(item.scope).dimensions.size(), [&](Bytes value) {
    values[key.count] = value;
    key.values[key.count] = &values[key.count];
    ++key.count;
  });
  return create_or_evict_locked(shard, item.hash, item.scope, key, now);
}

void EngineCore::give_back_locked(const ReceiptItem& item, uint64_t units, Instant now) {
  Charged c;
  if (!charged_locked(item, now, false, &c)) return;
  refund_charged(item, c, units, item.values);
}

Status EngineCore::admin_refund(uint64_t id, Instant given, std::string* error) {
  Instant now;
  if (!time_of(given, &now)) return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  return settle(block_, memory_, id, now, error, [&](const Receipt& receipt) {
    for (const ReceiptItem& item : receipt.items) {
      if (item.type != ChargeType::release) give_back_locked(item, item.taken.units, now);
    }
    return Status::ok;
  });
}

// A pace took nanoseconds, every other kind units.
void EngineCore::adjust_locked(const ReceiptItem& item, uint64_t actual, Instant now) {
  if (actual < item.cost) {
    Charged c;
    if (!charged_locked(item, now, false, &c)) return;
    uint64_t units = item.cost - actual;
    if (c.limit->rule.kind == Kind::pace) {
      const uint64_t kept =
          item.rate_amount == 0 ? 0 : mul_div_ceil(actual, static_cast<uint64_t>(item.rate_period), item.rate_amount);
      units = item.taken.units > kept ? item.taken.units - kept : 0;
    }
    refund_charged(item, c, units, actual == 0 ? item.values : std::vector<uint64_t>{});
  } else if (actual > item.cost) {
    Charged c;
    if (!charged_locked(item, now, true, &c)) return;
    Charge excess;
    excess.cost = actual - item.cost;
    excess.type = ChargeType::forced;
    if (!limit::reserve(c.params, c.state, excess, c.at, memory_)) return;
    const Taken taken = limit::commit(c.params, c.state, excess, c.at);
    c.record->newest = c.at;
    const auto position = static_cast<size_t>(generation().limit_position(item.limit));
    emit_fired(generation(), position, *c.record, c.params, taken.fired, limit::read(c.params, c.state, c.at).used, c.at, false);
  }
}

Status EngineCore::admin_commit(uint64_t id, std::span<const uint64_t> quantities, Instant given, std::string* error) {
  Instant now;
  if (!time_of(given, &now)) return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  for (size_t i = 0; i < quantities.size(); ++i) {
    if (quantities[i] >= kCountLimit) {
      return fail(Status::invalid, error, "quantities[" + std::to_string(i) + "]: at least 2^48; quantities are below that");
    }
  }
  return settle(block_, memory_, id, now, error, [&](const Receipt& receipt) {
    if (quantities.size() != receipt.quantity_count) {
      return fail(Status::invalid, error,
                  "quantities: " + std::to_string(quantities.size()) + " given, the operation takes " +
                      std::to_string(receipt.quantity_count));
    }
    for (const ReceiptItem& item : receipt.items) {
      if (item.quantity == kNone || item.type == ChargeType::release) continue;
      const Wide actual = Wide{quantities[static_cast<size_t>(item.quantity)]} * item.times;
      adjust_locked(item, static_cast<uint64_t>(std::min<Wide>(actual, kCountLimit - 1)), now);
    }
    return Status::ok;
  });
}

}  // namespace sluice
