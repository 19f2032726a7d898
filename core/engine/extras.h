// SPDX-License-Identifier: Apache-2.0
// What few subjects have beside their record, and what a shard needs rarely. All of it under the shard's lock.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/engine/engine.h"
#include "core/engine/queue_shard.h"
#include "core/engine/receipt.h"
#include "core/policy/compiled_policy.h"
#include "core/store/shard.h"

namespace sluice {

// A subject's own amount of a limit: set, or following one that was set.
struct OwnAmount {
  int32_t limit = -1;  // the engine's number
  bool derived = false;
  AmountTerms terms;
};

struct Extras {
  std::vector<OwnAmount> amounts;
  bool has_billing = false;
  Billing billing;
  std::shared_ptr<const Zone> zone;  // keeps billing.zone alive
  std::string quality;
  Instant share_reached = 0;  // promotion: use last stood at or above the share; 0: never
  size_t counted = 0;         // bytes of the memory cap taken for this

  const OwnAmount* find(int32_t limit) const {
    for (const OwnAmount& own : amounts) {
      if (own.limit == limit) return &own;
    }
    return nullptr;
  }
  // What it takes, the map's node included.
  size_t bytes() const {
    size_t total = sizeof(Extras) + 32 + quality.size();
    for (const OwnAmount& own : amounts) total += sizeof(OwnAmount) + own.terms.thresholds.size() * sizeof(uint32_t);
    return total;
  }
  bool empty() const { return amounts.empty() && !has_billing && quality.empty() && share_reached == 0; }
};

struct alignas(64) ShardCold {
  std::unique_ptr<QueueShard> queues;  // of lines with messages; made with the first
  FreeLists free;
  std::unordered_map<RecordId, Extras> extras;
  ReceiptBook receipts;
  std::vector<std::pair<uint8_t, RecordId>> overflow;  // by scope number
  uint64_t denied = 0, would_queue = 0, peeked = 0, replayed = 0, refunded = 0, swept = 0, overflowed = 0;
  uint64_t denied_by[11] = {};

  RecordId overflow_of(uint8_t scope) const {
    for (const auto& [number, id] : overflow) {
      if (number == scope) return id;
    }
    return 0;
  }
};

}  // namespace sluice
