// SPDX-License-Identifier: Apache-2.0
// The limits of a line as they will stand after some releases: copies of their states, charged on paper.
#pragma once

#include <cstddef>
#include <vector>

#include "core/engine/message_layout.h"
#include "core/engine/send_queue.h"

namespace sluice {

class Forecast {
 public:
  // REQUIRES: the line's lock. `from`: nothing is released before.
  Forecast(const EngineCore& core, const Outlook& line, Instant from);

  // False: a limit among them whose state cannot be copied; its answers would be no more than bounds.
  bool is_whole() const { return whole_; }
  // When the next release is, of one unit from each limit, or of what a message's operation charges. kNever: none is in sight.
  Instant release_one();
  Instant release(const Asked& asked);
  // So many of one unit each; the instant of the last. By formula where one pace is all there is.
  Instant release_many(uint64_t count);
  // Nothing is released before.
  void wait_until(Instant t) { now_ = std::max(now_, t); }

 private:
  struct Copy {
    int16_t limit;
    Params params;
    std::byte state[24];
  };
  Instant release_at_cost();

  const CompiledPolicy& policy_;
  std::vector<Copy> copies_;
  std::vector<uint64_t> costs_;  // of the next release, by copy; 0: not charged
  bool whole_ = true;
  Instant now_;
  const Instant least_;  // the line's states know of nothing before
};

}  // namespace sluice
