// SPDX-License-Identifier: Apache-2.0
// One number of lines, and the traffic through it.
#include <algorithm>
#include <charconv>
#include <cstring>
#include <numeric>

#include "core/planner/line_plan.h"
#include "core/planner/line_policy.h"

namespace sluice::planner {
namespace {

constexpr Instant kBegin = 19'723 * kDay;  // a midnight
constexpr uint32_t kWarmUp = 10;           // one of so many messages is sent before anything is counted

// Nearest rank: the least wait that so many of them do not exceed.
Span percentile(const std::vector<Span>& sorted, uint64_t hundredths) {
  return sorted[mul_div_ceil(sorted.size(), hundredths, 10'000) - 1];
}

class Run {
 public:
  Run(const LinePlanSpec& spec, const Load& load, const Recipients& recipients, uint32_t lines)
      : spec_(spec),
        load_(load),
        recipients_(recipients),
        times_(spec.arrivals, load.amount, load.period, spec.seed),
        whom_(~spec.seed),
        drew_(lines, 0) {}

  Status open(const std::string& policy, std::string* error) {
    error_ = error;
    Status status = scratch_.open(policy, "enforce", spec_.question.zoneinfo_dir, kBegin, error);
    for (size_t i = 1; i <= drew_.size() && status == Status::ok; ++i) {
      const std::string name = std::to_string(i);
      LineChange change;
      change.pool = kLinePool;
      change.line = name;
      status = Engine::set_line(scratch_.handle(), change, kEngineClock, nullptr, error);
    }
    operation_ = status == Status::ok ? Engine::operation_id(scratch_.handle(), kLineOperation) : -1;
    return status;
  }

  // With lasting routes everybody has been written to before it counts: a plan is for the day after the first.
  Status run() {
    const std::vector<uint32_t> first = spec_.sticky ? shuffled(spec_.recipients, whom_) : std::vector<uint32_t>();
    const uint64_t before = first.size() + spec_.messages / kWarmUp;
    const uint64_t all = before + spec_.messages;
    came_.reserve(all);
    waits_.reserve(spec_.messages);
    uncounted_ = before;
    Status status = Status::ok;
    for (uint64_t i = 0; i < all && status == Status::ok; ++i) {
      const Instant at = later(kBegin, times_.next());
      status = send_until(at);
      if (status == Status::ok) status = put(at, i < first.size() ? first[i] : recipients_.draw(whom_));
    }
    return status == Status::ok ? send_until(kNever - 1) : status;
  }

  void tell(LineRow* row) {
    std::sort(waits_.begin(), waits_.end());
    row->lines = static_cast<uint32_t>(drew_.size());
    row->p50 = percentile(waits_, 5'000);
    row->p95 = percentile(waits_, 9'500);
    row->p99 = percentile(waits_, 9'900);
    row->at_percentile = percentile(waits_, spec_.percentile);
    row->longest = waits_.back();
    row->mean = static_cast<Span>(std::accumulate(waits_.begin(), waits_.end(), Wide{0},
                                                  [](Wide sum, Span wait) { return sum + static_cast<uint64_t>(wait); }) /
                                  waits_.size());
    row->most_waiting = most_waiting_;
    const uint64_t busiest = *std::max_element(drew_.begin(), drew_.end());
    row->used = load_.used(drew_.size());
    row->busiest_drew = busiest * 10'000 / spec_.messages;
    row->busiest_used = mul_div_ceil(load_.used(1), busiest, spec_.messages);
    row->stable = load_.fits(drew_.size()) && (!spec_.sticky || row->busiest_used < 10'000);
    const bool whole = messages_to_settle(row->used) <= spec_.messages;
    const bool each = !spec_.sticky || messages_to_settle(row->busiest_used) <= busiest;
    row->settled = spec_.arrivals == Arrivals::even && !spec_.sticky ? row->stable : whole && each;
    row->met = row->stable && row->settled && row->at_percentile <= spec_.wait;
  }

  Span simulated() const { return came_.back() - kBegin; }

 private:
  Status put(Instant at, uint32_t recipient) {
    const uint64_t number = came_.size();
    char payload[sizeof number];
    std::memcpy(payload, &number, sizeof number);
    const std::string whom = std::to_string(recipient);
    const Bytes values[] = {"account", {}, whom};
    EnqueueRequest request;
    request.request.operation = operation_;
    request.request.values = values;
    request.payload = {payload, sizeof payload};
    Status status = scratch_.now() == at ? Status::ok : scratch_.set_clock(at);
    if (status == Status::ok) status = Engine::enqueue(scratch_.handle(), request, &held_, error_);
    if (status == Status::denied) status = Status::no_memory;  // nothing else refuses here
    came_.push_back(at);
    uint32_t line = 0;
    std::from_chars(held_.line.data(), held_.line.data() + held_.line.size(), line);
    if (status == Status::ok && number >= uncounted_) ++drew_[line - 1];
    most_waiting_ = std::max(most_waiting_, came_.size() - left_);
    return status;
  }

  // All that leaves before an instant, or at it.
  Status send_until(Instant until) {
    Status status = Status::ok;
    for (Instant due = scratch_.next_due(); due <= until && status == Status::ok; due = scratch_.next_due()) {
      if (due > scratch_.now()) status = scratch_.set_clock(due);
      std::vector<Taker::One>* sent = nullptr;
      if (status == Status::ok) status = scratch_.send_due(&sent, error_);
      if (status != Status::ok) break;
      for (const Taker::One& one : *sent) {
        if (one.number >= uncounted_) waits_.push_back(scratch_.now() - came_[one.number]);
      }
      left_ += sent->size();
    }
    return status;
  }

  const LinePlanSpec& spec_;
  const Load& load_;
  const Recipients& recipients_;
  ArrivalTimes times_;
  Random whom_;
  Scratch scratch_;
  std::string* error_ = nullptr;
  int32_t operation_ = -1;
  Enqueued held_;
  uint64_t uncounted_ = 0, left_ = 0, most_waiting_ = 0;
  std::vector<uint64_t> drew_;  // messages that count, by line
  std::vector<Instant> came_;
  std::vector<Span> waits_;
};

}  // namespace

Status run_lines(const LinePlanSpec& spec, const Load& load, const std::string& policy, const Recipients& recipients,
                 uint32_t lines, LineRow* row, Span* simulated, std::string* error) {
  Run run(spec, load, recipients, lines);
  if (const Status status = run.open(policy, error); status != Status::ok) return status;
  if (const Status status = run.run(); status != Status::ok) return status;
  run.tell(row);
  *simulated = run.simulated();
  return Status::ok;
}

}  // namespace sluice::planner
