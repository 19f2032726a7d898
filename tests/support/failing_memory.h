// SPDX-License-Identifier: Apache-2.0
// A memory source that can be told to refuse, and that notices a block returned twice, never, or with the
// wrong size.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <unordered_map>

#include "core/base/allocator.h"

namespace sluice::testing {

class FailingMemory {
 public:
  static constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();

  ~FailingMemory() { EXPECT_TRUE(live_.empty()) << live_.size() << " blocks were never returned"; }

  MemorySource source() { return {&FailingMemory::alloc, &FailingMemory::free, this}; }

  // From now on, lets `successes` allocations pass and refuses all that follow.
  void fail_after(uint64_t successes) { left_ = successes; }
  void never_fail() { left_ = kNone; }

  uint64_t refused() const { return refused_; }
  size_t blocks() const { return live_.size(); }

 private:
  static void* alloc(size_t size, void* self) { return static_cast<FailingMemory*>(self)->alloc(size); }
  static void free(void* block, size_t size, void* self) { static_cast<FailingMemory*>(self)->free(block, size); }

  void* alloc(size_t size) {
    if (left_ == 0) {
      ++refused_;
      return nullptr;
    }
    if (left_ != kNone) --left_;
    void* block = std::malloc(size);
    live_[block] = size;
    return block;
  }

  void free(void* block, size_t size) {
    const auto found = live_.find(block);
    ASSERT_NE(found, live_.end()) << "returned a block that was not given out";
    EXPECT_EQ(found->second, size) << "returned with the wrong size";
    live_.erase(found);
    std::free(block);
  }

  std::unordered_map<void*, size_t> live_;
  uint64_t left_ = kNone;
  uint64_t refused_ = 0;
};

}  // namespace sluice::testing
