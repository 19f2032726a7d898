// SPDX-License-Identifier: Apache-2.0
// Random policies of paces and windows, and random requests under them: the ones that may go the straight way.
//
// 1. One to four scopes of one to three dimensions, at most eight limits, two operations; some policies are a single charge on a
//    single subject.
// 2. Not every text is a policy (a cost may never pass): who asks for one tries again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/random.h"

namespace sluice::testing {

inline constexpr int64_t kNoInstant = INT64_MIN;  // the engine's own clock
inline constexpr int kPlainValues = 3;            // of a dimension

struct PlainOperation {
  std::string name;
  std::vector<std::string> dimensions;
  size_t quantities = 0;
};

struct PlainPolicy {
  std::string text;
  std::vector<std::vector<std::string>> scopes;  // in use
  std::vector<PlainOperation> operations;
  bool plans = false;  // of the scope [account]: free, pro, big
  bool soft = false;   // a limit may let pass what does not fit, or what queues is charged beside its line

  // Every subject that can come up: "account=account0,line=line2".
  std::vector<std::string> subjects() const;
};

struct PlainAsk {
  size_t operation = 0;
  std::vector<std::string> values;
  std::vector<uint64_t> quantities;
  int64_t now = kNoInstant;
};

PlainPolicy plain_policy(Random& random);
// Under a clock that stands at `clock`.
PlainAsk plain_ask(const PlainPolicy& policy, Random& random, int64_t clock);
// From one instant of the story to the next: mostly none, sometimes a month, sometimes back.
int64_t plain_step(Random& random);

}  // namespace sluice::testing
