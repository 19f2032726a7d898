// SPDX-License-Identifier: Apache-2.0
// One decision under its locks: look up, weigh, commit, answer.
//
// 1. Everything is checked before anything is committed; room for every commit is made before the first one.
// 2. Each record is evaluated and committed at max(now, floor, its own newest); the wait is counted from the caller's now.
// 3. A denial commits its attempt charges whose own limit passes, then computes the wait. Would queue and peeks commit nothing.
#pragma once

#include <string>

#include "core/engine/engine_core.h"
#include "core/engine/work.h"

namespace sluice {

inline constexpr size_t kEvictedAtOnce = 64;  // records looked at

struct LeaseVerdict {
  bool taken = false;
  bool memory = false;      // not for want of room in a limit
  bool whole_flow = false;  // what is closed is closed for all of the tenant's on this line
  Instant until = kNever;
};

// Of a line that a pool may choose.
struct LineVerdict {
  bool refuses = false;
  Instant opens = 0;  // when it refuses no more; kNever
  Span wait = 0;      // until a message that comes now would leave; kNever
};

class Decider {
 public:
  Decider(EngineCore& core, Work& work)
      : core_(core),
        work_(work),
        g_(core.generation()),
        operation_(g_.policy->operations[work.shape.operation]),
        request_(*work.request) {}

  Status run(Decision* decision, std::string* error);
  // A message's lease: takes all its queue-mode charges, or none and says how long not.
  LeaseVerdict lease();
  // What the charges that are looked at say, with nothing taken.
  LineVerdict weigh_line();
  // The same of a message's lease, left in the items (explain_message.cpp).
  void weigh_lease();
  // Takes in a message that has taken its charges elsewhere (plan_copy_queue.cpp).
  Status hold_again();

 private:
  // decider.cpp
  void look_up(SubjectRef& subject);
  bool skips(const OperationCharge& charge) const;
  Status make_items(std::string* error);
  [[gnu::cold]] Status no_cost(const OperationCharge& charge, std::string* error) const;
  [[gnu::cold]] static Status no_amount(const Limit& limit, std::string* error);
  void make_prints();
  Status add_item(const OperationCharge& charge, SubjectRef& subject, uint32_t repeat, uint64_t times, std::string* error);
  void set_values(Item& item, const OperationCharge& charge, uint32_t repeat);
  Status replay_key(Decision* decision, std::string* error, bool* done);
  void fill(const Item* item, Decision* decision) const;
  void fill_details(Decision* decision) const;

  // verdict.cpp
  void weigh();
  Status judge();
  Status judge_wait();
  Status never_open();
  void name_denial();
  void wait_for();
  bool queue_goes_first() const;
  bool waits_for_queue();
  bool pool_refuses() const;
  void wait_for_limits();
  void wait_for_pool();
  bool of_whole_flow(const Item& item) const;
  Instant open_together(Instant from, bool* on_release) const;

  // settle.cpp
  enum class Room { made, changed, none };  // changed: weigh again, on what the subjects are now
  void look_again();
  bool evict();
  Status prepare();
  // A message that is held may go, whomever it charges, once nothing more could be dropped for it.
  bool goes_beyond_cap() const { return work_.phase == Phase::lease && evicted_; }
  Room make_room(bool attempts_only);
  Room make_record(SubjectRef& subject);
  void take(Item& item);
  static bool commits(const Item& item, bool attempts_only);
  void commit(bool attempts_only);
  void promote();
  void commit_attempts();
  bool make_receipt();
  ReceiptItem receipt_item(const Item& item) const;
  void complete_receipt();
  bool make_message_room();
  bool make_route_room();
  bool make_key_room();
  void write_key(const Decision& decision);
  void undo_created();
  void count(Decision* decision);

  Instant at(const SubjectRef& subject) const { return std::max(work_.now, subject.base); }

  EngineCore& core_;
  Work& work_;
  const Generation& g_;
  const Operation& operation_;
  const Request& request_;
  bool refused_ = false, waits_ = false;  // by any item, at the last weighing
  bool memory_denied_ = false, evicted_ = false, waits_too_long_ = false;
  uint64_t receipt_ = 0;
  uint64_t digest_[2] = {0, 0};
};

}  // namespace sluice
