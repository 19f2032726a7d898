// SPDX-License-Identifier: Apache-2.0
// Starting with a policy, and changing it while decisions go on. Reload holds the control block's lock alone.
//
// 1. The new generation is published while every shard's lock is held, so a decision sees one policy from its first lock to its last.
// 2. What records may grow by is taken from the memory cap before, so that migration cannot fail.
#include <algorithm>

#include "core/engine/engine_core.h"
#include "core/policy/policy.h"

namespace sluice {
namespace {

Status fail(Status status, std::string* error, const std::string& message) {
  if (error != nullptr) *error = message;
  return status;
}

// The most bytes by which one record can grow from `before` to `after`.
uint64_t worst_growth(const Generation& before, const CompiledPolicy& after) {
  uint64_t worst = 0;
  for (const Scope& old : before.policy->scopes) {
    for (const Scope& scope : after.scopes) {
      if (scope.name == old.name && scope.state_size > old.state_size) {
        worst = std::max<uint64_t>(worst, scope.state_size - old.state_size + kRecordUnit);
      }
    }
  }
  return worst;
}

bool same_values(const CompiledPolicy& before, const Operation& old, const CompiledPolicy& after, const Operation& op) {
  const auto same = [&](uint8_t a, uint8_t b) { return before.dimensions[a] == after.dimensions[b]; };
  return std::equal(old.values.begin(), old.values.end(), op.values.begin(), op.values.end(), same) &&
         old.quantities == op.quantities && old.line == op.line;
}

// The first operation whose messages the new policy could not lease: it is gone, or has other values, or another line. What a
// message keeps, it keeps by their places.
const Operation* stranded_by(const CompiledPolicy& before, const CompiledPolicy& after) {
  for (const Operation& old : before.operations) {
    if (!old.queueable) continue;
    const int16_t here = after.find_operation(old.name);
    if (here == kNone) return &old;
    const Operation& op = after.operations[static_cast<size_t>(here)];
    if (!op.queueable || !same_values(before, old, after, op)) return &old;
  }
  return nullptr;
}

}  // namespace

EngineCore::EngineCore(ControlBlock& block, const EngineOptions& options)
    : block_(block),
      options_(options),
      secret_(random_hash_secret()),
      memory_(options.memory, options.memory_cap),
      arena_(options.memory_cap, memory_),
      clock_(options.manual_clock, options.manual_now, block.known_until),
      events_(options.event_capacity),
      generations_(256) {
  const HashSecret more = random_hash_secret();
  fingerprint_key_ = {more.word[0], more.word[1]};
  for (int i = 0; i < 4; ++i) block_.secret[i].store(secret_.word[i], std::memory_order_relaxed);
  block_.set_shard_count(options.shards);
  block_.floor.store(0, std::memory_order_relaxed);
  block_.records = arena_.records();
}

EngineCore::~EngineCore() {
  for (uint32_t s = 0; s < block_.shard_count(); ++s) {
    Shard& shard = block_.shards[s];
    const SpinGuard guard(shard.lock);
    for (uint32_t i = 0; i < shard.index.capacity(); ++i) {
      if (shard.index.word(i).id != 0) clear_states_locked(*arena_.at(shard.index.word(i).id));
    }
    queue_.clear(shard);
    shard.index.release(words_);
    delete shard.cold;
    shard.cold = nullptr;
    shard.cells = Cells();
    shard.sweep_at = 0;
    shard.passed = 0;
    shard.allowed = 0;
  }
}

bool EngineCore::read_time(Instant given, Instant* now) {
  if (given == kEngineClock) {
    *now = clock_.now();
    return true;
  }
  *now = given;
  return is_instant(given) && !clock_.too_far_ahead(given);
}

Status EngineCore::start(std::shared_ptr<const CompiledPolicy> policy, std::string* error) {
  if (!arena_.valid()) {
    return fail(Status::no_memory, error, "memory_cap: the system refused address space for it; ask for less");
  }
  std::unique_ptr<Generation> g = make_generation(std::move(policy), nullptr, 0, clock_.now(), &names_);
  if (g == nullptr || !queue_.layouts().add(*g)) {
    return fail(Status::too_many, error, "policy: more operations or scopes than an engine numbers");
  }
  const Generation* published = g.get();
  generations_[0] = std::move(g);
  publish(*published, {}, false);
  return Status::ok;
}

Status EngineCore::reload(std::string_view text, std::string_view stance, bool allow_reset, Instant given, std::string* error) {
  Instant now;
  if (!time_of(given, &now)) return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  const Generation& before = generation();
  PolicyOptions options{stance.empty() ? before.policy->stance : std::string(stance), options_.zoneinfo_dir};
  PolicyResult result = load_policy(text, options);
  if (result.policy == nullptr) return fail(Status::policy, error, format_findings(result.findings));
  const std::vector<std::string> dropped = dropped_by(before, *result.policy);
  if (!dropped.empty() && !allow_reset) {
    std::string message = "reload: state would be dropped; pass allow_reset to agree:";
    for (const std::string& line : dropped) message += "\n  " + line;
    return fail(Status::would_reset, error, message);
  }
  // A record can be at most one growth behind: those of older generations come up first.
  migrate_all();
  Counters counters;
  admin_counters(&counters);
  const uint64_t growth = worst_growth(before, *result.policy) * counters.records;
  EngineNames names = names_;
  std::unique_ptr<Generation> g = make_generation(result.policy, &before, static_cast<uint8_t>(before.number + 1), now, &names);
  if (g == nullptr || !queue_.layouts().add(*g)) {
    return fail(Status::too_many, error, "policy: with those before it, more operations or scopes than an engine numbers");
  }
  if (!memory_.charge(growth)) {
    return fail(Status::no_memory, error,
                "memory_cap: the new policy's records may need " + std::to_string(growth) +
                    " more bytes than the cap leaves; raise memory_cap or sweep first");
  }
  const Operation* stranded = stranded_by(*before.policy, *result.policy);
  const Generation* published = g.get();
  const ZoneSets::Renewed zones = queue_.zone_sets().read_again();
  generations_[published->number] = std::move(g);
  if (!publish(*published, zones, stranded != nullptr)) {
    generations_[published->number].reset();
    memory_.uncharge(growth);
    return fail(Status::would_reset, error,
                "reload: messages are held, and operation \"" + stranded->name +
                    "\" is gone, cannot be queued any more, or has other values or quantities; let them go or cancel them first");
  }
  names_ = std::move(names);
  reserve_.store(growth, std::memory_order_relaxed);
  count_behind();
  queue_.look_at_all();
  return Status::ok;
}

// False, and nothing published, when it may be only while no messages are held and there are some.
bool EngineCore::publish(const Generation& g, const ZoneSets::Renewed& zones, bool without_messages) SLUICE_NO_ANALYSIS {
  const uint32_t shards = block_.shard_count();
  for (uint32_t s = 0; s < shards; ++s) block_.shards[s].lock.lock();
  bool holds_messages = false;
  for (uint32_t s = 0; s < shards; ++s) holds_messages |= SendQueue::holds_messages(block_.shards[s]);
  const bool published = !(without_messages && holds_messages);
  if (published) {
    current_.store(&g, std::memory_order_release);
    queue_.zone_sets().renew(zones);
    for (size_t n = 0; n < kMaxOperations; ++n) {
      const OperationShape shape = shape_of(g, static_cast<int32_t>(n));
      block_.shapes[n].write(shape, secret_, shape.straight ? &g.straight[shape.operation] : nullptr);
    }
  }
  for (uint32_t s = 0; s < shards; ++s) block_.shards[s].lock.unlock();
  return published;
}

// A sweep also brings records to the current policy, so that the old one can go.
Status EngineCore::admin_sweep(Instant given, uint64_t max_records, uint64_t* dropped) {
  Instant now;
  if (!time_of(given, &now)) return Status::time;
  queue_.reclaim(max_records, now);
  const Instant floor = raise_floor(now);
  const uint32_t shards = block_.shard_count();
  uint64_t total = 0, left = max_records;
  std::vector<uint64_t> expired;
  for (uint32_t i = 0; i < shards && left > 0; ++i) {
    const uint32_t at = sweep_shard_.fetch_add(1, std::memory_order_relaxed) & (shards - 1);
    {
      const SpinGuard guard(block_.shards[at].lock);
      const Swept swept = sweep_locked(block_.shards[at], floor, left, &expired);
      total += swept.dropped;
      left -= swept.looked;
    }
    for (const uint64_t line : expired) queue_.end_expired({at, line}, now);
    expired.clear();
  }
  if (dropped != nullptr) *dropped = total;
  return Status::ok;
}

}  // namespace sluice
