// SPDX-License-Identifier: Apache-2.0
#include "core/limits/slot_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/failing_memory.h"
#include "tests/support/random.h"

namespace sluice {
namespace {

using testing::FailingMemory;
using testing::Random;

class SlotSetTest : public ::testing::Test {
 protected:
  ~SlotSetTest() override {
    set_.clear(memory_);
    EXPECT_EQ(memory_.used(), 0u);
  }

  void open(uint64_t fingerprint, Instant at, Span lifetime) {
    ASSERT_TRUE(set_.reserve(1, at, lifetime, memory_));
    set_.tidy(1, at, lifetime);
    set_.open(fingerprint, at);
  }

  FailingMemory host_;
  Allocator memory_{host_.source(), uint64_t{1} << 40};
  SlotSet set_;
};

// The obvious set.
struct Model {
  struct Slot {
    uint64_t fingerprint;
    Instant opened;
    bool used;
  };
  std::vector<Slot> slots;  // not closed, in opening order

  static bool lives(const Slot& slot, Instant t, Span lifetime) { return lifetime == 0 || slot.opened + lifetime > t; }
  size_t live(Instant t, Span lifetime) const {
    return static_cast<size_t>(std::count_if(slots.begin(), slots.end(), [=](const Slot& s) { return lives(s, t, lifetime); }));
  }
  auto find(uint64_t fingerprint) {
    return std::find_if(slots.begin(), slots.end(), [=](const Slot& s) { return s.fingerprint == fingerprint; });
  }
  void close(uint64_t fingerprint) {
    const auto found = find(fingerprint);
    if (found != slots.end()) slots.erase(found);
  }
  void take_back(uint64_t fingerprint, Instant opened) {
    const auto found = find(fingerprint);
    if (found != slots.end() && found->opened == opened && !found->used) slots.erase(found);
  }
  Instant room_at(size_t most, Instant from, Span lifetime) const {
    if (live(from, lifetime) <= most) return from;
    if (lifetime == 0) return kOnRelease;
    Instant best = kNever;
    for (const Slot& s : slots) {
      const Instant t = s.opened + lifetime;
      if (t > from && t < best && live(t, lifetime) <= most) best = t;
    }
    return best;
  }
};

TEST_F(SlotSetTest, AnEmptySetHoldsNothingAndHasNoMemory) {
  EXPECT_FALSE(set_.holds(0, 0, 10));
  EXPECT_EQ(set_.live(0, 10), 0u);
  set_.close(0);
  set_.tidy(1, 0, 10);
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(SlotSetTest, ASlotLivesUntilItsLifetimeIsOverAndNotAtThatInstant) {
  open(7, 100, 10);
  EXPECT_TRUE(set_.holds(7, 109, 10));
  EXPECT_FALSE(set_.holds(7, 110, 10));
  EXPECT_EQ(set_.live(109, 10), 1u);
  EXPECT_EQ(set_.live(110, 10), 0u);
}

TEST_F(SlotSetTest, ALifetimeOfZeroNeverEnds) {
  open(7, 0, 0);
  EXPECT_TRUE(set_.holds(7, kEndOfTime - 1, 0));
  EXPECT_EQ(set_.room_at(0, 5, 0), kOnRelease);
  EXPECT_EQ(set_.all_closed_at(5, 0), kNever);
}

TEST_F(SlotSetTest, FingerprintsThatDifferOnlyInTheirUpperHalfAreApart) {
  open(uint64_t{1} << 32, 0, 10);
  EXPECT_FALSE(set_.holds(0, 0, 10));
  EXPECT_FALSE(set_.holds(uint64_t{1} << 63, 0, 10));
  open(0, 0, 10);
  open(UINT64_MAX, 0, 10);
  EXPECT_TRUE(set_.holds(0, 0, 10));
  EXPECT_TRUE(set_.holds(UINT64_MAX, 0, 10));
  EXPECT_EQ(set_.live(0, 10), 3u);
}

TEST_F(SlotSetTest, ReopeningAnExpiredSlotKeepsOneSlot) {
  open(7, 0, 10);
  open(7, 50, 10);
  EXPECT_EQ(set_.live(50, 10), 1u);
  EXPECT_EQ(set_.all_closed_at(50, 10), 60);
}

TEST_F(SlotSetTest, TakingBackClosesOnlyAnUnusedSlotOfThatInstant) {
  open(1, 10, 100);
  open(2, 10, 100);
  open(3, 10, 100);
  set_.mark_used(2);
  set_.take_back(1, 10);
  set_.take_back(2, 10);
  set_.take_back(3, 9);
  EXPECT_FALSE(set_.holds(1, 10, 100));
  EXPECT_TRUE(set_.holds(2, 10, 100));
  EXPECT_TRUE(set_.holds(3, 10, 100));
}

TEST_F(SlotSetTest, ClosingNeedsNoMemory) {
  for (uint64_t i = 0; i < 1'000; ++i) open(i, 0, 0);
  host_.fail_after(0);
  for (uint64_t i = 0; i < 1'000; i += 2) set_.close(i);
  EXPECT_EQ(set_.live(0, 0), 500u);
  for (uint64_t i = 0; i < 1'000; ++i) EXPECT_EQ(set_.holds(i, 0, 0), i % 2 == 1);
  EXPECT_EQ(host_.refused(), 0u);
}

TEST_F(SlotSetTest, AFullSetWithManyHolesReopensWithoutMemory) {
  for (uint64_t i = 0; i < 1'000; ++i) open(i, 0, 0);
  for (uint64_t i = 1; i < 1'000; i += 2) set_.close(i);
  while (set_.stored() < set_.places()) open(10'000 + set_.stored(), 0, 0);
  host_.fail_after(0);
  EXPECT_TRUE(set_.reserve(1, 0, 0, memory_));
  set_.open(5, 0);
  EXPECT_TRUE(set_.holds(5, 0, 0));
}

TEST_F(SlotSetTest, ChurnOnAnOldHoldingDoesNotGrowTheSet) {
  open(1, 0, 0);  // stays in front for ever
  for (Instant t = 1; t < 100'000; ++t) {
    open(2, t, 0);
    set_.close(2);
  }
  EXPECT_LE(set_.places(), 16u);
  EXPECT_TRUE(set_.holds(1, 0, 0));
}

TEST_F(SlotSetTest, WhatIsStoredNeverOutgrowsWhatWasLive) {
  uint64_t next = 0;
  for (Instant t = 0; t < 2'000; ++t) {  // 100 a step, each for 10 steps: 1,000 live
    ASSERT_TRUE(set_.reserve(100, t, 10, memory_));
    set_.tidy(100, t, 10);
    for (int i = 0; i < 100; ++i) set_.open(next++, t);
    ASSERT_LE(set_.stored(), 1'100u);
  }
}

TEST_F(SlotSetTest, AHundredThousandSlotsTakeLessThanTwentyFourBytesEach) {
  for (uint64_t i = 0; i < 100'000; ++i) open(i * 0x9e3779b97f4a7c15, static_cast<Instant>(i), kDay);
  EXPECT_EQ(set_.live(100'000, kDay), 100'000u);
  EXPECT_LT(memory_.used(), 24u * 100'000u);
  RecordProperty("bytes_per_slot", std::to_string(static_cast<double>(memory_.used()) / 100'000));
}

TEST_F(SlotSetTest, MemoryShrinksAfterTheSlotsHaveGone) {
  for (uint64_t i = 0; i < 10'000; ++i) open(i, 0, 10);
  for (Instant t = 100; t < 1'000; ++t) open(1, t, 10);
  EXPECT_LE(memory_.used(), 4'096u);
}

TEST_F(SlotSetTest, ReservingForgetsNothing) {
  for (uint64_t i = 0; i < 4; ++i) open(i, 0, 10);
  ASSERT_TRUE(set_.reserve(100, 1'000, 10, memory_));  // and the decision fails elsewhere
  EXPECT_EQ(set_.live(5, 10), 4u);
  EXPECT_TRUE(set_.holds(0, 5, 10));
}

TEST_F(SlotSetTest, AFailedReserveChangesNothing) {
  for (uint64_t i = 0; i < 4; ++i) open(i, static_cast<Instant>(i), 10);
  const uint64_t used = memory_.used();
  host_.fail_after(0);
  EXPECT_FALSE(set_.reserve(1, 4, 10, memory_));
  EXPECT_EQ(memory_.used(), used);
  EXPECT_EQ(set_.live(4, 10), 4u);
  EXPECT_EQ(set_.room_at(1, 4, 10), 12);
}

TEST_F(SlotSetTest, RefusesMoreThanItCanNumber) {
  EXPECT_FALSE(set_.reserve(size_t{1} << 40, 0, 10, memory_));
  EXPECT_EQ(memory_.used(), 0u);
}

TEST_F(SlotSetTest, AgreesWithTheObviousSetOnRandomHistories) {
  for (uint64_t seed = 1; seed <= 120; ++seed) {
    Random random(seed);
    const Span lifetime = random.chance(25) ? 0 : random.between(1, 400);
    const uint64_t names = random.chance(50) ? 12 : 2'000;
    // Few bits set make long clusters in the index.
    const uint64_t spread = random.chance(50) ? 0x9e3779b97f4a7c15 : uint64_t{1} << random.below(40);
    Model model;
    Instant now = 0;
    set_.clear(memory_);
    for (int step = 0; step < 600; ++step) {
      now += random.chance(70) ? random.between(0, 3) : random.between(0, 40);
      const uint64_t name = random.below(names) * spread;
      const uint64_t what = random.below(100);
      if (what < 60) {
        open(name, now, lifetime);
        model.close(name);
        model.slots.push_back({name, now, false});
      } else if (what < 75) {
        set_.close(name);
        model.close(name);
      } else if (what < 85 && !model.slots.empty()) {
        const Model::Slot slot = model.slots[random.below(model.slots.size())];
        set_.take_back(slot.fingerprint, slot.opened);
        model.take_back(slot.fingerprint, slot.opened);
      } else if (set_.holds(name, now, lifetime)) {
        set_.mark_used(name);
        model.find(name)->used = true;
      }
      const Instant from = now + random.between(0, 50);
      const auto found = model.find(name);
      ASSERT_EQ(set_.holds(name, from, lifetime), found != model.slots.end() && Model::lives(*found, from, lifetime));
      ASSERT_EQ(set_.live(from, lifetime), model.live(from, lifetime)) << "seed " << seed << " step " << step;
      const size_t most = random.below(model.slots.size() + 2);
      ASSERT_EQ(set_.room_at(most, from, lifetime), model.room_at(most, from, lifetime));
    }
  }
}

}  // namespace
}  // namespace sluice
