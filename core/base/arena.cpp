// SPDX-License-Identifier: Apache-2.0
#include "core/base/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

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

// REQUIRES: lock_. 0: the address space is used up.
CellId Arena::take_pages(uint32_t count) {
  if (count == 1 && !free_pages_.empty()) {
    const CellId page = free_pages_.back();
    free_pages_.pop_back();
    return page;
  }
  if ((next_page_ + count) * kPageBytes > reserved_) return take_side_by_side(count);
  const auto first = static_cast<CellId>(next_page_ * kPageUnits);
  next_page_ += count;
  return first;
}

// Of the pages that came back, which come back one by one; 0: there are not so many side by side. REQUIRES: lock_.
CellId Arena::take_side_by_side(uint32_t count) {
  std::sort(free_pages_.begin(), free_pages_.end());
  auto begin = free_pages_.begin();
  for (auto end = begin; end != free_pages_.end();) {
    if (end != begin && *end != end[-1] + kPageUnits) begin = end;
    if (static_cast<size_t>(++end - begin) < count) continue;
    const CellId first = *begin;
    free_pages_.erase(begin, end);
    return first;
  }
  return 0;
}

// REQUIRES: lock_, units < kPageUnits. What is left of the page before is left.
CellId Arena::take_small(uint32_t units) {
  if (small_end_ - small_next_ < units) {
    const CellId page = take_pages(1);
    if (page == 0) return 0;
    small_next_ = page;
    small_end_ = page + kPageUnits;
  }
  const CellId first = small_next_;
  small_next_ += units;
  return first;
}

Arena::Piece Arena::take(uint32_t units, bool beyond_cap) {
  const SpinGuard guard(lock_);
  const uint32_t pages = (units + kPageUnits - 1) / kPageUnits;
  Piece piece;
  piece.units = units < kPageUnits ? units : pages * kPageUnits;
  const uint64_t bytes = uint64_t{piece.units} * kCellUnit;
  if (!memory_.charge(bytes, beyond_cap)) return {};
  piece.first = units < kPageUnits ? take_small(units) : take_pages(pages);
  if (piece.first != 0) return piece;
  memory_.uncharge(bytes);
  return {};
}

void Arena::reuse(CellId first, uint32_t pages) {
  const SpinGuard guard(lock_);
  memory_.uncharge(pages * kPageBytes);
  try {
    for (uint32_t i = 0; i < pages; ++i) free_pages_.push_back(first + i * kPageUnits);
  } catch (const std::bad_alloc&) {
    // Left unused: address space is all that is lost for good.
  }
}

bool Arena::give_page(CellId page) {
  const SpinGuard guard(lock_);
  try {
    free_pages_.push_back(page);
  } catch (const std::bad_alloc&) {
    return false;
  }
  madvise(place(page), kPageBytes, MADV_DONTNEED);
  memory_.uncharge(kPageBytes);
  return true;
}

}  // namespace sluice
