// SPDX-License-Identifier: Apache-2.0
// The only switch on kind.
#include "core/limits/limit.h"

#include <cstring>

#include "core/limits/distinct.h"
#include "core/limits/gauge.h"
#include "core/limits/pace.h"
#include "core/limits/sliding.h"
#include "core/limits/upstream.h"
#include "core/limits/window.h"

namespace sluice::limit {

size_t state_size(const Rule& rule) {
  switch (rule.kind) {
    case Kind::pace: return pace::state_size(rule);
    case Kind::window: return window::state_size(rule);
    case Kind::sliding: return sliding::state_size(rule);
    case Kind::distinct: return distinct::state_size(rule);
    case Kind::gauge: return gauge::state_size(rule);
    case Kind::upstream: return upstream::state_size(rule);
  }
  __builtin_unreachable();
}

Instant opens_at_switch(const Params& params, const std::byte* state, const Charge& charge, Instant from) {
  switch (params.rule->kind) {
    case Kind::pace: return pace::opens_at(params, state, charge, from);
    case Kind::window: return window::opens_at(params, state, charge, from);
    case Kind::sliding: return sliding::opens_at(params, state, charge, from);
    case Kind::distinct: return distinct::opens_at(params, state, charge, from);
    case Kind::gauge: return gauge::opens_at(params, state, charge, from);
    case Kind::upstream: return upstream::opens_at(params, state, charge, from);
  }
  __builtin_unreachable();
}

bool reserve(const Params& params, std::byte* state, const Charge& charge, Instant at, Allocator& memory) {
  switch (params.rule->kind) {
    case Kind::pace:
    case Kind::window:
    case Kind::upstream: return true;
    case Kind::sliding: return sliding::reserve(params, state, charge, at, memory);
    case Kind::distinct: return distinct::reserve(params, state, charge, at, memory);
    case Kind::gauge: return gauge::reserve(params, state, charge, at, memory);
  }
  __builtin_unreachable();
}

Taken commit_switch(const Params& params, std::byte* state, const Charge& charge, Instant at) {
  switch (params.rule->kind) {
    case Kind::pace: return pace::commit(params, state, charge, at);
    case Kind::window: return window::commit(params, state, charge, at);
    case Kind::sliding: return sliding::commit(params, state, charge, at);
    case Kind::distinct: return distinct::commit(params, state, charge, at);
    case Kind::gauge: return gauge::commit(params, state, charge, at);
    case Kind::upstream: return upstream::commit(params, state, charge, at);
  }
  __builtin_unreachable();
}

void refund(const Params& params, std::byte* state, const Taken& taken, uint64_t units, std::span<const uint64_t> values,
            Instant at) {
  switch (params.rule->kind) {
    case Kind::pace: return pace::refund(params, state, taken, units, values, at);
    case Kind::window: return window::refund(params, state, taken, units, values, at);
    case Kind::sliding: return sliding::refund(params, state, taken, units, values, at);
    case Kind::distinct: return distinct::refund(params, state, taken, units, values, at);
    case Kind::gauge: return gauge::refund(params, state, taken, units, values, at);
    case Kind::upstream: return upstream::refund(params, state, taken, units, values, at);
  }
}

uint64_t largest_cost(const Params& params) {
  switch (params.rule->kind) {
    case Kind::pace: return pace::largest_cost(params);
    case Kind::window: return window::largest_cost(params);
    case Kind::sliding: return sliding::largest_cost(params);
    case Kind::distinct: return distinct::largest_cost(params);
    case Kind::gauge: return gauge::largest_cost(params);
    case Kind::upstream: return upstream::largest_cost(params);
  }
  __builtin_unreachable();
}

Reading read_switch(const Params& params, const std::byte* state, Instant at) {
  switch (params.rule->kind) {
    case Kind::pace: return pace::read(params, state, at);
    case Kind::window: return window::read(params, state, at);
    case Kind::sliding: return sliding::read(params, state, at);
    case Kind::distinct: return distinct::read(params, state, at);
    case Kind::gauge: return gauge::read(params, state, at);
    case Kind::upstream: return upstream::read(params, state, at);
  }
  __builtin_unreachable();
}

bool idle(const Params& params, const std::byte* state, Instant at) {
  switch (params.rule->kind) {
    case Kind::pace: return pace::idle(params, state, at);
    case Kind::window: return window::idle(params, state, at);
    case Kind::sliding: return sliding::idle(params, state, at);
    case Kind::distinct: return distinct::idle(params, state, at);
    case Kind::gauge: return gauge::idle(params, state, at);
    case Kind::upstream: return upstream::idle(params, state, at);
  }
  __builtin_unreachable();
}

uint8_t carry(const Params& from, const Params& to, std::byte* state, Instant at) {
  switch (to.rule->kind) {
    case Kind::pace: return pace::carry(from, to, state, at);
    case Kind::window: return window::carry(from, to, state, at);
    case Kind::upstream: return upstream::carry(from, to, state, at);
    case Kind::sliding:
    case Kind::distinct:
    case Kind::gauge: return 0;  // what is stored is what was spent; a lower amount revokes nothing
  }
  __builtin_unreachable();
}

void rebase(const Params& params, std::byte* state, Instant at) {
  if (params.rule->kind == Kind::window) window::rebase(params, state, at);
}

bool set_used(const Params& params, std::byte* state, uint64_t used, Instant at, Allocator& memory) {
  switch (params.rule->kind) {
    case Kind::pace: return pace::set_used(params, state, used, at);
    case Kind::window: return window::set_used(params, state, used, at);
    case Kind::gauge: return gauge::set_used(params, state, used, at);
    case Kind::upstream: return upstream::set_used(params, state, used, at);
    case Kind::sliding: return sliding::set_used(params, state, used, at, memory);
    case Kind::distinct: return false;
  }
  __builtin_unreachable();
}

bool copy(const Rule& rule, const std::byte* from, std::byte* to, Allocator& memory) {
  switch (rule.kind) {
    case Kind::sliding: return sliding::copy(from, to, memory);
    case Kind::distinct: return distinct::copy(from, to, memory);
    case Kind::gauge: return gauge::copy(rule, from, to, memory);
    case Kind::pace:
    case Kind::window:
    case Kind::upstream: std::memcpy(to, from, state_size(rule)); return true;
  }
  __builtin_unreachable();
}

void clear(const Rule& rule, std::byte* state, Allocator& memory) {
  switch (rule.kind) {
    case Kind::sliding: return sliding::clear(state, memory);
    case Kind::distinct: return distinct::clear(state, memory);
    case Kind::gauge: return gauge::clear(rule, state, memory);
    case Kind::pace:
    case Kind::window:
    case Kind::upstream: std::memset(state, 0, state_size(rule));
  }
}

}  // namespace sluice::limit
