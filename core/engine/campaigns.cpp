// SPDX-License-Identifier: Apache-2.0
// Campaigns as a whole: made, paused, aborted, counted. A campaign's home is the shard of its account.
#include <algorithm>
#include <new>

#include "core/engine/engine_core.h"
#include "core/engine/send_queue.h"
#include "core/limits/limit.h"

namespace sluice {
namespace {

constexpr const char* kUnknown = "campaign: unknown here; it was never made, ended more than a day ago, or is another engine's";
constexpr Span kLongest = 400 * kDay;
constexpr size_t kMostName = 192;
constexpr uint32_t kMostWindow = 10'000;

Status fail(Status status, std::string* error, const std::string& message) {
  if (error != nullptr) *error = message;
  return status;
}

Status check_rate(const CampaignRate& rate, std::string* error) {
  const bool right = rate.amount == 0 || (rate.amount < kCountLimit && rate.period > 0 && rate.period <= kLongest);
  return right ? Status::ok
               : fail(Status::invalid, error, "rate: from 1 to 2^48 - 1 messages each period of 1 ns to 400 days; 0 is no rate");
}

Status check_rules(const CampaignSpec& spec, std::string* error) {
  const CampaignRules& r = spec.rules;
  if (spec.tenant.empty() || spec.tenant.size() > kMaxKeyBytes)
    return fail(Status::invalid, error, "tenant: a key has 1 to 1024 bytes");
  if (spec.name.size() > kMostName) return fail(Status::invalid, error, "name: at most 192 bytes");
  if (r.starts_at != 0 && !is_instant(r.starts_at)) return fail(Status::invalid, error, "starts_at: outside [0, 2^62)");
  if (r.duration < 0 || r.duration > kLongest) return fail(Status::invalid, error, "duration: nanoseconds, from 0 to 400 days");
  if (r.share == 0 || r.share > kWholeShare)
    return fail(Status::invalid, error, "share: hundredths of a percent, from 1 to 10000");
  if (r.pause_share > kWholeShare) return fail(Status::invalid, error, "pause_share: hundredths of a percent, at most 10000");
  if (r.pause_window == 0 || r.pause_window > kMostWindow) return fail(Status::invalid, error, "pause_window: from 1 to 10000");
  return check_rate(r.rate, error);
}

CampaignState state_of(const Campaign& c) {
  if (c.aborted) return CampaignState::aborted;
  if (c.finished) return CampaignState::finished;
  return c.paused ? CampaignState::paused : CampaignState::running;
}

void report_of(const Campaign& c, CampaignReport* report) {
  report->state = state_of(c);
  report->sealed = c.sealed;
  report->accepted = c.accepted;
  report->queued = c.queued;
  report->rate = c.pace.rate();
  report->rate_opens_at = c.pace.opens_at();
  std::copy(std::begin(c.ended), std::end(c.ended), report->ended);
  report->in_flight.assign(c.in_flight.begin(), c.in_flight.end());
  std::sort(report->in_flight.begin(), report->in_flight.end());
}

}  // namespace

Campaign* SendQueue::find_campaign(uint64_t id) const {
  const uint32_t home = shard_of_message(id);
  if (id == 0 || home >= core_.block_.shard_count()) return nullptr;
  const ShardCold* cold = core_.block_.shards[home].cold;
  if (cold == nullptr || cold->queues == nullptr) return nullptr;
  const auto it = cold->queues->campaigns.find(id);
  return it == cold->queues->campaigns.end() ? nullptr : it->second.get();
}

// Of the account's record, where there is a scope of it.
uint64_t SendQueue::tenant_hash(Bytes tenant, int16_t* scope) const {
  *scope = policy().find_scope({policy().tenant});
  const uint8_t number = *scope == kNone ? kIdempotencyScope : core_.generation().scope_number[static_cast<size_t>(*scope)];
  return hash_first(hash_begin(number, core_.secret_), hash_bytes(tenant, core_.secret_));
}

Status SendQueue::create_campaign(const CampaignSpec& spec, Instant given, uint64_t* id, std::string* error) {
  Instant now;
  if (!core_.time_of(given, &now))
    return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  if (const Status status = check_rules(spec, error); status != Status::ok) return status;
  int16_t scope;
  const uint32_t home = core_.block_.shard_of(tenant_hash(spec.tenant, &scope));
  Shard& shard = core_.block_.shards[home];
  const SpinGuard guard(shard.lock);
  ShardCold* cold = core_.cold_of(shard);
  const size_t bytes = sizeof(Campaign) + 128 + spec.name.size() + spec.tenant.size();
  if (cold == nullptr || !make_queues(*cold) || !core_.memory_.charge(bytes)) {
    return fail(Status::no_memory, error, "memory_cap: no room for a campaign");
  }
  std::erase_if(cold->queues->campaigns, [&](const auto& entry) {
    const Campaign& old = *entry.second;
    const bool over = (old.finished || old.aborted) && old.lanes == 0 && old.in_flight.empty() && later(old.over_at, kDay) < now;
    if (over) core_.memory_.uncharge(old.bytes);
    return over;
  });
  try {
    auto campaign = std::make_unique<Campaign>();
    campaign->id = uint64_t{home} << kMessageShardShift | cold->queues->next_number++;
    campaign->name = spec.name;
    campaign->tenant = spec.tenant;
    campaign->rules = spec.rules;
    campaign->bytes = bytes;
    if (spec.rules.starts_at == 0) campaign->rules.starts_at = now;
    campaign->pace.set(cells(), spec.rules.rate, now);
    const uint64_t number = campaign->id;
    cold->queues->campaigns.emplace(number, std::move(campaign));
    *id = number;
  } catch (const std::bad_alloc&) {
    core_.memory_.uncharge(bytes);
    return fail(Status::no_memory, error, "memory: the host refused room for a campaign");
  }
  return Status::ok;
}

Status SendQueue::campaign_status(uint64_t id, CampaignReport* report, std::string* error) {
  if (shard_of_message(id) >= core_.block_.shard_count()) return fail(Status::not_found, error, kUnknown);
  const SpinGuard guard(core_.block_.shards[shard_of_message(id)].lock);
  const Campaign* campaign = find_campaign(id);
  if (campaign == nullptr) return fail(Status::not_found, error, kUnknown);
  report_of(*campaign, report);
  return Status::ok;
}

// One flag, and what its waiting messages took of the account; the lines follow as they are touched. REQUIRES: the home's lock.
void SendQueue::abort_campaign(Campaign& c, Instant now) {
  int16_t scope;
  const uint64_t hash = tenant_hash(c.tenant, &scope);  // takes memory, so it comes before anything has changed
  c.aborted = true;
  c.sealed = true;
  c.over_at = now;
  c.ended[static_cast<size_t>(MessageState::aborted)] += c.queued;
  c.queued = 0;
  const Generation& g = core_.generation();
  const uint32_t home = shard_of_message(c.id);
  Shard& shard = core_.block_.shards[home];
  if (scope != kNone && !c.tallies.empty()) {
    const Bytes tenant = c.tenant;
    KeyView key;
    key.count = 1;
    key.values[0] = &tenant;
    const RecordId id = core_.find_locked(shard, hash, g.scope_number[static_cast<size_t>(scope)], key);
    for (const CampaignTally& tally : c.tallies) {
      const int16_t position = g.limit_position(tally.limit);
      if (id == 0 || position == kNone || g.limit_born[static_cast<size_t>(position)] != tally.born) continue;
      Record& record = *core_.arena_.at(id);
      const Limit& limit = g.policy->limits[static_cast<size_t>(position)];
      const Params params =
          core_.params_of(g, limit, static_cast<size_t>(position), record.plan, core_.extras_of(shard, id, record));
      Taken taken;
      taken.units = tally.units;
      taken.stamp = static_cast<Instant>(tally.stamp);
      const Instant at = std::max(now, core_.base_of(&record));
      limit::refund(params, record.state() + limit.state_offset, taken, tally.units, {}, at);
      record.newest = at;
    }
    if (id != 0) subject_changed(home, hash, id);
  }
  c.tallies.clear();
  const SpinGuard guard(wakes_lock_);
  try {
    if (reclaims_.empty()) {
      reclaims_.swap(c.lines);
    } else {
      reclaims_.insert(reclaims_.end(), c.lines.begin(), c.lines.end());
    }
  } catch (const std::bad_alloc&) {
    wakes_everything_ = true;  // every line is looked at, and gives back what it has
    any_wakes_.store(true, std::memory_order_release);
  }
  any_reclaims_.store(true, std::memory_order_release);
}

Status SendQueue::change_campaign(uint64_t id, CampaignChange change, Instant given, CampaignReport* report, std::string* error) {
  Instant now;
  if (!core_.time_of(given, &now))
    return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  if (shard_of_message(id) >= core_.block_.shard_count()) return fail(Status::not_found, error, kUnknown);
  const SpinGuard guard(core_.block_.shards[shard_of_message(id)].lock);
  Campaign* c = find_campaign(id);
  if (c == nullptr) return fail(Status::not_found, error, kUnknown);
  if (c->aborted && change != CampaignChange::abort) return fail(Status::conflict, error, "campaign: aborted, which is final");
  const uint64_t removed = c->aborted ? 0 : c->queued;
  if (report != nullptr) report->in_flight.reserve(c->in_flight.size());  // here, where a lack of memory leaves all as it is
  switch (change) {
    case CampaignChange::pause:
      if (!c->paused) c->paused_at = now;
      c->paused = true;
      break;
    case CampaignChange::resume:
      if (c->paused) c->stopped = c->stopped + std::max<Span>(0, now - std::max(c->paused_at, c->rules.starts_at));
      c->paused = false;
      wake_lines(*c);
      break;
    case CampaignChange::seal:
      c->sealed = true;
      finish_if_done(*c, now);
      break;
    case CampaignChange::abort:
      if (!c->aborted) abort_campaign(*c, now);
      break;
  }
  if (report != nullptr) {
    report_of(*c, report);
    report->removed = change == CampaignChange::abort ? removed : 0;
  }
  return Status::ok;
}

Status SendQueue::set_campaign_rate(uint64_t id, CampaignRate rate, Instant given, CampaignReport* report, std::string* error) {
  Instant now;
  if (!core_.time_of(given, &now))
    return fail(Status::time, error, "now: outside [0, 2^62) or more than a day ahead of the clock");
  if (const Status status = check_rate(rate, error); status != Status::ok) return status;
  if (shard_of_message(id) >= core_.block_.shard_count()) return fail(Status::not_found, error, kUnknown);
  const SpinGuard guard(core_.block_.shards[shard_of_message(id)].lock);
  Campaign* c = find_campaign(id);
  if (c == nullptr) return fail(Status::not_found, error, kUnknown);
  if (c->aborted) return fail(Status::conflict, error, "campaign: aborted, which is final");
  if (report != nullptr) report->in_flight.reserve(c->in_flight.size());
  c->pace.set(cells(), rate, now);
  wake_lines(*c);
  if (report != nullptr) report_of(*c, report);
  return Status::ok;
}

// Its lanes look at the clock again.
void SendQueue::wake_lines(const Campaign& c) {
  const SpinGuard guard(wakes_lock_);
  try {
    for (const CampaignLine& line : c.lines) wakes_.push_back({line.shard, line.hash});
  } catch (const std::bad_alloc&) {
    wakes_everything_ = true;
  }
  any_wakes_.store(true, std::memory_order_release);
}

void SendQueue::finish_if_done(Campaign& c, Instant now) {
  if (!c.sealed || c.aborted || c.finished || c.queued != 0 || !c.in_flight.empty()) return;
  c.finished = true;
  c.over_at = now;
  tell(EventKind::campaign_finished, c, c.ended[static_cast<size_t>(MessageState::sent)], c.accepted, now);
}

void SendQueue::tell(EventKind kind, const Campaign& c, uint64_t used, uint64_t limit, Instant now) noexcept {
  Event event;
  event.kind = kind;
  event.at = now;
  event.used = used;
  event.limit = limit;
  event.subject_len = static_cast<uint32_t>(c.name.size());
  std::copy_n(c.name.data(), std::min(c.name.size(), sizeof event.subject), event.subject);
  core_.events_.push(event);
}

}  // namespace sluice
