// SPDX-License-Identifier: Apache-2.0
// The same story told to three engines, in single calls, in single calls with room for rows, and in arrays, is answered and
// kept alike. Calls without anything unusual go a shorter way, which rows exclude, and an array may change between both anywhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "sluice/sluice.hpp"
#include "tests/support/plain_policy.h"

namespace {

using sluice::testing::plain_ask;
using sluice::testing::plain_policy;
using sluice::testing::plain_step;
using sluice::testing::PlainPolicy;
using sluice::testing::Random;

static_assert(sluice::testing::kNoInstant == SLUICE_NOW);

constexpr int64_t kStart = 1'736'726'400'000'000'000;  // 2025-01-13, a Monday
constexpr size_t kRows = 16;

// Structs of a size and at a distance of the caller's own.
template <class Struct>
class Strided {
 public:
  Strided(size_t count, size_t stride) : words_(count * stride / sizeof(uint64_t)), stride_(stride) {}
  Struct* at(size_t i) { return reinterpret_cast<Struct*>(reinterpret_cast<char*>(words_.data()) + i * stride_); }
  size_t stride() const { return stride_; }

 private:
  std::vector<uint64_t> words_;
  const size_t stride_;
};

// What one request points at.
struct Texts {
  std::vector<std::string> strings;
  std::vector<sluice_bytes> values;
  std::vector<uint64_t> quantities;
};

auto fields(const sluice_decision& d) {
  return std::make_tuple(d.status, d.denial, d.wait_kind, d.now, d.retry_after, d.largest_cost, d.limit_id, d.flags, d.limit,
                         d.used, d.remaining, d.resets_at, d.opens_at, d.receipt != 0);
}

auto fields(const sluice_event& e) {
  return std::make_tuple(e.kind, e.limit_id, e.at, e.used, e.limit, e.share, e.plan, e.by_plan_change,
                         std::string(e.subject, std::min<size_t>(e.subject_len, sizeof e.subject)));
}

std::vector<decltype(fields(sluice_event()))> events(sluice::engine& engine) {
  std::vector<decltype(fields(sluice_event()))> all;
  for (const sluice_event& event : engine.drain_events(4096)) all.push_back(fields(event));
  return all;
}

auto counters(const sluice::engine& engine) {
  const sluice_counters c = engine.counters();
  return std::make_tuple(c.allowed, c.denied, c.would_queue, c.peeked, c.replayed, c.records, c.events_lost,
                         std::vector<uint64_t>(std::begin(c.denied_by), std::end(c.denied_by)));
}

std::string ledger(const sluice::engine& engine, const std::string& subject) {
  std::string scope;
  std::vector<std::string> texts;
  for (size_t from = 0; from < subject.size();) {
    const size_t equals = subject.find('=', from), end = std::min(subject.find(',', from), subject.size());
    scope += (scope.empty() ? "" : ",") + subject.substr(from, equals - from);
    texts.push_back(subject.substr(equals + 1, end - equals - 1));
    from = end + 1;
  }
  std::vector<sluice_bytes> values;
  for (const std::string& text : texts) values.push_back({text.data(), text.size()});
  const sluice_subject name = {scope.data(), scope.size(), values.data(), values.size()};
  std::string lines = subject;
  for (const sluice_usage_row& row : engine.usage(name)) {
    for (const uint64_t number : {row.used, row.remaining, row.limit, row.overage}) lines += " " + std::to_string(number);
    for (const int64_t instant : {row.period_begins, row.resets_at}) lines += " " + std::to_string(instant);
    lines += ";";
  }
  return lines;
}

sluice::engine engine_of(const std::string& policy) {
  sluice_engine_options options = sluice::make_options(policy);
  options.manual_clock = 1;
  options.manual_now = kStart;
  options.shards = 16;
  return sluice::engine(options);
}

// One array of requests, and the same for single calls.
class Array {
 public:
  Array(const PlainPolicy& policy, const sluice::engine& engine, Random& random, int64_t clock, size_t count)
      : count_(count),
        requests_(count, stride_of<sluice_request>(random)),
        decisions_(count, stride_of<sluice_decision>(random)),
        texts_(count),
        rows_(count, std::vector<sluice_detail>(kRows)) {
    for (size_t i = 0; i < count; ++i) {
      fill(policy, engine, random, clock, i);
      if (random.chance(10)) spoil(random, i);
      sluice_decision& decision = *decisions_.at(i);
      const sluice_decision fresh = SLUICE_DECISION_INIT;
      std::memcpy(&decision, &fresh, sizeof fresh);
      if (decisions_.stride() > sizeof decision && random.chance(10))
        decision.struct_size = static_cast<uint32_t>(decisions_.stride());
      if (random.chance(5)) give_rows(&decision, &rows_[i]);
    }
  }

  size_t count() const { return count_; }
  const sluice_request* request(size_t i) { return requests_.at(i); }
  const sluice_decision& decision(size_t i) { return *decisions_.at(i); }
  sluice_status decide(sluice::engine& engine) {
    return sluice_decide_many(engine.handle(), requests_.at(0), requests_.stride(), decisions_.at(0), decisions_.stride(),
                              count_);
  }
  static void give_rows(sluice_decision* decision, std::vector<sluice_detail>* rows) {
    decision->details = rows->data();
    decision->detail_capacity = kRows;
  }

 private:
  template <class Struct>
  static size_t stride_of(Random& random) {
    return sizeof(Struct) + (random.chance(50) ? 0 : 8 * random.below(5));
  }

  void fill(const PlainPolicy& policy, const sluice::engine& engine, Random& random, int64_t clock, size_t i) {
    const auto ask = plain_ask(policy, random, clock);
    Texts& texts = texts_[i];
    texts.strings = ask.values;
    texts.quantities = ask.quantities;
    for (const std::string& text : texts.strings) texts.values.push_back({text.data(), text.size()});
    sluice_request request = SLUICE_REQUEST_INIT;
    request.operation = engine.operation_id(policy.operations[ask.operation].name);
    request.now = ask.now;
    request.values = texts.values.data();
    request.value_count = static_cast<uint32_t>(texts.values.size());
    request.quantities = random.chance(50) && texts.quantities.empty() ? nullptr : texts.quantities.data();
    request.quantity_count = static_cast<uint32_t>(texts.quantities.size());
    std::memcpy(requests_.at(i), &request, sizeof request);
  }

  // Makes an element one that is not plain, or wrong.
  void spoil(Random& random, size_t i) {
    sluice_request& request = *requests_.at(i);
    Texts& texts = texts_[i];
    switch (random.below(13)) {
      case 0: request.flags = SLUICE_PEEK; break;
      case 1: request.flags = SLUICE_RECEIPT; break;
      case 2: request.flags = 64; break;
      case 3: request.reserved0 = 1; break;
      case 4: request.operation = 17; break;
      case 5: request.operation = -5; break;
      case 6: texts.values[0] = {nullptr, 0}; break;
      case 7: request.values = nullptr; break;
      case 8: --request.value_count; break;
      case 9: texts.values[0].len = 0; break;
      case 10: request.struct_size = random.chance(50) ? 0 : static_cast<uint32_t>(requests_.stride()); break;
      case 11:
        request.idempotency_key = "some key";
        request.idempotency_key_len = static_cast<uint32_t>(random.between(0, 8));
        break;
      case 12: request.repeated = texts.values.data(); break;
    }
  }

  const size_t count_;
  Strided<sluice_request> requests_;
  Strided<sluice_decision> decisions_;
  std::vector<Texts> texts_;
  std::vector<std::vector<sluice_detail>> rows_;
};

class DecideTwins : public ::testing::Test {
 protected:
  struct Story {
    explicit Story(const PlainPolicy& policy)
        : single(engine_of(policy.text)), rows(engine_of(policy.text)), many(engine_of(policy.text)) {}
    sluice::engine single, rows, many;
    std::vector<sluice::engine*> all() { return {&single, &rows, &many}; }
  };

  void play(const PlainPolicy& policy, Story& story, Random& random) {
    int64_t clock = kStart;
    if (policy.plans) {
      for (sluice::engine* e : story.all()) e->set_plan(sluice::subject("account", {"account1"}), "big");
    }
    for (int round = 0; round < 10 && !HasFailure(); ++round) {
      const size_t count = random.chance(50) ? random.below(6) : random.chance(50) ? random.below(40) : random.below(140);
      Array array(policy, story.single, random, clock, count);
      EXPECT_EQ(array.decide(story.many), SLUICE_OK);
      for (size_t i = 0; i < count && !HasFailure(); ++i) compare(story, array, i);
      clock = std::max<int64_t>(clock + plain_step(random), 0);
      for (sluice::engine* e : story.all()) e->set_clock(clock);
    }
    for (const std::string& subject : policy.subjects()) {
      ASSERT_EQ(ledger(story.single, subject), ledger(story.rows, subject));
      ASSERT_EQ(ledger(story.many, subject), ledger(story.rows, subject));
    }
    const auto told = events(story.rows);
    EXPECT_EQ(events(story.single), told);
    EXPECT_EQ(events(story.many), told);
    EXPECT_EQ(counters(story.single), counters(story.rows));
    EXPECT_EQ(counters(story.many), counters(story.rows));
  }

  void compare(Story& story, Array& array, size_t i) {
    sluice_decision one = SLUICE_DECISION_INIT, other = SLUICE_DECISION_INIT;
    one.used = one.flags = one.receipt = 77;  // of a call before
    one.detail_count = 7;
    std::vector<sluice_detail> rows(kRows);
    Array::give_rows(&other, &rows);
    EXPECT_EQ(sluice_decide(story.single.handle(), array.request(i), &one), one.status);
    EXPECT_EQ(sluice_decide(story.rows.handle(), array.request(i), &other), other.status);
    EXPECT_EQ(fields(one), fields(other)) << "element " << i << " of " << array.count();
    EXPECT_EQ(fields(array.decision(i)), fields(other)) << "element " << i << " of " << array.count();
    EXPECT_EQ(one.detail_count, one.status < 0                           ? 0u
                                : array.decision(i).detail_capacity != 0 ? one.detail_count
                                                                         : array.decision(i).detail_count);
    ++seen_[one.status];
  }

  std::map<sluice_status, int> seen_;
};

TEST_F(DecideTwins, answer_alike_whatever_an_array_is_made_of) {
  Random random(7);
  int policies = 0;
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    const PlainPolicy policy = plain_policy(random);
    SCOPED_TRACE(policy.text);
    std::unique_ptr<Story> story;
    try {
      story = std::make_unique<Story>(policy);
    } catch (const sluice::error& error) {
      ASSERT_EQ(error.status(), SLUICE_E_POLICY) << error.what();
      continue;
    }
    ++policies;
    play(policy, *story, random);
  }
  EXPECT_GT(policies, 150);
  for (const sluice_status status : {SLUICE_OK, SLUICE_DENIED, SLUICE_WOULD_QUEUE}) EXPECT_GT(seen_[status], 500) << status;
  for (const sluice_status status : {SLUICE_E_INVALID, SLUICE_E_NOT_FOUND, SLUICE_E_UNSUPPORTED})
    EXPECT_GT(seen_[status], 20) << status;
}

constexpr char kPolicy[] = R"({ "name": "arrays", "tenant": "account",
  "limits": [ { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 100 },
              { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1000/s", "depth": 200 } ],
  "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "minute" } ] },
                  { "name": "get", "values": ["account"], "charges": [ { "limit": "pace" } ] } ] })";

class Arrays : public ::testing::Test {
 protected:
  sluice_request request(const char* operation = "send") const {
    sluice_request request = SLUICE_REQUEST_INIT;
    request.operation = engine_.operation_id(operation);
    request.values = &account_;
    request.value_count = 1;
    return request;
  }
  std::vector<sluice_decision> decide(const std::vector<sluice_request>& requests) { return engine_.decide_many(requests); }

  const sluice_bytes account_ = {"acme", 4};
  sluice::engine engine_ = engine_of(kPolicy);
};

TEST_F(Arrays, count_the_same_key_one_by_one) {
  for (const size_t count : {size_t{1}, size_t{31}, size_t{33}}) {
    const uint64_t before = engine_.peek(request()).used;
    const std::vector<sluice_decision> decisions = decide(std::vector<sluice_request>(count, request()));
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(decisions[i].used, before + i + 1);
  }
  const std::vector<sluice_decision> decisions = decide(std::vector<sluice_request>(80, request()));
  for (size_t i = 0; i < 80; ++i) EXPECT_EQ(decisions[i].status, i < 35 ? SLUICE_OK : SLUICE_DENIED) << i;
}

TEST_F(Arrays, may_be_empty_and_then_still_want_an_engine) {
  EXPECT_EQ(sluice_decide_many(engine_.handle(), nullptr, 0, nullptr, 0, 0), SLUICE_OK);
  EXPECT_EQ(sluice_decide_many(0, nullptr, 0, nullptr, 0, 0), SLUICE_E_HANDLE);
}

TEST_F(Arrays, mix_operations_and_times) {
  decide({request(), request("get")});
  std::vector<sluice_request> requests;
  for (int i = 0; i < 70; ++i) {
    requests.push_back(request(i % 3 == 0 ? "get" : "send"));
    if (i % 2 == 0) requests.back().now = kStart + i;
  }
  const std::vector<sluice_decision> decisions = decide(requests);
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(decisions[i].status, SLUICE_OK);
    EXPECT_EQ(decisions[i].now, i % 2 == 0 ? kStart + static_cast<int64_t>(i) : kStart);
  }
}

// An element that says it is as large as two would be read into its neighbour.
TEST_F(Arrays, refuse_only_the_element_that_reaches_into_its_neighbour) {
  ASSERT_EQ(engine_.decide(request()).status, SLUICE_OK);
  std::vector<sluice_request> requests(40, request());
  requests[20].struct_size = 2 * sizeof(sluice_request);
  const std::vector<sluice_decision> decisions = decide(requests);
  for (size_t i = 0; i < requests.size(); ++i) EXPECT_EQ(decisions[i].status, i == 20 ? SLUICE_E_INVALID : SLUICE_OK) << i;
  EXPECT_EQ(decisions[39].used, 40u);
}

TEST_F(Arrays, tell_every_element_that_the_engine_is_gone) {
  const sluice_engine handle = engine_.handle();
  const std::vector<sluice_request> requests(70, request());
  std::vector<sluice_decision> decisions(70, sluice::make_decision());
  engine_ = sluice::engine();
  EXPECT_EQ(sluice_decide_many(handle, requests.data(), sizeof requests[0], decisions.data(), sizeof decisions[0], 70),
            SLUICE_E_HANDLE);
  for (const sluice_decision& decision : decisions) EXPECT_EQ(decision.status, SLUICE_E_HANDLE);
}

}  // namespace
