// SPDX-License-Identifier: Apache-2.0
#include "core/store/index.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "tests/support/failing_memory.h"
#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::FailingMemory;
using testing::Random;

// An index over numbers whose tags are known, beside a model.
class IndexTest : public ::testing::Test {
 protected:
  ~IndexTest() override { index.release(words); }

  void insert(uint32_t tag, RecordId id) {
    ASSERT_TRUE(index.reserve(words));
    index.insert(tag, id);
    model[id] = tag;
  }
  void erase(RecordId id) {
    index.erase(model.at(id), id);
    model.erase(id);
  }
  RecordId find(uint32_t tag, RecordId id) {
    return index.find(tag, [id](RecordId candidate) { return candidate == id; });
  }
  void expect_all_found() {
    EXPECT_EQ(index.count(), model.size());
    for (const auto& [id, tag] : model) ASSERT_EQ(find(tag, id), id);
  }

  FailingMemory host;
  Allocator memory{host.source(), uint64_t{1} << 30};
  RecordArena arena{uint64_t{1} << 26, memory};
  WordMemory words{memory, arena};
  Index index;
  std::map<RecordId, uint32_t> model;
};

TEST_F(IndexTest, AnEmptyOneFindsNothingAndHasNoMemory) {
  EXPECT_EQ(find(5, 1), 0u);
  EXPECT_EQ(index.guess(5), 0u);
  EXPECT_EQ(index.capacity(), 0u);
  EXPECT_EQ(memory.used(), 0u);
  EXPECT_EQ(index.own_place(5)->id, 0u);
  EXPECT_TRUE(Index::is_last(index.home_of(5)));
}

TEST_F(IndexTest, FindsEachOfManyUnderOneTag) {
  for (RecordId id = 1; id <= 50; ++id) insert(0xabcdef01, id);
  expect_all_found();
  EXPECT_EQ(find(0xabcdef01, 51), 0u);
  EXPECT_EQ(find(0xabcdef02, 1), 0u);
  EXPECT_NE(index.guess(0xabcdef01), 0u);
}

TEST_F(IndexTest, IsAtMostFourFifthsFullAndDoubles) {
  Random random(1);
  uint32_t last = 0;
  for (RecordId id = 1; id <= 5'000; ++id) {
    insert(static_cast<uint32_t>(random.next()), id);
    ASSERT_LE(uint64_t{index.count()} * 5, uint64_t{index.capacity()} * 4);
    if (index.capacity() != last && last != 0) {
      EXPECT_EQ(index.capacity(), 2 * last);
    }
    last = index.capacity();
  }
  expect_all_found();
  EXPECT_EQ(memory.used(), index.capacity() * sizeof(IndexWord));
}

TEST_F(IndexTest, ErasingShiftsBackAndLosesNobody) {
  Random random(2);
  for (int round = 0; round < 200; ++round) {
    // Few different low bits: long runs, also over the end.
    for (int i = 0; i < 30; ++i) {
      const auto id = static_cast<RecordId>(1 + random.below(1'000'000));
      if (model.contains(id)) continue;
      const uint32_t low = random.chance(50) ? 0xffffffff : static_cast<uint32_t>(random.next());
      insert((low & 0x000fffff) | static_cast<uint32_t>(random.below(7)) << 20, id);
    }
    while (model.size() > 200 || (random.chance(60) && !model.empty())) {
      auto it = model.begin();
      std::advance(it, static_cast<std::ptrdiff_t>(random.below(model.size())));
      erase(it->first);
    }
    expect_all_found();
  }
}

TEST_F(IndexTest, ErasingByPlaceBringsWhatFollowedUnderTheSamePlaceOrLeavesItEmpty) {
  Random random(3);
  for (RecordId id = 1; id <= 3'000; ++id) insert(static_cast<uint32_t>(random.next()), id);
  // A walk that stays where something was taken out meets everybody.
  std::set<RecordId> met;
  for (uint32_t place = 0; place < index.capacity();) {
    const auto id = index.word(place).id;
    if (id == 0) {
      ++place;
      continue;
    }
    met.insert(id);
    if (id % 3 != 0) {
      index.erase_at(place);
      model.erase(id);
    } else {
      ++place;
    }
  }
  EXPECT_EQ(met.size(), 3'000u);
  expect_all_found();
}

TEST_F(IndexTest, ShrinksWhenAlmostEmptyAndLosesNobody) {
  Random random(5);
  for (RecordId id = 1; id <= 5'000; ++id) insert(static_cast<uint32_t>(random.next()), id);
  index.shrink(words);
  EXPECT_EQ(index.capacity(), 8'192u);
  for (RecordId id = 5'000; id > 100; --id) erase(id);
  index.shrink(words);
  EXPECT_EQ(index.capacity(), 1'024u);
  expect_all_found();
  host.fail_after(0);
  for (RecordId id = 100; id > 10; --id) erase(id);
  index.shrink(words);
  EXPECT_EQ(index.capacity(), 1'024u);
  host.never_fail();
  index.shrink(words);
  EXPECT_EQ(index.capacity(), 128u);
  expect_all_found();
  while (!model.empty()) erase(model.begin()->first);
  index.shrink(words);
  EXPECT_EQ(memory.used(), 0u);
  insert(7, 7);
  expect_all_found();
}

TEST_F(IndexTest, ReplacingKeepsThePlace) {
  for (RecordId id = 1; id <= 20; ++id) insert(77, id);
  index.replace(77, 10, 500);
  model.erase(10);
  model[500] = 77;
  expect_all_found();
  EXPECT_EQ(find(77, 10), 0u);
}

TEST_F(IndexTest, WithoutMemoryToGrowItStaysAsItWas) {
  Random random(4);
  ASSERT_TRUE(index.reserve(words));
  host.fail_after(0);
  while (index.reserve(words)) {
    const auto id = static_cast<RecordId>(model.size() + 1);
    const auto tag = static_cast<uint32_t>(random.next());
    index.insert(tag, id);
    model[id] = tag;
  }
  EXPECT_EQ(index.count(), 6u);
  expect_all_found();
  host.never_fail();
  for (RecordId id = 1'000; id < 1'100; ++id) insert(static_cast<uint32_t>(random.next()), id);
  expect_all_found();
}

}  // namespace
}  // namespace sluice
