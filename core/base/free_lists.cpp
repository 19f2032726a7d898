// SPDX-License-Identifier: Apache-2.0
#include "core/base/free_lists.h"

namespace sluice {

// Only the first few are looked at: a new chunk is cheaper than a long search.
CellId FreeLists::pop_large(const Arena& arena, uint32_t units) {
  CellId* link = &heads_[0];
  for (int steps = 0; steps < kMostSteps && *link != 0; ++steps, link = &piece(arena, *link).next) {
    const CellId id = *link;
    if (piece(arena, id).units != units) continue;
    *link = piece(arena, id).next;
    --pieces_;
    return id;
  }
  return 0;
}

// From the first piece in the list of `size` that is large enough.
CellId FreeLists::cut_from(const Arena& arena, uint32_t size, uint32_t units) {
  CellId* link = &heads_[size];
  while (*link != 0 && piece(arena, *link).units < units) link = &piece(arena, *link).next;
  const CellId id = *link;
  if (id == 0) return 0;
  const Piece found = piece(arena, id);
  *link = found.next;
  --pieces_;
  if (found.units > units) {
    push(arena, id + units, found.units - units);
    --pushed_;
  }
  return id;
}

CellId FreeLists::cut(const Arena& arena, uint32_t units) {
  if (worth_joining()) join(arena);
  for (uint32_t size = units; size < kSizes; ++size) {
    if (const CellId id = cut_from(arena, size, units)) return id;
  }
  return cut_from(arena, 0, units);
}

// Two chains, each in order of numbers.
CellId FreeLists::merged(const Arena& arena, CellId a, CellId b) {
  CellId first = 0;
  CellId* link = &first;
  while (a != 0 && b != 0) {
    CellId& least = a < b ? a : b;
    *link = least;
    link = &piece(arena, least).next;
    least = *link;
  }
  *link = a != 0 ? a : b;
  return first;
}

// Empties the lists into one chain in order of numbers: a merge sort, chains of 2^i pieces waiting in bins[i].
CellId FreeLists::take_all(const Arena& arena) {
  CellId bins[32] = {};
  for (CellId& head : heads_) {
    while (head != 0) {
      CellId chain = head;
      head = piece(arena, chain).next;
      piece(arena, chain).next = 0;
      uint32_t i = 0;
      for (; bins[i] != 0; ++i) {
        chain = merged(arena, bins[i], chain);
        bins[i] = 0;
      }
      bins[i] = chain;
    }
  }
  CellId all = 0;
  for (const CellId chain : bins) all = merged(arena, chain, all);
  pieces_ = 0;
  return all;
}

void FreeLists::join(const Arena& arena) {
  for (CellId id = take_all(arena); id != 0;) {
    Piece joined = piece(arena, id);
    while (joined.next == id + joined.units) {
      const Piece& neighbour = piece(arena, joined.next);
      joined = {neighbour.next, joined.units + neighbour.units};
    }
    push(arena, id, joined.units);
    id = joined.next;
  }
  pushed_ = 0;
}

void FreeLists::give_pages(Arena& arena) {
  if (!worth_joining()) return;
  join(arena);
  CellId rest = heads_[0];
  heads_[0] = 0;
  while (rest != 0) {
    CellId id = rest;
    const CellId end = id + piece(arena, id).units;
    rest = piece(arena, id).next;
    --pieces_;
    const CellId page = (id + Arena::kPageUnits - 1) / Arena::kPageUnits * Arena::kPageUnits;
    if (page > id && page <= end) {
      push(arena, id, page - id);
      id = page;
    }
    while (end - id >= Arena::kPageUnits && arena.give_page(id)) id += Arena::kPageUnits;
    if (id < end) push(arena, id, end - id);
  }
  pushed_ = 0;
}

}  // namespace sluice
