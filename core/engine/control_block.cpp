// SPDX-License-Identifier: Apache-2.0
#include "core/engine/control_block.h"

#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace sluice {
namespace {

using registry::detail::kKindEngine;
using registry::detail::kKindShift;
using registry::detail::kSlotBits;
constexpr uint32_t kMaxSlotsOfProcess = 1u << kSlotBits;
constexpr uint32_t kLastGeneration = UINT32_MAX;

struct Registry {
  registry::detail::Blocks blocks = {};
  std::mutex mutex;
  std::vector<uint32_t> free_slots;
  uint32_t used = 0;
};

// Never destroyed: handles may be used from threads that outlive static destruction. A child after fork begins its own: in the
// parent's, a lock may be held by a thread that the child does not have.
std::atomic<Registry*> current{nullptr};

Registry& the_registry() {
  Registry* registry = current.load(std::memory_order_acquire);
  if (registry != nullptr) return *registry;
  auto fresh = std::make_unique<Registry>();
  if (current.compare_exchange_strong(registry, fresh.get())) return *fresh.release();
  return *registry;
}

// The slots below are the parent's engines.
std::atomic<uint32_t> first_own_slot{0};

uint32_t slot_of(uint64_t handle) { return static_cast<uint32_t>(handle & (kMaxSlotsOfProcess - 1)); }

uint64_t make_handle(uint32_t slot, uint32_t generation) {
  return kKindEngine << kKindShift | uint64_t{generation} << kSlotBits | slot;
}

const registry::detail::Blocks no_blocks = {};

// A mark on pages that the system wipes in a child; without that, the process id.
struct ForkMark {
  enum : uint8_t { inherited, own, changing };
  struct Pages {
    registry::detail::Blocks blocks = {};
    std::atomic<uint8_t> mark{own};
  };
  Pages* page = nullptr;
  std::atomic<pid_t> pid{getpid()};

  ForkMark() {
#if defined(MADV_WIPEONFORK)
    const size_t one = static_cast<size_t>(sysconf(_SC_PAGESIZE)), size = (sizeof(Pages) + one - 1) / one * one;
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return;
    if (madvise(p, size, MADV_WIPEONFORK) != 0) {
      munmap(p, size);
      return;
    }
    page = new (p) Pages;
    registry::detail::own.store(&page->blocks, std::memory_order_release);
#endif
  }

  bool is_own() const {
    return page != nullptr ? page->mark.load(std::memory_order_acquire) == own : pid.load(std::memory_order_acquire) == getpid();
  }
  // What find_own() may look into from now on.
  void show(uint32_t slot, ControlBlock* block) {
    if (page != nullptr) page->blocks[slot].store(block, std::memory_order_release);
  }
  // True for the one thread that makes the child's beginning, which it ends with finish(); the others wait for it.
  bool begin() {
    if (page == nullptr) return !is_own();  // such systems fork single-threaded or not at all
    uint8_t seen = inherited;
    if (page->mark.compare_exchange_strong(seen, changing)) return true;
    while (page->mark.load(std::memory_order_acquire) == changing) cpu_relax();
    return false;
  }
  void finish() {
    pid.store(getpid(), std::memory_order_release);
    if (page != nullptr) page->mark.store(own, std::memory_order_release);
  }
};
ForkMark fork_mark;

// The first engine of a child: what was inherited is left as it is, and out of reach.
void begin_process() {
  if (fork_mark.is_own() || !fork_mark.begin()) return;
  const Registry* parents = current.load(std::memory_order_relaxed);
  const uint32_t inherited = parents != nullptr ? parents->used : 0;
  current.store(nullptr, std::memory_order_release);
  the_registry().used = inherited;
  first_own_slot.store(inherited, std::memory_order_release);
  fork_mark.finish();
}

constexpr uint64_t kKnown = uint64_t{1} << 63;
constexpr uint64_t kBusy = uint64_t{1} << 62;
constexpr uint64_t kStraight = uint64_t{1} << 61;
constexpr uint64_t kOfOne = uint64_t{1} << 60;
constexpr uint64_t kLone = uint64_t{1} << 59;
constexpr uint64_t kPooled = uint64_t{1} << 58;
constexpr uint64_t kAccepts = uint64_t{1} << 57;

uint64_t pack_head(const OperationShape& s) {
  return (s.known ? kKnown : 0) | (s.straight ? kStraight : 0) | (s.of_one ? kOfOne : 0) | (s.lone ? kLone : 0) |
         (s.pooled ? kPooled : 0) | (s.accepts ? kAccepts : 0) | uint64_t{s.generation} << 48 | uint64_t{s.value_count} << 40 |
         uint64_t{s.slot_count} << 32 | uint64_t{s.quantity_count} << 28 | uint64_t{s.charge_count} << 22 |
         uint64_t(s.repeats + 1) << 17 | uint64_t(s.tenant + 1) << 12 | s.operation;
}

uint32_t pack_slot(const OperationShape::Slot& s) {
  uint32_t word = uint32_t{s.scope} | uint32_t{s.count} << 8 | uint32_t{s.repeated} << 11;
  for (uint32_t i = 0; i < kMaxScopeDimensions; ++i) word |= uint32_t{s.values[i]} << (12 + 5 * i);
  return word;
}

OperationShape::Slot unpack_slot(uint32_t word) {
  OperationShape::Slot s;
  s.scope = StableShape::scope_of(word);
  s.count = StableShape::count_of(word);
  s.repeated = ((word >> 11) & 1) != 0;
  for (uint32_t i = 0; i < kMaxScopeDimensions; ++i) s.values[i] = static_cast<uint8_t>(StableShape::value_of(word, i));
  return s;
}

}  // namespace

std::atomic<const registry::detail::Blocks*> registry::detail::own{&no_blocks};

void StableShape::write(const OperationShape& shape, const HashSecret& secret, const StraightPlan* plan) {
  head_.store(kBusy, std::memory_order_release);
  std::atomic_ref(lone_begin_).store(0, std::memory_order_release);
  plan_.store(plan, std::memory_order_relaxed);
  hash_begin_.store(shape.slot_count == 0 ? 0 : sluice::hash_begin(shape.slots[0].scope, secret), std::memory_order_release);
  for (uint32_t i = 0; i < shape.slot_count; ++i) slots_[i].store(pack_slot(shape.slots[i]), std::memory_order_release);
  if (shape.lone) std::atomic_ref(lone_begin_).store(hash_begin(), std::memory_order_release);
  head_.store(pack_head(shape), std::memory_order_release);
}

bool StableShape::read(OperationShape* shape) const {
  const uint64_t head = head_.load(std::memory_order_acquire);
  if ((head & kBusy) != 0) return false;
  shape->known = (head & kKnown) != 0;
  shape->straight = (head & kStraight) != 0;
  shape->of_one = (head & kOfOne) != 0;
  shape->lone = (head & kLone) != 0;
  shape->pooled = (head & kPooled) != 0;
  shape->accepts = (head & kAccepts) != 0;
  shape->generation = generation_of(head);
  shape->value_count = static_cast<uint8_t>(value_count(head));
  shape->slot_count = static_cast<uint8_t>(slot_count(head));
  shape->quantity_count = static_cast<uint8_t>(quantity_count(head));
  shape->charge_count = static_cast<uint8_t>((head >> 22) & 31);
  shape->repeats = static_cast<int8_t>(static_cast<int>((head >> 17) & 31) - 1);
  shape->tenant = static_cast<int8_t>(static_cast<int>((head >> 12) & 31) - 1);
  shape->operation = operation_of(head);
  for (uint32_t i = 0; i < shape->slot_count; ++i) shape->slots[i] = unpack_slot(slots_[i].load(std::memory_order_acquire));
  return head_.load(std::memory_order_relaxed) == head;
}

namespace registry {

ControlBlock* open(uint64_t* handle) {
  begin_process();
  Registry& r = the_registry();
  const std::lock_guard lock(r.mutex);
  uint32_t slot;
  if (!r.free_slots.empty()) {
    slot = r.free_slots.back();
    r.free_slots.pop_back();
  } else {
    if (r.used == kMaxSlotsOfProcess) return nullptr;
    void* memory = mmap(nullptr, sizeof(ControlBlock), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    slot = r.used++;
    auto* fresh = new (memory) ControlBlock;
    fresh->engine.store(nobody(slot), std::memory_order_relaxed);
    r.blocks[slot].store(fresh, std::memory_order_release);
  }
  ControlBlock* block = r.blocks[slot].load(std::memory_order_relaxed);
  fork_mark.show(slot, block);
  *handle = make_handle(slot, ++block->generation);
  return block;
}

ControlBlock* find(uint64_t handle) {
  if (handle >> kKindShift != kKindEngine) return nullptr;
  return the_registry().blocks[slot_of(handle)].load(std::memory_order_acquire);
}

void close(uint64_t handle) {
  Registry& r = the_registry();
  const std::lock_guard lock(r.mutex);
  const uint32_t slot = slot_of(handle);
  if (r.blocks[slot].load(std::memory_order_relaxed)->generation == kLastGeneration) return;
  r.free_slots.push_back(slot);
}

bool own_process(uint64_t handle) {
  if (handle >> kKindShift != kKindEngine) return true;
  return fork_mark.is_own() && slot_of(handle) >= first_own_slot.load(std::memory_order_relaxed);
}

}  // namespace registry
}  // namespace sluice
