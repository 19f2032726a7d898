// SPDX-License-Identifier: Apache-2.0
#include "core/store/bucket.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::Random;

// At every distance from a cache line's beginning: small arrays lie where the host puts them.
TEST(Bucket, FindsWhatALookAtEachWordFinds) {
  Random random(1);
  alignas(64) std::array<IndexWord, 3 * bucket::kWords> room;
  for (int round = 0; round < 20'000; ++round) {
    IndexWord* words = room.data() + random.below(2 * bucket::kWords);
    const auto tag = static_cast<uint32_t>(random.chance(10) ? 0 : random.next());
    uint32_t tagged = 0, free = 0;
    for (uint32_t i = 0; i < bucket::kWords; ++i) {
      words[i].id = random.chance(50) ? 0 : static_cast<RecordId>(random.next());
      words[i].tag = random.chance(30) ? tag : static_cast<uint32_t>(random.next());
      tagged |= uint32_t{words[i].tag == tag} << i;
      free |= uint32_t{words[i].id == 0} << i;
    }
    ASSERT_EQ(bucket::with_tag(words, tag), tagged);
    ASSERT_EQ(bucket::free_words(words), free);
  }
}

TEST(Bucket, TakesASetApartFromItsLowestWordOn) {
  uint32_t set = 0b10100100;
  EXPECT_EQ(bucket::lowest(set), 2u);
  set = bucket::without_lowest(set);
  EXPECT_EQ(bucket::lowest(set), 5u);
  set = bucket::without_lowest(set);
  EXPECT_EQ(bucket::lowest(set), 7u);
  EXPECT_EQ(bucket::without_lowest(set), 0u);
}

}  // namespace
}  // namespace sluice
