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

Status read_rate(const CampaignPlanSpec& spec, CampaignRate* out, std::string* error) {
  if (spec.duration < 0 || spec.duration > kMaxDuration) {
    return fail(Status::invalid, error, "duration: nanoseconds, from 0 to 400 days");
  }
  if (spec.rate.empty()) return Status::ok;
  RateText rate;
  std::string words;
  if (!parse_rate(spec.rate, &rate, &words)) return fail(Status::invalid, error, "rate: " + words);
  *out = {rate.amount, rate.period};
  return Status::ok;
}

// By its own rate, and by the busiest line's part: a message each slot, from the start.
Span unhindered(const CampaignPlanSpec& spec, const LineRate& line, const CampaignRate& rate) {
  const uint64_t each = div_ceil(spec.recipients, std::min(spec.lines, spec.recipients));
  uint64_t all = mul_div_ceil(static_cast<uint64_t>(spec.duration), each - 1, each);
  const auto paced = [&](const auto& by, uint64_t share, uint64_t messages) {
    if (by.amount == 0) return;
    const uint64_t gap = mul_div_ceil(static_cast<uint64_t>(by.period), kWholeShare, by.amount * share);
    all = std::max(all, saturate(Wide{gap} * (messages - 1)));
  };
  paced(line, spec.share, each);
  paced(rate, kWholeShare, spec.recipients);
  return static_cast<Span>(std::min<uint64_t>(all, kEndOfTime));
}

}  // namespace

Status check_campaign(const CampaignPlanSpec& spec, const Planned& planned, std::string* error) {
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

Status plan_found(const CampaignPlanSpec& spec, const Planned& planned, const LivePlan* live, CampaignPlan* out,
                  std::string* error) {
  CampaignRate rate;
  CampaignPlan plan;
  if (const Status status = read_rate(spec, &rate, error); status != Status::ok) return status;
  if (const Status status = rate_of_line(planned, &plan.line_rate, error); status != Status::ok) return status;
  plan.starts_at = live == nullptr ? spec.starts_at : std::max(spec.starts_at, live->now);
  plan.unhindered = unhindered(spec, plan.line_rate, rate);
  if (const Status status = run_campaign(spec, planned, rate, live, &plan, error); status != Status::ok) return status;
  std::stable_sort(plan.blockers.begin(), plan.blockers.end(),
                   [](const Blocker& a, const Blocker& b) { return a.forever != b.forever ? a.forever : a.held > b.held; });
  say_campaign_plan(spec, planned, &plan);
  *out = std::move(plan);
  return Status::ok;
}

Status plan_campaign(const CampaignPlanSpec& spec, CampaignPlan* out, std::string* error) {
  Planned planned;
  if (const Status status = find_planned(spec.question, &planned, error); status != Status::ok) return status;
  if (const Status status = check_campaign(spec, planned, error); status != Status::ok) return status;
  return plan_found(spec, planned, nullptr, out, error);
}

}  // namespace sluice::planner
