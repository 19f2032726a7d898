// SPDX-License-Identifier: Apache-2.0
// Prototype C: an index of 8-byte words (32-bit tag, 32-bit record number), records of 48 bytes with the whole key, stripe locks.
// Two dependent misses a cold decision; the floor for a limiter that verifies its keys.
#pragma once

#include "bench/prototype.h"

namespace sluice::bench {

class SplitTable {
 public:
  SplitTable(size_t keys, Pace pace) : pace_(pace), mask_(slots_for(keys) - 1), index_(mask_ + 1), records_(keys + 1) {}

  // REQUIRES: the key has at most 31 bytes and is not in the table.
  void insert(Key key) {
    const uint64_t hash = hash_key(key);
    uint64_t i = home(hash);
    while (index_[i] != 0) i = (i + 1) & mask_;
    Record& record = records_[++last_];
    record.key_size = static_cast<uint8_t>(key.size());
    std::memcpy(record.key, key.data(), key.size());
    index_[i] = hash << 32 | last_;
  }

  // A key never inserted is denied without a wait.
  Answer decide(Key key, uint64_t now) {
    const uint64_t hash = hash_key(key);
    return decide_at(hash, home(hash), key, now);
  }

  // Hash and fetch the index words, then the records, then decide.
  template <size_t N>
  void decide_many(const Key* keys, uint64_t now, Answer* answers) {
    uint64_t hash[N], at[N];
    for (size_t i = 0; i < N; ++i) {
      hash[i] = hash_key(keys[i]);
      __builtin_prefetch(&index_[home(hash[i])], 0);
      __builtin_prefetch(&locks_.of(hash[i]), 1);
    }
    for (size_t i = 0; i < N; ++i) {
      at[i] = probe(hash[i], home(hash[i]));
      records_.prefetch(static_cast<uint32_t>(index_[at[i]]));
    }
    for (size_t i = 0; i < N; ++i) answers[i] = decide_at(hash[i], at[i], keys[i], now);
  }

 private:
  struct Record {
    uint64_t drained_at;
    uint8_t key_size;
    char key[31];
    uint64_t spare;
  };
  static_assert(sizeof(Record) == 48);

  struct Records : Pages<Record> {
    using Pages::Pages;
    // A record lies on two lines half the time.
    void prefetch(size_t i) {
      const char* record = reinterpret_cast<const char*>(&(*this)[i]);
      __builtin_prefetch(record, 1);
      if ((reinterpret_cast<uintptr_t>(record) & 63) > 16) __builtin_prefetch(record + 47, 1);
    }
  };

  uint64_t home(uint64_t hash) const { return hash >> 24 & mask_; }

  // The first place from `i` on that is free or holds this tag.
  uint64_t probe(uint64_t hash, uint64_t i) {
    for (;; i = (i + 1) & mask_) {
      const uint64_t word = index_[i];
      if (word == 0 || word >> 32 == static_cast<uint32_t>(hash)) return i;
    }
  }

  Answer decide_at(uint64_t hash, uint64_t i, Key key, uint64_t now) {
    StripeLocks::Stripe& stripe = locks_.of(hash);
    stripe.lock();
    Answer answer{false, 0, 0};
    for (;; i = (i + 1) & mask_) {
      i = probe(hash, i);
      const uint64_t word = index_[i];
      if (word == 0) break;
      Record& record = records_[static_cast<uint32_t>(word)];
      if (record.key_size == key.size() && std::memcmp(record.key, key.data(), key.size()) == 0) {
        answer = decide_pace(pace_, record.drained_at, now);
        break;
      }
    }
    stripe.unlock();
    return answer;
  }

  const Pace pace_;
  const uint64_t mask_;
  Pages<uint64_t> index_;
  Records records_;
  uint32_t last_ = 0;
  StripeLocks locks_;
};

}  // namespace sluice::bench
