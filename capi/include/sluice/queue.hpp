// SPDX-License-Identifier: Apache-2.0
//
// queue.hpp - messages that wait: held, leased, by the lines of a pool, in campaigns. Include sluice.hpp; its engine does the calls.
#ifndef SLUICE_QUEUE_HPP_INCLUDED
#define SLUICE_QUEUE_HPP_INCLUDED

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"
#include "sluice/sluice.h"

namespace sluice {
inline namespace abi0 {

// What SLUICE_DECISION_INIT gives.
inline sluice_decision make_decision() noexcept {
  sluice_decision decision{};
  decision.struct_size = sizeof(decision);
  decision.limit_id = SLUICE_NONE;
  return decision;
}

// A message with a payload, which it borrows, and by whose clocks its hours are, "Europe/Paris" (several with commas between), which it
// borrows too; empty: the policy's. What else SLUICE_MESSAGE_INIT gives.
inline sluice_message make_message(std::string_view payload = {}, std::string_view zone = {}) noexcept {
  sluice_message message{};
  message.struct_size = sizeof(message);
  message.message_class = SLUICE_NONE;
  message.payload = payload.data();
  message.payload_len = payload.size();
  message.zone = zone.empty() ? nullptr : zone.data();
  message.zone_len = zone.size();
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
  std::string line;  // of an operation with a pool: the one it goes by

  explicit operator bool() const noexcept { return held.message != 0; }
};

namespace impl {

inline std::unique_ptr<line_room[]> rooms_of(std::vector<enqueued>& answers) {
  std::unique_ptr<line_room[]> rooms(new line_room[answers.size()]);
  for (size_t i = 0; i < answers.size(); ++i) rooms[i].lend(answers[i].held);
  return rooms;
}

}  // namespace impl

// Where a message stands. The name of its line is here, and not where the C struct points.
struct message_state : sluice_message_state {
  message_state() noexcept : sluice_message_state{} {
    struct_size = sizeof(sluice_message_state);
    operation = SLUICE_NONE;
  }

  std::string line;  // the one it goes by now: a pool may have moved it
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

}  // namespace abi0
}  // namespace sluice

#endif  // SLUICE_QUEUE_HPP_INCLUDED
