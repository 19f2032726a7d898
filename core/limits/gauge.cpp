// SPDX-License-Identifier: Apache-2.0
#include "core/limits/gauge.h"

#include <algorithm>
#include <cstring>

#include "core/limits/answers.h"
#include "core/limits/extent.h"
#include "core/limits/slot_set.h"

namespace sluice::gauge {
namespace {

const SlotSet kNothing{};

const SlotSet& view(const std::byte* state) {
  const SlotSet* held = extent_of<SlotSet>(state);
  return held == nullptr ? kNothing : *held;
}

constexpr auto kNoneFree = [](uint64_t, Instant) { return false; };

// Places that a commit will write: a name held anew; with a lease, also the renewed one.
size_t places_wanted(const Rule& rule, const SlotSet& held, const Charge& charge, Instant at) {
  if (charge.type == ChargeType::release) return 0;
  return rule.lease > 0 ? charge.values.size() : held.missing(charge.values, at, rule.lease, kNoneFree);
}

Instant names_open_at(const Params& params, const SlotSet& held, const Charge& charge, Instant from) {
  const uint64_t cap = params.amount->cap;
  const Instant opens = held.opens_at(charge.values, cap, from, params.rule->lease, kNoneFree);
  return opens == kOnRelease && charge.values.size() > cap ? kNever : opens;
}

Taken charge_units(std::byte* state, const Charge& charge, Instant at) {
  Taken taken;
  taken.stamp = at;
  const uint64_t held = units_held(state);
  if (charge.type == ChargeType::release) {
    gauge::hold_units(state, held - std::min(held, charge.cost));
    return taken;
  }
  taken.units = std::min(charge.cost, kCountLimit - 1 - held);
  gauge::hold_units(state, held + taken.units);
  return taken;
}

Taken hold_names(const Rule& rule, SlotSet& held, const Charge& charge, Instant at) {
  Taken taken;
  taken.stamp = at;
  held.tidy(places_wanted(rule, held, charge, at), at, rule.lease);
  for (size_t i = 0; i < charge.values.size(); ++i) {
    const uint64_t name = charge.values[i];
    const bool again = held.holds(name, at, rule.lease);
    if (!again || rule.lease > 0) held.open(name, at);
    if (again) {
      held.mark_used(name);
    } else {
      taken.opened[i / 64] |= uint64_t{1} << (i % 64);
      ++taken.units;
    }
  }
  return taken;
}

}  // namespace

Instant opens_at(const Params& params, const std::byte* state, const Charge& charge, Instant from) {
  const Amount& amount = *params.amount;
  if (never_denies(charge.type)) return from;
  if (amount.word != Word::number) return amount.word == Word::unlimited ? from : kNever;
  if (params.rule->named) return names_open_at(params, view(state), charge, from);
  const uint64_t wanted = charge.cost + charge.spared;
  if (wanted > amount.cap) return kNever;
  return has_room(amount, state, wanted) ? from : kOnRelease;
}

bool reserve(const Params& params, std::byte* state, const Charge& charge, Instant at, Allocator& memory) {
  if (!params.rule->named) return true;
  const size_t wanted = places_wanted(*params.rule, view(state), charge, at);
  if (wanted == 0) return true;
  return grow_extent<SlotSet>(state, memory, [&](SlotSet& held) { return held.reserve(wanted, at, params.rule->lease, memory); });
}

Taken commit(const Params& params, std::byte* state, const Charge& charge, Instant at) {
  if (!params.rule->named) return charge_units(state, charge, at);
  SlotSet* held = extent_of<SlotSet>(state);
  if (held != nullptr && charge.type != ChargeType::release) return hold_names(*params.rule, *held, charge, at);
  if (held != nullptr) {
    for (const uint64_t name : charge.values) held->close(name);
  }
  Taken taken;
  taken.stamp = at;
  return taken;
}

void refund(const Params& params, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t> values,
            Instant) {
  if (!params.rule->named) {
    const uint64_t held = units_held(state);
    gauge::hold_units(state, held - std::min({held, units, taken.units}));
    return;
  }
  SlotSet* held = extent_of<SlotSet>(state);
  if (held == nullptr) return;
  for (size_t i = 0; i < values.size(); ++i) {
    if ((taken.opened[i / 64] >> (i % 64) & 1) != 0) held->take_back(values[i], taken.stamp);
  }
}

uint64_t largest_cost(const Params& params) { return most_ever(*params.amount); }

Reading read(const Params& params, const std::byte* state, Instant at) {
  Reading reading;
  if (params.rule->named) {
    const SlotSet& held = view(state);
    reading.used = held.live(at, params.rule->lease);
    if (reading.used > 0) reading.resets_at = instant_or_zero(held.all_closed_at(at, params.rule->lease));
  } else {
    reading.used = units_held(state);
  }
  reading.remaining = remaining(*params.amount, reading.used);
  return reading;
}

bool idle(const Params& params, const std::byte* state, Instant at) {
  return params.rule->named ? view(state).live(at, params.rule->lease) == 0 : units_held(state) == 0;
}

bool set_used(const Params& params, std::byte* state, uint64_t used, Instant) {
  if (params.rule->named) return false;
  gauge::hold_units(state, std::min(used, kCountLimit - 1));
  return true;
}

bool copy(const Rule& rule, const std::byte* from, std::byte* to, Allocator& memory) {
  if (!rule.named) {
    std::memcpy(to, from, kStateSize);
    return true;
  }
  const SlotSet* held = extent_of<SlotSet>(from);
  return held == nullptr || grow_extent<SlotSet>(to, memory, [&](SlotSet& made) { return made.copy(*held, memory); });
}

void clear(const Rule& rule, std::byte* state, Allocator& memory) {
  if (rule.named)
    clear_extent<SlotSet>(state, memory);
  else
    gauge::hold_units(state, 0);
}

}  // namespace sluice::gauge
