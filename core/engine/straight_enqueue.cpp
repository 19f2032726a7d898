// SPDX-License-Identifier: Apache-2.0
#include "core/engine/straight_enqueue.h"

#include <algorithm>

#include "core/engine/fetch.h"
#include "core/engine/request_call.h"
#include "core/engine/stored_value.h"
#include "core/engine/straight_subjects.h"
#include "core/engine/work.h"
#include "core/limits/answers.h"
#include "core/limits/gauge.h"

namespace sluice {
namespace straight {
namespace {

bool is_plain(const EnqueueRequest& request, Enqueued* out) {
  return request.campaign == 0 && request.send_at == 0 && request.expires_at == 0 && request.zone.empty() &&
         RequestCall(request.request, &out->decision).is_plain();
}

// `cost` of a gauge: with what is to stay free.
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
void tell_named(const StraightCharge& c, const Amount& amount, const std::byte* state, uint64_t cost, uint64_t spared, Instant at,
                Instant now, const RequestCall& call) {
  Answer answer;
  answer.now = now;
  if (c.kind == Kind::gauge) {
    const uint64_t held = gauge::units_held(state);
    const bool unlimited = amount.word == Word::unlimited;
    const uint64_t left = remaining(amount, held);
    tell(c, amount, {held, unlimited ? left : left - std::min(left, spared), 0}, &answer);
    if (unlimited) answer.limit = 0;
    answer.flags = unlimited ? flag::unlimited : 0;
  } else {
    describe(c, amount, state, at, &answer);
  }
  answer.opens_at = accept_opens(c, amount, state, cost + spared, at);
  write(call, answer);
}

bool fits(uint64_t head, const EnqueueRequest& request, Enqueued* out) {
  return is_plain(request, out) && request.request.values.size() == StableShape::value_count(head) &&
         request.request.quantities.size() == StableShape::quantity_count(head);
}

// Under the locks of all subjects; how many were taken in.
size_t enqueue_locked(ControlBlock& block, uint64_t handle, const StableShape& shape, uint64_t head,
                      const EnqueueRequest* requests, size_t count, Subject* subjects, size_t slots, Enqueued* out) {
  if (!registry::alive(block, handle) || shape.head() != head) return 0;
  SendQueue& queue = block.core.load(std::memory_order_relaxed)->queue();
  return queue.accept_straight(StableShape::operation_of(head), requests, count, subjects, slots, out);
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
    if (request.request.operation != requests[0].request.operation || !fits(head, request, &out[count])) break;
    Subject* own = subjects + count * slots;
    if (!form_any(block, shape, head, RequestCall(request.request, &out[count].decision), own)) break;
    for (size_t i = 0; i < slots; ++i) {
      if (kMost > 1) __builtin_prefetch(own[i].shard, 1);
      locks.add(static_cast<uint32_t>(own[i].shard - block.shards));
    }
  }
  if (count == 0) return 0;
  const HeldLocks<kMost * kStraightSlots> held(locks, block);
  return enqueue_locked(block, handle, shape, head, requests.data(), count, subjects, slots, out);
}

// One message of one subject, which is its line.
[[gnu::noinline]] size_t enqueue_one(ControlBlock& block, uint64_t handle, const StableShape& shape, uint64_t head,
                                     const EnqueueRequest& request, Enqueued* out) {
  Subject subject{};
  if (!fits(head, request, out) || !form_any(block, shape, head, RequestCall(request.request, &out->decision), &subject))
    return 0;
  const SpinGuard guard(subject.shard->lock);
  return enqueue_locked(block, handle, shape, head, &request, 1, &subject, 1, out);
}

}  // namespace

size_t enqueue(uint64_t handle, std::span<const EnqueueRequest> requests, Enqueued* out) {
  ControlBlock* block = registry::find_own(handle);
  const auto operation = static_cast<uint32_t>(requests[0].request.operation);
  if (block == nullptr || operation >= kMaxOperations) return 0;
  const StableShape& shape = block->shapes[operation];
  const uint64_t head = shape.head();
  const size_t slots = StableShape::slot_count(head);
  if (!StableShape::accepts(head) || slots == 0) return 0;
  if (requests.size() == 1 && slots == 1) return enqueue_one(*block, handle, shape, head, requests[0], out);
  if (requests.size() == 1) return enqueue_some<1>(*block, handle, shape, head, requests, out);
  return enqueue_some<kQueueGroup>(*block, handle, shape, head, requests, out);
}

}  // namespace straight

namespace {

// The queue of a line whose record is laid out as the plan says; 0: it has none.
CellId line_of(const AcceptPlan& plan, const Record& record) {
  if ((record.flags & record_flag::queue) == 0) return 0;
  CellId cell;
  std::memcpy(&cell, reinterpret_cast<const char*>(&record) + plan.queue_offset, sizeof cell);
  return cell;
}

MessageSize size_of(const AcceptPlan& accept, const EnqueueRequest& request) {
  MessageSize size{accept.stamp_count, accept.quantity_count, 0, request.payload.size(), false, false};
  for (const uint8_t i : accept.kept) size.values += stored_value::size_of(request.request.values[i]);
  return size;
}

straight::Looks looks_of(const AcceptPlan& plan, const straight::Subject& s, size_t slot) {
  const uint32_t mask = slot == plan.line_slot ? ~(uint32_t{record_flag::queue} << kRecordFlagsAt) : ~uint32_t{0};
  return {plan.looks[slot] | looks_of_key(s.key_size), plan.key_offset[slot], mask};
}

}  // namespace

// Each miss is asked for across the whole group before the first is needed: index words, records, queues.
void SendQueue::fetch(const AcceptPlan& plan, std::span<const EnqueueRequest> requests, straight::Subject* subjects,
                      size_t slots) const {
  const size_t count = requests.size();
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
  for (size_t i = plan.line_slot; i < count * slots; i += slots) {
    const Record* record = subjects[i].record;
    // Where another record stands it is no matter what is fetched.
    const ShardCold* cold = subjects[i].shard->cold;
    if (record == nullptr || cold == nullptr) continue;
    const auto shard = static_cast<uint32_t>(subjects[i].shard - core_.block_.shards);
    fetch_line(core_.block_, cells(), {shard, line_of(plan, *record)});
    cold->free.fetch(core_.arena_, size_of(plan, requests[i / slots]).units());
    if (cold->queues != nullptr) __builtin_prefetch(cold->queues->next_place(shard), 1);
  }
}

size_t SendQueue::accept_straight(size_t operation, const EnqueueRequest* requests, size_t count, straight::Subject* subjects,
                                  size_t slots, Enqueued* out) {
  const Generation& g = core_.generation();
  const AcceptPlan& plan = g.queue[operation].accept;
  const bool fetches = count > 1;
  if (fetches) fetch(plan, {requests, count}, subjects, slots);
  for (size_t n = 0; n < count; ++n) {
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
  return count;
}

namespace {

uint64_t cost_of(const StraightCharge& c, const RequestCall& call) {
  return c.quantity == kNone ? c.cost : call.quantity(static_cast<uint32_t>(c.quantity));
}

Instant opens_of(const StraightCharge& c, const straight::Subject* subjects, const RequestCall& call, uint64_t more) {
  const straight::Subject& s = subjects[c.slot];
  return straight::accept_opens(c, c.amount(s.record->plan), straight::state_of(c, s.record), cost_of(c, call) + more, s.at);
}

// Whether all that the message takes now passes, and what its lease takes will some day.
// `spared`: what it leaves free of every depth.
bool lets_in(const AcceptPlan& plan, const straight::Subject* subjects, const RequestCall& call, uint64_t spared) {
  for (const AcceptCharge& a : plan.now) {
    const uint64_t more = a.while_queued ? spared : 0;
    if (cost_of(a.charge, call) == 0 || opens_of(a.charge, subjects, call, more) != subjects[a.charge.slot].at) return false;
  }
  return std::ranges::none_of(
      plan.later, [&](const StraightCharge& c) { return cost_of(c, call) == 0 || opens_of(c, subjects, call, 0) == kNever; });
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
bool plain_class(const Operation& operation, const QueueRules& rules, const EnqueueRequest& request, MessageClass* out) {
  *out = request.message_class < 0 ? operation.message_class : static_cast<MessageClass>(request.message_class);
  const auto number = static_cast<size_t>(*out);
  return number < kMessageClasses && rules.classes[number].ttl == 0 && rules.classes[number].hours == nullptr &&
         request.payload.size() <= rules.payload;
}

}  // namespace

// The flow of the message that is there already where it is looked for first; 0.
CellId SendQueue::flow_there(const LineQueue& q, CellId line, MessageClass message_class, Bytes tenant) const {
  const auto is_it = [&](CellId cell) {
    const auto& flow = at<Flow>(cell);
    return flow.message_class == static_cast<uint8_t>(message_class) && flow.tenant_size == tenant.size() &&
           (tenant.empty() || same_bytes(flow.tenant().data(), tenant.data(), tenant.size()));
  };
  if (q.resident != 0 && is_it(resident_of(line))) return resident_of(line);
  return q.recent != 0 && is_it(q.recent) ? q.recent : 0;
}

// Its memory, and in it what it brings; 0: none.
CellId SendQueue::lay_out(const AcceptPlan& accept, uint16_t layout_number, const MessageLayout& layout, const MessageSize& size,
                          const EnqueueRequest& request, Shard& shard) {
  Index& numbers = shard.cold->queues->cells;
  if (!numbers.has_room() && !numbers.reserve(core_.words_)) return 0;
  const CellId cell = shard.cells.take(core_.arena_, size.units(), shard.cold->free, false);
  if (cell == 0) return 0;
  auto& m = *::new (cells().at<void>(cell)) Message;
  m.kind = EntryKind::message;
  m.layout = layout_number;
  m.stamp_count = layout.stamp_count;
  m.quantity_count = layout.quantity_count & 15;
  m.values_size = static_cast<uint16_t>(size.values);
  m.payload_size = static_cast<uint32_t>(size.payload);
  std::fill_n(m.stamps(), layout.stamp_count, 0);
  for (size_t i = 0; i < layout.quantity_count; ++i) m.quantities()[i] = request.request.quantities[i];
  char* to = m.values();
  for (const uint8_t i : accept.kept) to = stored_value::write(to, request.request.values[i]);
  if (size.payload != 0) std::memcpy(to, request.payload.data(), size.payload);
  m.cost = layout.turn_cost_of(m);
  return cell;
}

// A line or a flow that is not there yet is made.
bool SendQueue::begin_place(const EnqueueRequest& request, MessageClass message_class, const MessageLayout& layout,
                            uint16_t layout_number, Instant now, Held* held) {
  PendingMessage p;
  p.request = &request;
  p.values = &request.request;
  p.message_class = message_class;
  p.shard_index = held->line.shard_index;
  p.shard = held->line.shard;
  p.record = cells().id_of(held->line.record);
  if (!make_line(p, layout) || at<LineQueue>(p.line).lanes != 0 || has_expired(at<LineQueue>(p.line), now) ||
      !make_flow(p, layout) || !make_message(p, layout, layout_number)) {
    undo(p);
    return false;
  }
  held->line.cell = p.line;
  held->cell = p.message;
  held->flow = &at<Flow>(p.flow);
  return true;
}

bool SendQueue::accept_one(const Generation& g, size_t operation, const EnqueueRequest& request, straight::Subject* subjects,
                           size_t slots, Enqueued* out) {
  const QueuePlan& plan = g.queue[operation];
  const AcceptPlan& accept = plan.accept;
  const RequestCall call(request.request, &out->decision);
  MessageClass message_class;
  Instant now;
  if (!plain_class(g.policy->operations[operation], g.policy->queue, request, &message_class)) return false;
  if (!core_.time_of(call.now(), &now)) return false;
  for (size_t i = 0; i < slots; ++i) subjects[i].at = std::max(core_.latest(now), subjects[i].record->newest);
  const straight::Subject& line = subjects[accept.line_slot];
  if (line.shard->cold == nullptr || line.shard->cold->queues == nullptr) return false;
  Held held;
  held.line.shard = line.shard;
  held.line.shard_index = static_cast<uint32_t>(line.shard - core_.block_.shards);
  held.line.queues = line.shard->cold->queues.get();
  held.line.record = line.record;
  held.line.cell = line_of(accept, *line.record);
  // Needed last, so asked for first: its memory, where the message will be found by its number, and the queue it will stand in.
  const MessageSize size = size_of(accept, request);
  line.shard->cold->free.fetch(core_.arena_, size.units());
  __builtin_prefetch(held.line.queues->next_place(held.line.shard_index), 1);
  fetch_line(core_.block_, cells(), {held.line.shard_index, held.line.cell});
  const uint64_t spared = g.policy->queue.spared_by(message_class);
  if (!lets_in(accept, subjects, call, spared)) return false;

  const MessageLayout& layout = layouts_.at(plan.layout);
  CellId flow = 0;
  if (held.line.cell != 0) {
    const auto& q = at<LineQueue>(held.line.cell);
    if (q.lanes != 0 || has_expired(q, now)) return false;
    flow = flow_there(q, held.line.cell, message_class,
                      accept.tenant == kNone ? Bytes() : call.value(static_cast<uint32_t>(accept.tenant)));
  }
  if (flow != 0) {
    held.flow = &at<Flow>(flow);
    __builtin_prefetch(&at<Message>(held.flow->tail), 1);  // it will be linked to the new one
    held.cell = lay_out(accept, plan.layout, layout, size, request, *line.shard);
    if (held.cell == 0) return false;
    at<Message>(held.cell).flow = flow;
    at<Message>(held.cell).message_class = static_cast<uint8_t>(message_class);
  } else if (!begin_place(request, message_class, layout, plan.layout, now, &held)) {
    return false;
  }
  held.line.queue = &at<LineQueue>(held.line.cell);
  held.message = &at<Message>(held.cell);
  held.layout = &layout;
  charge(core_, accept, subjects, call, held.message);
  if (accept.tenant_slot != kNone) held.flow->weight = g.policy->queue.weights[subjects[accept.tenant_slot].record->plan];
  take_in(held, plan.shared, out);
  line_up(held, now);
  out->state = MessageState::waiting;
  out->expires = 0;
  const StraightCharge& named = accept.named.charge;
  const straight::Subject& told = subjects[named.slot];
  straight::tell_named(named, named.amount(told.record->plan), straight::state_of(named, told.record), cost_of(named, call),
                       accept.named.while_queued ? spared : 0, told.at, now, call);
  ++subjects[0].shard->allowed;
  return true;
}

}  // namespace sluice
