// SPDX-License-Identifier: Apache-2.0
// What a call may touch before it holds a lock: type-stable memory that outlives every engine.
//
// 1. A control block is never unmapped; a destroyed engine's block serves the next engine, whose handle has a new generation.
// 2. The engine's handle stands in the block while it lives: destroy takes it out, passes once through every shard's lock, and only
//    then frees, so a caller that sees its handle there under a lock holds a living engine.
// 3. Operation shapes are written only by reload, under every shard's lock, and read through atomics; a reader of a torn shape is told
//    so, and a reader of an old one finds another head under its locks.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/base/hash.h"
#include "core/base/shared_lock.h"
#include "core/policy/compiled_policy.h"
#include "core/store/shard.h"

namespace sluice {

class EngineCore;
struct StraightPlan;

inline constexpr uint32_t kMaxShards = 1024;
inline constexpr uint32_t kShardShift = 64 - 16;  // of a hash, to where a shard lies
static_assert(kMaxShards * sizeof(Shard) == 1 << 16);

// Which subjects an operation forms, small enough to be copied before locking.
struct OperationShape {
  struct Slot {
    uint8_t scope;  // the engine's number
    uint8_t count;
    uint8_t values[kMaxScopeDimensions];
    bool repeated;
  };
  bool known = false;
  bool straight = false;  // may go the straight way
  bool of_one = false;    // that way, and all it takes is one value, which is one subject
  bool lone = false;      // of one, and what it charges is one unit of one pace
  bool pooled = false;    // its line may be a pool's to choose
  bool accepts = false;   // messages of it may be taken in the straight way
  uint8_t generation = 0;
  uint8_t value_count = 0, slot_count = 0, quantity_count = 0, charge_count = 0;
  int8_t repeats = -1, tenant = -1;
  uint16_t operation = 0;  // position in the generation's policy
  Slot slots[kMaxSlots];   // slot_count of them; the rest is never read, so never written
};

// The same in atomic words: one head, one word for two slots.
class alignas(256) StableShape {  // so that its place is a shift and a sum
 public:
  void write(const OperationShape& shape, const HashSecret& secret, const StraightPlan* plan);
  // False when a writer was at work: read again.
  bool read(OperationShape* shape) const;

  // Piece by piece, for the straight way: slots read after a head are the head's own if its generation is still the engine's.
  uint64_t head() const { return head_.load(std::memory_order_acquire); }
  uint32_t slot(size_t i) const { return slots_[i].load(std::memory_order_acquire); }
  // The hash of the first slot's subject before any value is added to it.
  uint64_t hash_begin() const { return hash_begin_.load(std::memory_order_acquire); }
  // Of a straight shape; whole and current for who holds a lock under which the head is still the head.
  const StraightPlan* plan() const { return plan_.load(std::memory_order_relaxed); }
  // The same of a lone operation, else 0. While it stands under a lock as before it, plan() is of the operation that it was read for.
  uint64_t lone_begin() { return std::atomic_ref(lone_begin_).load(std::memory_order_acquire); }
  // REQUIRES: a lock of the engine.
  uint64_t lone_begin_locked() const { return lone_begin_; }
  static constexpr bool is_straight(uint64_t head) { return (head >> 61) == 5; }  // known, not being written, straight
  static constexpr bool is_known(uint64_t head) { return (head >> 62) == 2; }     // and not being written
  static constexpr bool is_of_one(uint64_t head) { return (head >> 60 & 1) != 0; }
  static constexpr bool is_lone(uint64_t head) { return (head >> 59 & 1) != 0; }
  static constexpr bool accepts(uint64_t head) { return is_known(head) && (head >> 57 & 1) != 0; }
  static constexpr uint8_t generation_of(uint64_t head) { return static_cast<uint8_t>(head >> 48); }
  static constexpr uint32_t value_count(uint64_t head) { return static_cast<uint8_t>(head >> 40); }
  static constexpr uint32_t slot_count(uint64_t head) { return static_cast<uint8_t>(head >> 32); }
  static constexpr uint32_t quantity_count(uint64_t head) { return (head >> 28) & 15; }
  static constexpr uint16_t operation_of(uint64_t head) { return head & 4095; }
  static constexpr uint8_t scope_of(uint32_t slot) { return static_cast<uint8_t>(slot); }
  static constexpr uint8_t count_of(uint32_t slot) { return (slot >> 8) & 7; }
  static constexpr uint32_t value_of(uint32_t slot, uint32_t d) { return (slot >> (12 + 5 * d)) & 31; }

 private:
  std::atomic<uint64_t> head_{0};
  uint64_t lone_begin_ = 0;
  std::atomic<uint64_t> hash_begin_{0};
  std::atomic<const StraightPlan*> plan_{nullptr};
  std::atomic<uint32_t> slots_[kMaxSlots] = {};
};

struct ControlBlock {
  StableShape shapes[kMaxOperations];  // first, so that a shape's place is a shift and a sum
  std::atomic<uint64_t> engine{0};     // the handle of the living engine, or registry::nobody() of the one before
  std::atomic<uint64_t> secret[4] = {};
  std::atomic<Instant> known_until{0};  // instants from 0 to here are not too far ahead of the clock
  std::atomic<Instant> floor{0};        // no record is asked at an instant before it
  RecordBase records;                   // read under a lock of a living engine only, as is what follows
  std::atomic<EngineCore*> core{nullptr};
  std::atomic<uint32_t> shard_mask{0};  // how many shards, a power of two, less one, times their size
  uint32_t generation = 0;              // how many engines there were; the registry's
  SharedLock admin;                     // slow calls share it; reload and destroy have it alone
  Shard shards[kMaxShards];

  HashSecret hash_secret() const {
    const auto word = [this](int i) { return secret[i].load(std::memory_order_relaxed); };
    return {{word(0), word(1), word(2), word(3)}};
  }
  // What hash_bytes() needs of it.
  HashSecret value_secret() const {
    const auto word = [this](int i) { return secret[i].load(std::memory_order_relaxed); };
    return {{word(0), word(1), 0, 0}};
  }
  // The later of `now` and the floor.
  Instant latest(Instant now) const {
    const Instant least = floor.load(std::memory_order_relaxed);
    return now > least ? now : least;
  }
  uint32_t shard_count() const { return shard_mask.load(std::memory_order_relaxed) / uint32_t{sizeof(Shard)} + 1; }
  void set_shard_count(uint32_t count) { shard_mask.store((count - 1) * uint32_t{sizeof(Shard)}, std::memory_order_relaxed); }
  // The shard of a subject: the hash's high bits, of which the tag knows nothing.
  uint32_t shard_of(uint64_t hash) const {
    return (static_cast<uint32_t>(hash >> kShardShift) & shard_mask.load(std::memory_order_relaxed)) / uint32_t{sizeof(Shard)};
  }
  Shard& shard_at(uint64_t hash) {
    const uint64_t at = (hash >> kShardShift) & shard_mask.load(std::memory_order_relaxed);
    return *reinterpret_cast<Shard*>(reinterpret_cast<char*>(shards) + at);
  }
  // Without reading a clock: an instant, and not too far ahead. False: ask the engine's clock.
  bool is_known(Instant now) const {
    return static_cast<uint64_t>(now) <= static_cast<uint64_t>(known_until.load(std::memory_order_relaxed));
  }
};

namespace registry {

// A block for a new engine, and the handle that it will have; nullptr when there are too many engines or no memory.
ControlBlock* open(uint64_t* handle);
// The block a handle names, whoever has it now; nullptr for what can not be a handle of an engine.
ControlBlock* find(uint64_t handle);
// What no handle is that leads to the block of this one.
constexpr uint64_t nobody(uint64_t handle) { return ~handle; }
inline bool alive(const ControlBlock& block, uint64_t handle) { return block.engine.load(std::memory_order_acquire) == handle; }
// Gives the block back once its engine is gone. A block whose generations are used up is retired.
void close(uint64_t handle);

// False in a child after fork for what its parent made; what is no handle at all is nobody's and left to find.
bool own_process(uint64_t handle);

namespace detail {
inline constexpr uint32_t kSlotBits = 12;
inline constexpr uint32_t kKindShift = 48;
inline constexpr uint64_t kKindEngine = 1;

using Blocks = std::atomic<ControlBlock*>[1u << kSlotBits];
// The blocks of this process, at memory that a child after fork finds wiped. Never nullptr.
extern std::atomic<const Blocks*> own;
}  // namespace detail

// Both at once, for calls that leave it to others to say what is wrong: nullptr where own_process() would object, and the block
// at the handle's place for whatever else is asked. REQUIRES: alive() is asked under a lock, as ever.
inline ControlBlock* find_own(uint64_t handle) {
  using namespace detail;
  return (*own.load(std::memory_order_acquire))[handle & ((1u << kSlotBits) - 1)].load(std::memory_order_acquire);
}

}  // namespace registry
}  // namespace sluice
