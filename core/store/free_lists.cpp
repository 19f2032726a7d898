// SPDX-License-Identifier: Apache-2.0
#include "core/store/free_lists.h"

namespace sluice {

void FreeLists::push(const Arena& arena, RecordId id, uint32_t units) {
  RecordId& head = heads_[units < kSizes ? units : 0];
  piece(arena, id) = {head, units};
  head = id;
  ++pieces_;
  ++pushed_;
}

RecordId FreeLists::pop(const Arena& arena, uint32_t units) {
  RecordId* link = &heads_[units < kSizes ? units : 0];
  // Among the larger ones only the first few are looked at: a new chunk is cheaper than a long search.
  for (int steps = 0; steps < kMostSteps && *link != 0; ++steps, link = &piece(arena, *link).next) {
    const RecordId id = *link;
    if (piece(arena, id).units != units) continue;
    *link = piece(arena, id).next;
    --pieces_;
    return id;
  }
  return 0;
}

// From the first piece in the list of `size` that is large enough.
RecordId FreeLists::cut_from(const Arena& arena, uint32_t size, uint32_t units) {
  RecordId* link = &heads_[size];
  while (*link != 0 && piece(arena, *link).units < units) link = &piece(arena, *link).next;
  const RecordId id = *link;
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

RecordId FreeLists::cut(const Arena& arena, uint32_t units) {
  if (worth_joining()) join(arena);
  for (uint32_t size = units; size < kSizes; ++size) {
    if (const RecordId id = cut_from(arena, size, units)) return id;
  }
  return cut_from(arena, 0, units);
}

// Two chains, each in order of numbers.
RecordId FreeLists::merged(const Arena& arena, RecordId a, RecordId b) {
  RecordId first = 0;
  RecordId* link = &first;
  while (a != 0 && b != 0) {
    RecordId& least = a < b ? a : b;
    *link = least;
    link = &piece(arena, least).next;
    least = *link;
  }
  *link = a != 0 ? a : b;
  return first;
}

// Empties the lists into one chain in order of numbers: a merge sort, chains of 2^i pieces waiting in bins[i].
RecordId FreeLists::take_all(const Arena& arena) {
  RecordId bins[32] = {};
  for (RecordId& head : heads_) {
    while (head != 0) {
      RecordId chain = head;
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
  RecordId all = 0;
  for (const RecordId chain : bins) all = merged(arena, chain, all);
  pieces_ = 0;
  return all;
}

void FreeLists::join(const Arena& arena) {
  for (RecordId id = take_all(arena); id != 0;) {
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
  RecordId rest = heads_[0];
  heads_[0] = 0;
  while (rest != 0) {
    RecordId id = rest;
    const RecordId end = id + piece(arena, id).units;
    rest = piece(arena, id).next;
    --pieces_;
    const RecordId page = (id + Arena::kPageUnits - 1) / Arena::kPageUnits * Arena::kPageUnits;
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
