// SPDX-License-Identifier: Apache-2.0
// The timers of a wheel by their ids, and their memory.
//
// 1. A timer never moves while it lives. Memory grows by chunks of 24 KiB, so that a wheel of a million timers never copies them, nor
//    needs twice their memory for a moment.
// 2. 48 bytes a timer. The 32 that serving reads are half a cache line, never parts of two; the number, which only equal instants
//    ask for, lies apart, and with it what the owner leads to.
// 3. Ids of removed timers are given out first. Without timers there is no memory.
// 4. Timer 0 is nobody's: what is written to the neighbour of a timer that has none is written there, without asking.
// 5. The links of a timer are ids of timers that lived at some time, or 0, even once it is removed: following a stale one is safe for
//    as long as the pool is not empty.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/allocator.h"
#include "core/base/time.h"

namespace sluice {

using TimerId = uint32_t;  // 0 is none

struct alignas(32) Timer {
  Instant due;
  uint64_t owner;
  // Its place in a forest (timer_forest.h).
  TimerId child;
  TimerId next;
  uint32_t before;
  uint32_t hands;  // in whose it is, counted by who holds the wheel; 0 at first
};
static_assert(sizeof(Timer) == 32);

class TimerPool {
 public:
  static constexpr TimerId kMostTimers = (TimerId{1} << 31) - 1;

  explicit TimerPool(Allocator& memory) : memory_(memory) {}
  ~TimerPool() { release(); }
  TimerPool(const TimerPool&) = delete;
  TimerPool& operator=(const TimerPool&) = delete;

  // A timer without links; 0, and nothing changed, when there is no memory.
  TimerId add(uint64_t owner, uint64_t number);
  void remove(TimerId id);

  Timer& operator[](TimerId id) { return chunks_[id / kInChunk]->timers[id % kInChunk]; }
  const Timer& operator[](TimerId id) const { return chunks_[id / kInChunk]->timers[id % kInChunk]; }
  uint64_t number(TimerId id) const { return beside(id).number; }
  // Means nothing here; 0 at first.
  uint64_t leads_to(TimerId id) const { return beside(id).leads_to; }
  void set_leads_to(TimerId id, uint64_t what) { chunks_[id / kInChunk]->beside[id % kInChunk].leads_to = what; }
  uint32_t count() const { return count_; }

  bool is_before(TimerId a, TimerId b) const {
    const Instant x = (*this)[a].due, y = (*this)[b].due;
    return x != y ? x < y : number(a) < number(b);
  }
  // Inlined, or g++ 12 leaves it out.
  [[gnu::always_inline]] void prefetch(TimerId id) const {
    __builtin_prefetch(&(*this)[id], 1);
    __builtin_prefetch(&beside(id), 1);
  }

 private:
  static constexpr uint32_t kInChunk = 512;
  static constexpr size_t kLine = 64;
  struct Beside {
    uint64_t number;
    uint64_t leads_to;
  };
  struct alignas(kLine) Chunk {
    Timer timers[kInChunk];
    Beside beside[kInChunk];
    void* block;  // what the allocator gave, which need not lie at the start of a line
  };
  static constexpr size_t kBlockBytes = sizeof(Chunk) + kLine;
  static constexpr size_t kEntryBytes = sizeof(void*);  // of the table

  const Beside& beside(TimerId id) const { return chunks_[id / kInChunk]->beside[id % kInChunk]; }
  bool grow();
  bool grow_table();
  Chunk* new_chunk();
  void release();

  Allocator& memory_;
  Chunk** chunks_ = nullptr;
  uint32_t chunk_count_ = 0, table_size_ = 0;
  TimerId made_ = 1;  // the first id that was never given out
  TimerId free_ = 0;  // linked by next
  uint32_t count_ = 0;
};

}  // namespace sluice
