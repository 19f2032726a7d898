// SPDX-License-Identifier: Apache-2.0
#include "core/queue/pairing_heap.h"

#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <tuple>
#include <vector>

#include "tests/support/cell_room.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

using Key = std::tuple<Instant, uint64_t, CellId>;

class Heap : public ::testing::Test {
 protected:
  CellId entry(Instant due, uint64_t id) {
    const CellId cell = room.make<Entry>();
    room.at<Entry>(cell).due = due;
    room.at<Entry>(cell).id = id;
    return cell;
  }
  Key key(CellId id) { return {room.at<Entry>(id).due, room.at<Entry>(id).id, id}; }
  PairingHeap<ByDue> heap() { return {room.cells(), &root}; }
  // A heap's entries have their links, those outside have none.
  void expect_loose(CellId id) {
    const Entry& e = room.at<Entry>(id);
    EXPECT_TRUE(e.next == 0 && e.prev == 0 && e.child == 0);
  }

  CellRoom room{1 << 20};
  CellId root = 0;
};

TEST_F(Heap, GivesTheEarliestFirstAndThoseOfOneInstantByAge) {
  const CellId late = entry(2, 1), second = entry(1, 3), first = entry(1, 2);
  for (const CellId id : {late, second, first}) heap().put(id);
  EXPECT_EQ(heap().take_first(), first);
  EXPECT_EQ(heap().take_first(), second);
  EXPECT_EQ(heap().take_first(), late);
  EXPECT_TRUE(heap().empty());
}

TEST_F(Heap, TakesOutWhatStandsAnywhere) {
  for (size_t out = 0; out < 20; ++out) {
    std::vector<CellId> all;
    for (uint64_t i = 0; i < 20; ++i) {
      all.push_back(entry(static_cast<Instant>(i * 7 % 20), i));
      heap().put(all.back());
    }
    if (out % 2 == 0) std::erase(all, heap().take_first());  // then there are deeper trees
    const CellId taken = all[out % all.size()];
    heap().remove(taken);
    expect_loose(taken);
    std::set<Key> left;
    for (const CellId id : all) {
      if (id != taken) left.insert(key(id));
    }
    for (const Key& one : left) EXPECT_EQ(key(heap().take_first()), one);
    EXPECT_TRUE(heap().empty());
  }
}

TEST_F(Heap, IsASortedSetWhateverIsDoneInAnyOrder) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    std::set<Key> model;
    std::vector<CellId> outside;
    for (uint64_t i = 0; i < 200; ++i) outside.push_back(entry(0, i));
    for (int step = 0; step < 4'000; ++step) {
      const uint64_t what = random.below(100);
      if (what < 50 && !outside.empty()) {
        std::swap(outside[random.below(outside.size())], outside.back());
        const CellId id = outside.back();
        outside.pop_back();
        room.at<Entry>(id).due = random.between(0, seed % 2 == 0 ? 10 : 1'000'000);
        heap().put(id);
        model.insert(key(id));
      } else if (what < 75 && !model.empty()) {
        const CellId id = heap().take_first();
        ASSERT_EQ(key(id), *model.begin()) << "seed " << seed << ", step " << step;
        model.erase(model.begin());
        outside.push_back(id);
      } else if (!model.empty()) {
        const auto it = std::next(model.begin(), static_cast<std::ptrdiff_t>(random.below(model.size())));
        const CellId id = std::get<2>(*it);
        heap().remove(id);
        expect_loose(id);
        model.erase(it);
        outside.push_back(id);
      }
      ASSERT_EQ(heap().empty(), model.empty());
      if (!model.empty()) {
        ASSERT_EQ(key(heap().first()), *model.begin()) << "seed " << seed << ", step " << step;
      }
    }
    while (!heap().empty()) heap().take_first();
  }
}

}  // namespace
}  // namespace sluice::testing
