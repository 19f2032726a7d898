// SPDX-License-Identifier: Apache-2.0
#include "core/store/index.h"

namespace sluice {

bool Index::resize(uint32_t to, WordMemory& memory) {
  IndexWord* words = memory.allocate(to);
  if (words == nullptr) return false;
  Index fresh;
  fresh.words_ = words;
  fresh.mask_ = (uint32_t{1} << to) - 1;
  for (uint32_t i = 0; i < capacity(); ++i) {
    if (words_[i].id != 0) fresh.insert(words_[i].tag, words_[i].id);
  }
  if (has_words() && to > log2()) {
    memory.outgrow(words_, log2());
  } else {
    release(memory);
  }
  *this = fresh;
  return true;
}

void Index::shrink(WordMemory& memory) {
  if (count_ == 0) return release(memory);
  uint32_t wanted = log2();
  while (wanted > kFirstLog2 && uint64_t{count_} * 16 <= uint64_t{1} << wanted) --wanted;
  if (wanted != log2()) resize(wanted, memory);
}

// The first that is free from its home bucket on.
IndexWord* Index::free_place(uint32_t tag) {
  uint32_t b = home(tag), free;
  while ((free = bucket::free_words(words_ + b)) == 0) b = after(b);
  return words_ + b + bucket::lowest(free);
}

// A word that did not find room in bucket `b`, wherever it stands behind it; kNowhere. REQUIRES: the bucket was full until now.
uint32_t Index::passed_by(uint32_t b) const {
  for (uint32_t i = after(b); i != b; i = after(i)) {
    const uint32_t free = bucket::free_words(words_ + i);
    for (uint32_t w = 0; w < bucket::kWords; ++w) {
      if ((free >> w & 1) != 0) continue;
      const uint32_t wanted = home(words_[i + w].tag);
      if (((i - wanted) & mask_) >= ((i - b) & mask_)) return i + w;
    }
    if (free != 0) break;
  }
  return kNowhere;
}

void Index::erase_from_full(uint32_t position) {
  uint32_t hole = position;
  for (;;) {
    const uint32_t b = hole & ~(bucket::kWords - 1);
    const uint32_t next = bucket::free_words(words_ + b) == 0 ? passed_by(b) : kNowhere;
    if (next == kNowhere) break;
    words_[hole] = words_[next];
    hole = next;
  }
  words_[hole] = {};
  --count_;
}

uint32_t Index::position_of(uint32_t tag, RecordId id) const {
  const IndexWord wanted{id, tag};
  for (uint32_t b = home(tag);; b = after(b)) {
    for (uint32_t set = bucket::with_tag(words_ + b, tag); set != 0; set = bucket::without_lowest(set)) {
      if (words_[b + bucket::lowest(set)] == wanted) return b + bucket::lowest(set);
    }
  }
}

void Index::erase(uint32_t tag, RecordId id) { erase_at(position_of(tag, id)); }

void Index::replace(uint32_t tag, RecordId from, RecordId to) { words_[position_of(tag, from)].id = to; }

void Index::release(WordMemory& memory) {
  if (has_words()) memory.release(words_, log2());
  *this = Index();
}

}  // namespace sluice
