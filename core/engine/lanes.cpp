// SPDX-License-Identifier: Apache-2.0
// Campaigns on a line: how their messages come to their flows, one at a time, and what an abort leaves to be given back.
#include <algorithm>
#include <new>

#include "core/engine/engine_core.h"
#include "core/engine/send_queue.h"
#include "core/limits/limit.h"

namespace sluice {
namespace {

// What a lane that is dropped gives back at once for all of its messages.
bool comes_back_by_lane(const LayoutRow& row) { return row.on_line && row.while_queued && row.counts && row.quantity == kNone; }
// What an abort gives back at once for all that wait.
bool comes_back_by_tenant(const LayoutRow& row) { return row.of_tenant && row.counts; }

bool is_unsent(const LayoutRow& row) { return row.while_queued || row.unsent_back; }
bool is_left_in_lane(const LayoutRow& row) { return is_unsent(row) && !comes_back_by_lane(row) && !comes_back_by_tenant(row); }
bool is_left_elsewhere(const LayoutRow& row) { return is_unsent(row) && !comes_back_by_tenant(row); }
bool is_left_of_tried(const LayoutRow& row) { return row.while_queued && !comes_back_by_tenant(row); }

}  // namespace

// What an aborted campaign's message has not got back yet.
Returns returns_of_aborted(const Message& m) {
  if (m.in_lane) return is_left_in_lane;
  return m.tries == 0 ? is_left_elsewhere : is_left_of_tried;
}

bool SendQueue::is_aborted(const Message& m) const { return m.has_lane && at<Lane>(m.lane()).campaign->aborted; }

bool SendQueue::make_lane(Work& work) {
  PendingMessage& pending = *work.pending;
  if (pending.campaign == nullptr) return true;
  const auto& line = at<LineQueue>(pending.line);
  for (CellId id = line.lanes; id != 0; id = at<Lane>(id).next_lane) {
    if (at<Lane>(id).campaign == pending.campaign && at<Lane>(id).zones == pending.zones) {
      pending.lane = id;
      return true;
    }
  }
  const SubjectRef& s = line_subject(work);
  try {
    pending.campaign->lines.reserve(pending.campaign->lines.size() + 1);
  } catch (const std::bad_alloc&) {
    return false;
  }
  pending.lane = allocate(*s.shard, kLaneUnits, false);
  pending.new_lane = pending.lane != 0;
  return pending.new_lane;
}

void SendQueue::join_lane(Work& work, const Held& held) {
  PendingMessage& pending = *work.pending;
  Campaign& campaign = *pending.campaign;
  LineQueue& q = *held.line.queue;
  if (pending.new_lane) {
    auto& lane = *::new (cells().at<void>(pending.lane)) Lane;
    lane.kind = EntryKind::lane;
    lane.id = campaign.id;
    lane.campaign = &campaign;
    lane.zones = pending.zones;
    lane.next_lane = q.lanes;
    q.lanes = pending.lane;
    campaign.lanes.fetch_add(1, std::memory_order_relaxed);
    lane.place = {held.line.shard_index, line_subject(work).hash};
    campaign.lines.push_back(lane.place);
    turns(held.line).hold(pending.lane, kNever);
  }
  auto& lane = at<Lane>(pending.lane);
  held.message->set_lane(pending.lane);
  held.message->in_lane = 1;
  held.message->set_status(MessageState::parked);
  held.message->due = 0;
  lane_append(cells(), lane, held.cell);
  ++lane.held;
  ++campaign.accepted;
  ++campaign.queued;
  tally(held, true);
  if (lane.out == 0) {
    lane.next_slot = lane_next_slot(lane, campaign.own_time(work.now), 0);
    arm_lane(held.line, pending.lane);
  }
}

// A lane stands with what waits for an instant as long as it lives.
void SendQueue::arm_lane(const Line& line, CellId id) {
  auto& lane = at<Lane>(id);
  const Campaign& campaign = *lane.campaign;
  Turns turn = turns(line);
  turn.let_go(id);
  const bool waits = lane.count != 0 && lane.out == 0 && !campaign.paused;
  const Instant paced = lane.wait.look.load(std::memory_order_relaxed);
  const Instant slot = std::max(campaign.real_time(lane.next_slot), paced);
  turn.hold(id, campaign.aborted ? 0 : waits ? lane_opens(lane, slot) : kNever);
}

bool SendQueue::lock_campaign(const Message& m, ShardLocks& locks) const {
  if (!m.has_lane) return true;
  LockSet more;
  more.add(shard_of_message(at<Lane>(m.lane()).id));
  return locks.extend(more);
}

// Its slot has come: the first of the lane goes to its flow, if the campaign's rate lets it. False: locks were let go, and nothing
// has changed.
bool SendQueue::wake_lane(const Line& line, CellId id, ShardLocks& locks, Instant now) {
  auto& lane = at<Lane>(id);
  LockSet more;
  more.add(shard_of_message(lane.id));
  if (!locks.extend(more)) return false;
  if (lane.campaign->aborted) {
    drop_lane(line, lane);
    turns(line).let_go(id);
    turns(line).hold(id, kNever);
    return true;
  }
  // A slot that passed long ago may have been open then. Who is closed keeps nobody waiting for the rate.
  const bool waits = !lane.campaign->paused && lane.out == 0 && lane.count != 0;
  const bool open = waits && lane_opens(lane, now) == now;
  if (waits && !open) lane.campaign->pace.leave(cells(), id);
  if (open && lane.campaign->pace.admits(cells(), id, now)) {
    lane.out = lane.head;
    auto& m = at<Message>(lane.out);
    lane_remove(cells(), lane, lane.out);
    m.in_lane = 0;
    turns(line).put_last(lane.out);
  }
  arm_lane(line, id);
  return true;
}

// Whether a message whose turn it is may go, for its campaign's part.
SendQueue::Campaigning SendQueue::ask_campaign(const Held& held, ShardLocks& locks, Instant now) {
  if (!held.message->has_lane) return Campaigning::goes;
  if (!lock_campaign(*held.message, locks)) return Campaigning::again;
  auto& lane = at<Lane>(held.message->lane());
  if (lane.campaign->aborted) {
    return end(held, MessageState::aborted, locks, now) ? Campaigning::held_back : Campaigning::again;
  }
  if (lane.campaign->paused) {
    back_to_lane(held);
    return Campaigning::held_back;
  }
  if (lets_older_go(held, now)) return Campaigning::held_back;
  if (lane.campaign->pace.admits(cells(), held.message->lane(), now)) return Campaigning::goes;
  wait_for_pace(held, now);
  return Campaigning::held_back;
}

void SendQueue::back_to_lane(const Held& held) {
  auto& lane = at<Lane>(held.message->lane());
  turns(held.line).set_aside(held.cell);
  leave_chain(held);
  held.message->in_lane = 1;
  held.message->set_status(MessageState::parked);
  held.message->due = 0;
  lane_put_back(cells(), lane, held.cell);
  if (lane.out == held.cell) lane.out = 0;
  arm_lane(held.line, held.message->lane());
}

// What a waiting message would get back of its account, added to what its campaign's would, or taken off.
void SendQueue::tally(const Held& held, bool joins) {
  const Message& m = *held.message;
  Campaign& campaign = *at<Lane>(m.lane()).campaign;
  for (const LayoutRow& row : held.layout->rows) {
    if (!comes_back_by_tenant(row) || !(row.while_queued || (row.unsent_back && m.tries == 0))) continue;
    const uint64_t stamp = row.stamp == kNone ? 0 : m.stamps()[row.stamp];
    if (row.stamp != kNone && stamp == 0) continue;
    const auto units = static_cast<int64_t>(row.quantity == kNone ? row.cost : m.quantities()[row.quantity]);
    campaign.tally(row.limit, row.born, stamp, joins ? units : -units);
  }
}

// The one that was out has left, or is held elsewhere: the next one's slot is counted from here.
void SendQueue::lane_goes_on(const Held& held, Instant now) {
  auto& lane = at<Lane>(held.message->lane());
  if (lane.out != held.cell) return;
  lane.out = 0;
  lane.slot = lane.next_slot;
  lane.begun = true;
  lane.next_slot = lane_next_slot(lane, lane.campaign->own_time(now), lane_unit(held.line, lane, now));
  arm_lane(held.line, held.message->lane());
}

// The ns that a message takes of its line's pace; 0: it has none.
Span SendQueue::line_unit(const Line& line) const {
  const Generation& g = core_.generation();
  const Extras* extras = core_.extras_of(*line.shard, line.queue->record, *line.record);
  Span unit = 0;
  for (const int16_t position : g.policy->scopes[static_cast<size_t>(g.policy->line_scope)].limits) {
    const Limit& limit = g.policy->limits[static_cast<size_t>(position)];
    if (limit.rule.kind != Kind::pace) continue;
    const Params params = core_.params_of(g, limit, static_cast<size_t>(position), line.record->plan, extras);
    if (params.amount->word == Word::number) unit = std::max(unit, params.amount->unit);
  }
  return unit;
}

void SendQueue::leased_of(const Held& held, Instant now) {
  if (!held.message->has_lane) return;
  Campaign& campaign = *at<Lane>(held.message->lane()).campaign;
  --campaign.queued;
  campaign.pace.take(cells(), held.message->lane(), held.message->id, now);
  tally(held, false);
  try {
    campaign.in_flight.insert(held.message->id);
  } catch (const std::bad_alloc&) {
    // It is in flight all the same; a report will not list it.
  }
  lane_goes_on(held, now);
}

// A lease of it is over, and it waits again.
void SendQueue::back_of(const Held& held) {
  if (!held.message->has_lane) return;
  Campaign& campaign = *at<Lane>(held.message->lane()).campaign;
  campaign.in_flight.erase(held.message->id);
  ++campaign.queued;
  tally(held, true);
}

// REQUIRES: its campaign's home is locked.
void SendQueue::ended_of(const Held& held, MessageState state, Instant now) {
  Message& m = *held.message;
  if (!m.has_lane) return;
  Campaign& campaign = *at<Lane>(m.lane()).campaign;
  const bool was_leased = m.status() == MessageState::leased || m.status() == MessageState::unknown;
  if (was_leased) {
    campaign.in_flight.erase(m.id);
  } else if (!campaign.aborted) {
    --campaign.queued;
    tally(held, false);
  } else {
    return;  // counted when it was aborted
  }
  ++campaign.ended[static_cast<size_t>(state)];
  const bool failed = state == MessageState::failed || state == MessageState::dead;
  const uint32_t window = campaign.rules.pause_window;
  if ((failed || state == MessageState::sent) && campaign.note_outcome(failed) && !campaign.paused && !campaign.aborted) {
    campaign.paused = true;
    campaign.paused_at = now;
    tell(EventKind::campaign_paused, campaign, mul_div_ceil(window, campaign.rules.pause_share, kWholeShare), window, now);
  }
  finish_if_done(campaign, now);
}

// It is gone: its lane with the last.
void SendQueue::leave_lane(const Held& held) {
  if (!held.message->has_lane) return;
  const CellId id = held.message->lane();
  auto& lane = at<Lane>(id);
  if (--lane.held != 0) return;
  CellId* link = &held.line.queue->lanes;
  while (*link != id) link = &at<Lane>(*link).next_lane;
  *link = lane.next_lane;
  turns(held.line).let_go(id);
  lane.campaign->pace.leave(cells(), id);
  lane.campaign->lanes.fetch_sub(1, std::memory_order_release);
  free(*held.line.shard, id, kLaneUnits);
}

// All that the lane's messages hold of the line itself, at once.
void SendQueue::drop_lane(const Line& line, Lane& lane) {
  if ((lane.flags & lane_flag::dead) != 0) return;
  lane.flags = lane.flags | lane_flag::dead;
  if (lane.count == 0) return;
  const Held first = held_at(line, lane.head);
  const Generation& g = core_.generation();
  for (const LayoutRow& row : first.layout->rows) {
    const int16_t position = g.limit_position(row.limit);
    if (!comes_back_by_lane(row) || position == kNone || g.limit_born[static_cast<size_t>(position)] != row.born) continue;
    const Limit& limit = g.policy->limits[static_cast<size_t>(position)];
    const Params params = core_.params_of(g, limit, static_cast<size_t>(position), line.record->plan,
                                          core_.extras_of(*line.shard, line.queue->record, *line.record));
    Taken taken;
    taken.units = row.cost * lane.count;
    limit::refund(params, line.record->state() + limit.state_offset, taken, taken.units, {}, line.record->newest);
  }
}

void SendQueue::drop_aborted(const SubjectRef& s) {
  const CellId cell = s.record == nullptr ? 0 : queue_of(*s.record);
  if (cell == 0 || at<LineQueue>(cell).lanes == 0) return;
  const Line line = line_at(s.shard_index, cell);
  for (CellId id = line.queue->lanes; id != 0; id = at<Lane>(id).next_lane) {
    if (at<Lane>(id).campaign->aborted) drop_lane(line, at<Lane>(id));
  }
}

// *done: nothing of an aborted campaign is left in the lanes of this line. What has come to its flow ends at its turn.
uint64_t SendQueue::reclaim_line(const CampaignLine& where, uint64_t most, Instant now, bool* done) {
  uint64_t count = 0;
  *done = false;
  while (count < most) {
    ShardLocks locks(core_.block_);
    locks.lock(where.shard);
    CellId found = 0;
    Shard& shard = core_.block_.shards[where.shard];
    shard.index.find(Index::tag_of(where.hash), [&](RecordId id) {
      const Record& record = *core_.arena_.at(id);
      if (record.scope == kIdempotencyScope || (record.flags & record_flag::queue) == 0) return false;
      const Line line = line_at(where.shard, queue_of(record));
      for (CellId lane = line.queue->lanes; lane != 0 && found == 0; lane = at<Lane>(lane).next_lane) {
        if (!at<Lane>(lane).campaign->aborted) continue;
        drop_lane(line, at<Lane>(lane));
        found = at<Lane>(lane).head;
      }
      return found != 0;
    });
    if (found == 0) {
      *done = true;
      return count;
    }
    const Held held = held_at(line_at(where.shard, at<Flow>(at<Message>(found).flow).line), found);
    const Line line = held.line;
    if (!end(held, MessageState::aborted, locks, now)) continue;
    ++count;
    settle_line(line);
  }
  return count;
}

void SendQueue::reclaim_some(uint64_t most, Instant now) {
  while (most > 0 && any_reclaims_.load(std::memory_order_acquire)) {
    CampaignLine where;
    {
      const SpinGuard guard(wakes_lock_);
      if (reclaims_.empty()) {
        any_reclaims_.store(false, std::memory_order_relaxed);
        reclaims_.shrink_to_fit();
        return;
      }
      where = reclaims_.back();
    }
    bool done;
    const uint64_t count = reclaim_line(where, most, now, &done);
    most -= std::min(most, std::max<uint64_t>(count, 1));
    if (!done) continue;
    const SpinGuard guard(wakes_lock_);
    const auto same = [&](const CampaignLine& l) { return l.shard == where.shard && l.hash == where.hash; };
    const auto it = std::find_if(reclaims_.rbegin(), reclaims_.rend(), same);
    if (it == reclaims_.rend()) continue;
    *it = reclaims_.back();
    reclaims_.pop_back();
  }
}

}  // namespace sluice
