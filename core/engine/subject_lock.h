// SPDX-License-Identifier: Apache-2.0
// A subject by name, its shard locked for as long as this lives. For slow calls, under the control block's lock.
#pragma once

#include <string>

#include "core/engine/engine_core.h"

namespace sluice {

struct SubjectLock {
  SubjectLock(EngineCore& core, const SubjectName& name, Instant now, std::string* error);
  ~SubjectLock();
  SubjectLock(const SubjectLock&) = delete;
  SubjectLock& operator=(const SubjectLock&) = delete;

  // Creates the record when there is none; false without memory.
  bool require_record();
  // The same of what is beside it, so many bytes of it; without memory nullptr, and no record is left that was not there.
  Extras* require_extras(size_t bytes);
  Record& record() { return *core.arena_.at(id); }
  const std::byte* state() const;              // never seen when there is no record
  uint8_t plan() const;                        // of the record, or the default
  uint8_t plan_for(const Limit& limit) const;  // that chooses the limit's amount, wherever it is kept
  Extras* extras() { return id == 0 ? nullptr : core.extras_of(*shard, id, record()); }
  Params params(const Limit& limit, size_t position);

  EngineCore& core;
  const Generation& g;
  Status status = Status::ok;  // not ok: nothing is locked
  bool changes = true;         // what waits for the subject looks again when the lock is let go
  Instant now = 0;
  Instant at = 0;  // now, floor, or the record's newest
  const Scope* scope = nullptr;
  uint8_t scope_number = 0;
  KeyView key;
  uint64_t hash = 0;
  Shard* shard = nullptr;
  RecordId id = 0;

 private:
  void read_plans_elsewhere();

  struct PlanElsewhere {
    int16_t plan_set;
    uint8_t plan;
  };
  std::vector<PlanElsewhere> plans_elsewhere_;  // as they stood just before the lock
};

// The scope named by "account" or "line,recipient", or kNone.
int16_t scope_named(const CompiledPolicy& policy, Bytes text);

// A limit by the engine's number, on the scope locked; kNone and a message otherwise.
int16_t limit_on_scope(const SubjectLock& subject, int32_t number, std::string* error);

}  // namespace sluice
