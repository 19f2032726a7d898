// SPDX-License-Identifier: Apache-2.0
// A heap of entries by the links they have anyway: no memory, no failure. A pairing heap (Fredman, Sedgewick, Sleator, Tarjan,
// "The pairing heap: a new form of self-adjusting heap", 1986): constant for putting in, logarithmic over time for taking out.
//
// `prev` of a first child is its parent, of another the sibling before it; a root has neither `prev` nor `next`.
#pragma once

#include <utility>

#include "core/queue/entry.h"

namespace sluice {

// Before: bool operator()(const Entry& a, const Entry& b) - whether a comes before b; a strict order of all entries that meet.
template <class Before>
class PairingHeap {
 public:
  // On the heap whose root is kept at *root; 0 is an empty one.
  PairingHeap(CellBase cells, CellId* root) : cells_(cells), root_(*root) {}

  bool empty() const { return root_ == 0; }
  CellId first() const { return root_; }

  void put(CellId id) {
    Entry& e = at(id);
    e.next = e.prev = e.child = 0;
    root_ = root_ == 0 ? id : meld(root_, id);
  }

  CellId take_first() {
    const CellId id = root_;
    root_ = meld_all(at(id).child);
    at(id).child = 0;
    return id;
  }

  // REQUIRES: it stands in this heap.
  void remove(CellId id) {
    if (id == root_) {
      take_first();
      return;
    }
    Entry& e = at(id);
    Entry& before = at(e.prev);
    if (before.child == id) {
      before.child = e.next;
    } else {
      before.next = e.next;
    }
    if (e.next != 0) at(e.next).prev = e.prev;
    const CellId below = meld_all(e.child);
    e.next = e.prev = e.child = 0;
    if (below != 0) root_ = meld(root_, below);
  }

 private:
  Entry& at(CellId id) const { return *cells_.at<Entry>(id); }

  // Both roots, neither 0.
  CellId meld(CellId a, CellId b) const {
    if (Before()(at(b), at(a))) std::swap(a, b);
    Entry& over = at(a);
    Entry& under = at(b);
    under.next = over.child;
    under.prev = a;
    if (over.child != 0) at(over.child).prev = b;
    over.child = b;
    over.next = over.prev = 0;
    return a;
  }

  // A list of siblings made one heap: in pairs from the left, then all from the right.
  CellId meld_all(CellId first) const {
    CellId pairs = 0;
    while (first != 0) {
      const CellId second = at(first).next;
      const CellId rest = second == 0 ? 0 : at(second).next;
      at(first).next = at(first).prev = 0;
      if (second != 0) at(second).next = at(second).prev = 0;
      const CellId pair = second == 0 ? first : meld(first, second);
      at(pair).next = pairs;
      pairs = pair;
      first = rest;
    }
    CellId root = 0;
    while (pairs != 0) {
      const CellId next = at(pairs).next;
      at(pairs).next = 0;
      root = root == 0 ? pairs : meld(root, pairs);
      pairs = next;
    }
    return root;
  }

  CellBase cells_;
  CellId& root_;
};

}  // namespace sluice
