// SPDX-License-Identifier: Apache-2.0
#include "core/policy/overlay.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/policy/compiled_policy.h"
#include "core/policy/findings_text.h"
#include "core/policy/schema.h"

namespace sluice {
namespace {

using Nodes = std::vector<NodeId>;

// Of one object; what lies beyond is duplicate or unknown, and merging is quadratic in it.
constexpr size_t kMaxFields = 64;

// A list whose elements have names: the base's and the overlay's are matched by them.
struct NamedList {
  Shape owner;
  std::string_view field;
  Shape element;
  std::string_view key;
  size_t at_most;
  bool removable = false;  // it holds how much, not what there is
};

constexpr NamedList kNamedLists[] = {
    {Shape::policy, "subjects", Shape::subject, "scope", kMaxDimensions},
    {Shape::policy, "limits", Shape::limit, "name", kMaxLimits},
    {Shape::policy, "operations", Shape::operation, "name", kMaxOperations},
    {Shape::policy, "pools", Shape::pool, "name", kMaxPools},
    {Shape::subject, "plans", Shape::plan, "name", kMaxPlans},
    {Shape::limit, "amounts", Shape::amount, "plan", kMaxPlans, true},
    {Shape::operation, "charges", Shape::charge, "limit", kMaxCharges},
    {Shape::queue, "classes", Shape::queue_class, "class", kMessageClasses, true},
    {Shape::queue, "weights", Shape::weight, "plan", kMaxPlans, true},
};

// An object of which the overlay may give some fields, and the others stay. Any other is replaced as one. Without a field: whatever
// its name.
struct MergedObject {
  Shape owner;
  std::string_view field;
  Shape shape;
};

constexpr MergedObject kMergedObjects[] = {
    {Shape::policy, "queue", Shape::queue},      {Shape::queue, "retry", Shape::retry},
    {Shape::queue, "hours", Shape::hours},       {Shape::queue_class, "hours", Shape::hours},
    {Shape::policy, "dialect", Shape::dialect},  {Shape::dialect, "headers", Shape::headers},
    {Shape::dialect, "answers", Shape::answers}, {Shape::answers, "", Shape::answer},
    {Shape::answer, "headers", Shape::headers},
};

// One of these is given; a given one takes the place of another.
constexpr std::string_view kAmountForms[] = {"amount", "unlimited", "custom", "blocked", "of", "amounts"};

const NamedList* named_list(Shape owner, std::string_view field) {
  for (const NamedList& list : kNamedLists) {
    if (list.owner == owner && list.field == field) return &list;
  }
  return nullptr;
}

const MergedObject* merged_object(Shape owner, std::string_view field) {
  for (const MergedObject& object : kMergedObjects) {
    if (object.owner == owner && (object.field.empty() || object.field == field)) return &object;
  }
  return nullptr;
}

bool is_amount_form(std::string_view name) {
  return std::find(std::begin(kAmountForms), std::end(kAmountForms), name) != std::end(kAmountForms);
}

class Merge {
 public:
  Merge(Document* document, Findings* findings) : document_(*document), findings_(*findings) {}

  void merge(NodeId base, NodeId overlay, Shape shape);

 private:
  std::string key_of(NodeId element, std::string_view key) const;
  void merge_list(NodeId base, NodeId overlay, const NamedList& list);
  Nodes one_plan_each(const Nodes& entries);
  NodeId find_element(const Nodes& elements, const std::string& key, std::string_view field) const;
  void merge_element(NodeId base, NodeId overlay, Shape shape, Nodes* elements, size_t at);
  void remove(Nodes* members, NodeId name, Shape shape);
  void give(Nodes* members, NodeId given, Shape shape);
  NodeId all_new(NodeId given, Shape shape);
  void drop_other_forms(Nodes* members, NodeId overlay) const;
  void drop_other_kinds(Nodes* members, NodeId overlay, NodeId kind);
  void drop_from_amounts(NodeId amounts, Kind kind);
  void refuse_nulls(NodeId id);

  Document& document_;
  Findings& findings_;
};

std::string Merge::key_of(NodeId element, std::string_view key) const {
  if (document_.is(element, NodeType::string)) return std::string(document_[element].text);  // a plan that is just its name
  const NodeId id = document_.find(element, key);
  if (document_.is(id, NodeType::string)) return std::string(document_[id].text);
  std::string result;
  for (const NodeId part : document_.children(id, kMaxPlans)) {
    if (!result.empty()) result += ',';
    result += document_[part].text;
  }
  return result;
}

NodeId Merge::find_element(const Nodes& elements, const std::string& key, std::string_view field) const {
  for (const NodeId element : elements) {
    if (!key.empty() && key_of(element, field) == key) return element;
  }
  return kNoNode;
}

// An entry for several plans becomes one for each, so that the overlay can speak of one of them.
Nodes Merge::one_plan_each(const Nodes& entries) {
  Nodes result;
  for (const NodeId entry : entries) {
    const NodeId plans = document_.find(entry, "plan");
    const Nodes names = document_.children(plans, kMaxPlans);
    if (!document_.is(plans, NodeType::list) || names.size() < 2) {
      result.push_back(entry);
      continue;
    }
    for (const NodeId name : names) {
      Nodes members;
      for (const NodeId member : document_.children(entry, kMaxFields)) {
        Node copy = document_[member == plans ? name : member];
        copy.name = document_[member].name;
        members.push_back(document_.add(copy));
      }
      const NodeId split = document_.add(document_[entry]);
      document_.set_children(split, members);
      result.push_back(split);
    }
  }
  return result;
}

void Merge::merge_list(NodeId base, NodeId overlay, const NamedList& list) {
  Nodes elements = document_.children(base, list.at_most);
  Nodes given = document_.children(overlay, list.at_most + 1);
  if (given.size() > list.at_most) {
    findings_.error(overlay, say::too_many(list.field, list.at_most));
    given.pop_back();
  }
  if (list.key == "plan") {
    elements = one_plan_each(elements);
    given = one_plan_each(given);
  }
  for (const NodeId element : given) {
    const NodeId known = find_element(elements, key_of(element, list.key), list.key);
    if (known == kNoNode) {
      refuse_nulls(element);
      elements.push_back(element);
    } else {
      const auto at = static_cast<size_t>(std::find(elements.begin(), elements.end(), known) - elements.begin());
      merge_element(known, element, list.element, &elements, at);
    }
  }
  document_.set_children(base, elements);
}

void Merge::merge_element(NodeId base, NodeId overlay, Shape shape, Nodes* elements, size_t at) {
  if (!document_.is(overlay, NodeType::object)) return;  // a plan named again
  if (document_.is(base, NodeType::object)) {
    merge(base, overlay, shape);
    return;
  }
  // A plan that was just its name: there is nothing in it to remove.
  refuse_nulls(overlay);
  (*elements)[at] = overlay;
}

// What is new has nothing that a null could remove; the null goes, with a warning.
void Merge::refuse_nulls(NodeId id) {
  if (!document_.is(id, NodeType::object)) return;
  Nodes members = document_.children(id);
  const auto is_null = [&](NodeId member) {
    if (!document_.is(member, NodeType::null)) return false;
    findings_.warning(member, say::null_removes_nothing(document_[member].name));
    return true;
  };
  members.erase(std::remove_if(members.begin(), members.end(), is_null), members.end());
  document_.set_children(id, members);
}

void Merge::remove(Nodes* members, NodeId null, Shape shape) {
  const std::string_view name = document_[null].name;
  const auto known = std::find_if(members->begin(), members->end(), [&](NodeId m) { return document_[m].name == name; });
  if (known == members->end()) {
    findings_.warning(null, say::null_removes_nothing(name));
  } else if (const NamedList* list = named_list(shape, name); list && !list->removable) {
    findings_.error(null, say::overlay_cannot_remove(name));
  } else {
    members->erase(known);
  }
}

void Merge::give(Nodes* members, NodeId given, Shape shape) {
  const std::string_view name = document_[given].name;
  const auto known = std::find_if(members->begin(), members->end(), [&](NodeId m) { return document_[m].name == name; });
  if (known == members->end()) {
    members->push_back(all_new(given, shape));
    return;
  }
  const NamedList* list = named_list(shape, name);
  const MergedObject* object = merged_object(shape, name);
  if (list && document_.is(*known, NodeType::list) && document_.is(given, NodeType::list)) {
    merge_list(*known, given, *list);
  } else if (object && document_.is(*known, NodeType::object) && document_.is(given, NodeType::object)) {
    merge(*known, given, object->shape);
  } else {
    *known = given;
  }
}

// A field that the base lacks: there is nothing that a null in it could remove.
NodeId Merge::all_new(NodeId given, Shape shape) {
  const std::string_view name = document_[given].name;
  if (const NamedList* list = named_list(shape, name); list && document_.is(given, NodeType::list)) {
    for (const NodeId element : document_.children(given, list->at_most)) refuse_nulls(element);
  }
  const MergedObject* object = merged_object(shape, name);
  if (!object || !document_.is(given, NodeType::object)) return given;
  Node empty = document_[given];
  empty.first = kNoNode;
  const NodeId base = document_.add(empty);
  merge(base, given, object->shape);
  return base;
}

void Merge::drop_other_forms(Nodes* members, NodeId overlay) const {
  const auto given = [&](std::string_view name) { return document_.find(overlay, name) != kNoNode; };
  if (std::none_of(std::begin(kAmountForms), std::end(kAmountForms), given)) return;
  const auto is_other = [&](NodeId member) {
    const std::string_view name = document_[member].name;
    return (is_amount_form(name) && !given(name)) || (name == "times" && !given("of"));
  };
  members->erase(std::remove_if(members->begin(), members->end(), is_other), members->end());
}

void Merge::drop_from_amounts(NodeId amounts, Kind kind) {
  for (const NodeId entry : document_.children(amounts, kMaxPlans)) {
    Nodes kept;
    for (const NodeId member : document_.children(entry, kMaxFields)) {
      const Field* field = find_field(Shape::amount, document_[member].name);
      if (field && !(field->kinds & bit(kind))) {
        findings_.note_at_name(member, say::dropped_with_kind(field->name, kind_name(kind)));
      } else {
        kept.push_back(member);
      }
    }
    document_.set_children(entry, kept);
  }
}

// The base's fields only: one that the overlay gives although its kind lacks it is a mistake.
void Merge::drop_other_kinds(Nodes* members, NodeId overlay, NodeId kind_node) {
  const auto kind = parse_kind(document_[kind_node].text);
  if (!kind) return;
  const auto falls_away = [&](NodeId member) {
    const std::string_view name = document_[member].name;
    const Field* field = find_field(Shape::limit, name);
    if (!field || (field->kinds & bit(*kind)) || document_.find(overlay, name) != kNoNode) return false;
    findings_.note_at_name(member, say::dropped_with_kind(name, kind_name(*kind)));
    return true;
  };
  members->erase(std::remove_if(members->begin(), members->end(), falls_away), members->end());
  for (const NodeId member : *members) {
    if (document_[member].name == "amounts") drop_from_amounts(member, *kind);
  }
}

void Merge::merge(NodeId base, NodeId overlay, Shape shape) {
  Nodes members = document_.children(base, kMaxFields);
  const NodeId kind = shape == Shape::limit ? document_.find(overlay, "kind") : kNoNode;
  const NodeId old_kind = document_.find(base, "kind");
  if (document_.is(kind, NodeType::string) && document_.is(old_kind, NodeType::string) &&
      document_[kind].text != document_[old_kind].text) {
    drop_other_kinds(&members, overlay, kind);
  }
  if (shape == Shape::limit || shape == Shape::amount) drop_other_forms(&members, overlay);
  for (const NodeId given : document_.children(overlay, kMaxFields)) {
    if (document_.is(given, NodeType::null)) {
      remove(&members, given, shape);
    } else {
      give(&members, given, shape);
    }
  }
  document_.set_children(base, members);
}

}  // namespace

void merge_overlay(Document* document, std::string_view stance, Findings* findings) {
  const NodeId overlay = document->find(document->root(), stance);
  if (!document->is(overlay, NodeType::object)) return;
  // Unknown fields are said here and left out, so that they are not said again of the merged policy.
  const size_t before = findings->errors();
  Nodes known;
  for (const NodeId member : document->children(overlay)) {
    if (find_field(Shape::overlay, (*document)[member].name)) known.push_back(member);
  }
  if (known.size() != document->children(overlay).size()) check_fields(*document, overlay, Shape::overlay, {}, findings);
  if (findings->errors() != before) document->set_children(overlay, known);
  Merge(document, findings).merge(document->root(), overlay, Shape::policy);
}

}  // namespace sluice
