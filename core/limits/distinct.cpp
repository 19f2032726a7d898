// SPDX-License-Identifier: Apache-2.0
#include "core/limits/distinct.h"

#include "core/limits/answers.h"
#include "core/limits/exemptions.h"
#include "core/limits/extent.h"
#include "core/limits/slot_set.h"

namespace sluice::distinct {
namespace {

struct Extent {
  SlotSet slots;
  Exemptions exemptions;

  void clear(Allocator& memory) {
    slots.clear(memory);
    exemptions.clear(memory);
  }
};

const Extent kNothing{};

const Extent& view(const std::byte* state) {
  const Extent* extent = extent_of<Extent>(state);
  return extent == nullptr ? kNothing : *extent;
}

auto exempt_in(const Extent& extent) {
  return [&extent](uint64_t value, Instant at) { return extent.exemptions.live(value, at); };
}

size_t slots_wanted(const Params& params, const Extent& extent, const Charge& charge, Instant at) {
  if (params.amount->word == Word::unlimited || charge.type == ChargeType::release) return 0;
  return extent.slots.missing(charge.values, at, params.rule->period, exempt_in(extent));
}

void exempt(const Params& params, Extent& extent, const Charge& charge, Instant at) {
  const Instant until = later(at, params.rule->exemption);
  for (const uint64_t value : charge.values) extent.exemptions.put(value, until, at);
  extent.exemptions.tidy(at);
}

bool exempts(const Params& params, const Charge& charge) {
  return charge.type == ChargeType::exempt && params.rule->exemption > 0 && !charge.values.empty();
}

}  // namespace

Instant opens_at(const Params& params, const std::byte* state, const Charge& charge, Instant from) {
  const Amount& amount = *params.amount;
  if (never_denies(charge.type)) return from;
  if (amount.word != Word::number) return amount.word == Word::unlimited ? from : kNever;
  const Extent& extent = view(state);
  return extent.slots.opens_at(charge.values, amount.cap, from, params.rule->period, exempt_in(extent));
}

bool reserve(const Params& params, std::byte* state, const Charge& charge, Instant at, Allocator& memory) {
  if (charge.type == ChargeType::exempt) {
    if (!exempts(params, charge)) return true;
    return grow_extent<Extent>(state, memory,
                               [&](Extent& extent) { return extent.exemptions.reserve(charge.values.size(), at, memory); });
  }
  const size_t wanted = slots_wanted(params, view(state), charge, at);
  if (wanted == 0) return true;
  return grow_extent<Extent>(state, memory,
                             [&](Extent& extent) { return extent.slots.reserve(wanted, at, params.rule->period, memory); });
}

Taken commit(const Params& params, std::byte* state, const Charge& charge, Instant at) {
  Taken taken;
  taken.stamp = at;
  Extent* extent = extent_of<Extent>(state);
  if (extent == nullptr || charge.type == ChargeType::release) return taken;
  if (charge.type == ChargeType::exempt) {
    if (exempts(params, charge)) exempt(params, *extent, charge, at);
    return taken;
  }
  const size_t wanted = slots_wanted(params, *extent, charge, at);
  extent->slots.tidy(wanted, at, params.rule->period);
  for (size_t i = 0; i < charge.values.size(); ++i) {
    const uint64_t value = charge.values[i];
    if (extent->slots.holds(value, at, params.rule->period)) {
      extent->slots.mark_used(value);
    } else if (wanted > 0 && !extent->exemptions.live(value, at)) {
      extent->slots.open(value, at);
      taken.opened[i / 64] |= uint64_t{1} << (i % 64);
      ++taken.units;
    }
  }
  return taken;
}

void refund(const Params&, std::byte* state, const Taken& taken, uint64_t, std::span<const uint64_t> values, Instant) {
  Extent* extent = extent_of<Extent>(state);
  if (extent == nullptr) return;
  for (size_t i = 0; i < values.size(); ++i) {
    if ((taken.opened[i / 64] >> (i % 64) & 1) != 0) extent->slots.take_back(values[i], taken.stamp);
  }
}

uint64_t largest_cost(const Params& params) { return most_ever(*params.amount); }

Reading read(const Params& params, const std::byte* state, Instant at) {
  const SlotSet& slots = view(state).slots;
  Reading reading;
  reading.used = slots.live(at, params.rule->period);
  if (reading.used > 0) reading.resets_at = instant_or_zero(slots.all_closed_at(at, params.rule->period));
  reading.remaining = remaining(*params.amount, reading.used);
  return reading;
}

bool idle(const Params& params, const std::byte* state, Instant at) {
  const Extent& extent = view(state);
  return extent.slots.live(at, params.rule->period) == 0 && !extent.exemptions.any_live(at);
}

bool copy(const std::byte* from, std::byte* to, Allocator& memory) {
  const Extent* extent = extent_of<Extent>(from);
  if (extent == nullptr) return true;
  return grow_extent<Extent>(to, memory, [&](Extent& made) {
    if (made.slots.copy(extent->slots, memory) && made.exemptions.copy(extent->exemptions, memory)) return true;
    made.clear(memory);
    return false;
  });
}

void clear(std::byte* state, Allocator& memory) { clear_extent<Extent>(state, memory); }

}  // namespace sluice::distinct
