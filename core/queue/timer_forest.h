// SPDX-License-Identifier: Apache-2.0
// Forests of timers in heap order (pairing heaps that put comparing off), made of the timers' own links: what a slot of the wheel holds.
//
// 1. No timer is before the one above it, by (due, number): the earliest is one of the roots. joined() makes them one tree, and is
//    called only when somebody asks; until then a forest is a list, and adding to it takes no comparison.
// 2. Roots, and the children of a timer, are linked by `next`, the last to 0; `child` is the first child. `before` is the one whose
//    `child` or `next` a timer is; that of the first root is its owner's to set.
// 3. Nothing here takes memory. In the long run a timer costs a logarithm of comparisons with those that are due at about its time.
#pragma once

#include "core/queue/timer_pool.h"

namespace sluice::timer_forest {

// Makes a timer the first root, in front of `first`, which may be 0.
inline void push(TimerPool& pool, TimerId id, Timer& timer, TimerId first) {
  timer.child = 0;
  timer.next = first;
  pool[first].before = id;
}

// One tree of siblings; `first`, not 0, is the first of them.
TimerId joined(TimerPool& pool, TimerId first);

// What takes the place of a timer that goes: one tree of its children, none of which is before what was above it, and behind that
// its next sibling. May be 0. Who calls it links what was before.
inline TimerId instead_of(TimerPool& pool, const Timer& timer) {
  if (timer.child == 0) return timer.next;
  const TimerId tree = joined(pool, timer.child);
  pool[tree].next = timer.next;
  pool[timer.next].before = tree;
  return tree;
}

// Takes a forest apart, what is above first: each(id, timer) may use the links of its timer as it likes.
template <class Each>
void take_apart(TimerPool& pool, TimerId first, Each each) {
  TimerId waiting = 0;  // children of timers that also had a sibling, the last first, linked by `before`
  for (TimerId id = first; id != 0;) {
    Timer& timer = pool[id];
    const TimerId next = timer.next, child = timer.child;
    each(id, timer);
    if (next != 0 && child != 0) {
      pool[child].before = waiting;
      waiting = child;
    }
    id = next != 0 ? next : child;
    if (id == 0 && waiting != 0) {
      id = waiting;
      waiting = pool[id].before;
    }
  }
}

}  // namespace sluice::timer_forest
