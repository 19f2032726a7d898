// SPDX-License-Identifier: Apache-2.0
#include "core/policy/dialect_words.h"

namespace sluice {
namespace {

constexpr ToldWord kToldWords[] = {
    {"limit", Told::limit, ToldType::units, true},
    {"used", Told::used, ToldType::units, true},
    {"remaining", Told::remaining, ToldType::units, true},
    {"resets_at", Told::resets_at, ToldType::instant, true},
    {"opens_at", Told::opens_at, ToldType::instant, true},
    {"limit_name", Told::limit_name, ToldType::text, true},
    {"unit", Told::unit, ToldType::text, true},
    {"begins_at", Told::begins_at, ToldType::instant, true},
    {"overage", Told::overage, ToldType::units, true},
    {"retry_after", Told::retry_after, ToldType::span},
    {"wait", Told::wait, ToldType::span},
    {"largest_cost", Told::largest_cost, ToldType::units},
    {"denial", Told::denial, ToldType::text},
    {"outcome", Told::outcome, ToldType::text},
    {"should_retry", Told::should_retry, ToldType::text},
    {"now", Told::now, ToldType::instant},
    {"status", Told::status, ToldType::units},
    {"message", Told::message, ToldType::units},
    {"depth", Told::depth, ToldType::units},
    {"position", Told::position, ToldType::units},
    {"eta", Told::eta, ToldType::instant},
    {"expires_at", Told::expires_at, ToldType::instant},
};

constexpr FormWord kForms[] = {
    {"epoch", ToldForm::epoch, ToldType::instant},
    {"epoch_ms", ToldForm::epoch_ms, ToldType::instant},
    {"delta", ToldForm::delta, ToldType::instant},
    {"delta_ms", ToldForm::delta_ms, ToldType::instant},
    {"iso", ToldForm::iso, ToldType::instant},
    {"date", ToldForm::date, ToldType::instant},
    {"s", ToldForm::s, ToldType::span},
    {"ms", ToldForm::ms, ToldType::span},
};

constexpr KindWord kDenials[] = {
    {"memory", static_cast<int32_t>(DenialKind::memory)},   {"rate", static_cast<int32_t>(DenialKind::rate)},
    {"depth", static_cast<int32_t>(DenialKind::depth)},     {"upstream", static_cast<int32_t>(DenialKind::upstream)},
    {"pool", static_cast<int32_t>(DenialKind::pool)},       {"distinct", static_cast<int32_t>(DenialKind::distinct)},
    {"gauge", static_cast<int32_t>(DenialKind::gauge)},     {"quota", static_cast<int32_t>(DenialKind::quota)},
    {"blocked", static_cast<int32_t>(DenialKind::blocked)}, {"never", static_cast<int32_t>(DenialKind::never)},
};

// The statuses of sluice.h that a caller's own client may have caused, or must be told of.
constexpr KindWord kFailures[] = {
    {"invalid", -1},  {"no_memory", -3}, {"not_found", -4}, {"time", -6},
    {"conflict", -7}, {"unset", -8},     {"too_many", -13}, {"internal", -100},
};

constexpr CaseWord kCases[] = {
    {"allowed", AnswerCase::allowed}, {"queued", AnswerCase::queued}, {"would queue", AnswerCase::would_queue},
    {"denied", AnswerCase::denied},   {"failed", AnswerCase::failed}, {"usage", AnswerCase::usage},
};

bool is_of_message(Told told) {
  return told == Told::message || told == Told::depth || told == Told::position || told == Told::eta || told == Told::expires_at;
}
bool is_of_wait(Told told) {
  return told == Told::retry_after || told == Told::wait || told == Told::largest_cost || told == Told::denial ||
         told == Told::should_retry;
}
bool is_of_usage(Told told) { return told == Told::begins_at || told == Told::overage; }

}  // namespace

std::span<const ToldWord> told_words() { return kToldWords; }

const ToldWord* find_told(std::string_view name) {
  for (const ToldWord& word : kToldWords) {
    if (word.name == name) return &word;
  }
  return nullptr;
}

ToldType type_of(Told told) {
  for (const ToldWord& word : kToldWords) {
    if (word.told == told) return word.type;
  }
  return told == Told::quantity ? ToldType::units : ToldType::text;
}

std::span<const FormWord> form_words() { return kForms; }
std::span<const KindWord> denial_words() { return kDenials; }
std::span<const KindWord> failure_words() { return kFailures; }
std::span<const CaseWord> case_words() { return kCases; }

bool is_told(Told told, AnswerCase which) {
  switch (which) {
    case AnswerCase::allowed: return !is_of_wait(told) && !is_of_message(told) && !is_of_usage(told);
    case AnswerCase::queued: return !is_of_wait(told) && !is_of_usage(told);
    case AnswerCase::would_queue: return !is_of_usage(told) && told != Told::denial;
    case AnswerCase::denied: return !is_of_usage(told);
    case AnswerCase::failed:
      return told == Told::status || told == Told::outcome || told == Told::value || told == Told::quantity ||
             told == Told::given;
    case AnswerCase::usage:
      return told <= Told::overage || told == Told::now || told == Told::status || told == Told::outcome || told == Told::given;
  }
  return true;
}

}  // namespace sluice
