// SPDX-License-Identifier: Apache-2.0
// Eight index words, which is one cache line, looked at together: which of them hold a tag, and which are free. Where in the line a
// word stands is chance, so no branch asks for it.
//
// A set of words is one bit for each, the first word's the lowest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/store/index_word.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sluice::bucket {

inline constexpr uint32_t kWords = 8;

// The lowest word of a set that is not empty, and the set without it.
inline uint32_t lowest(uint32_t set) { return static_cast<uint32_t>(__builtin_ctz(set)); }
inline uint32_t without_lowest(uint32_t set) { return set & (set - 1); }

#if defined(__SSE2__)

namespace detail {
// One half of each of eight words, equal to `wanted`.
template <bool kTags>
[[gnu::always_inline]] inline uint32_t halves_equal(const IndexWord* words, uint32_t wanted) {
  constexpr int kHalves = kTags ? _MM_SHUFFLE(3, 1, 3, 1) : _MM_SHUFFLE(2, 0, 2, 0);
  const auto* parts = reinterpret_cast<const float*>(words);
  const __m128i all = _mm_set1_epi32(static_cast<int>(wanted));
  const auto equal = [&](size_t first) __attribute__((always_inline)) {
    const __m128 halves = _mm_shuffle_ps(_mm_loadu_ps(parts + first), _mm_loadu_ps(parts + first + 4), kHalves);
    return _mm_cmpeq_epi32(_mm_castps_si128(halves), all);
  };
  const __m128i pairs = _mm_packs_epi32(equal(0), equal(8));
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(pairs, _mm_setzero_si128())));
}
}  // namespace detail

[[gnu::always_inline]] inline uint32_t with_tag(const IndexWord* words, uint32_t tag) {
  return detail::halves_equal<true>(words, tag);
}
inline uint32_t free_words(const IndexWord* words) { return detail::halves_equal<false>(words, 0); }

#else

namespace detail {
template <class Is>
inline uint32_t set_of(const IndexWord* words, Is&& is) {
  uint32_t set = 0;
  for (uint32_t i = 0; i < kWords; ++i) set |= uint32_t{is(words[i])} << i;
  return set;
}
}  // namespace detail

inline uint32_t with_tag(const IndexWord* words, uint32_t tag) {
  return detail::set_of(words, [tag](const IndexWord& word) { return word.tag == tag; });
}
inline uint32_t free_words(const IndexWord* words) {
  return detail::set_of(words, [](const IndexWord& word) { return word.id == 0; });
}

#endif

}  // namespace sluice::bucket
