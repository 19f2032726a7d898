// SPDX-License-Identifier: Apache-2.0
// Which line a request goes by that leaves it to a pool: one that it brings, else its recipient's, else the one by which it would leave
// first.
//
// 1. It is chosen by looking at one record after the other, each under its own lock. Then the decision takes all its locks and looks
//    whether that still stands; else it is chosen anew, after kLooks times with every line of the pool locked.
// 2. Nothing but whole numbers and hashes without a key decide, so that a replay chooses the same.
#pragma once

#include <string>
#include <vector>

#include "core/engine/decider.h"
#include "core/engine/pools.h"
#include "core/engine/work.h"

namespace sluice {

// How a line was chosen: what was seen, and what comes of it.
struct Routing {
  PoolTerms terms;
  Bytes set, recipient;  // the keys' values; they lie with the router
  uint64_t pool_hash = 0, route_hash = 0;
  uint64_t account = 0;     // what stands for its name; 0: none is given
  uint32_t line_slots = 0;  // of the operation, those that the line is part of, a bit each

  uint64_t version = 0;     // of the pool; 0: it has no record
  uint32_t route_line = 0;  // the recipient's line; 0: none
  uint32_t line = 0;        // chosen; 0: it is none of the pool's
  Sticky found = Sticky::none;
  bool weighed = false;  // it was chosen because it does not refuse
  bool refused = false;  // by the pool itself
  bool forced = false;   // inbound: nothing refuses it
  Instant opens = kNever;

  SubjectRef* pool = nullptr;
  SubjectRef* route = nullptr;
};

class Router {
 public:
  // `pending` is nullptr of a decision.
  Router(ControlBlock& block, uint64_t handle, const Request& given, PendingMessage* pending, Decision* decision,
         std::string* error)
      : block_(block), handle_(handle), given_(given), pending_(pending), decision_(*decision), error_(error) {}

  // *again: a reload came between.
  Status run(const OperationShape& shape, bool* again);

 private:
  static constexpr int kLooks = 4;

  // What a look came to.
  enum class Step { on, once_more, move, reloaded, failed };

  struct Candidate {
    std::string name;
    uint32_t number = 0;
    uint32_t weight = 1;
    uint64_t mark = 0;
    LineVerdict verdict;
  };
  class Look;

  bool peeks() const { return (given_.flags & flag::peek) != 0; }
  Step fail(Status status);
  Step read_operation();
  Step read_class_of_campaign();
  void read_pool_of(const CompiledPolicy& policy, const Operation& operation);
  Step lock_all(ShardLocks& locks);
  void add_line_locks(Work& work, Bytes line);

  Step choose();
  Step read_route();
  Step read_pool();
  void read_given(Pool* pool);
  Step read_own(Pool& pool, const PoolLine& line);
  void read_others(Pool& pool);
  Step weigh(Candidate& candidate);
  Step best_of_others(const Candidate** best, const Candidate** first);
  Step choose_other();
  Step choose_when_full();
  void take(const Candidate& candidate, Sticky found);
  void refuse(Instant opens);
  Step leave_own();
  bool would_pass();
  void move_recipient();
  Status decide(uint32_t flags, Decision* decision, bool* again);
  void answer(Status status);

  ControlBlock& block_;
  const uint64_t handle_;
  const Request& given_;
  PendingMessage* const pending_;
  Decision& decision_;
  std::string* const error_;

  OperationShape shape_;
  Request filled_;  // as given, with a line
  Bytes values_[kMaxDimensions];
  size_t line_at_ = 0;
  bool brings_line_ = false, locked_ = false;
  bool moved_ = false, stays_ = false;  // the recipient, when it was tried
  MessageClass message_class_ = MessageClass::urgent;
  Instant now_ = 0;
  Status status_ = Status::ok;
  PoolSet set_;
  uint64_t tie_ = 0;
  uint32_t form_slots_ = 0;
  Routing routing_;
  std::string line_;
  std::vector<uint32_t> taken_;  // lines that belong to another account for this recipient
  std::vector<Candidate> candidates_;
  uint32_t passed_ = 0;  // lines that were candidates before these
  bool more_ = false;    // others could be
  bool weighs_own_ = false;
  Candidate own_;  // the recipient's line
  uint32_t move_to_ = 0;
  uint32_t would_be_at_ = 0;  // of a peek: where the recipient would be moved to
  Why why_ = Why::suspended;
};

}  // namespace sluice
