// SPDX-License-Identifier: Apache-2.0
// Messages without anything unusual go in and out a shorter way; it must be no other way. Asking for rows goes the long one, so an
// engine asked with room for rows is the twin of one asked without, and of one asked in arrays.
#include <array>
#include <deque>
#include <string>
#include <vector>

#include "core/engine/straight_enqueue.h"
#include "tests/support/engine_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

std::string policy_of(const std::string& limits, const std::string& charges, const std::string& more = "") {
  return R"({ "name": "twins", "tenant": "account", "line": "line",
    "subjects": [ { "scope": ["account"], "plans": ["small", "large"], "default": "small" } ],
    "limits": [ )" +
         limits + R"( ], )" + more + R"( "operations": [ { "name": "send", "values": ["account", "line", "recipient"],
    "quantities": ["parts"], "charges": [ )" +
         charges + " ] } ] }";
}

const std::string kLineOnly = policy_of(
    R"({ "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 5 },
       { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "2/s", "depth": 2, "mode": "queue" })",
    R"({ "limit": "queued", "while": "queued" }, { "limit": "pace" })",
    R"("queue": { "classes": [ { "class": "urgent", "reserve": 1 }, { "class": "transactional", "reserve": 1 } ] }, )");
const std::string kAccountsToo = policy_of(
    R"({ "name": "pace", "scope": ["line"], "kind": "pace", "amount": "3/s", "mode": "queue" },
       { "name": "minute", "scope": ["line"], "kind": "window", "period": "60s", "amount": 20, "mode": "queue" },
       { "name": "queued", "scope": ["account"], "kind": "gauge", "amounts": [ { "plan": "small", "amount": 8 },
         { "plan": "large", "unlimited": true } ] },
       { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 60, "thresholds": [50, 100] },
       { "name": "asks", "scope": ["account"], "kind": "pace", "amount": "5/s", "depth": 5 })",
    R"({ "limit": "pace", "cost": "parts" }, { "limit": "minute" }, { "limit": "queued", "while": "queued" },
       { "limit": "day", "cost": "parts" }, { "limit": "asks", "charge": "attempt" })",
    R"("queue": { "weights": [ { "plan": "small", "weight": 1 }, { "plan": "large", "weight": 3 } ] }, )");
const std::string kPairs = policy_of(
    R"({ "name": "pace", "scope": ["line"], "kind": "pace", "amount": "5/s", "mode": "queue" },
       { "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "10s from first", "amount": 2, "mode": "queue" },
       { "name": "shown", "scope": ["account"], "kind": "window", "period": "3600s", "amount": 10, "mode": "advise" })",
    R"({ "limit": "pace" }, { "limit": "pair" }, { "limit": "shown" })");

struct Text {
  std::array<std::string, 3> values;
  std::string payload;
  int message_class;
  uint64_t parts;
};

// An engine of the three, and what it has leased.
class Twin : public TestEngine {
 public:
  enum class Way { alone, with_rows, many };

  std::vector<Enqueued> put(const std::vector<Text>& texts, Way way) {
    std::vector<std::array<Bytes, 3>> values(texts.size());
    std::vector<EnqueueRequest> requests(texts.size());
    std::vector<Enqueued> out(texts.size());
    Detail rows[8];
    for (size_t i = 0; i < texts.size(); ++i) {
      for (size_t v = 0; v < 3; ++v) values[i][v] = texts[i].values[v];
      requests[i].request.operation = operation("send");
      requests[i].request.values = values[i];
      requests[i].request.quantities = {&texts[i].parts, 1};
      requests[i].request.now = now();
      requests[i].payload = texts[i].payload;
      requests[i].message_class = texts[i].message_class;
    }
    if (way == Way::many) {
      EXPECT_EQ(Engine::enqueue_many(handle, requests, out), Status::ok);
      return out;
    }
    for (size_t i = 0; i < texts.size(); ++i) {
      if (way == Way::with_rows) out[i].decision.details = rows;
      const size_t went = straight::enqueue(handle, std::span(requests).subspan(i, 1), &out[i]);
      straight += went;
      if (went == 0) Engine::enqueue(handle, requests[i], &out[i]);
    }
    return out;
  }

  uint64_t straight = 0;  // messages that went in the short way

  struct Row {
    uint64_t message;
    uint32_t fence;
    std::string text;
  };
  std::vector<Row> lease(uint32_t most) {
    struct Sink : LeaseSink {
      bool fits(size_t, size_t) override { return true; }
      void take(const LeaseView& view) override {
        std::string text =
            std::to_string(view.due) + " until " + std::to_string(view.until) + " try " + std::to_string(view.attempt);
        for (const Bytes value : view.values) text += " " + std::string(value);
        rows.push_back({view.message, view.fence, text + " " + std::string(view.payload)});
      }
      std::vector<Row> rows;
    } sink;
    EXPECT_EQ(Engine::lease(handle, {.now = now(), .most = most}, sink, nullptr, nullptr), Status::ok);
    return sink.rows;
  }
  std::string settle(const Row& row, Outcome outcome) {
    MessageState state = MessageState::none;
    const Status status = Engine::settle(handle, {row.message, row.fence, outcome, 0}, now(), &state, nullptr);
    return std::to_string(static_cast<int>(status)) + "/" + std::to_string(static_cast<int>(state));
  }
  Instant next_due() {
    Instant due = 0;
    Engine::next_due(handle, &due);
    return due;
  }
};

std::string told(const Enqueued& e) {
  const Decision& d = e.decision;
  std::string text;
  for (const int64_t field :
       {int64_t{static_cast<int32_t>(d.status)}, int64_t{static_cast<int32_t>(d.denial)},
        int64_t{static_cast<int32_t>(d.wait_kind)}, d.now, d.retry_after, static_cast<int64_t>(d.largest_cost),
        int64_t{d.limit_id}, int64_t{d.flags}, static_cast<int64_t>(d.limit), static_cast<int64_t>(d.used),
        static_cast<int64_t>(d.remaining), d.resets_at, d.opens_at, static_cast<int64_t>(e.message),
        static_cast<int64_t>(e.state), e.expires, static_cast<int64_t>(e.depth)}) {
    text += std::to_string(field) + " ";
  }
  return text;
}

class QueueTwins : public ::testing::TestWithParam<int> {
 protected:
  void open(const std::string& policy) {
    for (Twin* one : all()) {
      one->options.shards = 1;  // else numbers differ
      ASSERT_EQ(one->try_open(policy), Status::ok) << one->error;
    }
  }
  std::array<Twin*, 3> all() { return {&alone, &rows, &many}; }
  template <class Do>
  void each(Do&& act) {
    for (Twin* one : all()) act(*one);
  }

  void put(Random& random) {
    std::vector<Text> texts(1 + random.below(6));
    for (Text& text : texts) {
      text.values = {"acme" + std::to_string(random.below(3)), "+" + std::to_string(random.below(4)),
                     "r" + std::to_string(random.below(3))};
      text.payload = std::string(random.below(40), 'x');
      text.message_class = static_cast<int>(random.below(5)) - 1;
      text.parts = random.chance(90) ? 1 : random.below(4);
    }
    const auto a = alone.put(texts, Twin::Way::alone), b = rows.put(texts, Twin::Way::with_rows),
               c = many.put(texts, Twin::Way::many);
    for (size_t i = 0; i < texts.size(); ++i) {
      ASSERT_EQ(told(a[i]), told(b[i]));
      ASSERT_EQ(told(c[i]), told(b[i]));
      held += a[i].message != 0;
    }
  }
  void lease(Random& random) {
    const auto most = static_cast<uint32_t>(1 + random.below(6));
    const auto a = alone.lease(most), b = rows.lease(most), c = many.lease(most);
    ASSERT_EQ(a.size(), b.size());
    ASSERT_EQ(c.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(a[i].text, b[i].text);
      ASSERT_EQ(c[i].text, b[i].text);
      open_leases.push_back(a[i]);
    }
  }
  void settle(Random& random) {
    if (open_leases.empty()) return;
    const auto row = open_leases[random.below(open_leases.size())];
    const auto outcome = random.chance(80) ? Outcome::sent : static_cast<Outcome>(random.below(5));
    const std::string a = alone.settle(row, outcome);
    ASSERT_EQ(a, rows.settle(row, outcome));
    ASSERT_EQ(a, many.settle(row, outcome));
  }
  void change(Random& random) {
    const std::string account = "account=acme" + std::to_string(random.below(3)),
                      line = "line=+" + std::to_string(random.below(4));
    const char* plan = random.chance(50) ? "large" : "small";
    const char* amount = random.chance(50) ? "4/s" : "1/s";
    if (random.chance(60)) return each([&](Twin& one) { one.set_plan(account, plan); });
    each([&](Twin& one) { one.set_amount("pace", line, amount); });
  }

  Twin alone, rows, many;
  std::deque<Twin::Row> open_leases;
  uint64_t held = 0;
};

TEST_P(QueueTwins, TellAndLeaseTheSameByEitherWay) {
  for (const std::string& policy : {kLineOnly, kAccountsToo, kPairs}) {
    Random random(static_cast<uint64_t>(GetParam()) * 31 + policy.size());
    open(policy);
    open_leases.clear();
    held = 0;
    for (int step = 0; step < 400; ++step) {
      const uint64_t what = random.below(100);
      if (what < 40) {
        put(random);
      } else if (what < 65) {
        lease(random);
      } else if (what < 85) {
        settle(random);
      } else if (what < 88) {
        change(random);
      } else {
        const Span span = static_cast<Span>(random.below(3'000)) * kMillisecond;
        each([&](Twin& one) { one.pass(span); });
      }
      ASSERT_FALSE(HasFatalFailure()) << "at step " << step;
      ASSERT_EQ(alone.next_due(), rows.next_due()) << "at step " << step;
      ASSERT_EQ(many.next_due(), rows.next_due()) << "at step " << step;
    }
    EXPECT_GT(held, 20u);
    EXPECT_GT(alone.straight, 10u) << "the control";
    EXPECT_EQ(rows.straight, 0u) << "the control";
    const std::vector<std::string> subjects = {"account=acme0", "account=acme1", "line=+0", "line=+1", "line=+2"};
    const std::string ledger = rows.ledger(subjects);
    EXPECT_EQ(alone.ledger(subjects), ledger);
    EXPECT_EQ(many.ledger(subjects), ledger);
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, QueueTwins, ::testing::Range(0, 20));

}  // namespace
}  // namespace sluice::testing
