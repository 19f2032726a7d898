// SPDX-License-Identifier: Apache-2.0
#include "core/engine/message_explanation.h"

#include <algorithm>
#include <tuple>

#include "core/policy/json_text.h"

namespace sluice {
namespace {

const char* word(HoldKind kind) {
  constexpr const char* kWords[] = {"turn",      "send_at", "retry",      "flow", "earlier_message", "campaign", "hours",
                                    "in_flight", "line",    "line_limit", "limit"};
  return kWords[static_cast<size_t>(kind)];
}

const char* word(MessageState state) {
  constexpr const char* kWords[] = {"none", "scheduled", "waiting", "parked", "leased", "unknown"};
  return kWords[static_cast<size_t>(state)];
}

const char* word(WaitKind kind) {
  constexpr const char* kWords[] = {"none", "exact", "bound", "unknown", "never"};
  return kWords[static_cast<size_t>(kind)];
}

const char* until_kind(const Hold& hold) {
  if (hold.until == kOnRelease) return "on_release";
  if (hold.until == kNever) return "unknown";
  return hold.is_bound ? "bound" : "exact";
}

void text_if_any(JsonText& text, std::string_view key, std::string_view value) {
  if (!value.empty()) text.text(key, value);
}

void number_if_any(JsonText& text, std::string_view key, uint64_t value) {
  if (value != 0) text.number(key, value);
}

// What a rule has not is left out.
void write(JsonText& text, const Hold& hold) {
  text.object();
  text.text("rule", word(hold.kind));
  text.number_or_null("until", hold.until >= kOnRelease ? 0 : static_cast<uint64_t>(hold.until));
  text.text("until_kind", until_kind(hold));
  if (hold.kind == HoldKind::turn || hold.kind == HoldKind::campaign) text.number("ahead", hold.ahead);
  number_if_any(text, "message", hold.message);
  number_if_any(text, "campaign", hold.campaign);
  text_if_any(text, "name", hold.name);
  number_if_any(text, "share", hold.share);
  text_if_any(text, "rate", hold.rate);
  text_if_any(text, "state", hold.state);
  text_if_any(text, "reason", hold.reason);
  text_if_any(text, "limit", hold.limit);
  text_if_any(text, "subject", hold.subject);
  text_if_any(text, "zone", hold.zone);
  if (hold.is_metered) {
    text.number("used", hold.used);
    text.number("amount", hold.amount);
  }
  text.end_object();
}

}  // namespace

void MessageExplanation::put_in_order() {
  std::stable_sort(holds.begin(), holds.end(),
                   [](const Hold& a, const Hold& b) { return std::tie(a.until, a.kind) < std::tie(b.until, b.kind); });
}

std::string json_of(const MessageExplanation& explanation) {
  const Promise& promise = explanation.promise;
  JsonText text;
  text.object();
  text.number("message", explanation.message);
  text.text("state", word(explanation.state));
  text.text("line", explanation.line);
  text.number_or_null("position", promise.position);
  text.number_or_null("eta", static_cast<uint64_t>(promise.eta));
  text.text("eta_kind", word(promise.kind));
  text.list("holds");
  for (const Hold& hold : explanation.holds) write(text, hold);
  text.end_list();
  text.end_object();
  return text.take();
}

}  // namespace sluice
