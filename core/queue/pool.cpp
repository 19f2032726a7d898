// SPDX-License-Identifier: Apache-2.0
#include "core/queue/pool.h"

#include <algorithm>
#include <numeric>

#include "core/base/ratio.h"
#include "core/base/siphash.h"

namespace sluice {
namespace {

// Fixed for ever: choices are replayed by them.
constexpr SipKey kFixed = {0x736c756963652d70, 0x6f6f6c2d74696573};

uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

Instant PoolLine::takes_new_at(Instant now, uint32_t most) const {
  if (weight == 0) return kNever;
  switch (state_at(now)) {
    case LineState::active: return now;
    case LineState::paused: return paused_until;
    case LineState::warming:
      if (most == 0 || day != now / kDay || new_recipients < most) return now;
      return later(now - now % kDay, kDay);
    default: return kNever;
  }
}

void PoolLine::count_new(Instant now) {
  if (day != now / kDay) new_recipients = 0;
  day = now / kDay;
  ++new_recipients;
}

PoolLine* Pool::find(Bytes name) {
  const auto it = std::find_if(lines_.begin(), lines_.end(), [name](const PoolLine& line) { return line.name == name; });
  return it == lines_.end() ? nullptr : &*it;
}

PoolLine* Pool::at(uint32_t number) {
  const auto it = std::lower_bound(lines_.begin(), lines_.end(), number,
                                   [](const PoolLine& line, uint32_t wanted) { return line.number < wanted; });
  return it == lines_.end() || it->number != number ? nullptr : &*it;
}

PoolLine* Pool::add(Bytes name) {
  if (lines_.size() >= kMostPoolLines) return nullptr;
  PoolLine line;
  line.name = name;
  line.number = next_number_;
  line.mark = fixed_hash(name, {});
  lines_.push_back(std::move(line));
  ++next_number_;
  touch();
  return &lines_.back();
}

void Pool::forget(uint32_t number) {
  std::erase_if(lines_, [number](const PoolLine& line) { return line.number == number; });
  touch();
}

bool is_better(const Offer& a, const Offer& b) {
  const Wide x = Wide{static_cast<uint64_t>(a.wait)} * b.weight, y = Wide{static_cast<uint64_t>(b.wait)} * a.weight;
  return x != y ? x < y : a.tie < b.tie;
}

uint64_t fixed_hash(Bytes first, Bytes second) {
  return mix(siphash<1, 3>(kFixed, first) + 0x9e3779b97f4a7c15u) ^ siphash<1, 3>(kFixed, second);
}

uint64_t tie_of(uint64_t request, uint64_t mark) { return mix(request ^ mark); }

// A step that has no divisor in common with the count comes by every place.
Walk::Walk(uint32_t count, uint64_t hash) : count_(count), at_(static_cast<uint32_t>(hash % count)), step_(1) {
  if (count < 3) return;
  step_ = 1 + static_cast<uint32_t>((hash >> 32) % (count - 1));
  while (std::gcd(step_, count) != 1) step_ = step_ % (count - 1) + 1;
}

uint32_t Walk::next() {
  const uint32_t place = at_;
  at_ = static_cast<uint32_t>((uint64_t{at_} + step_) % count_);
  return place;
}

}  // namespace sluice
