// SPDX-License-Identifier: Apache-2.0
#include "core/store/index.h"

namespace sluice {
namespace {

constexpr uint32_t kFirstLog2 = 3;

uint64_t make_word(uint32_t tag, RecordId id) { return uint64_t{tag} << 32 | id; }
uint32_t tag_of_word(uint64_t word) { return static_cast<uint32_t>(word >> 32); }

}  // namespace

bool Index::resize(uint32_t log2, WordMemory& memory) {
  uint64_t* words = memory.allocate(log2);
  if (words == nullptr) return false;
  Index fresh;
  fresh.words_ = words;
  fresh.log2_ = log2;
  for (uint32_t i = 0; i < capacity(); ++i) {
    if (words_[i] != 0) fresh.insert(tag_of_word(words_[i]), static_cast<RecordId>(words_[i]));
  }
  if (words_ != nullptr && log2 > log2_) {
    memory.outgrow(words_, log2_);
  } else {
    release(memory);
  }
  *this = fresh;
  return true;
}

bool Index::reserve(WordMemory& memory) {
  if (words_ != nullptr && uint64_t{count_ + 1} * 5 <= uint64_t{capacity()} * 4) return true;
  return resize(words_ == nullptr ? kFirstLog2 : log2_ + 1, memory);
}

void Index::shrink(WordMemory& memory) {
  if (count_ == 0) return release(memory);
  uint32_t log2 = log2_;
  while (log2 > kFirstLog2 && uint64_t{count_} * 16 <= uint64_t{1} << log2) --log2;
  if (log2 != log2_) resize(log2, memory);
}

void Index::insert(uint32_t tag, RecordId id) {
  const uint32_t mask = capacity() - 1;
  uint32_t i = home(tag);
  while (words_[i] != 0) i = (i + 1) & mask;
  words_[i] = make_word(tag, id);
  ++count_;
}

void Index::erase_at(uint32_t position) {
  const uint32_t mask = capacity() - 1;
  uint32_t hole = position;
  for (uint32_t i = (hole + 1) & mask; words_[i] != 0; i = (i + 1) & mask) {
    const uint32_t wanted = home(tag_of_word(words_[i]));
    // It may move into the hole iff the hole lies on its way from home.
    if (((i - wanted) & mask) >= ((i - hole) & mask)) {
      words_[hole] = words_[i];
      hole = i;
    }
  }
  words_[hole] = 0;
  --count_;
}

uint32_t Index::position_of(uint32_t tag, RecordId id) const {
  const uint32_t mask = capacity() - 1;
  uint32_t i = home(tag);
  while (words_[i] != make_word(tag, id)) i = (i + 1) & mask;
  return i;
}

void Index::erase(uint32_t tag, RecordId id) { erase_at(position_of(tag, id)); }

void Index::replace(uint32_t tag, RecordId from, RecordId to) { words_[position_of(tag, from)] = make_word(tag, to); }

void Index::release(WordMemory& memory) {
  if (words_ != nullptr) memory.release(words_, log2_);
  words_ = nullptr;
  count_ = 0;
}

}  // namespace sluice
