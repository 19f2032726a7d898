// SPDX-License-Identifier: Apache-2.0
// Memory of the engine's one region in cells of 16 bytes, named by number: half a pointer, and valid wherever the region lies.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice {

inline constexpr size_t kCellUnit = 16;

// A cell's number: its place in the region in units of 16 bytes; 0 is none.
using CellId = uint32_t;

// Where the region begins, to be kept where the arena itself is not at hand.
class CellBase {
 public:
  CellBase() = default;
  explicit CellBase(std::byte* first) : first_(first) {}
  template <class T>
  T* at(CellId id) const {
    return reinterpret_cast<T*>(first_ + size_t{id} * kCellUnit);
  }
  // The number of what begins there.
  CellId id_of(const void* place) const {
    return static_cast<CellId>(static_cast<size_t>(static_cast<const std::byte*>(place) - first_) / kCellUnit);
  }

 private:
  std::byte* first_ = nullptr;
};

}  // namespace sluice
