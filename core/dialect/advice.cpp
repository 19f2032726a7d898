// SPDX-License-Identifier: Apache-2.0
#include "core/dialect/advice.h"

#include <algorithm>

namespace sluice {

Advice advise(const Decision& decision, Span longest) {
  Advice advice;
  if (static_cast<int32_t>(decision.status) < 0) {
    advice.retry = decision.status == Status::no_memory;
    return advice;
  }
  if (decision.status == Status::ok) return advice;
  advice.retry = decision.wait_kind != WaitKind::never;
  advice.waits = decision.wait_kind == WaitKind::exact || decision.wait_kind == WaitKind::bound;
  if (!advice.waits) return advice;
  advice.wait = std::max<Span>(decision.retry_after, 0);
  advice.retry = advice.wait <= longest;
  const Span told = std::min(advice.wait, longest);
  advice.told = std::max<Span>(round_up(told, kSecond), 1) * kSecond;
  advice.told_ms = std::max<Span>(round_up(told, kMillisecond), 1) * kMillisecond;
  return advice;
}

}  // namespace sluice
