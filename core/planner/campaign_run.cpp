// SPDX-License-Identifier: Apache-2.0
// A campaign from its first message to its last.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <deque>
#include <unordered_map>

#include "core/planner/campaign_plan.h"

namespace sluice::planner {
namespace {

constexpr const char* kOther = "planner";  // every value that is neither line nor recipient
constexpr uint32_t kTries = 8;             // of one recipient by average, so that a plan ends

Status fail(Status status, std::string* error, const std::string& words) {
  if (error != nullptr) *error = words;
  return status;
}

// How much of its pace a line gives, in its busiest while: a second, or ten messages' time when that is more.
class Peak {
 public:
  explicit Peak(const LineRate& rate) : rate_(rate) {
    if (rate.amount != 0)
      while_ = std::max<Span>(kSecond, static_cast<Span>(mul_div_ceil(10, static_cast<uint64_t>(rate.period), rate.amount)));
  }
  void count(Instant at) {
    if (while_ == 0) return;
    recent_.push_back(at);
    while (recent_.front() <= at - while_) recent_.pop_front();
    most_ = std::max(most_, recent_.size());
  }
  uint32_t share() const {
    if (while_ == 0) return 0;
    const uint64_t whole = mul_div_ceil(static_cast<uint64_t>(while_), rate_.amount, static_cast<uint64_t>(rate_.period));
    return static_cast<uint32_t>(std::min<uint64_t>(mul_div_ceil(most_, 10'000, whole), 10'000));
  }

 private:
  LineRate rate_;
  Span while_ = 0;
  std::deque<Instant> recent_;
  size_t most_ = 0;
};

class CampaignRun {
 public:
  CampaignRun(const CampaignPlanSpec& spec, const Planned& planned, const LivePlan* live, CampaignPlan* plan, std::string* error)
      : spec_(spec),
        planned_(planned),
        operation_(*planned.operation),
        live_(live),
        begin_(live == nullptr ? spec.starts_at : live->now),
        line_count_(live == nullptr ? spec.lines : static_cast<uint32_t>(live->lines.size())),
        plan_(*plan),
        error_(error) {}

  Status open(const CampaignRate& rate);
  Status begin();
  Bytes account() const;
  void read_quota(bool after);
  void note_memory();
  std::string recipient_name(uint32_t number) const;
  Status run();

 private:
  Bytes value_at(size_t position, Bytes line, Bytes recipient) const;
  std::vector<Bytes> values(Bytes line, Bytes recipient) const;
  Status set_plans();
  Status set_lines();
  const OperationCharge* conversations() const;
  Status begin_conversations();
  Status receive(const Operation& inbound, uint8_t whom, const std::string& recipient);
  Status put_next(Enqueued* held);
  Status accept_all();
  Status refused(const Enqueued& held);
  Status send_due(bool* any);
  Status find_holder(Instant until);
  size_t blocker(const std::string& limit, bool refuses);
  void hold(size_t blocker, Instant from, Instant until);
  void finish();
  uint32_t line_number(const std::string& name) const;
  std::string line_name(uint32_t number) const {
    return live_ != nullptr ? live_->lines[number] : "line " + std::to_string(number + 1);
  }

  const CampaignPlanSpec& spec_;
  const Planned& planned_;
  const Operation& operation_;
  const LivePlan* const live_;
  const Instant begin_;
  const uint32_t line_count_;
  uint64_t memory_before_ = 0;
  std::unordered_map<std::string, uint32_t> line_numbers_;  // of a live engine
  CampaignPlan& plan_;
  std::string* const error_;
  Scratch scratch_;
  int32_t id_ = -1;
  uint64_t campaign_ = 0;
  uint32_t next_ = 0;           // recipient to be taken in
  Instant try_at_ = 0;          // when the client tries again
  bool on_release_ = false;     // or when something leaves
  size_t refusing_ = SIZE_MAX;  // what refused it
  uint64_t refusals_ = 0;
  size_t holding_ = SIZE_MAX;  // what holds the first that waits inside; none: its slot
  uint32_t first_ = 0;         // that waits inside, or next_
  std::vector<bool> sent_;
  std::vector<uint16_t> line_of_;
  std::vector<Peak> peaks_;
};

Bytes CampaignRun::value_at(size_t position, Bytes line, Bytes recipient) const {
  const auto at = static_cast<int16_t>(position);
  if (at == operation_.line || at == planned_.recipient) return at == operation_.line ? line : recipient;
  return live_ == nullptr ? Bytes(kOther) : live_->values[position];
}

Bytes CampaignRun::account() const { return value_at(static_cast<size_t>(operation_.tenant), {}, {}); }

std::string CampaignRun::recipient_name(uint32_t number) const {
  if (live_ == nullptr) return std::to_string(number);
  return live_->recipients.empty() ? "planned recipient " + std::to_string(number) : std::string(live_->recipients[number]);
}

std::vector<Bytes> CampaignRun::values(Bytes line, Bytes recipient) const {
  std::vector<Bytes> values;
  for (size_t i = 0; i < operation_.values.size(); ++i) values.push_back(value_at(i, line, recipient));
  return values;
}

uint32_t CampaignRun::line_number(const std::string& name) const {
  if (live_ != nullptr) return line_numbers_.at(name);
  uint32_t number = 1;
  std::from_chars(name.data() + std::strlen("line "), name.data() + name.size(), number);
  return number - 1;
}

Status CampaignRun::set_plans() {
  const CompiledPolicy& policy = *planned_.policy;
  for (const OnPlan& on : spec_.question.plans) {
    const bool of_lines = policy.line != kNone && on.dimension == policy.dimensions[static_cast<size_t>(policy.line)];
    if (planned_.recipient != kNone &&
        on.dimension == policy.dimensions[operation_.values[static_cast<size_t>(planned_.recipient)]]) {
      return fail(Status::invalid, error_, "plans: those of recipients are not planned with");
    }
    for (uint32_t i = 0; i < (of_lines ? spec_.lines : 1); ++i) {
      const std::string name = of_lines ? line_name(i) : kOther;
      const Bytes value = name;
      const Status status = Engine::set_plan(scratch_.handle(), {on.dimension, {&value, 1}}, on.plan, kEngineClock, error_);
      if (status != Status::ok) return status;
    }
  }
  return Status::ok;
}

Status CampaignRun::set_lines() {
  if (operation_.pool == kNone) return Status::ok;
  const PoolRules& pool = planned_.policy->pools[static_cast<size_t>(operation_.pool)];
  const std::vector<Bytes> by(pool.by.size(), kOther);
  for (uint32_t i = 0; i < spec_.lines; ++i) {
    const std::string name = line_name(i);
    LineChange change;
    change.pool = pool.name;
    change.by = by;
    change.line = name;
    const Status status = Engine::set_line(scratch_.handle(), change, kEngineClock, nullptr, error_);
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

// The charge that counts conversations, nullptr when there is none.
const OperationCharge* CampaignRun::conversations() const {
  for (const OperationCharge& charge : operation_.charges) {
    if (planned_.policy->limits[static_cast<size_t>(charge.limit)].rule.kind == Kind::distinct) return &charge;
  }
  return nullptr;
}

// As the policy says that a recipient has written: by an operation with an exempt charge on what counts conversations.
Status CampaignRun::begin_conversations() {
  if (spec_.in_conversation == 0) return Status::ok;
  const OperationCharge* counted = conversations();
  if (counted == nullptr) {
    plan_.notes.push_back("in_conversation: nothing that \"" + operation_.name + "\" charges tells new recipients from others");
    return Status::ok;
  }
  const auto exempts = [&](const OperationCharge& c) { return c.limit == counted->limit && c.type == ChargeType::exempt; };
  for (const Operation& other : planned_.policy->operations) {
    if (other.repeats != kNone || std::none_of(other.charges.begin(), other.charges.end(), exempts)) continue;
    Status status = Status::ok;
    for (uint32_t i = 0; i < spec_.in_conversation && status == Status::ok; ++i) {
      status = receive(other, operation_.values[static_cast<size_t>(counted->of)], std::to_string(i));
    }
    return status;
  }
  return fail(Status::invalid, error_,
              "in_conversation: no operation of this policy says that a recipient is (with an exempt charge on \"" +
                  planned_.policy->limits[static_cast<size_t>(counted->limit)].name + "\"); pass 0");
}

// It has happened, so nothing refuses it.
Status CampaignRun::receive(const Operation& inbound, uint8_t whom, const std::string& recipient) {
  const std::string line = line_name(0);
  std::vector<Bytes> values;
  for (const uint8_t dimension : inbound.values) {
    const bool is_line = dimension == planned_.policy->line;
    values.push_back(dimension == whom ? Bytes(recipient) : is_line ? Bytes(line) : Bytes(kOther));
  }
  const std::vector<uint64_t> quantities(inbound.quantities.size(), 1);
  Request request;
  request.operation = Engine::operation_id(scratch_.handle(), inbound.name);
  request.values = values;
  request.quantities = quantities;
  request.flags = flag::force;
  Decision decision;
  const Status status = Engine::decide(scratch_.handle(), request, &decision, error_);
  return status < Status::ok ? status : Status::ok;
}

// The engine to run it in.
Status CampaignRun::begin() {
  if (live_ != nullptr) {
    scratch_.adopt(live_->engine, live_->now);
    for (uint32_t i = 0; i < line_count_; ++i) line_numbers_.emplace(live_->lines[i], i);
    plan_.waiting = live_->waiting;
    plan_.in_flight = live_->in_flight;
    return Status::ok;
  }
  Status status =
      scratch_.open(spec_.question.policy, spec_.question.stance, spec_.question.zoneinfo_dir, spec_.starts_at, error_);
  if (status == Status::ok) status = set_plans();
  if (status == Status::ok) status = set_lines();
  return status == Status::ok ? begin_conversations() : status;
}

// What the account has used of each of its limits.
void CampaignRun::read_quota(bool after) {
  std::vector<UsageRow> rows;
  const Bytes value = account();
  const Bytes scope = planned_.policy->dimensions[planned_.policy->tenant];
  if (Engine::usage(scratch_.handle(), {scope, {&value, 1}}, kEngineClock, &rows, nullptr) != Status::ok) return;
  for (size_t i = 0; i < rows.size(); ++i) {
    PlannedQuota quota;
    if (Engine::limit_name(scratch_.handle(), rows[i].limit_id, &quota.limit) != Status::ok) continue;
    quota.amount = rows[i].limit;
    quota.before = rows[i].used;
    if (!after) plan_.quota.push_back(quota);
    for (PlannedQuota& had : plan_.quota) had.after = had.limit == quota.limit ? rows[i].used : had.after;
  }
}

// Whether all of it, once it is taken in, has room in the engine that was asked.
void CampaignRun::note_memory() {
  Counters counters;
  if (live_ == nullptr || Engine::counters(scratch_.handle(), &counters) != Status::ok) return;
  const uint64_t takes = counters.memory_used - std::min(counters.memory_used, memory_before_);
  if (takes <= live_->memory_left) return;
  plan_.notes.push_back("memory: its messages take about " + std::to_string(takes) +
                        " bytes without their payloads, and the engine has " + std::to_string(live_->memory_left) +
                        " left below its cap; raise memory_cap, or it will refuse some");
}

Status CampaignRun::open(const CampaignRate& rate) {
  if (const Status status = begin(); status != Status::ok) return status;
  read_quota(false);
  Counters counters;
  if (Engine::counters(scratch_.handle(), &counters) == Status::ok) memory_before_ = counters.memory_used;
  id_ = Engine::operation_id(scratch_.handle(), operation_.name);
  CampaignSpec campaign;
  campaign.name = "plan";
  campaign.tenant = account();
  campaign.rules.starts_at = std::max(spec_.starts_at, begin_);
  campaign.rules.duration = spec_.duration;
  campaign.rules.rate = rate;
  campaign.rules.share = spec_.share;
  sent_.assign(spec_.recipients, false);
  line_of_.assign(spec_.recipients, 0);
  peaks_.assign(line_count_, Peak(plan_.line_rate));
  for (uint32_t i = 0; i < line_count_; ++i) plan_.lines.push_back({line_name(i)});
  try_at_ = begin_;
  return Engine::create_campaign(scratch_.handle(), campaign, kEngineClock, &campaign_, error_);
}

size_t CampaignRun::blocker(const std::string& limit, bool refuses) {
  const auto same = [&](const Blocker& b) { return b.limit == limit && b.refuses == refuses; };
  const auto at = std::find_if(plan_.blockers.begin(), plan_.blockers.end(), same);
  if (at != plan_.blockers.end()) return static_cast<size_t>(at - plan_.blockers.begin());
  Blocker fresh;
  fresh.limit = limit;
  fresh.refuses = refuses;
  fresh.first_at = scratch_.now();
  plan_.blockers.push_back(std::move(fresh));
  return plan_.blockers.size() - 1;
}

void CampaignRun::hold(size_t at, Instant from, Instant until) {
  if (at == SIZE_MAX) return;
  plan_.blockers[at].held += until - from;
  plan_.blockers[at].last_until = until;
}

// The client does as it was told: it waits so long, or for what leaves next.
Status CampaignRun::refused(const Enqueued& held) {
  const Decision& d = held.decision;
  std::string name;
  if (d.limit_id >= 0 && d.denial != DenialKind::pool) {
    if (const Status status = Engine::limit_name(scratch_.handle(), d.limit_id, &name); status != Status::ok) return status;
  }
  refusing_ = blocker(name, true);
  Blocker& by = plan_.blockers[refusing_];
  ++by.times;
  if (++refusals_ > uint64_t{kTries} * spec_.recipients + 10'000) {
    return fail(Status::too_many, error_,
                "recipients: \"" + name + "\" refuses them too often to plan for so many; plan for fewer");
  }
  by.forever = d.wait_kind == WaitKind::never;
  const bool timed = d.wait_kind == WaitKind::exact || (d.wait_kind == WaitKind::bound && d.denial != DenialKind::depth);
  on_release_ = d.wait_kind != WaitKind::exact && !by.forever;
  try_at_ = timed && d.retry_after > 0 ? later(scratch_.now(), d.retry_after) : kNever;
  return Status::ok;
}

Status CampaignRun::put_next(Enqueued* held) {
  const std::string recipient = recipient_name(next_);
  const std::string line = operation_.pool == kNone ? line_name(next_ % line_count_) : std::string();
  const std::vector<Bytes> with = values(line.empty() ? Bytes() : Bytes(line), recipient);
  const std::vector<uint64_t> quantities(operation_.quantities.size(), 1);
  const uint64_t number = next_;
  char payload[sizeof number];
  std::memcpy(payload, &number, sizeof number);
  EnqueueRequest request;
  request.request.operation = id_;
  request.request.values = with;
  request.request.quantities = quantities;
  request.payload = {payload, sizeof payload};
  request.campaign = campaign_;
  return Engine::enqueue(scratch_.handle(), request, held, error_);
}

Status CampaignRun::accept_all() {
  while (next_ < spec_.recipients && try_at_ <= scratch_.now()) {
    Enqueued held;
    Status status = put_next(&held);
    if (status == Status::denied) {
      if (status = refused(held); status != Status::ok) return status;
      continue;
    }
    if (status != Status::ok) return status;
    line_of_[next_] = static_cast<uint16_t>(operation_.pool == kNone ? next_ % line_count_ : line_number(held.line));
    refusing_ = SIZE_MAX;
    on_release_ = false;
    if (++next_ == spec_.recipients) {
      note_memory();
      return Engine::change_campaign(scratch_.handle(), campaign_, CampaignChange::seal, kEngineClock, nullptr, error_);
    }
  }
  return Status::ok;
}

Status CampaignRun::send_due(bool* any) {
  std::vector<Taker::One>* sent = nullptr;
  const Status status = scratch_.send_due(&sent, error_);
  if (status != Status::ok) return status;
  *any = !sent->empty();
  for (const Taker::One& one : *sent) {
    if (one.campaign != campaign_) continue;  // what was in front
    sent_[one.number] = true;
    PlannedLine& line = plan_.lines[line_of_[one.number]];
    if (line.messages++ == 0) line.first_at = scratch_.now();
    line.last_at = plan_.finishes_at = scratch_.now();
    peaks_[line_of_[one.number]].count(scratch_.now());
    ++plan_.sent;
  }
  if (*any && on_release_) try_at_ = scratch_.now();
  while (first_ < next_ && sent_[first_]) ++first_;
  return Status::ok;
}

// What the first that waits has to wait for until then; none: its slot.
Status CampaignRun::find_holder(Instant until) {
  const size_t before = holding_;
  holding_ = SIZE_MAX;
  if (first_ == next_) return Status::ok;
  const std::string recipient = recipient_name(first_);
  const std::string line = line_name(line_of_[first_]);
  const std::vector<Bytes> with = values(line, recipient);
  const std::vector<uint64_t> quantities(operation_.quantities.size(), 1);
  std::array<Detail, 2 * kMaxCharges> details;
  Request request;
  request.operation = id_;
  request.values = with;
  request.quantities = quantities;
  request.flags = flag::peek;
  Decision decision;
  decision.details = details;
  if (const Status status = Engine::decide(scratch_.handle(), request, &decision, error_); status < Status::ok) return status;
  const Detail* latest = nullptr;
  for (uint32_t i = 0; i < std::min<uint32_t>(decision.detail_count, details.size()); ++i) {
    const OperationCharge& charge = operation_.charges[details[i].charge];
    if (charge.mode != Mode::queue || charge.while_queued || details[i].opens_at < until) continue;
    if (latest == nullptr || details[i].opens_at > latest->opens_at) latest = &details[i];
  }
  if (latest == nullptr) return Status::ok;
  std::string name;
  if (const Status status = Engine::limit_name(scratch_.handle(), latest->limit_id, &name); status != Status::ok) return status;
  holding_ = blocker(name, false);
  if (holding_ != before) ++plan_.blockers[holding_].times;
  plan_.blockers[holding_].forever = latest->opens_at == kNever;
  return Status::ok;
}

void CampaignRun::finish() {
  if (plan_.sent < spec_.recipients) plan_.finishes_at = 0;
  read_quota(true);
  for (uint32_t i = 0; i < line_count_; ++i) plan_.lines[i].peak_share = peaks_[i].share();
}

Status CampaignRun::run() {
  const Instant end = later(plan_.starts_at, kMostCampaignTime);
  while (plan_.sent < spec_.recipients) {
    if (const Status status = accept_all(); status != Status::ok) return status;
    bool any = false;
    if (const Status status = send_due(&any); status != Status::ok) return status;
    if (any) continue;
    const Instant now = scratch_.now();
    const Instant next = std::max(now + 1, std::min(scratch_.next_due(), next_ < spec_.recipients ? try_at_ : kNever));
    if (const Status status = find_holder(std::min(next, end)); status != Status::ok) return status;
    if (next >= end) break;
    hold(refusing_, now, next);
    hold(holding_, now, next);
    if (holding_ == SIZE_MAX && first_ < next_) plan_.spread += next - now;
    if (const Status status = scratch_.set_clock(next); status != Status::ok) return status;
  }
  finish();
  return Status::ok;
}

}  // namespace

Status run_campaign(const CampaignPlanSpec& spec, const Planned& planned, const CampaignRate& rate, const LivePlan* live,
                    CampaignPlan* plan, std::string* error) {
  CampaignRun run(spec, planned, live, plan, error);
  if (const Status status = run.open(rate); status != Status::ok) return status;
  return run.run();
}

}  // namespace sluice::planner
