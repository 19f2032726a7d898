// SPDX-License-Identifier: Apache-2.0
// Asks for the memory that a queue is about to touch. Nothing is read here, so what is named may have changed or be gone.
//
// Always inlined: a call that does nothing but prefetch is one without effect to g++ 12, which leaves it out.
#pragma once

#include "core/engine/control_block.h"
#include "core/engine/releases.h"

namespace sluice {

// The lock of a line's shard, and the line's queue with the flow that stands behind it.
[[gnu::always_inline]] inline void fetch_line(const ControlBlock& block, CellBase cells, Releases::Place place) {
  constexpr size_t kBytes = 256;
  if (place.line == 0) return;
  __builtin_prefetch(&block.shards[place.shard], 1);
  const char* line = cells.at<char>(place.line);
  for (size_t i = 0; i < kBytes; i += 64) __builtin_prefetch(line + i, 1);
}

// What serving it leads to: its record, and the message that comes first.
[[gnu::always_inline]] inline void fetch_ahead(CellBase cells, Releases::Ahead ahead) {
  constexpr size_t kOfRecord = 128, kOfMessage = 128;
  prefetch_record(cells.at<Record>(ahead.record), kOfRecord);
  const char* message = cells.at<char>(ahead.message);
  for (size_t i = 0; i < kOfMessage; i += 64) __builtin_prefetch(message + i, 1);
}

}  // namespace sluice
