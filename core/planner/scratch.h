// SPDX-License-Identifier: Apache-2.0
// An engine on a manual clock that is there for one question, and the policy that it is asked about.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/engine.h"
#include "core/policy/policy.h"

namespace sluice::planner {

// The plan that every subject of a dimension is on.
struct OnPlan {
  std::string_view dimension, plan;
};

// What is asked about. Views are borrowed.
struct Question {
  std::string_view policy;
  std::string_view stance = "enforce";
  std::string_view zoneinfo_dir;
  std::string_view operation;  // empty: the only one whose messages can be queued
  std::vector<OnPlan> plans;   // else the policy's default
};

// The same, found in its policy.
struct Planned {
  std::shared_ptr<const CompiledPolicy> policy;
  const Operation* operation = nullptr;
  std::vector<int16_t> plans;  // by plan set: the plan's position
  int16_t recipient = kNone;   // position among the operation's values; kNone: it has none

  // What a limit says on those plans.
  const AmountTerms& terms_of(const Limit& limit) const;
  bool has_recipient(const OperationCharge& charge) const;
};

// On failure `error` names the field.
Status find_planned(const Question& question, Planned* out, std::string* error);
// The same of a policy that is there already.
Status find_planned_in(std::shared_ptr<const CompiledPolicy> policy, const Question& question, Planned* out, std::string* error);

// How often a line sends in the long run by its own limits: so many units each `period`; 0: as often as it likes.
struct LineRate {
  uint64_t amount = 0;
  Span period = 0;
  std::string limit;  // the tightest one's name
};
// A charge that holds a line's messages and nobody else's: of the line, maybe of its account.
bool is_of_line(const Planned& planned, const OperationCharge& charge);
Status rate_of_line(const Planned& planned, LineRate* out, std::string* error);
// How often a limit admits in the long run; false: its kind does not say, or it is not a number.
bool long_run(const Limit& limit, const Amount& amount, LineRate* out);

// Takes leased messages: what is wanted of each.
class Taker : public LeaseSink {
 public:
  struct One {
    uint64_t message;
    uint32_t fence;
    uint64_t number;  // its payload's
    uint64_t campaign;
  };
  bool fits(size_t, size_t) override { return true; }
  void take(const LeaseView& lease) override;

  std::vector<One> taken;
};

class Scratch {
 public:
  Scratch() = default;
  ~Scratch() { Engine::destroy(handle_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  Status open(std::string_view policy, std::string_view stance, std::string_view zoneinfo_dir, Instant now, std::string* error);
  // Takes over an engine on a manual clock that stands at `now`.
  void adopt(uint64_t handle, Instant now) {
    handle_ = handle;
    now_ = now;
  }
  uint64_t handle() const { return handle_; }
  Instant now() const { return now_; }
  Status set_clock(Instant now);
  Instant next_due() const;
  // Leases what is due and says that it was sent; what it was, until the next call.
  Status send_due(std::vector<Taker::One>** sent, std::string* error);

 private:
  uint64_t handle_ = 0;
  Instant now_ = 0;
  Taker taker_;
};

}  // namespace sluice::planner
