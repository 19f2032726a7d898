// SPDX-License-Identifier: Apache-2.0
// The queues of lines: how they serve, and which operations' messages can wait in one.
#include <algorithm>
#include <string>

#include "core/policy/draft.h"
#include "core/policy/findings_text.h"
#include "core/policy/queue_words.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

constexpr uint64_t kMostInFlight = 1'000'000;
constexpr uint64_t kMostPayload = 1 << 20;
constexpr uint64_t kMostFloor = 1000;
constexpr uint64_t kMostAttempts = 1000;
constexpr uint64_t kMostWeight = 1000;
constexpr uint64_t kMostReserve = 1'000'000;

class QueueReader {
 public:
  QueueReader(Draft* draft, NodeId id) : draft_(*draft), id_(id), rules_(draft->policy.queue) {}

  void read();

 private:
  NodeId own(std::string_view name) const { return field(draft_.document, id_, Shape::queue, name); }
  void read_lease();
  void read_floor();
  void read_retry();
  void read_jitter(NodeId retry);
  void read_classes();
  void read_class(NodeId id, std::vector<int>* seen);
  void read_weights();
  void read_weight(NodeId id, const std::vector<std::string>& plans, std::vector<bool>* seen);

  Draft& draft_;
  const NodeId id_;
  QueueRules& rules_;
};

void QueueReader::read_lease() {
  if (!draft_.duration(id_, Shape::queue, "lease", &rules_.lease) || rules_.lease <= kDay) return;
  draft_.findings.error(own("lease"), say::lease_too_long(draft_.text(own("lease"))));
}

void QueueReader::read_floor() {
  if (!draft_.number(id_, Shape::queue, "floor", 0, kMostFloor, &rules_.floor) || rules_.floor != 1) return;
  draft_.findings.error(own("floor"), say::floor_of_one());
}

void QueueReader::read_jitter(NodeId retry) {
  const NodeId id = field(draft_.document, retry, Shape::retry, "jitter");
  std::string why;
  if (id == kNoNode) return;
  if (!parse_percent(draft_.text(id), &rules_.retry.jitter, &why)) {
    draft_.findings.error(id, why);
  } else if (rules_.retry.jitter > kWhole) {
    draft_.findings.error(id, say::jitter_too_large(draft_.text(id)));
  }
}

void QueueReader::read_retry() {
  const NodeId id = own("retry");
  if (id == kNoNode || !check_fields(draft_.document, id, Shape::retry, {}, &draft_.findings)) return;
  RetryRules& retry = rules_.retry;
  const size_t before = draft_.findings.errors();
  const bool first = draft_.duration(id, Shape::retry, "first", &retry.first);
  draft_.duration(id, Shape::retry, "longest", &retry.longest);
  if (draft_.findings.errors() == before && retry.first > retry.longest) {
    const NodeId at = draft_.document.find(id, first ? "first" : "longest");
    draft_.findings.error(at, say::retry_first_too_long(retry.first, retry.longest));
  }
  read_jitter(id);
  draft_.number(id, Shape::retry, "attempts", 1, kMostAttempts, &retry.attempts);
}

void QueueReader::read_class(NodeId id, std::vector<int>* seen) {
  if (!check_fields(draft_.document, id, Shape::queue_class, {}, &draft_.findings)) return;
  const NodeId name = field(draft_.document, id, Shape::queue_class, "class");
  const NodeId delivery = field(draft_.document, id, Shape::queue_class, "delivery");
  ClassRules rules;
  if (delivery != kNoNode) {
    rules.delivery = static_cast<Delivery>(std::max(draft_.choose(delivery, "delivery", delivery_words()), 0));
  }
  draft_.duration(id, Shape::queue_class, "ttl", &rules.ttl);
  draft_.number(id, Shape::queue_class, "reserve", 1, kMostReserve, &rules.reserve);
  const int at = name == kNoNode ? -1 : draft_.choose(name, "class", class_words());
  if (at < 0) return;
  if (std::count(seen->begin(), seen->end(), at) > 0) draft_.findings.error(name, say::class_twice(draft_.text(name)));
  seen->push_back(at);
  rules_.classes[static_cast<size_t>(at)] = rules;
}

void QueueReader::read_classes() {
  const NodeId list = own("classes");
  std::vector<int> seen;
  if (list == kNoNode) return;
  for (const NodeId id : draft_.elements(list, "classes", 0, kMessageClasses)) read_class(id, &seen);
}

void QueueReader::read_weight(NodeId id, const std::vector<std::string>& plans, std::vector<bool>* seen) {
  if (!check_fields(draft_.document, id, Shape::weight, {}, &draft_.findings)) return;
  uint32_t weight = 1;
  draft_.number(id, Shape::weight, "weight", 1, kMostWeight, &weight);
  const NodeId plan = field(draft_.document, id, Shape::weight, "plan");
  if (plan == kNoNode) return;
  const bool one = draft_.document.is(plan, NodeType::string);
  const auto names = one ? std::vector<NodeId>{plan} : draft_.names(plan, "plan", 1, kMaxPlans);
  for (const NodeId name : names) {
    const int at = draft_.choose(name, "plan", plans);
    if (at < 0) continue;
    if ((*seen)[static_cast<size_t>(at)]) draft_.findings.error(name, say::plan_weighted_twice(draft_.text(name)));
    (*seen)[static_cast<size_t>(at)] = true;
    rules_.weights[static_cast<size_t>(at)] = weight;
  }
}

void QueueReader::read_weights() {
  const NodeId list = own("weights");
  const NodeId tenant = field(draft_.document, draft_.document.root(), Shape::policy, "tenant");
  const int16_t dimension = tenant == kNoNode ? kNone : draft_.policy.find_dimension(draft_.text(tenant));
  if (list == kNoNode || dimension == kNone) return;  // no such tenant has been said
  const int16_t set = draft_.plan_set_of(static_cast<uint8_t>(dimension));
  std::vector<std::string> plans;
  if (set != kNone) {
    for (const Plan& plan : draft_.policy.plan_sets[static_cast<size_t>(set)].plans) plans.push_back(plan.name);
  }
  if (plans.empty()) {
    draft_.findings.error_at_name(list, say::weights_without_plans(draft_.text(tenant)));
    return;
  }
  rules_.weights.assign(plans.size(), 1);
  std::vector<bool> seen(plans.size());
  for (const NodeId id : draft_.elements(list, "weights", 0, kMaxPlans)) read_weight(id, plans, &seen);
}

void QueueReader::read() {
  if (draft_.document.find(draft_.document.root(), "line") == kNoNode) {
    draft_.findings.error_at_name(id_, say::needs_line("queue"));
  }
  check_fields(draft_.document, id_, Shape::queue, {}, &draft_.findings);
  read_lease();
  draft_.duration(id_, Shape::queue, "wait", &rules_.wait);
  draft_.number(id_, Shape::queue, "in_flight", 1, kMostInFlight, &rules_.in_flight);
  draft_.number(id_, Shape::queue, "payload", 0, kMostPayload, &rules_.payload);
  read_floor();
  read_retry();
  read_classes();
  compile_hours(&draft_, id_);
  read_weights();
}

// Which class its messages are of, and whether there can be such messages: one recipient each, on a line.
void settle_operation(Draft* draft, size_t at) {
  Operation& operation = draft->policy.operations[at];
  const NodeId id = field(draft->document, draft->operations[at].node, Shape::operation, "class");
  if (id != kNoNode) {
    const int chosen = draft->choose(id, "class", class_words());
    if (chosen >= 0) operation.message_class = static_cast<MessageClass>(chosen);
    if (operation.line == kNone) {
      draft->findings.error_at_name(id, say::class_without_line(operation.name));
    } else if (operation.repeats != kNone) {
      const uint8_t repeated = operation.values[static_cast<size_t>(operation.repeats)];
      draft->findings.error_at_name(id, say::class_with_repeats(draft->dimension_name(repeated)));
    }
  }
  const bool meant =
      id != kNoNode || operation.pool != kNone || std::any_of(operation.charges.begin(), operation.charges.end(), waits);
  operation.queueable = meant && operation.line != kNone && operation.repeats == kNone;
}

}  // namespace

bool waits(const OperationCharge& charge) {
  return charge.while_queued || (charge.mode == Mode::queue && charge.type == ChargeType::normal);
}

void compile_queue(Draft* draft) {
  const NodeId id = field(draft->document, draft->document.root(), Shape::policy, "queue");
  if (id != kNoNode) QueueReader(draft, id).read();
  for (size_t i = 0; i < draft->policy.operations.size(); ++i) settle_operation(draft, i);
}

}  // namespace sluice
