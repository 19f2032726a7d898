// SPDX-License-Identifier: Apache-2.0
// A campaign asked of a running engine: what it would meet is copied, and runs there.
#include <algorithm>

#include "core/planner/campaign_plan.h"

namespace sluice::planner {
namespace {

constexpr int kTries = 3;  // a policy that is reloaded again and again is nobody's to plan with

Status fail(Status status, std::string* error, const std::string& words) {
  if (error != nullptr) *error = words;
  return status;
}

// The copy goes, whether or not it ran.
struct Copy {
  Copy() = default;
  ~Copy() { Engine::destroy(copied.engine); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  PlanCopied copied;
};

bool is_key(Bytes value) { return !value.empty() && value.size() <= kMaxKeyBytes; }

Status check_live(const LivePlanSpec& live, const CampaignPlanSpec& spec, const Planned& planned, std::string* error) {
  const Operation& operation = *planned.operation;
  if (live.values.size() != operation.values.size()) {
    return fail(Status::invalid, error,
                "values: " + std::to_string(live.values.size()) + " given; \"" + operation.name + "\" takes " +
                    std::to_string(operation.values.size()) + ", the line's and the recipient's among them, which are left out");
  }
  for (size_t i = 0; i < live.values.size(); ++i) {
    const auto at = static_cast<int16_t>(i);
    const std::string name = planned.policy->dimensions[operation.values[i]];
    const bool open = at == operation.line || at == planned.recipient;
    if (open ? !live.values[i].empty() : !is_key(live.values[i])) {
      return fail(
          Status::invalid, error,
          "values: " + name + (open ? " is left out: the campaign has many" : " is missing, or no key of 1 to 1024 bytes"));
    }
  }
  if ((operation.pool == kNone) != !live.lines.empty()) {
    return fail(Status::invalid, error,
                operation.pool == kNone ? "lines: name those that it goes by; the operation has no pool"
                                        : "lines: the operation has a pool, whose lines it goes by; leave them out");
  }
  if (!live.recipients.empty() && live.recipients.size() != spec.recipients) {
    return fail(Status::invalid, error,
                "recipients: " + std::to_string(spec.recipients) + " messages and " + std::to_string(live.recipients.size()) +
                    " names; one for each, or none");
  }
  const auto all_keys = [](std::span<const Bytes> names) { return std::all_of(names.begin(), names.end(), is_key); };
  if (!all_keys(live.lines)) return fail(Status::invalid, error, "lines: a key has 1 to 1024 bytes");
  if (!all_keys(live.recipients)) return fail(Status::invalid, error, "recipients: a key has 1 to 1024 bytes");
  if (spec.in_conversation != 0) {
    return fail(Status::invalid, error, "in_conversation: a running engine knows who is; name the recipients and pass 0");
  }
  return Status::ok;
}

}  // namespace

Status plan_campaign_on(const LivePlanSpec& live, const CampaignPlanSpec& asked, CampaignPlan* out, std::string* error) {
  CampaignPlanSpec spec = asked;
  if (!live.lines.empty()) spec.lines = static_cast<uint32_t>(live.lines.size());
  Status status = Status::conflict;
  for (int i = 0; i < kTries && status == Status::conflict; ++i) {
    std::shared_ptr<const CompiledPolicy> policy;
    Planned planned;
    if (status = Engine::policy_of(live.engine, &policy, error); status != Status::ok) return status;
    if (status = find_planned_in(policy, spec.question, &planned, error); status != Status::ok) return status;
    if (status = check_campaign(spec, planned, error); status != Status::ok) return status;
    if (status = check_live(live, spec, planned, error); status != Status::ok) return status;
    PlanCopyRequest request;
    request.policy = policy.get();
    request.operation = static_cast<size_t>(planned.operation - policy->operations.data());
    request.values = live.values;
    request.recipient = planned.recipient;
    request.lines = live.lines;
    request.recipients = live.recipients;
    Copy copy;
    PlanCopied& copied = copy.copied;
    status = Engine::copy_for_plan(live.engine, request, &copied, error);
    if (status != Status::ok) continue;
    LivePlan run{copied.engine,   copied.now,     std::move(copied.lines), live.values,
                 live.recipients, copied.waiting, copied.in_flight,        copied.memory_left};
    if (planned.operation->pool != kNone) spec.lines = std::max<uint32_t>(1, static_cast<uint32_t>(run.lines.size()));
    status = plan_found(spec, planned, &run, out, error);
    if (status != Status::ok) return status;
    if (copied.left_out != 0) {
      out->notes.push_back("waiting: " + std::to_string(copied.left_out) + " messages on its lines are not planned with");
    }
    return Status::ok;
  }
  return status;
}

}  // namespace sluice::planner
