// SPDX-License-Identifier: Apache-2.0
// What a client is told to wait: never less than there is, unless it could not bear to hear it.
//
// 1. Whole seconds, rounded up, at least 1; milliseconds the same.
// 2. A wait above `longest` would freeze a client that believes it, and past 2^31 ms its timer overflows and it comes again at once.
//    It is told `longest`, and not to try again.
// 3. What no wait helps is told no wait, and not to try again. What opens when something is released is told no wait.
#pragma once

#include "core/engine/engine.h"

namespace sluice {

struct Advice {
  bool waits = false;  // there is a wait to tell
  bool retry = false;  // the same request may pass later, and soon enough for a client to wait
  Span wait = 0;       // as it is
  Span told = 0;       // whole seconds
  Span told_ms = 0;    // whole milliseconds
};

constexpr Span round_up(Span span, Span unit) { return span / unit + (span % unit != 0 ? 1 : 0); }

Advice advise(const Decision& decision, Span longest);

}  // namespace sluice
