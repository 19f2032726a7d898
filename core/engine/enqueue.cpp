// SPDX-License-Identifier: Apache-2.0
// Taking a message in: its memory before its charges are taken, so that no lack of it comes after.
#include <algorithm>
#include <cstring>
#include <new>

#include "core/base/hash.h"
#include "core/engine/engine_core.h"
#include "core/engine/idempotency.h"
#include "core/engine/send_queue.h"
#include "core/engine/stored_value.h"
#include "core/queue/plain_line.h"

namespace sluice {
SubjectRef& SendQueue::line_subject(const Work& work) const {
  const Operation& operation = policy().operations[work.shape.operation];
  return work.subjects[work.first_of_slot[static_cast<size_t>(operation.line_slot)]];
}

CellId SendQueue::find_flow(const QueueShard& queues, CellId line, uint8_t message_class, Bytes tenant, uint64_t hash) const {
  const auto is_it = [&](const Flow& flow) { return flow.message_class == message_class && flow.tenant() == tenant; };
  if (at<LineQueue>(line).resident != 0 && is_it(at<Flow>(resident_of(line)))) return resident_of(line);
  return queues.cells.find(tag_of_flow(line, message_class, hash), [&](CellId cell) {
    const auto& flow = at<Flow>(cell);
    return flow.kind == EntryKind::flow && flow.line == line && is_it(flow);
  });
}

MessageClass SendQueue::class_of(const EnqueueRequest& request, const Operation& operation, const Campaign* campaign) {
  if (campaign != nullptr) return campaign->rules.message_class;
  return request.message_class >= 0 ? static_cast<MessageClass>(request.message_class) : operation.message_class;
}

Status SendQueue::check(Work& work, std::string* error) const {
  PendingMessage& pending = *work.pending;
  const EnqueueRequest& request = *pending.request;
  const Operation& operation = policy().operations[work.shape.operation];
  const QueueRules& rules = policy().queue;
  const auto fail = [&](Status status, const std::string& message) {
    if (error != nullptr) *error = message;
    return status;
  };
  if (!operation.queueable) {
    return fail(Status::invalid,
                "operation: messages of \"" + operation.name +
                    "\" cannot be queued; that takes the policy's line among its values, nothing repeated, and a "
                    "charge in queue mode or while queued, a pool or a class");
  }
  if ((request.request.flags & ~flag::peek) != 0) return fail(Status::invalid, "flags: an enqueue knows PEEK (1) alone");
  if (request.payload.size() > rules.payload) {
    return fail(Status::invalid, "payload: " + std::to_string(request.payload.size()) +
                                     " bytes; the policy's queue takes at most " + std::to_string(rules.payload));
  }
  if (request.message_class < -1 || request.message_class >= static_cast<int32_t>(kMessageClasses)) {
    return fail(Status::invalid, "message_class: from 0 (urgent) to 3 (bulk), or -1 for the operation's own");
  }
  if (request.send_at != 0 && !is_instant(request.send_at)) return fail(Status::invalid, "send_at: outside [0, 2^62)");
  if (request.expires_at != 0 && !is_instant(request.expires_at)) return fail(Status::invalid, "expires_at: outside [0, 2^62)");
  if (request.campaign != 0) {
    pending.campaign = find_campaign(request.campaign);
    if (pending.campaign == nullptr) return fail(Status::not_found, "campaign: unknown here; make it first");
    const Campaign& campaign = *pending.campaign;
    if (campaign.aborted) return fail(Status::conflict, "campaign: aborted, which is final");
    if (campaign.sealed) return fail(Status::conflict, "campaign: sealed; nothing comes to it any more");
    if (operation.tenant == kNone || work.request->values[static_cast<size_t>(operation.tenant)] != campaign.tenant) {
      return fail(Status::invalid, "campaign: another account's");
    }
    if (request.send_at != 0) return fail(Status::invalid, "send_at: the campaign says when; leave it 0");
    if (request.message_class >= 0 && request.message_class != static_cast<int32_t>(campaign.rules.message_class)) {
      return fail(Status::invalid, "message_class: the campaign's is another; pass -1");
    }
  }
  pending.message_class = work.message_class = class_of(request, operation, pending.campaign);
  const Instant begins = std::max(work.now, request.send_at);
  const Span ttl = rules.classes[static_cast<size_t>(pending.message_class)].ttl;
  pending.expires = request.expires_at != 0 ? request.expires_at : ttl != 0 ? later(begins, ttl) : 0;
  if (pending.expires != 0 && pending.expires <= begins) {
    return fail(Status::invalid, "expires_at: not after the message may first be sent");
  }
  note_hours(pending, begins);
  return Status::ok;
}

namespace {

Bytes tenant_of(const PendingMessage& p, const MessageLayout& layout) {
  return layout.tenant == kNone ? Bytes() : p.values->values[static_cast<size_t>(layout.tenant)];
}

}  // namespace

uint64_t SendQueue::hash_of_tenant(Bytes tenant) const { return tenant.empty() ? 0 : hash_bytes(tenant, core_.secret_); }

// A new line begins with the message's flow.
bool SendQueue::make_line(PendingMessage& p, const MessageLayout& layout) {
  p.line = queue_of(*core_.arena_.at(p.record));
  if (p.line != 0) return true;
  const Bytes tenant = tenant_of(p, layout);
  p.line = begin_line(p.shard_index, *p.shard, p.record, Flow::units(tenant.size()), kNever, 0);
  p.new_line = p.line != 0;
  if (!p.new_line) return false;
  begin_resident(p.line, p.message_class, tenant);
  p.flow = resident_of(p.line);
  return true;
}

bool SendQueue::make_flow(PendingMessage& p, const MessageLayout& layout) {
  if (p.flow != 0) return true;
  const auto message_class = static_cast<uint8_t>(p.message_class);
  const Bytes tenant = tenant_of(p, layout);
  QueueShard& queues = *p.shard->cold->queues;
  auto& line = at<LineQueue>(p.line);
  if (line.recent != 0) {
    const auto& recent = at<Flow>(line.recent);
    if (recent.message_class == message_class && recent.tenant() == tenant) {
      p.flow = line.recent;
      return true;
    }
  }
  const uint64_t hash = hash_of_tenant(tenant);
  p.flow = find_flow(queues, p.line, message_class, tenant, hash);
  if (p.flow != 0) return true;
  if (!queues.cells.reserve(core_.words_)) return false;
  const CellId cell = allocate(*p.shard, Flow::units(tenant.size()), false);
  if (cell == 0) return false;
  begin_flow(*::new (cells().at<void>(cell)) Flow, p.line, p.message_class, tenant, hash);
  queues.cells.insert(tag_of_flow(p.line, message_class, hash), cell);
  p.flow = cell;
  p.new_flow = true;
  return true;
}

bool SendQueue::make_message(PendingMessage& p, const MessageLayout& layout, uint16_t layout_number) {
  QueueShard& queues = *p.shard->cold->queues;
  if (!queues.cells.reserve(core_.words_)) return false;
  if (p.expires != 0) {
    p.expiry = allocate(*p.shard, kExpiryUnits, false);
    if (p.expiry == 0) return false;
  }
  const Request& request = *p.values;
  MessageSize size{layout.stamp_count, layout.quantity_count, 0,           p.request->payload.size(),
                   p.expires != 0,     p.campaign != nullptr, p.zones != 0};
  for (int16_t i = 0; i < layout.value_count; ++i) {
    if (layout.keeps(i)) size.values += stored_value::size_of(request.values[static_cast<size_t>(i)]);
  }
  const Bytes key = request.idempotency_key;
  if (!key.empty()) size.values += stored_value::size_of(key);
  p.message = allocate(*p.shard, size.units(), false);
  if (p.message == 0) return false;
  auto& m = *::new (cells().at<void>(p.message)) Message;
  m.kind = EntryKind::message;
  m.message_class = static_cast<uint8_t>(p.message_class);
  if (p.expires != 0) m.set(message_flag::expires);
  m.flow = p.flow;
  m.layout = layout_number;
  m.stamp_count = layout.stamp_count;
  m.quantity_count = layout.quantity_count & 15;
  m.has_lane = p.campaign != nullptr;
  m.has_zones = p.zones != 0;
  if (p.zones != 0) m.set_zones(p.zones);
  m.values_size = static_cast<uint16_t>(size.values);
  m.payload_size = static_cast<uint32_t>(size.payload);
  char* to = m.values();
  for (int16_t i = 0; i < layout.value_count; ++i) {
    if (layout.keeps(i)) to = stored_value::write(to, request.values[static_cast<size_t>(i)]);
  }
  if (!key.empty()) {
    m.set(message_flag::keyed);
    to = stored_value::write(to, key);
  }
  if (size.payload != 0) std::memcpy(to, p.request->payload.data(), size.payload);
  std::copy(request.quantities.begin(), request.quantities.end(), m.quantities());
  m.cost = layout.turn_cost_of(m);
  return true;
}

bool SendQueue::make_queues(ShardCold& cold) {
  if (cold.queues != nullptr) return true;
  if (!core_.memory_.charge(sizeof(QueueShard))) return false;
  cold.queues.reset(new (std::nothrow) QueueShard);
  if (cold.queues == nullptr) core_.memory_.uncharge(sizeof(QueueShard));
  return cold.queues != nullptr;
}

bool SendQueue::make_room(Work& work) {
  PendingMessage& p = *work.pending;
  const SubjectRef& s = line_subject(work);
  p.values = work.request;
  p.shard_index = s.shard_index;
  p.shard = s.shard;
  p.record = s.id;
  const uint16_t number = core_.generation().queue[work.shape.operation].layout;
  const MessageLayout& layout = layouts_.at(number);
  ShardCold* cold = core_.cold_of(*p.shard);
  if (cold == nullptr) return false;
  const bool had_queues = cold->queues != nullptr;
  if (!make_queues(*cold)) return false;
  if (make_line(p, layout) && make_flow(p, layout) && make_lane(work) && make_message(p, layout, number)) return true;
  undo(p);
  if (!had_queues) {
    cold->queues->cells.release(core_.words_);
    cold->queues.reset();
    core_.memory_.uncharge(sizeof(QueueShard));
  }
  return false;
}

void SendQueue::undo(PendingMessage& p) {
  if (p.expiry != 0) free(*p.shard, p.expiry, kExpiryUnits);
  if (p.new_lane) free(*p.shard, p.lane, kLaneUnits);
  if (p.new_flow) {
    const auto& flow = at<Flow>(p.flow);
    p.shard->cold->queues->cells.erase(tag_of_flow(flow.line, flow.message_class, flow.tenant_hash), p.flow);
    free(*p.shard, p.flow, flow.units());
  }
  if (p.new_line) drop_line(line_at(p.shard_index, p.line), false);
  p.message = p.flow = p.line = p.expiry = p.lane = 0;
  p.new_flow = p.new_line = p.new_lane = false;
}

void SendQueue::replay(const Work& work, const KeyState& key) const {
  if (work.pending == nullptr) return;
  work.pending->out->message = key.message;
  work.pending->out->state = static_cast<MessageState>(key.ended);
}

bool SendQueue::tell_present(Enqueued* out) const {
  ShardLocks locks(core_.block_);
  Held held;
  if (find(out->message, locks, &held, nullptr) != Status::ok) return false;
  const Message& m = *held.message;
  out->state = state_of(held);
  out->expires = m.has(message_flag::expires) ? at<Expiry>(m.expiry()).at : 0;
  out->depth = held.line.queue->messages;
  if (policy().operations[static_cast<size_t>(core_.generation().operation_position(held.layout->operation))].pool != kNone) {
    out->line = std::string(values_of(held).values[held.layout->line]);
  }
  return true;
}

void SendQueue::accept(Work& work) {
  PendingMessage& p = *work.pending;
  const Operation& operation = policy().operations[work.shape.operation];
  const Held held = held_at(line_at(p.shard_index, p.line), p.message);
  for (const LayoutRow& row : held.layout->rows) {
    if (row.stamp == kNone || row.at_lease) continue;
    const Item& item = work.items[row.charge];
    if (item.charge->mode == Mode::shadow && !item.passes) continue;
    held.message->stamps()[row.stamp] = stamp_of(item.taken);
  }
  if (operation.tenant_slot != kNone) {
    const uint8_t plan = work.subjects[work.first_of_slot[static_cast<size_t>(operation.tenant_slot)]].plan;
    held.flow->weight = policy().queue.weights[plan];
  }
  count_in(*held.line.queues, held.line.shard_index, *held.line.queue, *held.flow, held.cell, *held.message,
           core_.generation().queue[work.shape.operation].shared);
  p.out->message = held.message->id;
  p.out->depth = held.line.queue->messages;
  if (p.zones != 0) count_zoned(held, work.now);
  Turns turn = turns(held.line);
  if (p.expiry != 0) {
    auto& expiry = *::new (cells().at<void>(p.expiry)) Expiry;
    expiry.kind = EntryKind::expiry;
    expiry.id = held.message->id;
    expiry.at = p.expires;
    expiry.message = p.message;
    held.message->set_expiry(p.expiry);
    turn.hold(p.expiry, p.expires);
  }
  if (p.campaign != nullptr) {
    join_lane(work, held);
    arm(held.line);
  } else if (p.request->send_at > work.now) {
    held.message->set_status(MessageState::scheduled);
    turn.hold(p.message, p.request->send_at);
    arm(held.line);
  } else if (!policy().queue.has_hours || !park_at_once(held, work.now)) {
    line_up(held, work.now);
    if (p.expiry != 0) arm(held.line);
  }
  p.out->state = state_of(held);
  p.out->expires = p.expires;
}

void SendQueue::line_up(const Held& held, Instant now) {
  if (held.flow->tail != 0 && held.flow->has(flow_flag::in_ring)) {
    plain_line::put_behind(cells(), *held.line.queue, *held.flow, held.cell, *held.message);
    return;
  }
  Turns turn = turns(held.line);
  const bool was_ready = turn.is_ready();
  if (!was_ready) held.line.queue->ready_since = now;
  turn.put_last(held.cell);
  if (!was_ready || turn.candidate() == held.cell) arm(held.line);
}

}  // namespace sluice
