// SPDX-License-Identifier: Apache-2.0
// Threads on the queues of a few lines: who gets the last places, who gets the turn, and how a message ends that two reach for.
#include <array>
#include <atomic>
#include <barrier>
#include <string>
#include <vector>

#include "tests/support/queue_caller.h"
#include "tests/support/queue_fixture.h"
#include "tests/support/random.h"
#include "tests/support/together.h"

namespace sluice::testing {
namespace {

// Counts the calls that began while another was under way: without any a test of threads has shown nothing.
class Meetings {
 public:
  template <class Fn>
  auto during(Fn&& fn) {
    if (under_way_.fetch_add(1) > 0) ++met_;
    auto result = fn();
    under_way_.fetch_sub(1);
    return result;
  }
  uint64_t met() const { return met_; }

 private:
  std::atomic<int> under_way_{0};
  std::atomic<uint64_t> met_{0};
};

class QueueRace : public QueueTest {
 protected:
  void TearDown() override { EXPECT_GT(meetings.met(), kEnough) << "the threads never met: this test has shown nothing"; }
  // fn(), and again until its threads have met: on a busy machine short calls may miss each other.
  template <class Fn>
  void until_met(Fn&& fn) {
    for (int i = 0; (i == 0 || meetings.met() <= kEnough) && i < 300 && !HasFailure(); ++i) fn();
  }
  std::string line_of(uint64_t i) { return "+" + std::to_string(i); }
  static constexpr uint64_t kEnough = 10;
  Meetings meetings;
};

// The last places.

struct Entrants {
  std::atomic<int> in{0}, refused{0}, other{0};
  std::array<std::atomic<uint64_t>, 64> message{};
};

class LastPlaces : public QueueRace {
 protected:
  static constexpr int kThreads = 64, kPlaces = 10, kRounds = 200;

  // Ten of twenty places are taken; 64 threads, on `lines` lines, want one each. Then those who got in leave again.
  void race(uint64_t lines) {
    for (int i = 0; i < kPlaces; ++i) ASSERT_EQ(put("+0").decision.status, Status::ok) << error;
    Entrants entrants;
    std::barrier round(kThreads);
    together(kThreads, [&](int t) {
      QueueCaller caller(handle);
      for (int i = 0; i < kRounds; ++i) {
        round.arrive_and_wait();
        enter(caller, entrants, t, line_of(static_cast<uint64_t>(t) % lines));
        round.arrive_and_wait();
        if (t == 0) check_and_empty(entrants, i);
      }
    });
  }

 private:
  void enter(QueueCaller& caller, Entrants& entrants, int thread, const std::string& line) {
    const Enqueued held = meetings.during([&] { return caller.put({.line = line}); });
    const bool deep = held.decision.status == Status::denied && held.decision.denial == DenialKind::depth;
    (held.decision.status == Status::ok ? entrants.in : deep ? entrants.refused : entrants.other)++;
    entrants.message[static_cast<size_t>(thread)] = held.message;
  }
  void check_and_empty(Entrants& entrants, int i) {
    EXPECT_EQ(entrants.in, kPlaces) << "round " << i;
    EXPECT_EQ(entrants.refused, kThreads - kPlaces) << "round " << i;
    EXPECT_EQ(entrants.other, 0);
    EXPECT_EQ(used("day", "account=acme"), uint64_t{2} * kPlaces) << "a denial has cost quota";
    EXPECT_EQ(counters().messages, uint64_t{2} * kPlaces);
    for (auto& message : entrants.message) {
      if (message != 0) {
        EXPECT_EQ(cancel(message), Status::ok) << error;
      }
    }
    EXPECT_EQ(used("day", "account=acme"), uint64_t{kPlaces});
    entrants.in = entrants.refused = entrants.other = 0;
  }
};

const std::string kOnePerSecond = R"("amount": "1/s")";
const std::string kDayWindow =
    R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100000 }, )";
const std::string kQueued = R"({ "name": "queued", "kind": "gauge", "amount": 20, )";
const std::string kPlacesOn = R"({ "limit": "queued", "while": "queued" }, { "limit": "day" })";

TEST_F(LastPlaces, OfALineGoToExactlyAsManyAsThereAre) {
  until_met([&] {
    open(line_queue(kOnePerSecond, kDayWindow + kQueued + R"("scope": ["line"] })", kPlacesOn));
    race(1);
    EXPECT_EQ(used("queued", "line=+0"), uint64_t{kPlaces});
  });
}

TEST_F(LastPlaces, OfAnAccountGoToExactlyAsManyAsThereAreWhateverTheirLines) {
  until_met([&] {
    open(line_queue(kOnePerSecond, kDayWindow + kQueued + R"("scope": ["account"] })", kPlacesOn));
    race(16);
    EXPECT_EQ(used("queued", "account=acme"), uint64_t{kPlaces});
  });
}

// The turn.

class Turn : public QueueRace {
 protected:
  static constexpr uint64_t kLines = 5;
  static constexpr int kSeconds = 60;

  // Eight threads that lease all they can at each second.
  void lease_together() {
    std::atomic<uint64_t> leased{0};
    std::barrier second(8);
    together(8, [&](int t) {
      QueueCaller caller(handle);
      for (int i = 0; i < kSeconds; ++i) {
        if (t == 0) {
          EXPECT_EQ(leased, kLines * static_cast<uint64_t>(i)) << "at second " << i;
          pass(kSecond);
        }
        second.arrive_and_wait();
        leased += lease_all(caller, static_cast<uint32_t>(t));
        second.arrive_and_wait();
      }
    });
    EXPECT_EQ(leased, kLines * kSeconds);
  }

 private:
  uint64_t lease_all(QueueCaller& caller, uint32_t thread) {
    std::vector<Lease> leases;
    for (uint32_t tries = 0; tries < 3; ++tries) {
      meetings.during([&] { return caller.lease(1 + thread * tries, &leases); });
    }
    for (const Lease& one : leases) EXPECT_EQ(caller.settle(one, Outcome::sent), Status::ok) << caller.error;
    return leases.size();
  }
};

TEST_F(Turn, IsOneForEachLineHoweverManyLeaseAtOneInstant) {
  until_met([&] {
    open(line_queue(kOnePerSecond));
    for (uint64_t i = 0; i < kLines * (kSeconds + 1); ++i) put(line_of(i % kLines));
    lease_together();
    EXPECT_EQ(counters().messages, kLines);
  });
}

// Two who send and two who cancel the same few messages.
class OneWay : public QueueRace {
 protected:
  static constexpr size_t kMessages = 16;
  static constexpr int kRounds = 150;

  void race() {
    std::barrier round(4);
    together(4, [&](int t) {
      QueueCaller caller(handle);
      for (int i = 0; i < kRounds; ++i) {
        if (t == 0) put_all();
        round.arrive_and_wait();
        t < 2 ? send_all(caller) : cancel_all(caller, t == 2);
        round.arrive_and_wait();
        if (t == 0) check(i);
      }
    });
    EXPECT_EQ(counters().ended[static_cast<size_t>(MessageState::sent)], all_sent_);
    EXPECT_EQ(counters().ended[static_cast<size_t>(MessageState::cancelled)], all_cancelled_);
    EXPECT_EQ(next_due(), kNever);
    all_sent_ = all_cancelled_ = 0;
  }

 private:
  void put_all() {
    pass(kSecond);
    for (size_t m = 0; m < kMessages; ++m) message_[m] = put(line_of(m % 3), "r" + std::to_string(m % 5)).message;
    sent_ = cancelled_ = 0;
  }
  void send_all(QueueCaller& caller) {
    for (size_t i = 0; i < kMessages; ++i) {
      std::vector<Lease> leases;
      meetings.during([&] { return caller.lease(2, &leases); });
      for (const Lease& one : leases) {
        EXPECT_EQ(caller.settle(one, Outcome::sent), Status::ok) << caller.error;
        ++sent_;
      }
    }
  }
  void cancel_all(QueueCaller& caller, bool from_first) {
    for (size_t m = 0; m < kMessages; ++m) {
      const Status status = meetings.during([&] { return caller.cancel(message_[from_first ? m : kMessages - 1 - m]); });
      EXPECT_TRUE(status == Status::ok || status == Status::stale || status == Status::not_found) << word(status);
      cancelled_ += status == Status::ok ? 1 : 0;
    }
  }
  void check(int i) {
    EXPECT_EQ(sent_ + cancelled_, kMessages) << "round " << i;
    EXPECT_EQ(counters().messages, 0u);
    EXPECT_EQ(used("queued", "account=acme"), 0u);
    all_sent_ += sent_;
    all_cancelled_ += cancelled_;
  }

  std::array<uint64_t, kMessages> message_{};
  std::atomic<uint64_t> sent_{0}, cancelled_{0};
  uint64_t all_sent_ = 0, all_cancelled_ = 0;
};

TEST_F(OneWay, AMessageEndsThatIsLeasedAndCancelledAtOnce) {
  until_met([&] {
    open(line_queue(R"("amount": "1000/s", "depth": 1000)",
                    R"({ "name": "queued", "scope": ["account"], "kind": "gauge", "amount": 1000 },
                      { "name": "pair", "scope": ["line", "recipient"], "kind": "window",
                      "period": "1s", "amount": 100000, "mode": "queue" })",
                    R"({ "limit": "queued", "while": "queued" }, { "limit": "pair" })"));
    race();
  });
}

// The engine.

const char* const kQueueOfThree = R"({
  "name": "three", "tenant": "account", "line": "line",
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000/s", "mode": "queue" },
    { "name": "pair", "scope": ["line", "recipient"], "kind": "pace", "amount": "100/s", "mode": "queue" },
    { "name": "queued", "scope": ["account"], "kind": "gauge", "amount": 500 } ],
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [
    { "limit": "queued", "while": "queued" }, { "limit": "pace" }, { "limit": "pair" }EXTRA ] } ]
})";

// A policy in which messages remember something else in each of `versions`.
std::string version_of_policy(uint64_t version) {
  std::string text = kQueueOfThree;
  std::string extra;
  const std::string limit = R"({ "name": "v", "scope": ["line"], "kind": "window", "period": "60s", "amount": 1000000 }, )";
  if (version != 0) {
    text.insert(text.find(R"({ "name": "queued")"), limit);
    extra = R"(, { "limit": "v", "cost": )" + std::to_string(version) + " }";
  }
  return text.replace(text.find("EXTRA"), 5, extra);
}

// Everything a caller does, whose answers may be that there is nothing, or nobody, there.
class Busy {
 public:
  Busy(uint64_t engine, int thread) : caller_(engine), random_(static_cast<uint64_t>(thread) + 1) {}

  Status step() {
    switch (random_.below(6)) {
      case 0:
      case 1: return put();
      case 2: return caller_.lease(static_cast<uint32_t>(random_.between(1, 40)), &leases_);
      case 3: return caller_.next_due(&due_);
      case 4: return cancel();
      default: return settle();
    }
  }

 private:
  Status put() {
    const Enqueued held = caller_.put({.line = "+" + std::to_string(random_.below(5)),
                                       .recipient = "r" + std::to_string(random_.below(7)),
                                       .message_class = static_cast<int>(random_.below(4))});
    if (held.message != 0) last_ = held.message;
    return held.decision.status;
  }
  Status cancel() { return last_ == 0 ? Status::ok : caller_.cancel(last_); }
  Status settle() {
    if (leases_.empty()) return Status::ok;
    const Lease one = leases_.back();
    leases_.pop_back();
    return caller_.settle(one, static_cast<Outcome>(random_.below(5)), random_.between(0, 10) * kMillisecond);
  }

  QueueCaller caller_;
  Random random_;
  std::vector<Lease> leases_;
  uint64_t last_ = 0;
  Instant due_ = 0;
};

bool is_an_answer(Status status) {
  return status == Status::ok || status == Status::denied || status == Status::stale || status == Status::not_found;
}

TEST_F(QueueRace, DestroyingTheEngineEndsCallsOrRefusesThem) {
  for (int i = 0; i < 40; ++i) {
    open(version_of_policy(0));
    std::atomic<uint64_t> served{0}, other{0};
    const uint64_t engine = handle;
    together(5, [&](int t) {
      if (t == 0) {
        while (served < 300) {
          pass(kMillisecond);
          std::this_thread::yield();
        }
        EXPECT_EQ(meetings.during([&] { return Engine::destroy(engine); }), Status::ok);
        return;
      }
      Busy busy(engine, t + 10 * i);
      for (;;) {
        const Status status = meetings.during([&] { return busy.step(); });
        if (status == Status::handle) return;
        (is_an_answer(status) ? served : other)++;
      }
    });
    handle = 0;
    EXPECT_EQ(other, 0u);
    EXPECT_EQ(Engine::destroy(engine), Status::handle);
  }
}

TEST_F(QueueRace, AReloadAmidItAllLosesNoMessage) {
  for (int i = 0; i < 4; ++i) {
    open(version_of_policy(0));
    std::atomic<uint64_t> served{0}, other{0};
    std::atomic<bool> done{false};
    together(5, [&](int t) {
      if (t == 0) {
        for (uint64_t version = 1; version < 60; ++version) {
          while (served < 40 * version) std::this_thread::yield();
          pass(kMillisecond);
          const std::string policy = version_of_policy(version % 10 == 0 ? 0 : version);  // now and then without the limit
          EXPECT_EQ(meetings.during([&] { return reload(policy, true); }), Status::ok) << error;
        }
        done = true;
        return;
      }
      Busy busy(handle, t + 10 * i);
      while (!done) {
        const Status status = meetings.during([&] { return busy.step(); });
        (is_an_answer(status) ? served : other)++;
      }
    });
    EXPECT_EQ(other, 0u);
    const Counters c = counters();
    uint64_t ended = 0;
    for (const uint64_t n : c.ended) ended += n;
    EXPECT_EQ(c.accepted, ended + c.messages);
    EXPECT_EQ(used("queued", "account=acme"), c.messages);
    drain_queue(now() + 2 * kDay);
    EXPECT_EQ(counters().messages, 0u);
    EXPECT_EQ(used("queued", "account=acme"), 0u);
  }
}

}  // namespace
}  // namespace sluice::testing
