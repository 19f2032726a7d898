// SPDX-License-Identifier: Apache-2.0
#include "core/store/shard.h"

#include <algorithm>
#include <cstring>

namespace sluice {
namespace {

constexpr uint32_t kFirstChunk = 16;  // 256 bytes

}  // namespace

RecordId Shard::carve(uint32_t units) {
  if (chunk_end - chunk_next < units) return 0;
  const RecordId id = chunk_next;
  chunk_next += units;
  return id;
}

// A chunk with room for `units`; what is left of the one before joins the free pieces.
bool Shard::refill(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap) {
  const uint32_t wanted = std::max(units, std::max(chunk_units, kFirstChunk));
  Arena::Piece chunk = beyond_cap ? Arena::Piece() : arena.take(wanted, false);
  if (chunk.first == 0 && (beyond_cap || wanted > units)) chunk = arena.take(units, beyond_cap);
  if (chunk.first == 0) return false;
  if (chunk_end != chunk_next) free.push(arena, chunk_next, chunk_end - chunk_next);
  chunk_next = chunk.first;
  chunk_end = chunk.first + chunk.units;
  chunk_units = std::min(Arena::kPageUnits, 2 * wanted);
  return true;
}

RecordId Shard::allocate(Arena& arena, uint32_t units, FreeLists& free, bool beyond_cap) {
  RecordId id = free.pop(arena, units);
  if (id == 0) id = carve(units);
  if (id == 0 && refill(arena, units, free, false)) id = carve(units);
  if (id == 0) id = free.cut(arena, units);
  if (id == 0 && beyond_cap && refill(arena, units, free, true)) id = carve(units);
  if (id != 0) std::memset(static_cast<void*>(arena.at(id)), 0, size_t{units} * kRecordUnit);
  return id;
}

}  // namespace sluice
