// SPDX-License-Identifier: Apache-2.0
// The engine's one mapped region for records and messages: reserved at creation, committed by the system as it is touched.
//
// 1. A cell's number is its distance from the base in 16-byte units; number 0 is never given out.
// 2. Pages of 256 units go to shards whole and may come back; smaller pieces are cut from pages of their own and do not.
// Threads: any; its lock is a leaf, nothing else is locked under it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/allocator.h"
#include "core/base/cell.h"
#include "core/base/spinlock.h"

namespace sluice {

class Arena {
 public:
  static constexpr uint32_t kPageUnits = 256;  // 4 KiB
  static constexpr size_t kPageBytes = size_t{kPageUnits} * kCellUnit;

  struct Piece {
    CellId first = 0;
    uint32_t units = 0;
  };

  // Reserves address space for `capacity` bytes; valid() is false when the system refused.
  Arena(uint64_t capacity, Allocator& memory);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  bool valid() const { return base_ != nullptr; }
  CellBase cells() const { return CellBase(base_); }
  std::byte* place(CellId id) const { return base_ + size_t{id} * kCellUnit; }

  // At least `units`: whole pages where that is a page or more. None when the cap is reached; `beyond_cap` takes all the same, so
  // that more may be counted than the cap allows until as much has come back.
  Piece take(uint32_t units, bool beyond_cap);
  CellId number_of(const void* place) const {
    return static_cast<CellId>(static_cast<size_t>(static_cast<const std::byte*>(place) - base_) / kCellUnit);
  }

  // Takes pages back that others are about to need, and off the books; their memory stays.
  void reuse(CellId first, uint32_t pages);
  // Takes a page back, and its memory off the books; false when it must stay with the caller.
  bool give_page(CellId page);

 private:
  CellId take_pages(uint32_t count);
  CellId take_side_by_side(uint32_t count);
  CellId take_small(uint32_t units);

  std::byte* base_ = nullptr;
  uint64_t reserved_ = 0;
  Allocator& memory_;
  SpinLock lock_;
  std::vector<CellId> free_pages_;
  uint64_t next_page_ = 1;  // in pages
  CellId small_next_ = 1,
         small_end_ = kPageUnits;  // the page that small pieces are cut from; at first number 0, less its unit 0
};

}  // namespace sluice
