// SPDX-License-Identifier: Apache-2.0
#include "core/policy/schema.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/policy/findings_text.h"
#include "core/policy/nearest.h"

namespace sluice {
namespace {

constexpr Kinds kPace = bit(Kind::pace), kWindow = bit(Kind::window), kSliding = bit(Kind::sliding);
constexpr Kinds kDistinct = bit(Kind::distinct), kGauge = bit(Kind::gauge), kUpstream = bit(Kind::upstream);
constexpr Kinds kCounted = kAllKinds & ~kUpstream;

constexpr Field kPolicy[] = {
    {"name", Form::name, true}, {"description", Form::text},  {"tenant", Form::name, true},     {"line", Form::name},
    {"subjects", Form::list},   {"limits", Form::list, true}, {"operations", Form::list, true}, {"queue", Form::object},
    {"pools", Form::list},      {"dialect", Form::object},    {"comply", Form::object},
};

constexpr Field kOverlay[] = {
    {"description", Form::text}, {"subjects", Form::list}, {"limits", Form::list},    {"operations", Form::list},
    {"queue", Form::object},     {"pools", Form::list},    {"dialect", Form::object},
};

constexpr Field kSubject[] = {
    {"scope", Form::list, true},
    {"plans", Form::list},
    {"default", Form::name},
    {"billing", Form::object},
};

constexpr Field kBilling[] = {{"day", Form::number}, {"time", Form::text}, {"zone", Form::text}};

constexpr Field kPlan[] = {{"name", Form::name, true}, {"promotes", Form::object}};

constexpr Field kPromotion[] = {
    {"to", Form::name, true},     {"limit", Form::name, true}, {"at", Form::text, true},
    {"within", Form::text, true}, {"quality", Form::name},
};

constexpr Field kOneLimit[] = {
    {"name", Form::name, true},
    {"scope", Form::list, true},
    {"kind", Form::name, true},
    {"by", Form::name},
    {"unit", Form::name},
    {"mode", Form::name},
    {"denies_as", Form::name},
    {"period", Form::text, false, kWindow | kSliding | kDistinct},
    {"zone", Form::text, false, kWindow},
    {"slots", Form::number, false, kSliding},
    {"margin", Form::text, false, kSliding},
    {"exemption", Form::text, false, kDistinct},
    {"lease", Form::text, false, kGauge},
    {"slack", Form::text, false, kPace},
    {"longest", Form::text, false, kUpstream},
    {"reports_as", Form::name, false, kCounted},
    {"amounts", Form::list, false, kCounted},
};

// The amount and what may stand beside it: in a limit itself, and in an entry of `amounts`.
constexpr Field kAmountTerms[] = {
    {"amount", Form::number_or_text, false, kCounted},
    {"unlimited", Form::flag, false, kCounted},
    {"custom", Form::flag, false, kCounted},
    {"blocked", Form::flag, false, kCounted},
    {"of", Form::name, false, kCounted},
    {"times", Form::text, false, kCounted},
    {"depth", Form::number_or_text, false, kPace},
    {"burst", Form::text, false, kWindow},
    {"ceiling", Form::text, false, kWindow},
    {"thresholds", Form::list, false, kWindow},
};

constexpr Field kPlanOfAmount[] = {{"plan", Form::name_or_list, true}};

template <size_t N, size_t M>
constexpr std::array<Field, N + M> join(const Field (&a)[N], const Field (&b)[M]) {
  std::array<Field, N + M> result{};
  std::copy(a, a + N, result.begin());
  std::copy(b, b + M, result.begin() + N);
  return result;
}

// What may be set for one subject: it has no plan here, follows nothing, and is what `custom` waits for.
constexpr Field kOwnAmount[] = {
    {"amount", Form::number_or_text},
    {"unlimited", Form::flag},
    {"blocked", Form::flag},
    {"depth", Form::number_or_text, false, kPace},
    {"burst", Form::text, false, kWindow},
    {"ceiling", Form::text, false, kWindow},
    {"thresholds", Form::list, false, kWindow},
};

constexpr auto kLimit = join(kOneLimit, kAmountTerms);
constexpr auto kAmount = join(kPlanOfAmount, kAmountTerms);

constexpr Field kOperation[] = {
    {"name", Form::name, true},    {"values", Form::list, true}, {"repeats", Form::name}, {"quantities", Form::list},
    {"charges", Form::list, true}, {"class", Form::name},        {"pool", Form::name},
};

constexpr Field kCharge[] = {
    {"limit", Form::name, true},
    {"cost", Form::number_or_text, false, kPace | kWindow | kSliding | kGauge},
    {"each", Form::name},
    {"of", Form::name, false, kDistinct | kGauge},
    {"charge", Form::name},
    {"mode", Form::name},
    {"while", Form::name, false, kGauge},
    {"refund", Form::name, false, kCounted},
};

constexpr Field kQueue[] = {
    {"lease", Form::text},     {"wait", Form::text},    {"in_flight", Form::number},
    {"payload", Form::number}, {"floor", Form::number}, {"retry", Form::object},
    {"classes", Form::list},   {"weights", Form::list}, {"hours", Form::object},
};

constexpr Field kRetry[] = {
    {"first", Form::text},
    {"longest", Form::text},
    {"jitter", Form::text},
    {"attempts", Form::number},
};

constexpr Field kQueueClass[] = {
    {"class", Form::name, true}, {"delivery", Form::name}, {"ttl", Form::text},
    {"reserve", Form::number},   {"hours", Form::object},
};

constexpr Field kHours[] = {
    {"open", Form::list},
    {"zone", Form::name_or_list},
    {"margin", Form::text},
    {"on_close", Form::name},
};

constexpr Field kWeight[] = {{"plan", Form::name_or_list, true}, {"weight", Form::number, true}};

constexpr Field kPool[] = {
    {"name", Form::name, true},       {"sticky", Form::boolean}, {"recipient", Form::name},      {"by", Form::list},
    {"on_suspend", Form::name},       {"on_full", Form::name},   {"return_home", Form::boolean}, {"forget_after", Form::text},
    {"new_recipients", Form::number},
};

constexpr Field kDialect[] = {
    {"longest_wait", Form::text},
    {"given", Form::list},
    {"headers", Form::object},
    {"answers", Form::object},
};

constexpr Field kAnswer[] = {
    {"status", Form::number, true},
    {"headers", Form::object},
    {"body", Form::any},
    {"text", Form::text},
};

constexpr std::string_view kModeNames[] = {"deny", "queue", "advise", "shadow"};
constexpr std::string_view kKindNames[] = {"pace", "window", "sliding", "distinct", "gauge", "upstream"};

bool has_form(const Document& document, NodeId id, Form form) {
  const NodeType type = document[id].type;
  switch (form) {
    case Form::any: return true;
    case Form::text:
    case Form::name: return type == NodeType::string;
    case Form::number: return type == NodeType::number;
    case Form::flag: return type == NodeType::boolean && document[id].truth;
    case Form::boolean: return type == NodeType::boolean;
    case Form::list: return type == NodeType::list;
    case Form::object: return type == NodeType::object;
    case Form::name_or_list: return type == NodeType::string || type == NodeType::list;
    case Form::number_or_text: return type == NodeType::number || type == NodeType::string;
  }
  return false;
}

std::vector<std::string_view> names_for(Shape shape, std::optional<Kind> kind) {
  std::vector<std::string_view> names;
  for (const Field& field : fields_of(shape)) {
    if (!kind || (field.kinds & bit(*kind))) names.push_back(field.name);
  }
  return names;
}

std::string kinds_in_words(Kinds kinds) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < std::size(kKindNames); ++i) {
    if (kinds & bit(static_cast<Kind>(i))) names.push_back(kKindNames[i]);
  }
  return say::list(names, "and");
}

void check_member(const Document& document, NodeId id, Shape shape, std::optional<Kind> kind, Findings* findings) {
  const Node& node = document[id];
  const Field* known = find_field(shape, node.name);
  if (!known && findings->full()) {
    findings->error_at_name(id, {});  // counted; looking for the nearest name would cost a hostile text's time
  } else if (!known) {
    const auto names = names_for(shape, kind);
    findings->error_at_name(id, say::unknown_field(node.name, nearest(node.name, names), names));
  } else if (node.type == NodeType::null) {
    findings->error(id, say::null_outside_overlay(node.name));
  } else if (kind && !(known->kinds & bit(*kind))) {
    findings->error_at_name(id, say::field_not_for_kind(node.name, kinds_in_words(known->kinds), kind_name(*kind)));
  } else if (!has_form(document, id, known->form)) {
    findings->error(id, say::wrong_form(known->form, node.type, node.text));
  }
}

}  // namespace

std::span<const Field> fields_of(Shape shape) {
  switch (shape) {
    case Shape::policy: return kPolicy;
    case Shape::overlay: return kOverlay;
    case Shape::subject: return kSubject;
    case Shape::billing: return kBilling;
    case Shape::plan: return kPlan;
    case Shape::promotion: return kPromotion;
    case Shape::limit: return kLimit;
    case Shape::amount: return kAmount;
    case Shape::own_amount: return kOwnAmount;
    case Shape::operation: return kOperation;
    case Shape::charge: return kCharge;
    case Shape::queue: return kQueue;
    case Shape::retry: return kRetry;
    case Shape::queue_class: return kQueueClass;
    case Shape::hours: return kHours;
    case Shape::weight: return kWeight;
    case Shape::pool: return kPool;
    case Shape::dialect: return kDialect;
    case Shape::answer: return kAnswer;
    case Shape::answers:
    case Shape::headers: return {};
  }
  return {};
}

const Field* find_field(Shape shape, std::string_view name) {
  for (const Field& field : fields_of(shape)) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

std::optional<Kind> parse_kind(std::string_view name) {
  for (size_t i = 0; i < std::size(kKindNames); ++i) {
    if (kKindNames[i] == name) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

std::string_view kind_name(Kind kind) { return kKindNames[static_cast<size_t>(kind)]; }

std::span<const std::string_view> kind_names() { return kKindNames; }

std::span<const std::string_view> mode_names() { return kModeNames; }

bool check_fields(const Document& document, NodeId id, Shape shape, std::optional<Kind> kind, Findings* findings) {
  if (document[id].type != NodeType::object) {
    findings->error(id, say::wrong_form(Form::object, document[id].type, document[id].text));
    return false;
  }
  for (NodeId member = document[id].first; member != kNoNode; member = document[member].next) {
    check_member(document, member, shape, kind, findings);
  }
  for (const Field& field : fields_of(shape)) {
    if (field.required && document.find(id, field.name) == kNoNode) findings->error(id, say::missing_field(field.name));
  }
  return true;
}

NodeId field(const Document& document, NodeId object, Shape shape, std::string_view name) {
  const NodeId id = document.find(object, name);
  if (id == kNoNode) return kNoNode;
  const Field* known = find_field(shape, name);
  return known && has_form(document, id, known->form) ? id : kNoNode;
}

}  // namespace sluice
