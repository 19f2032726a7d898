// SPDX-License-Identifier: Apache-2.0
// A policy as the engine runs it: names resolved to small numbers, amounts to integers, zones to tables. Immutable once built.
//
// 1. Everything is addressed by position: dimensions, scopes, limits, operations, plan sets, in the order of the policy text.
// 2. A scope is the set of dimensions as the first limit wrote it; one record holds all limits of a scope for one subject.
//    A scope exists also for a plan set without limits, because the plan is kept in its record.
// 3. A limit's state lies at `state_offset` from the record's state area; areas are multiples of 8 bytes.
// 4. An operation's slots are the subjects it touches: first those charged, then the plan records that choose amounts, then the
//    line's when messages of it can be queued.
// 5. Where messages can be queued, the record of a line holds, after its limits, a word of its queue's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ratio.h"
#include "core/limits/params.h"
#include "core/limits/queue_rules.h"
#include "core/limits/zone.h"

namespace sluice {

struct DialectRules;

inline constexpr size_t kMaxDimensions = 16;
inline constexpr size_t kMaxScopeDimensions = 4;
inline constexpr size_t kMaxLimits = 64;
inline constexpr size_t kMaxOperations = 256;
inline constexpr size_t kMaxCharges = 16;  // of an operation
// Of an operation: its charges' subjects, and records of one dimension (plans, the line), of which there are kMaxDimensions.
inline constexpr size_t kMaxSlots = kMaxCharges + kMaxDimensions;
inline constexpr size_t kMaxSubjects = 128;  // of a decision, after expansion
inline constexpr size_t kMaxPlans = 32;      // of a plan set
inline constexpr size_t kMaxQuantities = 8;
inline constexpr size_t kMaxPools = 16;
inline constexpr size_t kMaxPoolDimensions = 3;  // with the recipient a scope
inline constexpr uint16_t kQueueStateBytes = 8;  // of a line's record: the engine's word of its queue
inline constexpr size_t kMaxKeyBytes = 1024;     // of one value
inline constexpr int16_t kNone = -1;

struct Promotion {
  uint8_t to = 0;  // plan
  int16_t limit = kNone;
  Ratio at;  // share of the plan's amount
  Span within = 0;
  std::string quality;  // empty: any
};

struct Plan {
  std::string name;
  std::optional<Promotion> promotion;
};

// The plans of one dimension, and the billing cycle its subjects have unless one is set.
struct PlanSet {
  int16_t scope = kNone;
  std::vector<Plan> plans;
  uint8_t default_plan = 0;
  Billing billing;
};

struct Scope {
  std::string name;                 // "line,recipient": for people
  std::vector<uint8_t> dimensions;  // 1..4
  std::vector<int16_t> limits;      // in policy order
  uint16_t state_size = 0;          // bytes
  int16_t plan_set = kNone;         // one-dimension scopes only
  bool overflows = false;           // only paces and windows of at most an hour: may share an overflow record
  Span longest_period = 0;          // for the overflow rule
  uint16_t extents = 0;             // how many of its states own an extent (sliding, distinct, named gauge)
  uint16_t queue_offset = 0;        // line scope only: where in the state what it knows of its queue lies, after the limits'
};

struct Derivation {
  int16_t base = kNone;  // limit followed
  Ratio times;
};

// How the amount of one plan was written: what set_amount and derived amounts are resolved from.
struct AmountTerms {
  Amount amount;  // resolved
  std::optional<Derivation> derived;
  // as written, so that an override of the number alone keeps them
  uint64_t depth_units = 0;  // pace: 0 when depth is a duration
  Span depth_span = 0;
  Ratio ceiling{0, 1};       // 0: none
  Ratio burst_factor{0, 1};  // 0: none
  uint64_t burst_windows = 0;
  std::vector<uint32_t> thresholds;  // hundredths of a percent
};

struct Limit {
  std::string name;
  std::string unit;                       // for people; "unit" when the policy says nothing
  std::string report_group, report_used;  // reports_as "emails.sent"; empty: the limit's name and "used"
  Rule rule;
  Span margin = 0;  // sliding: as written; rule.period has it already
  int16_t scope = kNone;
  uint16_t state_offset = 0;
  bool extent = false;               // its state owns memory of its own, so a commit needs room first
  int16_t plan_set = kNone;          // whose plan chooses the amount; kNone: one amount for all
  bool plan_elsewhere = false;       // that plan is kept in another record than the limit's own (scope of several dimensions)
  std::vector<AmountTerms> amounts;  // one per plan, or exactly one
  std::vector<int16_t> followers;    // limits whose amount is derived from this one
};

struct OperationCharge {
  int16_t limit = kNone;
  uint64_t cost = 1;         // when quantity is kNone
  int16_t quantity = kNone;  // position among the operation's quantities
  int16_t of = kNone;        // position among its values
  ChargeType type = ChargeType::normal;
  Mode mode = Mode::deny;     // effective
  bool each = false;          // once per value of the repeated dimension
  bool while_queued = false;  // taken by enqueue alone
  bool refund_failed = false;
  uint8_t slot = 0;           // its subject
  int16_t plan_slot = kNone;  // the plan record when plan_elsewhere, else kNone
};

// One subject of an operation: a scope and where in the request its dimensions' values are.
struct Slot {
  int16_t scope = kNone;
  uint8_t count = 0;
  uint8_t values[kMaxScopeDimensions] = {0, 0, 0, 0};
  bool repeated = false;  // holds the repeated dimension: one subject per value of it
};

struct Operation {
  std::string name;
  std::vector<uint8_t> values;  // dimensions, in the request's order
  int16_t repeats = kNone;      // position among values
  int16_t tenant = kNone;       // position of the tenant dimension, kNone: takes no idempotency keys
  int16_t line = kNone;
  std::vector<std::string> quantities;
  std::vector<OperationCharge> charges;
  std::vector<Slot> slots;  // each distinct (scope, values) once

  MessageClass message_class = MessageClass::transactional;  // of a message that is given none

  // Which chooses the line when a request brings none.
  int16_t pool = kNone;
  // Its messages can wait on a line: it brings one of each value, the line among them, and has a charge that waits, a pool or a
  // class.
  bool queueable = false;
  int16_t line_slot = kNone;    // position among slots; set iff queueable
  int16_t tenant_slot = kNone;  // the same; set iff queueable and the tenant's plan tells its weight
};

struct CompiledPolicy {
  std::string name;
  std::string stance;  // "enforce" or "comply"
  std::vector<std::string> dimensions;
  uint8_t tenant = 0;  // dimension
  int16_t line = kNone;
  int16_t line_scope = kNone;  // the scope of the line alone; kNone when no operation is queueable
  std::vector<PlanSet> plan_sets;
  std::vector<Scope> scopes;
  std::vector<Limit> limits;
  std::vector<Operation> operations;
  QueueRules queue;  // the defaults where the policy says nothing
  std::vector<PoolRules> pools;
  std::vector<std::shared_ptr<const Zone>> zones;  // keeps the tables alive
  std::string zoneinfo_dir;
  std::shared_ptr<const DialectRules> dialect;  // nullptr when it has none

  int16_t find_dimension(std::string_view name) const;
  int16_t find_limit(std::string_view name) const;
  int16_t find_operation(std::string_view name) const;
  int16_t find_scope(const std::vector<uint8_t>& dimensions) const;  // in this order
  int16_t find_pool(std::string_view name) const;
  int16_t find_plan(int16_t plan_set, std::string_view name) const;
};

}  // namespace sluice
