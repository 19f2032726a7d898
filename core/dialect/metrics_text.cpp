// SPDX-License-Identifier: Apache-2.0
#include "core/dialect/metrics_text.h"

#include <string_view>

#include "core/policy/compiled_policy.h"
#include "core/policy/spelling.h"

namespace sluice {
namespace {

// A label's value, escaped as both formats want it.
void append_label(std::string* out, std::string_view name, std::string_view value) {
  *out += name;
  *out += "=\"";
  for (const char c : value) {
    if (c == '\n') {
      *out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') *out += '\\';
    *out += c;
  }
  *out += '"';
}

class MetricsText {
 public:
  MetricsText(const CompiledPolicy& policy, MetricsFormat format) : format_(format) {
    append_label(&labels_, "policy", policy.name);
    labels_ += ',';
    append_label(&labels_, "stance", policy.stance);
  }

  void counter(std::string_view name, std::string_view help) { begin(name, "counter", "", help); }
  void gauge(std::string_view name, std::string_view help, std::string_view unit = "") { begin(name, "gauge", unit, help); }

  void sample(uint64_t value, std::string_view label = "", std::string_view label_value = "") {
    text_ += name_;
    text_ += suffix_;
    text_ += '{';
    text_ += labels_;
    if (!label.empty()) {
      text_ += ',';
      append_label(&text_, label, label_value);
    }
    text_ += "} ";
    text_ += std::to_string(value);
    text_ += '\n';
  }

  std::string take() {
    if (format_ == MetricsFormat::openmetrics) text_ += "# EOF\n";
    return std::move(text_);
  }

 private:
  // OpenMetrics names the family without the suffix of its samples, and tells its unit; Prometheus knows samples only.
  void begin(std::string_view name, std::string_view type, std::string_view unit, std::string_view help) {
    name_ = "sluice_" + std::string(name);
    suffix_ = type == "counter" ? "_total" : "";
    const bool open = format_ == MetricsFormat::openmetrics;
    const std::string family = open ? name_ : name_ + suffix_;
    text_ += "# TYPE " + family + ' ' + std::string(type) + '\n';
    if (open && !unit.empty()) text_ += "# UNIT " + family + ' ' + std::string(unit) + '\n';
    text_ += "# HELP " + family + ' ' + std::string(help) + '\n';
  }

  const MetricsFormat format_;
  std::string text_, labels_, name_, suffix_;
};

void write_decisions(const Counters& c, MetricsText* out) {
  out->counter("decisions", "Requests decided.");
  out->sample(c.allowed, "result", "allowed");
  out->sample(c.denied, "result", "denied");
  out->sample(c.would_queue, "result", "would_queue");
  out->counter("denials", "Requests denied, by the kind of denial.");
  for (size_t kind = 1; kind < std::size(c.denied_by); ++kind) {
    out->sample(c.denied_by[kind], "kind", spell_denial(static_cast<DenialKind>(kind)));
  }
  out->counter("peeks", "Questions that charged nothing.");
  out->sample(c.peeked);
  out->counter("replays", "Answers given again to an idempotency key.");
  out->sample(c.replayed);
  out->counter("refunds", "Receipts refunded.");
  out->sample(c.refunded);
}

void write_queue(const Counters& c, MetricsText* out) {
  constexpr std::string_view kEnded[] = {"sent", "failed", "expired", "cancelled", "aborted", "dead"};
  constexpr auto kFirst = static_cast<size_t>(MessageState::sent);
  static_assert(kFirst + std::size(kEnded) == kMessageStates);
  out->gauge("queue_depth", "Messages held.");
  out->sample(c.messages);
  out->counter("queue_accepted", "Messages taken in.");
  out->sample(c.accepted);
  out->counter("queue_leased", "Leases of messages.");
  out->sample(c.leased);
  out->counter("queue_ended", "Messages that have ended, by how.");
  for (size_t i = 0; i < std::size(kEnded); ++i) out->sample(c.ended[kFirst + i], "state", kEnded[i]);
}

void write_memory(const Counters& c, MetricsText* out) {
  out->gauge("records", "Subjects with a record.");
  out->sample(c.records);
  out->gauge("receipts", "Receipts not settled yet.");
  out->sample(c.receipts);
  out->gauge("memory_bytes", "Memory in use.", "bytes");
  out->sample(c.memory_used);
  out->gauge("memory_cap_bytes", "Memory that may be used.", "bytes");
  out->sample(c.memory_cap);
  out->counter("swept", "Records dropped since they were as never seen.");
  out->sample(c.swept);
  out->counter("overflowed", "Decisions for new subjects by a shared record, at the memory cap.");
  out->sample(c.overflowed);
  out->counter("events_lost", "Events dropped since nobody took them out.");
  out->sample(c.events_lost);
}

}  // namespace

std::string metrics_text(const CompiledPolicy& policy, const Counters& counters, MetricsFormat format) {
  MetricsText text(policy, format);
  write_decisions(counters, &text);
  write_queue(counters, &text);
  write_memory(counters, &text);
  return text.take();
}

}  // namespace sluice
