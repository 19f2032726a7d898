// SPDX-License-Identifier: Apache-2.0
#include "core/base/allocator.h"

#include <cstdlib>

namespace sluice {

MemorySource host_memory() {
  return {[](size_t size, void*) { return std::malloc(size); }, [](void* block, size_t, void*) { std::free(block); }, nullptr};
}

bool Allocator::charge(size_t size, bool beyond_cap) {
  uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    if (!beyond_cap && (used > cap_ || size > cap_ - used)) return false;
  } while (!used_.compare_exchange_weak(used, used + size, std::memory_order_relaxed));
  return true;
}

void* Allocator::allocate(size_t size) {
  if (!charge(size)) return nullptr;
  void* block = source_.alloc(size, source_.ctx);
  if (block == nullptr) uncharge(size);
  return block;
}

void Allocator::release(void* block, size_t size) {
  if (block == nullptr) return;
  source_.free(block, size, source_.ctx);
  uncharge(size);
}

}  // namespace sluice
