// SPDX-License-Identifier: Apache-2.0
// What the prototypes share: the pace they decide, a hash for short keys, stripe locks and fresh pages.
//
// A prototype is the least that can decide one pace by key on this machine: no policy, no plans, no statistics, no growth, and
// nothing of the product's own code. It is inlined into the program that measures it.
#pragma once

#include <immintrin.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "bench/keys.h"

namespace sluice::bench {

struct Pace {
  uint64_t unit;   // ns that one decision adds
  uint64_t depth;  // units that may be open at once
};

struct Answer {
  bool allowed;
  uint64_t remaining;  // units
  uint64_t wait;       // ns
};

// GCRA. `drained_at` is the key's whole state: when all its debt has drained.
inline Answer decide_pace(const Pace& pace, uint64_t& drained_at, uint64_t now) {
  const uint64_t after = (drained_at > now ? drained_at : now) + pace.unit;
  const uint64_t bound = now + pace.depth * pace.unit;
  if (after > bound) return {false, 0, after - bound};
  drained_at = after;
  return {true, (bound - after) / pace.unit, 0};
}

inline uint64_t load8(const char* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

inline uint64_t fold(uint64_t a, uint64_t b) {
  const Wide product = Wide{a} * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Multiply-fold, for keys of more than 16 bytes.
inline uint64_t hash_key(Key key) {
  constexpr uint64_t k0 = 0x2d358dccaa6c78a5, k1 = 0x8bb84b93962eacc9, k2 = 0x4b33a62ed433d4a3;
  uint64_t seed = 99 ^ k0;
  const char* p = key.data();
  for (size_t left = key.size(); left > 16; p += 16, left -= 16) seed = fold(load8(p) ^ k1, load8(p + 8) ^ seed);
  const char* end = key.data() + key.size();
  return fold(k2 ^ key.size(), fold(load8(end - 16) ^ k1, load8(end - 8) ^ seed));
}

class StripeLocks {
 public:
  struct alignas(64) Stripe {
    void lock() {
      while (held.exchange(1, std::memory_order_acquire) != 0) {
        while (held.load(std::memory_order_relaxed) != 0) _mm_pause();
      }
    }
    void unlock() { held.store(0, std::memory_order_release); }

    std::atomic<uint8_t> held{0};
  };

  Stripe& of(uint64_t hash) { return stripes_[hash >> 52]; }

 private:
  std::unique_ptr<Stripe[]> stripes_ = std::make_unique<Stripe[]>(4096);
};

// Zeroed memory of its own, on huge pages where the system has them.
template <class Element>
class Pages {
 public:
  explicit Pages(size_t count) : bytes_((count * sizeof(Element) + kHuge - 1) / kHuge * kHuge) {
    region_ = mmap(nullptr, bytes_ + kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region_ == MAP_FAILED) throw std::bad_alloc();
    first_ = reinterpret_cast<Element*>((reinterpret_cast<uintptr_t>(region_) + kHuge - 1) / kHuge * kHuge);
    madvise(first_, bytes_, MADV_HUGEPAGE);
  }
  ~Pages() { munmap(region_, bytes_ + kHuge); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  Element& operator[](size_t i) { return first_[i]; }

 private:
  static constexpr size_t kHuge = size_t{2} << 20;

  size_t bytes_;
  void* region_;
  Element* first_;
};

// The power of two at which `entries` fill a table to at most four fifths.
inline uint64_t slots_for(size_t entries) {
  uint64_t slots = 64;
  while (slots * 4 < entries * 5) slots *= 2;
  return slots;
}

}  // namespace sluice::bench
