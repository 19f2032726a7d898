// SPDX-License-Identifier: Apache-2.0
// What waits on a line, looked at in one engine and put in the same places in another.
#include <algorithm>
#include <map>
#include <tuple>

#include "core/base/hash.h"
#include "core/engine/decider.h"
#include "core/engine/engine_core.h"
#include "core/engine/plan_copy.h"

namespace sluice {
namespace {

constexpr uint64_t kBehind = uint64_t{1} << 62;

struct HoldStorage {
  Raw<SubjectRef, kMaxSlots + 3> subjects;
  Raw<Item, kMaxCharges> items;
};

}  // namespace

Status Decider::hold_again() {
  for (size_t i = 0; i < work_.subject_count; ++i) look_up(work_.subjects[i]);
  if (const Status status = make_items(nullptr); status != Status::ok) return status;
  weigh();
  if (!make_message_room()) return Status::no_memory;
  core_.queue_.accept(work_);
  return Status::ok;
}

// REQUIRES: its line's lock.
CopiedMessage PlanCopier::look_at(const Held& held) const {
  const SendQueue& queue = from_.queue_;
  const Message& m = *held.message;
  CopiedMessage copy;
  copy.operation = static_cast<size_t>(from_.generation().operation_position(held.layout->operation));
  const StoredValues values = queue.values_of(held);
  copy.values.assign(values.values, values.values + values.count);
  copy.quantities.assign(m.quantities(), m.quantities() + m.quantity_count);
  copy.stamps.assign(m.stamps(), m.stamps() + m.stamp_count);
  copy.message_class = static_cast<MessageClass>(m.message_class);
  copy.state = m.status();
  copy.came_back = m.status() == MessageState::waiting && m.has(message_flag::in_back);
  copy.blocked = m.has(message_flag::blocked);
  copy.chained = m.has(message_flag::chained);
  copy.flow_due = held.flow->has(flow_flag::parked) ? held.flow->due : 0;
  copy.parked_flow = copy.flow_due != 0 && held.flow->id == m.id;
  copy.due = m.due;
  copy.expires = m.has(message_flag::expires) ? queue.at<Expiry>(m.expiry()).at : 0;
  copy.tries = m.tries;
  copy.campaign = m.has_lane ? queue.at<Lane>(m.lane()).id : 0;
  copy.credit = held.flow->has(flow_flag::in_ring) ? held.flow->credit : 0;
  copy.age = age_of(m.id);
  copy.zone = queue.zone_of(m.zones());
  // One whose time has come since anybody looked goes behind those that wait.
  if (m.status() == MessageState::scheduled && m.due <= now_) copy.place = kBehind + static_cast<uint64_t>(m.due);
  return copy;
}

// Flows in the order of their turns, and in each its messages by age.
CopiedLine PlanCopier::look_at_line(Bytes name) const {
  const SendQueue& queue = from_.queue_;
  CopiedLine copy;
  copy.name = name;
  const uint64_t hash = from_.pools_.hash_of_line(name);
  const uint32_t shard_index = from_.block_.shard_of(hash);
  const SpinGuard guard(from_.block_.shards[shard_index].lock);
  const RecordId id = from_.pools_.record_of_line(hash, name);
  const CellId cell = id == 0 ? 0 : queue.queue_of(*from_.arena_.at(id));
  if (cell == 0) return copy;
  const Line line = queue.line_at(shard_index, cell);
  copy.number = line.queue->number;
  copy.closed_until = line.queue->closed_until;
  copy.ready_since = line.queue->ready_since;
  copy.passed_by = line.queue->passed_by;
  std::map<CellId, uint64_t> turns;
  for (const CellId first : line.queue->ring) {
    for (CellId flow = first; flow != 0 && turns.emplace(flow, turns.size()).second;) flow = queue.at<Flow>(flow).next;
  }
  std::map<CellId, uint64_t> places;  // of messages that came to their flow later than they were taken in, too
  for (const auto& [flow, turn] : turns) {
    for (CellId m = queue.at<Flow>(flow).head; m != 0; m = queue.at<Message>(m).next) places.emplace(m, places.size() + 1);
  }
  const Index& cells = line.queues->cells;
  for (uint32_t i = 0; i < cells.capacity(); ++i) {
    const CellId one = cells.word(i).id;
    if (one == 0 || queue.at<Entry>(one).kind != EntryKind::message) continue;
    const Message& m = queue.at<Message>(one);
    const bool gone = m.status() == MessageState::unknown || queue.is_aborted(m);
    if (queue.at<Flow>(m.flow).line != cell || gone) continue;
    const Held held = queue.held_at(line, one);
    if (from_.generation().operation_position(held.layout->operation) == kNone) continue;
    copy.messages.push_back(look_at(held));
    if (const auto at = places.find(one); at != places.end()) copy.messages.back().place = at->second;
    copy.messages.back().flow = turns.emplace(m.flow, turns.size()).first->second;
  }
  for (CellId lane = line.queue->lanes; lane != 0; lane = queue.at<Lane>(lane).next_lane) {
    const auto& l = queue.at<Lane>(lane);
    copy.lanes.push_back({l.id, l.slot, l.next_slot, l.begun, queue.zone_of(l.zones)});
  }
  std::sort(copy.messages.begin(), copy.messages.end(),
            [](const CopiedMessage& a, const CopiedMessage& b) { return std::tie(a.flow, a.age) < std::tie(b.flow, b.age); });
  return copy;
}

// Its number here for one that it has there; 0: it was aborted meanwhile, or is forgotten.
Status PlanCopier::copy_campaign(uint64_t there, uint64_t* here) {
  const auto had = std::find_if(campaigns_.begin(), campaigns_.end(), [&](const auto& pair) { return pair.first == there; });
  *here = had == campaigns_.end() ? 0 : had->second;
  if (had != campaigns_.end()) return Status::ok;
  CampaignSpec spec;
  std::string tenant;
  bool paused = false;
  Instant paused_at = 0, opens_at = 0;
  Span stopped = 0;
  {
    const SpinGuard guard(from_.block_.shards[shard_of_message(there)].lock);
    const Campaign* campaign = from_.queue_.find_campaign(there);
    if (campaign == nullptr || campaign->aborted) return Status::ok;
    tenant = campaign->tenant;
    spec.rules = campaign->rules;
    spec.rules.rate = campaign->pace.rate();
    opens_at = campaign->pace.opens_at();
    paused = campaign->paused;
    paused_at = campaign->paused_at;
    stopped = campaign->stopped;
  }
  spec.name = "copy";
  spec.tenant = tenant;
  if (const Status status = to_.queue_.create_campaign(spec, kEngineClock, here, error_); status != Status::ok) return status;
  Campaign& made = *to_.queue_.find_campaign(*here);
  made.rules.starts_at = spec.rules.starts_at;
  made.paused = paused;
  made.paused_at = paused_at;
  made.stopped = stopped;
  made.pace.owe(opens_at);
  campaigns_.emplace_back(there, *here);
  return Status::ok;
}

// Their number here.
Status PlanCopier::zones_of(const std::string& names, uint32_t* number) const {
  *number = 0;
  return names.empty() ? Status::ok : to_.queue_.zone_sets().number_of(names, number, error_);
}

// As if it were accepted, but it has taken what it takes already: the records say so.
Status PlanCopier::hold(const CopiedMessage& message, uint64_t campaign, PendingMessage* pending) {
  const std::vector<Bytes> values(message.values.begin(), message.values.end());
  EnqueueRequest request;
  request.request.operation = to_.generation().operation_number[message.operation];
  request.request.values = values;
  request.request.quantities = message.quantities;
  request.request.now = now_;
  request.campaign = campaign;
  if (message.state == MessageState::scheduled) request.send_at = message.due;
  Enqueued held;
  pending->request = &request;
  pending->out = &held;
  pending->message_class = message.message_class;
  pending->expires = message.expires == 0 ? 0 : std::max(message.expires, later(now_, 1));
  pending->campaign = campaign == 0 ? nullptr : to_.queue_.find_campaign(campaign);
  if (const Status status = zones_of(message.zone, &pending->zones); status != Status::ok) return status;
  HoldStorage storage;
  Work work;
  work.phase = Phase::enqueue;
  work.pending = pending;
  work.request = &request.request;
  work.shape = shape_of(to_.generation(), request.request.operation);
  work.locked = true;
  work.now = now_;
  work.subjects = storage.subjects.get();
  work.items = storage.items.get();
  if (const Status status = form_subjects(to_.block_, to_.block_.hash_secret(), work, nullptr); status != Status::ok)
    return status;
  return Decider(to_, work).hold_again();
}

void PlanCopier::stand_as(const CopiedMessage& message, const Held& held) const {
  Message& m = *held.message;
  m.tries = message.tries;
  if (message.stamps.size() == m.stamp_count) std::copy(message.stamps.begin(), message.stamps.end(), m.stamps());
}

// In each flow as they stand there: those that came later than they were taken in behind the others, those that came back apart.
void PlanCopier::put_in_order(const CopiedHere& here) const {
  CopiedHere waiting;
  for (const auto& one : here) {
    if (one.first->place != 0 && one.second.message->status() == MessageState::waiting) waiting.push_back(one);
  }
  const auto by_place = [](const auto& a, const auto& b) {
    return std::tie(a.first->flow, a.first->place) < std::tie(b.first->flow, b.first->place);
  };
  if (!std::is_sorted(waiting.begin(), waiting.end(), by_place)) {
    std::stable_sort(waiting.begin(), waiting.end(), by_place);
    for (const auto& [message, held] : waiting) {
      to_.queue_.turns(held.line).set_aside(held.cell);
      to_.queue_.turns(held.line).put_last(held.cell);
    }
  }
  for (const auto& [message, held] : here) {
    if (!message->came_back || held.message->status() != MessageState::waiting) continue;
    to_.queue_.turns(held.line).set_aside(held.cell);
    to_.queue_.turns(held.line).put_back(held.cell);
  }
}

// Aside, until what it waits for there. Of a campaign it is in its lane. REQUIRES: those before it on the line stand as they do there.
void PlanCopier::park(const CopiedMessage& message, const Held& held) const {
  Message& m = *held.message;
  Turns turn = to_.queue_.turns(held.line);
  if (m.has_lane) return;
  if (message.parked_flow && !held.flow->has(flow_flag::parked)) {
    if (held.flow->has(flow_flag::in_ring)) turn.leave_ring(*held.flow);
    held.flow->set(flow_flag::parked);
    held.flow->id = m.id;
    turn.hold(m.flow, message.flow_due);
    wait_for_limits(message, held);
  }
  // One whose hours are closed is parked until they open, whatever else held it there.
  if (message.state != MessageState::parked || m.status() == MessageState::parked) return;
  if (message.chained) {
    if (to_.queue_.join_chain(held)) m.due = message.due;
    return;
  }
  turn.set_aside(held.cell);
  m.set_status(MessageState::parked);
  if (message.blocked) {
    m.set(message_flag::blocked);
    wait_for_limits(message, held);
  }
  to_.queue_.hold_chain(held, message.due);
}

// Whatever its lease would charge wakes it when it changes.
void PlanCopier::wait_for_limits(const CopiedMessage& message, const Held& held) const {
  const Generation& g = to_.generation();
  const std::vector<Bytes> values(message.values.begin(), message.values.end());
  for (const Slot& slot : g.policy->operations[message.operation].slots) {
    const uint8_t number = g.scope_number[static_cast<size_t>(slot.scope)];
    uint64_t hash = hash_begin(number, to_.secret_);
    for (uint8_t i = 0; i < slot.count; ++i)
      hash = hash_add(hash, i, hash_bytes(values[slot.values[i]], to_.secret_), to_.secret_);
    to_.queue_.wait_for(held.line, hash, to_.block_.shard_at(hash));
  }
}

// What is in flight has been sent, as far as anybody knows: only its place in the queue comes back.
Status PlanCopier::leave(uint64_t message) const {
  ShardLocks locks(to_.block_);
  for (;; locks.unlock()) {
    Held held;
    if (const Status status = to_.queue_.find(message, locks, &held, error_); status != Status::ok) return status;
    const Line line = held.line;
    if (!to_.queue_.end(held, MessageState::sent, locks, now_)) continue;
    to_.queue_.settle_line(line);
    return Status::ok;
  }
}

Status PlanCopier::copy_line(const CopiedLine& line) {
  SendQueue& queue = to_.queue_;
  std::vector<uint64_t> in_flight;
  std::vector<std::pair<const CopiedMessage*, CellId>> held_here;
  for (const CopiedMessage& message : line.messages) {
    uint64_t campaign = 0;
    if (message.campaign != 0) {
      if (const Status status = copy_campaign(message.campaign, &campaign); status != Status::ok) return status;
      if (campaign == 0) continue;
    }
    PendingMessage pending;
    const Status status = hold(message, campaign, &pending);
    if (status == Status::no_memory) return no_memory();
    if (status != Status::ok) {
      ++out_.left_out;
      continue;
    }
    const Held held = queue.held_at(queue.line_at(pending.shard_index, pending.line), pending.message);
    stand_as(message, held);
    held_here.emplace_back(&message, held.cell);
    if (message.state == MessageState::leased) in_flight.push_back(held.message->id);
    ++(message.state == MessageState::leased ? out_.in_flight : out_.waiting);
  }
  if (line.messages.empty() && line.closed_until == 0) return Status::ok;
  const uint64_t hash = to_.pools_.hash_of_line(line.name);
  const CellId cell = to_.pools_.require_line(hash, line.name);
  if (cell == 0) return no_memory();
  const Line made = queue.line_at(to_.block_.shard_of(hash), cell);
  CopiedHere here;
  for (const auto& [message, at] : held_here) here.emplace_back(message, queue.held_at(made, at));
  put_in_order(here);
  // Who holds others of a recipient before those.
  for (const bool chained : {false, true}) {
    for (const auto& [message, held] : here) {
      if (message->chained == chained) park(*message, held);
    }
  }
  // Flows have their turns in this order, and what they have saved up.
  CellId last = 0;
  for (const auto& [message, held] : here) {
    if (held.message->flow == last || !held.flow->has(flow_flag::in_ring)) continue;
    last = held.message->flow;
    queue.turns(made).leave_ring(*held.flow);
    queue.turns(made).enter_ring(last);
  }
  for (const auto& [message, held] : here) held.flow->credit = held.flow->has(flow_flag::in_ring) ? message->credit : 0;
  made.queue->closed_until = line.closed_until;
  made.queue->passed_by = line.passed_by;
  if (line.ready_since != 0) made.queue->ready_since = line.ready_since;
  for (const CopiedLane& lane : line.lanes) copy_lane(lane, made);
  queue.arm(made);
  for (const uint64_t message : in_flight) {
    if (const Status status = leave(message); status != Status::ok) return status;
  }
  return Status::ok;
}

void PlanCopier::copy_lane(const CopiedLane& lane, const Line& line) const {
  const auto pair = std::find_if(campaigns_.begin(), campaigns_.end(), [&](const auto& c) { return c.first == lane.campaign; });
  uint32_t zones = 0;
  if (pair == campaigns_.end() || zones_of(lane.zone, &zones) != Status::ok) return;
  for (CellId id = line.queue->lanes; id != 0; id = to_.queue_.at<Lane>(id).next_lane) {
    auto& made = to_.queue_.at<Lane>(id);
    if (made.id != pair->second || made.zones != zones) continue;
    made.slot = lane.slot;
    made.next_slot = lane.next_slot;
    made.begun = lane.begun;
    to_.queue_.arm_lane(line, id);
  }
}

}  // namespace sluice
