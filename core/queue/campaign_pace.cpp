// SPDX-License-Identifier: Apache-2.0
#include "core/queue/campaign_pace.h"

#include <algorithm>

#include "core/limits/amount.h"
#include "core/limits/pace.h"
#include "core/queue/campaign.h"

namespace sluice {
namespace {

PaceWait& wait_of(CellBase cells, CellId lane) { return cells.at<Lane>(lane)->wait; }

void set_look(PaceWait& wait, Instant at) { wait.look.store(at, std::memory_order_relaxed); }
Instant look(const PaceWait& wait) { return wait.look.load(std::memory_order_relaxed); }

}  // namespace

CellId CampaignPace::next(CellBase cells, CellId lane) const { return lane == 0 ? first_ : wait_of(cells, lane).behind; }

// As a pace's debt is carried over: in units, rounded up; without a rate there is none.
void CampaignPace::set(CellBase cells, CampaignRate rate, Instant now) {
  const Amount before = amount_;
  amount_ = rate.amount == 0 ? Amount() : make_pace_amount(rate.amount, rate.period);
  if (!is_on()) {
    opens_at_ = 0;
  } else if (before.amount != 0 && opens_at_ > now) {
    const uint64_t owed = pace::rescale(before.amount, before.period, amount_, static_cast<uint64_t>(opens_at_ - now));
    opens_at_ = later(now, static_cast<Span>(std::min(owed, static_cast<uint64_t>(kEndOfTime))));
  }
  for (CellId id = first_; id != 0; id = wait_of(cells, id).behind)
    set_look(wait_of(cells, id), is_on() ? look_of(cells, id) : 0);
  while (!is_on() && first_ != 0) leave(cells, first_);
}

bool CampaignPace::admits(CellBase cells, CellId lane, Instant now) {
  if (!is_on()) return true;
  PaceWait& own = wait_of(cells, lane);
  if (opens_at_ > now) {
    enter(cells, lane);
    set_look(own, look_of(cells, lane));
    return false;
  }
  pass_over(cells, lane, now);
  const PaceWait* first = first_ == 0 || first_ == lane ? nullptr : &wait_of(cells, first_);
  if (first == nullptr || look(*first) > now || (own.turn != 0 && own.turn < first->turn)) {
    leave(cells, lane);
    set_look(own, 0);
    return true;
  }
  if (look(*first) > waited_for_) waited_for_ = now;
  enter(cells, lane);
  set_look(own, later(waited_for_, patience()));
  return false;
}

void CampaignPace::take(CellBase cells, CellId lane, uint64_t message, Instant now) {
  wait_of(cells, lane).turn = 0;
  if (!is_on()) return;
  opens_at_ = later(std::max(opens_at_, now), amount_.unit);
  last_message_ = message;
}

// All debt is of the last message: it left when that of the one before had drained.
bool CampaignPace::give_back(CellBase cells, uint64_t message, Instant now) {
  if (!is_on() || message != last_message_ || opens_at_ <= now) return false;
  opens_at_ = now;
  last_message_ = 0;
  CellId id = first_;
  for (uint32_t i = 0; id != 0 && i <= kBackups; ++i, id = wait_of(cells, id).behind) {
    set_look(wait_of(cells, id), look_of(cells, id));
  }
  return first_ != 0;
}

void CampaignPace::leave(CellBase cells, CellId lane) {
  PaceWait& wait = wait_of(cells, lane);
  if (!wait.listed) return;
  (wait.before == 0 ? first_ : wait_of(cells, wait.before).behind) = wait.behind;
  (wait.behind == 0 ? last_ : wait_of(cells, wait.behind).before) = wait.before;
  wait.before = wait.behind = 0;
  wait.listed = false;
}

// Who comes anew is the last. Who was in the line before has its place again, which is near the front.
void CampaignPace::enter(CellBase cells, CellId lane) {
  PaceWait& wait = wait_of(cells, lane);
  if (wait.listed) return;
  CellId behind = 0;
  if (wait.turn == 0) {
    wait.turn = ++turns_;
  } else {
    behind = first_;
    while (behind != 0 && wait_of(cells, behind).turn < wait.turn) behind = wait_of(cells, behind).behind;
  }
  wait.listed = true;
  wait.behind = behind;
  wait.before = behind == 0 ? last_ : wait_of(cells, behind).before;
  (wait.before == 0 ? first_ : wait_of(cells, wait.before).behind) = lane;
  (behind == 0 ? last_ : wait_of(cells, behind).before) = lane;
}

// Those that have been waited for in vain.
void CampaignPace::pass_over(CellBase cells, CellId lane, Instant now) {
  if (later(waited_for_, patience()) > now) return;
  while (first_ != 0 && first_ != lane && look(wait_of(cells, first_)) <= waited_for_) leave(cells, first_);
}

// When it can go at the earliest, as far as the pace goes and those before it.
Instant CampaignPace::look_of(CellBase cells, CellId lane) const {
  uint32_t ahead = 0;
  CellId id = wait_of(cells, lane).before;
  for (; id != 0 && ahead <= kBackups; id = wait_of(cells, id).before) ++ahead;
  if (ahead <= kBackups) return later(opens_at_, ahead);
  const Instant before = look(wait_of(cells, wait_of(cells, lane).before));
  return later(std::max(before, opens_at_), amount_.unit);
}

}  // namespace sluice
