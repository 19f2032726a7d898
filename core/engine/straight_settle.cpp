// SPDX-License-Identifier: Apache-2.0
#include "core/engine/straight_settle.h"

#include <algorithm>

#include "core/engine/engine_core.h"
#include "core/limits/gauge.h"

namespace sluice {
namespace straight {

bool settle(uint64_t handle, const Settlement& settlement, Instant given) {
  ControlBlock* block = registry::find_own(handle);
  const uint32_t shard_index = shard_of_message(settlement.message);
  if (block == nullptr || settlement.outcome != Outcome::sent || settlement.retry_after != 0 || shard_index >= kMaxShards)
    return false;
  const SpinGuard guard(block->shards[shard_index].lock);
  if (!registry::alive(*block, handle)) return false;
  EngineCore& core = *block->core.load(std::memory_order_relaxed);
  Instant now;
  return core.time_of(given, &now) && core.queue().settle_straight(shard_index, settlement, now);
}

}  // namespace straight

bool SendQueue::settle_straight(uint32_t shard_index, const Settlement& settlement, Instant now) {
  const CellId cell = find_cell(core_.block_.shards[shard_index], settlement.message);
  if (cell == 0) return false;
  const Message& m = at<Message>(cell);
  if (m.fence != settlement.fence || m.status() != MessageState::leased || m.has_lane != 0 ||
      (m.flags & ~message_flag::shared) != 0) {
    return false;
  }
  const MessageLayout& layout = layouts_.at(m.layout);
  const Held held = held_at(line_at(shard_index, at<Flow>(m.flow).line), cell);
  if (!layout.ends_straight) return false;
  const bool quietly = ends_quietly(held, Outcome::sent);
  for (const LayoutRow& row : layout.rows) {
    if (row.while_queued) give_back_row(held, StoredValues(), row, now);
  }
  --held.line.queue->in_flight;
  turns(held.line).let_go(cell);
  forget(held, MessageState::sent);
  if (!quietly || held.line.queue->messages == 0) settle_line(held.line);
  return true;
}

}  // namespace sluice
