// SPDX-License-Identifier: Apache-2.0
// Threads that enqueue, lease and settle against each other: every message is handed out once.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sluice/sluice.hpp"

namespace {

constexpr int64_t kStart = 1'700'000'000'000'000'000;
constexpr int64_t kLongest = 86'400'000'000'000;  // no lease ends while its thread waits for its turn
constexpr int kLines = 8, kOfEach = 250, kThreads = 4;

constexpr char kPolicy[] = R"({
  "name": "queue", "tenant": "account", "line": "line",
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000/s", "mode": "queue" },
    { "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "1s", "amount": 1000, "mode": "queue" } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"],
      "charges": [ { "limit": "pace" }, { "limit": "pair" } ] } ]
})";

class Stage {
 public:
  // One line a thread of its own: what it puts is in order.
  void put(int line) {
    const std::string name = "+" + std::to_string(line);
    const sluice::request send(send_, {"acme", name, "ann"});
    for (int i = 0; i < kOfEach; ++i) {
      if (!engine_.enqueue(send, name + " " + std::to_string(i))) ++refused;
    }
  }

  void work(int thread) {
    sluice::leases leased(5, 200);
    const sluice_lease_options options = sluice::make_lease_options(0, kLongest);
    for (unsigned round = 0; ended < kLines * kOfEach; ++round) {
      engine_.lease(leased, options);
      for (const sluice::lease lease : leased) settle(lease, (round + static_cast<unsigned>(thread)) % 7 == 0);
      if (leased.empty()) std::this_thread::yield();
    }
  }

  void drive() {
    for (int64_t now = kStart; ended < kLines * kOfEach; now += 1'000'000) {
      engine_.set_clock(now);
      std::this_thread::yield();
    }
  }

  sluice::engine& engine() { return engine_; }

  std::atomic<int> refused{0}, ended{0}, twice{0};

 private:
  static sluice::engine make_engine() {
    sluice_engine_options options = sluice::make_options(kPolicy);
    options.manual_clock = 1;
    options.manual_now = kStart;
    options.shards = 4;
    return sluice::engine(options);
  }

  void settle(const sluice::lease& lease, bool give_back) {
    if (give_back) return lease.nack(SLUICE_OUTCOME_NOT_ATTEMPTED);
    {
      const std::lock_guard<std::mutex> guard(lock_);
      if (!seen_.insert(std::string(lease.payload())).second) ++twice;
    }
    lease.ack();
    ++ended;
  }

  sluice::engine engine_ = make_engine();
  const int32_t send_ = engine_.operation_id("send");
  std::mutex lock_;
  std::set<std::string> seen_;
};

TEST(QueueContention, EveryMessageIsHandedOutOnceWhoeverAsks) {
  Stage stage;
  std::vector<std::thread> threads;
  for (int line = 0; line < kLines; ++line) threads.emplace_back([&stage, line] { stage.put(line); });
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back([&stage, thread] { stage.work(thread); });
  threads.emplace_back([&stage] { stage.drive(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stage.refused, 0);
  EXPECT_EQ(stage.twice, 0);
  EXPECT_EQ(stage.ended, kLines * kOfEach);
  const sluice_counters counters = stage.engine().counters();
  EXPECT_EQ(counters.messages, 0u);
  EXPECT_EQ(counters.accepted, static_cast<uint64_t>(kLines * kOfEach));
  EXPECT_EQ(counters.ended[SLUICE_MESSAGE_SENT], static_cast<uint64_t>(kLines * kOfEach));
  EXPECT_EQ(stage.engine().next_due(), INT64_MAX);
}

}  // namespace
