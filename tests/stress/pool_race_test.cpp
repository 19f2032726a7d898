// SPDX-License-Identifier: Apache-2.0
// Many threads on one pool: whatever they do at once, a recipient has one line, a line's recipient one account, and no message is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/engine/engine.h"

namespace sluice {
namespace {

constexpr Instant kNow = 1'736'726'400 * kSecond;

// `depth` messages a line, which sends 1,000 a second.
std::string policy_of(const std::string& pool, int depth) {
  return R"({ "name": "race", "tenant": "account", "line": "line",
    "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000/s", "mode": "queue" },
                { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": )" +
         std::to_string(depth) + R"( } ],
    "pools": [ { "name": "p")" +
         pool + R"( } ],
    "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "pool": "p",
      "charges": [ { "limit": "pace" }, { "limit": "queued", "while": "queued" } ] } ] })";
}

class PoolRace : public ::testing::Test {
 protected:
  void open(const std::string& pool, int depth, int lines) {
    EngineOptions options;
    options.policy = policy_of(pool, depth);
    options.manual_clock = true;
    options.manual_now = kNow;
    std::string error;
    ASSERT_EQ(Engine::create(options, &engine_, &error), Status::ok) << error;
    send_ = Engine::operation_id(engine_, "send");
    for (int i = 0; i < lines; ++i) set("+" + std::to_string(i), LineState::active);
  }
  void TearDown() override { Engine::destroy(engine_); }

  LineReport set(const std::string& line, LineState state) {
    LineChange change;
    change.pool = "p";
    change.line = line;
    change.state = state;
    LineReport report;
    std::string error;
    EXPECT_EQ(Engine::set_line(engine_, change, kEngineClock, &report, &error), Status::ok) << error;
    return report;
  }
  Enqueued put(const std::string& account, const std::string& recipient, const std::string& payload = "") {
    const Bytes values[] = {account, Bytes(), recipient};
    EnqueueRequest request;
    request.request.operation = send_;
    request.request.values = values;
    request.payload = payload;
    Enqueued out;
    Engine::enqueue(engine_, request, &out, nullptr);
    return out;
  }
  Counters counters() {
    Counters out;
    EXPECT_EQ(Engine::counters(engine_, &out), Status::ok);
    return out;
  }
  uint64_t queued(const std::string& line) {
    const Bytes value = line;
    std::vector<UsageRow> rows;
    EXPECT_EQ(Engine::usage(engine_, {"line", {&value, 1}}, kEngineClock, &rows, nullptr), Status::ok);
    return rows.at(1).used;
  }

  uint64_t engine_ = 0;
  int32_t send_ = -1;
};

template <class Fn>
void together(size_t count, Fn&& fn) {
  std::barrier start(static_cast<std::ptrdiff_t>(count));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      fn(t);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// "recipient: payload" in the order of leasing.
class Collect : public LeaseSink {
 public:
  bool fits(size_t, size_t) override { return true; }
  void take(const LeaseView& view) override {
    leases.push_back({view.message, view.fence, std::string(view.values[2]), std::string(view.payload)});
  }
  struct One {
    uint64_t message;
    uint32_t fence;
    std::string recipient, payload;
  };
  std::vector<One> leases;
};

TEST_F(PoolRace, ThreadsThatWriteToOneNewRecipientGetOneLine) {
  open("", 100000, 8);
  for (int round = 0; round < 300; ++round) {
    std::string lines[8];
    together(8, [&](size_t t) { lines[t] = put("acme", "r" + std::to_string(round)).line; });
    EXPECT_EQ(std::set<std::string>(lines, lines + 8).size(), 1u);
  }
}

TEST_F(PoolRace, AccountsThatWriteToOneRecipientNeverShareALine) {
  open("", 100000, 8);
  for (int round = 0; round < 300; ++round) {
    std::string lines[8];
    together(8, [&](size_t t) { lines[t] = put("tenant" + std::to_string(t), "r" + std::to_string(round)).line; });
    EXPECT_EQ(std::set<std::string>(lines, lines + 8).size(), 8u) << round;
    EXPECT_EQ(std::count(lines, lines + 8, std::string()), 0);
  }
}

TEST_F(PoolRace, DepthsAreExactWhileLinesFillUp) {
  open("", 50, 8);
  std::atomic<int> held{0}, refused{0};
  together(8, [&](size_t t) {
    for (int i = 0; i < 100; ++i) {
      const Enqueued out = put("acme", std::to_string(t) + "-" + std::to_string(i));
      (out.decision.status == Status::ok ? held : refused).fetch_add(1);
    }
  });
  // Everybody new goes where there is room: none is left over.
  EXPECT_EQ(held, 400);
  EXPECT_EQ(refused, 400);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(queued("+" + std::to_string(i)), 50u);
}

TEST_F(PoolRace, WhileRecipientsLeaveFullLinesDepthsHoldAndNothingIsLost) {
  open(R"(, "on_full": "rehome")", 20, 4);
  std::atomic<uint64_t> accepted{0}, leased{0}, moved{0};
  std::atomic<int> writing{3};
  std::atomic<Instant> clock{kNow};
  const auto serve = [&] {
    Collect sink;
    clock += kMillisecond;
    Engine::lease(engine_, {.now = clock, .most = 4}, sink, nullptr, nullptr);
    for (const Collect::One& one : sink.leases) {
      EXPECT_EQ(Engine::settle(engine_, {one.message, one.fence, Outcome::sent, 0}, clock, nullptr, nullptr), Status::ok);
    }
    leased += sink.leases.size();
  };
  const auto write = [&](int recipient) {
    const Enqueued out = put("acme", "r" + std::to_string(recipient));
    accepted += out.decision.status == Status::ok;
    moved += out.sticky == Sticky::moved;
  };
  // However the threads run then, one recipient has left a full line.
  for (const char* line : {"+1", "+2", "+3"}) set(line, LineState::draining);
  for (int i = 0; i < 20; ++i) write(i % 2);
  for (const char* line : {"+1", "+2", "+3"}) set(line, LineState::active);
  write(0);
  EXPECT_EQ(moved, 1u);
  together(4, [&](size_t t) {
    if (t == 3) {
      while (writing != 0) serve();
      return;
    }
    for (int i = 0; i < 3000; ++i) write((i * 7 + static_cast<int>(t)) % 11);
    --writing;
  });
  for (int rounds = 0; counters().messages != 0 && rounds < 10'000; ++rounds) serve();
  EXPECT_EQ(leased, accepted);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(queued("+" + std::to_string(i)), 0u);
}

TEST_F(PoolRace, WhileLinesComeAndGoNothingIsLostAndEachRecipientsOrderHolds) {
  open(R"(, "on_suspend": "move_all", "return_home": true)", 1000000, 6);
  constexpr int kWriters = 3, kEach = 400;
  std::atomic<bool> done{false};
  std::atomic<int> writing{kWriters};
  std::atomic<uint64_t> accepted{0};
  std::mutex mutex;
  std::vector<Collect::One> left;
  std::atomic<Instant> clock{kNow};
  together(kWriters + 2, [&](size_t t) {
    if (t < kWriters) {
      for (int i = 0; i < kEach; ++i) {
        const Enqueued out = put("acme", "r" + std::to_string(t) + "-" + std::to_string(i % 7), std::to_string(1000 + i));
        accepted += out.decision.status == Status::ok;
      }
      if (--writing == 0) done = true;
    } else if (t == kWriters) {
      for (int i = 0; !done || i % 6 != 0; ++i) {
        const std::string line = "+" + std::to_string(i % 5);  // the last one is always there
        set(line, LineState::suspended);
        set(line, LineState::active);
      }
    } else {
      while (!done) {
        Collect sink;
        clock += kMillisecond;
        Engine::lease(engine_, {.now = clock, .most = 4}, sink, nullptr, nullptr);
        for (const Collect::One& one : sink.leases) {
          EXPECT_EQ(Engine::settle(engine_, {one.message, one.fence, Outcome::sent, 0}, clock, nullptr, nullptr), Status::ok);
          const std::lock_guard lock(mutex);
          left.push_back(one);
        }
      }
    }
  });
  EXPECT_EQ(accepted, uint64_t{kWriters} * kEach);
  for (int rounds = 0; counters().messages != 0 && rounds < 100'000; ++rounds) {
    Collect sink;
    clock += kMillisecond;
    Engine::lease(engine_, {.now = clock, .most = 100}, sink, nullptr, nullptr);
    for (const Collect::One& one : sink.leases) {
      EXPECT_EQ(Engine::settle(engine_, {one.message, one.fence, Outcome::sent, 0}, clock, nullptr, nullptr), Status::ok);
      left.push_back(one);
    }
  }
  EXPECT_EQ(left.size(), accepted);
  std::map<std::string, std::string> last;
  for (const Collect::One& one : left) {
    EXPECT_LT(last[one.recipient], one.payload) << one.recipient;
    last[one.recipient] = one.payload;
  }
  for (int i = 0; i < 6; ++i) EXPECT_EQ(queued("+" + std::to_string(i)), 0u);
}

}  // namespace
}  // namespace sluice
