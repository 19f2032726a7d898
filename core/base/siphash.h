// SPDX-License-Identifier: Apache-2.0
// SipHash: a keyed 64-bit hash whose collisions cannot be aimed at without the key. 1-3 for fingerprints and
// the index, 2-4 where the published test vectors are wanted. Its values are part of snapshots: they never
// change.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace sluice {

// The 128-bit key as two little-endian words.
struct SipKey {
  uint64_t low = 0;
  uint64_t high = 0;
};

// kCompress rounds for every 8 bytes, kFinish rounds at the end.
template <int kCompress, int kFinish>
uint64_t siphash(const SipKey& key, Bytes bytes);

extern template uint64_t siphash<1, 3>(const SipKey&, Bytes);
extern template uint64_t siphash<2, 4>(const SipKey&, Bytes);

// What stands for a value in a set of distinct values.
inline uint64_t fingerprint(const SipKey& key, Bytes value) { return siphash<1, 3>(key, value); }

}  // namespace sluice
