// SPDX-License-Identifier: Apache-2.0
#include "core/engine/explain_message.h"

#include <algorithm>

#include "core/base/ratio.h"
#include "core/engine/decider.h"
#include "core/engine/engine_core.h"
#include "core/limits/limit.h"
#include "core/policy/spelling.h"

namespace sluice {
namespace {

constexpr uint32_t kMostCounted = 4096;  // of a campaign before a message: locks are held meanwhile

// What its lease would be asked for, and room for the answers. Borrows the message and its values.
struct LeaseWork {
  LeaseWork(const Generation& g, const Held& held, const StoredValues& values, uint32_t slots, Instant now) {
    request.operation = held.layout->operation;
    request.values = {values.values, values.count};
    request.quantities = {held.message->quantities(), held.message->quantity_count};
    request.now = now;
    work.request = &request;
    work.shape = shape_of(g, request.operation);
    work.phase = Phase::lease;
    work.slots = slots;
    work.now = now;
    work.subjects = subjects.get();
    work.items = items.get();
  }
  LeaseWork(const LeaseWork&) = delete;
  LeaseWork& operator=(const LeaseWork&) = delete;

  Raw<SubjectRef, kMaxSlots> subjects;
  Raw<Item, kMaxCharges> items;
  Request request;
  Work work;
};

// An instant of the queue's: what lies beyond the end of time is known to nobody.
constexpr Instant known(Instant until) { return until == 0 || until >= kEndOfTime ? kNever : until; }

std::string subject_of(const CompiledPolicy& policy, const Operation& operation, const OperationCharge& charge,
                       const StoredValues& values) {
  const Slot& slot = operation.slots[charge.slot];
  std::string text;
  for (uint8_t i = 0; i < slot.count; ++i) {
    const auto v = static_cast<size_t>(slot.values[i]);
    text += (i == 0 ? "" : ",") + policy.dimensions[operation.values[v]] + "=";
    text += values.values[v];
  }
  return text;
}

// When the message with `ahead` others before it in its lane may come to its flow, if each goes at its slot.
Instant slot_of(const Campaign& campaign, Lane lane, uint32_t ahead, Span unit, Instant now) {
  for (uint32_t i = lane.out != 0 ? 0 : 1; i <= ahead; ++i) {
    const Instant left = i == 0 ? std::max(lane.next_slot, campaign.own_time(now)) : lane.next_slot;
    lane.count -= i == 0 ? 0 : 1;
    lane.slot = lane.next_slot;
    lane.begun = true;
    lane.next_slot = lane_next_slot(lane, left, unit);
  }
  return campaign.real_time(lane.next_slot);
}

// When a campaign's own rate lets the message with `before` others of its lane before it leave; 0: it has none.
Instant paced_from(const CampaignPace& pace, const Lane& lane, uint64_t before, Instant now) {
  if (!pace.is_on()) return 0;
  const Instant first = std::max(pace.opens_at(), lane.wait.listed ? lane.wait.look.load(std::memory_order_relaxed) : 0);
  const uint64_t all = saturate(Wide{before} * static_cast<uint64_t>(pace.unit()));
  return before == 0 ? first : later(std::max(first, now), static_cast<Span>(std::min<uint64_t>(all, kEndOfTime)));
}

const char* closed_as(const PoolLine& line, Instant closed_until, Instant now) {
  switch (line.state_at(now)) {
    case LineState::suspended: return "suspended";
    case LineState::removed: return "removed";
    case LineState::paused: return line.paused_until == closed_until ? "paused" : nullptr;
    default: return nullptr;
  }
}

}  // namespace

// What a lease's charges say, each in its item. Of those behind one whose amount was never set nothing is said.
void Decider::weigh_lease() {
  for (size_t i = 0; i < work_.subject_count; ++i) look_up(work_.subjects[i]);
  static_cast<void>(make_items(nullptr));
  weigh();
}

MessageExplainer::MessageExplainer(EngineCore& core, Instant now, MessageExplanation* out)
    : core_(core), queue_(core.queue_), now_(now), out_(*out) {}

Hold& MessageExplainer::add(HoldKind kind, Instant until, bool is_bound) {
  Hold hold;
  hold.kind = kind;
  hold.until = until;
  hold.is_bound = is_bound;
  return out_.holds.emplace_back(std::move(hold));
}

const Operation& MessageExplainer::operation_of(const Held& held) const {
  const Generation& g = core_.generation();
  return g.policy->operations[static_cast<size_t>(g.operation_position(held.layout->operation))];
}

Status MessageExplainer::explain(uint64_t message, std::string* error) {
  ShardLocks locks(core_.block_);
  for (;; locks.unlock()) {
    Held held;
    if (const Status found = queue_.find(message, locks, &held, error); found != Status::ok) return found;
    out_ = {};
    if (!look(held, locks)) continue;
    out_.put_in_order();
    return Status::ok;
  }
}

bool MessageExplainer::look(const Held& held, ShardLocks& locks) {
  const MessageState state = held.message->status();
  out_.message = held.message->id;
  out_.state = SendQueue::state_of(held);
  out_.line = held.line.record->key();
  out_.promise = queue_.promise_of(held, now_);
  if (state == MessageState::leased || state == MessageState::unknown) return true;  // nothing holds it
  const StoredValues values = queue_.values_of(held);
  const std::string pool = pool_of(held, values);
  const uint64_t pool_hash = pool.empty() ? 0 : core_.pools_.hash_of_pool(pool);
  LeaseWork lease(core_.generation(), held, values, queue_.plan_of(held).lease_slots, now_);
  form_subjects(core_.block_, core_.block_.hash_secret(), lease.work, nullptr);
  LockSet more = lease.work.locks;
  if (held.message->has_lane) more.add(shard_of_message(queue_.at<Lane>(held.message->lane()).id));
  if (!pool.empty()) more.add(core_.block_.shard_of(pool_hash));
  if (!locks.extend(more)) return false;
  Decider(core_, lease.work).weigh_lease();
  look_at_message(held);
  look_at_hours(held);
  look_at_turn(held);
  look_at_earlier(held);
  look_at_campaign(held);
  look_at_line(held, pool_hash, pool);
  look_at_line_limits(held);
  look_at_limits(lease.work, values);
  look_at_flow(held);
  return true;
}

// What it waits for by itself.
void MessageExplainer::look_at_message(const Held& held) {
  const Message& m = *held.message;
  if (m.status() == MessageState::scheduled && m.due > now_) add(HoldKind::send_at, m.due);
  const bool retries = m.status() == MessageState::parked && !m.has(message_flag::blocked) && !m.in_lane;
  if (retries && m.due > now_) add(HoldKind::retry, known(m.due));
}

// By the clocks as they are now: what was parked while they were closed may be open since, as after a reload.
void MessageExplainer::look_at_hours(const Held& held) {
  const MessageHours hours = queue_.hours_of(*held.message);
  const Instant opens = hours.opens_at(now_);
  if (opens != now_) add(HoldKind::hours, known(opens)).zone = hours.zone();
}

// Without an instant of its own it waits for what parked it. REQUIRES: its limits were looked at.
void MessageExplainer::look_at_flow(const Held& held) {
  const Flow& flow = *held.flow;
  if (!flow.has(flow_flag::parked) || flow.due <= now_ || SendQueue::waits_for_hours(flow)) return;
  Instant until = known(flow.due);
  if (until == kNever) {
    Instant opens = 0;
    for (const Hold& hold : out_.holds) opens = hold.kind == HoldKind::limit ? std::max(opens, hold.until) : opens;
    if (opens != 0) until = opens;
  }
  add(HoldKind::flow, until).message = flow.id;
}

// Its turn comes when it leaves, if its line's limits are all that holds those before it.
void MessageExplainer::look_at_turn(const Held& held) {
  const Message& m = *held.message;
  if (m.status() != MessageState::waiting) return;
  const LineQueue& q = *held.line.queue;
  const Place place = place_of(queue_.cells(), m, held.cell);
  uint64_t turns = place.in_flow;
  if (held.flow->has(flow_flag::in_ring)) {
    const uint32_t floor = queue_.policy().queue.floor;
    const bool by_formula = q.costly == 0 && place.cost == 1 && core_.generation().gate != nullptr;
    std::vector<CellId> order;
    turns = (by_formula ? position_by_formula(queue_.cells(), q, floor, place)
                        : position_by_walk(queue_.cells(), q, floor, place, &order))
                .turns;
  }
  if (turns < 2) return;
  add(HoldKind::turn, known(out_.promise.eta), out_.promise.kind != WaitKind::exact).ahead = turns - 1;
}

// One that has not come to its turn will wait behind it there, too.
void MessageExplainer::look_at_earlier(const Held& held) {
  const Message& m = *held.message;
  if (held.line.queue->chains == 0 || held.layout->recipient == kNone || m.has(message_flag::holds)) return;
  const Chains::Chain* chain = held.line.queues->chains.find(queue_.chain_key(held));
  if (chain == nullptr) return;
  const auto& holder = queue_.at<Message>(chain->holder);
  if (!m.has(message_flag::chained) && is_older(m, holder)) return;
  // One that waits no more goes first all the same.
  const bool waits = holder.status() == MessageState::parked && holder.due > now_;
  add(HoldKind::earlier_message, waits ? known(holder.due) : now_, true).message = holder.id;
}

void MessageExplainer::look_at_campaign(const Held& held) {
  const Message& m = *held.message;
  if (!m.has_lane) return;
  const auto& lane = queue_.at<Lane>(m.lane());
  const Campaign& campaign = *lane.campaign;
  uint32_t ahead = 0;
  for (CellId id = m.in_lane ? m.prev : 0; id != 0 && ahead < kMostCounted; id = queue_.at<Message>(id).prev) ++ahead;
  Instant slot = 0;
  if (m.in_lane) slot = slot_of(campaign, lane, ahead, queue_.lane_unit(held.line, lane, now_), now_);
  const uint64_t before = m.in_lane ? ahead + (lane.out != 0 ? uint64_t{1} : 0) : 0;
  const Instant paced = paced_from(campaign.pace, lane, before, now_);
  if (!campaign.paused && (!m.in_lane || before == 0) && std::max(slot, paced) <= now_) return;
  const bool alone = !campaign.pace.is_on() || campaign.lanes == 1 || campaign.pace.is_first(m.lane());
  Hold& hold =
      add(HoldKind::campaign, campaign.paused ? kNever : std::max({slot, paced, now_}), before != 0 || !m.in_lane || !alone);
  hold.state = campaign.paused ? "paused" : paced > std::max(slot, now_) ? "rate" : "running";
  hold.ahead = before;
  hold.campaign = campaign.id;
  hold.name = campaign.name;
  hold.share = campaign.rules.share;
  if (campaign.pace.is_on()) hold.rate = spell_rate(campaign.pace.rate().amount, campaign.pace.rate().period);
}

// The key of the lines that its pool has for it, where that may say why its line is closed.
std::string MessageExplainer::pool_of(const Held& held, const StoredValues& values) const {
  const Operation& operation = operation_of(held);
  if (operation.pool == kNone || held.line.queue->closed_until <= now_) return {};
  const PoolRules& rules = queue_.policy().pools[static_cast<size_t>(operation.pool)];
  Bytes by[kMaxPoolDimensions];
  for (size_t i = 0; i < rules.by.size(); ++i) {
    by[i] = values.values[std::find(operation.values.begin(), operation.values.end(), rules.by[i]) - operation.values.begin()];
  }
  return pool_key(rules.name, {by, rules.by.size()});
}

// Leases that run: those that ended without a word count no more at the line's next touch.
uint32_t MessageExplainer::leases_out(const LineQueue& queue) const {
  uint32_t ended = 0;
  std::vector<CellId> open = {queue.timed};
  while (!open.empty()) {
    CellId id = open.back();
    open.pop_back();
    for (; id != 0; id = queue_.at<Entry>(id).next) {
      const auto& entry = queue_.at<Entry>(id);
      if (entry.due > now_) continue;
      ended += entry.kind == EntryKind::message && queue_.at<Message>(id).status() == MessageState::leased;
      if (entry.child != 0) open.push_back(entry.child);
    }
  }
  return queue.in_flight - ended;
}

void MessageExplainer::look_at_line(const Held& held, uint64_t pool_hash, const std::string& pool_key) {
  const LineQueue& q = *held.line.queue;
  const uint32_t cap = queue_.policy().queue.in_flight;
  const uint32_t out = cap == 0 ? 0 : leases_out(q);
  if (cap != 0 && out >= cap) {
    Hold& hold = add(HoldKind::in_flight, kOnRelease);
    hold.is_metered = true;
    hold.used = out;
    hold.amount = cap;
  }
  if (q.closed_until <= now_) return;
  Hold& hold = add(HoldKind::line, q.closed_until);
  hold.state = q.closed_until == kNever ? "bad" : "throttled";
  Pool* pool = pool_key.empty() ? nullptr : core_.pools_.pool_at(pool_hash, pool_key);
  const PoolLine* line = pool == nullptr ? nullptr : pool->find(out_.line);
  const char* state = line == nullptr ? nullptr : closed_as(*line, q.closed_until, now_);
  if (state == nullptr) return;
  hold.state = state;
  hold.reason = line->reason;
}

void MessageExplainer::meter(Hold& hold, const Limit& limit, const Params& params, const std::byte* state, Instant at) {
  hold.limit = limit.name;
  const Word word = params.amount->word;
  if (limit.rule.kind == Kind::upstream) {
    hold.state = "closed";
    return;
  }
  if (word == Word::custom) {
    hold.state = "unset";
    return;
  }
  if (word == Word::blocked) hold.state = "blocked";
  hold.is_metered = true;
  hold.used = limit::read(params, state, at).used;
  hold.amount = word == Word::blocked ? 0 : params.amount->shown;
}

// Each by itself: together they open when the last does.
void MessageExplainer::look_at_line_limits(const Held& held) {
  const Line& line = held.line;
  const Instant at = std::max(now_, core_.base_of(line.record));
  const Extras* extras = core_.extras_of(*line.shard, line.queue->record, *line.record);
  const CompiledPolicy& policy = queue_.policy();
  for (const LineCharge& charge : queue_.plan_of(held).gate.charges) {
    LineGate alone;
    alone.charges.push_back(charge);
    const Instant opens = queue_.opens_at(line, alone, held.message->quantities(), now_);
    if (opens <= now_) continue;
    Hold& hold = add(HoldKind::line_limit, opens);
    const std::byte* state = line.record->state() + charge.limit->state_offset;
    meter(hold, *charge.limit, queue_.params_of(line, charge, extras), state, at);
    const Scope& scope = policy.scopes[static_cast<size_t>(policy.line_scope)];
    hold.subject = policy.dimensions[scope.dimensions[0]] + "=" + out_.line;
  }
}

// REQUIRES: they were weighed.
void MessageExplainer::look_at_limits(const Work& work, const StoredValues& values) {
  const CompiledPolicy& policy = queue_.policy();
  const Operation& operation = policy.operations[work.shape.operation];
  for (size_t i = 0; i < work.item_count; ++i) {
    const Item& item = work.items[i];
    if (item.passes || holds_line(policy, *item.charge, *item.limit)) continue;
    Hold& hold = add(HoldKind::limit, item.opens);
    meter(hold, *item.limit, item.params, item.state(), std::max(now_, item.subject->base));
    hold.subject = subject_of(policy, operation, *item.charge, values);
  }
}

Status SendQueue::explain(uint64_t message, Instant given, std::string* json, std::string* error) {
  Instant now;
  if (!core_.time_of(given, &now)) {
    if (error != nullptr) *error = "now: outside [0, 2^62) or more than a day ahead of the clock";
    return Status::time;
  }
  MessageExplanation explanation;
  const Status status = MessageExplainer(core_, now, &explanation).explain(message, error);
  if (status == Status::ok) *json = json_of(explanation);
  return status;
}

}  // namespace sluice
