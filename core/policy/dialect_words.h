// SPDX-License-Identifier: Apache-2.0
// The words of the policy's `dialect`: when an answer is given, what placeholders tell and in which form.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/policy/dialect_rules.h"

namespace sluice {

// What kind of thing is told, and with it the forms that it has.
enum class ToldType : uint8_t { units, text, instant, span };

struct ToldWord {
  std::string_view name;
  Told told;
  ToldType type;
  bool of_limit = false;  // may say of which: {month.limit}
};

std::span<const ToldWord> told_words();  // without value, quantity and given, which go by names of their own
const ToldWord* find_told(std::string_view name);
ToldType type_of(Told told);

struct FormWord {
  std::string_view name;
  ToldForm form;
  ToldType type;
};
std::span<const FormWord> form_words();

// The kinds of a denial and of a failure, by the names that the C ABI tells them by.
struct KindWord {
  std::string_view name;
  int32_t kind;
};
std::span<const KindWord> denial_words();
std::span<const KindWord> failure_words();

struct CaseWord {
  std::string_view name;
  AnswerCase which;
};
std::span<const CaseWord> case_words();

// Whether something of this is ever known in answers of that kind.
bool is_told(Told told, AnswerCase which);

}  // namespace sluice
