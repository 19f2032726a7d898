// SPDX-License-Identifier: Apache-2.0
#include "core/base/key_ends.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

TEST(KeyEnds, AreAllOfAKeyUpToThirtyTwoBytesAndNothingBesideIt) {
  for (size_t size = 4; size <= KeyEnds::kWhole; ++size) {
    std::string a(size, 'a'), b = a;
    a += "tail of one key";
    b += "ends otherwise!";
    EXPECT_TRUE(KeyEnds(a.data(), size).same(KeyEnds(b.data(), size))) << size;
    for (size_t i = 0; i < size; ++i) {
      std::string other = b;
      other[i] = static_cast<char>(other[i] ^ 1);
      ASSERT_FALSE(KeyEnds(a.data(), size).same(KeyEnds(other.data(), size))) << i << " of " << size;
      if (!KeyEnds::is_usual(size)) continue;
      ASSERT_FALSE(KeyEnds::of_usual(a.data(), size).same(KeyEnds::of_usual(other.data(), size))) << i << " of " << size;
    }
  }
}

TEST(KeyEnds, AreOfTheShortestKeysToo) {
  for (size_t size = 0; size <= 3; ++size) {
    const std::string a(size, 'a');
    EXPECT_TRUE(KeyEnds(a.data(), size).same(KeyEnds(a.data(), size)));
    for (size_t i = 0; i < size; ++i) {
      std::string other = a;
      other[i] = 'b';
      EXPECT_NE(KeyEnds(a.data(), size).first_low(), KeyEnds(other.data(), size).first_low()) << i << " of " << size;
    }
  }
}

TEST(KeyEnds, OfTheUsualSizeAreTwoTimesSixteenBytes) {
  for (const size_t size : {0u, 1u, 15u, 33u, 1'024u}) EXPECT_FALSE(KeyEnds::is_usual(size)) << size;
  for (const size_t size : {16u, 17u, 32u}) EXPECT_TRUE(KeyEnds::is_usual(size)) << size;
}

}  // namespace
}  // namespace sluice
