// SPDX-License-Identifier: Apache-2.0
#include "core/queue/timer_pool.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace sluice {

TimerId TimerPool::add(uint64_t owner, uint64_t number) {
  TimerId id = free_;
  if (id != 0) {
    free_ = (*this)[id].next;
  } else {
    if (made_ / kInChunk == chunk_count_ && !grow()) return 0;
    id = made_++;
  }
  ++count_;
  (*this)[id] = {kNever, owner, 0, 0, 0, 0};
  chunks_[id / kInChunk]->beside[id % kInChunk] = {number, 0};
  return id;
}

void TimerPool::remove(TimerId id) {
  (*this)[id].next = free_;
  free_ = id;
  if (--count_ == 0) release();
}

bool TimerPool::grow() {
  if (made_ >= kMostTimers - kInChunk) return false;
  Chunk* chunk = new_chunk();
  if (chunk == nullptr) return false;
  if (chunk_count_ == table_size_ && !grow_table()) {
    memory_.release(chunk->block, kBlockBytes);
    return false;
  }
  chunks_[chunk_count_++] = chunk;
  if (chunk_count_ == 1) (*this)[0] = {kNever, 0, 0, 0, 0, 0};
  return true;
}

TimerPool::Chunk* TimerPool::new_chunk() {
  void* block = memory_.allocate(kBlockBytes);
  if (block == nullptr) return nullptr;
  const size_t past_line = reinterpret_cast<uintptr_t>(block) % kLine;
  Chunk* chunk = new (static_cast<std::byte*>(block) + (kLine - past_line)) Chunk;
  chunk->block = block;
  return chunk;
}

bool TimerPool::grow_table() {
  const uint32_t size = std::max(8u, table_size_ * 2);
  auto* table = static_cast<Chunk**>(memory_.allocate(size * kEntryBytes));
  if (table == nullptr) return false;
  std::copy_n(chunks_, chunk_count_, table);
  memory_.release(chunks_, table_size_ * kEntryBytes);
  chunks_ = table;
  table_size_ = size;
  return true;
}

void TimerPool::release() {
  for (uint32_t i = 0; i < chunk_count_; ++i) memory_.release(chunks_[i]->block, kBlockBytes);
  memory_.release(chunks_, table_size_ * kEntryBytes);
  chunks_ = nullptr;
  chunk_count_ = table_size_ = 0;
  made_ = 1;
  free_ = 0;
}

}  // namespace sluice
