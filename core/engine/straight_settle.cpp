// SPDX-License-Identifier: Apache-2.0
#include "core/engine/straight_settle.h"

#include <algorithm>

#include "core/engine/engine_core.h"
#include "core/engine/straight_charges.h"
#include "core/limits/gauge.h"
#include "core/queue/plain_line.h"

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

namespace {

// Whether the message is leased by who says so, and all that its end gives back are plain places in its line's queue.
bool ends_straight(const Message& m, const QueuePlan& plan, const MessageLayout& layout, const Settlement& settlement) {
  return m.fence == settlement.fence && m.status() == MessageState::leased && m.has_lane == 0 &&
         (m.flags & ~message_flag::shared) == 0 && layout.ends_straight && m.layout == plan.layout;
}

void give_back_places(const QueuePlan& plan, const Message& m, Record* record) {
  for (const StraightCharge& place : plan.places) {
    gauge::give_back(straight::state_of(place, record), place.quantity == kNone ? place.cost : m.quantities()[place.quantity]);
  }
}

}  // namespace

bool SendQueue::settle_straight(uint32_t shard_index, const Settlement& settlement, Instant now) {
  Shard& shard = core_.block_.shards[shard_index];
  if (shard.cold == nullptr || shard.cold->queues == nullptr) return false;
  QueueShard& queues = *shard.cold->queues;
  const CellBase cells = this->cells();
  const uint32_t position = queues.cells.position_of(tag_of_message(settlement.message), [&](CellId cell) {
    const auto& entry = *cells.at<Entry>(cell);
    return entry.kind == EntryKind::message && entry.id == settlement.message;
  });
  if (position == Index::kNowhere) return false;
  const CellId cell = queues.cells.word(position).id;
  const Message& m = *cells.at<Message>(cell);
  const MessageLayout& layout = layouts_.at(m.layout);
  const Generation& g = core_.generation();
  const QueuePlan& plan = g.queue_of(layout.operation);
  Flow& flow = *cells.at<Flow>(m.flow);
  LineQueue& q = *cells.at<LineQueue>(flow.line);
  Record& record = *core_.arena_.at(q.record);
  if (record.generation != g.number || !ends_straight(m, plan, layout, settlement)) return false;

  const bool quietly = m.due > q.armed && g.policy->queue.in_flight == 0;  // its line has nothing to do that it had not before
  give_back_places(plan, m, &record);
  if (!plan.places.empty()) record.newest = std::max(core_.latest(now), record.newest);
  plain_line::let_go(cells, q, cell);
  queues.cells.erase_at(position);
  --q.in_flight;
  count_out(queues, q, flow, m);
  ++queues.ended(MessageState::sent);
  const CellId flow_cell = m.flow, line_cell = flow.line;
  free(shard, cell, m.units());
  if (flow.messages != 0 && quietly) return true;
  const Line line{shard_index, &shard, &queues, line_cell, &q, &record};
  if (flow.messages == 0) end_flow(line, flow_cell);
  if (!quietly || q.messages == 0) settle_line(line);
  return true;
}

}  // namespace sluice
