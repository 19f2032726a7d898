// SPDX-License-Identifier: Apache-2.0
#include "core/engine/receipt.h"

#include <new>

namespace sluice {

size_t Receipt::bytes() const {
  size_t total = sizeof(Receipt) + 64;  // the map's node and the queue's entry
  for (const ReceiptItem& item : items) {
    total += sizeof(ReceiptItem) + item.key.capacity() + item.values.capacity() * sizeof(uint64_t);
  }
  return total;
}

uint64_t ReceiptBook::add(Receipt receipt, uint32_t shard, Allocator& memory) {
  const size_t bytes = receipt.bytes();
  if (!memory.charge(bytes)) return 0;
  const uint64_t id = uint64_t{shard} << kShardShift | next_++;  // never again, even if what follows fails
  try {
    by_expiry_.emplace_back(receipt.expires, id);
    live_.emplace(id, std::move(receipt));
  } catch (const std::bad_alloc&) {
    memory.uncharge(bytes);
    return 0;
  }
  return id;
}

const Receipt* ReceiptBook::find(uint64_t id, Instant now) const {
  const auto it = live_.find(id);
  return it == live_.end() || it->second.expires <= now ? nullptr : &it->second;
}

void ReceiptBook::end(uint64_t id, Allocator& memory) {
  const auto it = live_.find(id);
  if (it == live_.end()) return;
  memory.uncharge(it->second.bytes());
  live_.erase(it);
  if (by_expiry_.size() > 2 * live_.size() + kMostEnded) {
    std::erase_if(by_expiry_, [this](const auto& entry) { return !live_.contains(entry.second); });
  }
}

void ReceiptBook::expire(Instant now, size_t most, Allocator& memory) {
  for (; most > 0 && !by_expiry_.empty(); --most) {
    const auto [expires, id] = by_expiry_.front();
    if (expires > now && live_.contains(id)) return;
    by_expiry_.pop_front();
    end(id, memory);
  }
}

}  // namespace sluice
