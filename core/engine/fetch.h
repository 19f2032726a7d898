// SPDX-License-Identifier: Apache-2.0
// Asks for the memory that a queue is about to touch. Nothing is read here, so what is named may have changed or be gone.
//
// Always inlined: a call that does nothing but prefetch is one without effect to g++ 12, which leaves it out.
#pragma once

#include "core/engine/control_block.h"
#include "core/engine/releases.h"
#include "core/queue/line_queue.h"

namespace sluice {

// All lines of a run of bytes, which begins anywhere.
[[gnu::always_inline]] inline void fetch_bytes(const void* first, size_t bytes) {
  const char* begin = static_cast<const char*>(first);
  for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(begin + i, 1);
  __builtin_prefetch(begin + bytes - 1, 1);
}

// Of what a shard has beside its records, and for queues: the part that every message touches.
inline constexpr size_t kColdBytes = 128, kQueuesBytes = 64;
inline constexpr size_t kLineBytes = (kLineQueueUnits + 6) * size_t{kCellUnit};  // with a flow of a short name

// The lock of a line's shard, and the line's queue with the flow that stands behind it.
[[gnu::always_inline]] inline void fetch_line(const ControlBlock& block, CellBase cells, Releases::Place place) {
  if (place.line == 0) return;
  __builtin_prefetch(&block.shards[place.shard], 1);
  fetch_bytes(cells.at<char>(place.line), kLineBytes);
}

// What serving it leads to: its record, and the message that comes first.
[[gnu::always_inline]] inline void fetch_ahead(CellBase cells, Releases::Ahead ahead) {
  constexpr size_t kOfRecord = 128, kOfMessage = 128;
  prefetch_record(cells.at<Record>(ahead.record), kOfRecord);
  fetch_bytes(cells.at<char>(ahead.message), kOfMessage);
}

}  // namespace sluice
