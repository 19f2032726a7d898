// SPDX-License-Identifier: Apache-2.0
// Threads against each other on virtual time. Every test asserts that its calls did overlap: alone they would prove nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/engine_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

// Counts how many calls are under way at once.
class Overlap {
 public:
  template <class Fn>
  auto during(Fn&& fn) {
    const int here = under_way_.fetch_add(1) + 1;
    int most = most_.load();
    while (here > most && !most_.compare_exchange_weak(most, here)) {
    }
    if (here > 1) ++overlapped_;
    auto result = fn();
    under_way_.fetch_sub(1);
    return result;
  }
  int most() const { return most_; }
  uint64_t overlapped() const { return overlapped_; }

 private:
  std::atomic<int> under_way_{0}, most_{0};
  std::atomic<uint64_t> overlapped_{0};
};

// fn(thread) in `count` threads that begin together.
void together(int count, const std::function<void(int)>& fn) {
  std::barrier start(count);
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      fn(t);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// A request prepared once: what is measured is the engine, not the making of strings.
Answer decide(TestEngine& engine, const AskBytes& bytes) {
  Answer answer;
  Engine::decide(engine.handle, bytes.request(), &answer.decision);
  return answer;
}

class Contention : public EngineTest {
 protected:
  void TearDown() override { EXPECT_TRUE(met()) << "the threads never met: this test has shown nothing"; }
  bool met() const { return overlap.most() >= 2 && overlap.overlapped() > 10; }
  // fn(round), at least so often, and then until its threads have met: on a busy machine short ones may miss each other.
  void rounds(int least, const std::function<void(int)>& fn) {
    for (int round = 0; (round < least || !met()) && round < 3'000 && !HasFailure(); ++round) fn(round);
  }
  Overlap overlap;
};

TEST_F(Contention, SixtyFourThreadsOnAFrozenClockAdmitExactlyTheLimit) {  // T18, reliability 11
  for (const char* body :
       {R"("kind": "window", "period": "60s", "amount": 100)", R"("kind": "pace", "amount": "1/s", "depth": 100)",
        R"("kind": "sliding", "period": "60s", "amount": 100)", R"("kind": "gauge", "amount": 100)"}) {
    rounds(5, [&](int) {
      open(account_limits({{"l", body}}));
      const int32_t send_id = operation("send");
      std::atomic<int> admitted{0}, asked{0};
      together(64, [&](int) {
        const AskBytes bytes({.values = {"acme"}}, send_id);
        for (int i = 0; i < 20; ++i) {
          admitted += overlap.during([&] { return decide(*this, bytes); }).passed() ? 1 : 0;
          ++asked;
        }
      });
      EXPECT_EQ(asked, 1'280);
      EXPECT_EQ(admitted, 100) << body;
      EXPECT_EQ(used("l", "account=acme"), 100u);
      const Counters c = counters();
      EXPECT_EQ(c.allowed, 100u);
      EXPECT_EQ(c.denied, 1'180u);
    });
  }
}

TEST_F(Contention, WithALimitOfOneThereIsExactlyOneWinner) {
  rounds(5, [&](int) {
    open(account_limits({{"l", R"("kind": "window", "period": "day", "amount": 1)"}}));
    const int32_t send_id = operation("send");
    std::array<std::atomic<int>, 200> winners{};
    together(4, [&](int) {
      for (size_t i = 0; i < winners.size(); ++i) {
        const AskBytes bytes({.values = {"acme" + std::to_string(i)}}, send_id);
        winners[i] += overlap.during([&] { return decide(*this, bytes); }).passed() ? 1 : 0;
      }
    });
    for (const auto& count : winners) ASSERT_EQ(count, 1);
  });
}

TEST_F(Contention, OverlappingSetsOfSubjectsInEveryOrderNeverLockUpAndAddUp) {  // reliability 12
  constexpr int kPeople = 24, kThreads = 6, kEach = 400;
  options.shards = 64;
  rounds(1, [&](int) {
    open(R"({ "name": "test", "tenant": "account", "limits": [
        { "name": "pair", "scope": ["account", "to"], "kind": "window", "period": "day", "amount": 1500 },
        { "name": "person", "scope": ["to"], "kind": "sliding", "period": "24h", "amount": 1000000, "slots": 10 },
        { "name": "total", "scope": ["account"], "kind": "window", "period": "day", "amount": 1000000 },
        { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 20 } ],
      "operations": [ { "name": "send", "values": ["account", "to"], "repeats": "to", "charges": [
        { "limit": "pair", "each": "to" }, { "limit": "person", "each": "to" }, { "limit": "total" }, { "limit": "people", "of": "to" } ] } ] })");
    const int32_t send_id = operation("send");
    std::array<std::array<std::atomic<uint64_t>, kPeople>, 2> expected{};
    std::array<std::atomic<uint64_t>, 2> passed{};
    std::atomic<int> denied{0};
    together(kThreads, [&](int t) {
      Random random(static_cast<uint64_t>(t) + 1);
      for (int i = 0; i < kEach; ++i) {
        const size_t account = random.below(2);
        std::vector<int> people(kPeople);
        for (int p = 0; p < kPeople; ++p) people[static_cast<size_t>(p)] = p;
        for (size_t p = people.size() - 1; p > 0; --p) std::swap(people[p], people[random.below(p + 1)]);
        people.resize(1 + random.below(16));
        Ask ask{.values = {"a" + std::to_string(account), ""}};
        for (const int p : people) ask.repeated.push_back("p" + std::to_string(p));
        const AskBytes bytes(ask, send_id);
        if (overlap.during([&] { return decide(*this, bytes); }).passed()) {
          ++passed[account];
          for (const int p : people) ++expected[account][static_cast<size_t>(p)];
        } else {
          ++denied;
        }
      }
    });
    EXPECT_GT(denied, 0);
    for (size_t account = 0; account < 2; ++account) {
      const std::string who = "account=a" + std::to_string(account);
      EXPECT_EQ(used("total", who), passed[account]);
      EXPECT_LE(used("people", who), 20u);
      for (size_t p = 0; p < kPeople; ++p) {
        EXPECT_EQ(used("pair", who + ",to=p" + std::to_string(p)), expected[account][p]) << who << p;
      }
    }
    for (size_t p = 0; p < kPeople; ++p) {
      EXPECT_EQ(used("person", "to=p" + std::to_string(p)), expected[0][p] + expected[1][p]);
    }
  });
}

TEST_F(Contention, OneKeyFromManyThreadsIsOneChargeAndOneAnswer) {
  rounds(5, [&](int) {
    open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 100000)"}}));
    const int32_t send_id = operation("send");
    std::array<std::atomic<int>, 100> first{}, replayed{};
    together(4, [&](int) {
      for (size_t i = 0; i < first.size(); ++i) {
        const AskBytes bytes({.values = {"acme"}, .key = "key" + std::to_string(i)}, send_id);
        const Answer answer = overlap.during([&] { return decide(*this, bytes); });
        EXPECT_TRUE(answer.passed());
        (answer == "allowed" ? first : replayed)[i]++;
      }
    });
    for (size_t i = 0; i < first.size(); ++i) {
      ASSERT_EQ(first[i], 1);
      ASSERT_EQ(replayed[i], 3);
    }
    EXPECT_EQ(used("day", "account=acme"), first.size());
  });
}

TEST_F(Contention, ThresholdsCrossedByManyFireOnce) {  // T87
  rounds(5, [&](int) {
    open(account_limits({{"day", R"("kind": "window", "period": "day", "amount": 1000, "thresholds": [10, 50, 90, 100])"}}));
    const int32_t send_id = operation("send");
    together(8, [&](int) {
      const AskBytes bytes({.values = {"acme"}}, send_id);
      for (int i = 0; i < 150; ++i) overlap.during([&] { return decide(*this, bytes); });
    });
    EXPECT_EQ(events().size(), 4u);
    EXPECT_EQ(used("day", "account=acme"), 1'000u);
  });
}

// One scope or nine for the same operation: its shape grows and shrinks under the feet of those who decide by it.
std::string shaped(bool wide) {
  std::string limits = R"({ "name": "a", "scope": ["a"], "kind": "window", "period": "day", "amount": 100000000 })";
  std::string charges = R"({ "limit": "a" })";
  if (wide) {
    for (const char* scope : {"b", "c", "d", "a,b", "a,c", "a,d", "b,c", "b,d", "c,d", "a,b,c"}) {
      std::string list;
      for (const char* c = scope; *c != 0; ++c) {
        if (*c != ',') list += std::string(list.empty() ? "" : ", ") + "\"" + *c + "\"";
      }
      limits += std::string(", { \"name\": \"l ") + std::to_string(limits.size()) + "\", \"scope\": [" + list +
                R"(], "kind": "window", "period": "day", "amount": 100000000 })";
    }
    size_t at = 0;
    while ((at = limits.find("\"l ", at)) != std::string::npos) {
      const size_t end = limits.find('"', at + 1);
      charges += ", { \"limit\": " + limits.substr(at, end - at + 1) + " }";
      at = end;
    }
  }
  return R"({ "name": "test", "tenant": "a", "limits": [)" + limits + R"(], "operations": [
    { "name": "send", "values": ["a", "b", "c", "d"], "charges": [)" +
         charges + "] } ] }";
}

TEST_F(Contention, AReloadDuringTrafficIsWhollyOneWayOrTheOther) {  // reliability 13
  options.shards = 16;
  rounds(1, [&](int) {
    open(shaped(false));
    const int32_t send_id = operation("send");
    std::atomic<bool> done{false};
    std::atomic<uint64_t> passed{0}, reloads{0};
    together(4, [&](int t) {
      if (t == 0) {
        std::string why;
        for (uint64_t i = 0; i < 60; ++i) {
          while (passed <= 10 * i) std::this_thread::yield();  // each reload comes amid decisions, however busy the machine is
          const Status status =
              overlap.during([&] { return Engine::reload(handle, shaped(i % 2 == 0), "", true, kEngineClock, &why); });
          EXPECT_EQ(status, Status::ok) << why;
          ++reloads;
        }
        done = true;
        return;
      }
      Random random(static_cast<uint64_t>(t));
      while (!done || reloads < 60) {
        Ask ask{.values = {"acme", "b" + std::to_string(random.below(20)), "c" + std::to_string(random.below(20)), "d"}};
        if (random.chance(20)) ask.key = "k" + std::to_string(random.next());
        const AskBytes bytes(ask, send_id);
        Answer answer = overlap.during([&] { return decide(*this, bytes); });
        EXPECT_EQ(answer.decision.status, Status::ok) << word(answer.decision.status);
        ++passed;
        std::array<Request, 8> batch;
        std::array<Decision, 8> decisions;
        batch.fill(bytes.request());
        for (Request& request : batch) request.idempotency_key = {};
        EXPECT_EQ(overlap.during([&] { return Engine::decide_many(handle, batch, decisions); }), Status::ok);
        for (const Decision& decision : decisions) {
          EXPECT_EQ(decision.status, Status::ok) << word(decision.status);
          ++passed;
        }
      }
    });
    EXPECT_EQ(used("a", "a=acme"), passed);
    EXPECT_GT(passed, 500u);
  });
}

TEST_F(Contention, EverySlowCallMayRunBesideDecisions) {
  options.shards = 8;
  rounds(1, [&](int) {
    const std::string policy = R"({ "name": "test", "tenant": "account",
      "subjects": [ { "scope": ["account"], "plans": [
        { "name": "free", "promotes": { "to": "pro", "limit": "people", "at": "50%", "within": "1 day", "quality": "green" } }, "pro" ], "default": "free" } ],
      "limits": [
        { "name": "day", "scope": ["account"], "kind": "window", "period": "billing", "thresholds": [50, 100], "amounts": [
          { "plan": "free", "amount": 1000 }, { "plan": "pro", "amount": 100000 } ] },
        { "name": "people", "scope": ["account"], "kind": "distinct", "period": "60s", "amount": 20, "exemption": "60s" },
        { "name": "pair", "scope": ["account", "to"], "by": "account", "kind": "sliding", "period": "10s", "amounts": [
          { "plan": "free", "amount": 10 }, { "plan": "pro", "amount": 30 } ] },
        { "name": "up", "scope": ["account"], "kind": "upstream", "longest": "1s" } ],
      "operations": [ { "name": "send", "values": ["account", "to"], "charges": [
        { "limit": "day" }, { "limit": "people", "of": "to" }, { "limit": "pair" }, { "limit": "up" } ] } ] })";
    open(policy);
    const int32_t send_id = operation("send"), day = limit("day"), pair = limit("pair"), up = limit("up");
    std::atomic<uint64_t> decisions{0}, slow{0};
    std::atomic<bool> done{false};
    together(4, [&](int t) {
      Random random(static_cast<uint64_t>(t) + 77);
      std::string text, why;
      std::vector<uint64_t> receipts;
      Instant now = kStart;
      for (int i = 0; t < 2 ? !done.load() : i < 1'500; ++i) {
        const std::string account = "a" + std::to_string(random.below(3)), to = "p" + std::to_string(random.below(30));
        if (t < 2) {
          const AskBytes bytes({.values = {account, to},
                                .key = random.chance(30) ? "k" + std::to_string(random.below(50)) : "",
                                .flags = random.chance(30) ? flag::receipt : 0},
                               send_id);
          const Answer answer = overlap.during([&] { return decide(*this, bytes); });
          EXPECT_TRUE(static_cast<int>(answer.decision.status) >= 0 || answer.decision.status == Status::conflict);
          if (answer.decision.receipt != 0) receipts.push_back(answer.decision.receipt);
          if (receipts.size() > 5) {
            overlap.during([&] { return Engine::refund(handle, receipts.front(), kEngineClock, nullptr); });
            receipts.erase(receipts.begin());
          }
          ++decisions;
          continue;
        }
        while (decisions <= static_cast<uint64_t>(i) / 2) std::this_thread::yield();  // slow calls come amid decisions
        const Bytes one[] = {account}, two[] = {account, to};
        const SubjectName subject{"account", one}, both{"account,to", two};
        uint64_t number = 0;
        size_t count = 0;
        Counters counted;
        std::vector<UsageRow> rows;
        std::array<Event, 16> events;
        const AskBytes bytes({.values = {account, to}}, send_id);
        overlap.during([&] {
          switch (random.below(17)) {
            case 0: return Engine::set_plan(handle, subject, random.chance(50) ? "pro" : "free", kEngineClock, &why);
            case 1: return Engine::set_amount(handle, day, subject, random.chance(50) ? "700" : "null", kEngineClock, &why);
            case 2: return Engine::set_amount(handle, pair, both, random.chance(50) ? "5" : "null", kEngineClock, &why);
            case 3:
              return Engine::set_billing(handle, subject, 1 + static_cast<uint32_t>(random.below(31)), 0, "Europe/Paris",
                                         kEngineClock, &why);
            case 4: return Engine::set_usage(handle, day, subject, random.below(900), kEngineClock, &why);
            case 5: return Engine::reset(handle, subject, kEngineClock, &why);
            case 6: return Engine::erase(handle, {"to", std::span(two + 1, 1)}, &number, kEngineClock, &why);
            case 7: return Engine::report_throttled(handle, up, subject, kMillisecond, kEngineClock, &why);
            case 8: return Engine::clear_throttle(handle, up, subject, kEngineClock, &why);
            case 9: return Engine::report_quality(handle, subject, random.chance(50) ? "green" : "red", kEngineClock, &why);
            case 10: return Engine::usage(handle, both, kEngineClock, &rows, &why);
            case 11: return Engine::usage_json(handle, subject, kEngineClock, &text, &why);
            case 12: return Engine::list(handle, "account,to", &number, 10, &text, &why);
            case 13: return Engine::drain_events(handle, events, &count, &number);
            case 14: return Engine::counters(handle, &counted);
            case 15: return Engine::explain(handle, bytes.request(), &text, &why);
            default:
              now += 50 * kMillisecond;
              Engine::set_clock(handle, now);
              return Engine::sweep(handle, kEngineClock, 20, &number);
          }
        });
        if (t == 3 && i % 100 == 99) {
          EXPECT_EQ(overlap.during([&] { return Engine::reload(handle, policy, "", false, kEngineClock, &why); }), Status::ok)
              << why;
        }
        if (++slow == 3'000) done = true;
      }
    });
    EXPECT_GT(decisions, 500u);
    EXPECT_EQ(slow, 3'000u);
  });
}

TEST_F(Contention, TheMemoryCapHoldsAgainstManyAtOnce) {
  options.memory_cap = uint64_t{1} << 20;
  options.shards = 16;
  rounds(1, [&](int) {
    open(R"({ "name": "test", "tenant": "account", "limits": [
        { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1000/s", "depth": 1000 },
        { "name": "log", "scope": ["account", "to"], "kind": "sliding", "period": "60s", "amount": 10 },
        { "name": "day", "scope": ["to"], "kind": "window", "period": "day", "amount": 1000000 } ],
      "operations": [ { "name": "send", "values": ["account", "to"], "charges": [ { "limit": "pace" }, { "limit": "log" }, { "limit": "day" } ] },
        { "name": "known", "values": ["to"], "charges": [ { "limit": "day" } ] } ] })");
    const int32_t send_id = operation("send"), known = operation("known");
    std::atomic<uint64_t> passed{0}, refused{0}, honest{0};
    call("known", "honest");
    together(4, [&](int t) {
      const AskBytes mine({.values = {"honest"}}, known);
      for (int i = 0; i < 4'000; ++i) {
        const AskBytes bytes({.values = {"a" + std::to_string(t) + "-" + std::to_string(i), "p" + std::to_string(i)}}, send_id);
        (overlap.during([&] { return decide(*this, bytes); }).passed() ? passed : refused)++;
        if (i % 10 == 0) honest += decide(*this, mine).passed() ? 1 : 0;
      }
    });
    const Counters c = counters();
    EXPECT_LE(c.memory_used, c.memory_cap + options.shards * 1'024);
    EXPECT_GT(passed, 1'000u);
    EXPECT_GT(refused, 1'000u);
    EXPECT_EQ(honest, 1'600u);
    EXPECT_EQ(used("day", "to=honest"), 1'601u);
  });
}

TEST_F(Contention, EnginesComeAndGoUnderTheFeetOfTheirCallers) {  // reliability 15, 41
  rounds(1, [&](int) {
    const std::string policy =
        account_limits({{"day", R"("kind": "window", "period": "day", "amount": 1000000000)"},
                        {"log", R"("kind": "sliding", "period": "60s", "slots": 4, "amount": 1000000000)"}});
    std::atomic<uint64_t> current{0};
    std::atomic<bool> done{false};
    std::atomic<uint64_t> served{0}, refused{0};
    together(4, [&](int t) {
      if (t == 0) {
        EngineOptions o = options;
        o.policy = policy;
        for (int i = 0; i < 60; ++i) {
          o.shards = 1u << (i % 6);
          uint64_t fresh = 0;
          EXPECT_EQ(Engine::create(o, &fresh, nullptr), Status::ok);
          current = fresh;
          while (served < static_cast<uint64_t>(i) * 20) std::this_thread::yield();
          EXPECT_EQ(overlap.during([&] { return Engine::destroy(fresh); }), Status::ok);
          EXPECT_EQ(Engine::destroy(fresh), Status::handle);
        }
        done = true;
        return;
      }
      for (int i = 0; !done; ++i) {
        const uint64_t handle_now = current;
        const AskBytes bytes({.values = {"acme" + std::to_string(i % 50)}}, 0);
        Decision decision;
        std::array<Request, 4> batch;
        std::array<Decision, 4> decisions;
        batch.fill(bytes.request());
        Counters counted;
        const Status status = overlap.during([&] {
          switch (i % 3) {
            case 0: return Engine::decide(handle_now, bytes.request(), &decision);
            case 1: return Engine::decide_many(handle_now, batch, decisions);
            default: return Engine::counters(handle_now, &counted);
          }
        });
        EXPECT_TRUE(status == Status::ok || status == Status::handle) << word(status);
        (status == Status::ok ? served : refused)++;
        if (i % 3 == 1 && status == Status::ok) {
          for (const Decision& one : decisions) EXPECT_TRUE(one.status == Status::ok || one.status == Status::handle);
        }
      }
    });
    EXPECT_GT(served, 1'000u);
  });
}

}  // namespace
}  // namespace sluice::testing
