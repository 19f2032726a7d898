// SPDX-License-Identifier: Apache-2.0
// Eight threads do everything that can be done with queues, at random, on a few lines and accounts. What each saw goes into one book,
// which must add up: every message ends once, no lease is given twice, no stale one is taken, and in the end nothing is left.
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/support/queue_caller.h"
#include "tests/support/queue_fixture.h"
#include "tests/support/random.h"
#include "tests/support/together.h"

namespace sluice::testing {
namespace {

constexpr int kThreads = 8;
constexpr uint64_t kAccounts = 3, kLines = 4, kRecipients = 6;

const char* const kPolicy = R"({
  "name": "model", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["line"], "plans": ["slow", "fast"], "default": "slow" },
                { "scope": ["account"], "plans": ["free", "pro"], "default": "free" } ],
  "limits": [ /*wide limit*/
    { "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue",
      "amounts": [ { "plan": "slow", "amount": "10/s" }, { "plan": "fast", "amount": "40/s" } ] },
    { "name": "pair", "scope": ["line", "recipient"], "kind": "pace", "amount": "1/s", "mode": "queue" },
    { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 60, "mode": "queue" },
    { "name": "people", "scope": ["account"], "kind": "distinct", "period": "3s", "amount": 4, "mode": "queue" },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1000000 },
    { "name": "queued", "scope": ["account"], "kind": "gauge", "amount": 120 },
    { "name": "line_queued", "scope": ["line"], "kind": "gauge", "amount": 80 },
    { "name": "stop", "scope": ["account"], "kind": "upstream", "longest": "1h" }
  ],
  "queue": { "lease": "5s", "in_flight": 12, "weights": [ { "plan": "pro", "weight": 3 } ],
             "retry": { "first": "200ms", "longest": "2s", "attempts": 4, "jitter": "50%" },
             "classes": [ { "class": "reply", "delivery": "at most once" } ] },
  "operations": [ { "name": "send", "values": ["account", "line", "recipient"], "charges": [ /*wide charge*/
    { "limit": "day" }, { "limit": "queued", "while": "queued" }, { "limit": "line_queued", "while": "queued" },
    { "limit": "pace" }, { "limit": "pair" }, { "limit": "minute" }, { "limit": "people", "of": "recipient" },
    { "limit": "stop", "mode": "queue" } ] } ]
})";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  return text.replace(text.find(what), what.size(), by);
}

// Four versions: with other amounts, and with a limit before all others that is charged too.
std::string version_of_policy(uint64_t version) {
  std::string text = kPolicy;
  if ((version & 1) != 0) {
    text = replaced(text, R"("amount": "10/s")", R"("amount": "25/s")");
    text = replaced(text, R"("amount": "1/s")", R"("amount": "4/s")");
    text = replaced(text, R"("amount": 120)", R"("amount": 90)");
  }
  if ((version & 2) != 0) {
    text = replaced(text, "/*wide limit*/",
                    R"({ "name": "wide", "scope": ["line"], "kind": "window", "period": "60s", "amount": 1000000 },)");
    text = replaced(text, "/*wide charge*/", R"({ "limit": "wide" },)");
  }
  return text;
}

std::string name(const char* prefix, uint64_t i) { return prefix + std::to_string(i); }

// What all threads have seen of all messages. What is written here happened a while before, so a book says no more than "at least".
class SharedBook {
 public:
  void accept(uint64_t message) {
    const std::lock_guard guard(mutex_);
    Seen& seen = seen_[message];  // another may have leased it before this was written
    EXPECT_FALSE(seen.accepted) << "number " << message << " was given twice";
    seen.accepted = true;
  }
  void lease(const Lease& lease) {
    const std::lock_guard guard(mutex_);
    Seen& seen = seen_[lease.message];
    EXPECT_TRUE(seen.fences.insert(lease.fence).second) << "lease " << lease.fence << " of " << lease.message << " is out twice";
    EXPECT_LT(lease.fence, seen.ended_by) << lease.message << " was leased after its end";
  }
  uint32_t newest_fence(uint64_t message) {
    const std::lock_guard guard(mutex_);
    const Seen& seen = seen_[message];
    return seen.fences.empty() ? 0 : *seen.fences.rbegin();
  }
  // `fence`: of the lease that ended it; no later one can have been.
  void end(uint64_t message, MessageState state, uint32_t fence) {
    const std::lock_guard guard(mutex_);
    Seen& seen = seen_[message];
    EXPECT_EQ(seen.end, MessageState::none) << message << " ended twice";
    seen.end = state;
    seen.ended_by = fence + 1;
    EXPECT_TRUE(seen.fences.empty() || *seen.fences.rbegin() <= fence);
    ++ended_[static_cast<size_t>(state)];
  }
  std::vector<uint64_t> not_ended() {
    std::vector<uint64_t> messages;
    for (const auto& [message, seen] : seen_) {
      if (seen.end == MessageState::none) messages.push_back(message);
    }
    std::sort(messages.begin(), messages.end());
    return messages;
  }
  uint64_t ended(MessageState state) const { return ended_[static_cast<size_t>(state)]; }
  uint64_t accepted() const { return seen_.size(); }

 private:
  struct Seen {
    bool accepted = false;
    std::set<uint32_t> fences;
    MessageState end = MessageState::none;
    uint32_t ended_by = UINT32_MAX;
  };
  std::mutex mutex_;
  std::unordered_map<uint64_t, Seen> seen_;
  uint64_t ended_[kMessageStates] = {};
};

// A clock that all threads move on, and whose every instant the engine has seen.
class SharedClock {
 public:
  void begin(uint64_t engine, Instant now) {
    engine_ = engine;
    now_ = now;
  }
  Instant now() const { return now_; }
  void pass(Span span) { Engine::set_clock(engine_, now_.fetch_add(span) + span); }

 private:
  uint64_t engine_ = 0;
  std::atomic<Instant> now_{0};
};

class Member {
 public:
  Member(uint64_t engine, SharedBook& book, SharedClock& clock, uint64_t seed, bool breaks_lines)
      : caller_(engine), engine_(engine), book_(book), clock_(clock), random_(seed), breaks_lines_(breaks_lines) {}

  void step(bool reloads);
  // From now on it leases these lines alone.
  void keep_to(std::vector<std::string> lines) { lines_ = std::move(lines); }

 private:
  void put();
  void lease();
  void settle();
  void extend();
  void cancel();
  void look();
  void change();
  void reload();
  void expect_one_of(Status status, std::initializer_list<Status> expected) {
    EXPECT_NE(std::find(expected.begin(), expected.end(), status), expected.end()) << word(status) << ": " << caller_.error;
  }
  Lease& any_lease() { return leases_[random_.below(leases_.size())]; }

  QueueCaller caller_;
  const uint64_t engine_;
  SharedBook& book_;
  SharedClock& clock_;
  Random random_;
  const bool breaks_lines_;
  std::vector<std::string> lines_;  // empty: all
  std::vector<Lease> leases_;
  std::vector<uint64_t> messages_;
};

void Member::step(bool reloads) {
  const uint64_t what = random_.below(100);
  if (what < 36) return put();
  if (what < 54) return lease();
  if (what < 71) return settle();
  if (what < 74) return extend();
  if (what < 77) return cancel();
  if (what < 81) return look();
  if (what < 96) return clock_.pass(random_.between(0, 300) * kMillisecond);
  if (what < 99 || !reloads) return change();
  reload();
}

void Member::put() {
  QueueCaller::Message message;
  message.account = name("a", random_.below(kAccounts));
  message.line = name("+", random_.below(kLines));
  message.recipient = name("r", random_.below(kRecipients));
  message.payload = std::string(random_.below(200), 'x');
  message.message_class = static_cast<int>(random_.below(4));
  const Instant now = clock_.now();
  if (random_.chance(15)) message.send_at = now + random_.between(0, 10) * kSecond;
  if (random_.chance(20)) message.expires_at = std::max(now, message.send_at) + random_.between(1'000, 30'000) * kMillisecond;
  const Enqueued held = caller_.put(message);
  // The others' clock may have passed the expiry by then.
  expect_one_of(held.decision.status, {Status::ok, Status::denied, Status::invalid});
  EXPECT_EQ(held.decision.status == Status::ok, held.message != 0);
  if (held.decision.status == Status::denied) {
    EXPECT_EQ(held.decision.denial, DenialKind::depth);
  }
  if (held.message == 0) return;
  book_.accept(held.message);
  messages_.push_back(held.message);
}

void Member::lease() {
  std::vector<Lease> leases;
  const uint32_t most = random_.chance(20) ? 50 : static_cast<uint32_t>(random_.between(1, 6));
  const Span ttl = random_.chance(30) ? random_.between(1, 3000) * kMillisecond : 0;
  expect_one_of(lines_.empty() ? caller_.lease(most, &leases, ttl) : caller_.lease_of(lines_, most, &leases, ttl), {Status::ok});
  EXPECT_LE(leases.size(), most);
  for (const Lease& one : leases) {
    book_.lease(one);
    leases_.push_back(one);
  }
}

void Member::settle() {
  if (leases_.empty()) return;
  std::swap(any_lease(), leases_.back());
  const Lease one = leases_.back();
  if (random_.chance(95)) leases_.pop_back();  // else it is settled once more, later
  const auto outcome = static_cast<Outcome>(random_.chance(50) ? 0 : random_.below(breaks_lines_ && random_.chance(5) ? 6 : 5));
  const uint32_t newest = book_.newest_fence(one.message);
  MessageState state = MessageState::none;
  const Status status = caller_.settle(one, outcome, random_.chance(50) ? 0 : random_.between(1, 3000) * kMillisecond, &state);
  expect_one_of(status, {Status::ok, Status::stale, Status::not_found});
  if (status != Status::ok) return;
  EXPECT_LE(newest, one.fence) << "a stale lease of " << one.message << " was taken";
  if (is_final(state)) book_.end(one.message, state, one.fence);
}

void Member::extend() {
  if (leases_.empty()) return;
  const Lease one = any_lease();
  const uint32_t newest = book_.newest_fence(one.message);
  const Status status = caller_.extend(one, random_.between(1, 8000) * kMillisecond);
  expect_one_of(status, {Status::ok, Status::stale, Status::not_found});
  if (status == Status::ok) {
    EXPECT_LE(newest, one.fence);
  }
}

void Member::cancel() {
  if (messages_.empty()) return;
  std::swap(messages_[random_.below(messages_.size())], messages_.back());
  const Status status = caller_.cancel(messages_.back());
  expect_one_of(status, {Status::ok, Status::stale, Status::not_found});
  if (status == Status::ok) book_.end(messages_.back(), MessageState::cancelled, UINT32_MAX - 1);
  if (status != Status::stale) messages_.pop_back();
}

void Member::look() {
  Instant due = 0;
  Counters counters;
  expect_one_of(caller_.next_due(&due), {Status::ok});
  expect_one_of(Engine::counters(engine_, &counters), {Status::ok});
  if (random_.chance(10)) expect_one_of(Engine::sweep(engine_, kEngineClock, 50, nullptr), {Status::ok});
  if (messages_.empty()) return;
  MessageStatus status;
  std::string why;
  expect_one_of(caller_.status(messages_[random_.below(messages_.size())], &status), {Status::ok, Status::not_found});
  expect_one_of(caller_.explain(messages_[random_.below(messages_.size())], &why), {Status::ok, Status::not_found});
}

void Member::change() {
  const std::string account = name("a", random_.below(kAccounts)), line = name("+", random_.below(kLines));
  const bool one = random_.chance(50);
  Status status = Status::ok;
  switch (random_.below(6)) {
    case 0: status = caller_.set_plan("line", line, one ? "fast" : "slow"); break;
    case 1: status = caller_.set_plan("account", account, one ? "free" : "pro"); break;
    case 2: status = caller_.throttle("stop", "account", account, random_.between(1, 5) * kSecond); break;
    case 3: status = caller_.clear("stop", "account", account); break;
    case 4: status = caller_.set_amount("pace", "line", line, one ? "null" : "\"30/s\""); break;
    default: status = caller_.set_amount("minute", "account", account, one ? "null" : "5"); break;
  }
  expect_one_of(status, {Status::ok});
}

void Member::reload() { expect_one_of(caller_.reload(version_of_policy(random_.below(4)), true), {Status::ok}); }

class QueueModelRace : public QueueTest {
 protected:
  void run(uint64_t seed, int steps, bool breaks_lines);
  bool divides_lines = false;  // every other member leases half of the lines, beside those who lease all

 private:
  void begin_draining();
  void lease_and_settle();
  void end_those_unknown();
  void cancel_all();
  void drain(bool breaks_lines);
  void check_the_end();

  std::unique_ptr<SharedBook> book_;
  SharedClock clock_;
  uint64_t left_ = 0;
};

void QueueModelRace::begin_draining() {
  set_clock(clock_.now());
  for (uint64_t i = 0; i < kAccounts; ++i) {
    const std::string account = "account=" + name("a", i);
    EXPECT_EQ(set_amount("minute", account, "null"), Status::ok) << error;
    EXPECT_EQ(cleared("stop", account), Status::ok) << error;
    EXPECT_EQ(set_plan(account, "free"), Status::ok) << error;
  }
  for (uint64_t i = 0; i < kLines; ++i) {
    const std::string line = "line=" + name("+", i);
    EXPECT_EQ(set_amount("pace", line, "null"), Status::ok) << error;
    EXPECT_EQ(set_plan(line, "slow"), Status::ok) << error;
  }
}

void QueueModelRace::lease_and_settle() {
  for (const Leased& one : lease(100)) {
    book_->lease({one.message, one.fence, 0, 0, 0});
    ASSERT_EQ(ack(one), Status::ok) << error;
    book_->end(one.message, MessageState::sent, one.fence);
  }
}

void QueueModelRace::end_those_unknown() {
  for (const uint64_t message : book_->not_ended()) {
    MessageStatus status;
    if (Engine::status(handle, message, kEngineClock, &status, &error) != Status::ok) continue;
    if (status.state != MessageState::unknown) continue;
    Leased one;
    one.message = message;
    one.fence = status.fence;
    ASSERT_EQ(settle(one, Outcome::failed), Status::ok) << error;
    book_->end(message, MessageState::failed, one.fence);
  }
}

void QueueModelRace::cancel_all() {
  for (const uint64_t message : book_->not_ended()) {
    if (cancel(message) == Status::ok) book_->end(message, MessageState::cancelled, UINT32_MAX - 1);
  }
}

void QueueModelRace::drain(bool breaks_lines) {
  begin_draining();
  for (int rounds = 0; rounds < 20'000; ++rounds) {
    lease_and_settle();
    if (HasFatalFailure()) return;
    Instant due = next_due();
    if (counters().messages == 0) return;
    if (due == kNever) end_those_unknown();
    if (due == kNever && breaks_lines) cancel_all();
    if (counters().messages == 0) return;
    due = next_due();
    ASSERT_NE(due, kNever) << counters().messages << " are held, and nothing is due";
    if (due > now()) set_clock(due);
  }
  FAIL() << "it does not come to an end";
}

void QueueModelRace::check_the_end() {
  const Counters c = counters();
  EXPECT_EQ(c.messages, 0u);
  EXPECT_EQ(c.accepted, book_->accepted());
  uint64_t ended = 0;
  for (const uint64_t n : c.ended) ended += n;
  EXPECT_EQ(ended, c.accepted);
  for (const MessageState seen : {MessageState::sent, MessageState::failed, MessageState::cancelled}) {
    EXPECT_EQ(c.ended[static_cast<size_t>(seen)], book_->ended(seen)) << static_cast<int>(seen);
  }
  // The rest ended by themselves.
  EXPECT_EQ(book_->not_ended().size(), c.ended[static_cast<size_t>(MessageState::expired)] +
                                           c.ended[static_cast<size_t>(MessageState::dead)] - book_->ended(MessageState::dead));
  for (uint64_t i = 0; i < kAccounts; ++i) EXPECT_EQ(used("queued", "account=" + name("a", i)), 0u) << i;
  for (uint64_t i = 0; i < kLines; ++i) EXPECT_EQ(used("line_queued", "line=" + name("+", i)), 0u) << i;
}

// Three times on one engine: what is left in memory after the first is left after the last.
void QueueModelRace::run(uint64_t seed, int steps, bool breaks_lines) {
  book_ = std::make_unique<SharedBook>();
  for (uint64_t turn = 0; turn < 3; ++turn) {
    clock_.begin(handle, now());
    together(kThreads, [&](int t) {
      Member member(handle, *book_, clock_, (seed * 3 + turn) * kThreads + static_cast<uint64_t>(t), breaks_lines);
      if (divides_lines && t % 2 == 1)
        member.keep_to(t % 4 == 1 ? std::vector<std::string>{"+0", "+1"} : std::vector<std::string>{"+3", "+2"});
      for (int i = 0; i < steps && !HasFailure(); ++i) member.step(t == 0);
    });
    drain(breaks_lines);
    check_the_end();
    ASSERT_FALSE(HasFailure()) << "seed " << seed << ", turn " << turn;
    if (breaks_lines) continue;
    pass(2 * kDay);
    lease(1);
    sweep();
    EXPECT_EQ(counters().records, 0u) << "seed " << seed;
    if (turn == 0) left_ = counters().memory_used;
    EXPECT_LE(counters().memory_used, left_ + 4096 * options.shards) << "seed " << seed << ", turn " << turn;
  }
}

TEST_F(QueueModelRace, EveryMessageEndsOnceAndNothingIsLeft) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    options.shards = seed % 2 == 0 ? 1 : 16;
    open(version_of_policy(0));
    run(seed, 600, false);
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(QueueModelRace, WhoLeasesSomeLinesBesideOneWhoLeasesAllSharesEveryMessageWithHim) {
  divides_lines = true;
  for (uint64_t seed = 7; seed <= 8; ++seed) {
    options.shards = seed % 2 == 0 ? 1 : 16;
    open(version_of_policy(0));
    run(seed, 600, false);
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(QueueModelRace, LinesThatBreakHoldTheirMessagesUntilTheseEnd) {
  for (uint64_t seed = 5; seed <= 6; ++seed) {
    open(version_of_policy(0));
    run(seed, 600, true);
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace sluice::testing
