// SPDX-License-Identifier: Apache-2.0
#include "core/queue/chains.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/support/cell_room.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

class ChainsTest : public ::testing::Test {
 protected:
  CellId message(uint64_t id) {
    const CellId cell = room.make<Message>();
    room.at<Message>(cell).id = id;
    return cell;
  }
  Message& at(CellId id) { return room.at<Message>(id); }
  void put(uint64_t key, CellId id) { chains.insert(room.cells(), *chains.find(key), id); }
  CellId advance(uint64_t key) { return chains.advance(room.cells(), key, memory); }
  // By their numbers, forwards; the same must be there backwards.
  std::vector<uint64_t> behind(uint64_t key) {
    const Chains::Chain& chain = *chains.find(key);
    std::vector<uint64_t> ids, back;
    for (CellId id = chain.first; id != 0; id = at(id).next) ids.push_back(at(id).id);
    for (CellId id = chain.last; id != 0; id = at(id).prev) back.insert(back.begin(), at(id).id);
    EXPECT_EQ(ids, back);
    return ids;
  }

  CellRoom room{1 << 20};
  Allocator memory{host_memory(), uint64_t{1} << 20};
  Chains chains;
};

TEST_F(ChainsTest, ThoseBehindStandByTheirNumbersHoweverTheyCome) {
  ASSERT_TRUE(chains.begin(7, message(1), memory));
  for (const uint64_t id : {5, 2, 9, 3}) put(7, message(id));
  EXPECT_EQ(behind(7), (std::vector<uint64_t>{2, 3, 5, 9}));
  EXPECT_EQ(chains.find(8), nullptr);
}

TEST_F(ChainsTest, OneAfterTheOtherHoldsAndTheLastEndsTheChain) {
  ASSERT_TRUE(chains.begin(7, message(1), memory));
  const CellId third = message(3), second = message(2);
  put(7, third);
  put(7, second);
  EXPECT_TRUE(at(second).has(message_flag::chained));
  EXPECT_EQ(at(second).status(), MessageState::parked);
  EXPECT_EQ(advance(7), second);
  EXPECT_TRUE(at(second).has(message_flag::holds));
  EXPECT_FALSE(at(second).has(message_flag::chained));
  EXPECT_EQ(chains.find(7)->holder, second);
  EXPECT_EQ(advance(7), third);
  EXPECT_EQ(advance(7), 0u);
  EXPECT_EQ(chains.find(7), nullptr);
  EXPECT_EQ(memory.used(), 0u);
}

TEST_F(ChainsTest, GoBeyondTheMemoryCapAndGiveBackWhatTheyTook) {
  Allocator little{host_memory(), 1};
  ASSERT_TRUE(chains.begin(7, message(1), little));
  EXPECT_EQ(little.used(), Chains::kBytes);
  ASSERT_TRUE(chains.begin(8, message(2), little));
  chains.clear(little);
  EXPECT_EQ(little.used(), 0u);
  EXPECT_EQ(chains.size(), 0u);
}

TEST_F(ChainsTest, AreSortedListsWhateverIsDone) {
  Random random(3);
  std::map<uint64_t, std::map<uint64_t, CellId>> model;  // behind each key's holder
  std::vector<CellId> outside;
  for (uint64_t i = 1; i <= 300; ++i) outside.push_back(message(i));
  for (int step = 0; step < 20'000; ++step) {
    const uint64_t key = random.below(5);
    const bool there = chains.find(key) != nullptr;
    ASSERT_EQ(there, model.count(key) != 0);
    const uint64_t what = random.below(100);
    if (what < 50 && !outside.empty()) {
      std::swap(outside[random.below(outside.size())], outside.back());
      const CellId id = outside.back();
      outside.pop_back();
      if (!there) {
        ASSERT_TRUE(chains.begin(key, id, memory));
        model[key];
        at(id).set(message_flag::holds);
      } else {
        put(key, id);
        model[key][at(id).id] = id;
      }
    } else if (there && what < 80) {
      const CellId held = chains.find(key)->holder;
      at(held).clear(message_flag::holds);
      const CellId next = advance(key);
      ASSERT_EQ(next, model[key].empty() ? 0 : model[key].begin()->second);
      if (next == 0) {
        model.erase(key);
      } else {
        model[key].erase(model[key].begin());
      }
      outside.push_back(held);
    } else if (there && !model[key].empty()) {
      const auto it = std::next(model[key].begin(), static_cast<std::ptrdiff_t>(random.below(model[key].size())));
      chains.remove(room.cells(), *chains.find(key), it->second);
      outside.push_back(it->second);
      model[key].erase(it);
    }
    if (model.count(key) == 0) continue;
    std::vector<uint64_t> ids;
    for (const auto& [id, cell] : model[key]) ids.push_back(id);
    ASSERT_EQ(behind(key), ids) << "step " << step;
  }
  EXPECT_EQ(memory.used(), model.size() * Chains::kBytes);
}

}  // namespace
}  // namespace sluice::testing
