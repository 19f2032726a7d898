// SPDX-License-Identifier: Apache-2.0
// A shard's index: buckets of eight 8-byte words, one a record: a 32-bit tag of the hash and the record's number.
//
// 1. A tag's home bucket is told by its low bits; a word stands there, or, where every bucket from home on was full, in the first
//    behind them that was not. Erase shifts back, no tombstones.
// 2. The tag alone gives the home bucket, so growing never touches a record.
// 3. At most four fifths full; doubling. A shard holds few thousand words at the sizes met, so a doubling takes tens of microseconds.
// Threads: the shard's lock.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "core/store/bucket.h"
#include "core/store/record.h"
#include "core/store/word_memory.h"

namespace sluice {

class Index {
 public:
  static constexpr uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash); }

  uint32_t count() const { return count_; }
  uint32_t capacity() const { return has_words() ? mask_ + 1 : 0; }
  IndexWord word(uint32_t position) const { return words_[position]; }

  // The record with this tag for which same(number) holds, or 0.
  template <class Same>
  RecordId find(uint32_t tag, Same&& same) const {
    const uint32_t position = position_of(tag, same);
    return position == kNowhere ? 0 : words_[position].id;
  }
  // Where it stands; kNowhere.
  static constexpr uint32_t kNowhere = UINT32_MAX;
  template <std::predicate<RecordId> Same>
  uint32_t position_of(uint32_t tag, Same&& same) const {
    const IndexWord own = words_[tag & mask_];
    if (own.tag == tag && own.id != 0 && same(own.id)) [[likely]]
      return tag & mask_;
    for (uint32_t b = home(tag);; b = after(b)) {
      for (uint32_t set = bucket::with_tag(words_ + b, tag); set != 0; set = bucket::without_lowest(set)) {
        const uint32_t position = b + bucket::lowest(set);
        if (words_[position].id != 0 && same(words_[position].id)) return position;
      }
      if (bucket::free_words(words_ + b) != 0) return kNowhere;
    }
  }
  // The first record with this tag: a guess worth prefetching.
  RecordId guess(uint32_t tag) const {
    return find(tag, [](RecordId) { return true; });
  }
  // The word at a tag's own place, where it most likely stands.
  const IndexWord* own_place(uint32_t tag) const { return words_ + (tag & mask_); }
  // The first word of the home bucket, which the own place is in.
  const IndexWord* home_of(uint32_t tag) const { return words_ + home(tag); }
  // The first record with this tag in its home bucket; 0: none there. No branch asks where.
  [[gnu::always_inline]] static RecordId guess_in(const IndexWord* home, uint32_t tag) {
    const uint32_t set = bucket::with_tag(home, tag);
    return set == 0 ? 0 : home[bucket::lowest(set)].id;
  }
  // Whether what is not in this bucket is in none behind it.
  static bool is_last(const IndexWord* home) { return bucket::free_words(home) != 0; }

  // Gives memory back when almost all of it is empty; stays as it is when there is none for a smaller one.
  void shrink(WordMemory& memory);
  // Makes room for one more; false when there is no memory.
  bool reserve(WordMemory& memory) { return has_room() || resize(has_words() ? log2() + 1 : kFirstLog2, memory); }
  bool has_room() const { return has_words() && uint64_t{count_ + 1} * 5 <= (uint64_t{mask_} + 1) * 4; }
  // REQUIRES: reserve() was true and nothing was inserted since; the record is not in the index.
  void insert(uint32_t tag, RecordId id) {
    IndexWord* place = words_ + (tag & mask_);
    if (place->id != 0) [[unlikely]]
      place = free_place(tag);
    *place = {id, tag};
    ++count_;
  }
  // Takes the word at `position` out; what followed it may move into its place.
  void erase_at(uint32_t position) {
    if (bucket::free_words(words_ + (position & ~(bucket::kWords - 1))) == 0) [[unlikely]]
      return erase_from_full(position);
    words_[position] = {};
    --count_;
  }
  void erase(uint32_t tag, RecordId id);
  // Puts another record's number in the place of one with the same tag.
  void replace(uint32_t tag, RecordId from, RecordId to);
  void release(WordMemory& memory);

 private:
  static constexpr uint32_t kFirstLog2 = 3;  // one bucket
  static_assert(bucket::kWords == 1u << kFirstLog2);

  bool has_words() const { return words_ != kNobody; }
  uint32_t log2() const { return static_cast<uint32_t>(__builtin_ctz(mask_ + 1)); }  // of the capacity
  // The first words of a tag's home bucket and of the bucket behind another.
  uint32_t home(uint32_t tag) const { return tag & mask_ & ~(bucket::kWords - 1); }
  uint32_t after(uint32_t b) const { return (b + bucket::kWords) & mask_; }
  uint32_t position_of(uint32_t tag, RecordId id) const;
  IndexWord* free_place(uint32_t tag);
  void erase_from_full(uint32_t position);
  uint32_t passed_by(uint32_t b) const;
  bool resize(uint32_t to, WordMemory& memory);

  // What an index without memory looks into; nothing is ever written there.
  static inline IndexWord kNobody[bucket::kWords] = {};

  IndexWord* words_ = kNobody;
  uint32_t count_ = 0;
  uint32_t mask_ = bucket::kWords - 1;  // the capacity, a power of two, less one
};

}  // namespace sluice
