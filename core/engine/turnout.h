// SPDX-License-Identifier: Apache-2.0
// The lines that a lease has taken together, served one after the other in the order of (due, number).
//
// 1. A line that is due again takes its place among the others anew, unless others come before it that were not taken: then it goes
//    back, and is taken with them.
// 2. All that were taken are in the lease's hands until land(), which is called before any others are taken.
#pragma once

#include <algorithm>

#include "core/base/raw.h"
#include "core/engine/releases.h"

namespace sluice {

// other: somebody else is to serve it; gone: dropped, its timer with it; again: leased, and due at once.
enum class Served : uint8_t { other, nothing, gone, leased, again, full };

class Turnout {
 public:
  static constexpr size_t kMost = 32;

  // Takes the first lines that are due, at most `most` of them and kMost.
  Turnout(Releases& releases, Instant now, uint32_t most) : asked_(most) {
    const size_t room = std::min<size_t>(kMost, most);
    const size_t taken = releases.take(now, {first_, room});
    last_ = first_ + taken;
    more_ = taken == room;
    if (taken != 0) end_ = last_[-1];
  }

  Turnout(const Turnout&) = delete;
  Turnout& operator=(const Turnout&) = delete;

  // The lines that are still to be served.
  std::span<const Releases::Due> waiting() const { return {first_, last_}; }
  bool goes_on() const { return first_ != last_ && leased_ < asked_ && !full_; }
  uint32_t leased() const { return leased_; }
  bool is_full() const { return full_; }

  // Until as many are leased as were asked for, the sink is full, or one is somebody else's to serve.
  // serve: Served(const Releases::Due&, Releases::Landing* next), which says when the line is due next unless it is gone.
  template <class Serve>
  [[gnu::always_inline]] void serve(Serve&& serve_one) {
    while (goes_on()) {
      Releases::Landing next;
      const Served served = serve_one(*first_, &next);
      if (served == Served::other) return;
      leased_ += served == Served::leased || served == Served::again;
      full_ = served == Served::full;
      if (served == Served::again && comes_again(next.due)) continue;
      if (served != Served::gone) landings_.get()[landed_++] = {first_->timer, next.ahead, next.due};
      ++first_;
    }
  }
  void land(Releases& releases) {
    for (; first_ != last_; ++first_) landings_.get()[landed_++] = {first_->timer, {}, first_->due};
    releases.land({landings_.get(), landed_});
  }

 private:
  // The first line is due again: to its place among the others; false: others come between.
  bool comes_again(Instant due) {
    first_->due = due;
    if (more_ && end_ < *first_) return false;
    for (auto* one = first_; one + 1 != last_ && one[1] < one[0]; ++one) std::swap(one[0], one[1]);
    return true;
  }

  Raw<Releases::Due, kMost> due_;
  Raw<Releases::Landing, kMost> landings_;
  Releases::Due* first_ = due_.get();
  Releases::Due* last_ = first_;
  Releases::Due end_;  // the last that was taken, as it was
  bool more_ = false;  // others may be due behind it
  bool full_ = false;
  const uint32_t asked_;
  uint32_t leased_ = 0;
  size_t landed_ = 0;
};

}  // namespace sluice
