// SPDX-License-Identifier: Apache-2.0
//
// sluice.hpp - sluice.h for C++17: engines that destroy themselves, failures as exceptions, texts as std::string.
//
// CONVENTIONS
//   Types      Structs and numbers are those of sluice.h, and what they mean stands there. Here are only two owners (engine, and
//              leases, the memory of leased messages), an exception (error), two borrowers (request, subject) that hold the arrays
//              the C structs point into, and a view (lease).
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
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/sluice.h"

namespace sluice {
inline namespace abi0 {

// A failure: its status, and in what() what was wrong and what to pass instead.
class error : public std::runtime_error {
 public:
  error(sluice_status status, const char* words)
      : std::runtime_error(words != nullptr && *words != '\0' ? words : sluice_status_name(status)), status_(status) {}

  sluice_status status() const noexcept { return status_; }
  const char* name() const noexcept { return sluice_status_name(status_); }

 private:
  sluice_status status_;
};

inline sluice_bytes bytes(std::string_view text) noexcept { return {text.data(), text.size()}; }

// What SLUICE_DECISION_INIT and SLUICE_REQUEST_INIT give.
inline sluice_decision make_decision() noexcept {
  sluice_decision decision{};
  decision.struct_size = sizeof(decision);
  decision.limit_id = SLUICE_NONE;
  return decision;
}

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

// A message with a payload, which it borrows. What else SLUICE_MESSAGE_INIT gives.
inline sluice_message make_message(std::string_view payload = {}) noexcept {
  sluice_message message{};
  message.struct_size = sizeof(message);
  message.message_class = SLUICE_NONE;
  message.payload = payload.data();
  message.payload_len = payload.size();
  return message;
}

inline sluice_held make_held() noexcept {
  sluice_held held{};
  held.struct_size = sizeof(held);
  return held;
}

// `most` 0: as many as there is room for; `ttl` 0: as the policy says.
inline sluice_lease_options make_lease_options(uint32_t most = 0, int64_t ttl = 0, int64_t now = SLUICE_NOW) noexcept {
  sluice_lease_options options{};
  options.struct_size = sizeof(options);
  options.most = most;
  options.now = now;
  options.ttl = ttl;
  return options;
}

// "waiting", "bulk", "not_attempted": the words of SLUICE_MESSAGE_*, SLUICE_CLASS_*, SLUICE_OUTCOME_*; "unknown" outside the lists.
inline const char* message_state_name(int32_t state) noexcept {
  constexpr const char* names[] = {"none", "scheduled", "waiting", "parked",    "leased",  "unknown",
                                   "sent", "failed",    "expired", "cancelled", "aborted", "dead"};
  return state >= 0 && state < static_cast<int32_t>(std::size(names)) ? names[state] : "unknown";
}
inline const char* message_class_name(int32_t message_class) noexcept {
  constexpr const char* names[] = {"urgent", "reply", "transactional", "bulk"};
  return message_class >= 0 && message_class < static_cast<int32_t>(std::size(names)) ? names[message_class] : "unknown";
}
inline const char* outcome_name(int32_t outcome) noexcept {
  constexpr const char* names[] = {"sent", "retry", "throttled", "not_attempted", "failed", "line_bad"};
  return outcome >= 0 && outcome < static_cast<int32_t>(std::size(names)) ? names[outcome] : "unknown";
}

namespace impl {

inline void check(sluice_status status, const char* words = nullptr) {
  if (status < 0) throw error(status, words);
}

// Calls with an error struct; its message is not cleared, since only a failure reads it.
template <class Call>
sluice_status checked(Call&& call) {
  sluice_error failure;
  failure.struct_size = sizeof(failure);
  failure.status = SLUICE_OK;
  failure.message[0] = '\0';
  const sluice_status status = call(&failure);
  check(status, failure.message);
  return status;
}

// Calls with a buffer that grows until the text fits.
template <class Call>
std::string text_of(Call&& call) {
  std::string text(512, '\0');
  for (;;) {
    size_t length = text.size();
    const sluice_status status = call(text.data(), &length);
    text.resize(length);
    if (status == SLUICE_E_BUFFER) continue;
    check(status);
    return text;
  }
}

template <class Call>
std::string checked_text_of(Call&& call) {
  return text_of([&](char* buffer, size_t* length) {
    bool too_small = false;
    const sluice_status status = checked([&](sluice_error* failure) {
      const sluice_status given = call(buffer, length, failure);
      too_small = given == SLUICE_E_BUFFER;
      return too_small ? SLUICE_OK : given;
    });
    return too_small ? SLUICE_E_BUFFER : status;
  });
}

// Some views as the C structs, in an array of at most N.
template <size_t N>
class key_list {
 public:
  template <class Texts>
  key_list(const char* what, const Texts& texts) {
    for (const auto& text : texts) {
      if (count_ == N) throw error(SLUICE_E_INVALID, (std::string(what) + ": more than " + std::to_string(N)).c_str());
      keys_[count_++] = bytes(std::string_view(text));
    }
  }
  const sluice_bytes* data() const noexcept { return keys_.data(); }
  uint32_t size() const noexcept { return count_; }

 private:
  std::array<sluice_bytes, N> keys_{};
  uint32_t count_ = 0;
};

}  // namespace impl

// A request that borrows its texts. It converts to the C struct, which points into it.
class request {
 public:
  using texts = std::initializer_list<std::string_view>;

  // Values in the operation's declared order; {} stands for an absent one.
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

// Options of a lease that borrow the names of its lines, or of their pool. They convert to the C struct, which points into them.
class lease_options {
 public:
  using texts = std::initializer_list<std::string_view>;

  explicit lease_options(uint32_t most = 0, int64_t ttl = 0, int64_t now = SLUICE_NOW) : c_(make_lease_options(most, ttl, now)) {}

  // Of these lines alone.
  lease_options& lines(texts names) { return lines_of(names); }
  template <class Names>
  lease_options& lines(const Names& names) {
    return lines_of(names);
  }
  // Of the lines alone that a pool has for these values of its `by`.
  lease_options& pool(std::string_view name, texts by = {}) { return pool_of(name, by); }
  template <class Values>
  lease_options& pool(std::string_view name, const Values& by) {
    return pool_of(name, by);
  }

  operator sluice_lease_options() const noexcept {
    static constexpr sluice_bytes none{};
    sluice_lease_options c = c_;
    if (some_) c.lines = lines_.empty() ? &none : lines_.data();
    c.line_count = lines_.size();
    c.by = by_.empty() ? nullptr : by_.data();
    c.by_count = by_.size();
    return c;
  }

 private:
  template <class Names>
  lease_options& lines_of(const Names& names) {
    some_ = true;
    lines_.clear();
    for (const auto& name : names) lines_.push_back(bytes(std::string_view(name)));
    return *this;
  }

  template <class Values>
  lease_options& pool_of(std::string_view name, const Values& by) {
    c_.pool = name.data();
    c_.pool_len = name.size();
    by_.clear();
    for (const auto& value : by) by_.push_back(bytes(std::string_view(value)));
    return *this;
  }

  sluice_lease_options c_;
  bool some_ = false;
  std::vector<sluice_bytes> lines_, by_;
};

// The answer to an enqueue: true when the engine holds the message.
struct enqueued {
  sluice_decision decision = make_decision();
  sluice_held held = make_held();

  explicit operator bool() const noexcept { return held.message != 0; }
};

// A leased message. It views memory of the leases it came from, and names its engine by handle.
class lease {
 public:
  lease(sluice_engine engine, const sluice_leased& row) noexcept : engine_(engine), row_(&row) {}

  const sluice_leased& get() const noexcept { return *row_; }
  const sluice_leased* operator->() const noexcept { return row_; }
  std::string_view payload() const noexcept { return view(row_->payload); }
  // By position among the operation's values.
  std::string_view value(size_t i) const noexcept { return view(row_->values[i]); }
  bool redelivered() const noexcept { return (row_->flags & SLUICE_REDELIVERED) != 0; }

  void ack(int64_t now = SLUICE_NOW) const {
    impl::checked([&](sluice_error* failure) { return sluice_ack(engine_, row_->message, row_->fence, now, failure); });
  }
  void nack(int32_t outcome, int64_t retry_after = 0, int64_t now = SLUICE_NOW) const {
    impl::checked([&](sluice_error* failure) {
      return sluice_nack(engine_, row_->message, row_->fence, outcome, retry_after, now, failure);
    });
  }
  void extend(int64_t ttl, int64_t now = SLUICE_NOW) const {
    impl::checked([&](sluice_error* failure) { return sluice_extend(engine_, row_->message, row_->fence, ttl, now, failure); });
  }
  // For engine::settle, which says what came of many.
  sluice_settlement settlement(int32_t outcome = SLUICE_OUTCOME_SENT, int64_t retry_after = 0) const noexcept {
    return {row_->message, row_->fence, outcome, retry_after, 0, 0};
  }

 private:
  static std::string_view view(const sluice_bytes& from) noexcept { return {static_cast<const char*>(from.ptr), from.len}; }

  sluice_engine engine_;
  const sluice_leased* row_;
};

// What one call leased, and the memory of it: leasing into it again reuses that, and ends the views of what was there.
class leases {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = lease;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = lease;

    iterator(const leases* all, size_t at) noexcept : all_(all), at_(at) {}
    lease operator*() const noexcept { return (*all_)[at_]; }
    iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    iterator operator++(int) noexcept { return {all_, at_++}; }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }
    friend bool operator!=(const iterator& a, const iterator& b) noexcept { return a.at_ != b.at_; }

   private:
    const leases* all_;
    size_t at_;
  };

  // Room for so many messages, and bytes of them at a time; grows where a single message needs more.
  explicit leases(size_t most = 100, size_t bytes = 65536) : rows_(most), room_((bytes + 7) / 8) {}
  leases(leases&&) noexcept = default;
  leases& operator=(leases&&) noexcept = default;

  size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  lease operator[](size_t i) const noexcept { return {engine_, rows_[i]}; }
  iterator begin() const noexcept { return {this, 0}; }
  iterator end() const noexcept { return {this, count_}; }
  // When to lease again, as it stood after this; INT64_MAX: not before something else changes.
  int64_t next_due() const noexcept { return next_due_; }

 private:
  friend class engine;

  void fill(sluice_engine engine, const sluice_lease_options& options) {
    engine_ = engine;
    count_ = 0;
    for (;;) {
      size_t count = rows_.size(), length = room_.size() * sizeof(room_[0]);
      bool too_small = false;
      impl::checked([&](sluice_error* failure) {
        const sluice_status status =
            sluice_lease(engine, &options, rows_.data(), &count, room_.data(), &length, &next_due_, failure);
        too_small = status == SLUICE_E_BUFFER;
        return too_small ? SLUICE_OK : status;
      });
      count_ = count;
      if (!too_small) return;
      room_.resize((length + 7) / 8);
    }
  }

  sluice_engine engine_ = 0;
  std::vector<sluice_leased> rows_;
  std::vector<uint64_t> room_;
  size_t count_ = 0;
  int64_t next_due_ = INT64_MAX;
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
    return impl::checked([&](sluice_error* failure) {
      return sluice_enqueue(handle_, &request, &message, &answer.decision, &answer.held, failure);
    });
  }
  enqueued enqueue(const sluice_request& request, const sluice_message& message) {
    enqueued answer;
    enqueue(request, message, answer);
    return answer;
  }
  enqueued enqueue(const sluice_request& request, std::string_view payload = {}) {
    return enqueue(request, make_message(payload));
  }
  // Each answer's decision says how its message went, failures included; only what stops the whole array is thrown.
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
    enqueue_many(std::data(requests), std::data(messages), answers.data(), answers.size());
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
  sluice_message_state status(uint64_t message, int64_t now = SLUICE_NOW) const {
    sluice_message_state state{};
    state.struct_size = sizeof(state);
    impl::checked([&](sluice_error* failure) { return sluice_message_status(handle_, message, now, &state, failure); });
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

  // ---- keeping house ----

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

}  // namespace abi0
}  // namespace sluice

#endif  // SLUICE_SLUICE_HPP_INCLUDED
