// SPDX-License-Identifier: Apache-2.0
#include "core/engine/routing.h"

#include <algorithm>
#include <memory>
#include <new>
#include <shared_mutex>

#include "core/engine/dispatch.h"
#include "core/engine/engine_core.h"

namespace sluice {
namespace {

constexpr size_t kMostWeighed = 16;     // lines at a time
constexpr std::string_view kAny = "?";  // stands for a line that is not chosen yet

bool is_inbound(const Operation& operation) {
  const auto is_forced = [](const OperationCharge& charge) { return charge.type == ChargeType::forced; };
  return !operation.charges.empty() && std::all_of(operation.charges.begin(), operation.charges.end(), is_forced);
}

// The operation's value of a dimension; it has one of each that its pool asks for.
size_t place_of_dimension(const Operation& operation, int dimension) {
  const auto it = std::find(operation.values.begin(), operation.values.end(), dimension);
  return static_cast<size_t>(it - operation.values.begin());
}

// Room for what a line is weighed by.
struct LineStorage {
  Raw<SubjectRef, kMaxSlots> subjects;
  Raw<Item, kMaxCharges> items;
};

}  // namespace

// The locks of one look; while all are held none is taken.
class Router::Look {
 public:
  Look(Router& router, const LockSet& shards) : locks_(router.block_) {
    if (!router.locked_) locks_.lock(shards);
    if (!registry::alive(router.block_, router.handle_)) {
      step = router.fail(dispatch::bad_handle(router.error_));
      return;
    }
    core = router.block_.core.load(std::memory_order_relaxed);
    if (core->generation().number != router.shape_.generation) step = Step::reloaded;
  }
  Look(Router& router, uint32_t shard) : Look(router, one(shard)) {}

  EngineCore* core = nullptr;
  Step step = Step::on;

 private:
  static LockSet one(uint32_t shard) {
    LockSet set;
    set.add(shard);
    return set;
  }

  ShardLocks locks_;
};

Router::Step Router::fail(Status status) {
  status_ = status;
  return Step::failed;
}

// Which set of lines it is, and whose recipient.
void Router::read_pool_of(const CompiledPolicy& policy, const Operation& operation) {
  const PoolRules& rules = policy.pools[static_cast<size_t>(operation.pool)];
  Bytes by[kMaxPoolDimensions];
  for (size_t i = 0; i < rules.by.size(); ++i) by[i] = values_[place_of_dimension(operation, rules.by[i])];
  set_ = {operation.pool, PoolTerms(rules), pool_key(rules.name, {by, rules.by.size()})};
  const int recipient = rules.recipient != kNone ? rules.recipient : policy.find_dimension("recipient");
  const size_t at = recipient == kNone ? operation.values.size() : place_of_dimension(operation, recipient);
  routing_.recipient = at < operation.values.size() ? values_[at] : Bytes();
  const Bytes account = operation.tenant == kNone ? Bytes() : values_[operation.tenant];
  tie_ = fixed_hash(account, routing_.recipient);
  routing_.terms = set_.terms;
  routing_.set = set_.key;
  routing_.forced = pending_ == nullptr && is_inbound(operation);
  for (size_t i = 0; i < operation.slots.size(); ++i) {
    const Slot& slot = operation.slots[i];
    const auto is_line = [&](uint8_t value) { return value == line_at_; };
    if (std::any_of(slot.values, slot.values + slot.count, is_line)) routing_.line_slots |= uint32_t{1} << i;
  }
  form_slots_ = routing_.line_slots;
  for (const OperationCharge& charge : operation.charges) {
    if ((routing_.line_slots >> charge.slot & 1) != 0 && charge.plan_slot != kNone)
      form_slots_ |= uint32_t{1} << charge.plan_slot;
  }
}

// What is asked, and of which pool. Under any of the engine's locks.
Router::Step Router::read_operation() {
  const Bytes first = given_.values.empty() ? Bytes() : given_.values[0];
  const Look look(*this, block_.shard_of(first.empty() ? 0 : hash_bytes(first, block_.hash_secret())));
  if (look.step != Step::on) return look.step;
  if (!look.core->time_of(given_.now, &now_)) {
    return fail(
        dispatch::fail(Status::time, error_,
                       "now: outside [0, 2^62) or more than a day ahead of the clock; nanoseconds since the Unix epoch are "
                       "expected"));
  }
  const CompiledPolicy& policy = *look.core->generation().policy;
  const Operation& operation = policy.operations[shape_.operation];
  if (given_.values.size() != operation.values.size()) return fail(check_request(given_, shape_, error_));
  std::copy(given_.values.begin(), given_.values.end(), values_);
  if (pending_ != nullptr) message_class_ = SendQueue::class_of(*pending_->request, operation, nullptr);
  if (static_cast<size_t>(message_class_) >= kMessageClasses)
    message_class_ = operation.message_class;  // what is wrong is said later
  line_at_ = static_cast<size_t>(operation.line);
  brings_line_ = values_[line_at_].data() != nullptr || !values_[line_at_].empty();
  if (!brings_line_) values_[line_at_] = kAny;
  filled_ = given_;
  filled_.values = {values_, given_.values.size()};
  filled_.now = now_;
  if (const Status status = check_request(filled_, shape_, error_); status != Status::ok) return fail(status);
  routing_ = Routing();
  read_pool_of(policy, operation);
  const Bytes account = operation.tenant == kNone ? Bytes() : values_[operation.tenant];
  routing_.account = account.empty() ? 0 : fingerprint(look.core->fingerprint_key_, account);
  routing_.pool_hash = look.core->pools().hash_of_pool(routing_.set);
  routing_.route_hash = look.core->pools().hash_of_route(routing_.set, routing_.recipient);
  return Step::on;
}

// A campaign's messages are of its class.
Router::Step Router::read_class_of_campaign() {
  const uint64_t campaign = pending_ == nullptr ? 0 : pending_->request->campaign;
  const uint32_t home = shard_of_message(campaign);
  if (campaign == 0 || home >= block_.shard_count()) return Step::on;
  const Look look(*this, home);
  if (look.step != Step::on) return look.step;
  if (const Campaign* found = look.core->queue().find_campaign(campaign)) message_class_ = found->rules.message_class;
  return Step::on;
}

void Router::add_line_locks(Work& work, Bytes line) {
  values_[line_at_] = line;
  form_subjects(block_, block_.hash_secret(), work, nullptr);
}

// Every line that might be chosen, and whatever else the decision may touch.
Router::Step Router::lock_all(ShardLocks& locks) {
  std::vector<std::string> names;
  uint64_t version = 0;
  {
    const Look look(*this, block_.shard_of(routing_.pool_hash));
    if (look.step != Step::on) return look.step;
    if (Pool* pool = look.core->pools().pool_at(routing_.pool_hash, routing_.set)) {
      version = pool->version();
      for (const PoolLine& line : pool->lines()) names.push_back(line.name);
    }
  }
  const auto storage = std::make_unique<LargeStorage>();
  const Bytes given = values_[line_at_];
  Work work;
  work.request = &filled_;
  work.shape = shape_;
  work.subjects = storage->subjects.get();
  work.repeats = filled_.repeated.empty() ? nullptr : &storage->repeats;
  work.routing = &routing_;
  if (const Status status = form_subjects(block_, block_.hash_secret(), work, error_); status != Status::ok) return fail(status);
  for (const std::string& name : names) add_line_locks(work, name);
  if (pending_ != nullptr && pending_->request->campaign != 0) {
    const uint32_t home = shard_of_message(pending_->request->campaign);
    if (home < block_.shard_count()) work.locks.add(home);
  }
  values_[line_at_] = given;
  locks.lock(work.locks);
  locked_ = true;
  const Look look(*this, LockSet());
  if (look.step != Step::on) return look.step;
  const Pool* pool = look.core->pools().pool_at(routing_.pool_hash, routing_.set);
  return (pool == nullptr ? 0 : pool->version()) == version ? Step::on : Step::once_more;
}

Router::Step Router::read_route() {
  const Look look(*this, block_.shard_of(routing_.route_hash));
  if (look.step != Step::on) return look.step;
  taken_.clear();
  RouteState* route = look.core->pools().route_at(routing_.route_hash, routing_.set, routing_.recipient);
  if (route == nullptr) return Step::on;
  for (const RouteOwner& owner : *route) {
    if (!owner.lives(set_.terms.forget_after, now_)) continue;
    if (owner.account == routing_.account) {
      routing_.route_line = owner.line;
    } else {
      taken_.push_back(owner.line);
    }
  }
  return Step::on;
}

void Router::take(const Candidate& candidate, Sticky found) {
  line_ = candidate.name;
  values_[line_at_] = line_;
  routing_.line = candidate.number;
  routing_.found = set_.terms.sticky ? found : Sticky::none;
}

void Router::refuse(Instant opens) {
  if (!brings_line_) values_[line_at_] = kAny;
  routing_.refused = true;
  routing_.opens = opens;
}

// One that is brought wins, unless it is out or belongs to another. What comes in is not refused.
void Router::read_given(Pool* pool) {
  line_ = values_[line_at_];
  PoolLine* line = pool == nullptr ? nullptr : pool->find(line_);
  if (line == nullptr) return;
  routing_.line = line->number;
  const bool others = std::find(taken_.begin(), taken_.end(), line->number) != taken_.end();
  if (others || is_out(line->state)) {
    if (!routing_.forced) refuse(kNever);
    return;
  }
  if (line->state_at(now_) == LineState::paused && pending_ == nullptr && !routing_.forced) return refuse(line->paused_until);
  if (!set_.terms.sticky) return;
  if (routing_.route_line == 0) routing_.found = Sticky::fresh;
  if (routing_.route_line == line->number) routing_.found = Sticky::existing;
}

// The recipient cannot stay where it is.
Router::Step Router::leave_own() {
  if (stays_) {
    refuse(kNever);
    return Step::on;
  }
  return Step::move;
}

Router::Step Router::read_own(Pool& pool, const PoolLine& line) {
  if (const PoolLine* there = would_be_at_ == 0 ? nullptr : pool.at(would_be_at_); there != nullptr) {
    take({there->name, there->number, there->weight, there->mark, {}}, Sticky::moved);
    return Step::on;
  }
  own_ = {line.name, line.number, line.weight, line.mark, {}};
  const LineState state = line.state_at(now_);
  const Sticky found = moved_ ? Sticky::moved : Sticky::existing;
  const OnSuspend policy = line.policy(set_.terms.on_suspend);
  move_to_ = 0;
  why_ = state == LineState::removed ? Why::removed : Why::suspended;
  if (state == LineState::removed || (state == LineState::suspended && policy == OnSuspend::move_all && !stays_)) {
    return leave_own();
  }
  // Nothing leaves: a message may wait for it, a decision may not.
  const bool closed = state == LineState::suspended || state == LineState::paused;
  if (routing_.forced) {
    take(own_, found);
    return Step::on;
  }
  if ((state == LineState::suspended && policy == OnSuspend::fail) || (closed && pending_ == nullptr)) {
    refuse(state == LineState::paused ? line.paused_until : kNever);
    return Step::on;
  }
  take(own_, found);
  if (closed || moved_ || set_.terms.on_full == OnFull::wait || routing_.forced) return Step::on;
  weighs_own_ = true;
  read_others(pool);
  return Step::on;
}

// Those that may be given a new recipient, as many as are weighed at a time, from where the hash says.
void Router::read_others(Pool& pool) {
  candidates_.clear();
  more_ = false;
  Instant opens = kNever;
  const auto count = static_cast<uint32_t>(pool.lines().size());
  Walk walk(std::max(count, 1u), tie_);
  uint32_t takers = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const PoolLine& line = pool.lines()[walk.next()];
    if (line.number == routing_.route_line || std::find(taken_.begin(), taken_.end(), line.number) != taken_.end()) continue;
    const Instant at = line.takes_new_at(now_, set_.terms.new_recipients);
    if (at != now_) {
      opens = std::min(opens, at);
    } else if (takers++ >= passed_) {
      if (candidates_.size() == kMostWeighed) {
        more_ = true;
      } else {
        candidates_.push_back({line.name, line.number, line.weight, line.mark, {}});
      }
    }
  }
  routing_.opens = opens;
}

Router::Step Router::read_pool() {
  const Look look(*this, block_.shard_of(routing_.pool_hash));
  if (look.step != Step::on) return look.step;
  Pool* pool = look.core->pools().pool_at(routing_.pool_hash, routing_.set);
  routing_.version = pool == nullptr ? 0 : pool->version();
  if (brings_line_) {
    read_given(pool);
    return Step::on;
  }
  if (pool == nullptr) {
    refuse(kNever);
    return Step::on;
  }
  const PoolLine* own = routing_.route_line == 0 ? nullptr : pool->at(routing_.route_line);
  if (own != nullptr) return read_own(*pool, *own);
  read_others(*pool);
  routing_.found = routing_.route_line == 0 ? Sticky::fresh : Sticky::moved;
  return Step::on;
}

// What its limits and its queue say, under its own locks.
Router::Step Router::weigh(Candidate& candidate) {
  Request ask = filled_;
  ask.idempotency_key = {};
  values_[line_at_] = candidate.name;
  LineStorage small;
  std::unique_ptr<LargeStorage> large;
  Work work;
  work.request = &ask;
  work.shape = shape_;
  work.phase = pending_ == nullptr ? Phase::decide : Phase::enqueue;
  work.message_class = message_class_;
  work.now = now_;
  work.slots = form_slots_;
  work.charge_slots = routing_.line_slots;
  if (ask.repeated.empty()) {
    work.subjects = small.subjects.get();
    work.items = small.items.get();
  } else {
    large = std::make_unique<LargeStorage>();
    work.subjects = large->subjects.get();
    work.items = large->items.get();
    work.repeats = &large->repeats;
  }
  if (const Status status = form_subjects(block_, block_.hash_secret(), work, error_); status != Status::ok) return fail(status);
  if (work.subject_count == 0) work.locks.add(0);
  const Look look(*this, work.locks);
  if (look.step == Step::on) candidate.verdict = Decider(*look.core, work).weigh_line();
  return look.step;
}

// *best: of those that do not refuse; *first: of the others, the first to open. nullptr: none.
Router::Step Router::best_of_others(const Candidate** best, const Candidate** first) {
  *best = *first = nullptr;
  const auto offer = [this](const Candidate& c) { return Offer{c.verdict.wait, c.weight, tie_of(tie_, c.mark)}; };
  for (Candidate& c : candidates_) {
    if (const Step step = weigh(c); step != Step::on) return step;
    if (c.verdict.refuses) {
      if (*first == nullptr || c.verdict.opens < (*first)->verdict.opens) *first = &c;
    } else if (c.verdict.wait != kNever && (*best == nullptr || is_better(offer(c), offer(**best)))) {
      *best = &c;
    }
  }
  return Step::on;
}

Router::Step Router::choose_other() {
  const Sticky found = routing_.found;
  const Candidate *best, *first;
  Candidate first_of_all;
  bool any = false;
  for (;;) {
    if (const Step step = best_of_others(&best, &first); step != Step::on) return step;
    if (first != nullptr && (!any || first->verdict.opens < first_of_all.verdict.opens)) first_of_all = *first;
    any = any || first != nullptr;
    if (best != nullptr || !more_) break;
    passed_ += kMostWeighed;
    const Look look(*this, block_.shard_of(routing_.pool_hash));
    if (look.step != Step::on) return look.step;
    Pool* pool = look.core->pools().pool_at(routing_.pool_hash, routing_.set);
    if (pool == nullptr || pool->version() != routing_.version) return Step::once_more;
    read_others(*pool);
  }
  if (best != nullptr) {
    take(*best, found);
    routing_.weighed = true;
  } else if (any && first_of_all.verdict.opens <= routing_.opens) {
    take(first_of_all, found);
  } else {
    refuse(routing_.opens);
  }
  return Step::on;
}

// The recipient's line refuses it: another may do.
Router::Step Router::choose_when_full() {
  if (const Step step = weigh(own_); step != Step::on) return step;
  const Candidate *best = nullptr, *first;
  if (own_.verdict.refuses) {
    if (const Step step = best_of_others(&best, &first); step != Step::on) return step;
  }
  if (best == nullptr || (stays_ && set_.terms.on_full == OnFull::rehome)) {
    take(own_, Sticky::existing);
    return Step::on;
  }
  const bool spills = set_.terms.on_full == OnFull::spill;
  move_to_ = best->number;
  why_ = Why::full;
  routing_.weighed = true;
  take(*best, spills ? Sticky::spilled : Sticky::moved);
  return spills ? Step::on : Step::move;
}

Router::Step Router::choose() {
  routing_.route_line = routing_.line = 0;
  routing_.refused = routing_.weighed = weighs_own_ = false;
  routing_.found = Sticky::none;
  passed_ = 0;
  taken_.clear();
  candidates_.clear();
  line_.clear();
  if (set_.terms.sticky) {
    if (const Step step = read_route(); step != Step::on) return step;
  }
  if (const Step step = read_pool(); step != Step::on) return step;
  if (weighs_own_) return choose_when_full();
  return brings_line_ || routing_.refused || routing_.line != 0 ? Step::on : choose_other();
}

// Whether a line that a recipient would be moved to for this message would take it.
bool Router::would_pass() {
  Decision decision;
  bool again = false;
  return decide(given_.flags | flag::peek, &decision, &again) == Status::ok && !again;
}

// No reload comes between: moving knows the policy by its places. An explanation holds that lock already, so a peek does not wait
// for it: it would wait for a reload that waits for the explanation.
void Router::move_recipient() {
  std::shared_lock lock(block_.admin, std::defer_lock);
  if (!peeks()) {
    lock.lock();
  } else if (!lock.try_lock()) {
    stays_ = true;
    return;
  }
  if (!registry::alive(block_, handle_)) return;
  EngineCore& core = *block_.core.load(std::memory_order_relaxed);
  if (core.generation().number != shape_.generation) return;
  uint64_t count = 0;
  const Party party = {routing_.account, std::string(routing_.recipient), tie_};
  if (peeks()) {
    would_be_at_ = core.pools().would_move(set_, party, own_.number, move_to_, why_, now_);
    stays_ = would_be_at_ == 0;
    return;
  }
  const bool moved = core.pools().move(set_, party, own_.number, move_to_, why_, now_, &count);
  moved_ = moved_ || moved;
  stays_ = !moved;
}

Status Router::decide(uint32_t flags, Decision* decision, bool* again) {
  Request request = filled_;
  request.flags = flags;
  Work work;
  work.request = &request;
  work.given = &given_;
  work.shape = shape_;
  work.phase = pending_ == nullptr ? Phase::decide : Phase::enqueue;
  work.pending = pending_;
  work.routing = &routing_;
  work.locked = locked_;
  if (routing_.refused && !brings_line_) work.charge_slots = ~routing_.line_slots;
  return dispatch::decide_work(block_, handle_, work, decision, error_, again);
}

void Router::answer(Status status) {
  const bool known = status == Status::ok || status == Status::denied || status == Status::would_queue;
  const std::string line = known && !routing_.refused ? line_ : std::string();
  if (decision_.line != nullptr) *decision_.line = line;
  if (pending_ == nullptr) return;
  pending_->out->line = line;
  pending_->out->sticky = status == Status::ok ? routing_.found : Sticky::none;
}

Status Router::run(const OperationShape& shape, bool* again) {
  shape_ = shape;
  *again = false;
  for (int tries = 0;; ++tries) {
    ShardLocks locks(block_);
    locked_ = false;
    Step step = read_operation();
    if (step == Step::on) step = read_class_of_campaign();
    if (step == Step::on && tries >= kLooks) step = lock_all(locks);
    if (step == Step::on) step = choose();
    if (step == Step::failed) return status_;
    if (step == Step::reloaded) {
      *again = true;
      return Status::ok;
    }
    if (step == Step::once_more) continue;
    if (step == Step::move) {
      const bool pays = why_ != Why::full || would_pass();
      locks.unlock();
      locked_ = false;
      if (pays) {
        move_recipient();
      } else {
        stays_ = true;
      }
      continue;
    }
    bool stale = false;
    const Status status = decide(given_.flags, &decision_, &stale);
    if (stale) continue;
    answer(status);
    return status;
  }
}

}  // namespace sluice
