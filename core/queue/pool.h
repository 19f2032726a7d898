// SPDX-License-Identifier: Apache-2.0
// The lines of a pool: who may be given new recipients, and whose message leaves first.
//
// 1. A line's number is its own for as long as the pool has it, also once it is removed: what still names it finds its name.
// 2. Whatever changes which lines there are or how they stand makes a new version of the pool.
// 3. Nothing here knows of limits, queues, clocks or locks; choosing takes whole numbers only, and no key: it is the same everywhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/limits/queue_rules.h"

namespace sluice {

// Numbers are those of the C ABI.
enum class LineState : uint8_t {
  active = 0,
  warming = 1,    // so many new recipients a day
  paused = 2,     // nothing leaves, what there is waits
  draining = 3,   // no new recipients
  suspended = 4,  // nothing leaves; what waits does as the pool says
  removed = 5,    // the same, for good
};
inline constexpr size_t kLineStates = 6;
constexpr bool is_out(LineState state) { return state == LineState::suspended || state == LineState::removed; }

inline constexpr size_t kMostPoolLines = 4096;  // those removed, too
inline constexpr uint32_t kMostLineWeight = 1'000'000;

struct PoolLine {
  std::string name;
  std::string reason;  // of the state, as the caller said
  uint32_t number = 0;
  uint32_t weight = 1;
  LineState state = LineState::active;
  bool missed = false;          // somebody was moved away who goes back when it may be used again
  int8_t on_suspend = -1;       // of this line; -1: the pool's
  Instant paused_until = 0;     // paused: kNever: until somebody says else
  int64_t day = -1;             // the last with a new recipient
  uint32_t new_recipients = 0;  // on that day
  uint64_t mark = 0;            // a keyless hash of its name

  // A pause that is over is none.
  LineState state_at(Instant now) const { return state == LineState::paused && paused_until <= now ? LineState::active : state; }
  OnSuspend policy(OnSuspend of_pool) const { return on_suspend < 0 ? of_pool : static_cast<OnSuspend>(on_suspend); }
  // The first instant from `now` on at which it takes a new recipient, if nobody else changes it; kNever. `most`: a day, while
  // warming; 0: any number.
  Instant takes_new_at(Instant now, uint32_t most) const;
  void count_new(Instant now);
};

class Pool {
 public:
  PoolLine* find(Bytes name);
  PoolLine* at(uint32_t number);
  // nullptr: there are too many. REQUIRES: the pool has none of that name.
  PoolLine* add(Bytes name);
  void forget(uint32_t number);
  void touch() { ++version_; }

  uint64_t version() const { return version_; }
  std::vector<PoolLine>& lines() { return lines_; }
  const std::vector<PoolLine>& lines() const { return lines_; }
  // What a line of that name takes.
  static size_t bytes_of(Bytes name) { return sizeof(PoolLine) + name.size(); }

 private:
  std::vector<PoolLine> lines_;  // by number
  uint32_t next_number_ = 1;
  uint64_t version_ = 1;
};

// A line as a choice sees it.
struct Offer {
  Span wait = 0;  // until what comes now would leave
  uint32_t weight = 1;
  uint64_t tie = 0;
};
// The shorter wait for its weight; of equal ones what the tie says.
bool is_better(const Offer& a, const Offer& b);

// Of two texts, whatever the engine; and the tie between a request and a line, by their hashes.
uint64_t fixed_hash(Bytes first, Bytes second);
uint64_t tie_of(uint64_t request, uint64_t mark);

// The places from 0 to count - 1, each once, in an order that a hash tells.
class Walk {
 public:
  Walk(uint32_t count, uint64_t hash);
  uint32_t next();

 private:
  const uint32_t count_;
  uint32_t at_, step_;
};

}  // namespace sluice
