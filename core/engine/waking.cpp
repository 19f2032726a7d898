// SPDX-License-Identifier: Apache-2.0
// What changes a limit elsewhere reaches the lines that wait for it.
#include <new>

#include "core/engine/engine_core.h"
#include "core/engine/send_queue.h"

namespace sluice {

void SendQueue::subject_changed(uint32_t shard_index, uint64_t hash, RecordId id) {
  Shard& shard = core_.block_.shards[shard_index];
  if (shard.cold == nullptr || shard.cold->queues == nullptr) return;
  if (id != 0) {
    const CellId cell = queue_of(*core_.arena_.at(id));
    if (cell != 0) {
      const Line line = line_at(shard_index, cell);
      unpark_all(line, false);
      arm(line);
    }
  }
  QueueShard& queues = *shard.cold->queues;
  const auto [first, last] = queues.waiters.equal_range(hash);
  if (first == last && !queues.wakes_all) return;
  const SpinGuard guard(wakes_lock_);
  wakes_everything_ = wakes_everything_ || queues.wakes_all;
  queues.wakes_all = false;
  try {
    for (auto it = first; it != last; ++it) wakes_.push_back(it->second);
  } catch (const std::bad_alloc&) {
    wakes_everything_ = true;
  }
  queues.waiters.erase(first, last);
  any_wakes_.store(true, std::memory_order_release);
}

// The lines are found by their subjects' hashes; where two share one, both are looked at.
void SendQueue::wake_line(const Waiter& waiter) {
  Shard& shard = core_.block_.shards[waiter.shard];
  const SpinGuard guard(shard.lock);
  shard.index.find(Index::tag_of(waiter.hash), [&](RecordId id) {
    const Record& record = *core_.arena_.at(id);
    if ((record.flags & record_flag::queue) != 0) look_again(waiter.shard, record, false);
    return false;
  });
}

void SendQueue::look_again(uint32_t shard_index, const Record& record, bool other_hours) {
  const Line line = line_at(shard_index, queue_of(record));
  unpark_all(line, other_hours);
  for (CellId lane = line.queue->lanes; lane != 0; lane = at<Lane>(lane).next_lane) arm_lane(line, lane);
  arm(line);
}

bool SendQueue::has_expired(const SubjectRef& s, Instant now) const { return s.record != nullptr && has_expired(*s.record, now); }

bool SendQueue::has_expired(const Record& record, Instant now) const {
  if (is_own_scope(record.scope)) return false;
  const CellId cell = queue_of(record);
  return cell != 0 && has_expired(at<LineQueue>(cell), now);
}

// A line that is armed for later has nothing that is due.
bool SendQueue::has_expired(const LineQueue& q, Instant now) const {
  if (q.armed > now || q.timed == 0) return false;
  const auto& first = at<Entry>(q.timed);
  return first.kind == EntryKind::expiry && first.due <= now;
}

// Whatever the line has come to by now, as a lease would find it.
void SendQueue::end_expired(const Waiter& where, Instant now) {
  ShardLocks locks(core_.block_);
  locks.lock(where.shard);
  const Shard& shard = core_.block_.shards[where.shard];
  for (bool done = false; !done;) {
    const RecordId id = shard.index.find(Index::tag_of(where.hash), [&](RecordId one) {
      const Record& record = *core_.arena_.at(one);
      return (record.flags & record_flag::queue) != 0 && core_.hash_of(record) == where.hash;
    });
    if (id == 0) return;
    const Line line = line_at(where.shard, queue_of(*core_.arena_.at(id)));
    done = wake_due(line, locks, now);
    if (done) settle_line(line);
  }
}

void SendQueue::wake_those_waiting() {
  std::vector<Waiter> waiting;
  bool everything;
  {
    const SpinGuard guard(wakes_lock_);
    waiting.swap(wakes_);
    everything = wakes_everything_;
    wakes_everything_ = false;
    any_wakes_.store(false, std::memory_order_relaxed);
  }
  if (everything) return look_at_all();
  for (const Waiter& waiter : waiting) wake_line(waiter);
}

void SendQueue::look_at_all() {
  for (uint32_t s = 0; s < core_.block_.shard_count(); ++s) {
    Shard& shard = core_.block_.shards[s];
    const SpinGuard guard(shard.lock);
    if (shard.cold == nullptr || shard.cold->queues == nullptr) continue;
    for (uint32_t i = 0; i < shard.index.capacity(); ++i) {
      RecordId id = shard.index.word(i).id;
      if (id == 0) continue;
      const Record& record = *core_.arena_.at(id);
      if (record.scope == kIdempotencyScope || (record.flags & record_flag::queue) == 0) continue;
      // After a reload: from here on a line's record is laid out as the policy says, and does not move.
      id = core_.migrate_locked(shard, core_.hash_of(record), id);
      if (id != 0 && (core_.arena_.at(id)->flags & record_flag::queue) != 0) look_again(s, *core_.arena_.at(id), true);
    }
  }
}

void SendQueue::record_moved(const Record& from, Record& to, RecordId id) {
  const CellId cell = queue_of(from);
  if (cell == 0) return;
  const Generation& g = *core_.generations_[to.generation];
  if (g.scope_at[to.scope] != g.policy->line_scope) {
    to.flags = to.flags & ~record_flag::queue & 7;
    return record_gone(core_.block_.shard_at(core_.hash_of(from)), from);
  }
  at<LineQueue>(cell).record = id;
  set_queue(to, cell);
}

void SendQueue::record_gone(Shard& shard, const Record& record) {
  const CellId cell = queue_of(record);
  if (cell == 0) return;
  releases_.remove(at<LineQueue>(cell).timer);
  free(shard, cell, kLineQueueUnits + at<LineQueue>(cell).resident);
}

bool SendQueue::holds_messages(const Shard& shard) {
  return shard.cold != nullptr && shard.cold->queues != nullptr && shard.cold->queues->messages != 0;
}

// Messages lie in the arena, which goes as a whole; what else there is goes here.
void SendQueue::clear(Shard& shard) {
  if (shard.cold == nullptr || shard.cold->queues == nullptr) return;
  shard.cold->queues->cells.release(core_.words_);
  shard.cold->queues.reset();
}

}  // namespace sluice
