// SPDX-License-Identifier: Apache-2.0
#include "core/queue/timer_forest.h"

namespace sluice::timer_forest {
namespace {

// Of two roots the later becomes the first child of the earlier, which is returned.
TimerId link(TimerPool& pool, TimerId a, TimerId b) {
  const bool in_order = pool.is_before(a, b);
  const TimerId above = in_order ? a : b, below = in_order ? b : a;
  Timer &parent = pool[above], &child = pool[below];
  child.next = parent.child;
  child.before = above;
  pool[parent.child].before = below;
  parent.child = below;
  return above;
}

}  // namespace

// Pairs from the first to the last, then all pairs into one from the last to the first: this is what makes it logarithmic.
TimerId joined(TimerPool& pool, TimerId first) {
  TimerId pairs = 0;  // the last first, linked by `next`
  while (first != 0) {
    TimerId tree = first;
    const TimerId other = pool[tree].next;
    first = 0;
    if (other != 0) {
      first = pool[other].next;
      tree = link(pool, tree, other);
    }
    pool[tree].next = pairs;
    pairs = tree;
  }
  TimerId tree = pairs;
  for (pairs = pool[tree].next; pairs != 0;) {
    const TimerId other = pairs;
    pairs = pool[other].next;
    tree = link(pool, tree, other);
  }
  pool[tree].next = 0;
  return tree;
}

}  // namespace sluice::timer_forest
