// SPDX-License-Identifier: Apache-2.0
#include "core/engine/straight_charges.h"

namespace sluice::straight {
namespace {

Params params_of(const StraightCharge& c, const Amount& amount) { return {c.rule, &amount, c.billing}; }

Charge charge_of(const StraightCharge& c, uint64_t cost) {
  Charge charge;
  charge.cost = cost;
  charge.type = c.type;
  charge.queued = c.queued;
  return charge;
}

DenialKind kind_of(const Closed& x) {
  if (x.opens != kNever) return x.charge->denies_as;
  return x.amount->word == Word::blocked ? DenialKind::blocked : DenialKind::never;
}

bool outranks(const Closed& a, const Closed& b) {
  if (kind_of(a) != kind_of(b)) return kind_of(a) > kind_of(b);
  return a.opens != b.opens ? a.opens > b.opens : a.charge->position < b.charge->position;
}

}  // namespace

Instant opens_with_burst(const StraightCharge& c, const Amount& amount, const std::byte* state, uint64_t cost, Instant at) {
  return window::opens_with_burst(params_of(c, amount), state, charge_of(c, cost), at);
}

bool commit_beyond_depth(const StraightCharge& c, const Amount& amount, std::byte* state, uint64_t cost, Instant at) {
  return pace::commit(params_of(c, amount), state, charge_of(c, cost), at).saturated;
}

window::State begin_period(const StraightCharge& c, const Amount& amount, std::byte* state, Instant at) {
  return window::begin_period(params_of(c, amount), state, at);
}

Reading read_between_periods(const StraightCharge& c, const Amount& amount, const std::byte* state, Instant at) {
  return window::read_otherwise(params_of(c, amount), state, at);
}

bool refuse(const StraightPlan& plan, const Closed* closed, size_t count, Shard& shard, Answer* answer) {
  if (!plan.refuses || shard.cold == nullptr) return false;
  const Closed* named = closed;
  Instant latest = 0;
  for (const Closed* x = closed; x != closed + count; ++x) {
    if (x->amount->word == Word::custom) return false;
    latest = std::max(latest, x->opens);
    if (outranks(*x, *named)) named = x;
  }
  answer->status = Status::denied;
  answer->denial = kind_of(*named);
  describe(*named->charge, *named->amount, named->state, named->at, answer);
  answer->opens_at = named->opens;
  if (latest == kNever) {
    answer->wait_kind = WaitKind::never;
    answer->largest_cost = limit::largest_cost(params_of(*named->charge, *named->amount));
  } else {
    answer->wait_kind = WaitKind::exact;
    answer->retry_after = latest - answer->now;
  }
  count_denial(shard, answer->denial);
  return true;
}

}  // namespace sluice::straight
