// SPDX-License-Identifier: Apache-2.0
// Whose turn it is, beside a model that grants one quantum after the other.
#include "core/queue/line_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/cell_room.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

// A line with flows and messages, by the numbers of the messages.
class TurnsTest : public ::testing::Test {
 protected:
  Turns turns() { return {room.cells(), line, floor}; }
  Message& message(CellId id) { return room.at<Message>(id); }
  Flow& flow(CellId id) { return room.at<Flow>(id); }
  CellId make_flow(uint8_t message_class, uint32_t weight = 1) {
    const CellId id = room.make<Flow>();
    flow(id).message_class = message_class;
    flow(id).weight = weight;
    return id;
  }
  CellId make_message(CellId of, uint32_t cost = 1) {
    const CellId id = room.make<Message>();
    message(id).flow = of;
    message(id).cost = cost;
    if (cost != 1) ++line.costly;
    message(id).message_class = flow(of).message_class;
    message(id).id = ++numbers;
    return id;
  }
  CellId put(CellId of, uint32_t cost = 1) {
    const CellId id = make_message(of, cost);
    turns().put_last(id);
    return id;
  }
  // The flow of the message that goes.
  CellId take() {
    const CellId id = turns().candidate();
    if (id == 0) return 0;
    turns().take(id);
    return message(id).flow;
  }

  CellRoom room{size_t{16} << 20};
  LineQueue line;
  uint32_t floor = 20;
  uint64_t numbers = 0;
};

TEST_F(TurnsTest, AFlowIsFirstInFirstOutAndWhatCameBackHasItsOldPlace) {
  const CellId a = make_flow(2);
  const CellId first = put(a), second = put(a), third = put(a);
  turns().set_aside(first);
  turns().set_aside(second);
  turns().put_back(second);
  EXPECT_EQ(turns().candidate(), second);
  turns().put_back(first);
  EXPECT_EQ(turns().candidate(), first);
  for (const CellId id : {first, second, third}) {
    EXPECT_EQ(turns().candidate(), id);
    turns().take(id);
  }
  EXPECT_FALSE(turns().is_ready());
  EXPECT_EQ(turns().candidate(), 0u);
}

TEST_F(TurnsTest, WeightsAreSharesOfCost) {
  const CellId light = make_flow(2, 1), heavy = make_flow(2, 3);
  for (int i = 0; i < 4'000; ++i) {
    put(light, 5);
    put(heavy, 2);
  }
  std::map<CellId, uint64_t> cost;
  for (int i = 0; i < 2'000; ++i) {
    const CellId of = take();
    cost[of] += of == light ? 5 : 2;
  }
  EXPECT_NEAR(static_cast<double>(cost[heavy]), 3.0 * static_cast<double>(cost[light]), 20);
}

TEST_F(TurnsTest, WhoLeavesTheRingSavesNothingUp) {
  const CellId a = make_flow(2), b = make_flow(2);
  for (int i = 0; i < 50; ++i) put(b, 1);
  const CellId dear = put(a, 1'000'000);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(take(), b);
  turns().set_aside(dear);  // it is cancelled
  EXPECT_EQ(flow(a).credit, 0u);
  for (int i = 0; i < 5; ++i) put(a, 1);
  std::string order;
  for (int i = 0; i < 10; ++i) order += take() == a ? 'a' : 'b';
  EXPECT_EQ(std::count(order.begin(), order.end(), 'a'), 5);
  EXPECT_EQ(order.find("aa"), std::string::npos) << order;
}

TEST_F(TurnsTest, TheLargestCostsAreWeighedExactlyAndAtOnce) {
  const CellId a = make_flow(2, 1), b = make_flow(2, UINT32_MAX), c = make_flow(2, 1'000'000);
  for (int i = 0; i < 100; ++i) {
    put(a, UINT32_MAX);
    put(c, UINT32_MAX);
  }
  EXPECT_EQ(take(), c) << "its weight pays for it a million times sooner";
  for (int i = 0; i < 5; ++i) put(b, UINT32_MAX);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(take(), b) << "and this one's each round";
  EXPECT_EQ(take(), c);
}

TEST_F(TurnsTest, BetweenClassesTheFloorIsExact) {
  for (const uint32_t every : {0u, 2u, 3u, 20u}) {
    floor = every;
    const CellId urgent = make_flow(0), reply = make_flow(1), bulk = make_flow(3);
    for (int i = 0; i < 100; ++i) {
      for (const CellId of : {urgent, reply, bulk}) put(of);
    }
    for (uint32_t i = 1; i <= 60; ++i) {
      EXPECT_EQ(take(), every != 0 && i % every == 0 ? reply : urgent) << "of every " << every << " number " << i;
    }
    while (take() != 0) {
    }
    line.passed_by = 0;
  }
}

// The model: flows in a row, and the first of the row has the turn.
struct ModelFlow {
  CellId cell = 0;
  uint64_t credit = 0;
  std::deque<std::pair<uint64_t, CellId>> came;
  std::set<std::pair<uint64_t, CellId>> back;
  bool parked = false;

  bool empty() const { return came.empty() && back.empty(); }
  CellId next() const {
    if (back.empty()) return came.front().second;
    return came.empty() || *back.begin() < came.front() ? back.begin()->second : came.front().second;
  }
  void remove(uint64_t number, CellId id) {
    back.erase({number, id});
    std::erase(came, std::pair(number, id));
  }
};

class TurnsModel : public TurnsTest {
 protected:
  void run(uint64_t seed, uint32_t dearest);

 private:
  void begin(uint32_t most_weight);
  void step();
  void compare(uint64_t seed, int step);
  CellId expected();
  CellId turn_of(size_t message_class);
  size_t served(bool* passes);
  void enter(ModelFlow& f);
  void leave(CellId of);
  void goes(CellId id);
  void taken(CellId id);
  uint32_t cost() { return static_cast<uint32_t>(random_.between(1, random_.chance(70) ? std::min(10u, dearest_) : dearest_)); }
  CellId any_flow() { return std::next(flows_.begin(), static_cast<std::ptrdiff_t>(random_.below(flows_.size())))->first; }

  Random random_{1};
  uint32_t dearest_ = 1, passed_ = 0;
  std::map<CellId, ModelFlow> flows_;
  std::deque<CellId> ring_[kMessageClasses];
  std::vector<CellId> aside_;
  std::set<CellId> waiting_;
};

size_t TurnsModel::served(bool* passes) {
  std::vector<size_t> ready;
  for (size_t c = 0; c < kMessageClasses; ++c) {
    if (!ring_[c].empty()) ready.push_back(c);
  }
  *passes = ready.size() > 1;
  if (ready.empty()) return kMessageClasses;
  return *passes && floor != 0 && passed_ + 1 >= floor ? ready[1] : ready[0];
}

// Grants a quantum to one flow after the other; with dear messages as many whole rounds at once as nobody could pay in.
CellId TurnsModel::turn_of(size_t message_class) {
  std::deque<CellId>& ring = ring_[message_class];
  const auto missing = [&](CellId of) {
    const uint64_t wanted = message(flows_[of].next()).cost;
    return wanted <= flows_[of].credit ? 0 : wanted - flows_[of].credit;
  };
  while (missing(ring.front()) != 0) {
    uint64_t rounds = UINT64_MAX;
    for (const CellId of : ring) rounds = std::min<uint64_t>(rounds, missing(of) / flow(of).weight);
    if (rounds > 100) {
      for (const CellId of : ring) flows_[of].credit += (rounds - 1) * flow(of).weight;
    }
    ring.push_back(ring.front());
    ring.pop_front();
    flows_[ring.front()].credit += flow(ring.front()).weight;
  }
  return flows_[ring.front()].next();
}

CellId TurnsModel::expected() {
  bool passes;
  const size_t c = served(&passes);
  return c == kMessageClasses ? 0 : turn_of(c);
}

void TurnsModel::enter(ModelFlow& f) {
  std::deque<CellId>& ring = ring_[flow(f.cell).message_class];
  if (f.parked || f.empty() || std::find(ring.begin(), ring.end(), f.cell) != ring.end()) return;
  f.credit = ring.empty() ? flow(f.cell).weight : 0;
  ring.push_back(f.cell);
}

void TurnsModel::leave(CellId of) {
  std::deque<CellId>& ring = ring_[flow(of).message_class];
  const bool turn = !ring.empty() && ring.front() == of;
  flows_[of].credit = 0;
  std::erase(ring, of);
  if (turn && !ring.empty()) flows_[ring.front()].credit += flow(ring.front()).weight;
}

void TurnsModel::goes(CellId id) {
  const CellId of = message(id).flow;
  flows_[of].remove(message(id).id, id);
  waiting_.erase(id);
  if (flows_[of].empty()) leave(of);
}

void TurnsModel::taken(CellId id) {
  bool passes;
  const size_t c = served(&passes);
  const bool first = std::all_of(ring_, ring_ + c, [](const auto& ring) { return ring.empty(); });
  passed_ = passes && first ? passed_ + 1 : 0;
  flows_[message(id).flow].credit -= message(id).cost;
  goes(id);
}

void TurnsModel::begin(uint32_t most_weight) {
  floor = static_cast<uint32_t>(random_.below(5));
  for (int i = 0; i < 12; ++i) {
    const CellId of =
        make_flow(static_cast<uint8_t>(random_.below(kMessageClasses)), static_cast<uint32_t>(random_.between(1, most_weight)));
    flows_[of].cell = of;
  }
}

void TurnsModel::step() {
  const uint64_t what = random_.below(100);
  if (what < 40) {
    const CellId of = any_flow(), id = put(of, cost());
    flows_[of].came.push_back({message(id).id, id});
    waiting_.insert(id);
    enter(flows_[of]);
  } else if (what < 70) {
    const CellId id = turns().candidate();
    ASSERT_EQ(id, expected());
    if (id == 0) return;
    turns().take(id);
    taken(id);
    aside_.push_back(id);
  } else if (what < 78 && !waiting_.empty()) {  // parked or cancelled, wherever it stands
    const CellId id = *std::next(waiting_.begin(), static_cast<std::ptrdiff_t>(random_.below(waiting_.size())));
    turns().set_aside(id);
    goes(id);
    aside_.push_back(id);
  } else if (what < 90 && !aside_.empty()) {
    std::swap(aside_[random_.below(aside_.size())], aside_.back());
    const CellId id = aside_.back(), of = message(id).flow;
    aside_.pop_back();
    turns().put_back(id);
    flows_[of].back.insert({message(id).id, id});
    waiting_.insert(id);
    enter(flows_[of]);
  } else if (what < 98) {
    ModelFlow& f = flows_[any_flow()];
    f.parked = !f.parked;
    if (f.parked) {
      turns().leave_ring(flow(f.cell));
      flow(f.cell).set(flow_flag::parked);
      leave(f.cell);
    } else {
      flow(f.cell).clear(flow_flag::parked);
      turns().enter_ring(f.cell);
      enter(f);
    }
  } else {
    flow(any_flow()).weight = static_cast<uint32_t>(random_.between(1, 9));
  }
}

void TurnsModel::compare(uint64_t seed, int step) {
  const CellId wanted = expected();
  ASSERT_EQ(turns().candidate(), wanted) << "seed " << seed << ", step " << step;
  ASSERT_EQ(turns().candidate(), wanted) << "asked again";
  ASSERT_EQ(turns().is_ready(), wanted != 0);
  for (const auto& [cell, f] : flows_) {
    ASSERT_EQ(flow(cell).credit, f.credit) << "seed " << seed << ", step " << step;
    ASSERT_EQ(flow(cell).waiting, f.came.size() + f.back.size());
  }
}

void TurnsModel::run(uint64_t seed, uint32_t dearest) {
  random_ = Random(seed);
  dearest_ = dearest;
  begin(dearest > 1'000 ? 1'000'000 : 9);
  for (int i = 0; i < 3'000; ++i) {
    step();
    if (random_.chance(80)) compare(seed, i);
    if (HasFatalFailure()) return;
  }
}

class EveryCost : public TurnsModel, public ::testing::WithParamInterface<std::tuple<int, uint32_t>> {};

TEST_P(EveryCost, GoesByTheModel) { run(static_cast<uint64_t>(std::get<0>(GetParam())), std::get<1>(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Turns, EveryCost,
                         ::testing::Combine(::testing::Range(1, 21), ::testing::Values(1u, 30u, 1'000u, UINT32_MAX)));

}  // namespace
}  // namespace sluice::testing
