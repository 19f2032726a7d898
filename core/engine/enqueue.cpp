// SPDX-License-Identifier: Apache-2.0
// Taking a message in: its memory before its charges are taken, so that no lack of it comes after.
#include <algorithm>
#include <cstring>
#include <new>

#include "core/engine/engine_core.h"
#include "core/engine/idempotency.h"
#include "core/engine/send_queue.h"

namespace sluice {
namespace {

size_t stored_size(Bytes value) { return value.size() + (value.size() < 255 ? 1 : 3); }

char* store(char* to, Bytes value) {
  if (value.size() < 255) {
    *to++ = static_cast<char>(value.size());
  } else {
    *to++ = static_cast<char>(255);
    const auto size = static_cast<uint16_t>(value.size());
    std::memcpy(to, &size, sizeof size);
    to += sizeof size;
  }
  std::memcpy(to, value.data(), value.size());
  return to + value.size();
}

}  // namespace

SubjectRef& SendQueue::line_subject(const Work& work) const {
  const Operation& operation = policy().operations[work.shape.operation];
  return work.subjects[work.first_of_slot[static_cast<size_t>(operation.line_slot)]];
}

CellId SendQueue::find_flow(const QueueShard& queues, CellId line, uint8_t message_class, Bytes tenant, uint64_t hash) const {
  return queues.cells.find(tag_of_flow(line, message_class, hash), [&](CellId cell) {
    const auto& flow = at<Flow>(cell);
    return flow.kind == EntryKind::flow && flow.line == line && flow.message_class == message_class && flow.tenant() == tenant;
  });
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
  pending.message_class = pending.campaign != nullptr  ? pending.campaign->rules.message_class
                          : request.message_class >= 0 ? static_cast<MessageClass>(request.message_class)
                                                       : operation.message_class;
  const Instant begins = std::max(work.now, request.send_at);
  const Span ttl = rules.classes[static_cast<size_t>(pending.message_class)].ttl;
  pending.expires = request.expires_at != 0 ? request.expires_at : ttl != 0 ? later(begins, ttl) : 0;
  if (pending.expires != 0 && pending.expires <= begins) {
    return fail(Status::invalid, "expires_at: not after the message may first be sent");
  }
  return Status::ok;
}

bool SendQueue::make_line(Work& work) {
  PendingMessage& pending = *work.pending;
  SubjectRef& s = line_subject(work);
  pending.line = queue_of(*s.record);
  if (pending.line != 0) return true;
  pending.line = begin_line(s.shard_index, *s.shard, s.id);
  pending.new_line = pending.line != 0;
  return pending.new_line;
}

bool SendQueue::make_flow(Work& work, const MessageLayout& layout) {
  PendingMessage& pending = *work.pending;
  const SubjectRef& s = line_subject(work);
  const auto message_class = static_cast<uint8_t>(pending.message_class);
  const bool has_tenant = layout.tenant != kNone;
  const Bytes tenant = has_tenant ? work.request->values[static_cast<size_t>(layout.tenant)] : Bytes();
  const uint64_t hash = has_tenant ? work.value_hash[layout.tenant] : 0;
  QueueShard& queues = *s.shard->cold->queues;
  auto& line = at<LineQueue>(pending.line);
  if (line.recent != 0) {
    const auto& recent = at<Flow>(line.recent);
    if (recent.message_class == message_class && recent.tenant() == tenant) {
      pending.flow = line.recent;
      return true;
    }
  }
  pending.flow = find_flow(queues, pending.line, message_class, tenant, hash);
  if (pending.flow != 0) return true;
  if (!queues.cells.reserve(core_.words_)) return false;
  const CellId cell = allocate(*s.shard, Flow::units(tenant.size()), false);
  if (cell == 0) return false;
  auto& flow = *::new (cells().at<void>(cell)) Flow;
  flow.kind = EntryKind::flow;
  flow.message_class = message_class;
  flow.line = pending.line;
  flow.tenant_hash = hash;
  flow.tenant_size = static_cast<uint32_t>(tenant.size());
  if (!tenant.empty()) std::memcpy(flow.tenant_begin(), tenant.data(), tenant.size());
  queues.cells.insert(tag_of_flow(pending.line, message_class, hash), cell);
  pending.flow = cell;
  pending.new_flow = true;
  return true;
}

bool SendQueue::make_message(Work& work, const MessageLayout& layout, uint16_t layout_number) {
  PendingMessage& pending = *work.pending;
  const SubjectRef& s = line_subject(work);
  QueueShard& queues = *s.shard->cold->queues;
  if (!queues.cells.reserve(core_.words_)) return false;
  if (pending.expires != 0) {
    pending.expiry = allocate(*s.shard, kExpiryUnits, false);
    if (pending.expiry == 0) return false;
  }
  MessageSize size{layout.stamp_count,   layout.quantity_count,      0, pending.request->payload.size(),
                   pending.expires != 0, pending.campaign != nullptr};
  for (int16_t i = 0; i < layout.value_count; ++i) {
    if (layout.keeps(i)) size.values += stored_size(work.request->values[static_cast<size_t>(i)]);
  }
  const Bytes key = work.request->idempotency_key;
  if (!key.empty()) size.values += stored_size(key);
  pending.message = allocate(*s.shard, size.units(), false);
  if (pending.message == 0) return false;
  auto& m = *::new (cells().at<void>(pending.message)) Message;
  m.kind = EntryKind::message;
  m.message_class = static_cast<uint8_t>(pending.message_class);
  if (pending.expires != 0) m.set(message_flag::expires);
  m.flow = pending.flow;
  m.layout = layout_number;
  m.stamp_count = layout.stamp_count;
  m.quantity_count = layout.quantity_count & 15;
  m.has_lane = pending.campaign != nullptr;
  m.values_size = static_cast<uint16_t>(size.values);
  m.payload_size = static_cast<uint32_t>(size.payload);
  char* to = m.values();
  for (int16_t i = 0; i < layout.value_count; ++i) {
    if (layout.keeps(i)) to = store(to, work.request->values[static_cast<size_t>(i)]);
  }
  if (!key.empty()) {
    m.set(message_flag::keyed);
    to = store(to, key);
  }
  if (size.payload != 0) std::memcpy(to, pending.request->payload.data(), size.payload);
  std::copy(work.request->quantities.begin(), work.request->quantities.end(), m.quantities());
  const uint64_t cost = layout.turn_quantity == kNone ? layout.turn_cost : m.quantities()[layout.turn_quantity];
  m.cost = static_cast<uint32_t>(std::clamp<uint64_t>(cost, 1, UINT32_MAX));
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
  const uint16_t number = core_.generation().queue[work.shape.operation].layout;
  const MessageLayout& layout = layouts_.at(number);
  Shard& shard = *line_subject(work).shard;
  ShardCold* cold = core_.cold_of(shard);
  if (cold == nullptr) return false;
  const bool had_queues = cold->queues != nullptr;
  if (!make_queues(*cold)) return false;
  if (make_line(work) && make_flow(work, layout) && make_lane(work) && make_message(work, layout, number)) return true;
  undo(work);
  if (!had_queues) {
    cold->queues->cells.release(core_.words_);
    cold->queues.reset();
    core_.memory_.uncharge(sizeof(QueueShard));
  }
  return false;
}

void SendQueue::undo(Work& work) {
  PendingMessage& pending = *work.pending;
  const SubjectRef& s = line_subject(work);
  if (pending.expiry != 0) free(*s.shard, pending.expiry, kExpiryUnits);
  if (pending.new_lane) free(*s.shard, pending.lane, kLaneUnits);
  if (pending.new_flow) {
    const auto& flow = at<Flow>(pending.flow);
    s.shard->cold->queues->cells.erase(tag_of_flow(flow.line, flow.message_class, flow.tenant_hash), pending.flow);
    free(*s.shard, pending.flow, flow.units());
  }
  if (pending.new_line) drop_line(line_at(s.shard_index, pending.line), false);
  pending.message = pending.flow = pending.line = pending.expiry = pending.lane = 0;
  pending.new_flow = pending.new_line = pending.new_lane = false;
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
  out->state = m.status();
  out->expires = m.has(message_flag::expires) ? at<Expiry>(m.expiry()).at : 0;
  out->depth = held.line.queue->messages;
  if (policy().operations[static_cast<size_t>(core_.generation().operation_position(held.layout->operation))].pool != kNone) {
    out->line = std::string(values_of(held).values[held.layout->line]);
  }
  return true;
}

void SendQueue::accept(Work& work) {
  PendingMessage& pending = *work.pending;
  const Operation& operation = policy().operations[work.shape.operation];
  const SubjectRef& s = line_subject(work);
  const Line line = line_at(s.shard_index, pending.line);
  LineQueue& q = *line.queue;
  const Held held = held_at(line, pending.message);
  Message& m = *held.message;
  m.id = uint64_t{s.shard_index} << kMessageShardShift | line.queues->next_number++;
  for (const LayoutRow& row : held.layout->rows) {
    if (row.stamp == kNone || row.at_lease) continue;
    const Item& item = work.items[row.charge];
    if (item.charge->mode == Mode::shadow && !item.passes) continue;
    m.stamps()[row.stamp] = static_cast<uint64_t>(item.taken.stamp) | ((item.taken.opened[0] & 1) != 0 ? kOpenedASlot : 0);
  }
  line.queues->cells.insert(tag_of_message(m.id), pending.message);
  ++held.flow->messages;
  q.load += m.cost;
  if (m.cost != 1) ++q.costly;
  if (core_.generation().queue[work.shape.operation].shared) {
    m.set(message_flag::shared);
    ++q.shared;
  }
  if (operation.tenant_slot != kNone) {
    const uint8_t plan = work.subjects[work.first_of_slot[static_cast<size_t>(operation.tenant_slot)]].plan;
    held.flow->weight = policy().queue.weights[plan];
  }
  ++q.messages;
  q.recent = m.flow;
  ++line.queues->messages;
  ++line.queues->accepted;
  Turns turn = turns(line);
  if (pending.expiry != 0) {
    auto& expiry = *::new (cells().at<void>(pending.expiry)) Expiry;
    expiry.kind = EntryKind::expiry;
    expiry.id = m.id;
    expiry.at = pending.expires;
    expiry.message = pending.message;
    m.set_expiry(pending.expiry);
    turn.hold(pending.expiry, pending.expires);
  }
  const bool was_ready = turn.is_ready();
  if (pending.campaign != nullptr) {
    join_lane(work, held);
  } else if (pending.request->send_at > work.now) {
    m.set_status(MessageState::scheduled);
    turn.hold(pending.message, pending.request->send_at);
  } else {
    if (!was_ready) q.ready_since = work.now;
    turn.put_last(pending.message);
  }
  const bool changes_turn = !was_ready || turn.candidate() == pending.message;
  if (changes_turn || pending.expiry != 0 || m.status() != MessageState::waiting) arm(line);
  Enqueued& out = *pending.out;
  out.message = m.id;
  out.state = m.status();
  out.expires = pending.expires;
  out.depth = q.messages;
}

}  // namespace sluice
