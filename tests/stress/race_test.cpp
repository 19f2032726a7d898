// SPDX-License-Identifier: Apache-2.0
// Many threads on few subjects. Each test first shows that its threads met, then that nothing was counted twice or lost.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

#include "core/engine/engine.h"

namespace sluice {
namespace {

constexpr Instant kNow = 1'736'726'400 * kSecond;

uint64_t open_engine(const std::string& policy) {
  EngineOptions options;
  options.policy = policy;
  options.manual_clock = true;
  options.manual_now = kNow;
  uint64_t handle = 0;
  std::string error;
  EXPECT_EQ(Engine::create(options, &handle, &error), Status::ok) << error;
  return handle;
}

Status ask(uint64_t engine, int32_t operation, const std::vector<std::string>& values) {
  std::vector<Bytes> keys(values.begin(), values.end());
  Request request;
  request.operation = operation;
  request.values = keys;
  Decision decision;
  return Engine::decide(engine, request, &decision);
}

// Runs fn(thread) in `count` threads that begin together.
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

const char* const kThreeScopes = R"({ "name": "race", "tenant": "account",
  "limits": [ { "name": "all", "scope": ["account"], "kind": "window", "period": "day", "amount": 1000000 },
              { "name": "line_day", "scope": ["line"], "kind": "window", "period": "day", "amount": 500 },
              { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 1000 },
              { "name": "pair", "scope": ["line", "recipient"], "kind": "sliding", "period": "60s", "amount": 30 } ],
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"],
    "charges": [ { "limit": "all" }, { "limit": "line_day" }, { "limit": "people", "of": "recipient" }, { "limit": "pair" } ] },
    { "name": "plain", "values": ["account", "line", "recipient"], "charges": [ { "limit": "all" }, { "limit": "line_day" } ] } ] })";

uint64_t used_of(uint64_t engine, const std::string& scope, const std::vector<std::string>& values, size_t row) {
  std::vector<Bytes> keys(values.begin(), values.end());
  std::vector<UsageRow> rows;
  std::string error;
  EXPECT_EQ(Engine::usage(engine, {scope, keys}, kEngineClock, &rows, &error), Status::ok) << error;
  return rows.at(row).used;
}

TEST(Race, ManyThreadsAtOneInstantGetExactlyTheLimit) {
  for (const char* operation : {"send", "plain"}) {
    const uint64_t engine = open_engine(kThreeScopes);
    const int32_t op = Engine::operation_id(engine, operation);
    std::atomic<int> allowed{0}, denied{0};
    together(16, [&](size_t t) {
      for (int i = 0; i < 100; ++i) {
        const Status status = ask(engine, op, {"acme", "+1", "r" + std::to_string(t * 100 + static_cast<size_t>(i))});
        (status == Status::ok ? allowed : denied).fetch_add(1);
      }
    });
    EXPECT_EQ(allowed.load(), 500);
    EXPECT_EQ(denied.load(), 1100) << "the threads went past the limit together";
    EXPECT_EQ(used_of(engine, "line", {"+1"}, 0), 500u);
    EXPECT_EQ(used_of(engine, "account", {"acme"}, 0), 500u) << "a denial charged nothing else";
    EXPECT_EQ(Engine::destroy(engine), Status::ok);
  }
}

TEST(Race, OverlappingSubjectsInEveryOrderNeitherLockUpNorLoseCount) {
  const uint64_t engine = open_engine(kThreeScopes);
  const int32_t send = Engine::operation_id(engine, "send"), plain = Engine::operation_id(engine, "plain");
  std::array<std::atomic<uint64_t>, 4> by_line{};
  std::atomic<uint64_t> allowed{0};
  together(8, [&](size_t t) {
    for (size_t i = 0; i < 400; ++i) {
      const size_t line = (t * 7 + i * (t % 3 + 1)) % 4;
      const int32_t op = (i + t) % 2 == 0 ? send : plain;
      if (ask(engine, op, {"acme", "+" + std::to_string(line), "r" + std::to_string((i * 13 + t) % 50)}) == Status::ok) {
        by_line[line].fetch_add(1);
        allowed.fetch_add(1);
      }
    }
  });
  EXPECT_GT(allowed.load(), 1000u);
  EXPECT_EQ(used_of(engine, "account", {"acme"}, 0), allowed.load());
  for (size_t line = 0; line < 4; ++line) {
    EXPECT_EQ(used_of(engine, "line", {"+" + std::to_string(line)}, 0), by_line[line].load());
  }
  EXPECT_EQ(Engine::destroy(engine), Status::ok);
}

TEST(Race, BatchesAndSinglesShareOneCount) {
  const uint64_t engine = open_engine(kThreeScopes);
  const int32_t plain = Engine::operation_id(engine, "plain");
  std::atomic<uint64_t> allowed{0};
  together(6, [&](size_t t) {
    const std::string account = "acme", line = "+1", recipient = "r";
    const std::array<Bytes, 3> keys{account, line, recipient};
    for (int round = 0; round < 20; ++round) {
      if (t % 2 == 0) {
        allowed += ask(engine, plain, {account, line, recipient}) == Status::ok ? 1 : 0;
        continue;
      }
      std::vector<Request> requests(40);
      for (Request& request : requests) {
        request.operation = plain;
        request.values = keys;
        request.now = kNow;
      }
      std::vector<Decision> decisions(requests.size());
      ASSERT_EQ(Engine::decide_many(engine, requests, decisions), Status::ok);
      for (const Decision& decision : decisions) allowed += decision.status == Status::ok ? 1 : 0;
    }
  });
  EXPECT_EQ(allowed.load(), 500u);
  EXPECT_EQ(used_of(engine, "line", {"+1"}, 0), 500u);
  EXPECT_EQ(Engine::destroy(engine), Status::ok);
}

TEST(Race, ReloadsDuringTrafficKeepEveryCount) {
  const uint64_t engine = open_engine(kThreeScopes);
  const int32_t plain = Engine::operation_id(engine, "plain");
  std::string wider = kThreeScopes;
  wider.insert(wider.find("{ \"name\": \"line_day\""),
               R"({ "name": "extra", "scope": ["line"], "kind": "window", "period": "60s", "amount": 1000000 }, )");
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> allowed{0}, failed{0}, reloads{0};
  together(5, [&](size_t t) {
    if (t == 0) {
      std::string error;
      for (int i = 0; i < 40; ++i) {
        const Status status = Engine::reload(engine, i % 2 == 0 ? wider : kThreeScopes, "", true, kEngineClock, &error);
        ASSERT_EQ(status, Status::ok) << error;
        ++reloads;
      }
      stop = true;
      return;
    }
    for (size_t i = 0; !stop || i < 200; ++i) {
      const Status status = ask(engine, plain, {"acme", "+" + std::to_string(i % 64), "r"});
      allowed += status == Status::ok ? 1 : 0;
      failed += static_cast<int>(status) < 0 ? 1 : 0;
    }
  });
  EXPECT_EQ(reloads.load(), 40u);
  EXPECT_EQ(failed.load(), 0u);
  EXPECT_EQ(used_of(engine, "account", {"acme"}, 0), allowed.load());
  EXPECT_EQ(Engine::destroy(engine), Status::ok);
}

TEST(Race, DestroyDuringCallsEndsThemOrRefusesThem) {
  for (int round = 0; round < 20; ++round) {
    const uint64_t engine = open_engine(kThreeScopes);
    const int32_t send = Engine::operation_id(engine, "send"), plain = Engine::operation_id(engine, "plain");
    std::atomic<uint64_t> served{0}, refused{0}, other{0};
    together(4, [&](size_t t) {
      if (t == 0) {
        while (served < 50) std::this_thread::yield();
        EXPECT_EQ(Engine::destroy(engine), Status::ok);
        return;
      }
      for (size_t i = 0; refused < 3; ++i) {
        const Status status = ask(engine, i % 2 == 0 ? send : plain, {"acme", "+" + std::to_string(i % 8), "r"});
        if (status == Status::handle) {
          ++refused;
          return;
        }
        (static_cast<int>(status) >= 0 ? served : other)++;
      }
    });
    EXPECT_EQ(other.load(), 0u);
    EXPECT_EQ(refused.load(), 3u) << "every caller met the end";
    EXPECT_EQ(Engine::destroy(engine), Status::handle);
  }
}

TEST(Race, ReceiptsAreSettledOnceHoweverManyTry) {
  const uint64_t engine = open_engine(kThreeScopes);
  const int32_t send = Engine::operation_id(engine, "send");
  for (int round = 0; round < 50; ++round) {
    const std::string account = "acme", line = "+1", recipient = "r" + std::to_string(round);
    const std::array<Bytes, 3> keys{account, line, recipient};
    Request request;
    request.operation = send;
    request.values = keys;
    request.flags = flag::receipt;
    Decision decision;
    ASSERT_EQ(Engine::decide(engine, request, &decision), Status::ok);
    std::atomic<int> settled{0}, unknown{0};
    together(4, [&](size_t) {
      const Status status = Engine::refund(engine, decision.receipt, kEngineClock, nullptr);
      (status == Status::ok ? settled : unknown)++;
    });
    EXPECT_EQ(settled.load(), 1);
    EXPECT_EQ(unknown.load(), 3);
  }
  EXPECT_EQ(used_of(engine, "line", {"+1"}, 0), 0u);
  EXPECT_EQ(Engine::destroy(engine), Status::ok);
}

}  // namespace
}  // namespace sluice
