// SPDX-License-Identifier: Apache-2.0
// Prototype A: a line of 64 bytes is four 64-bit fingerprints and their four states, with stripe locks. No key is stored.
// One miss a cold decision; the floor for a limiter that takes equal fingerprints for equal keys, which the product does not.
#pragma once

#include "bench/prototype.h"

namespace sluice::bench {

class FingerprintTable {
 public:
  FingerprintTable(size_t keys, Pace pace) : pace_(pace), mask_(slots_for((keys + 3) / 4) - 1), lines_(mask_ + 1) {}

  void insert(Key key) {
    const uint64_t print = print_of(key);
    for (uint64_t i = home(print);; i = (i + 1) & mask_) {
      for (uint64_t& slot : lines_[i].print) {
        if (slot != 0) continue;
        slot = print;
        return;
      }
    }
  }

  // A key never inserted is denied without a wait.
  Answer decide(Key key, uint64_t now) { return decide_print(print_of(key), now); }

  template <size_t N>
  void decide_many(const Key* keys, uint64_t now, Answer* answers) {
    uint64_t print[N];
    for (size_t i = 0; i < N; ++i) {
      print[i] = print_of(keys[i]);
      __builtin_prefetch(&lines_[home(print[i])], 1);
      __builtin_prefetch(&locks_.of(print[i]), 1);
    }
    for (size_t i = 0; i < N; ++i) answers[i] = decide_print(print[i], now);
  }

 private:
  struct alignas(64) Line {
    uint64_t print[4];
    uint64_t drained_at[4];
  };

  static uint64_t print_of(Key key) { return hash_key(key) | 1; }
  uint64_t home(uint64_t print) const { return print >> 8 & mask_; }

  // A bit for each of the line's slots that holds `print`. Baseline x86-64 compares 32-bit lanes, so halves are joined.
  static unsigned find(const Line& line, uint64_t print) {
    const __m128i wanted = _mm_set1_epi64x(static_cast<long long>(print));
    const auto equal = [&](const uint64_t* two) {
      const __m128i lanes = _mm_cmpeq_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(two)), wanted);
      const __m128i both = _mm_and_si128(lanes, _mm_shuffle_epi32(lanes, _MM_SHUFFLE(2, 3, 0, 1)));
      return static_cast<unsigned>(_mm_movemask_pd(_mm_castsi128_pd(both)));
    };
    return equal(line.print) | equal(line.print + 2) << 2;
  }

  Answer decide_print(uint64_t print, uint64_t now) {
    StripeLocks::Stripe& stripe = locks_.of(print);
    stripe.lock();
    Answer answer{false, 0, 0};
    for (uint64_t i = home(print);; i = (i + 1) & mask_) {
      Line& line = lines_[i];
      const unsigned found = find(line, print);
      if (found != 0) {
        answer = decide_pace(pace_, line.drained_at[__builtin_ctz(found)], now);
        break;
      }
      if (find(line, 0) != 0) break;
    }
    stripe.unlock();
    return answer;
  }

  const Pace pace_;
  const uint64_t mask_;
  Pages<Line> lines_;
  StripeLocks locks_;
};

}  // namespace sluice::bench
