// SPDX-License-Identifier: Apache-2.0
// When the messages of a class may leave: `hours` of the queue for every class, and of a class what it says otherwise.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "core/policy/draft.h"
#include "core/policy/findings_text.h"
#include "core/policy/hours_text.h"
#include "core/policy/queue_words.h"

namespace sluice {
namespace {

constexpr size_t kMostOpenTimes = 64;

// One `hours` as far as it is written.
struct HoursText {
  NodeId node = kNoNode;
  bool good = true;
  std::optional<std::vector<OpenTime>> open;
  std::optional<Zones> zones;
  std::optional<Span> margin;
  std::optional<OnClose> on_close;
};

class HoursReader {
 public:
  HoursReader(Draft* draft, NodeId queue) : draft_(*draft), queue_(queue) {}

  void read();

 private:
  void read_class(NodeId id);
  HoursText read_one(NodeId id);
  void read_open(NodeId id, HoursText* out);
  void read_zones(NodeId id, HoursText* out);
  void read_zone(NodeId id, HoursText* out);
  void settle(const HoursText& own, size_t message_class);

  Draft& draft_;
  const NodeId queue_;
  HoursText all_;  // of every class
};

void HoursReader::read_open(NodeId id, HoursText* out) {
  const NodeId list = field(draft_.document, id, Shape::hours, "open");
  if (list == kNoNode) return;
  std::vector<OpenTime> open;
  for (const NodeId element : draft_.elements(list, "open", 1, kMostOpenTimes)) {
    std::string why;
    if (!draft_.document.is(element, NodeType::string)) {
      draft_.findings.error(element, say::wrong_form(Form::text, draft_.document[element].type, draft_.text(element)));
    } else if (!parse_open_times(draft_.text(element), &open, &why)) {
      draft_.findings.error(element, why);
    }
  }
  out->open = hours::merge(std::move(open));
}

void HoursReader::read_zone(NodeId id, HoursText* out) {
  const Zone* zone = nullptr;
  if (!draft_.document.is(id, NodeType::string)) {
    draft_.findings.error(id, say::wrong_form(Form::name, draft_.document[id].type, draft_.text(id)));
    return;
  }
  if (!draft_.zone(id, &zone)) return;
  const auto is_it = [&](const auto& known) { return known.get() == zone; };
  if (std::ranges::any_of(*out->zones, is_it)) {
    draft_.findings.error(id, say::named_twice(draft_.text(id)));
    return;
  }
  out->zones->push_back(*std::ranges::find_if(draft_.policy.zones, is_it));
}

void HoursReader::read_zones(NodeId id, HoursText* out) {
  const NodeId zone = field(draft_.document, id, Shape::hours, "zone");
  if (zone == kNoNode) return;
  out->zones.emplace();
  if (draft_.document.is(zone, NodeType::string)) return read_zone(zone, out);
  for (const NodeId one : draft_.elements(zone, "zone", 1, kMostZones)) read_zone(one, out);
}

HoursText HoursReader::read_one(NodeId id) {
  HoursText text;
  text.node = id;
  const size_t before = draft_.findings.errors();
  if (check_fields(draft_.document, id, Shape::hours, {}, &draft_.findings)) {
    read_open(id, &text);
    read_zones(id, &text);
    Span margin = 0;
    if (draft_.duration(id, Shape::hours, "margin", &margin)) text.margin = margin;
    const NodeId on_close = field(draft_.document, id, Shape::hours, "on_close");
    const int chosen = on_close == kNoNode ? -1 : draft_.choose(on_close, "on_close", on_close_words());
    if (chosen >= 0) text.on_close = static_cast<OnClose>(chosen);
  }
  text.good = draft_.findings.errors() == before;
  return text;
}

// What an entry leaves out is as for every class. Hours that never close are none.
void HoursReader::settle(const HoursText& own, size_t message_class) {
  if (!own.good || !all_.good) return;
  const auto& open = own.open ? own.open : all_.open;
  const auto& zones = own.zones ? own.zones : all_.zones;
  if (!open) return draft_.findings.error(own.node, say::missing_field("open"));
  auto rules = std::make_shared<Hours>();
  rules->open = *open;
  if (rules->always_open()) {
    draft_.policy.queue.classes[message_class].hours = nullptr;
    return;
  }
  if (!zones) return draft_.findings.error(own.node, say::hours_without_zone());
  rules->zones = *zones;
  rules->margin = own.margin.value_or(all_.margin.value_or(0));
  rules->on_close = own.on_close.value_or(all_.on_close.value_or(OnClose::hold));
  if (rules->margin >= hours::shortest(rules->open)) {
    const NodeId margin = draft_.document.find(own.margin ? own.node : all_.node, "margin");
    return draft_.findings.error(margin, say::margin_too_long(rules->margin, hours::shortest(rules->open)));
  }
  draft_.policy.queue.classes[message_class].hours = std::move(rules);
}

void HoursReader::read_class(NodeId id) {
  const NodeId own = field(draft_.document, id, Shape::queue_class, "hours");
  const NodeId name = field(draft_.document, id, Shape::queue_class, "class");
  if (own == kNoNode || name == kNoNode) return;
  const auto known = std::ranges::find(class_words(), draft_.text(name));
  const HoursText text = read_one(own);
  if (known != class_words().end()) settle(text, static_cast<size_t>(known - class_words().begin()));
}

void HoursReader::read() {
  const NodeId of_all = field(draft_.document, queue_, Shape::queue, "hours");
  if (of_all != kNoNode) {
    all_ = read_one(of_all);
    const size_t before = draft_.findings.errors();
    for (size_t i = 0; i < kMessageClasses && draft_.findings.errors() == before; ++i) settle(all_, i);
  }
  const NodeId list = field(draft_.document, queue_, Shape::queue, "classes");
  if (list != kNoNode) {
    for (const NodeId id : draft_.document.children(list, kMessageClasses)) read_class(id);
  }
  for (const ClassRules& rules : draft_.policy.queue.classes) draft_.policy.queue.has_hours |= rules.hours != nullptr;
}

}  // namespace

void compile_hours(Draft* draft, NodeId queue) { HoursReader(draft, queue).read(); }

}  // namespace sluice
