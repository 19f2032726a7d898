// SPDX-License-Identifier: Apache-2.0
#include "core/limits/sliding.h"

#include <algorithm>

#include "core/base/ratio.h"
#include "core/limits/answers.h"
#include "core/limits/extent.h"
#include "core/limits/slotted.h"
#include "core/limits/unit_log.h"

namespace sluice::sliding {
namespace {

constexpr size_t kLeastCapacity = 2;

// The instant from which a charge at `at` counts for one period.
Instant stamp(const Rule& rule, Instant at) { return rule.slots == 0 ? at : slotted::slot_end(rule, at); }

size_t most_entries(const Rule& rule) { return rule.slots == 0 ? kMaxExactLog : slotted::most_counts(rule); }

// A slot may end past the end of time, so later() alone would not do.
Instant leaves(const Rule& rule, Instant entry) { return entry >= kEndOfTime ? kNever : later(entry, rule.period); }

// Room for one more entry. Forgets nothing: the decision may yet fail, and the next may be asked at an
// earlier instant.
bool make_room(const Rule& rule, std::byte* state, Instant at, Allocator& memory) {
  UnitLog* log = extent_of<UnitLog>(state);
  const size_t most = most_entries(rule);
  const size_t stored = log == nullptr ? 0 : log->size();
  const size_t live = log == nullptr ? 0 : log->entries_after(at - rule.period);
  const size_t needed = std::min(live + 1, most);
  const size_t capacity = log == nullptr ? 0 : log->capacity();
  size_t wanted = capacity;
  if (needed > capacity)
    wanted = std::min(std::max(kLeastCapacity, 2 * capacity), most);
  else if (capacity > kLeastCapacity && (stored + 1) * 4 <= capacity)
    wanted = std::max(kLeastCapacity, capacity / 2);
  if (wanted == capacity) return true;
  UnitLog* resized = UnitLog::resize(log, wanted, memory);
  if (resized != nullptr) set_extent(state, resized);
  return resized != nullptr || needed <= capacity;
}

}  // namespace

Instant opens_at(const Params& params, const std::byte* state, const Charge& charge, Instant from) {
  const Amount& amount = *params.amount;
  if (never_denies(charge.type)) return from;
  if (amount.word != Word::number) return amount.word == Word::unlimited ? from : kNever;
  if (charge.cost > amount.cap && !charge.queued) return kNever;
  const uint64_t room = charge.cost > amount.cap ? 0 : amount.cap - charge.cost;
  const UnitLog* log = extent_of<UnitLog>(state);
  if (log == nullptr || log->units_after(from - params.rule->period) <= room) return from;
  return leaves(*params.rule, log->leaves_at_most(room));
}

bool reserve(const Params& params, std::byte* state, const Charge& charge, Instant at, Allocator& memory) {
  return charge.cost == 0 || make_room(*params.rule, state, at, memory);
}

Taken commit(const Params& params, std::byte* state, const Charge& charge, Instant at) {
  Taken taken;
  taken.stamp = at;
  if (charge.cost == 0) return taken;
  UnitLog* log = extent_of<UnitLog>(state);
  const Instant gone = at - params.rule->period;
  log->drop(gone);
  taken.units = std::min(charge.cost, kCountLimit - 1 - log->units_after(gone));
  if (taken.units > 0) log->add(stamp(*params.rule, at), taken.units);
  return taken;
}

void refund(const Params& params, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t>, Instant) {
  UnitLog* log = extent_of<UnitLog>(state);
  if (log != nullptr) log->take_off(stamp(*params.rule, taken.stamp), std::min(units, taken.units));
}

uint64_t largest_cost(const Params& params) { return most_ever(*params.amount); }

Reading read(const Params& params, const std::byte* state, Instant at) {
  const UnitLog* log = extent_of<UnitLog>(state);
  Reading reading;
  if (log != nullptr) reading.used = log->units_after(at - params.rule->period);
  if (reading.used > 0) reading.resets_at = instant_or_zero(leaves(*params.rule, log->newest()));
  reading.remaining = remaining(*params.amount, reading.used);
  return reading;
}

bool idle(const Params& params, const std::byte* state, Instant at) {
  const UnitLog* log = extent_of<UnitLog>(state);
  return log == nullptr || log->entries_after(at - params.rule->period) == 0;
}

bool set_used(const Params& params, std::byte* state, uint64_t used, Instant at, Allocator& memory) {
  if (used > 0 && !make_room(*params.rule, state, at, memory)) return false;
  UnitLog* log = extent_of<UnitLog>(state);
  if (log == nullptr) return true;
  log->forget_all();
  if (used > 0) log->add(stamp(*params.rule, at), std::min(used, kCountLimit - 1));
  return true;
}

bool copy(const std::byte* from, std::byte* to, Allocator& memory) {
  const UnitLog* log = extent_of<UnitLog>(from);
  UnitLog* made = log == nullptr ? nullptr : UnitLog::copy(*log, memory);
  if (log != nullptr && made == nullptr) return false;
  set_extent(to, made);
  return true;
}

void clear(std::byte* state, Allocator& memory) {
  UnitLog::release(extent_of<UnitLog>(state), memory);
  set_extent<UnitLog>(state, nullptr);
}

}  // namespace sluice::sliding
