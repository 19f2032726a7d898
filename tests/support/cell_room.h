// SPDX-License-Identifier: Apache-2.0
// A region of cells that outlives nobody's test: things are made in it one behind the other and never freed.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#include "core/base/cell.h"

namespace sluice::testing {

class CellRoom {
 public:
  explicit CellRoom(size_t bytes) : room_(bytes / kCellUnit + 1) {}

  CellBase cells() { return CellBase(reinterpret_cast<std::byte*>(room_.data())); }
  template <class T>
  CellId make() {
    const auto units = static_cast<CellId>((sizeof(T) + kCellUnit - 1) / kCellUnit);
    const CellId id = next_;
    next_ += units;
    ::new (cells().at<void>(id)) T;
    return id;
  }
  template <class T>
  T& at(CellId id) {
    return *cells().at<T>(id);
  }

 private:
  struct alignas(kCellUnit) Unit {
    std::byte bytes[kCellUnit];
  };
  std::vector<Unit> room_;
  CellId next_ = 1;  // 0 is none
};

}  // namespace sluice::testing
