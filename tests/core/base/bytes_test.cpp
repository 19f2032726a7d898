// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

// Word by word, and the words overlap: every byte of every length is in one of them, and none beyond.
TEST(SameBytes, LooksAtEveryByteAndAtNoOther) {
  for (size_t size = 0; size <= 70; ++size) {
    std::string a(size, 'a'), b = a;
    a += "tail of one key";
    b += "ends otherwise!";
    EXPECT_TRUE(same_bytes(a.data(), b.data(), size)) << size;
    for (size_t i = 0; i < size; ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string other = b;
        other[i] = static_cast<char>(other[i] ^ (1 << bit));
        ASSERT_FALSE(same_bytes(a.data(), other.data(), size)) << i << " of " << size;
      }
    }
  }
}

}  // namespace
}  // namespace sluice
