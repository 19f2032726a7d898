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
  Shard& shard = core_.block_.shards[shard_index];
  if (shard.cold == nullptr || shard.cold->queues == nullptr) return false;
  QueueShard& queues = *shard.cold->queues;
  const uint32_t position = queues.cells.position_of(tag_of_message(settlement.message), [&](CellId cell) {
    const auto& entry = at<Entry>(cell);
    return entry.kind == EntryKind::message && entry.id == settlement.message;
  });
  if (position == Index::kNowhere) return false;
  const CellId cell = queues.cells.word(position).id;
  Message& m = at<Message>(cell);
  if (m.fence != settlement.fence || m.status() != MessageState::leased || m.has_lane != 0 ||
      (m.flags & ~message_flag::shared) != 0) {
    return false;
  }
  const MessageLayout& layout = layouts_.at(m.layout);
  const Generation& g = core_.generation();
  Flow& flow = at<Flow>(m.flow);
  Held held{{shard_index, &shard, &queues, flow.line, &at<LineQueue>(flow.line), nullptr}, cell, &m, &flow, &layout};
  LineQueue& q = *held.line.queue;
  held.line.record = core_.arena_.at(q.record);
  if (!layout.ends_straight || held.line.record->generation != g.number) return false;
  const bool quietly = ends_quietly(held, Outcome::sent);
  for (const LayoutRow& row : layout.rows) {
    if (row.while_queued) give_back_row(held, StoredValues(), row, now);
  }
  --q.in_flight;
  turns(held.line).let_go(cell);
  queues.cells.erase_at(position);
  detach(held);
  ++queues.ended[static_cast<size_t>(MessageState::sent)];
  free(shard, cell, m.units());
  if (!quietly || q.messages == 0) settle_line(held.line);
  return true;
}

}  // namespace sluice
