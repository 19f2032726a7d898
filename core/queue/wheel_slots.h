// SPDX-License-Identifier: Apache-2.0
// The slots of a release wheel: for each the first of its timers, a bit for each that has any, and a bit for each word of bits. Nothing
// is ever looked for slot by slot, however far it is.
//
// 1. A level's slots are a ring that reaches ahead as far as their number:
//
//               slots   wide     reach
//      main     4,096   0.26 ms  1.07 s
//      upper      256   67 ms    17 s
//                 256   8.6 s    37 min
//                 256   18 min   78 h
//                 256   39 h     1.1 years
//                 256   208 d    146 years, to the end of time
//
//    Most lines wait for a second or less: their timers go to main slots, of which there are enough for that.
// 2. A slot of a level is no wider than the reach of the level below it, and starts where a slot of every level below starts.
// 3. kRun and kEarly are slots of no level: what came out of the main slot that is being served, and what joined it since.
// 4. All zero bytes are slots without timers. 22 KiB.
#pragma once

#include <bit>
#include <cstdint>

#include "core/queue/timer_pool.h"

namespace sluice {

class WheelSlots {
 public:
  struct Level {
    uint32_t shift;  // a slot is 2^shift ns wide
    uint32_t count;  // of slots, a power of two
    uint32_t first;  // the slot
    uint32_t slot_at(uint64_t t) const { return first + (static_cast<uint32_t>(t >> shift) & (count - 1)); }
    uint64_t start_at(uint64_t t) const { return t >> shift << shift; }
    // How many slots later `t` is; for what is earlier, more than there are.
    uint64_t distance(uint64_t from, uint64_t t) const { return (t >> shift) - (from >> shift); }
  };
  // The main slots come first, so that their words are those of one summary word.
  static constexpr Level kMain = {18, 4096, 0};
  static constexpr Level kUpper[] = {{26, 256, 4096}, {33, 256, 4352}, {40, 256, 4608}, {47, 256, 4864}, {54, 256, 5120}};
  static constexpr uint32_t kRun = 5376, kEarly = 5377;

  TimerId first(uint32_t slot) const { return first_[slot]; }
  void set_first(uint32_t slot, TimerId first) {
    first_[slot] = first;
    if (slot >= kInLevels) return;
    const uint32_t word = slot / 64;
    if (first != 0) {
      bits_[word] |= bit(slot);
      summary_[word / 64] |= bit(word);
    } else {
      bits_[word] &= ~bit(slot);
      if (bits_[word] == 0) summary_[word / 64] &= ~bit(word);
    }
  }

  bool has_any(const Level& level) const { return words_in_use(level) != 0; }
  // The start of the level's earliest slot with timers, as seen from an instant before it. REQUIRES: has_any().
  uint64_t first_start(const Level& level, uint64_t from) const {
    const uint64_t here = from >> level.shift;
    const uint32_t mask = level.count - 1;
    const uint32_t distance = first_from(level, static_cast<uint32_t>(here) & mask) - static_cast<uint32_t>(here);
    return (here + (distance & mask)) << level.shift;
  }

 private:
  static constexpr uint32_t kInLevels = 4096 + 5 * 256;

  static uint64_t bit(uint32_t i) { return uint64_t{1} << i % 64; }
  static uint32_t lowest(uint64_t bits) { return static_cast<uint32_t>(__builtin_ctzll(bits)); }

  // A bit for each of the level's words.
  uint64_t words_in_use(const Level& level) const {
    const uint32_t word = level.first / 64, count = level.count / 64;
    return summary_[word / 64] >> word % 64 & (~uint64_t{0} >> (64 - count));
  }
  // The first slot with timers from `here` on, going round.
  uint32_t first_from(const Level& level, uint32_t here) const {
    const uint64_t* bits = bits_ + level.first / 64;
    const uint32_t word = here / 64;
    if (const uint64_t rest = bits[word] & ~uint64_t{0} << here % 64) return word * 64 + lowest(rest);
    const uint64_t words = words_in_use(level), behind = words & ~uint64_t{1} << word;
    const uint32_t found = lowest(behind != 0 ? behind : words);
    return found * 64 + lowest(bits[found]);
  }

  uint64_t summary_[2];
  uint64_t bits_[kInLevels / 64];
  TimerId first_[kInLevels + 2];
};

}  // namespace sluice
