// SPDX-License-Identifier: Apache-2.0
// One limit of one subject, driven as the store drives it: ask, reserve, commit, at an instant that the test
// says.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/limits/limit.h"
#include "tests/support/failing_memory.h"

namespace sluice::testing {

inline Amount amount_of(uint64_t units) {
  Amount amount;
  amount.amount = amount.cap = units;
  return amount;
}

inline Amount word_of(Word word) {
  Amount amount;
  amount.word = word;
  return amount;
}

inline Charge cost_of(uint64_t cost, ChargeType type = ChargeType::normal) {
  Charge charge;
  charge.cost = cost;
  charge.type = type;
  return charge;
}

// Borrows the values.
inline Charge values_of(const std::vector<uint64_t>& values, ChargeType type = ChargeType::normal) {
  Charge charge;
  charge.cost = 1;
  charge.type = type;
  charge.values = values;
  return charge;
}

class LimitSubject {
 public:
  LimitSubject(const Rule& rule, const Amount& amount) : rule_(rule), amount_(amount) {}
  LimitSubject(const LimitSubject&) = delete;
  LimitSubject& operator=(const LimitSubject&) = delete;
  ~LimitSubject() {
    limit::clear(rule_, state(), memory_);
    EXPECT_EQ(memory_.used(), 0u);
  }

  Instant opens_at(const Charge& charge, Instant from) const { return limit::opens_at(params(), state(), charge, from); }
  bool passes(const Charge& charge, Instant at) const { return opens_at(charge, at) == at; }
  bool reserve(const Charge& charge, Instant at) { return limit::reserve(params(), state(), charge, at, memory_); }
  // Takes the charge, whether or not it passes.
  Taken commit(const Charge& charge, Instant at) {
    EXPECT_TRUE(reserve(charge, at));
    return limit::commit(params(), state(), charge, at);
  }
  std::optional<Taken> charge(const Charge& charge, Instant at) {
    if (!passes(charge, at)) return std::nullopt;
    return commit(charge, at);
  }
  void refund(const Taken& taken, uint64_t units, std::span<const uint64_t> values, Instant at) {
    limit::refund(params(), state(), taken, units, values, at);
  }
  Reading read(Instant at) const { return limit::read(params(), state(), at); }
  bool idle(Instant at) const { return limit::idle(params(), state(), at); }
  bool set_used(uint64_t used, Instant at) { return limit::set_used(params(), state(), used, at, memory_); }
  uint64_t largest_cost() const { return limit::largest_cost(params()); }
  void clear() { limit::clear(rule_, state(), memory_); }

  void change_amount(const Amount& amount, Instant at) {
    const Params to{&rule_, &amount, &billing_};
    limit::carry(params(), to, state(), at);
    amount_ = amount;
  }

  bool never_seen() const {
    for (const std::byte byte : state_) {
      if (byte != std::byte{0}) return false;
    }
    return true;
  }

  const Rule& rule() const { return rule_; }
  const Amount& amount() const { return amount_; }
  FailingMemory& host() { return host_; }
  Allocator& memory() { return memory_; }
  Params params() const { return {&rule_, &amount_, &billing_}; }
  std::byte* state() { return state_.data(); }
  const std::byte* state() const { return state_.data(); }

 private:
  FailingMemory host_;
  Allocator memory_{host_.source(), uint64_t{1} << 40};
  Rule rule_;
  Amount amount_;
  Billing billing_;
  alignas(8) std::array<std::byte, 24> state_{};
};

}  // namespace sluice::testing
