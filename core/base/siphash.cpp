// SPDX-License-Identifier: Apache-2.0
#include "core/base/siphash.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace sluice {
namespace {

struct SipState {
  uint64_t v0, v1, v2, v3;

  explicit SipState(const SipKey& key)
      : v0(key.low ^ 0x736f6d6570736575),
        v1(key.high ^ 0x646f72616e646f6d),
        v2(key.low ^ 0x6c7967656e657261),
        v3(key.high ^ 0x7465646279746573) {}

  void round() {
    v0 += v1, v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0, v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1, v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2, v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }

  template <int kRounds>
  void absorb(uint64_t word) {
    v3 ^= word;
    for (int i = 0; i < kRounds; ++i) round();
    v0 ^= word;
  }
};

// The next `size` (at most 8) bytes, least significant first, on every machine.
uint64_t load_little(const char* bytes, size_t size) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, size);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

}  // namespace

template <int kCompress, int kFinish>
uint64_t siphash(const SipKey& key, Bytes bytes) {
  SipState state(key);
  const size_t tail = bytes.size() % 8;
  const size_t whole = bytes.size() - tail;
  for (size_t i = 0; i < whole; i += 8) state.template absorb<kCompress>(load_little(bytes.data() + i, 8));
  const uint64_t last = tail == 0 ? 0 : load_little(bytes.data() + whole, tail);
  state.template absorb<kCompress>(last | static_cast<uint64_t>(bytes.size()) << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < kFinish; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

template uint64_t siphash<1, 3>(const SipKey&, Bytes);
template uint64_t siphash<2, 4>(const SipKey&, Bytes);

}  // namespace sluice
