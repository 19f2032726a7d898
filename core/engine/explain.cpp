// SPDX-License-Identifier: Apache-2.0
#include "core/engine/explain.h"

#include <algorithm>

namespace sluice {
namespace {

struct Unit {
  Span size;
  const char* name;
};
constexpr Unit kUnits[] = {{kDay, "d"},          {kHour, "h"},         {kMinute, "min"},   {kSecond, "s"},
                           {kMillisecond, "ms"}, {kMicrosecond, "us"}, {kNanosecond, "ns"}};

std::string headline(const Generation& g, const Decision& d) {
  const auto limit_name = [&] {
    const int16_t p = g.limit_position(d.limit_id);
    return p == kNone ? std::string("?") : g.policy->limits[static_cast<size_t>(p)].name;
  };
  if (d.status == Status::ok) return "allowed";
  std::string line = d.status == Status::would_queue ? "would queue behind \"" + limit_name() + "\""
                     : d.denial == DenialKind::memory
                         ? "denied (memory): the memory cap is reached for new subjects"
                         : "denied (" + std::string(denial_in_words(d.denial)) + ") by \"" + limit_name() + "\"";
  switch (d.wait_kind) {
    case WaitKind::exact: return line + "; the same request passes in " + span_in_words(d.retry_after);
    case WaitKind::bound: return line + "; not before " + span_in_words(d.retry_after);
    case WaitKind::unknown: return line + "; until something is released";
    case WaitKind::never:
      return line + "; waiting cannot help" +
             (d.largest_cost == 0 ? "" : ", at most " + std::to_string(d.largest_cost) + " could pass");
    case WaitKind::none: return line;
  }
  return line;
}

std::string subject_of(const CompiledPolicy& policy, const Operation& op, const OperationCharge& charge, const Request& request,
                       uint32_t repeat) {
  const Slot& slot = op.slots[charge.slot];
  std::string text;
  for (uint8_t i = 0; i < slot.count; ++i) {
    const auto v = static_cast<size_t>(slot.values[i]);
    const bool repeated = static_cast<int>(v) == op.repeats && !request.repeated.empty();
    text += (i == 0 ? "" : ",") + policy.dimensions[op.values[v]] + "=";
    text += repeated ? request.repeated[std::min<size_t>(repeat, request.repeated.size() - 1)] : request.values[v];
  }
  return text;
}

std::string detail_line(const Generation& g, const Operation& op, const Request& request, const Decision& d, const Detail& row) {
  const CompiledPolicy& policy = *g.policy;
  const Limit& limit = policy.limits[static_cast<size_t>(g.limit_position(row.limit_id))];
  std::string line = "  " + limit.name + " of " + subject_of(policy, op, op.charges[row.charge], request, row.subject) + ": ";
  if (limit.rule.kind == Kind::upstream) {
    line += (row.flags & flag::passed) != 0 ? "open" : "closed";
  } else if ((row.flags & flag::unlimited) != 0) {
    line += std::to_string(row.used) + " used, unlimited";
  } else {
    line += std::to_string(row.used) + " of " + std::to_string(row.limit) + " used, " + std::to_string(row.remaining) + " left";
  }
  const char* mode[] = {"denies", "queues", "advises", "in shadow"};
  line += std::string(" (") + mode[static_cast<size_t>(op.charges[row.charge].mode)] + ")";
  if ((row.flags & flag::passed) == 0) {
    if (row.opens_at == kNever) {
      line += "; closed for good";
    } else if (row.opens_at == kOnRelease) {
      line += "; opens on release";
    } else {
      line += "; opens in " + span_in_words(std::max<Span>(0, row.opens_at - d.now));
    }
  }
  if (row.resets_at > d.now) line += "; resets in " + span_in_words(row.resets_at - d.now);
  return line + "\n";
}

}  // namespace

std::string span_in_words(Span span) {
  std::string text;
  int shown = 0;
  for (const Unit& unit : kUnits) {
    if (span < unit.size && !(unit.size == 1 && shown == 0)) continue;
    text += (shown == 0 ? "" : " ") + std::to_string(span / unit.size) + " " + unit.name;
    span %= unit.size;
    if (++shown == 3 || span == 0) break;
  }
  return text;
}

const char* denial_in_words(DenialKind kind) {
  constexpr const char* kNames[] = {"none",     "memory", "rate",  "depth",   "upstream", "pool",
                                    "distinct", "gauge",  "quota", "blocked", "never"};
  return kNames[static_cast<size_t>(kind)];
}

std::string explain_decision(const Generation& g, const Request& request, const Decision& decision,
                             std::span<const Detail> details) {
  std::string text = headline(g, decision) + "\n";
  const int16_t position = g.operation_position(request.operation);
  const Operation& op = g.policy->operations[static_cast<size_t>(position)];
  for (const Detail& row : details) text += detail_line(g, op, request, decision, row);
  return text;
}

}  // namespace sluice
