// SPDX-License-Identifier: Apache-2.0
#include "core/base/hash.h"

#include <bit>
#include <random>

namespace sluice {

HashSecret random_hash_secret() {
  std::random_device source;
  HashSecret secret{};
  for (uint64_t& word : secret.word) {
    do {
      word = (uint64_t{source()} << 32 | source()) | 1;
    } while (std::popcount(word) < 24 || std::popcount(word) > 40);
  }
  return secret;
}

}  // namespace sluice
