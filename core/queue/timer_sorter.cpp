// SPDX-License-Identifier: Apache-2.0
#include "core/queue/timer_sorter.h"

namespace sluice {

TimerId TimerSorter::take(TimerPool& pool) {
  TimerId first = 0, last = 0;
  TimerId* link = &first;
  for (uint32_t word = 0; word < kPlaces / 64; ++word) {
    for (uint64_t bits = bits_[word]; bits != 0; bits &= bits - 1) {
      TimerId& place = first_[word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits))];
      TimerId id = place;
      place = 0;
      Timer* timer = &pool[id];
      if (timer->next != 0) {
        id = timer_forest::joined(pool, id);
        timer = &pool[id];
      }
      timer->before = last;
      *link = id;
      link = &timer->next;
      last = id;
    }
    bits_[word] = 0;
  }
  *link = 0;
  return first;
}

}  // namespace sluice
