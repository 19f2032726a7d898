// SPDX-License-Identifier: Apache-2.0
// The pools of an engine: which lines each has and how they stand, and the lasting routes of their recipients.
//
// 1. A pool has a record for each set of its `by` values, and a route one for each recipient in it; they are found by their hashes in
//    their shards, like any other, and read under those locks alone.
// 2. Choosing looks at them one lock after the other, so what was seen is looked at again under all locks of the decision, which
//    then commits the route with its charges.
// 3. What a line's state asks for is done by whoever changes it, one recipient after the other: each with all its messages at once.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/engine/shard_locks.h"
#include "core/policy/compiled_policy.h"
#include "core/queue/pool.h"
#include "core/queue/route.h"
#include "core/store/record.h"

namespace sluice {

class EngineCore;
struct Held;
struct Line;
struct Move;
struct StoredValues;
struct Target;
struct Waiting;
struct Work;

// The state of a pool's record.
struct PoolState {
  Pool* pool;
  uint64_t counted;  // bytes of the memory cap taken for it
};

// What a policy says of a pool, copied: to be kept between locks.
struct PoolTerms {
  PoolTerms() = default;
  explicit PoolTerms(const PoolRules& rules)
      : sticky(rules.sticky),
        return_home(rules.return_home),
        on_suspend(rules.on_suspend),
        on_full(rules.on_full),
        forget_after(rules.forget_after),
        new_recipients(rules.new_recipients) {}

  bool sticky = false, return_home = false;
  OnSuspend on_suspend = OnSuspend::hold;
  OnFull on_full = OnFull::wait;
  Span forget_after = 0;
  uint32_t new_recipients = 0;
};

// Of a pool's lines for certain `by` values: the key of their record.
std::string pool_key(Bytes pool, std::span<const Bytes> by);
// The name in such a key.
Bytes pool_name(Bytes key);

// A pool's lines for certain values, by whom it is asked for.
struct PoolSet {
  int16_t position = -1;  // of the pool in the policy
  PoolTerms terms;
  std::string key;
};

// Whose messages stay together on one line.
struct Party {
  uint64_t account = 0;
  std::string recipient;
  uint64_t tie = 0;  // a keyless hash of both names; 0 where only what stands for one is known

  friend bool operator==(const Party& a, const Party& b) { return a.account == b.account && a.recipient == b.recipient; }
};

enum class Why : uint8_t { suspended, removed, full, home };

class Pools {
 public:
  explicit Pools(EngineCore& core) : core_(core) {}
  Pools(const Pools&) = delete;
  Pools& operator=(const Pools&) = delete;

  // pools.cpp: a decision's part. REQUIRES: its locks.
  // Whether what was seen when its line was chosen is so.
  bool still_stands(Work& work);
  // Between the check and the commit; false: no memory.
  bool make_room(Work& work);
  void commit(Work& work);

  // Of records. REQUIRES: the lock of the shard.
  uint64_t hash_of_pool(Bytes key) const;
  uint64_t hash_of_route(Bytes key, Bytes recipient) const;
  Pool* pool_at(uint64_t hash, Bytes key) const;
  RouteState* route_at(uint64_t hash, Bytes key, Bytes recipient) const;
  void clear(Record& record);
  bool droppable(const Record& record, Instant floor) const;

  // Of lines, likewise. REQUIRES: the policy has lines.
  uint64_t hash_of_line(Bytes name) const;
  RecordId record_of_line(uint64_t hash, Bytes name) const;

  // What is known of a value of a dimension is forgotten; how many records went.
  uint64_t erase(uint8_t dimension, Bytes value);

  // line_states.cpp
  Status set_line(const LineChange& change, Instant now, LineReport* report, std::string* error);
  Status list_lines(Bytes pool, std::span<const Bytes> by, Instant now, std::string* json, std::string* error);
  // The queue's, and what follows from them for the messages' lines.
  Status lease(const LeaseOptions& options, LeaseSink& sink, Instant* next_due, std::string* error);
  Status settle(const Settlement& settlement, Instant now, MessageState* state, std::string* error);

  // moving.cpp: a recipient goes to another line, with all that waits for it, at once and in order. `to` 0: to the one that suits
  // best. False: it stays. REQUIRES: the control block's lock, shared.
  bool move(const PoolSet& set, const Party& party, uint32_t from, uint32_t to, Why why, Instant now, uint64_t* moved,
            bool only_new = false);
  // Where it would go; 0: it stays.
  uint32_t would_move(const PoolSet& set, const Party& party, uint32_t from, uint32_t to, Why why, Instant now);

 private:
  friend class PlanCopier;

  const PoolRules* rules_of(Bytes key) const;
  bool grow(Work& work);

  // line_states.cpp
  struct Bound;
  Status find_set(Bytes pool, std::span<const Bytes> by, PoolSet* set, std::string* error) const;
  PoolLine* require_member(const PoolSet& set, uint64_t hash, Bytes name, Pool** pool);
  Status write_line(const PoolSet& set, const LineChange& change, bool* missed, PoolLine* after, std::string* error);
  bool close_line(Bytes name, Instant until);
  bool is_idle_line(Bytes name) const;
  void let_go(const PoolSet& set, const PoolLine& line, Instant now);
  void follow_state(const PoolSet& set, const PoolLine& line, Instant now, LineReport* report);
  uint64_t fail_all(const std::vector<Waiting>& messages, Instant now);
  uint64_t move_all(const PoolSet& set, const PoolLine& line, const std::vector<Waiting>& messages, bool only_new, Instant now);
  void bring_home(const PoolSet& set, uint32_t line, Instant now);
  template <class Fn>
  void each_route(const PoolSet& set, Instant now, Fn&& fn) const;
  Bound bound_of(uint64_t message);
  Status lease_of_pool(const LeaseOptions& options, LeaseSink& sink, Instant* next_due, std::string* error);
  void suspend(const Bound& bound, Instant now);
  void bring_along(const Bound& bound, Instant now);

  // moving.cpp
  enum class Went { moved, stale, no_room, stays };
  CellId require_line(uint64_t hash, Bytes name);
  Party party_of(const Held& held, const StoredValues& values, const PoolSet& set, const Party* only, bool* ours) const;
  std::vector<Waiting> waiting_on(const PoolSet& set, const Line& line, const Party* only = nullptr) const;
  std::vector<Waiting> waiting_on(const PoolSet& set, Bytes name) const;
  Span wait_of(const Operation& operation, Bytes name, Instant now, uint64_t* depth) const;
  uint32_t run(Move* move, uint64_t* moved);
  bool read_targets(Move* move) const;
  void sort_targets(Move* move) const;
  void add_shards(const Held& held, Bytes to, LockSet* shards) const;
  bool fits(const Line& from, const std::vector<Waiting>& messages, Bytes to, Instant now) const;
  std::vector<Waiting> lock_party(const Move& move, uint64_t from_hash, Bytes to, ShardLocks& locks) const;
  bool carry_all(const Line& from, const Line& to, const std::vector<Waiting>& messages, Instant now);
  Went move_to(const Move& move, const Target& target, uint64_t* moved);
  void tell(const Move& move, Bytes to, uint64_t messages) noexcept;

  EngineCore& core_;
  std::mutex changes_;  // one change of a line after the other
};

}  // namespace sluice
