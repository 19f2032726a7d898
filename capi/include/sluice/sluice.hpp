// SPDX-License-Identifier: Apache-2.0
//
// sluice.hpp - sluice.h for C++17: engines that destroy themselves, failures as exceptions, texts as std::string.
//
// CONVENTIONS
//   Types      Structs and numbers are those of sluice.h, and what they mean stands there. Here are only two owners (engine, and
//              leases, the memory of leased messages), an exception (error), borrowers (request, subject, line_change) that hold the
//              arrays the C structs point into, and views (lease, campaign). What is of queues is in queue.hpp, pool.hpp and
//              campaign.hpp, which this includes.
//   Failures   A negative status is thrown as sluice::error; 0 and positive ones are answers and returned.
//   Texts      std::string_view; one without data() is absent or the default. Borrowed for the call.
//   Time       `now` is SLUICE_NOW unless said: the engine's own clock.
//   Threads    Every member of a living engine may be called from any thread; moving and destroying are the owner's.
//
// EXAMPLE
//   sluice::engine engine(policy_text);
//   const int32_t send = engine.operation_id("messages.send");
//   const sluice_decision decision = engine.decide(sluice::request(send, {"acme", "+15550001", "+15550002"}));
//   if (sluice::allowed(decision)) send_it();
#ifndef SLUICE_SLUICE_HPP_INCLUDED
#define SLUICE_SLUICE_HPP_INCLUDED

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/campaign.hpp"
#include "sluice/error.hpp"
#include "sluice/http.hpp"
#include "sluice/pool.hpp"
#include "sluice/queue.hpp"
#include "sluice/sluice.h"

namespace sluice {
inline namespace abi0 {

// What SLUICE_REQUEST_INIT gives.
inline sluice_request make_request(int32_t operation) noexcept {
  sluice_request request{};
  request.struct_size = sizeof(request);
  request.operation = operation;
  request.now = SLUICE_NOW;
  return request;
}

// Options for a policy, which they borrow.
inline sluice_engine_options make_options(std::string_view policy) noexcept {
  sluice_engine_options options{};
  options.struct_size = sizeof(options);
  options.policy = policy.data();
  options.policy_len = policy.size();
  return options;
}

inline bool allowed(const sluice_decision& decision) noexcept { return decision.status == SLUICE_OK; }

// A request that borrows its texts. It converts to the C struct, which points into it.
class request {
 public:
  using texts = std::initializer_list<std::string_view>;

  // Values in the operation's declared order; {} stands for an absent one: a line that a pool is to choose.
  request(int32_t operation, texts values) : request(operation, values, 0) {}
  template <class Values>
  request(int32_t operation, const Values& values) : request(operation, values, 0) {}

  // The values of the repeated dimension.
  request& repeat(texts values) { return repeat_all(values); }
  template <class Values>
  request& repeat(const Values& values) {
    return repeat_all(values);
  }
  request& quantities(std::vector<uint64_t> quantities) {
    quantities_ = std::move(quantities);
    return *this;
  }
  request& idempotency_key(std::string_view key) {
    c_.idempotency_key = key.data();
    c_.idempotency_key_len = static_cast<uint32_t>(key.size());
    return *this;
  }
  request& at(int64_t now) {
    c_.now = now;
    return *this;
  }
  // SLUICE_PEEK, SLUICE_RECEIPT, SLUICE_FORCE
  request& flags(uint32_t flags) {
    c_.flags = flags;
    return *this;
  }

  operator sluice_request() const noexcept {
    sluice_request c = c_;
    c.values = values_.data();
    c.value_count = values_.size();
    c.repeated = repeated_.empty() ? nullptr : repeated_.data();
    c.repeated_count = static_cast<uint32_t>(repeated_.size());
    c.quantities = quantities_.empty() ? nullptr : quantities_.data();
    c.quantity_count = static_cast<uint32_t>(quantities_.size());
    return c;
  }

 private:
  template <class Values>
  request(int32_t operation, const Values& values, int) : c_(make_request(operation)), values_("values", values) {}

  template <class Values>
  request& repeat_all(const Values& values) {
    repeated_.clear();
    for (const auto& value : values) repeated_.push_back(bytes(std::string_view(value)));
    return *this;
  }

  sluice_request c_;
  impl::key_list<16> values_;
  std::vector<sluice_bytes> repeated_;
  std::vector<uint64_t> quantities_;
};

// A subject that borrows its texts: subject("account", {"acme"}).
class subject {
 public:
  subject(std::string_view scope, std::initializer_list<std::string_view> values)
      : scope_(scope), values_("subject.values", values) {}
  template <class Values>
  subject(std::string_view scope, const Values& values) : scope_(scope), values_("subject.values", values) {}

  operator sluice_subject() const noexcept { return {scope_.data(), scope_.size(), values_.data(), values_.size()}; }

 private:
  std::string_view scope_;
  impl::key_list<4> values_;
};

// Owns one engine. An empty one (default, moved from) is handle 0: every call throws SLUICE_E_HANDLE.
class engine {
 public:
  engine() noexcept = default;
  explicit engine(std::string_view policy) : engine(make_options(policy)) {}
  explicit engine(const sluice_engine_options& options) {
    impl::checked([&](sluice_error* failure) { return sluice_engine_create(&options, &handle_, failure); });
  }
  ~engine() { sluice_engine_destroy(handle_); }
  engine(engine&& other) noexcept : handle_(std::exchange(other.handle_, 0)) {}
  engine& operator=(engine&& other) noexcept {
    if (this != &other) {
      sluice_engine_destroy(handle_);
      handle_ = std::exchange(other.handle_, 0);
    }
    return *this;
  }
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  explicit operator bool() const noexcept { return handle_ != 0; }
  sluice_engine handle() const noexcept { return handle_; }
  // Gives the engine away: the caller destroys it.
  sluice_engine release() noexcept { return std::exchange(handle_, 0); }

  void set_clock(int64_t now) { impl::check(sluice_set_clock(handle_, now)); }
  int64_t clock() const {
    int64_t now = 0;
    impl::check(sluice_clock(handle_, &now));
    return now;
  }
  // `stance` without data(): as before.
  void reload(std::string_view policy, std::string_view stance = {}, bool allow_reset = false, int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) {
      return sluice_reload(handle_, policy.data(), policy.size(), stance.data(), stance.size(), allow_reset ? 1 : 0, now,
                           failure);
    });
  }

  int32_t operation_id(std::string_view name) const {
    return id_or_throw(sluice_operation_id(handle_, name.data(), name.size()), "operation", name);
  }
  int32_t limit_id(std::string_view name) const {
    return id_or_throw(sluice_limit_id(handle_, name.data(), name.size()), "limit", name);
  }
  std::string limit_name(int32_t limit) const {
    return impl::text_of([&](char* buffer, size_t* length) { return sluice_limit_name(handle_, limit, buffer, length); });
  }
  // JSON
  std::string describe_operation(int32_t operation) const {
    return impl::text_of(
        [&](char* buffer, size_t* length) { return sluice_operation_describe(handle_, operation, buffer, length); });
  }

  // ---- decisions ----

  // Into a decision of the caller's (make_decision), which may bring room for rows. Returns 0 or a positive status.
  sluice_status decide(const sluice_request& request, sluice_decision& decision) {
    return impl::checked([&](sluice_error* failure) { return sluice_decide_checked(handle_, &request, &decision, failure); });
  }
  sluice_decision decide(const sluice_request& request) {
    sluice_decision decision = make_decision();
    decide(request, decision);
    return decision;
  }
  // The same, and which line a pool has chosen.
  sluice_status decide(const sluice_request& request, sluice_decision& decision, std::string& line) {
    const impl::line_room room(decision);
    const sluice_status status = decide(request, decision);
    line = room.take(decision);
    return status;
  }
  // Asks without charging anything.
  sluice_status peek(const sluice_request& request, sluice_decision& decision) const {
    sluice_request asked = request;
    asked.flags |= SLUICE_PEEK;
    return impl::checked([&](sluice_error* failure) { return sluice_decide_checked(handle_, &asked, &decision, failure); });
  }
  sluice_decision peek(const sluice_request& request) const {
    sluice_decision decision = make_decision();
    peek(request, decision);
    return decision;
  }
  // It has happened: nothing denies.
  sluice_decision record_inbound(const sluice_request& request) {
    sluice_decision decision = make_decision();
    impl::check(sluice_record_inbound(handle_, &request, &decision));
    return decision;
  }

  // Each decision's status says how its request went, failures included; only what stops the whole array is thrown.
  void decide_many(const sluice_request* requests, sluice_decision* decisions, size_t count) {
    impl::check(sluice_decide_many(handle_, requests, sizeof(*requests), decisions, sizeof(*decisions), count));
  }
  // Contiguous arrays of equal size: vectors, spans, arrays.
  template <class Requests, class Decisions>
  void decide_many(const Requests& requests, Decisions&& decisions) {
    if (std::size(requests) != std::size(decisions)) {
      throw error(SLUICE_E_INVALID, "decisions: as many as there are requests are needed");
    }
    decide_many(std::data(requests), std::data(decisions), std::size(requests));
  }
  template <class Requests>
  std::vector<sluice_decision> decide_many(const Requests& requests) {
    std::vector<sluice_decision> decisions(std::size(requests), make_decision());
    decide_many(requests, decisions);
    return decisions;
  }

  std::string explain(const sluice_request& request) const {
    return impl::checked_text_of([&](char* buffer, size_t* length, sluice_error* failure) {
      return sluice_explain(handle_, &request, buffer, length, failure);
    });
  }
  void refund(sluice_receipt receipt, int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) { return sluice_refund(handle_, receipt, now, failure); });
  }
  void commit(sluice_receipt receipt, const std::vector<uint64_t>& quantities, int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) {
      return sluice_commit(handle_, receipt, quantities.data(), static_cast<uint32_t>(quantities.size()), now, failure);
    });
  }

  // ---- queue ----

  // Returns 0 when the engine holds the message, positive when not.
  sluice_status enqueue(const sluice_request& request, const sluice_message& message, enqueued& answer) {
    const impl::line_room room(answer.held);
    const sluice_status status = impl::checked([&](sluice_error* failure) {
      return sluice_enqueue(handle_, &request, &message, &answer.decision, &answer.held, failure);
    });
    answer.line = room.take(answer.held);
    return status;
  }
  enqueued enqueue(const sluice_request& request, const sluice_message& message) {
    enqueued answer;
    enqueue(request, message, answer);
    return answer;
  }
  enqueued enqueue(const sluice_request& request, std::string_view payload = {}) {
    return enqueue(request, make_message(payload));
  }
  // What enqueue would answer, without holding or charging anything: its line, its position, and when it would leave.
  enqueued peek_enqueue(const sluice_request& request, const sluice_message& message) const {
    sluice_request asked = request;
    asked.flags |= SLUICE_PEEK;
    enqueued answer;
    const impl::line_room room(answer.held);
    impl::checked([&](sluice_error* failure) {
      return sluice_enqueue(handle_, &asked, &message, &answer.decision, &answer.held, failure);
    });
    answer.line = room.take(answer.held);
    return answer;
  }
  enqueued peek_enqueue(const sluice_request& request, std::string_view payload = {}) const {
    return peek_enqueue(request, make_message(payload));
  }
  // Each answer's decision says how its message went, failures included; only what stops the whole array is thrown. Lines are told
  // where held.line has room.
  void enqueue_many(const sluice_request* requests, const sluice_message* messages, enqueued* answers, size_t count) {
    impl::check(sluice_enqueue_many(handle_, requests, sizeof(*requests), messages, sizeof(*messages),
                                    count == 0 ? nullptr : &answers->decision, sizeof(*answers),
                                    count == 0 ? nullptr : &answers->held, sizeof(*answers), count));
  }
  // Contiguous arrays of equal size.
  template <class Requests, class Messages>
  std::vector<enqueued> enqueue_many(const Requests& requests, const Messages& messages) {
    if (std::size(requests) != std::size(messages)) {
      throw error(SLUICE_E_INVALID, "messages: as many as there are requests are needed");
    }
    std::vector<enqueued> answers(std::size(requests));
    const std::unique_ptr<impl::line_room[]> rooms = impl::rooms_of(answers);
    enqueue_many(std::data(requests), std::data(messages), answers.data(), answers.size());
    for (size_t i = 0; i < answers.size(); ++i) answers[i].line = rooms[i].take(answers[i].held);
    return answers;
  }

  // What is due, as far as `into` has room; it grows where not even the first message fits.
  void lease(leases& into, const sluice_lease_options& options = make_lease_options()) { into.fill(handle_, options); }
  leases lease(uint32_t most = 100, int64_t ttl = 0, int64_t now = SLUICE_NOW) {
    leases leased(most);
    lease(leased, make_lease_options(most, ttl, now));
    return leased;
  }
  // What came of many leases; each row says how it went.
  void settle(sluice_settlement* rows, size_t count, int64_t now = SLUICE_NOW) {
    impl::check(sluice_settle(handle_, rows, count, now));
  }
  template <class Settlements>
  void settle(Settlements&& rows, int64_t now = SLUICE_NOW) {
    settle(std::data(rows), std::size(rows), now);
  }
  void ack(uint64_t message, uint32_t fence, int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) { return sluice_ack(handle_, message, fence, now, failure); });
  }
  void nack(uint64_t message, uint32_t fence, int32_t outcome, int64_t retry_after = 0, int64_t now = SLUICE_NOW) {
    impl::checked(
        [&](sluice_error* failure) { return sluice_nack(handle_, message, fence, outcome, retry_after, now, failure); });
  }
  void extend(uint64_t message, uint32_t fence, int64_t ttl, int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) { return sluice_extend(handle_, message, fence, ttl, now, failure); });
  }
  void cancel(uint64_t message, int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) { return sluice_cancel(handle_, message, now, failure); });
  }
  message_state status(uint64_t message, int64_t now = SLUICE_NOW) const {
    message_state state;
    sluice_message_state& c = state;
    const impl::line_room room(c);
    impl::checked([&](sluice_error* failure) { return sluice_message_status(handle_, message, now, &c, failure); });
    state.line = room.take(c);
    return state;
  }
  // JSON: every rule that holds a message now, in the order of their ends.
  std::string explain_message(uint64_t message, int64_t now = SLUICE_NOW) const {
    return impl::checked_text_of([&](char* buffer, size_t* length, sluice_error* failure) {
      return sluice_explain_message(handle_, message, now, buffer, length, failure);
    });
  }
  // INT64_MAX: nothing is due.
  int64_t next_due() const {
    int64_t due = INT64_MAX;
    impl::check(sluice_next_due(handle_, &due));
    return due;
  }

  // ---- pools and campaigns ----

  // Adds a line to a pool, or says anew how it stands.
  sluice_line_report set_line(const sluice_line_change& change, int64_t now = SLUICE_NOW) {
    sluice_line_report report{};
    report.struct_size = sizeof(report);
    impl::checked([&](sluice_error* failure) { return sluice_set_line(handle_, &change, now, &report, failure); });
    return report;
  }
  // JSON
  std::string lines(std::string_view pool, std::initializer_list<std::string_view> by = {}, int64_t now = SLUICE_NOW) const {
    const impl::key_list<8> values("by", by);
    return impl::checked_text_of([&](char* buffer, size_t* length, sluice_error* failure) {
      return sluice_list_lines(handle_, pool.data(), pool.size(), values.size() == 0 ? nullptr : values.data(), values.size(),
                               now, buffer, length, failure);
    });
  }
  campaign create_campaign(const sluice_campaign_options& options, int64_t now = SLUICE_NOW) {
    uint64_t number = 0;
    impl::checked([&](sluice_error* failure) { return sluice_create_campaign(handle_, &options, now, &number, failure); });
    return {handle_, number};
  }

  // JSON: what a campaign would come to, given what the engine holds now (docs/planner.md). It changes nothing.
  std::string plan_campaign(const sluice_live_campaign& live, const sluice_campaign_question& question,
                            sluice_campaign_plan* plan = nullptr) const {
    return impl::planned_text_of(65536 + size_t{256} * live.line_count, [&](char* buffer, size_t* length, sluice_error* failure) {
      return sluice_plan_campaign_on(handle_, &live, &question, plan, buffer, length, failure);
    });
  }

  // ---- subjects ----

  void set_plan(const sluice_subject& subject, std::string_view plan, int64_t now = SLUICE_NOW) {
    impl::checked(
        [&](sluice_error* failure) { return sluice_set_plan(handle_, &subject, plan.data(), plan.size(), now, failure); });
  }
  // As in a policy: "200", "\"80/s\"", "\"unlimited\"", "null".
  void set_amount(int32_t limit, const sluice_subject& subject, std::string_view amount, int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) {
      return sluice_set_amount(handle_, limit, &subject, amount.data(), amount.size(), now, failure);
    });
  }
  void set_billing(const sluice_subject& subject, uint32_t day, int64_t time_of_day = 0, std::string_view zone = {},
                   int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) {
      return sluice_set_billing(handle_, &subject, day, time_of_day, zone.data(), zone.size(), now, failure);
    });
  }
  void set_usage(int32_t limit, const sluice_subject& subject, uint64_t used, int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) { return sluice_set_usage(handle_, limit, &subject, used, now, failure); });
  }
  void reset(const sluice_subject& subject, int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) { return sluice_reset(handle_, &subject, now, failure); });
  }
  // How many records were forgotten.
  uint64_t erase(const sluice_subject& subject, int64_t now = SLUICE_NOW) {
    uint64_t erased = 0;
    impl::checked([&](sluice_error* failure) { return sluice_erase(handle_, &subject, &erased, now, failure); });
    return erased;
  }
  void report_throttled(int32_t limit, const sluice_subject& subject, int64_t retry_after, int64_t now = SLUICE_NOW) {
    impl::checked(
        [&](sluice_error* failure) { return sluice_report_throttled(handle_, limit, &subject, retry_after, now, failure); });
  }
  void clear_throttle(int32_t limit, const sluice_subject& subject, int64_t now = SLUICE_NOW) {
    impl::checked([&](sluice_error* failure) { return sluice_clear_throttle(handle_, limit, &subject, now, failure); });
  }
  // "" for none.
  void report_quality(const sluice_subject& subject, std::string_view quality, int64_t now = SLUICE_NOW) {
    const char* text = quality.data() != nullptr ? quality.data() : "";
    impl::checked(
        [&](sluice_error* failure) { return sluice_report_quality(handle_, &subject, text, quality.size(), now, failure); });
  }

  std::vector<sluice_usage_row> usage(const sluice_subject& subject, int64_t now = SLUICE_NOW) const {
    std::vector<sluice_usage_row> rows(16);
    for (;;) {
      size_t count = rows.size();
      bool too_small = false;
      impl::checked([&](sluice_error* failure) {
        const sluice_status status = sluice_usage(handle_, &subject, now, rows.data(), &count, failure);
        too_small = status == SLUICE_E_BUFFER;
        return too_small ? SLUICE_OK : status;
      });
      rows.resize(count);
      if (!too_small) return rows;
    }
  }
  // JSON
  std::string usage_json(const sluice_subject& subject, int64_t now = SLUICE_NOW) const {
    return impl::checked_text_of([&](char* buffer, size_t* length, sluice_error* failure) {
      return sluice_usage_json(handle_, &subject, now, buffer, length, failure);
    });
  }
  // JSON; `cursor` begins at 0 and is 0 again at the end.
  std::string list(std::string_view scope, uint64_t& cursor, uint32_t max) const {
    return impl::checked_text_of([&](char* buffer, size_t* length, sluice_error* failure) {
      return sluice_list(handle_, scope.data(), scope.size(), &cursor, max, buffer, length, failure);
    });
  }

  // ---- answers over HTTP ----

  // Of a decision that came with room for rows, where the policy's dialect tells of limits by name.
  http_answer answer(const sluice_decision& decision, const sluice_answer_terms& terms = answer_terms()) const {
    return impl::http_of(
        [&](sluice_http* http, sluice_error* failure) { return sluice_answer(handle_, &decision, &terms, http, failure); });
  }
  // Decides, and answers whatever came of it, failures included: what a server does with a request.
  http_answer decide_http(const sluice_request& request, const sluice_answer_terms& terms = answer_terms()) {
    std::vector<sluice_detail> rows(16 * (request.repeated_count > 1 ? size_t{request.repeated_count} : 1));  // charges
    sluice_decision decision = make_decision();
    decision.details = rows.data();
    decision.detail_capacity = static_cast<uint32_t>(rows.size());
    sluice_decide(handle_, &request, &decision);
    sluice_answer_terms told = terms;
    if (told.request == nullptr && decision.status >= 0) told.request = &request;
    return answer(decision, told);
  }
  // Of a request that asks what a subject has used.
  http_answer answer_usage(const sluice_subject& subject, const sluice_answer_terms& terms = answer_terms(),
                           int64_t now = SLUICE_NOW) const {
    return impl::http_of([&](sluice_http* http, sluice_error* failure) {
      return sluice_answer_usage(handle_, &subject, now, &terms, http, failure);
    });
  }

  // ---- keeping house ----

  // For a scrape: SLUICE_METRICS_*.
  std::string metrics(int32_t format = SLUICE_METRICS_OPENMETRICS) const {
    return impl::checked_text_of([&](char* buffer, size_t* length, sluice_error* failure) {
      return sluice_metrics(handle_, format, buffer, length, failure);
    });
  }
  // At most `max`, oldest first; `lost` (nullable) is how many were dropped since the last call.
  std::vector<sluice_event> drain_events(size_t max, uint64_t* lost = nullptr) {
    std::vector<sluice_event> events(max);
    size_t count = max;
    impl::check(sluice_drain_events(handle_, events.data(), &count, lost));
    events.resize(count);
    return events;
  }
  sluice_counters counters() const {
    sluice_counters counters{};
    counters.struct_size = sizeof(counters);
    impl::check(sluice_get_counters(handle_, &counters));
    return counters;
  }
  // How many records were dropped.
  uint64_t sweep(uint64_t max_records, int64_t now = SLUICE_NOW) {
    uint64_t dropped = 0;
    impl::check(sluice_sweep(handle_, now, max_records, &dropped));
    return dropped;
  }

 private:
  static int32_t id_or_throw(int32_t id, const char* what, std::string_view name) {
    if (id >= 0) return id;
    const std::string words = id == SLUICE_E_NOT_FOUND ? "no " + std::string(what) + " '" + std::string(name) + "'" : "";
    throw error(id, words.c_str());
  }

  sluice_engine handle_ = 0;
};

// What there is to say about a policy, and what it says: JSON, docs/policy-description.md. `stance` without data(): "enforce".
inline std::string policy_check(std::string_view text, std::string_view stance = {}, std::string_view zoneinfo_dir = {}) {
  return impl::text_of([&](char* buffer, size_t* length) {
    return sluice_policy_check(text.data(), text.size(), stance.data(), stance.size(), zoneinfo_dir.data(), zoneinfo_dir.size(),
                               buffer, length);
  });
}

inline std::string policy_describe(std::string_view text, std::string_view stance = {}, std::string_view zoneinfo_dir = {}) {
  return impl::checked_text_of([&](char* buffer, size_t* length, sluice_error* failure) {
    return sluice_policy_describe(text.data(), text.size(), stance.data(), stance.size(), zoneinfo_dir.data(),
                                  zoneinfo_dir.size(), buffer, length, failure);
  });
}

// ---- planner: questions answered by running the engine on virtual time; what they mean stands in sluice.h ----

// A question about a policy and a rate of messages ("4/s"), which it borrows. `wait` in ns. What else SLUICE_LINE_QUESTION_INIT gives.
inline sluice_line_question make_line_question(std::string_view policy, std::string_view rate, int64_t wait) noexcept {
  sluice_line_question question{};
  question.struct_size = sizeof(question);
  question.policy = policy.data();
  question.policy_len = policy.size();
  question.rate = rate.data();
  question.rate_len = rate.size();
  question.wait = wait;
  question.seed = 1;
  return question;
}

// Whose campaign a running engine is asked about: values in the operation's order, {} for the line and the recipient. Borrows.
inline sluice_live_campaign make_live_campaign(const std::vector<sluice_bytes>& values,
                                               const std::vector<sluice_bytes>& lines = {},
                                               const std::vector<sluice_bytes>& recipients = {}) noexcept {
  sluice_live_campaign live{};
  live.struct_size = sizeof(live);
  live.values = values.data();
  live.value_count = values.size();
  live.lines = lines.data();
  live.line_count = lines.size();
  live.recipients = recipients.data();
  live.recipient_count = recipients.size();
  return live;
}

// A message to each of so many recipients, from an instant on; of a running engine the policy is {}, and 0 is now.
inline sluice_campaign_question make_campaign_question(std::string_view policy, uint32_t recipients, int64_t starts_at) noexcept {
  sluice_campaign_question question{};
  question.struct_size = sizeof(question);
  question.policy = policy.data();
  question.policy_len = policy.size();
  question.recipients = recipients;
  question.starts_at = starts_at;
  return question;
}

// JSON (docs/planner.md). `plan` (nullable): the same in numbers.
inline std::string plan_lines(const sluice_line_question& question, sluice_line_plan* plan = nullptr) {
  return impl::planned_text_of(65536, [&](char* buffer, size_t* length, sluice_error* failure) {
    return sluice_plan_lines(&question, plan, buffer, length, failure);
  });
}
inline std::string plan_campaign(const sluice_campaign_question& question, sluice_campaign_plan* plan = nullptr) {
  return impl::planned_text_of(65536 + size_t{256} * question.lines, [&](char* buffer, size_t* length, sluice_error* failure) {
    return sluice_plan_campaign(&question, plan, buffer, length, failure);
  });
}

}  // namespace abi0
}  // namespace sluice

#endif  // SLUICE_SLUICE_HPP_INCLUDED
