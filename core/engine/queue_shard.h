// SPDX-License-Identifier: Apache-2.0
// What a shard has for the queues of its lines. All of it under the shard's lock.
#pragma once

#include <memory>
#include <unordered_map>

#include "core/queue/campaign.h"
#include "core/queue/chains.h"
#include "core/queue/line_queue.h"
#include "core/store/index.h"

namespace sluice {

constexpr uint32_t shard_of_message(uint64_t id) { return static_cast<uint32_t>(id >> kMessageShardShift); }

// A line on which something waits for a subject of this shard to open.
struct Waiter {
  uint32_t shard = 0;
  uint64_t hash = 0;  // of the line's subject
};

// Spreads numbers that follow each other.
constexpr uint32_t tag_of_message(uint64_t id) { return static_cast<uint32_t>((id * 0x9e3779b97f4a7c15u) >> 32); }
constexpr uint32_t tag_of_flow(CellId line, uint8_t message_class, uint64_t tenant_hash) {
  return tag_of_message(tenant_hash ^ (uint64_t{line} << 2 | message_class) * 0xff51afd7ed558ccdu);
}

// What every message touches comes first.
struct alignas(64) QueueShard {
  Index cells;  // messages by number, flows by line, class and tenant
  uint64_t next_number = 1;
  uint64_t messages = 0;                                                           // held
  uint64_t accepted = 0, leased = 0;                                               // ever
  uint64_t finals[kMessageStates - static_cast<size_t>(MessageState::sent)] = {};  // ever, by final state
  Chains chains;
  std::unordered_multimap<uint64_t, Waiter> waiters;                  // by the hash of the subject waited for
  std::unordered_map<uint64_t, std::unique_ptr<Campaign>> campaigns;  // whose home is here, by id
  bool wakes_all = false;                                             // there were too many: any change here wakes every line

  // How many have ended so, ever. REQUIRES: it is final.
  uint64_t& ended(MessageState state) { return finals[static_cast<size_t>(state) - static_cast<size_t>(MessageState::sent)]; }
  // Where the next message will be found by its number. `shard`: this one's index.
  const IndexWord* next_place(uint32_t shard) const {
    return cells.own_place(tag_of_message(uint64_t{shard} << kMessageShardShift | next_number));
  }
};

// A message that is there is held: it has its number, by which it is found, and its line and flow count it.
// `shared`: something beside its line's own limits may hold it. REQUIRES: room in the index.
inline void count_in(QueueShard& queues, uint32_t shard, LineQueue& q, Flow& flow, CellId cell, Message& m, bool shared) {
  m.id = uint64_t{shard} << kMessageShardShift | queues.next_number++;
  queues.cells.insert(tag_of_message(m.id), cell);
  ++flow.messages;
  q.load += m.cost;
  q.costly += m.cost != 1;
  if (shared) m.set(message_flag::shared);
  q.shared += shared;
  ++q.messages;
  q.recent = m.flow;
  ++queues.messages;
  ++queues.accepted;
}

// And is counted no more; what it stood in and how it is found is the caller's.
inline void count_out(QueueShard& queues, LineQueue& q, Flow& flow, const Message& m) {
  --queues.messages;
  --q.messages;
  q.load -= m.cost;
  q.costly -= m.cost != 1;
  q.shared -= m.has(message_flag::shared);
  q.zoned -= m.has_zones;
  --flow.messages;
}

}  // namespace sluice
