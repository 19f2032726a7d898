// SPDX-License-Identifier: Apache-2.0
// Eight threads lease one campaign over lines in as many shards, each at instants of its own: whatever meets whatever, no two of its
// messages leave closer than its rate lets them, and none is lost.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/queue_fixture.h"
#include "tests/support/together.h"

namespace sluice::testing {
namespace {

constexpr int kThreads = 8, kLines = 16, kEach = 250;
constexpr Span kUnit = kMillisecond;

class Taken : public LeaseSink {
 public:
  struct One {
    uint64_t message;
    uint32_t fence;
  };
  bool fits(size_t, size_t) override { return true; }
  void take(const LeaseView& view) override { leases.push_back({view.message, view.fence}); }
  std::vector<One> leases;
};

class CampaignRateRace : public QueueTest {
 protected:
  void fill() {
    options.shards = 64;
    open(line_queue(R"("unlimited": true)"));
    CampaignRules rules;
    rules.share = kWholeShare;
    rules.rate = {1'000, kSecond};
    ASSERT_EQ(Engine::create_campaign(handle, {"race", "acme", rules}, kEngineClock, &campaign, &error), Status::ok) << error;
    for (int i = 0; i < kEach; ++i) {
      for (int l = 0; l < kLines; ++l) {
        const std::string recipient = std::to_string(i * kLines + l);
        ASSERT_EQ(put({.values = {"acme", "+" + std::to_string(l), recipient}, .campaign = campaign}).decision.status,
                  Status::ok);
      }
    }
  }
  // Leases at its own instants, which run ahead of the others' or behind them; for a day, since while a thread is held up the others'
  // time flies.
  void work(uint32_t seed) {
    std::vector<Instant> mine;
    while (left < kLines * kEach) {
      Instant at = clock.fetch_add(kUnit / 16) + kStart;
      seed = seed * 1664525 + 1013904223;
      at += seed >> 12 & 0x3ffff;
      Taken sink;
      ASSERT_EQ(Engine::lease(handle, {.now = at, .ttl = kDay, .most = 100}, sink, nullptr, nullptr), Status::ok);
      for (const Taken::One& one : sink.leases) {
        ASSERT_EQ(Engine::settle(handle, {one.message, one.fence, Outcome::sent, 0}, at, nullptr, nullptr), Status::ok);
        mine.push_back(at);
        ++left;
      }
    }
    const std::scoped_lock guard(lock);
    instants.insert(instants.end(), mine.begin(), mine.end());
  }

  uint64_t campaign = 0;
  std::atomic<Span> clock{0};
  std::atomic<int> left{0};
  std::mutex lock;
  std::vector<Instant> instants;
};

TEST_F(CampaignRateRace, NoTwoMessagesLeaveCloserThanTheRateLetsThem) {
  fill();
  together(kThreads, [&](int t) { work(static_cast<uint32_t>(t) + 1); });
  ASSERT_EQ(instants.size(), static_cast<size_t>(kLines * kEach));
  std::sort(instants.begin(), instants.end());
  for (size_t i = 1; i < instants.size(); ++i) ASSERT_GE(instants[i] - instants[i - 1], kUnit) << i;
}

TEST_F(CampaignRateRace, ChangesPausesAndWhatComesBackLoseNothing) {
  fill();
  together(kThreads + 1, [&](int t) {
    if (t < kThreads) return work(static_cast<uint32_t>(t) + 77);
    for (uint64_t i = 0; left < kLines * kEach; ++i) {
      const Instant at = kStart + clock;
      EXPECT_EQ(Engine::set_campaign_rate(handle, campaign, {500 + i % 1'500, kSecond}, at, nullptr, nullptr), Status::ok);
      EXPECT_EQ(Engine::change_campaign(handle, campaign, CampaignChange::pause, at, nullptr, nullptr), Status::ok);
      EXPECT_EQ(Engine::change_campaign(handle, campaign, CampaignChange::resume, at, nullptr, nullptr), Status::ok);
      Taken sink;
      EXPECT_EQ(Engine::lease(handle, {.now = at, .ttl = kDay, .most = 2}, sink, nullptr, nullptr), Status::ok);
      for (const Taken::One& one : sink.leases) {
        EXPECT_EQ(Engine::settle(handle, {one.message, one.fence, Outcome::not_attempted, 0}, at, nullptr, nullptr), Status::ok);
      }
    }
  });
  EXPECT_EQ(instants.size(), static_cast<size_t>(kLines * kEach));
  EXPECT_EQ(counters().messages, 0u);
}

}  // namespace
}  // namespace sluice::testing
