// SPDX-License-Identifier: Apache-2.0
#include "core/base/cells.h"

#include <algorithm>
#include <cstring>

namespace sluice {
namespace {

constexpr uint32_t kFirstChunk = 16;  // 256 bytes

}  // namespace

CellId Cells::carve(uint32_t units) {
  if (end_ - next_ < units) return 0;
  const CellId id = next_;
  next_ += units;
  return id;
}

// A chunk with room for `units`; what is left of the one before joins the free pieces.
bool Cells::refill(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap) {
  const uint32_t wanted = std::max(units, std::max(units_, kFirstChunk));
  Arena::Piece chunk = beyond_cap ? Arena::Piece() : arena.take(wanted, false);
  if (chunk.first == 0 && (beyond_cap || wanted > units)) chunk = arena.take(units, beyond_cap);
  if (chunk.first == 0) return false;
  if (end_ != next_) free.push(arena, next_, end_ - next_);
  next_ = chunk.first;
  end_ = chunk.first + chunk.units;
  units_ = std::min(Arena::kPageUnits, 2 * wanted);
  return true;
}

// Where no piece of its size is free.
CellId Cells::find(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap) {
  CellId id = carve(units);
  if (id == 0 && refill(arena, units, free, false)) id = carve(units);
  if (id == 0) id = free.cut(arena, units);
  if (id == 0 && beyond_cap && refill(arena, units, free, true)) id = carve(units);
  return id;
}

CellId Cells::allocate(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap) {
  const CellId id = take(arena, units, free, beyond_cap);
  if (id != 0) std::memset(static_cast<void*>(arena.place(id)), 0, size_t{units} * kCellUnit);
  return id;
}

}  // namespace sluice
