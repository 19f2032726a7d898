// SPDX-License-Identifier: Apache-2.0
// Freed cells of a shard, by size. Needs no memory but theirs: what is freed is never lost.
//
// 1. A free piece's first 8 bytes are its link and its size.
// 2. A piece is first looked for in its exact size; only when nothing else is to be had a larger one is cut, and neighbours are laid
//    together, so that no length of keys can keep the memory from the others for ever.
// Threads: the shard's lock.
#pragma once

#include <cstdint>

#include "core/base/arena.h"
#include "core/base/cell.h"

namespace sluice {

class FreeLists {
 public:
  void push(const Arena& arena, CellId id, uint32_t units) {
    CellId& head = heads_[units < kSizes ? units : 0];
    piece(arena, id) = {head, units};
    head = id;
    ++pieces_;
    ++pushed_;
  }
  // A piece of exactly this size; 0 when there is none.
  CellId pop(const Arena& arena, uint32_t units) {
    if (units >= kSizes) return pop_large(arena, units);
    const CellId id = heads_[units];
    if (id == 0) return 0;
    heads_[units] = piece(arena, id).next;
    --pieces_;
    return id;
  }
  // The next piece of a size, if it has one of its own.
  CellId next(uint32_t units) const { return heads_[units < kSizes ? units : 0]; }
  // Cut from a larger piece, after laying neighbours together if enough came free since that was done last; 0 when there is none.
  CellId cut(const Arena& arena, uint32_t units);
  // Gives whole pages back if enough came free since that was done last.
  void give_pages(Arena& arena);

 private:
  struct Piece {
    CellId next;
    uint32_t units;
  };
  static constexpr uint32_t kSizes = 32;
  static constexpr int kMostSteps = 32;

  CellId pop_large(const Arena& arena, uint32_t units);
  static Piece& piece(const Arena& arena, CellId id) { return *reinterpret_cast<Piece*>(arena.place(id)); }
  static CellId merged(const Arena& arena, CellId a, CellId b);
  CellId cut_from(const Arena& arena, uint32_t size, uint32_t units);
  bool worth_joining() const { return pushed_ > pieces_ / 4; }
  CellId take_all(const Arena& arena);
  void join(const Arena& arena);

  uint32_t pieces_ = 0;
  uint32_t pushed_ = 0;        // since neighbours were last laid together
  CellId heads_[kSizes] = {};  // [n]: pieces of n units; [0]: the larger ones
};

}  // namespace sluice
