// SPDX-License-Identifier: Apache-2.0
// A shard's index: open addressing over one 8-byte word a record, a 32-bit tag of the hash and the record's number.
//
// 1. A word is 0 or tag << 32 | number with number != 0. Linear probing from the tag's high bits; erase shifts back, no tombstones.
// 2. The tag alone gives the home position, so growing never touches a record.
// 3. At most four fifths full; doubling. A shard holds few thousand words at the sizes met, so a doubling takes tens of microseconds.
// Threads: the shard's lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/store/record.h"
#include "core/store/word_memory.h"

namespace sluice {

class Index {
 public:
  static constexpr uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash); }

  uint32_t count() const { return count_; }
  uint32_t capacity() const { return words_ == nullptr ? 0 : uint32_t{1} << log2_; }
  uint64_t word(uint32_t position) const { return words_[position]; }

  // The record with this tag for which same(number) holds, or 0.
  template <class Same>
  RecordId find(uint32_t tag, Same&& same) const {
    const uint64_t* const words = words_;
    if (words == nullptr) return 0;
    for (uint32_t i = home(tag);; i = (i + 1) & ((uint32_t{1} << log2_) - 1)) {
      const uint64_t word = words[i];
      if (word == 0) return 0;
      if (static_cast<uint32_t>(word >> 32) == tag && same(static_cast<RecordId>(word))) return static_cast<RecordId>(word);
    }
  }
  // The first record with this tag: a guess worth prefetching.
  RecordId guess(uint32_t tag) const {
    return find(tag, [](RecordId) { return true; });
  }
  // The word that stands there; 0: none, or no index yet.
  uint64_t first(uint32_t tag) const { return words_ == nullptr ? 0 : words_[home(tag)]; }
  // Where a tag is looked for first; nullptr while nothing is there. Asks for its line.
  [[gnu::always_inline]] const uint64_t* prefetch(uint32_t tag) const {
    if (words_ == nullptr) return nullptr;
    const uint64_t* word = &words_[home(tag)];
    __builtin_prefetch(word);
    return word;
  }
  // The record whose tag stands in `word`, else what guess() finds. `word`: of prefetch(), under the same lock.
  RecordId guess_at(const uint64_t* word, uint32_t tag) const {
    if (word == nullptr) return 0;
    return *word >> 32 == tag ? static_cast<RecordId>(*word) : guess(tag);
  }

  // Gives memory back when almost all of it is empty; stays as it is when there is none for a smaller one.
  void shrink(WordMemory& memory);
  // Makes room for one more; false when there is no memory.
  bool reserve(WordMemory& memory);
  // REQUIRES: reserve() was true and nothing was inserted since; the record is not in the index.
  void insert(uint32_t tag, RecordId id);
  // Takes the word at `position` out; what followed it may move into its place.
  void erase_at(uint32_t position);
  void erase(uint32_t tag, RecordId id);
  // Puts another record's number in the place of one with the same tag.
  void replace(uint32_t tag, RecordId from, RecordId to);
  void release(WordMemory& memory);

 private:
  uint32_t home(uint32_t tag) const { return static_cast<uint32_t>(uint64_t{tag} >> (32 - log2_)); }
  uint32_t position_of(uint32_t tag, RecordId id) const;
  bool resize(uint32_t log2, WordMemory& memory);

  uint64_t* words_ = nullptr;
  uint32_t count_ = 0;
  uint32_t log2_ = 0;
};

}  // namespace sluice
