// SPDX-License-Identifier: Apache-2.0
#include "core/planner/line_plan.h"

#include <algorithm>
#include <map>

#include "core/planner/line_policy.h"
#include "core/policy/json_text.h"
#include "core/policy/text.h"

namespace sluice::planner {
namespace {

constexpr uint32_t kLeastSimulated = 1'000;

Status fail(Status status, std::string* error, const std::string& words) {
  if (error != nullptr) *error = words;
  return status;
}

Status wrong_number(std::string* error, const char* field, uint64_t given, uint64_t least, uint64_t most) {
  return fail(
      Status::invalid, error,
      std::string(field) + ": " + std::to_string(given) + "; from " + std::to_string(least) + " to " + std::to_string(most));
}

Status check(const LinePlanSpec& spec, Load* load, std::string* error) {
  RateText rate;
  std::string words;
  if (!parse_rate(spec.rate, &rate, &words)) return fail(Status::invalid, error, "rate: " + words);
  load->amount = rate.amount;
  load->period = rate.period;
  if (spec.arrivals != Arrivals::poisson && spec.arrivals != Arrivals::even) {
    return fail(Status::invalid, error, "arrivals: 0 (poisson) or 1 (even)");
  }
  if (spec.wait < 0 || spec.wait > kMaxDuration) {
    return fail(Status::invalid, error, "wait: nanoseconds, from 0 to 400 days");
  }
  if (spec.percentile == 0 || spec.percentile > kWhole) return wrong_number(error, "percentile", spec.percentile, 1, kWhole);
  if (spec.recipients == 0 || spec.recipients > kMostRecipients) {
    return wrong_number(error, "recipients", spec.recipients, 1, kMostRecipients);
  }
  if (spec.skew > kMostSkew) return wrong_number(error, "skew", spec.skew, 0, kMostSkew);
  if (spec.messages < kLeastSimulated || spec.messages > kMostSimulated) {
    return wrong_number(error, "messages", spec.messages, kLeastSimulated, kMostSimulated);
  }
  if (spec.most_lines > kMostPoolLines) return wrong_number(error, "most_lines", spec.most_lines, 0, kMostPoolLines);
  return Status::ok;
}

// Tries numbers of lines, each once.
class Search {
 public:
  Search(const LinePlanSpec& spec, const Load& load, std::string policy, std::string* error)
      : spec_(spec), load_(load), policy_(std::move(policy)), recipients_(spec.recipients, spec.skew), error_(error) {}

  // The least number up to `most` that meets the target, 0 when none does, by steps that double and then by halves: more lines do not
  // make anybody wait longer but by chance, and what is answered was run.
  uint32_t least(uint32_t first, uint32_t most) {
    uint32_t missed = first - 1, step = 1, at = first;
    while (!meets(at)) {
      if (status_ != Status::ok || at == most) return 0;
      missed = at;
      at = std::min(most, at + step);
      step *= 2;
    }
    while (status_ == Status::ok && at - missed > 1) {
      const uint32_t middle = missed + (at - missed) / 2;
      (meets(middle) ? at : missed) = middle;
    }
    return at;
  }

  bool meets(uint32_t lines) {
    if (status_ != Status::ok) return false;
    const auto known = rows_.find(lines);
    if (known != rows_.end()) return known->second.met;
    LineRow& row = rows_[lines];
    status_ = run_lines(spec_, load_, policy_, recipients_, lines, &row, &simulated_, error_);
    return status_ == Status::ok && row.met;
  }

  Status status() const { return status_; }
  void tell(LinePlan* plan) const {
    for (const auto& [lines, row] : rows_) plan->rows.push_back(row);
    plan->simulated = simulated_;
    plan->hottest_share = recipients_.hottest_share();
  }

 private:
  const LinePlanSpec& spec_;
  const Load& load_;
  const std::string policy_;
  const Recipients recipients_;
  std::string* const error_;
  std::map<uint32_t, LineRow> rows_;
  Span simulated_ = 0;
  Status status_ = Status::ok;
};

}  // namespace

uint64_t Load::used(uint64_t lines) const {
  if (line.amount == 0) return 0;
  const Wide comes = Wide{amount} * static_cast<uint64_t>(line.period);
  const Wide leaves = Wide{line.amount} * static_cast<uint64_t>(period) * lines;
  if (comes >> 40 >= leaves) return UINT64_MAX >> 10;  // more than anybody reads
  return saturate((comes * 10'000 + (leaves - 1)) / leaves);
}

bool Load::fits(uint64_t lines) const {
  return line.amount == 0 ||
         Wide{amount} * static_cast<uint64_t>(line.period) < Wide{line.amount} * static_cast<uint64_t>(period) * lines;
}

uint64_t Load::least_lines() const {
  if (line.amount == 0) return 1;
  const Wide each = Wide{line.amount} * static_cast<uint64_t>(period);
  return saturate((Wide{amount} * static_cast<uint64_t>(line.period) + (each - 1)) / each);
}

uint64_t messages_to_settle(uint64_t used) {
  if (used >= 10'000) return UINT64_MAX;
  return mul_div_ceil(10 * used, used, (10'000 - used) * (10'000 - used));
}

const LineRow* LinePlan::row(uint32_t wanted) const {
  const auto at = std::find_if(rows.begin(), rows.end(), [&](const LineRow& row) { return row.lines == wanted; });
  return at == rows.end() ? nullptr : &*at;
}

Status plan_lines(const LinePlanSpec& spec, LinePlan* out, std::string* error) {
  Load load;
  Planned planned;
  if (const Status status = find_planned(spec.question, &planned, error); status != Status::ok) return status;
  if (const Status status = check(spec, &load, error); status != Status::ok) return status;
  if (const Status status = rate_of_line(planned, &load.line, error); status != Status::ok) return status;
  const uint64_t rule = load.least_lines();
  if (rule > kMostPoolLines) {
    return fail(Status::too_many, error,
                "rate: it takes " + std::to_string(rule) + " lines at least; at most " + std::to_string(kMostPoolLines) +
                    " are planned for");
  }
  LinePlan plan;
  plan.line_rate = load.line;
  plan.rule_of_thumb = static_cast<uint32_t>(rule);
  const uint32_t most = spec.most_lines != 0 ? spec.most_lines : std::min<uint32_t>(kMostPoolLines, 4 * plan.rule_of_thumb + 16);
  plan.most_lines = most;
  Search search(spec, load, line_policy(planned, spec.sticky), error);
  plan.lines = search.least(std::min(plan.rule_of_thumb, most), most);
  search.meets(plan.rule_of_thumb);
  if (plan.lines != 0 && plan.lines < most) search.meets(plan.lines + 1);  // what one more would bring
  if (search.status() != Status::ok) return search.status();
  search.tell(&plan);
  say_line_plan(spec, planned, load, &plan);
  *out = std::move(plan);
  return Status::ok;
}

}  // namespace sluice::planner
