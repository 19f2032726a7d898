// SPDX-License-Identifier: Apache-2.0
#include "core/store/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace sluice {
namespace {

constexpr uint64_t kHugePage = uint64_t{2} << 20;
// Small engines stay on small pages: a huge page for a few records would be most of their memory.
constexpr uint64_t kSmallPagesFirst = 2 * kHugePage;
constexpr uint64_t kMostBytes = uint64_t{1} << 36;  // 32-bit numbers of 16 bytes
constexpr uint64_t kPageBytes = uint64_t{Arena::kPageUnits} * kRecordUnit;

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

bool Arena::charge(uint64_t bytes, bool beyond_cap) {
  const uint64_t beyond = beyond_.load(std::memory_order_relaxed);
  if ((beyond == 0 || memory_.used() + beyond + bytes <= memory_.cap()) && memory_.charge(bytes)) return true;
  if (!beyond_cap) return false;
  beyond_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

// What is beyond the cap goes first. REQUIRES: lock_.
void Arena::uncharge(uint64_t bytes) {
  const uint64_t excess = std::min(bytes, beyond_.load(std::memory_order_relaxed));
  beyond_.fetch_sub(excess, std::memory_order_relaxed);
  memory_.uncharge(bytes - excess);
}

RecordId Arena::take_pages(uint32_t count) {
  if (count == 1 && !free_pages_.empty()) {
    const RecordId page = free_pages_.back();
    free_pages_.pop_back();
    return page;
  }
  if ((next_page_ + count) * kPageBytes > reserved_) return 0;
  const auto first = static_cast<RecordId>(next_page_ * kPageUnits);
  next_page_ += count;
  return first;
}

Arena::Piece Arena::take(uint32_t units, bool beyond_cap) {
  const SpinGuard guard(lock_);
  const bool small = units < kPageUnits;
  const uint32_t pages = (units + kPageUnits - 1) / kPageUnits;
  Piece piece{0, small ? units : pages * kPageUnits};
  const uint64_t bytes = uint64_t{piece.units} * kRecordUnit;
  if (!charge(bytes, beyond_cap)) return {};
  if (small && small_end_ - small_next_ >= units) {
    piece.first = small_next_;
    small_next_ += units;
    return piece;
  }
  // Unit 0 is nobody's.
  if (next_page_ == 0) small_next_ = 1;
  const bool begins = next_page_ == 0;
  const RecordId page = small || !begins ? take_pages(pages) : (next_page_ = 1, small_end_ = kPageUnits, take_pages(pages));
  if (page == 0 && !(small && begins)) {
    uncharge(bytes);
    return {};
  }
  if (small) {
    small_next_ = begins ? 1 : page;
    small_end_ = page + kPageUnits;
    piece.first = small_next_;
    small_next_ += units;
  } else {
    piece.first = page;
  }
  return piece;
}

bool Arena::give_page(RecordId page) {
  const SpinGuard guard(lock_);
  try {
    free_pages_.push_back(page);
  } catch (const std::bad_alloc&) {
    return false;
  }
  madvise(at(page), kPageBytes, MADV_DONTNEED);
  uncharge(kPageBytes);
  return true;
}

}  // namespace sluice
