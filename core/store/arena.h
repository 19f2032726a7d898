// SPDX-License-Identifier: Apache-2.0
// The engine's one mapped region for records: reserved at creation, committed by the system as it is touched.
//
// 1. A record's number is its distance from the base in 16-byte units; number 0 is never given out.
// 2. Chunks go to shards and never come back before the arena dies; shards reuse freed records themselves.
// Threads: take() from any thread; at() anywhere.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/base/allocator.h"
#include "core/store/record.h"

namespace sluice {

class Arena {
 public:
  // Reserves address space for `capacity` bytes; valid() is false when the system refused.
  Arena(uint64_t capacity, Allocator& memory);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  bool valid() const { return base_ != nullptr; }
  Record* at(RecordId id) const { return reinterpret_cast<Record*>(base_ + size_t{id} * kRecordUnit); }

  // A chunk of `units`, or 0 when the cap is reached. `beyond_cap` takes from the reserve that a reload has secured.
  RecordId take(uint32_t units, bool beyond_cap);

 private:
  std::byte* base_ = nullptr;
  uint64_t reserved_ = 0;
  std::atomic<uint64_t> next_{1};
  Allocator& memory_;
};

}  // namespace sluice
