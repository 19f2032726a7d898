// SPDX-License-Identifier: Apache-2.0
#include "core/engine/dispatch.h"

#include <algorithm>
#include <memory>
#include <new>
#include <shared_mutex>

#include "core/engine/decider.h"
#include "core/engine/request_call.h"
#include "core/engine/routing.h"
#include "core/engine/straight.h"

namespace sluice::dispatch {
namespace {

// Enough misses in flight to hide most of each (the gain flattens near 32), few enough locks held for another thread to get by.
constexpr size_t kGroup = 32;
constexpr size_t kGroupSubjects = kGroup * 4;
constexpr size_t kUsualBytes = 64;  // of a record

// A shape read whole. A reload writes for microseconds only.
void read_shape(const ControlBlock& block, int32_t operation, OperationShape* shape) {
  while (!block.shapes[operation].read(shape)) cpu_relax();
}

bool in_range(int32_t operation) { return operation >= 0 && operation < static_cast<int32_t>(kMaxOperations); }

// Under a group's locks, on the subjects formed for it.
bool decide_straight(ControlBlock& block, EngineCore& core, const Generation& g, const Work& work, Decision* decision) {
  const RequestCall call(*work.request, decision);
  if (!work.shape.straight || !call.is_plain()) return false;
  const StraightPlan& plan = g.straight[work.shape.operation];
  straight::Subject subjects[kStraightSlots];
  for (size_t i = 0; i < work.subject_count; ++i) {
    const SubjectRef& ref = work.subjects[i];
    const uint32_t slot = block.shapes[work.request->operation].slot(static_cast<uint32_t>(i));
    straight::Subject& s = subjects[i] = {ref.hash, ref.key.size(), nullptr, 0, &block.shards[ref.shard_index], slot};
    const auto looks = straight::Looks::of(plan, s, i);
    s.record = straight::find<straight::AnySubjects>(core.arena(), looks, s, call);
    if (s.record == nullptr) return false;
  }
  return straight::charge<straight::AnySubjects>(core, plan, subjects, work.subject_count,
                                                 block.shards[work.subjects[0].shard_index], call, work.now);
}

// Under the locks: decides if the handle still names an engine whose policy the shape is of; *again when the shape is of another.
// A request of a group tries the straight way here, under the group's locks; one by itself has tried it before.
Status decide_locked(ControlBlock& block, uint64_t handle, Work& work, bool grouped, Decision* decision, std::string* error,
                     bool* again) {
  if (!registry::alive(block, handle)) return bad_handle(error);
  EngineCore& core = *block.core.load(std::memory_order_relaxed);
  const Generation& g = core.generation();
  *again = g.number != work.shape.generation;
  if (*again) return Status::ok;
  if (!core.time_of(work.request->now, &work.now)) {
    return fail(Status::time, error,
                "now: outside [0, 2^62) or more than a day ahead of the clock; nanoseconds since the Unix epoch are expected");
  }
  if (work.pending != nullptr) {
    if (const Status status = core.queue().check(work, error); status != Status::ok) return status;
  }
  if (work.routing != nullptr && !core.pools().still_stands(work)) {
    *again = true;
    return Status::ok;
  }
  if (grouped && decide_straight(block, core, g, work, decision)) return decision->status;
  const Status status = Decider(core, work).run(decision, error);
  *again = work.pending != nullptr && work.pending->behind;
  return status;
}

// What a line still holds though it has expired is ended, before another message is asked about.
Status end_expired(ControlBlock& block, uint64_t handle, const PendingMessage& pending, std::string* error) {
  const std::shared_lock lock(block.admin);
  if (!registry::alive(block, handle)) return bad_handle(error);
  block.core.load(std::memory_order_relaxed)->queue().end_expired({pending.shard_index, pending.line_hash}, pending.now);
  return Status::ok;
}

// The number of the zones that a message brings. Apart, since files may be read for them: under no shard's lock.
Status number_zones(ControlBlock& block, uint64_t handle, Bytes zone, uint32_t* number, std::string* error) {
  const std::shared_lock lock(block.admin);
  if (!registry::alive(block, handle)) return bad_handle(error);
  return block.core.load(std::memory_order_relaxed)->queue().zone_sets().number_of(zone, number, error);
}

// Locks, decides, unlocks. *again: a reload came between; the shape is to be read anew, and may want other storage.
Status decide_in(ControlBlock& block, uint64_t handle, Work& work, Decision* decision, std::string* error, bool* again) {
  if (!work.shape.known) return registry::alive(block, handle) ? unknown_operation(error) : bad_handle(error);
  if (!is_plainly_right(*work.request, work.shape)) {
    if (const Status s = check_request(*work.request, work.shape, error); s != Status::ok) return s;
  }
  work.locks.clear();
  if (const Status s = form_subjects(block, block.hash_secret(), work, error); s != Status::ok) return s;
  if (work.pending != nullptr && work.pending->request->campaign != 0) {
    const uint32_t home = shard_of_message(work.pending->request->campaign);
    if (home >= block.shard_count()) return fail(Status::not_found, error, "campaign: unknown here; make it first");
    work.locks.add(home);
  }
  if (work.locked) return decide_locked(block, handle, work, false, decision, error, again);
  // An operation without subjects still passes a lock: it is what keeps the engine alive.
  if (work.subject_count == 0) work.locks.add(0);
  const HeldLocks<kMaxSubjects + 4> held(work.locks, block);
  return decide_locked(block, handle, work, false, decision, error, again);
}

// Decides in room that is lent until then.
template <class Storage>
Status decide_with(Storage& storage, Repeats* repeats, ControlBlock& block, uint64_t handle, Work& work, Decision* decision,
                   std::string* error, bool* again) {
  work.subjects = storage.subjects.get();
  work.items = storage.items.get();
  work.repeats = work.request->repeated.empty() ? nullptr : repeats;
  const Status status = decide_in(block, handle, work, decision, error, again);
  work.subjects = nullptr;
  work.items = nullptr;
  work.repeats = nullptr;
  return status;
}

Status decide_small(ControlBlock& block, uint64_t handle, Work& work, Decision* decision, std::string* error, bool* again) {
  SmallStorage storage;
  return decide_with(storage, nullptr, block, handle, work, decision, error, again);
}

// Apart, so that no other decision carries its stack frame of some 20 KB.
[[gnu::noinline]] Status decide_some(ControlBlock& block, uint64_t handle, Work& work, Decision* decision, std::string* error,
                                     bool* again) {
  SomeStorage storage;
  return decide_with(storage, &storage.repeats, block, handle, work, decision, error, again);
}

// Its storage is too large for the stack.
[[gnu::noinline]] Status decide_large(ControlBlock& block, uint64_t handle, Work& work, Decision* decision, std::string* error,
                                      bool* again) {
  const std::unique_ptr<LargeStorage> storage(new (std::nothrow) LargeStorage);  // not zeroed
  if (storage == nullptr) return fail(Status::no_memory, error, "memory: the host refused room for a large decision");
  return decide_with(*storage, &storage->repeats, block, handle, work, decision, error, again);
}

// A run of small requests of one operation, its subjects formed side by side.
class Group {
 public:
  Group(ControlBlock& block, uint64_t handle, int32_t operation) : block_(block), handle_(handle) {
    read_shape(block, operation, &work_.shape);
    work_.items = items_.get();
  }

  // Takes requests from the front as long as they fit; how many.
  size_t form(std::span<const Request> requests, std::span<Decision> decisions);
  void decide(std::span<const Request> requests, std::span<Decision> decisions);

 private:
  void fetch();
  void decide_each(std::span<const Request> requests, std::span<Decision> decisions, bool* again);

  ControlBlock& block_;
  const uint64_t handle_;
  Work work_;
  size_t count_ = 0, subject_count_ = 0;
  uint32_t first_[kGroup + 1];  // of each request among the subjects; none: it has failed already
  Raw<SubjectRef, kGroupSubjects> room_;
  SubjectRef* const subjects_ = room_.get();
  Raw<Item, kFewItems> items_;
};

size_t Group::form(std::span<const Request> requests, std::span<Decision> decisions) {
  if (!work_.shape.known || work_.shape.pooled) return 0;
  const size_t most = work_.shape.slot_count + size_t{1};
  const HashSecret secret = block_.hash_secret();
  work_.locks.clear();
  while (count_ < std::min(kGroup, requests.size()) && subject_count_ + most <= kGroupSubjects) {
    const Request& request = requests[count_];
    if (request.operation != requests[0].operation || !is_small(request, work_.shape)) break;
    first_[count_] = static_cast<uint32_t>(subject_count_);
    work_.request = &request;
    work_.subjects = subjects_ + subject_count_;
    Status status = is_plainly_right(request, work_.shape) ? Status::ok : check_request(request, work_.shape, nullptr);
    if (status == Status::ok) status = form_subjects(block_, secret, work_, nullptr);
    decisions[count_].status = status;
    if (status == Status::ok) {
      for (size_t i = 0; i < work_.subject_count; ++i) __builtin_prefetch(&block_.shards[work_.subjects[i].shard_index], 1);
      subject_count_ += work_.subject_count;
    }
    ++count_;
  }
  first_[count_] = static_cast<uint32_t>(subject_count_);
  return count_;
}

// Three misses a subject, each asked for across the whole group before the first is needed: index, record, record's second line.
void Group::fetch() {
  for (size_t i = 0; i < subject_count_; ++i) {
    __builtin_prefetch(block_.shards[subjects_[i].shard_index].index.own_place(Index::tag_of(subjects_[i].hash)));
  }
  const EngineCore& core = *block_.core.load(std::memory_order_relaxed);
  for (size_t i = 0; i < subject_count_; ++i) {
    const SubjectRef& s = subjects_[i];
    const RecordId id = block_.shards[s.shard_index].index.guess(Index::tag_of(s.hash));
    if (id != 0) prefetch_record(core.arena().at(id), kUsualBytes);
  }
}

void Group::decide_each(std::span<const Request> requests, std::span<Decision> decisions, bool* again) {
  for (size_t i = 0; i < count_; ++i) {
    if (decisions[i].status != Status::ok) continue;
    work_.request = &requests[i];
    work_.subjects = subjects_ + first_[i];
    work_.subject_count = first_[i + 1] - first_[i];
    work_.idempotency = requests[i].idempotency_key.data() == nullptr ? nullptr : &work_.subjects[work_.subject_count - 1];
    decisions[i].status = decide_locked(block_, handle_, work_, decisions[i].details.empty(), &decisions[i], nullptr, again);
    if (*again) return;
  }
}

void Group::decide(std::span<const Request> requests, std::span<Decision> decisions) {
  if (subject_count_ == 0) work_.locks.add(0);
  bool again = false;
  {
    const HeldLocks<kGroupSubjects + 1> held(work_.locks, block_);
    if (registry::alive(block_, handle_)) fetch();
    decide_each(requests, decisions, &again);
  }
  if (!again) return;
  // A reload came between, and nothing was decided yet: each for itself.
  for (size_t i = 0; i < count_; ++i) {
    if (decisions[i].status == Status::ok) decisions[i].status = decide_one(block_, handle_, requests[i], &decisions[i], nullptr);
  }
}

}  // namespace

Status fail(Status status, std::string* error, const char* message) {
  if (error != nullptr) *error = message;
  return status;
}

Status bad_handle(std::string* error) {
  return fail(Status::handle, error, "engine: not an engine that is open; it was destroyed, or the handle is another's");
}

Status unknown_operation(std::string* error) {
  return fail(Status::not_found, error, "operation: no such id in this policy; resolve the name with operation_id");
}

Status decide_work(ControlBlock& block, uint64_t handle, Work& work, Decision* decision, std::string* error, bool* again) {
  if (is_small(*work.request, work.shape)) return decide_small(block, handle, work, decision, error, again);
  if (is_some(*work.request, work.shape)) return decide_some(block, handle, work, decision, error, again);
  return decide_large(block, handle, work, decision, error, again);
}

Status decide_one(ControlBlock& block, uint64_t handle, const Request& request, Decision* decision, std::string* error) {
  if (!in_range(request.operation)) return unknown_operation(error);
  for (;;) {
    Work work;
    work.request = &request;
    read_shape(block, request.operation, &work.shape);
    bool again = false;
    const Status status = work.shape.pooled ? Router(block, handle, request, nullptr, decision, error).run(work.shape, &again)
                                            : decide_work(block, handle, work, decision, error, &again);
    if (!again) return status;
  }
}

Status enqueue_one(ControlBlock& block, uint64_t handle, const EnqueueRequest& request, Enqueued* out, std::string* error) {
  if (!in_range(request.request.operation)) return unknown_operation(error);
  if (!request.request.repeated.empty()) return fail(Status::invalid, error, "repeated: a queued message has one recipient");
  uint32_t zones = 0;
  if (!request.zone.empty()) {
    const Status status = number_zones(block, handle, request.zone, &zones, error);
    if (status != Status::ok) return out->decision.status = status;
  }
  for (;;) {
    PendingMessage pending;
    pending.request = &request;
    pending.zones = zones;
    pending.out = out;
    Work work;
    work.phase = Phase::enqueue;
    work.pending = &pending;
    work.request = &request.request;
    read_shape(block, request.request.operation, &work.shape);
    bool again = false;
    const Status status = work.shape.pooled
                              ? Router(block, handle, request.request, &pending, &out->decision, error).run(work.shape, &again)
                              : decide_work(block, handle, work, &out->decision, error, &again);
    if (!again) return out->decision.status = status;
    if (!pending.behind) continue;
    if (const Status gone = end_expired(block, handle, pending, error); gone != Status::ok) return out->decision.status = gone;
  }
}

bool decide_straight(uint64_t handle, const Request& request, Decision* decision) {
  const RequestCall call(request, decision);
  return straight::decide(handle, call);
}

void decide_many(ControlBlock& block, uint64_t handle, std::span<const Request> requests, std::span<Decision> decisions) {
  while (!requests.empty()) {
    size_t taken = 0;
    if (in_range(requests[0].operation)) {
      Group group(block, handle, requests[0].operation);
      taken = group.form(requests, decisions);
      if (taken != 0) group.decide(requests, decisions);
    }
    if (taken == 0) {
      decisions[0].status = decide_one(block, handle, requests[0], &decisions[0], nullptr);
      taken = 1;
    }
    requests = requests.subspan(taken);
    decisions = decisions.subspan(taken);
  }
}

}  // namespace sluice::dispatch
