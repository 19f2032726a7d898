// SPDX-License-Identifier: Apache-2.0
// A recipient from one line of a pool to another: its route, and all that waits for it, at once and in order.
#include "core/engine/moving.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "core/engine/engine_core.h"
#include "core/engine/row_subject.h"
#include "core/limits/limit.h"

namespace sluice {
namespace {

constexpr int kMostTries = 16;
constexpr size_t kMostTargets = 64;
constexpr size_t kMostWords = 48;  // bytes of one name in an event

const char* words_of(Why why) {
  constexpr const char* kWords[] = {"suspended", "removed", "full", "home"};
  return kWords[static_cast<size_t>(why)];
}

}  // namespace

uint64_t Pools::hash_of_line(Bytes name) const {
  const Generation& g = core_.generation();
  const uint8_t scope = g.scope_number[static_cast<size_t>(g.policy->line_scope)];
  return hash_first(hash_begin(scope, core_.secret_), hash_bytes(name, core_.secret_));
}

// 0: it has no record.
RecordId Pools::record_of_line(uint64_t hash, Bytes name) const {
  const Generation& g = core_.generation();
  KeyView key;
  key.count = 1;
  key.values[0] = &name;
  const uint8_t scope = g.scope_number[static_cast<size_t>(g.policy->line_scope)];
  return core_.find_locked(core_.block_.shards[core_.block_.shard_of(hash)], hash, scope, key);
}

namespace {

Bytes value_of(const Operation& operation, const StoredValues& values, int dimension) {
  const auto it = std::find(operation.values.begin(), operation.values.end(), dimension);
  return it == operation.values.end() ? Bytes() : values.values[it - operation.values.begin()];
}

Bytes recipient_of(const Held& held, const Operation& operation, const StoredValues& values, const PoolRules& rules) {
  if (rules.recipient != kNone) return value_of(operation, values, rules.recipient);
  return held.layout->recipient == kNone ? Bytes() : values.values[held.layout->recipient];
}

}  // namespace

// Whose message it is; *ours: it was taken in through this pool's lines for these values. `only`: what is not of that recipient is
// not looked at further, and is not ours.
Party Pools::party_of(const Held& held, const StoredValues& values, const PoolSet& set, const Party* only, bool* ours) const {
  const Generation& g = core_.generation();
  *ours = false;
  const int16_t position = g.operation_position(held.layout->operation);
  if (position == kNone) return {};
  const Operation& operation = g.policy->operations[static_cast<size_t>(position)];
  if (operation.pool == kNone || operation.pool != set.position) return {};
  const PoolRules& rules = g.policy->pools[static_cast<size_t>(operation.pool)];
  const Bytes recipient = recipient_of(held, operation, values, rules);
  if (only != nullptr && recipient != only->recipient) return {};
  Bytes by[kMaxPoolDimensions];
  for (size_t i = 0; i < rules.by.size(); ++i) by[i] = value_of(operation, values, rules.by[i]);
  *ours = pool_key(rules.name, {by, rules.by.size()}) == set.key;
  const Bytes account = operation.tenant == kNone ? Bytes() : values.values[operation.tenant];
  return {account.empty() ? 0 : fingerprint(core_.fingerprint_key_, account), std::string(recipient),
          fixed_hash(account, recipient)};
}

// All that waits on a line, or what of it is `only` one's, oldest first; what is on its way stays where it is. REQUIRES: the line's lock.
std::vector<Waiting> Pools::waiting_on(const PoolSet& set, const Line& line, const Party* only) const {
  SendQueue& queue = core_.queue_;
  std::vector<Waiting> all;
  const Index& cells = line.queues->cells;
  for (uint32_t i = 0; i < cells.capacity(); ++i) {
    const CellId cell = cells.word(i).id;
    if (cell == 0 || queue.at<Entry>(cell).kind != EntryKind::message) continue;
    const auto& m = queue.at<Message>(cell);
    if (queue.at<Flow>(m.flow).line != line.cell) continue;
    if (m.status() == MessageState::leased || m.status() == MessageState::unknown) continue;
    const Held held = queue.held_at(line, cell);
    Waiting one;
    one.party = party_of(held, queue.values_of(held), set, only, &one.ours);
    if (only != nullptr && !(one.ours && one.party == *only)) continue;
    one.paced = m.has_lane;
    one.cell = cell;
    one.message = m.id;
    one.unsent = m.tries == 0;
    all.push_back(std::move(one));
  }
  std::sort(all.begin(), all.end(), [](const Waiting& a, const Waiting& b) { return age_of(a.message) < age_of(b.message); });
  return all;
}

std::vector<Waiting> Pools::waiting_on(const PoolSet& set, Bytes name) const {
  if (core_.generation().policy->line_scope == kNone) return {};
  const uint64_t hash = hash_of_line(name);
  const uint32_t shard_index = core_.block_.shard_of(hash);
  const SpinGuard guard(core_.block_.shards[shard_index].lock);
  const RecordId id = record_of_line(hash, name);
  const CellId cell = id == 0 ? 0 : core_.queue_.queue_of(*core_.arena_.at(id));
  return cell == 0 ? std::vector<Waiting>() : waiting_on(set, core_.queue_.line_at(shard_index, cell));
}

// Where a recipient could go, the best first. False: it need not, or cannot, since it has gone, or the pool has.
bool Pools::read_targets(Move* move) const {
  const PoolSet& set = move->set;
  const uint64_t pool_hash = hash_of_pool(set.key), route_hash = hash_of_route(set.key, move->party.recipient);
  const uint64_t tie = move->party.tie;
  uint32_t own = 0;
  std::vector<uint32_t> taken;
  if (set.terms.sticky) {
    const SpinGuard guard(core_.block_.shards[core_.block_.shard_of(route_hash)].lock);
    RouteState* route = route_at(route_hash, set.key, move->party.recipient);
    for (const RouteOwner& owner : route == nullptr ? std::span<RouteOwner>() : std::span(route->begin(), route->used)) {
      if (!owner.lives(set.terms.forget_after, move->now)) continue;
      if (owner.account == move->party.account) {
        own = owner.line;
      } else {
        taken.push_back(owner.line);
      }
    }
  }
  move->targets.clear();
  move->route_line = own;
  const SpinGuard guard(core_.block_.shards[core_.block_.shard_of(pool_hash)].lock);
  Pool* pool = pool_at(pool_hash, set.key);
  const PoolLine* from = pool == nullptr ? nullptr : pool->at(move->from);
  if (from == nullptr) return false;
  move->from_name = from->name;
  move->version = pool->version();
  // What was sent by another line than the recipient's follows the recipient.
  uint32_t to = move->to;
  if (own != 0 && own != move->from) to = own;
  const auto count = static_cast<uint32_t>(pool->lines().size());
  Walk walk(count, tie);
  for (uint32_t i = 0; i < count && move->targets.size() < kMostTargets; ++i) {
    const PoolLine& line = pool->lines()[walk.next()];
    if (line.number == move->from || std::find(taken.begin(), taken.end(), line.number) != taken.end()) continue;
    const bool may =
        to != 0 ? line.number == to && !is_out(line.state) : line.takes_new_at(move->now, set.terms.new_recipients) == move->now;
    if (may) move->targets.push_back({line.name, line.number, {0, std::max(line.weight, 1u), tie_of(tie, line.mark)}});
  }
  return !move->targets.empty();
}

// By how long each would let them wait.
void Pools::sort_targets(Move* move) const {
  const CompiledPolicy& policy = *core_.generation().policy;
  const auto uses = [&](const Operation& operation) { return operation.queueable && operation.pool == move->set.position; };
  const auto operation = std::find_if(policy.operations.begin(), policy.operations.end(), uses);
  if (policy.line_scope == kNone || operation == policy.operations.end()) return;
  for (Target& target : move->targets) target.offer.wait = wait_of(*operation, target.name, move->now, nullptr);
  std::erase_if(move->targets, [&](const Target& target) { return target.offer.wait == kNever && move->to == 0; });
  std::sort(move->targets.begin(), move->targets.end(),
            [](const Target& a, const Target& b) { return is_better(a.offer, b.offer); });
}

// How long a message would wait on a line, and how many do. Under the line's lock.
Span Pools::wait_of(const Operation& operation, Bytes name, Instant now, uint64_t* depth) const {
  const uint64_t hash = hash_of_line(name);
  const uint32_t shard_index = core_.block_.shard_of(hash);
  Shard& shard = core_.block_.shards[shard_index];
  const SpinGuard guard(shard.lock);
  const RecordId id = record_of_line(hash, name);
  const Generation& g = core_.generation();
  const Scope& scope = g.policy->scopes[static_cast<size_t>(g.policy->line_scope)];
  const LineQueue empty;
  Outlook line = {&empty, kNeverSeen, 0, nullptr, core_.base_of(nullptr)};
  if (scope.plan_set != kNone) line.plan = g.policy->plan_sets[static_cast<size_t>(scope.plan_set)].default_plan;
  if (id != 0) {
    const Record& record = *core_.arena_.at(id);
    const CellId cell = core_.queue_.queue_of(record);
    line = {cell == 0 ? &empty : &core_.queue_.at<LineQueue>(cell), record.state(), record.plan,
            core_.extras_of(shard, id, record), core_.base_of(&record)};
  }
  if (depth != nullptr) *depth = line.queue->messages;
  return core_.queue_.expected_wait(operation, line, now);
}

// The shards of what a message took for its line, as one line's and as another's, and of where it was accepted.
void Pools::add_shards(const Held& held, Bytes to, LockSet* shards) const {
  StoredValues values = core_.queue_.values_of(held);
  shards->add(shard_of_message(held.message->id));
  for (int i = 0; i < 2; ++i) {
    for (const LayoutRow& row : held.layout->rows) {
      if (!row.at_lease) shards->add(core_.block_.shard_of(RowSubject(row, values, core_.secret_).hash));
    }
    values.values[held.layout->line] = to;
  }
}

// Whether the gauges of the queue there have room for all of them.
bool Pools::fits(const Line& from, const std::vector<Waiting>& messages, Bytes to, Instant now) const {
  struct Sum {
    int32_t limit;
    uint64_t hash, cost, spared;
  };
  std::vector<Sum> sums;
  const Generation& g = core_.generation();
  for (const Waiting& one : messages) {
    const Held held = core_.queue_.held_at(from, one.cell);
    StoredValues values = core_.queue_.values_of(held);
    values.values[held.layout->line] = to;
    for (const LayoutRow& row : held.layout->rows) {
      const bool of_line = std::find(row.values, row.values + row.value_count, held.layout->line) != row.values + row.value_count;
      const int16_t position = g.limit_position(row.limit);
      if (!row.while_queued || !of_line || position == kNone) continue;
      const RowSubject subject(row, values, core_.secret_);
      const uint64_t cost = row.quantity == kNone ? row.cost : held.message->quantities()[row.quantity];
      auto sum =
          std::find_if(sums.begin(), sums.end(), [&](const Sum& s) { return s.limit == row.limit && s.hash == subject.hash; });
      if (sum == sums.end()) sum = sums.insert(sum, {row.limit, subject.hash, 0, 0});
      sum->cost += cost;
      const auto message_class = static_cast<MessageClass>(held.message->message_class);
      sum->spared = std::max(sum->spared, g.policy->queue.spared_by(message_class));
      Shard& shard = core_.block_.shards[core_.block_.shard_of(subject.hash)];
      const RecordId id = core_.find_locked(shard, subject.hash, row.scope, subject.key);
      const Limit& limit = g.policy->limits[static_cast<size_t>(position)];
      const Record* record = id == 0 ? nullptr : core_.arena_.at(id);
      const Params params = core_.params_of(g, limit, static_cast<size_t>(position), record == nullptr ? 0 : record->plan,
                                            record == nullptr ? nullptr : core_.extras_of(shard, id, *record));
      Charge charge;
      charge.cost = sum->cost;
      charge.spared = sum->spared;
      const Instant at = std::max(now, core_.base_of(record));
      const std::byte* state = record == nullptr ? kNeverSeen : record->state() + limit.state_offset;
      if (!limit.rule.named && limit::opens_at(params, state, charge, at) != at) return false;
    }
  }
  return true;
}

// The queue of a line, begun if there is none. 0: no memory.
CellId Pools::require_line(uint64_t hash, Bytes name) {
  const uint32_t shard_index = core_.block_.shard_of(hash);
  Shard& shard = core_.block_.shards[shard_index];
  ShardCold* cold = core_.cold_of(shard, true);
  if (cold == nullptr || !core_.queue_.make_queues(*cold)) return 0;
  RecordId id = record_of_line(hash, name);
  if (id == 0) {
    const Generation& g = core_.generation();
    KeyView key;
    key.count = 1;
    key.values[0] = &name;
    id = core_.create_locked(shard, hash, g.scope_number[static_cast<size_t>(g.policy->line_scope)], key);
  }
  if (id == 0) return 0;
  const CellId cell = core_.queue_.queue_of(*core_.arena_.at(id));
  return cell != 0 ? cell : core_.queue_.begin_line(shard_index, shard, id, 0, kNever, 0);
}

// What waits there for the party; the shards that its messages ask for are locked beside those that are.
std::vector<Waiting> Pools::lock_party(const Move& move, uint64_t from_hash, Bytes to, ShardLocks& locks) const {
  for (;;) {
    std::vector<Waiting> messages;
    LockSet more;
    const RecordId id = record_of_line(from_hash, move.from_name);
    const CellId cell = id == 0 ? 0 : core_.queue_.queue_of(*core_.arena_.at(id));
    if (cell != 0) {
      const Line line = core_.queue_.line_at(core_.block_.shard_of(from_hash), cell);
      messages = waiting_on(move.set, line, &move.party);
      std::erase_if(messages, [](const Waiting& one) { return one.paced; });
      for (const Waiting& one : messages) add_shards(core_.queue_.held_at(line, one.cell), to, &more);
    }
    if (locks.extend(more)) return messages;
  }
}

bool Pools::carry_all(const Line& from, const Line& to, const std::vector<Waiting>& messages, Instant now) {
  SendQueue& queue = core_.queue_;
  for (const Waiting& one : messages) {
    const Held held = queue.held_at(from, one.cell);
    Berth berth;
    // Who goes first has room made, and those behind it stay where they are: in order.
    if (!queue.make_berth(held, to, &berth)) return false;
    queue.carry(held, to, berth, now);
  }
  return true;
}

Pools::Went Pools::move_to(const Move& move, const Target& target, uint64_t* moved) {
  const PoolSet& set = move.set;
  SendQueue& queue = core_.queue_;
  const bool queues = core_.generation().policy->line_scope != kNone;
  const uint64_t pool_hash = hash_of_pool(set.key), route_hash = hash_of_route(set.key, move.party.recipient);
  const uint64_t from_hash = queues ? hash_of_line(move.from_name) : pool_hash,
                 to_hash = queues ? hash_of_line(target.name) : pool_hash;
  LockSet first;
  for (const uint64_t hash : {pool_hash, route_hash, from_hash, to_hash}) first.add(core_.block_.shard_of(hash));
  ShardLocks locks(core_.block_);
  locks.lock(first);
  std::vector<Waiting> messages;
  if (queues) messages = lock_party(move, from_hash, target.name, locks);
  Pool* pool = pool_at(pool_hash, set.key);
  if (pool == nullptr || pool->version() != move.version) return Went::stale;
  RouteState* route = set.terms.sticky ? route_at(route_hash, set.key, move.party.recipient) : nullptr;
  RouteOwner* owner = route == nullptr ? nullptr : route->of(move.party.account, set.terms.forget_after, move.now);
  if ((owner == nullptr ? 0 : owner->line) != move.route_line) return Went::stale;
  if (route != nullptr && route->belongs_to_another(target.number, move.party.account, set.terms.forget_after, move.now)) {
    return Went::stale;
  }
  if (move.only_new && owner != nullptr) {
    const auto unsent =
        static_cast<uint32_t>(std::count_if(messages.begin(), messages.end(), [](const Waiting& w) { return w.unsent; }));
    if (owner->had != 0 || owner->accepted != unsent) return Went::stays;
  }
  if (!messages.empty()) {
    const Line from = queue.line_at(core_.block_.shard_of(from_hash),
                                    queue.queue_of(*core_.arena_.at(record_of_line(from_hash, move.from_name))));
    if (!fits(from, messages, target.name, move.now)) return Went::no_room;
    if (move.on_paper) return Went::moved;
    const CellId cell = require_line(to_hash, target.name);
    if (cell == 0) return Went::no_room;
    const Line to = queue.line_at(core_.block_.shard_of(to_hash), cell);
    const bool all = carry_all(from, to, messages, move.now);
    queue.settle_line(from);
    queue.settle_line(to);
    if (!all) return Went::no_room;
  }
  if (move.on_paper) return Went::moved;
  *moved += messages.size();
  if (owner == nullptr || owner->line != move.from) return Went::moved;
  const bool out = move.why == Why::suspended || move.why == Why::removed;
  const uint32_t home = owner->home != 0 ? owner->home : move.from;
  owner->home = !out || !set.terms.return_home || home == target.number ? 0 : home;
  if (PoolLine* left = pool->at(owner->home); left != nullptr) left->missed = true;
  owner->line = target.number;
  owner->accepted = static_cast<uint32_t>(messages.size());
  owner->had = move.why == Why::home ? 1 : 0;
  if (PoolLine* line = pool->at(target.number); line != nullptr && move.why != Why::home) line->count_new(move.now);
  tell(move, target.name, messages.size());
  return Went::moved;
}

// The line it has gone to; 0: it stays.
uint32_t Pools::run(Move* move, uint64_t* moved) {
  for (int tries = 0; tries < kMostTries; ++tries) {
    if (!read_targets(move)) return 0;
    sort_targets(move);
    bool stale = false;
    for (const Target& target : move->targets) {
      const Went went = move_to(*move, target, moved);
      if (went == Went::moved) return target.number;
      if (went == Went::stays) return 0;
      stale = went == Went::stale;
      if (stale) break;
    }
    if (!stale) return 0;
  }
  return 0;
}

bool Pools::move(const PoolSet& set, const Party& party, uint32_t from, uint32_t to, Why why, Instant now, uint64_t* moved,
                 bool only_new) {
  Move move = {set, party, from, to, why, now, only_new, false, {}, 0, 0, {}};
  return run(&move, moved) != 0;
}

uint32_t Pools::would_move(const PoolSet& set, const Party& party, uint32_t from, uint32_t to, Why why, Instant now) {
  Move move = {set, party, from, to, why, now, false, true, {}, 0, 0, {}};
  uint64_t moved = 0;
  return run(&move, &moved);
}

// "recipient=+3: +1 -> +2, suspended". Without memory for the words the event goes without them.
void Pools::tell(const Move& move, Bytes to, uint64_t messages) noexcept {
  Event event;
  event.kind = EventKind::sender_changed;
  event.at = move.now;
  event.used = messages;
  try {
    const PoolRules& rules = core_.generation().policy->pools[static_cast<size_t>(move.set.position)];
    std::string text = core_.generation().policy->dimensions[static_cast<size_t>(rules.recipient)] + "=";
    text += std::string_view(move.party.recipient).substr(0, kMostWords);
    text += ": ";
    text += std::string_view(move.from_name).substr(0, kMostWords);
    text += " -> ";
    text += to.substr(0, kMostWords);
    text += ", ";
    text += words_of(move.why);
    event.subject_len = static_cast<uint32_t>(text.size());
    std::memcpy(event.subject, text.data(), std::min(text.size(), sizeof event.subject));
  } catch (const std::bad_alloc&) {
    event.subject_len = 0;
  }
  core_.events_.push(event);
}

}  // namespace sluice
