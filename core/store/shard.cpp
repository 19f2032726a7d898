// SPDX-License-Identifier: Apache-2.0
#include "core/store/shard.h"

#include <algorithm>
#include <cstring>

namespace sluice {
namespace {

constexpr uint32_t kFirstChunk = 16;    // 256 bytes
constexpr uint32_t kLargestChunk = 256;  // 4 KiB
constexpr uint32_t kFirstLists = 4;

RecordId& link_of(const Arena& arena, RecordId id) { return *reinterpret_cast<RecordId*>(arena.at(id)); }

}  // namespace

FreeLists::List* FreeLists::find(uint32_t units) {
  for (uint32_t i = 0; i < count_; ++i) {
    if (lists_[i].units == units) return &lists_[i];
  }
  return nullptr;
}

// When there is no memory for a new list the record is lost until the engine ends; it stays counted.
void FreeLists::push(Arena& arena, RecordId id, uint32_t units, Allocator& memory) {
  List* list = find(units);
  if (list == nullptr) {
    if (count_ == capacity_) {
      const uint32_t capacity = capacity_ == 0 ? kFirstLists : 2 * capacity_;
      auto* lists = static_cast<List*>(memory.allocate(capacity * sizeof(List)));
      if (lists == nullptr) return;
      std::copy_n(lists_, count_, lists);
      memory.release(lists_, capacity_ * sizeof(List));
      lists_ = lists;
      capacity_ = capacity;
    }
    list = &lists_[count_++];
    *list = {units, 0};
  }
  link_of(arena, id) = list->head;
  list->head = id;
}

RecordId FreeLists::pop(const Arena& arena, uint32_t units) {
  List* list = find(units);
  if (list == nullptr || list->head == 0) return 0;
  const RecordId id = list->head;
  list->head = link_of(arena, id);
  return id;
}

void FreeLists::release(Allocator& memory) {
  memory.release(lists_, capacity_ * sizeof(List));
  *this = {};
}

RecordId Shard::allocate(Arena& arena, uint32_t units, Allocator& memory, FreeLists& free, bool beyond_cap) {
  RecordId id = free.pop(arena, units);
  if (id == 0 && chunk_end - chunk_next >= units) {
    id = chunk_next;
    chunk_next += units;
  }
  if (id == 0 && beyond_cap) id = arena.take(units, true);
  if (id == 0) {
    const uint32_t wanted = std::max(units, std::max(chunk_units, kFirstChunk));
    RecordId chunk = arena.take(wanted, false);
    uint32_t taken = wanted;
    if (chunk == 0 && wanted > units) {
      chunk = arena.take(units, false);
      taken = units;
    }
    if (chunk == 0) return 0;
    if (chunk_end != chunk_next) free.push(arena, chunk_next, chunk_end - chunk_next, memory);
    chunk_next = chunk + units;
    chunk_end = chunk + taken;
    chunk_units = std::min(kLargestChunk, 2 * wanted);
    id = chunk;
  }
  std::memset(static_cast<void*>(arena.at(id)), 0, size_t{units} * kRecordUnit);
  return id;
}

}  // namespace sluice
