// SPDX-License-Identifier: Apache-2.0
#include "core/store/arena.h"

#include <sys/mman.h>

#include <algorithm>

namespace sluice {
namespace {

constexpr uint64_t kHugePage = uint64_t{2} << 20;
// Small engines stay on small pages: a huge page for a few records would be most of their memory.
constexpr uint64_t kSmallPagesFirst = 2 * kHugePage;
constexpr uint64_t kMostBytes = uint64_t{1} << 36;  // 32-bit numbers of 16 bytes

}  // namespace

// Twice the cap: a reload may move every record to a larger one before the old ones are reused.
Arena::Arena(uint64_t capacity, Allocator& memory) : memory_(memory) {
  const uint64_t size = std::min(kMostBytes, (2 * capacity + kHugePage) / kHugePage * kHugePage);
  void* region = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (region == MAP_FAILED) return;
  base_ = static_cast<std::byte*>(region);
  reserved_ = size;
#if defined(MADV_HUGEPAGE)
  if (size > kSmallPagesFirst) madvise(base_ + kSmallPagesFirst, size - kSmallPagesFirst, MADV_HUGEPAGE);
#endif
}

Arena::~Arena() {
  if (base_ != nullptr) munmap(base_, reserved_);
}

RecordId Arena::take(uint32_t units, bool beyond_cap) {
  const uint64_t bytes = uint64_t{units} * kRecordUnit;
  if (!beyond_cap && !memory_.charge(bytes)) return 0;
  const uint64_t first = next_.fetch_add(units, std::memory_order_relaxed);
  if ((first + units) * kRecordUnit <= reserved_) return static_cast<RecordId>(first);
  next_.fetch_sub(units, std::memory_order_relaxed);
  if (!beyond_cap) memory_.uncharge(bytes);
  return 0;
}

}  // namespace sluice
