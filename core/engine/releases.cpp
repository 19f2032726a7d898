// SPDX-License-Identifier: Apache-2.0
#include "core/engine/releases.h"

namespace sluice {

TimerId Releases::add(uint32_t shard, CellId line, uint64_t* number, Instant due, Ahead ahead) {
  const SpinGuard guard(lock_);
  const TimerId timer = wheel_.add(uint64_t{shard} << 32 | line, lines_ + 1);
  if (timer == 0) return 0;
  *number = ++lines_;
  if (due != kNever) {
    wheel_.arm(timer, due);
    wheel_.set_leads_to(timer, packed(ahead));
  }
  return timer;
}

bool Releases::remove(TimerId timer) {
  const SpinGuard guard(lock_);
  if (wheel_.hands(timer) != 0) return false;
  wheel_.remove(timer);
  return true;
}

void Releases::arm(TimerId timer, Instant due, Ahead ahead) {
  const SpinGuard guard(lock_);
  wheel_.arm(timer, due);
  wheel_.set_leads_to(timer, packed(ahead));
}

size_t Releases::take(Instant now, std::span<Due> out) {
  const SpinGuard guard(lock_);
  size_t count = 0;
  for (; count < out.size(); ++count) {
    const TimerId timer = wheel_.pop(now);
    if (timer == 0) break;
    ++wheel_.hands(timer);
    const ReleaseWheel::Coming coming = wheel_.coming();
    out[count] = {
        wheel_.due(timer),      wheel_.number(timer),     timer, place_of(wheel_.owner(timer)), ahead_of(wheel_.leads_to(timer)),
        place_of(coming.owner), ahead_of(coming.leads_to)};
  }
  return count;
}

bool Releases::take_one(Instant now, Due* out) {
  const SpinGuard guard(lock_);
  if (!wheel_.armed(out->timer) || wheel_.due(out->timer) > now) return false;
  out->due = wheel_.due(out->timer);
  ++wheel_.hands(out->timer);
  wheel_.disarm(out->timer);
  return true;
}

Instant Releases::due_of(TimerId timer) {
  const SpinGuard guard(lock_);
  return wheel_.armed(timer) ? wheel_.due(timer) : kNever;
}

void Releases::land(std::span<const Landing> landings) {
  const SpinGuard guard(lock_);
  for (const Landing& landing : landings) {
    --wheel_.hands(landing.timer);
    wheel_.set_leads_to(landing.timer, packed(landing.ahead));
    if (!wheel_.armed(landing.timer) || landing.due < wheel_.due(landing.timer)) wheel_.arm(landing.timer, landing.due);
  }
}

bool Releases::land_and_remove(TimerId timer) {
  const SpinGuard guard(lock_);
  if (wheel_.hands(timer) > 1) return false;
  wheel_.remove(timer);
  return true;
}

Instant Releases::next_due() {
  const SpinGuard guard(lock_);
  return wheel_.next_due();
}

}  // namespace sluice
