// SPDX-License-Identifier: Apache-2.0
// The inside of an engine. Functions named *_locked want the locks of the shards they touch; admin_* ones run under the control
// block's shared lock and take shard locks themselves.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/allocator.h"
#include "core/base/arena.h"
#include "core/base/siphash.h"
#include "core/engine/clock.h"
#include "core/engine/control_block.h"
#include "core/engine/engine.h"
#include "core/engine/event_ring.h"
#include "core/engine/extras.h"
#include "core/engine/generation.h"
#include "core/engine/pools.h"
#include "core/engine/send_queue.h"

namespace sluice {

struct Work;
struct Item;
struct SubjectRef;

// The state of a subject never seen, wherever a limit's state may lie in it.
extern const std::byte kNeverSeen[kMaxLimits * 24];
static_assert(sizeof(Record) + sizeof kNeverSeen < size_t{256} * 8, "Record::key_at has a byte");

// Adds the amounts that follow `base` at these terms, directly or not. One that a subject has set for itself follows nothing; one that
// would be 0 or too large stays the plan's, and a limit of which that is so is returned.
const Limit* derive_followers(const Generation& g, const Limit& base, const AmountTerms& terms, uint8_t plan, Extras& extras);
// Computes again what follows the amounts that a subject has of its own, for the plan it is on.
void rederive(const Generation& g, uint8_t plan, Extras& extras);

// The billing cycle of a subject: its own, or its plan set's, or the calendar month in UTC.
const Billing& billing_of(const CompiledPolicy& policy, const Scope& scope, const Extras* extras);

class EngineCore {
 public:
  EngineCore(ControlBlock& block, const EngineOptions& options);
  ~EngineCore();
  EngineCore(const EngineCore&) = delete;
  EngineCore& operator=(const EngineCore&) = delete;

  Status start(std::shared_ptr<const CompiledPolicy> policy, std::string* error);
  const Generation& generation() const { return *current_.load(std::memory_order_acquire); }
  const EngineNames& names() const { return names_; }
  const RecordArena& arena() const { return arena_; }
  // The later of `now` and the instant before which no record is asked.
  Instant latest(Instant now) const { return block_.latest(now); }
  EngineClock& clock() { return clock_; }
  EventRing& events() { return events_; }
  SendQueue& queue() { return queue_; }
  Pools& pools() { return pools_; }

  // The time of a call: its own or the engine's. False when it is out of range or too far ahead.
  bool time_of(Instant given, Instant* now) {
    *now = given;
    return block_.is_known(given) || read_time(given, now);
  }

  // plans.cpp: an event for every threshold in `fired`.
  [[gnu::noinline]] void emit_fired(const Generation& g, size_t position, const Record& record, const Params& params,
                                    uint8_t fired, uint64_t used, Instant at, bool by_plan_change) noexcept;

  // An event for a pace whose debt reached its bound.
  void emit_saturated(const Generation& g, size_t position, const Record& record, const Params& params, uint64_t used,
                      Instant at) noexcept;

  // The one or the other of a straight charge, by what take() (straight_charges.h) said.
  [[gnu::noinline]] void emit_straight(const Generation& g, const StraightCharge& charge, const Record& record, uint8_t told,
                                       Instant at) noexcept;

  // receipts.cpp
  Status admin_refund(uint64_t receipt, Instant now, std::string* error);
  Status admin_commit(uint64_t receipt, std::span<const uint64_t> quantities, Instant now, std::string* error);

  // subjects.cpp
  Status admin_set_plan(const SubjectName& subject, std::string_view plan, Instant now, std::string* error);
  Status admin_set_amount(int32_t limit, const SubjectName& subject, std::string_view amount, Instant now, std::string* error);
  Status admin_set_billing(const SubjectName& subject, uint32_t day, Span time_of_day, std::string_view zone, Instant now,
                           std::string* error);
  Status admin_set_usage(int32_t limit, const SubjectName& subject, uint64_t used, Instant now, std::string* error);
  Status admin_reset(const SubjectName& subject, Instant now, std::string* error);
  Status admin_erase(const SubjectName& subject, uint64_t* erased, Instant now, std::string* error);
  Status admin_throttle(int32_t limit, const SubjectName& subject, Span retry_after, bool close, Instant now, std::string* error);
  Status admin_quality(const SubjectName& subject, std::string_view quality, Instant now, std::string* error);

  // usage.cpp
  Status admin_usage(const SubjectName& subject, Instant now, std::vector<UsageRow>* rows, std::string* error);
  Status admin_usage_json(const SubjectName& subject, Instant now, std::string* json, std::string* error);
  Status admin_list(std::string_view scope, uint64_t* cursor, uint32_t max, std::string* json, std::string* error);
  void admin_counters(Counters* out);

  // plan_copy.cpp
  Status admin_copy(const PlanCopyRequest& asked, EngineCore& to, Instant now, PlanCopied* out, std::string* error);
  const EngineOptions& options() const { return options_; }

  // reload.cpp: reload wants the control block's lock alone.
  Status reload(std::string_view text, std::string_view stance, bool allow_reset, Instant now, std::string* error);
  Status admin_sweep(Instant now, uint64_t max_records, uint64_t* dropped);

 private:
  friend class Decider;
  friend class MessageExplainer;
  friend class PlanCopier;
  friend class SendQueue;
  friend class Pools;
  friend class Router;
  friend class Forecast;
  friend struct SubjectLock;

  [[gnu::noinline]] bool read_time(Instant given, Instant* now);

  // memory.cpp: records under the shard's lock
  ShardCold* cold_of(Shard& shard, bool beyond_cap = false);  // made when first needed; nullptr without memory
  RecordId find_locked(Shard& shard, uint64_t hash, uint8_t scope, const KeyView& key);
  RecordId create_locked(Shard& shard, uint64_t hash, uint8_t scope, const KeyView& key,
                         bool beyond_cap = false);  // 0: no memory
  // The same after an eviction; for callers that hold no other record of the shard.
  RecordId create_or_evict_locked(Shard& shard, uint64_t hash, uint8_t scope, const KeyView& key, Instant now);
  void drop_locked(Shard& shard, uint64_t hash, RecordId id);
  void clear_states_locked(Record& record);
  void zero_states_locked(Record& record);
  void forget_locked(Shard& shard, RecordId id);  // all but a line's messages. REQUIRES: it is of the current policy
  bool overflow_locked(Shard& shard, uint8_t scope, RecordId* id);
  void evict_locked(Shard& shard, Instant now, size_t most);
  struct Swept {
    size_t looked = 0, dropped = 0;
  };
  // `expired`, which may be nullptr, gets the lines that hold what has expired by `floor`.
  Swept sweep_locked(Shard& shard, Instant floor, size_t most, std::vector<uint64_t>* expired);
  bool droppable_locked(const Record& record, Instant floor) const;
  const Scope* layout_of(const Record& record) const;  // nullptr for engine-owned scopes
  Extras* extras_of(Shard& shard, RecordId id, const Record& record);
  // Made when there are none, with so many bytes counted for them; nullptr, and nothing changed, when the cap or the host says no.
  Extras* make_extras(Shard& shard, RecordId id, Record& record, size_t bytes);
  void drop_extras(Shard& shard, RecordId id);
  void prune_extras(Shard& shard, RecordId id, Record& record);
  Instant base_of(const Record* record) const;
  uint64_t hash_of(const Record& record) const;
  uint64_t hash_key(uint8_t scope, Bytes key, size_t dimensions) const;
  Instant raise_floor(Instant now);

  // migrate.cpp
  RecordId migrate_locked(Shard& shard, uint64_t hash, RecordId id);
  bool migrate_step(Shard& shard, uint64_t hash, RecordId* id, const Generation& to);
  void migrate_all();
  void left_behind(const Shard& shard, const Record& record);
  void release_reserve();
  bool publish(const Generation& g, const ZoneSets::Renewed& zones, bool without_messages);
  void count_behind();
  void forget_old_generations();

  // receipts.cpp
  struct Charged;
  bool charged_locked(const ReceiptItem& item, Instant now, bool create, Charged* c);
  RecordId recreate_locked(Shard& shard, const ReceiptItem& item, Instant now);
  void give_back_locked(const ReceiptItem& item, uint64_t units, Instant now);
  void refund_charged(const ReceiptItem& item, const Charged& c, uint64_t units, std::span<const uint64_t> values);
  void adjust_locked(const ReceiptItem& item, uint64_t actual, Instant now);
  void void_receipts(uint8_t scope, uint64_t hash, const std::string& key);

  // amounts of a record's limits
  Params params_of(const Generation& g, const Limit& limit, size_t position, uint8_t plan, const Extras* extras) const;
  void carry_amounts(const Generation& g, Shard& shard, RecordId id, Record& record, uint8_t old_plan, const Extras* old_extras,
                     Instant at);
  Event event_of(EventKind kind, const Generation& g, size_t position, const Record& record, const Params& params, uint64_t used,
                 Instant at) const noexcept;
  void name_subject(const Generation& g, const Record& record, Event* event) const noexcept;
  std::string subject_text(const Generation& g, uint8_t scope, Bytes key) const;
  // Room for the amounts that follow a subject's own on another plan.
  bool make_room_for_plan(Shard& shard, RecordId id, uint8_t plan);
  // REQUIRES: make_room_for_plan.
  void change_plan_locked(Shard& shard, RecordId id, uint8_t plan, Instant at);
  void consider_promotion_locked(Shard& shard, RecordId id, Instant at);

  ControlBlock& block_;
  const EngineOptions options_;
  const HashSecret secret_;
  SipKey fingerprint_key_;
  Allocator memory_;
  RecordArena arena_;
  WordMemory words_{memory_, arena_};
  // For whom a lease charges: what is held must be able to go. It is bounded by what is held.
  Allocator uncapped_{memory_, Allocator::Uncapped()};
  WordMemory uncapped_words_{uncapped_, arena_, true};
  SendQueue queue_{*this};
  Pools pools_{*this};
  EngineClock clock_;
  EventRing events_;
  EngineNames names_;
  std::atomic<const Generation*> current_{nullptr};
  std::vector<std::unique_ptr<Generation>> generations_;  // by number modulo 256; those with records on them
  std::atomic<uint64_t> reserve_{0};                      // bytes of the cap held for migration
  std::atomic<uint64_t> lagging_{0};                      // records still on the generation before; at 0 the reserve goes back
  std::atomic<Instant> memory_event_at_{0};
  std::atomic<uint32_t> sweep_shard_{0};  // where the next sweep begins
};

}  // namespace sluice
