// SPDX-License-Identifier: Apache-2.0
// Random sequences of everything a queue can do, beside a book that knows what must be: nothing is lost, nothing leaves twice, nothing
// early, and in the end every gauge is at zero.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/queue_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

const char* const kPolicy = R"({
  "name": "model", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["line"], "plans": ["slow", "fast"], "default": "slow" } ],
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue",
      "amounts": [ { "plan": "slow", "amount": "10/s" }, { "plan": "fast", "amount": "40/s" } ] },
    { "name": "pair", "scope": ["line", "recipient"], "kind": "pace", "amount": "1/s", "mode": "queue" },
    { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 60, "mode": "queue" },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1000000 },
    { "name": "queued", "scope": ["account"], "kind": "gauge", "amount": 120 },
    { "name": "line_queued", "scope": ["line"], "kind": "gauge", "amount": 80 },
    { "name": "stop", "scope": ["account"], "kind": "upstream", "longest": "1h" }
  ],
  "queue": { "lease": "5s", "in_flight": 6, "retry": { "first": "200ms", "longest": "2s", "attempts": 4, "jitter": "50%" },
             "classes": [ { "class": "reply", "delivery": "at most once" } ] },
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [
    { "limit": "day" }, { "limit": "queued", "while": "queued" }, { "limit": "line_queued", "while": "queued" },
    { "limit": "pace" }, { "limit": "pair" }, { "limit": "minute" }, { "limit": "stop", "mode": "queue" } ] } ]
})";

// The same with hours: of each five minutes of the first two hours and forty the first three; then for good. Urgent messages leave at
// any time, and bulk ones end when theirs close.
std::string with_hours(std::string policy) {
  std::string open;
  const auto time = [](int minute) {
    const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return two(minute / 60) + ":" + two(minute % 60);
  };
  for (int minute = 0; minute < 160; minute += 5) open += "\"" + time(minute) + "-" + time(minute + 3) + "\", ";
  policy.insert(policy.find("\"classes\": [") + 12, R"( { "class": "urgent", "hours": { "open": ["00:00-24:00"] } },
      { "class": "bulk", "hours": { "on_close": "expire" } },)");
  policy.insert(policy.find("\"classes\": ["), R"("hours": { "zone": "UTC", "open": [ )" + open + R"("02:40-23:00" ] }, )");
  return policy;
}

struct Known {
  std::string account, line, recipient;
  std::vector<int> zones = {0};  // minutes east of UTC, all of which must be open
  int message_class = 0;
  bool scheduled = false;  // enqueued for later: it comes to its flow then
  Instant send_at = 0, expires = 0;
  uint64_t order = 0;
  uint32_t fence = 0;
  bool leased = false, unknown = false;
};

class Book : public QueueTest {
 protected:
  void run(uint64_t seed, int steps);
  bool keeps_hours = false;
  bool explains = false;  // now and then what is leased is held against what was said of it

 private:
  std::string pick(const char* prefix, uint64_t n) { return prefix + std::to_string(random_.below(n)); }
  void put_one();
  void lease_some(uint32_t most = 0);
  void lease_as_explained();
  void settle_one();
  void cancel_one();
  void pass_time();
  void change_something();
  void forget_ended();
  std::string pick_zone(Known* known);
  void check_hours(const Known& known) const;
  void check_order(const Known& known, uint64_t id);
  void check_gauges();
  void drain_all();

  Random random_{1};
  std::map<uint64_t, Known> known_;
  std::map<std::pair<uint64_t, uint32_t>, Leased> leases_;
  std::set<uint64_t> newly_leased_;  // by the last lease_some()
  uint64_t orders_ = 0, accepted_ = 0, ended_ = 0;
};

std::string Book::pick_zone(Known* known) {
  if (!keeps_hours || random_.chance(70)) return {};
  const auto first = static_cast<int>(random_.below(4)), second = static_cast<int>(random_.below(2));
  known->zones = {first, first + second};
  return "+00:0" + std::to_string(first) + (second == 0 ? "" : ",+00:0" + std::to_string(first + second));
}

void Book::check_hours(const Known& known) const {
  if (!keeps_hours || known.message_class == 0) return;
  for (const int zone : known.zones) {
    const int64_t minute = (now() - kStart) / kMinute + zone;
    ASSERT_TRUE(minute >= 160 || minute % 5 < 3) << "it left at minute " << minute << " of its clock";
  }
}

void Book::put_one() {
  Known k;
  k.account = pick("a", 3);
  k.line = pick("+", 4);
  k.recipient = pick("r", 6);
  k.message_class = static_cast<int>(random_.below(4));
  if (random_.chance(15)) k.send_at = now() + random_.between(0, 20) * kSecond;
  if (random_.chance(20)) k.expires = std::max(now(), k.send_at) + random_.between(1, 30'000) * kMillisecond;
  k.scheduled = k.send_at > now();
  k.order = ++orders_;
  const std::string zone = pick_zone(&k);
  const Enqueued held = put({.values = {k.account, k.line, k.recipient},
                             .payload = std::string(random_.below(200), 'x'),
                             .message_class = k.message_class,
                             .send_at = k.send_at,
                             .expires_at = k.expires,
                             .zone = zone});
  if (held.decision.status != Status::ok) {
    ASSERT_EQ(held.decision.status, Status::denied) << error;
    ASSERT_EQ(held.decision.denial, DenialKind::depth);
    return;
  }
  ++accepted_;
  if (keeps_hours) k.expires = held.expires;  // a bulk message's close
  ASSERT_TRUE(known_.emplace(held.message, k).second) << "a number was given twice";
}

// Of one recipient nothing leaves while an earlier one of its flow waits.
void Book::check_order(const Known& known, uint64_t id) {
  if (known.scheduled) return;
  for (const auto& [other, k] : known_) {
    if (other == id || k.scheduled || k.order > known.order || k.account != known.account || k.line != known.line ||
        k.recipient != known.recipient || k.message_class != known.message_class || k.leased || k.unknown) {
      continue;
    }
    const MessageState s = state(other);
    ASSERT_TRUE(s == MessageState::leased || s == MessageState::unknown || s == MessageState::none)
        << other << " is " << static_cast<int>(s) << " and " << id << " passed it";
  }
}

void Book::lease_some(uint32_t most) {
  newly_leased_.clear();
  for (const Leased& one : lease(most != 0 ? most : static_cast<uint32_t>(random_.between(1, 8)))) {
    newly_leased_.insert(one.message);
    const auto it = known_.find(one.message);
    ASSERT_NE(it, known_.end()) << "leased what was never accepted, or has ended";
    Known& k = it->second;
    ASSERT_EQ(one.values, (std::vector<std::string>{k.account, k.line, k.recipient}));
    ASSERT_EQ(one.fence, ++k.fence);
    ASSERT_FALSE(k.unknown);
    ASSERT_GE(now(), k.send_at);
    if (k.expires != 0) {
      ASSERT_LT(now(), k.expires);
    }
    check_hours(k);
    check_order(k, one.message);
    k.leased = true;
    leases_[{one.message, one.fence}] = one;
  }
}

// What leaves was held by nothing but its turn, and something leaves if a message was held by nothing.
void Book::lease_as_explained() {
  lease(0);  // whatever a change has opened is open from here on
  std::map<uint64_t, std::string> told;
  bool expires = false, is_free = false;
  for (const auto& [id, k] : known_) {
    std::string& json = told[id];
    if (Engine::explain_message(handle, id, kEngineClock, &json, nullptr) != Status::ok) continue;
    expires = expires || (k.expires != 0 && k.expires <= now());
    const bool waits = !k.leased && !k.unknown && (k.expires == 0 || k.expires > now());
    is_free = is_free || (waits && json.find(R"("holds":[])") != std::string::npos);
  }
  lease_some(1000);
  for (const uint64_t id : newly_leased_) {
    const std::string& json = told[id];
    for (const char* rule :
         {"send_at", "retry", "hours", "flow", "in_flight", "line", "line_limit", "limit", "earlier_message"}) {
      const bool may_end = expires && std::string(rule) == "earlier_message";  // what it waited for ended just now
      ASSERT_TRUE(may_end || json.find("\"rule\":\"" + std::string(rule) + "\"") == std::string::npos) << json << " at " << now();
    }
  }
  ASSERT_TRUE(!is_free || !newly_leased_.empty()) << "nothing was leased, and nothing held some of the messages";
}

void Book::settle_one() {
  if (leases_.empty()) return;
  auto it = std::next(leases_.begin(), static_cast<std::ptrdiff_t>(random_.below(leases_.size())));
  const Leased one = it->second;
  leases_.erase(it);
  const auto known = known_.find(one.message);
  const MessageState before = state(one.message);
  const auto outcome = static_cast<Outcome>(random_.chance(50) ? 0 : random_.below(5));
  const Status status = settle(one, outcome, random_.chance(50) ? 0 : random_.between(1, 3000) * kMillisecond);
  if (status == Status::ok) {
    ASSERT_NE(known, known_.end());
    ASSERT_EQ(known->second.fence, one.fence) << "a stale lease was settled";
    known->second.leased = known->second.unknown = false;
    if (is_final(settled)) {
      ++ended_;
      known_.erase(known);
    }
    return;
  }
  if (before == MessageState::none) {
    ASSERT_EQ(status, Status::not_found);
  } else {
    ASSERT_EQ(status, Status::stale) << error;
  }
}

void Book::cancel_one() {
  if (known_.empty()) return;
  const auto it = std::next(known_.begin(), static_cast<std::ptrdiff_t>(random_.below(known_.size())));
  const MessageState before = state(it->first);
  const Status status = cancel(it->first);
  if (before == MessageState::leased) {
    ASSERT_EQ(status, Status::stale);
  } else if (before == MessageState::none) {
    ASSERT_EQ(status, Status::not_found);
  } else {
    ASSERT_EQ(status, Status::ok) << error;
    ++ended_;
    known_.erase(it);
  }
}

void Book::pass_time() {
  const Instant due = next_due();
  if (random_.chance(60) && due != kNever && due > now()) return set_clock(due);
  pass(random_.between(0, 700) * kMillisecond);
}

void Book::change_something() {
  switch (random_.below(4)) {
    case 0: set_plan("line=" + pick("+", 4), random_.chance(50) ? "fast" : "slow"); break;
    case 1: throttled("stop", "account=" + pick("a", 3), random_.between(1, 5) * kSecond); break;
    case 2: cleared("stop", "account=" + pick("a", 3)); break;
    default: set_amount("minute", "account=" + pick("a", 3), random_.chance(50) ? "null" : "5"); break;
  }
}

// What ended by itself (expired, dead) is known by its state alone.
void Book::forget_ended() {
  for (auto it = known_.begin(); it != known_.end();) {
    const MessageState s = state(it->first);
    if (s == MessageState::none) {
      ++ended_;
      it = known_.erase(it);
    } else {
      it->second.leased = s == MessageState::leased;
      it->second.unknown = s == MessageState::unknown;
      ++it;
    }
  }
}

void Book::check_gauges() {
  forget_ended();
  const Counters c = counters();
  ASSERT_EQ(c.messages, known_.size());
  ASSERT_EQ(c.accepted, accepted_);
  for (const char* account : {"a0", "a1", "a2"}) {
    const auto held = static_cast<uint64_t>(
        std::count_if(known_.begin(), known_.end(), [&](const auto& entry) { return entry.second.account == account; }));
    ASSERT_EQ(used("queued", std::string("account=") + account), held);
  }
}

void Book::drain_all() {
  for (const char* account : {"a0", "a1", "a2"}) {
    set_amount("minute", std::string("account=") + account, "null");
    cleared("stop", std::string("account=") + account);
  }
  for (int rounds = 0; rounds < 20'000; ++rounds) {
    lease_some();
    if (::testing::Test::HasFatalFailure()) return;
    for (const auto& [name, one] : leases_) settle(one, Outcome::sent);
    leases_.clear();
    forget_ended();
    for (auto& [id, k] : known_) {
      if (k.unknown) Engine::settle(handle, {id, k.fence, Outcome::failed, 0}, kEngineClock, nullptr, nullptr);
    }
    forget_ended();
    if (known_.empty()) return;
    const Instant due = next_due();
    ASSERT_NE(due, kNever) << known_.size() << " are held, and nothing is due";
    if (due > now()) set_clock(due);
  }
  FAIL() << "it does not come to an end";
}

void Book::run(uint64_t seed, int steps) {
  random_ = Random(seed);
  options.shards = random_.chance(50) ? 1024 : 1;
  open(keeps_hours ? with_hours(kPolicy) : kPolicy);
  const uint64_t before = counters().memory_used;
  for (int step = 0; step < steps; ++step) {
    const uint64_t what = random_.below(100);
    if (what < 40) {
      put_one();
    } else if (what < 60) {
      lease_some();
    } else if (what < 80) {
      settle_one();
    } else if (what < 84) {
      cancel_one();
    } else if (what < 97) {
      pass_time();
    } else {
      change_something();
    }
    if (step % 50 == 0) check_gauges();
    if (explains && step % 20 == 10) lease_as_explained();
    ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "seed " << seed << ", step " << step;
  }
  drain_all();
  ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "seed " << seed;
  check_gauges();
  EXPECT_EQ(ended_, accepted_);
  const Counters c = counters();
  EXPECT_EQ(c.messages, 0u);
  for (const char* line : {"+0", "+1", "+2", "+3"}) EXPECT_EQ(used("line_queued", std::string("line=") + line), 0u);
  (void)before;
  close();
  known_.clear();
  leases_.clear();
  accepted_ = ended_ = 0;
}

class QueueBook : public Book {};

TEST_F(QueueBook, LosesNothingAndSendsNothingTwice) {
  for (uint64_t seed = 1; seed <= (getenv("SEEDS") != nullptr ? strtoull(getenv("SEEDS"), nullptr, 10) : 30); ++seed) {
    run(seed, 1500);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
}

TEST_F(QueueBook, SendsNothingOutsideItsHours) {
  keeps_hours = true;
  for (uint64_t seed = 101; seed <= (getenv("SEEDS") != nullptr ? 100 + strtoull(getenv("SEEDS"), nullptr, 10) : 120); ++seed) {
    explains = seed % 2 == 0;
    run(seed, 1500);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
}

TEST_F(QueueBook, WhatIsSaidOfAMessageIsWhatItsLeaseFinds) {
  explains = true;
  for (uint64_t seed = 31; seed <= 50; ++seed) {
    run(seed, 1500);
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
}

}  // namespace
}  // namespace sluice::testing
