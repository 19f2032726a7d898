// SPDX-License-Identifier: Apache-2.0
#include "core/engine/straight_enqueue.h"

#include <algorithm>
#include <cstddef>

#include "core/engine/fetch.h"
#include "core/engine/request_call.h"
#include "core/engine/stored_value.h"
#include "core/engine/straight_subjects.h"
#include "core/engine/work.h"
#include "core/limits/answers.h"
#include "core/limits/gauge.h"
#include "core/queue/plain_line.h"

namespace sluice {
namespace straight {
namespace {

bool is_plain(const EnqueueRequest& request, Enqueued* out) {
  return request.campaign == 0 && request.send_at == 0 && request.expires_at == 0 && request.zone.empty() &&
         RequestCall(request.request, &out->decision).is_plain();
}

// `cost` of a gauge: with what is to stay free.
[[gnu::always_inline]] inline Instant accept_opens(const StraightCharge& c, const Amount& amount, const std::byte* state,
                                                   uint64_t cost, Instant at) {
  if (c.kind != Kind::gauge) return opens_at(c, amount, state, cost, at);
  return amount.word <= Word::unlimited && gauge::has_room(amount, state, cost) ? at : kOnRelease;
}

[[gnu::always_inline]] inline void take_accepted(EngineCore& core, const StraightCharge& c, const Amount& amount, Record* record,
                                                 uint64_t cost, Instant at) {
  std::byte* state = state_of(c, record);
  record->newest = at;
  if (c.kind == Kind::gauge) return gauge::hold_units(state, gauge::units_held(state) + cost);
  const uint8_t told = take(c, amount, state, cost, at);
  if (told != 0) core.emit_straight(core.generation(), c, *record, told, at);
}

// How the limit that the answer names stands.
[[gnu::always_inline]] inline void tell_named(const StraightCharge& c, const Amount& amount, const std::byte* state,
                                              uint64_t cost, uint64_t spared, Instant at, Instant now, const RequestCall& call) {
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

// Whose the request is, and where.
[[gnu::always_inline]] inline bool form_for(ControlBlock& block, const StableShape& shape, uint64_t head,
                                            const EnqueueRequest& request, Enqueued* out, Subject* subjects) {
  if (!fits(head, request, out)) return false;
  const RequestCall call(request.request, &out->decision);
  subjects[0].slot = shape.slot(0);
  const bool named = StableShape::slot_count(head) == 1 && StableShape::count_of(subjects[0].slot) == 1;
  return named ? form_named(block, shape, head, call, subjects) : form_any(block, shape, head, call, subjects);
}

// Under the locks of all subjects; how many were taken in.
[[gnu::always_inline]] inline size_t enqueue_locked(ControlBlock& block, uint64_t handle, const StableShape& shape, uint64_t head,
                                                    const EnqueueRequest* requests, size_t count, Subject* subjects, size_t slots,
                                                    Enqueued* out) {
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
    Subject* own = subjects + count * slots;
    if (request.request.operation != requests[0].request.operation || !form_for(block, shape, head, request, &out[count], own))
      break;
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
  Subject subject;
  if (!form_for(block, shape, head, request, out, &subject)) return 0;
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

// What a line's record knows of its queue: where it is, 0 while there is none; and which message came last, a guess by which that one
// is asked for before the queue is there to tell.
struct QueueWord {
  CellId queue = 0, last = 0;
};

// REQUIRES: the record is laid out as the plan says.
QueueWord queue_word(const AcceptPlan& plan, const Record& record) {
  QueueWord word;
  if ((record.flags & record_flag::queue) == 0) return word;
  std::memcpy(&word, reinterpret_cast<const char*>(&record) + plan.queue_offset, sizeof word);
  return word;
}

void note_last(const AcceptPlan& plan, Record* record, CellId message) {
  std::memcpy(reinterpret_cast<char*>(record) + plan.queue_offset + offsetof(QueueWord, last), &message, sizeof message);
}

[[gnu::always_inline]] inline MessageSize size_of(const AcceptPlan& accept, const EnqueueRequest& request) {
  MessageSize size{accept.stamp_count, accept.quantity_count, 0, request.payload.size(), false, false};
  for (const uint8_t i : accept.kept) size.values += stored_value::size_of(request.request.values[i]);
  return size;
}

straight::Looks looks_of(const AcceptPlan& plan, const straight::Subject& s, size_t slot) {
  const uint32_t mask = slot == plan.line_slot ? ~(uint32_t{record_flag::queue} << kRecordFlagsAt) : ~uint32_t{0};
  return {plan.looks[slot] | looks_of_key(s.key_size), plan.key_offset[slot], mask};
}

}  // namespace

// Each miss is asked for across the whole group before the first is needed: index words and what the shard has for queues; records;
// queues, the messages before, and the memory that is taken.
void SendQueue::fetch(const AcceptPlan& plan, std::span<const EnqueueRequest> requests, straight::Subject* subjects,
                      size_t slots) const {
  const CellBase cells = this->cells();
  const size_t count = requests.size();
  const IndexWord* places[kFetched];
  for (size_t i = 0; i < count * slots; ++i) {
    places[i] = subjects[i].shard->index.own_place(Index::tag_of(subjects[i].hash));
    __builtin_prefetch(places[i]);
    if (const ShardCold* cold = subjects[i].shard->cold; cold != nullptr) fetch_bytes(cold, kColdBytes);
  }
  for (size_t i = 0; i < count * slots; ++i) {
    straight::Subject& s = subjects[i];
    const uint32_t tag = Index::tag_of(s.hash);
    const RecordId id = places[i]->tag == tag ? places[i]->id : Index::guess_in(s.shard->index.home_of(tag), tag);
    s.record = id == 0 ? nullptr : core_.arena_.at(id);
    if (id != 0) prefetch_record(s.record, plan.key_offset[i % slots] + s.key_size);
    if (s.shard->cold != nullptr && s.shard->cold->queues != nullptr) fetch_bytes(s.shard->cold->queues.get(), kQueuesBytes);
  }
  for (size_t n = 0; n < count; ++n) {
    const straight::Subject& s = subjects[n * slots + plan.line_slot];
    if (s.record == nullptr || s.shard->cold == nullptr || s.shard->cold->queues == nullptr) continue;
    const FreeLists& free = s.shard->cold->free;
    const auto shard = static_cast<uint32_t>(s.shard - core_.block_.shards);
    // Where another record stands it is no matter what is fetched.
    const QueueWord word = queue_word(plan, *s.record);
    fetch_bytes(cells.at<char>(word.queue != 0 ? word.queue : free.next(kLineBytes / kCellUnit)), kLineBytes);
    __builtin_prefetch(cells.at<char>(word.last), 1);
    const uint32_t units = size_of(plan, requests[n]).units();
    fetch_bytes(cells.at<char>(free.next(units)), size_t{units} * kCellUnit);
    __builtin_prefetch(s.shard->cold->queues->next_place(shard), 1);
  }
}

namespace {

[[gnu::always_inline]] inline uint64_t cost_of(const StraightCharge& c, const RequestCall& call) {
  return c.quantity == kNone ? c.cost : call.quantity(static_cast<uint32_t>(c.quantity));
}

[[gnu::always_inline]] inline Instant opens_of(const StraightCharge& c, const straight::Subject* subjects,
                                               const RequestCall& call, uint64_t more) {
  const straight::Subject& s = subjects[c.slot];
  return straight::accept_opens(c, c.amount(s.record->plan), straight::state_of(c, s.record), cost_of(c, call) + more, s.at);
}

// Whether all that the message takes now passes, and what its lease takes will some day.
// `spared`: what it leaves free of every depth.
[[gnu::always_inline]] inline bool lets_in(const AcceptPlan& plan, const straight::Subject* subjects, const RequestCall& call,
                                           uint64_t spared) {
  for (const AcceptCharge& a : plan.now) {
    const uint64_t more = a.while_queued ? spared : 0;
    if (cost_of(a.charge, call) == 0 || opens_of(a.charge, subjects, call, more) != subjects[a.charge.slot].at) return false;
  }
  for (const StraightCharge& c : plan.later) {
    const straight::Subject& s = subjects[c.slot];
    const bool in_time = c.kind == Kind::pace && pace::load(straight::state_of(c, s.record)).drained_at < kEndOfTime;
    if (in_time && c.queued && c.quantity == kNone && c.amount(s.record->plan).word == Word::number) continue;
    if (cost_of(c, call) == 0 || opens_of(c, subjects, call, 0) == kNever) return false;
  }
  return true;
}

[[gnu::always_inline]] inline void charge(EngineCore& core, const AcceptPlan& plan, const straight::Subject* subjects,
                                          const RequestCall& call, Message* m) {
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
[[gnu::always_inline]] inline bool plain_class(const AcceptPlan& plan, const EnqueueRequest& request, MessageClass* out) {
  *out = request.message_class < 0 ? plan.message_class : static_cast<MessageClass>(request.message_class);
  const auto number = static_cast<uint32_t>(*out);
  return number < kMessageClasses && (plan.plain_classes >> number & 1) != 0 && request.payload.size() <= plan.payload;
}

Bytes tenant_of(const AcceptPlan& plan, const EnqueueRequest& request) {
  return plan.tenant == kNone ? Bytes() : request.request.values[static_cast<size_t>(plan.tenant)];
}

}  // namespace

// The flow of the message that is there already where it is looked for first; 0.
[[gnu::always_inline]] inline CellId SendQueue::flow_there(const LineQueue& q, CellId line, MessageClass message_class,
                                                           Bytes tenant) const {
  const CellBase cells = this->cells();
  const auto is_it = [&](CellId cell) __attribute__((always_inline)) {
    const auto& flow = *cells.at<Flow>(cell);
    return flow.message_class == static_cast<uint8_t>(message_class) && flow.tenant_size == tenant.size() &&
           same_bytes(flow.tenant().data(), tenant.data(), tenant.size());
  };
  if (q.resident != 0 && is_it(resident_of(line))) return resident_of(line);
  return q.recent != 0 && q.recent != resident_of(line) && is_it(q.recent) ? q.recent : 0;
}

// Its memory, and in it what it brings; 0: none.
[[gnu::always_inline]] inline CellId SendQueue::lay_out(const QueuePlan& plan, const MessageSize& size,
                                                        const EnqueueRequest& request, MessageClass message_class, Shard& shard) {
  const AcceptPlan& accept = plan.accept;
  Index& numbers = shard.cold->queues->cells;
  if (!numbers.has_room() && !numbers.reserve(core_.words_)) return 0;
  const CellId cell = shard.cells.take(core_.arena_, size.units(), shard.cold->free, false);
  if (cell == 0) return 0;
  auto& m = *::new (cells().at<void>(cell)) Message(accept.model);
  m.message_class = static_cast<uint8_t>(message_class);
  m.values_size = static_cast<uint16_t>(size.values);
  m.payload_size = static_cast<uint32_t>(size.payload);
  if (accept.stamp_count != 0) m.stamps()[0] = 0;
  for (size_t i = 1; i < accept.stamp_count; ++i) m.stamps()[i] = 0;
  for (size_t i = 0; i < accept.quantity_count; ++i) m.quantities()[i] = request.request.quantities[i];
  char* to = m.plain_values();
  for (const uint8_t i : accept.kept) to = stored_value::write(to, request.request.values[i]);
  copy_bytes(to, request.payload.data(), size.payload);
  if (accept.quantity_count != 0) m.cost = layouts_.at(plan.layout).turn_cost_of(m);
  return cell;
}

// The message's flow on a line that is there, looked for everywhere, or made; 0: no memory.
CellId SendQueue::require_flow(const EnqueueRequest& request, MessageClass message_class, uint16_t layout, const Line& line) {
  PendingMessage p;
  p.request = &request;
  p.values = &request.request;
  p.message_class = message_class;
  p.shard_index = line.shard_index;
  p.shard = line.shard;
  p.line = line.cell;
  return make_flow(p, layouts_.at(layout)) ? p.flow : 0;
}

// Where the line's next message may go at once if nothing else holds it; kNever: only its queue can tell.
[[gnu::always_inline]] inline Instant SendQueue::opens_for_first(const Generation& g, const Record& record, Instant now) const {
  if (g.gate == nullptr || !g.gate->lone_pace) return kNever;
  const StraightCharge& c = g.gate->charges[0].charge;
  const auto* state = reinterpret_cast<const std::byte*>(&record) + c.state_offset;
  const Instant opens = straight::opens_at(c, c.amount(record.plan), state, c.cost, now);
  return opens >= kEndOfTime ? kNever : opens;
}

// The queue of a line that has none, with the message's flow; 0: no memory.
CellId SendQueue::begin_with(const Generation& g, MessageClass message_class, Bytes tenant, Instant now, Held* held) {
  Line& line = held->line;
  const Instant due = opens_for_first(g, *line.record, now);
  line.cell = begin_line(line.shard_index, *line.shard, cells().id_of(line.record), Flow::units(tenant.size()), due, held->cell);
  if (line.cell == 0) return 0;
  begin_resident(line.cell, message_class, tenant);
  return resident_of(line.cell);
}

// The message's flow, and a line that is not there yet. False: there is no memory, or the line is not plain.
[[gnu::always_inline]] inline bool SendQueue::find_place(const Generation& g, const QueuePlan& plan,
                                                         const EnqueueRequest& request, MessageClass message_class, Instant now,
                                                         Held* held) {
  const CellBase cells = this->cells();
  Line& line = held->line;
  const Bytes tenant = tenant_of(plan.accept, request);
  CellId flow;
  if (line.cell != 0) {
    const auto& q = *cells.at<LineQueue>(line.cell);
    if (q.lanes != 0 || (q.armed <= now && has_expired(q, now))) return false;
    flow = flow_there(q, line.cell, message_class, tenant);
    if (flow == 0) [[unlikely]]
      flow = require_flow(request, message_class, plan.layout, line);
  } else {
    flow = begin_with(g, message_class, tenant, now, held);
  }
  if (flow == 0) return false;
  held->flow = cells.at<Flow>(flow);
  held->message->flow = flow;
  held->line.queue = cells.at<LineQueue>(line.cell);
  return true;
}

// Behind nothing: its line is due when its pace opens.
void SendQueue::line_up_first(const Generation& g, const Held& held, Instant now) {
  LineQueue& q = *held.line.queue;
  Flow& flow = *held.flow;
  const bool alone = flow.waiting == 0 && !flow.has(flow_flag::parked) && !turns(held.line).is_ready();
  Instant due =
      alone && g.policy->queue.in_flight == 0 && q.closed_until == 0 ? opens_for_first(g, *held.line.record, now) : kNever;
  if (due == kNever) return line_up(held, now);
  q.ready_since = now;
  plain_line::put_first(q, held.message->flow, flow, held.cell, *held.message);
  if (q.timed != 0) due = std::min(due, at<Entry>(q.timed).due);
  if (q.armed == due) return;
  q.armed = due;
  releases_.arm(q.timer, due, {q.record, held.cell});
}

// REQUIRES: the records of its subjects are found.
[[gnu::always_inline]] inline bool SendQueue::accept_one(const Generation& g, const QueuePlan& plan,
                                                         const EnqueueRequest& request, MessageClass message_class,
                                                         const MessageSize& size, straight::Subject* subjects, size_t slots,
                                                         Enqueued* out) {
  const AcceptPlan& accept = plan.accept;
  const RequestCall call(request.request, &out->decision);
  Instant now;
  if (!core_.time_of(call.now(), &now)) return false;
  const Instant least = core_.latest(now);
  for (size_t i = 0; i < slots; ++i) subjects[i].at = std::max(least, subjects[i].record->newest);
  const straight::Subject& line = subjects[accept.line_slot];
  Held held;
  held.line.shard = line.shard;
  held.line.shard_index = static_cast<uint32_t>(line.shard - core_.block_.shards);
  held.line.queues = line.shard->cold->queues.get();
  held.line.record = line.record;
  held.line.cell = queue_word(accept, *line.record).queue;
  const uint64_t spared = accept.spared[static_cast<size_t>(message_class)];
  if (!lets_in(accept, subjects, call, spared)) return false;
  held.cell = lay_out(plan, size, request, message_class, *line.shard);  // what is refused takes no memory
  if (held.cell == 0) return false;
  held.message = &at<Message>(held.cell);
  if (!find_place(g, plan, request, message_class, now, &held)) {
    free(*line.shard, held.cell, size.units());
    return false;
  }

  charge(core_, accept, subjects, call, held.message);
  if (accept.tenant_slot != kNone) held.flow->weight = g.policy->queue.weights[subjects[accept.tenant_slot].record->plan];
  count_in(*held.line.queues, held.line.shard_index, *held.line.queue, *held.flow, held.cell, *held.message, plan.shared);
  note_last(accept, held.line.record, held.cell);
  out->message = held.message->id;
  out->depth = held.line.queue->messages;
  if (held.flow->tail != 0 && held.flow->has(flow_flag::in_ring)) {
    plain_line::put_behind(cells(), *held.line.queue, *held.flow, held.cell, *held.message);
  } else {
    line_up_first(g, held, now);
  }
  out->state = MessageState::waiting;
  out->expires = 0;
  const StraightCharge& named = accept.named.charge;
  const straight::Subject& told = subjects[named.slot];
  straight::tell_named(named, named.amount(told.record->plan), straight::state_of(named, told.record), cost_of(named, call),
                       accept.named.while_queued ? spared : 0, told.at, now, call);
  ++subjects[0].shard->allowed;
  return true;
}

// Their records, where they were not found while they were fetched. False: one is not there, or not as most are.
[[gnu::always_inline]] inline bool SendQueue::find_records(const AcceptPlan& plan, const RequestCall& call, bool fetched,
                                                           straight::Subject* subjects, size_t slots) const {
  for (size_t i = 0; i < slots; ++i) {
    straight::Subject& s = subjects[i];
    const straight::Looks looks = looks_of(plan, s, i);
    if (fetched && s.record != nullptr && straight::is_of<straight::AnySubjects>(*s.record, looks, s, call)) continue;
    s.record = straight::find<straight::AnySubjects>(core_.arena_, looks, s, call);
    if (s.record == nullptr) return false;
  }
  if (fetched) return true;
  const QueueWord word = queue_word(plan, *subjects[plan.line_slot].record);
  fetch_bytes(cells().at<char>(word.queue), kLineBytes);
  __builtin_prefetch(cells().at<char>(word.last), 1);
  return true;
}

// What a single message needs is asked for as soon as it is known.
[[gnu::always_inline]] inline void SendQueue::fetch_single(const straight::Subject* subjects, size_t slots, const Shard& shard,
                                                           uint32_t units) const {
  for (size_t i = 0; i < slots; ++i) __builtin_prefetch(subjects[i].shard->index.own_place(Index::tag_of(subjects[i].hash)));
  const FreeLists& free = shard.cold->free;
  fetch_bytes(cells().at<char>(free.next(units)), size_t{units} * kCellUnit);
  fetch_bytes(cells().at<char>(free.next(kLineBytes / kCellUnit)), kLineBytes);
  __builtin_prefetch(shard.cold->queues->next_place(static_cast<uint32_t>(&shard - core_.block_.shards)), 1);
}

size_t SendQueue::accept_straight(size_t operation, const EnqueueRequest* requests, size_t count, straight::Subject* subjects,
                                  size_t slots, Enqueued* out) {
  const Generation& g = core_.generation();
  const QueuePlan& plan = g.queue[operation];
  const bool fetched = count > 1;
  if (fetched) fetch(plan.accept, {requests, count}, subjects, slots);
  for (size_t n = 0; n < count; ++n) {
    const EnqueueRequest& request = requests[n];
    straight::Subject* own = subjects + n * slots;
    Shard& shard = *own[plan.accept.line_slot].shard;
    MessageClass message_class;
    if (shard.cold == nullptr || shard.cold->queues == nullptr || !plain_class(plan.accept, request, &message_class)) return n;
    const MessageSize size = size_of(plan.accept, request);
    if (!fetched) fetch_single(own, slots, shard, size.units());
    if (!find_records(plan.accept, RequestCall(request.request, &out[n].decision), fetched, own, slots) ||
        !accept_one(g, plan, request, message_class, size, own, slots, &out[n])) {
      return n;
    }
  }
  return count;
}

}  // namespace sluice
