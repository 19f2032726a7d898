// SPDX-License-Identifier: Apache-2.0
// One policy in the life of an engine: its positions joined to numbers that stay the same across reloads, and how to come here
// from the generation before.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/accept_plan.h"
#include "core/engine/control_block.h"
#include "core/engine/line_gate.h"
#include "core/engine/straight_plan.h"
#include "core/policy/compiled_policy.h"

namespace sluice {

// Records of the engine's own, which no policy lays out: of idempotency keys, of a pool's lines, of a recipient's routes.
inline constexpr uint8_t kIdempotencyScope = 255, kPoolScope = 254, kRouteScope = 253;
inline constexpr size_t kMaxScopeNumbers = 253;
constexpr bool is_own_scope(uint8_t scope) { return scope >= kMaxScopeNumbers; }
inline constexpr size_t kMaxGenerations = 64;  // with records on them at one time

// Names in the order first met: a name's number never changes.
class NameTable {
 public:
  int32_t find(std::string_view name) const;
  int32_t add(std::string_view name);
  const std::string& at(int32_t number) const { return names_[static_cast<size_t>(number)]; }
  size_t size() const { return names_.size(); }

 private:
  std::vector<std::string> names_;
};

struct EngineNames {
  NameTable scopes, limits, operations;
};

// How messages of an operation are leased.
struct QueuePlan {
  uint16_t layout = 0;       // 0: they cannot be queued
  uint32_t lease_slots = 0;  // the subjects that a lease charges, a bit each
  bool line_only = false;    // they are the line alone, what they charge holds it, and takes no memory
  bool shared = false;       // something beside the line's own limits may hold a message of theirs
  LineGate gate;
  AcceptPlan accept;
  std::vector<StraightCharge> places;  // units of the line's gauges, held by a message of this layout until it ends
};

struct Generation {
  uint8_t number = 0;
  uint32_t serial = 0;  // of the engine's policies, from 0
  Instant at = 0;
  std::shared_ptr<const CompiledPolicy> policy;
  std::vector<StraightPlan> straight;  // by operation
  std::vector<QueuePlan> queue;        // by operation
  const LineGate* gate = nullptr;      // where whatever is leased of a line charges its limits the same, one unit each
  bool promotes = false;               // some plan has a promotion
  std::vector<uint8_t> scope_number;   // by position
  std::vector<int32_t> limit_number, operation_number;
  std::array<int16_t, 256> scope_at{};  // by number; kNone: gone
  std::vector<int16_t> limit_at, operation_at;
  // By position here, the position in the generation before; kNone: new, its state begins at never seen.
  std::vector<int16_t> limit_from;
  std::vector<uint32_t> limit_born;  // the serial of the policy with which a limit's state began
  // By plan set there: the plan here for each plan there; empty when the set is gone.
  std::vector<std::vector<uint8_t>> plan_to;

  const Scope& scope(uint8_t scope_number_) const { return policy->scopes[static_cast<size_t>(scope_at[scope_number_])]; }
  int16_t limit_position(int32_t number_) const {
    return number_ >= 0 && static_cast<size_t>(number_) < limit_at.size() ? limit_at[static_cast<size_t>(number_)] : kNone;
  }
  int16_t operation_position(int32_t number_) const {
    return number_ >= 0 && static_cast<size_t>(number_) < operation_at.size() ? operation_at[static_cast<size_t>(number_)]
                                                                              : kNone;
  }
  // REQUIRES: the operation, by its number, is one of whose messages some are held.
  const QueuePlan& queue_of(int32_t number_) const {
    return queue[static_cast<size_t>(operation_at[static_cast<size_t>(number_)])];
  }
};

// Joins `policy` to the engine's numbers; nullptr when the numbers are used up. `before` may be nullptr.
std::unique_ptr<Generation> make_generation(std::shared_ptr<const CompiledPolicy> policy, const Generation* before,
                                            uint8_t number, Instant at, EngineNames* names);

// Why a reload from `before` would drop state, one line each; empty when it keeps all.
std::vector<std::string> dropped_by(const Generation& before, const CompiledPolicy& policy);

OperationShape shape_of(const Generation& generation, int32_t operation_number);

}  // namespace sluice
