// SPDX-License-Identifier: Apache-2.0
// The lasting lines of a recipient in a pool: one for each account that writes to it, no line for two of them.
//
// The state of a record: RouteState, and room for so many owners behind it. All zero bytes are a recipient never seen.
#pragma once

#include <cstdint>

#include "core/base/time.h"

namespace sluice {

struct RouteOwner {
  uint64_t account = 0;   // what stands for its name
  Instant last = 0;       // when it was used
  uint32_t line = 0;      // by its number in the pool; 0: nobody stands here
  uint32_t home = 0;      // where it goes back to; 0: it is there
  uint32_t accepted = 0;  // messages taken in for it on this line
  uint32_t had = 0;       // 1: the recipient has had something from it besides

  bool lives(Span forget_after, Instant now) const { return line != 0 && (forget_after == 0 || later(last, forget_after) > now); }
};

struct RouteState {
  uint32_t room = 0;
  uint32_t used = 0;

  RouteOwner* begin() { return reinterpret_cast<RouteOwner*>(this + 1); }
  RouteOwner* end() { return begin() + used; }
  const RouteOwner* begin() const { return reinterpret_cast<const RouteOwner*>(this + 1); }
  const RouteOwner* end() const { return begin() + used; }
  static constexpr uint32_t size(uint32_t room) { return static_cast<uint32_t>(sizeof(RouteState) + room * sizeof(RouteOwner)); }

  // nullptr: it has none, or none that is still in use.
  RouteOwner* of(uint64_t account, Span forget_after, Instant now) {
    for (RouteOwner& owner : *this) {
      if (owner.account == account && owner.lives(forget_after, now)) return &owner;
    }
    return nullptr;
  }
  // Whether another account has the line.
  bool belongs_to_another(uint32_t line, uint64_t account, Span forget_after, Instant now) const {
    for (const RouteOwner& owner : *this) {
      if (owner.line == line && owner.account != account && owner.lives(forget_after, now)) return true;
    }
    return false;
  }
  // A place for one more: of one who is there no more, or behind the others; nullptr: there is no room.
  RouteOwner* place(Span forget_after, Instant now) {
    for (RouteOwner& owner : *this) {
      if (!owner.lives(forget_after, now)) return &owner;
    }
    return used < room ? begin() + used : nullptr;
  }
};
static_assert(sizeof(RouteState) == 8 && sizeof(RouteOwner) == 32);

}  // namespace sluice
