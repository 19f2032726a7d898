// SPDX-License-Identifier: Apache-2.0
// What a later refund or commit needs: every charge a decision took, by the subject's key rather than its place, so that a record
// may be dropped meanwhile (then what it took has ended, and giving it back is a no-op).
//
// 1. A receipt lives in the shard of its first subject; its id says which. Ids are below 2^53 and never reused by an engine.
// 2. It ends at settlement or expiry, whichever is first; ended receipts are unknown ones.
// 3. Its bytes count against the memory cap.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/allocator.h"
#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice {

struct ReceiptItem {
  int32_t limit = -1;  // the engine's number
  uint8_t scope = 0;   // the engine's number
  uint8_t plan = 0;    // that chose the amount
  uint32_t born = 0;   // with which policy the limit's state began; begun anew it has nothing of this
  uint32_t shard = 0;
  uint64_t hash = 0;
  std::string key;  // as stored in a record
  ChargeType type = ChargeType::normal;
  uint64_t cost = 0;         // asked, in units
  int16_t quantity = -1;     // position of the quantity that gave the cost
  uint64_t times = 1;        // how many values it was charged for
  uint64_t rate_amount = 0;  // of a pace: the rate at which `taken` counts ns
  Span rate_period = 0;
  Taken taken;
  std::vector<uint64_t> values;  // fingerprints
};

struct Receipt {
  int32_t operation = -1;
  uint32_t quantity_count = 0;
  Instant expires = 0;
  std::vector<ReceiptItem> items;

  size_t bytes() const;
};

class ReceiptBook {
 public:
  // Numbers from `first`, which is below 2^41 and the engine's own: a receipt of another engine is most likely none of this.
  explicit ReceiptBook(uint64_t first = 1) : next_(first) {}

  // 0 when there is no memory. `shard` goes into the id.
  uint64_t add(Receipt receipt, uint32_t shard, Allocator& memory);
  const Receipt* find(uint64_t id, Instant now) const;
  // REQUIRES: the receipt is live.
  Receipt* edit(uint64_t id) { return &live_.find(id)->second; }
  void end(uint64_t id, Allocator& memory);
  // Ends at most `most` expired ones.
  void expire(Instant now, size_t most, Allocator& memory);
  template <class Fn>
  void for_each(Fn&& fn) {
    for (auto& [id, receipt] : live_) fn(receipt);
  }
  // Ends those for which the predicate holds.
  template <class Predicate>
  void end_if(Predicate&& predicate, Allocator& memory) {
    for (auto it = live_.begin(); it != live_.end();) {
      if (predicate(it->second)) {
        memory.uncharge(it->second.bytes());
        it = live_.erase(it);
      } else {
        ++it;
      }
    }
  }
  size_t size() const { return live_.size(); }
  // Entries of the queue by expiry: the live ones, and bounded by them those that have ended.
  size_t waiting() const { return by_expiry_.size(); }

  static uint32_t shard_of(uint64_t id) { return static_cast<uint32_t>(id >> kShardShift); }

 private:
  static constexpr uint32_t kShardShift = 42;
  static constexpr size_t kMostEnded = 64;

  std::unordered_map<uint64_t, Receipt> live_;
  std::deque<std::pair<Instant, uint64_t>> by_expiry_;  // ids of ended ones are skipped, and cleared out when they are the most
  uint64_t next_;
};

}  // namespace sluice
