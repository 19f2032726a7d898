// SPDX-License-Identifier: Apache-2.0
// A campaign's own rate: the most that it sends over all its lines together, and the lanes that wait for it.
//
// 1. The pace is GCRA with a depth of one message, in real time: its state is the instant from which on the next may leave, moved on
//    by ceil(period / amount) when one is leased. Never early, late by less than 1 ns a message; no time without messages, paused or
//    not, lets two leave at once.
// 2. Lanes that may not go yet stand in one line, by when they came to it. The first looks again at the very instant at which the
//    pace opens, the next kBackups each a nanosecond later, in case those before cannot go; whoever is behind them when as many
//    messages can have left. So a message that leaves costs at most 1 + kBackups looks, however many lanes wait.
// 3. Whoever comes first to an open pace goes, unless a lane before it was due and has not looked yet: for that one it waits, but no
//    longer than the pace's unit or kPatience. Then what has not looked is out of the line, and has its old place when it looks again.
//    So a line that is asked at least as often gets its turn, and one that nobody asks holds the others up once.
// Threads: the lock of the campaign's home; but a lane's `look` is read under its line's lock alone.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/base/cell.h"
#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice {

// As many messages each period; an amount of 0 is no rate.
struct CampaignRate {
  uint64_t amount = 0;
  Span period = 0;
};

// How a lane waits for its campaign's pace.
struct PaceWait {
  CellId before = 0, behind = 0;  // lanes
  uint64_t turn = 0;              // by when it came; 0: it has not waited since its last message
  bool listed = false;
  std::atomic<Instant> look{0};  // it does not look before

  PaceWait() = default;
  // Of a lane that is followed ahead of its time.
  PaceWait(const PaceWait& of) : turn(of.turn), look(of.look.load(std::memory_order_relaxed)) {}
  PaceWait& operator=(const PaceWait&) = delete;
};

class CampaignPace {
 public:
  static constexpr uint32_t kBackups = 3;
  static constexpr Span kPatience = kSecond;

  bool is_on() const { return amount_.amount != 0; }
  CampaignRate rate() const { return {amount_.amount, amount_.period}; }
  // From then on the next message may leave; 0: none ever did.
  Instant opens_at() const { return opens_at_; }
  Span unit() const { return amount_.unit; }
  // Whether the lane would go before all others that wait.
  bool is_first(CellId lane) const { return first_ == lane; }

  // Another rate from now on: what is owed stays owed, in messages. Every lane that waits is to look at its `look` again.
  // REQUIRES: an amount below kCountLimit, and a period in [1, kEndOfTime) with it.
  void set(CellBase cells, CampaignRate rate, Instant now);
  // What left before keeps the next back until then.
  void owe(Instant opens_at) { opens_at_ = opens_at; }
  // Whether a message of the lane may leave now; else the lane waits, until its `look`.
  bool admits(CellBase cells, CellId lane, Instant now);
  // It leaves. REQUIRES: its lane was admitted at that instant.
  void take(CellBase cells, CellId lane, uint64_t message, Instant now);
  // It did not leave after all. True: the pace is open again, and the first lanes are to look.
  bool give_back(CellBase cells, uint64_t message, Instant now);
  // The lane is gone.
  void leave(CellBase cells, CellId lane);
  // The next that waits behind one, or the first of all; 0: none.
  CellId next(CellBase cells, CellId lane) const;

 private:
  void enter(CellBase cells, CellId lane);
  void pass_over(CellBase cells, CellId lane, Instant now);
  Instant look_of(CellBase cells, CellId lane) const;
  Span patience() const { return amount_.unit < kPatience ? amount_.unit : kPatience; }

  Amount amount_;
  Instant opens_at_ = 0;
  uint64_t last_message_ = 0;  // whose debt it is
  uint64_t turns_ = 0;
  CellId first_ = 0, last_ = 0;
  Instant waited_for_ = 0;  // since then others wait for those that were due by then
};

}  // namespace sluice
