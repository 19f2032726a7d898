// SPDX-License-Identifier: Apache-2.0
// The hours of one message: its class's, by the clocks of its own zones or of the policy's. Good while its line's shard is locked.
#pragma once

#include <string>

#include "core/limits/hours.h"

namespace sluice {

class MessageHours {
 public:
  MessageHours() = default;  // none: it may leave at any time
  MessageHours(const Hours& hours, const Zones& zones) : hours_(&hours), zones_(&zones) {}

  bool any() const { return hours_ != nullptr; }
  // The first instant from then on at which it may leave; kNever: none is in sight.
  Instant opens_at(Instant from) const { return any() && from < kEndOfTime ? hours::opens_at(*hours_, *zones_, from) : from; }
  // The first at which it may not; kNever.
  Instant ends_at(Instant from) const { return any() ? hours::ends_at(*hours_, *zones_, from) : kNever; }
  // When it ends, if it may leave from then on and its hours close before it has; kNever: it waits for the next ones.
  Instant expires_at(Instant opens) const {
    const bool ends = any() && hours_->on_close == OnClose::expire && opens < kEndOfTime;
    return ends ? hours::closes_at(*hours_, *zones_, opens) : kNever;
  }
  std::string zone() const { return any() ? hours::names_of(*zones_) : std::string(); }

 private:
  const Hours* hours_ = nullptr;
  const Zones* zones_ = nullptr;
};

}  // namespace sluice
