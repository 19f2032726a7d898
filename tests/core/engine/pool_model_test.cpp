// SPDX-License-Identifier: Apache-2.0
// Random sequences of everything a pool and its queues can do, beside a book: a recipient has one line at a time, its messages leave in
// order, nothing is lost, and in the end every gauge is at zero.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/pool_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

struct Known {
  std::string account, recipient;
  uint64_t order = 0;
  bool scheduled = false, spilled = false, leased_before = false;
};

class PoolBook : public PoolTest {
 protected:
  void run(uint64_t seed, int steps);

 private:
  std::string pick(const char* prefix, uint64_t n) { return prefix + std::to_string(random_.below(n)); }
  void open_random();
  void put_one();
  void lease_some();
  void settle_one();
  void cancel_one();
  void change_line();
  void drain();
  void check_counts();

  Random random_{1};
  std::map<uint64_t, Known> known_;
  std::vector<Leased> leases_;
  std::map<std::pair<std::string, std::string>, uint64_t> last_;  // first leased
  uint64_t orders_ = 0, accepted_ = 0;

 public:
  std::map<std::string, int> told_;  // by why: how often somebody was moved
  uint64_t moved_ = 0;               // messages
};

void PoolBook::open_random() {
  const char* const suspends[] = {"hold", "move_new", "move_all", "fail"};
  const char* const fulls[] = {"wait", "spill", "rehome"};
  options.shards = 1u << random_.below(7);
  open(R"({ "name": "model", "tenant": "account", "line": "line",
    "limits": [
      { "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue", "amount": "5/s" },
      { "name": "pair", "scope": ["line", "recipient"], "kind": "pace", "amount": "2/s", "mode": "queue" },
      { "name": "own", "scope": ["account", "line"], "kind": "gauge", "amount": 40 },
      { "name": "line_day", "scope": ["line"], "kind": "window", "period": "day", "amount": 100000 },
      { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 25 } ],
    "queue": { "lease": "5s", "retry": { "first": "200ms", "longest": "2s", "attempts": 5 } },
    "pools": [ { "name": "p", "on_suspend": ")" +
       std::string(suspends[random_.below(4)]) + R"(", "on_full": ")" + fulls[random_.below(3)] + R"(", "return_home": )" +
       (random_.chance(50) ? "true" : "false") + R"(, "new_recipients": 3 } ],
    "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "pool": "p", "charges": [
      { "limit": "line_day" }, { "limit": "queued", "while": "queued" }, { "limit": "own", "while": "queued" },
      { "limit": "pace" }, { "limit": "pair" } ] } ] })");
  lines(4);
}

void PoolBook::put_one() {
  Known k;
  k.account = pick("a", 2);
  k.recipient = pick("r", 8);
  Put what = {.values = {k.account, "", k.recipient}, .payload = "x"};
  k.scheduled = random_.chance(10);
  if (k.scheduled) what.send_at = now() + random_.between(0, 20) * kSecond;
  if (random_.chance(10)) what.expires_at = std::max(now(), what.send_at) + random_.between(1, 20) * kSecond;
  const Enqueued held = put(what);
  if (held.decision.status != Status::ok) {
    ASSERT_EQ(held.decision.status, Status::denied) << error;
    return;
  }
  ASSERT_NE(held.line, "");
  k.order = ++orders_;
  k.spilled = held.sticky == Sticky::spilled;
  known_[held.message] = k;
  ++accepted_;
}

void PoolBook::lease_some() {
  for (Leased& one : lease(static_cast<uint32_t>(1 + random_.below(5)))) {
    Known& k = known_.at(one.message);
    ASSERT_EQ(one.values[0], k.account);
    ASSERT_EQ(one.values[2], k.recipient);
    if (!k.leased_before && !k.scheduled && !k.spilled) {
      uint64_t& last = last_[{k.account, k.recipient}];
      ASSERT_LT(last, k.order) << k.recipient;
      last = k.order;
    }
    k.leased_before = true;
    leases_.push_back(std::move(one));
  }
}

void PoolBook::settle_one() {
  if (leases_.empty()) return;
  const size_t i = random_.below(leases_.size());
  const Outcome outcomes[] = {Outcome::sent,          Outcome::sent,   Outcome::sent,     Outcome::retry, Outcome::throttled,
                              Outcome::not_attempted, Outcome::failed, Outcome::line_bad, Outcome::sent,  Outcome::sent};
  const Status status = settle(leases_[i], outcomes[random_.below(10)], random_.between(0, 2) * kSecond);
  ASSERT_TRUE(status == Status::ok || status == Status::stale || status == Status::not_found) << error;
  leases_.erase(leases_.begin() + static_cast<std::ptrdiff_t>(i));
}

void PoolBook::cancel_one() {
  if (known_.empty()) return;
  auto it = known_.begin();
  std::advance(it, random_.below(known_.size()));
  cancel(it->first);
}

void PoolBook::change_line() {
  LineIs is;
  is.line = "+" + std::to_string(1 + random_.below(4));
  is.state = random_.chance(50) ? LineState::active : static_cast<LineState>(random_.below(6));
  is.weight = static_cast<uint32_t>(random_.below(4));
  if (is.state == LineState::paused && random_.chance(50)) is.paused_until = now() + random_.between(1, 10) * kSecond;
  ASSERT_EQ(set(is), Status::ok) << error;
}

// Each is found, or has ended; of each account's recipient no two lines have messages but for what was spilled.
void PoolBook::check_counts() {
  for (auto it = known_.begin(); it != known_.end();) {
    it = state(it->first) == MessageState::none ? known_.erase(it) : std::next(it);
  }
  ASSERT_EQ(counters().messages, known_.size());
  uint64_t queued = 0, own = 0;
  for (int i = 1; i <= 4; ++i) {
    const std::string line = "line=+" + std::to_string(i);
    queued += used("queued", line);
    for (int a = 0; a < 2; ++a) own += used("own", "account=a" + std::to_string(a) + "," + line);
  }
  ASSERT_EQ(queued, known_.size());
  ASSERT_EQ(own, known_.size());
}

void PoolBook::drain() {
  for (int i = 1; i <= 4; ++i) line("+" + std::to_string(i));
  for (int rounds = 0; rounds < 20'000 && counters().messages != 0; ++rounds) {
    const Instant due = next_due();
    if (due != kNever && due > now()) set_clock(due);
    lease_some();
    if (::testing::Test::HasFatalFailure()) return;
    for (const Leased& one : leases_) settle(one, Outcome::sent);
    leases_.clear();
  }
  check_counts();
  for (const Event& event : TestEngine::drain(4096)) {
    const std::string subject(event.subject, event.subject_len);
    ++told_[subject.substr(subject.rfind(", ") + 2)];
    moved_ += event.used;
  }
  ASSERT_EQ(counters().messages, 0u);
  uint64_t ended = 0;
  for (const uint64_t n : counters().ended) ended += n;
  ASSERT_EQ(ended, accepted_);
}

void PoolBook::run(uint64_t seed, int steps) {
  random_ = Random(seed);
  known_.clear();
  leases_.clear();
  last_.clear();
  orders_ = accepted_ = 0;
  open_random();
  for (int i = 0; i < steps; ++i) {
    const uint64_t what = random_.below(100);
    if (what < 40) {
      put_one();
    } else if (what < 60) {
      lease_some();
    } else if (what < 80) {
      settle_one();
    } else if (what < 83) {
      cancel_one();
    } else if (what < 93) {
      pass(random_.between(0, 1500) * kMillisecond);
    } else {
      change_line();
    }
    if (i % 50 == 0) check_counts();
    if (::testing::Test::HasFatalFailure()) break;
  }
  if (!::testing::Test::HasFatalFailure()) drain();
  ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "seed " << seed;
}

TEST_F(PoolBook, NothingIsLostAndOrderHoldsWhateverLinesDo) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    run(seed, 1200);
    ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "seed " << seed;
  }
  // All of it did happen.
  for (const char* why : {"suspended", "removed", "full", "home"}) EXPECT_GT(told_[why], 100) << why;
  EXPECT_GT(moved_, 5000u);
}

}  // namespace
}  // namespace sluice::testing
