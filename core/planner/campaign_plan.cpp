// SPDX-License-Identifier: Apache-2.0
#include "core/planner/campaign_plan.h"

#include <algorithm>

#include "core/policy/text.h"

namespace sluice::planner {
namespace {

Status fail(Status status, std::string* error, const std::string& words) {
  if (error != nullptr) *error = words;
  return status;
}

Status wrong_number(std::string* error, const char* field, uint64_t given, uint64_t least, uint64_t most) {
  return fail(
      Status::invalid, error,
      std::string(field) + ": " + std::to_string(given) + "; from " + std::to_string(least) + " to " + std::to_string(most));
}

// A rate as the time in which all of them come at it.
Status read_duration(const CampaignPlanSpec& spec, Span* duration, std::string* error) {
  *duration = spec.duration;
  if (spec.duration < 0 || spec.duration > kMaxDuration) {
    return fail(Status::invalid, error, "duration: nanoseconds, from 0 to 400 days");
  }
  if (spec.rate.empty()) return Status::ok;
  if (spec.duration != 0) return fail(Status::invalid, error, "rate: there is a duration, too; give one of them");
  RateText rate;
  std::string words;
  if (!parse_rate(spec.rate, &rate, &words)) return fail(Status::invalid, error, "rate: " + words);
  const uint64_t all = mul_div_ceil(spec.recipients, static_cast<uint64_t>(rate.period), rate.amount);
  if (all > static_cast<uint64_t>(kMaxDuration)) return fail(Status::invalid, error, "rate: it takes more than 400 days");
  *duration = static_cast<Span>(all);
  return Status::ok;
}

Status check(const CampaignPlanSpec& spec, const Planned& planned, std::string* error) {
  if (spec.recipients == 0 || spec.recipients > kMostCampaign) {
    return wrong_number(error, "recipients", spec.recipients, 1, kMostCampaign);
  }
  if (spec.in_conversation > spec.recipients) {
    return wrong_number(error, "in_conversation", spec.in_conversation, 0, spec.recipients);
  }
  if (spec.lines == 0 || spec.lines > kMostPoolLines) return wrong_number(error, "lines", spec.lines, 1, kMostPoolLines);
  if (!is_instant(spec.starts_at)) return fail(Status::time, error, "starts_at: outside [0, 2^62)");
  if (spec.share == 0 || spec.share > kWholeShare) return wrong_number(error, "share", spec.share, 1, kWholeShare);
  if (planned.operation->tenant == kNone) {
    return fail(Status::invalid, error,
                "operation: a campaign is of one account; \"" + planned.operation->name + "\" takes none");
  }
  return Status::ok;
}

// By the busiest line's part: a message each slot, from the start.
Span unhindered(const CampaignPlanSpec& spec, const LineRate& rate, Span duration) {
  const uint64_t each = div_ceil(spec.recipients, std::min(spec.lines, spec.recipients));
  const uint64_t by_time = mul_div_ceil(static_cast<uint64_t>(duration), each - 1, each);
  if (rate.amount == 0) return static_cast<Span>(by_time);
  const uint64_t gap = mul_div_ceil(static_cast<uint64_t>(rate.period), kWholeShare, rate.amount * spec.share);
  return static_cast<Span>(std::min<uint64_t>(std::max(by_time, saturate(Wide{gap} * (each - 1))), kEndOfTime));
}

}  // namespace

Status plan_campaign(const CampaignPlanSpec& spec, CampaignPlan* out, std::string* error) {
  Planned planned;
  Span duration = 0;
  CampaignPlan plan;
  if (const Status status = find_planned(spec.question, &planned, error); status != Status::ok) return status;
  if (const Status status = check(spec, planned, error); status != Status::ok) return status;
  if (const Status status = read_duration(spec, &duration, error); status != Status::ok) return status;
  if (const Status status = rate_of_line(planned, &plan.line_rate, error); status != Status::ok) return status;
  plan.starts_at = spec.starts_at;
  plan.unhindered = unhindered(spec, plan.line_rate, duration);
  if (const Status status = run_campaign(spec, planned, duration, &plan, error); status != Status::ok) return status;
  std::stable_sort(plan.blockers.begin(), plan.blockers.end(),
                   [](const Blocker& a, const Blocker& b) { return a.forever != b.forever ? a.forever : a.held > b.held; });
  say_campaign_plan(spec, planned, &plan);
  *out = std::move(plan);
  return Status::ok;
}

}  // namespace sluice::planner
