// SPDX-License-Identifier: Apache-2.0
#include "core/engine/straight_enqueue.h"

#include <algorithm>

#include "core/engine/request_call.h"
#include "core/engine/straight_subjects.h"
#include "core/engine/work.h"
#include "core/limits/answers.h"
#include "core/limits/gauge.h"

namespace sluice {
namespace straight {
namespace {

bool is_plain(const EnqueueRequest& request, const Enqueued& out) {
  return request.campaign == 0 && request.send_at == 0 && request.expires_at == 0 && request.zone.empty() &&
         RequestCall(request.request, const_cast<Decision*>(&out.decision)).is_plain();
}

Instant accept_opens(const StraightCharge& c, const Amount& amount, const std::byte* state, uint64_t cost, Instant at) {
  if (c.kind != Kind::gauge) return opens_at(c, amount, state, cost, at);
  return amount.word <= Word::unlimited && gauge::has_room(amount, state, cost) ? at : kOnRelease;
}

void take_accepted(EngineCore& core, const StraightCharge& c, const Amount& amount, Record* record, uint64_t cost, Instant at) {
  std::byte* state = state_of(c, record);
  record->newest = at;
  if (c.kind == Kind::gauge) return gauge::hold_units(state, gauge::units_held(state) + cost);
  const uint8_t told = take(c, amount, state, cost, at);
  if (told != 0) core.emit_straight(core.generation(), c, *record, told, at);
}

// How the limit that the answer names stands.
void tell_named(const StraightCharge& c, const Amount& amount, const std::byte* state, uint64_t cost, Instant at, Instant now,
                const RequestCall& call) {
  Answer answer;
  answer.now = now;
  if (c.kind == Kind::gauge) {
    const uint64_t held = gauge::units_held(state);
    const bool unlimited = amount.word == Word::unlimited;
    tell(c, amount, {held, remaining(amount, held), 0}, &answer);
    if (unlimited) answer.limit = 0;
    answer.flags = unlimited ? flag::unlimited : 0;
  } else {
    describe(c, amount, state, at, &answer);
  }
  answer.opens_at = accept_opens(c, amount, state, cost, at);
  write(call, answer);
}

template <size_t kMost>
[[gnu::noinline]] size_t enqueue_some(ControlBlock& block, uint64_t handle, const StableShape& shape, uint64_t head,
                                      std::span<const EnqueueRequest> requests, Enqueued* out) {
  const size_t slots = StableShape::slot_count(head);
  Raw<Subject, kMost * kStraightSlots> storage;
  Subject* subjects = storage.get();
  LockSet locks;
  size_t count = 0;
  for (; count < std::min(kMost, requests.size()); ++count) {
    const EnqueueRequest& request = requests[count];
    const RequestCall call(request.request, &out[count].decision);
    if (call.operation() != requests[0].request.operation || !is_plain(request, out[count]) ||
        call.value_count() != StableShape::value_count(head) || call.quantity_count() != StableShape::quantity_count(head)) {
      break;
    }
    Subject* own = subjects + count * slots;
    if (!form_any(block, shape, head, call, own)) break;
    for (size_t i = 0; i < slots; ++i) {
      if (kMost > 1) __builtin_prefetch(own[i].shard, 1);
      locks.add(static_cast<uint32_t>(own[i].shard - block.shards));
    }
  }
  if (count == 0) return 0;
  const HeldLocks<kMost * kStraightSlots> held(locks, block);
  if (!registry::alive(block, handle) || shape.head() != head) return 0;
  EngineCore& core = *block.core.load(std::memory_order_relaxed);
  return core.queue().accept_straight(StableShape::operation_of(head), requests.first(count), subjects, slots, out);
}

}  // namespace

size_t enqueue(uint64_t handle, std::span<const EnqueueRequest> requests, Enqueued* out) {
  ControlBlock* block = registry::find_own(handle);
  const auto operation = static_cast<uint32_t>(requests[0].request.operation);
  if (block == nullptr || operation >= kMaxOperations) return 0;
  const StableShape& shape = block->shapes[operation];
  const uint64_t head = shape.head();
  const size_t slots = StableShape::slot_count(head);
  if (!StableShape::is_known(head) || slots == 0 || slots > kStraightSlots) return 0;
  if (requests.size() == 1) return enqueue_some<1>(*block, handle, shape, head, requests, out);
  return enqueue_some<kQueueGroup>(*block, handle, shape, head, requests, out);
}

}  // namespace straight

namespace {

straight::Looks looks_of(const AcceptPlan& plan, const straight::Subject& s, size_t slot) {
  const uint32_t mask = slot == plan.line_slot ? ~(uint32_t{record_flag::queue} << kRecordFlagsAt) : ~uint32_t{0};
  return {plan.looks[slot] | looks_of_key(s.key_size), plan.key_offset[slot], mask};
}

}  // namespace

// Each miss is asked for across the whole group before the first is needed: index words, records, queues.
void SendQueue::fetch(const AcceptPlan& plan, straight::Subject* subjects, size_t count, size_t slots) const {
  const IndexWord* places[kFetched];
  for (size_t i = 0; i < count * slots; ++i) {
    places[i] = subjects[i].shard->index.own_place(Index::tag_of(subjects[i].hash));
    __builtin_prefetch(places[i]);
  }
  for (size_t i = 0; i < count * slots; ++i) {
    straight::Subject& s = subjects[i];
    const uint32_t tag = Index::tag_of(s.hash);
    const RecordId id = places[i]->tag == tag ? places[i]->id : Index::guess_in(s.shard->index.home_of(tag), tag);
    s.record = id == 0 ? nullptr : core_.arena_.at(id);
    if (id != 0) prefetch_record(s.record, plan.key_offset[i % slots] + s.key_size);
    if (const ShardCold* cold = s.shard->cold; cold != nullptr) __builtin_prefetch(cold->queues.get(), 1);
  }
  const auto offset = sizeof(Record) + policy().scopes[static_cast<size_t>(policy().line_scope)].queue_offset;
  for (size_t i = plan.line_slot; i < count * slots; i += slots) {
    const Record* record = subjects[i].record;
    if (record == nullptr || (record->flags & record_flag::queue) == 0) continue;
    CellId cell;  // where another record stands it is no matter what is fetched
    std::memcpy(&cell, reinterpret_cast<const char*>(record) + offset, sizeof cell);
    fetch_line({static_cast<uint32_t>(subjects[i].shard - core_.block_.shards), cell});
  }
}

size_t SendQueue::accept_straight(size_t operation, std::span<const EnqueueRequest> requests, straight::Subject* subjects,
                                  size_t slots, Enqueued* out) {
  const Generation& g = core_.generation();
  const AcceptPlan& plan = g.queue[operation].accept;
  if (!plan.straight || policy().queue.wait != 0) return 0;
  const bool fetches = requests.size() > 1;
  if (fetches) fetch(plan, subjects, requests.size(), slots);
  for (size_t n = 0; n < requests.size(); ++n) {
    straight::Subject* own = subjects + n * slots;
    const RequestCall call(requests[n].request, &out[n].decision);
    for (size_t i = 0; i < slots; ++i) {
      const straight::Looks looks = looks_of(plan, own[i], i);
      if (fetches && own[i].record != nullptr && straight::is_of<straight::AnySubjects>(*own[i].record, looks, own[i], call))
        continue;
      own[i].record = straight::find<straight::AnySubjects>(core_.arena_, looks, own[i], call);
      if (own[i].record == nullptr) return n;
    }
    if (!accept_one(g, operation, requests[n], own, slots, &out[n])) return n;
  }
  return requests.size();
}

namespace {

uint64_t cost_of(const StraightCharge& c, const RequestCall& call) {
  return c.quantity == kNone ? c.cost : call.quantity(static_cast<uint32_t>(c.quantity));
}

Instant opens_of(const StraightCharge& c, const straight::Subject* subjects, const RequestCall& call) {
  const straight::Subject& s = subjects[c.slot];
  return straight::accept_opens(c, c.amount(s.record->plan), straight::state_of(c, s.record), cost_of(c, call), s.at);
}

// Whether all that the message takes now passes, and what its lease takes will some day.
bool lets_in(const AcceptPlan& plan, const straight::Subject* subjects, const RequestCall& call) {
  for (const AcceptCharge& a : plan.now) {
    if (cost_of(a.charge, call) == 0 || opens_of(a.charge, subjects, call) != subjects[a.charge.slot].at) return false;
  }
  return std::ranges::none_of(
      plan.later, [&](const StraightCharge& c) { return cost_of(c, call) == 0 || opens_of(c, subjects, call) == kNever; });
}

void charge(EngineCore& core, const AcceptPlan& plan, const straight::Subject* subjects, const RequestCall& call, Message* m) {
  for (const AcceptCharge& a : plan.now) {
    const straight::Subject& s = subjects[a.charge.slot];
    straight::take_accepted(core, a.charge, a.charge.amount(s.record->plan), s.record, cost_of(a.charge, call), s.at);
    if (a.stamp == kNone) continue;
    const bool window = a.charge.kind == Kind::window;
    const Instant stamp = window ? window::load(straight::state_of(a.charge, s.record)).ends_at : s.at;
    m->stamps()[a.stamp] = static_cast<uint64_t>(stamp);
  }
}

// False: something of the message is not plain.
bool class_of(const Operation& operation, const QueueRules& rules, const EnqueueRequest& request, MessageClass* out) {
  *out = request.message_class < 0 ? operation.message_class : static_cast<MessageClass>(request.message_class);
  const auto number = static_cast<size_t>(*out);
  return number < kMessageClasses && rules.classes[number].ttl == 0 && rules.classes[number].hours == nullptr &&
         request.payload.size() <= rules.payload;
}

}  // namespace

// Where the message will be found by its number, and the queue it will stand in: needed last, so asked for first.
void SendQueue::fetch_place(uint32_t shard_index, const QueueShard& queues, const Record& line) const {
  const uint64_t number = uint64_t{shard_index} << kMessageShardShift | queues.next_number;
  __builtin_prefetch(queues.cells.own_place(tag_of_message(number)), 1);
  if (const CellId cell = queue_of(line); cell != 0) fetch_line({shard_index, cell});
}

bool SendQueue::accept_one(const Generation& g, size_t operation, const EnqueueRequest& request, straight::Subject* subjects,
                           size_t slots, Enqueued* out) {
  const QueuePlan& plan = g.queue[operation];
  const AcceptPlan& accept = plan.accept;
  const RequestCall call(request.request, &out->decision);
  PendingMessage p;
  Instant now;
  if (!class_of(g.policy->operations[operation], policy().queue, request, &p.message_class)) return false;
  if (!core_.time_of(call.now(), &now)) return false;
  for (size_t i = 0; i < slots; ++i) subjects[i].at = std::max(core_.latest(now), subjects[i].record->newest);
  const straight::Subject& line = subjects[accept.line_slot];
  if (line.shard->cold == nullptr || line.shard->cold->queues == nullptr) return false;
  p.request = &request;
  p.values = &request.request;
  p.out = out;
  p.shard_index = static_cast<uint32_t>(line.shard - core_.block_.shards);
  p.shard = line.shard;
  p.record = cells().id_of(line.record);
  fetch_place(p.shard_index, *line.shard->cold->queues, *line.record);
  if (!lets_in(accept, subjects, call)) return false;

  const MessageLayout& layout = layouts_.at(plan.layout);
  if (!make_line(p, layout) || at<LineQueue>(p.line).lanes != 0 || has_expired(at<LineQueue>(p.line), now) ||
      !make_flow(p, layout) || !make_message(p, layout, plan.layout)) {
    undo(p);
    return false;
  }
  const Held held = held_at(line_at(p.shard_index, p.line), p.message);
  charge(core_, accept, subjects, call, held.message);
  if (accept.tenant_slot != kNone) held.flow->weight = policy().queue.weights[subjects[accept.tenant_slot].record->plan];
  take_in(p, held, plan.shared);
  line_up(held, now);
  out->state = MessageState::waiting;
  out->expires = 0;
  const straight::Subject& named = subjects[accept.named.slot];
  straight::tell_named(accept.named, accept.named.amount(named.record->plan), straight::state_of(accept.named, named.record),
                       cost_of(accept.named, call), named.at, now, call);
  ++subjects[0].shard->allowed;
  return true;
}

}  // namespace sluice
