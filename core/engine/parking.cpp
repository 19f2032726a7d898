// SPDX-License-Identifier: Apache-2.0
// What a limit of its own holds, out of the way of the others: a message, or its whole flow. And the order of a recipient's messages.
#include <algorithm>
#include <new>

#include "core/base/hash.h"
#include "core/engine/engine_core.h"
#include "core/engine/send_queue.h"

namespace sluice {
namespace {

constexpr size_t kMostWaiters = 4096;  // of a shard; beyond them any change wakes every line

}  // namespace

// Of a flow and a recipient; without a recipient of its own a message holds nobody.
uint64_t SendQueue::chain_key(const Held& held) const {
  const StoredValues stored = values_of(held);
  const uint64_t hash = hash_bytes(stored.values[held.layout->recipient], core_.secret_);
  return hash ^ held.message->flow * 0x9e3779b97f4a7c15u;
}

// Those to its recipient, if one that came before it holds them; else nullptr.
Chains::Chain* SendQueue::chain_before(const Held& held) const {
  if (held.line.queue->chains == 0 || held.layout->recipient == kNone || held.message->has(message_flag::holds)) return nullptr;
  Chains::Chain* chain = held.line.queues->chains.find(chain_key(held));
  return chain == nullptr || is_older(*held.message, at<Message>(chain->holder)) ? nullptr : chain;
}

// True: an earlier message to the same recipient waits, and this one now waits behind it.
bool SendQueue::join_chain(const Held& held) {
  Chains::Chain* chain = chain_before(held);
  if (chain == nullptr) return false;
  turns(held.line).set_aside(held.cell);
  held.message->due = 0;
  held.line.queues->chains.insert(cells(), *chain, held.cell);
  return true;
}

// It waits for `until`, and those to its recipient with it. Without memory to remember that, they may pass it.
void SendQueue::hold_chain(const Held& held, Instant until) {
  Turns turn = turns(held.line);
  if (held.layout->recipient == kNone || held.message->has(message_flag::holds)) return turn.hold(held.cell, until);
  Chains& chains = held.line.queues->chains;
  const uint64_t key = chain_key(held);
  Chains::Chain* chain = chains.find(key);
  if (chain == nullptr) {
    if (chains.begin(key, held.cell, core_.memory_)) {
      ++held.line.queue->chains;
      held.message->set(message_flag::holds);
    }
    return turn.hold(held.cell, until);
  }
  auto& other = at<Message>(chain->holder);
  if (is_older(other, *held.message)) {
    held.message->due = until;
    return chains.insert(cells(), *chain, held.cell);
  }
  // A later one holds: it has not gone yet, so it goes behind.
  if (other.status() == MessageState::waiting) {
    turn.set_aside(chain->holder);
    other.due = 0;
  } else {
    turn.let_go(chain->holder);
    if (other.has(message_flag::blocked)) other.due = 0;
  }
  other.clear(message_flag::holds);
  other.clear(message_flag::blocked);
  chains.insert(cells(), *chain, chain->holder);
  chain->holder = held.cell;
  held.message->set(message_flag::holds);
  turn.hold(held.cell, until);
}

// It goes, or ends: the next to its recipient has its turn again.
void SendQueue::leave_chain(const Held& held) {
  Message& m = *held.message;
  Chains& chains = held.line.queues->chains;
  if (m.has(message_flag::chained)) {
    chains.remove(cells(), *chains.find(chain_key(held)), held.cell);
    return;
  }
  if (!m.has(message_flag::holds)) return;
  m.clear(message_flag::holds);
  const CellId next = chains.advance(cells(), chain_key(held), core_.memory_);
  if (next == 0) {
    --held.line.queue->chains;
  } else if (at<Message>(next).due != 0) {
    turns(held.line).hold(next, at<Message>(next).due);
  } else {
    turns(held.line).put_back(next);
  }
}

// REQUIRES: its turn has come.
void SendQueue::park(const Held& held, Instant until, bool whole_flow) {
  Turns turn = turns(held.line);
  held.message->for_hours = 0;
  if (whole_flow) {
    turn.leave_ring(*held.flow);
    held.flow->set(flow_flag::parked);
    held.flow->clear(flow_flag::hours);
    held.flow->id = held.message->id;
    turn.hold(held.message->flow, until);
    return;
  }
  turn.set_aside(held.cell);
  held.message->set_status(MessageState::parked);
  held.message->set(message_flag::blocked);
  hold_chain(held, until);
}

// The line is to be looked at when the subject changes. REQUIRES: the lock of the subject's shard.
void SendQueue::wait_for(const Line& line, uint64_t subject, Shard& shard) {
  ShardCold* cold = core_.cold_of(shard, true);
  if (cold == nullptr || !make_queues(*cold)) return;
  QueueShard& queues = *cold->queues;
  const uint64_t hash = core_.hash_of(*line.record);
  const auto [first, last] = queues.waiters.equal_range(subject);
  if (std::any_of(first, last, [&](const auto& had) { return had.second.hash == hash; })) return;
  try {
    if (queues.waiters.size() < kMostWaiters) {
      queues.waiters.emplace(subject, Waiter{line.shard_index, hash});
      return;
    }
  } catch (const std::bad_alloc&) {
  }
  queues.waiters.clear();
  queues.wakes_all = true;
}

// Whatever a limit held is looked at again; what waits for its own instant stays, and unless they may be others now, for its hours.
void SendQueue::unpark_all(const Line& line, bool other_hours) {
  Turns turn = turns(line);
  CellId others = 0;
  while (line.queue->timed != 0) {
    const CellId id = turn.take_due(kNever);
    auto& entry = at<Entry>(id);
    const bool message = entry.kind == EntryKind::message;
    const bool for_hours = message ? at<Message>(id).for_hours != 0 : (entry.flags & flow_flag::hours) != 0;
    const bool wakes = other_hours || !for_hours;
    if (message && wakes && (entry.flags & message_flag::blocked) != 0) {
      at<Message>(id).clear(message_flag::blocked);
      turn.put_back(id);
    } else if (entry.kind == EntryKind::flow && wakes) {
      at<Flow>(id).clear(flow_flag::parked);
      turn.enter_ring(id);
    } else {
      entry.next = others;
      others = id;
    }
  }
  while (others != 0) {
    const CellId id = others;
    others = at<Entry>(id).next;
    turn.hold(id, at<Entry>(id).due);
  }
}

}  // namespace sluice
