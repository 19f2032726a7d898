// SPDX-License-Identifier: Apache-2.0
// Which fields stand where, for which kinds, and in what form: the tables of docs/policy-language.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/limits/params.h"
#include "core/policy/document.h"
#include "core/policy/findings.h"

namespace sluice {

// What kinds a field is for: one bit for each.
using Kinds = uint8_t;
constexpr Kinds bit(Kind kind) { return static_cast<Kinds>(1U << static_cast<unsigned>(kind)); }
inline constexpr Kinds kAllKinds = 0x3F;

enum class Shape : uint8_t {
  policy,
  overlay,
  subject,
  billing,
  plan,
  promotion,
  limit,
  amount,
  own_amount,
  operation,
  charge,
  queue,
  retry,
  queue_class,
  hours,
  weight,
  pool,
  dialect,
  answers,  // any name may stand here
  answer,
  headers  // the same
};

// What JSON a field takes; what the text in it must say is for the reader of that field.
// A flag is there or not, so it is `true`; a boolean may also be `false`.
enum class Form : uint8_t { any, text, name, number, flag, boolean, list, object, name_or_list, number_or_text };

struct Field {
  std::string_view name;
  Form form = Form::any;
  bool required = false;
  Kinds kinds = kAllKinds;  // in limits, their amounts and charges on them
};

std::span<const Field> fields_of(Shape shape);
const Field* find_field(Shape shape, std::string_view name);

// The kind so named; nullopt when there is none.
std::optional<Kind> parse_kind(std::string_view name);
std::string_view kind_name(Kind kind);
std::span<const std::string_view> kind_names();
// In the order of Mode.
std::span<const std::string_view> mode_names();

// Says what is wrong with the fields of one object: unknown, missing, not for the kind, not of the form. `kind` nullopt: not
// known, so nothing is said about kinds. False when `id` is no object at all.
bool check_fields(const Document& document, NodeId id, Shape shape, std::optional<Kind> kind, Findings* findings);

// A field of the right form, or kNoNode: what is wrong has been said.
NodeId field(const Document& document, NodeId object, Shape shape, std::string_view name);

}  // namespace sluice
