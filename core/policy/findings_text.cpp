// SPDX-License-Identifier: Apache-2.0
#include "core/policy/findings_text.h"

#include "core/limits/params.h"
#include "core/policy/compiled_policy.h"
#include "core/policy/rapidjson.h"

namespace sluice::say {
namespace {

constexpr size_t kLongestQuote = 64;
constexpr size_t kMostNames = 20;  // of a list of valid names

std::string quote(View text) { return '"' + shortened(text) + '"'; }
std::string code(View text) { return '`' + shortened(text) + '`'; }
std::string number(uint64_t value) { return std::to_string(value); }

std::string got(View text) { return ", got " + quote(text); }

std::string meant(View nearest) { return nearest.empty() ? std::string() : "; did you mean " + quote(nearest) + "?"; }

std::string percent(uint32_t share) {
  std::string result = number(share / 100);
  if (share % 100 != 0) result += '.' + number(share % 100 / 10) + (share % 10 != 0 ? number(share % 10) : "");
  return result + '%';
}

std::string duration(Span span) {
  struct Unit {
    View name;
    Span span;
  };
  constexpr Unit kUnits[] = {{"h", kHour}, {"min", kMinute}, {"s", kSecond}, {"ms", kMillisecond}, {"us", kMicrosecond}};
  for (const Unit& unit : kUnits) {
    if (span >= unit.span && span % unit.span == 0) return std::to_string(span / unit.span) + std::string(unit.name);
  }
  return std::to_string(span) + "ns";
}

View form_in_words(Form form) {
  switch (form) {
    case Form::any: return "a value";
    case Form::text: return "a text in quotes";
    case Form::name: return "a name in quotes";
    case Form::number: return "a whole number";
    case Form::flag: return "`true`";
    case Form::boolean: return "`true` or `false`";
    case Form::list: return "a list, [...]";
    case Form::object: return "an object, {...}";
    case Form::name_or_list: return "a name or a list of names";
    case Form::number_or_text: return "a number or a text";
  }
  return "";
}

std::string value_in_words(NodeType type, View text) {
  switch (type) {
    case NodeType::null: return "null";
    case NodeType::boolean: return "true or false";
    case NodeType::number: return "the number " + shortened(text);
    case NodeType::string: return "the text " + quote(text);
    case NodeType::list: return "a list";
    case NodeType::object: return "an object";
  }
  return "";
}

bool all_digits(View text) { return !text.empty() && text.find_first_not_of("0123456789") == View::npos; }

constexpr View kNameRule = "a name is 1 to 64 characters of a-z A-Z 0-9 _ . - / : or space, the first a letter";

}  // namespace

std::string shortened(View text) {
  std::string result;
  size_t characters = 0;
  for (const char c : text) {
    const bool begins = (c & 0xC0) != 0x80;
    if (begins && ++characters > kLongestQuote) return result + "...";
    const auto byte = static_cast<unsigned char>(c);
    result += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return result;
}

std::string list(Views names, View last) {
  std::string result;
  const size_t shown = names.size() > kMostNames ? kMostNames : names.size();
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) result += i + 1 == names.size() ? ' ' + std::string(last) + ' ' : ", ";
    result += shortened(names[i]);
  }
  if (shown < names.size()) result += " and " + number(names.size() - shown) + " more";
  return result;
}

std::string text_too_long(size_t bytes) {
  return "a policy is at most " + number(kMaxTextBytes) + " bytes, this one is " + number(bytes);
}
std::string nul_byte() { return "a NUL byte; a policy is text"; }
std::string not_utf8() { return "not UTF-8 from here on; a policy is UTF-8 text"; }
std::string too_deep() { return "nested deeper than " + number(kMaxDepth) + " levels"; }
std::string too_many_values() { return "more than " + number(kMaxNodes) + " values"; }

std::string syntax(int error, bool at_end) {
  const std::string where = at_end ? " before the end of the text" : "";
  switch (error) {
    case rapidjson::kParseErrorDocumentEmpty: return "the text is empty; expected a policy, {...}";
    case rapidjson::kParseErrorDocumentRootNotSingular: return "expected nothing more after the policy's closing brace";
    case rapidjson::kParseErrorObjectMissName: return "expected a field's name in quotes, or }" + where;
    case rapidjson::kParseErrorObjectMissColon: return "expected a colon after the field's name" + where;
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket: return "expected a comma or }" + where;
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket: return "expected a comma or ]" + where;
    case rapidjson::kParseErrorStringMissQuotationMark: return "a text without its closing quotation mark (it ends on its line)";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex: return "expected four hexadecimal digits after \\u";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid: return "half of a surrogate pair; both halves are needed";
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "a text holds a control character or an unknown escape; known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u";
    case rapidjson::kParseErrorStringInvalidEncoding: return not_utf8();
    case rapidjson::kParseErrorNumberMissFraction: return "expected digits after the decimal point";
    case rapidjson::kParseErrorNumberMissExponent: return "expected digits in the exponent";
    case rapidjson::kParseErrorNumberTooBig: return "the number is too large";
    case rapidjson::kParseErrorUnspecificSyntaxError: return "a comment that is not closed, or a lone /" + where;
    default: return "expected a value: a text, a number, true, false, null, [...] or {...}" + where;
  }
}

std::string policy_is_an_object() { return "a policy is an object, {...}"; }
std::string unknown_stance(View stance, std::span<const std::string> stances) {
  const std::vector<View> names(stances.begin(), stances.end());
  return "the policy has no stance " + quote(stance) + "; it has " + list(names, "and");
}
std::string more_findings(size_t count) { return "and " + number(count) + " more"; }

std::string unknown_field(View field, View nearest, Views valid) {
  return "unknown field " + quote(field) + meant(nearest) + (nearest.empty() ? "; here stand " + list(valid, "and") : "");
}
std::string missing_field(View field) { return "field " + code(field) + " is required"; }
std::string missing_for_kind(View field, View kind) {
  return "field " + code(field) + " is required for kind " + std::string(kind);
}
std::string field_not_for_kind(View field, View kinds, View kind) {
  return code(field) + " is for " + std::string(kinds) + ", not for " + std::string(kind);
}
std::string field_twice(View field, int line, int column) {
  return "field " + quote(field) + " stands twice; first in line " + std::to_string(line) + ", column " + std::to_string(column);
}
std::string wrong_form(Form expected, NodeType type, View text) {
  std::string result = "expected " + std::string(form_in_words(expected)) + ", got " + value_in_words(type, text);
  if (expected == Form::number && type == NodeType::string && all_digits(text)) {
    result += "; write " + shortened(text) + " without quotes";
  }
  return result;
}
std::string too_many(View what, size_t at_most) { return "at most " + number(at_most) + ' ' + std::string(what); }
std::string too_few(View what, size_t at_least) { return "at least " + number(at_least) + " in " + code(what); }
std::string null_outside_overlay(View field) {
  return "null removes a field, and only in an overlay; leave " + code(field) + " out";
}

std::string null_removes_nothing(View field) { return "there is no " + code(field) + " to remove"; }
std::string overlay_cannot_remove(View field) {
  return "an overlay cannot remove what the policy names: " + code(field) + " may only be added to and changed";
}
std::string dropped_with_kind(View field, View kind) {
  return code(field) + " falls away: the overlay makes the kind " + std::string(kind);
}

std::string name_empty() { return "the name is empty; " + std::string(kNameRule); }
std::string name_too_long(View name) { return "the name " + quote(name) + " is too long; " + std::string(kNameRule); }
std::string name_must_begin_with_letter(View name) {
  return "the name " + quote(name) + " does not begin with a letter; " + std::string(kNameRule);
}
std::string name_has_other_characters(View name) {
  return "the name " + quote(name) + " has other characters; " + std::string(kNameRule);
}
std::string named_twice(View name) { return quote(name) + " is already named in this list"; }
std::string unknown_name(View what, View name, View nearest, Views valid) {
  std::string result = "unknown " + std::string(what) + ' ' + quote(name) + meant(nearest);
  if (!nearest.empty()) return result;
  return result + (valid.empty() ? "; there is none" : "; expected " + list(valid));
}

std::string not_a_whole_number(View text) {
  return "expected a whole number from 1 without sign, fraction or exponent, such as 1000, got " + shortened(text);
}
std::string count_is_zero() { return "expected at least 1; to let nothing pass, write \"blocked\": true"; }
std::string count_too_large(View text) {
  return shortened(text) + " is too large; at most " + number(kCountLimit - 1) + ", or \"unlimited\": true";
}
std::string number_out_of_range(View text, uint64_t least, uint64_t most) {
  return "expected a whole number from " + number(least) + " to " + number(most) + ", got " + shortened(text);
}
std::string not_a_duration(View text) {
  return "expected a duration, a whole number and a unit such as \"60s\" or \"24h\"" + got(text);
}
std::string unknown_unit(View text, View unit, View nearest) {
  const std::string wrong = unit.empty() ? quote(text) + " has no unit" : "unknown unit " + quote(unit) + " in " + quote(text);
  return wrong + meant(nearest) + (nearest.empty() ? "; units are ns, us, ms, s, min, h, day and week" : "");
}
std::string duration_is_zero(View text) { return "a duration is above 0" + got(text); }
std::string duration_too_long(View text) { return "a duration is at most 400 days" + got(text); }
std::string not_a_rate(View text) { return "expected a rate such as \"10/s\", \"30/min\" or \"5/10s\"" + got(text); }
std::string rate_is_zero(View text) { return "a rate is above 0" + got(text) + "; to let nothing pass, write \"blocked\": true"; }
std::string not_a_percentage(View text) {
  return "expected a percentage as a number with at most 2 decimals, such as 75 or 99.5, got " + shortened(text);
}
std::string not_a_percentage_text(View text) {
  return "expected a percentage above 0%, up to 1000%, such as \"120%\"" + got(text);
}
std::string percentage_out_of_range(View text) { return "expected a percentage above 0, up to 1000, got " + shortened(text); }
std::string not_a_ratio(View text) { return "expected a fraction such as \"1/10\", \"2\" or \"1.5\"" + got(text); }
std::string ratio_is_zero(View text) { return "a fraction is above 0" + got(text); }
std::string ratio_too_large(View text) { return "the parts of a fraction are below 2^48" + got(text); }
std::string not_a_burst(View text) { return "expected a burst such as \"2x for 10s\"" + got(text); }
std::string burst_factor_too_small(View text) { return "the factor of a burst is above 1" + got(text); }
std::string not_a_period(View text, View nearest) {
  return "expected a period such as \"60s\", \"60s from first\", \"day\", \"week\", \"month\", \"year\" or \"billing\"" +
         got(text) + meant(nearest);
}
std::string not_a_length_from_first(View text) {
  return "expected a duration before \"from first\", such as \"24h from first\"" + got(text);
}
std::string not_a_time_of_day(View text) { return "expected a time of day such as \"09:30\"" + got(text); }
std::string not_an_offset(View text) { return "expected an offset from UTC of at most 14 hours, such as \"+05:30\"" + got(text); }
std::string unknown_zone(View text) {
  return "unknown time zone " + quote(text) + "; expected \"UTC\", an offset such as \"+05:30\", or an IANA name such as " +
         "\"Europe/Paris\" (upper and lower case matter)";
}

std::string subject_scope_is_one_dimension() { return "plans belong to one dimension, such as [\"account\"]"; }
std::string subject_twice(View dimension) { return "the subjects of " + quote(dimension) + " are already described"; }
std::string default_plan_missing() { return "with `plans`, field `default` is required: the plan of a subject not heard of"; }
std::string default_without_plans() { return "`default` names one of `plans`, and there are none"; }
std::string not_a_billing_day(View day) { return "expected a day of the month from 1 to 31, got " + shortened(day); }
std::string promotes_to_itself() { return "a plan promotes to another plan"; }
std::string promotions_in_a_circle() { return "these promotions lead back to where they began"; }
std::string promotion_of_other_scope(View limit) {
  return "a promotion looks at a limit of its own subjects; " + quote(limit) + " has another scope";
}
std::string promotion_without_share(View kind) {
  return "a promotion looks at how much of a limit is used; a " + std::string(kind) + " has no such share";
}
std::string promotion_of_a_word(View limit) {
  return quote(limit) + " is unlimited or blocked on this plan: no share of it can be used";
}
std::string promotion_above_whole(View share) { return "expected at most \"100%\"" + got(share); }

std::string zone_needs_calendar(bool billing) {
  if (billing) return "a billing cycle has the zone of its subject: see `billing` in `subjects`";
  return "`zone` is for the calendar periods \"day\", \"week\", \"month\" and \"year\"";
}
std::string long_aligned_period(View period) {
  return quote(period) + " is counted from 1970-01-01, a Thursday; if a calendar is meant, write \"week\" or \"month\", or " +
         quote(std::string(period) + " from first");
}
std::string margin_too_long() { return "a margin is at most as long as the period"; }
std::string slots_out_of_range(View text) { return "expected 1 to " + number(kMaxExactLog) + " slots, got " + shortened(text); }
std::string slots_finer_than_a_nanosecond() { return "more slots than the period has nanoseconds"; }
std::string not_a_report_name(View name) { return "expected two words with a dot, such as \"emails.sent\"" + got(name); }
std::string dimension_without_plans(View dimension) {
  return "the subjects of " + quote(dimension) + " have no plans; describe them in `subjects`, or write one amount for all";
}
std::string by_missing() {
  return "the scope has several dimensions; `by` says whose plan chooses the amount, such as \"by\": \"account\"";
}
std::string by_not_for(View kind) {
  return "`by` on a scope of several dimensions is for window (without burst), sliding and distinct, not for " +
         std::string(kind);
}
std::string billing_of_whom() { return "the scope has several dimensions; `by` says whose billing cycle it is"; }

std::string no_amount(bool in_limit) {
  return std::string("no amount; expected one of `amount`, `unlimited`, `custom`, `blocked`, `of`") +
         (in_limit ? " and `amounts`" : "");
}
std::string two_amounts(View one, View other) { return "either " + code(one) + " or " + code(other) + ", not both"; }
std::string times_without_of() { return "`times` goes with `of`, the limit that is followed"; }
std::string beside_a_word(View field, View word) {
  return code(field) + " means nothing beside " + code(word) + "; leave it out";
}
std::string amount_is_a_number(View text) {
  std::string result = "expected a whole number such as 1000" + got(text);
  if (all_digits(text)) return result + "; write " + shortened(text) + " without quotes";
  return text.find('/') == View::npos ? result : result + "; only a pace has a rate";
}
std::string pace_amount_is_a_rate(View text) {
  return "the amount of a pace is a rate such as \"" + (all_digits(text) ? shortened(text) : "10") + "/s\", got " +
         shortened(text);
}
std::string not_a_depth(View text) {
  if (all_digits(text)) return "a depth in units is a number; write " + shortened(text) + " without quotes";
  return "expected a depth in units such as 80, or a duration such as \"1s\"" + got(text);
}
std::string depth_too_large() { return "the depth is too large: depth x period / amount must be below 146 years"; }
std::string burst_needs_aligned_period() {
  return "`burst` is for periods that are aligned to the clock, such as \"1s\" or \"60s\"";
}
std::string burst_is_no_multiple(View text) { return "a burst lasts a whole number of periods" + got(text); }
std::string burst_too_large() { return "the burst is too large: factor x amount x periods must be below 2^48"; }
std::string ceiling_below_amount(View text) { return "a ceiling is 100% or more" + got(text); }
std::string ceiling_too_large() { return "the ceiling is too large: its share of the amount must be below 2^48"; }
std::string ceiling_with_burst() { return "either `ceiling` or `burst`, not both"; }
std::string thresholds_not_ascending(View text) {
  return "thresholds ascend, such as [75, 90, 100]; " + shortened(text) + " is not above the one before";
}
std::string exact_log_too_long(uint64_t amount, Span period) {
  constexpr uint64_t kEntryBytes = 16, kSlots = 100;
  return "an exact log holds at most " + number(kMaxExactLog) + " entries; " + number(amount) + " would take up to " +
         number(amount * kEntryBytes) + " bytes for every subject. Count in slots instead: \"slots\": " + number(kSlots) +
         " takes up to " + number((kSlots + 2) * kEntryBytes) + " bytes, is never over and late by at most " +
         duration(period / static_cast<Span>(kSlots));
}
std::string plan_twice(View plan) { return "plan " + quote(plan) + " has an amount already"; }
std::string plans_without_amount(Views plans) { return "every plan needs an amount; none for " + list(plans, "and"); }
std::string derived_out_of_bounds(uint64_t base, Ratio times) {
  return number(times.num) + '/' + number(times.den) + " of " + number(base) + " is below 1 or too large";
}
std::string followers_in_a_circle(View circle) { return "these amounts follow each other: " + std::string(circle); }
std::string base_of_other_kind(View base, View own_kind, View base_kind) {
  return "a " + std::string(own_kind) + " cannot follow " + quote(base) + ", a " + std::string(base_kind) +
         ": a pace follows a pace, and what counts follows what counts";
}
std::string base_of_other_scope(View base) {
  return "a limit follows one of the same scope and the same `by`; " + quote(base) + " has another";
}

std::string charged_twice(View limit) { return "this operation charges " + quote(limit) + " already"; }
std::string scope_not_among_values(View limit, Views missing) {
  return "limit " + quote(limit) + " is kept for " + list(missing, "and") + ", which the operation's `values` lack";
}
std::string not_a_cost(View text) {
  if (all_digits(text)) return "a cost in units is a number; write " + shortened(text) + " without quotes";
  return "expected a whole number from 1 or the name of a quantity" + got(text);
}
std::string cost_of_a_named_resource() { return "what is held by name costs one a name; leave `cost` out"; }
std::string each_missing(View limit, View dimension) {
  return "limit " + quote(limit) + " is kept for each " + shortened(dimension) +
         ", which repeats here; write \"each\": " + quote(dimension);
}
std::string each_is_not_repeated(View dimension) { return quote(dimension) + " does not repeat here; see `repeats`"; }
std::string each_with_of(View dimension) { return "the values of " + quote(dimension) + " are taken together; leave `each` out"; }
std::string of_missing(View limit) {
  return "limit " + quote(limit) + " counts distinct values; `of` says of which dimension, such as \"of\": \"recipient\"";
}
std::string of_is_in_scope(View dimension) {
  return quote(dimension) + " is in the limit's scope: it would always be the same one";
}
std::string release_not_for(View kind) { return "\"release\" is for gauge, not for " + std::string(kind); }
std::string exempt_not_for(View kind) {
  return "\"exempt\" is for distinct with `exemption`, not for " + std::string(kind == "distinct" ? "one without" : kind);
}
std::string queued_with_of() { return "queue depth is counted in units; leave `of` out"; }
std::string queued_is_taken_by_enqueue(View field) {
  return "queue depth is taken by enqueue alone; leave " + code(field) + " out";
}
std::string queued_without_line(View operation) {
  return quote(operation) + " can wait, so it needs a line: the policy's `line` must be among its `values`";
}
std::string refund_of_a_release() { return "a release takes nothing that could be refunded"; }
std::string cannot_repeat(View role) { return "the " + std::string(role) + " of a request cannot repeat"; }
std::string gauge_half_named(View limit) {
  return "gauge " + quote(limit) + " is held by name elsewhere (`of`); one gauge is held by name or by units";
}
std::string lease_without_of() { return "`lease` is for named resources, and no charge on this gauge has `of`"; }

std::string needs_line(View field) {
  return code(field) + " is about lines; name the dimension that is the line, such as \"line\": \"line\", or leave it out";
}
std::string lease_too_long(View text) { return "a lease is at most a day" + got(text); }
std::string floor_of_one() {
  return "expected 0 (no floor) or 2 to 1000; 1 would give every release to the class that waits behind";
}
std::string retry_first_too_long(Span first, Span longest) {
  return "`first` is at most `longest`; " + duration(first) + " is more than " + duration(longest);
}
std::string jitter_too_large(View text) { return "a jitter is at most \"100%\"" + got(text); }
std::string class_twice(View name) { return "class " + quote(name) + " is already described in this list"; }
std::string weights_without_plans(View tenant) {
  return "weights go by plan, and the subjects of " + quote(tenant) + " have no plans; describe them in `subjects`";
}
std::string plan_weighted_twice(View plan) { return "plan " + quote(plan) + " has a weight already"; }
std::string class_without_line(View operation) {
  return "only messages on a line have a class; add the policy's `line` to the `values` of " + quote(operation) +
         ", or leave `class` out";
}
std::string class_with_repeats(View dimension) {
  return "only messages that can be queued have a class, and they have one " + shortened(dimension) +
         " each; leave `class` or `repeats` out";
}
std::string for_sticky_pools(View field) { return code(field) + " is for sticky pools; leave it or \"sticky\": false out"; }
std::string on_full_for_sticky_pools(View word) {
  return quote(word) + " is for sticky pools: any other takes the next line by itself; leave `on_full` or \"sticky\": false out";
}
std::string pool_is_kept_by_line(View line) {
  return "a pool chooses the " + shortened(line) + ", so it cannot be kept by it; name others, such as [\"account\"]";
}
std::string pool_is_kept_by_recipient(View recipient) {
  return "the lines of a sticky pool are for all values of " + quote(recipient) + ", its recipient; leave it out of `by`";
}
std::string recipient_is_the_line(View line) {
  return "the recipient keeps its " + shortened(line) + ", so it is another dimension";
}
std::string recipient_missing() {
  return "no dimension is called \"recipient\"; say which one keeps its line, such as \"recipient\": \"phone\", or write "
         "\"sticky\": false";
}
std::string pool_without_line(View operation) {
  return "a pool chooses the line, so the policy's `line` must be among the `values` of " + quote(operation) +
         "; a request may leave its value out";
}
std::string pool_values_missing(View pool, Views missing) {
  return "pool " + quote(pool) + " chooses by " + list(missing, "and") + ", which the operation's `values` lack";
}
std::string pool_value_repeats(View dimension) {
  return "a pool chooses one line for a request, so " + quote(dimension) + " cannot repeat";
}

std::string not_an_open_time(View text) {
  return "expected days and two times of day such as \"mon-fri 09:00-20:00\", \"sat,sun 10:00-14:00\" or, every day, "
         "\"22:00-02:00\"" +
         got(text);
}
std::string open_for_no_time(View text) {
  return "it opens and closes at the same time" + got(text) + "; write \"00:00-24:00\" for the whole day, or leave it out";
}
std::string hours_without_zone() {
  return "field `zone` is required: say by whose clocks a message goes that brings no zone of its own, such as \"Europe/Paris\"";
}
std::string margin_too_long(Span margin, Span shortest) {
  return "the margin of " + duration(margin) + " leaves no time to send, since the shortest open time is " + duration(shortest) +
         "; make it shorter";
}

std::string longest_wait_out_of_range(View text) {
  return "expected a wait from 1s to 24 days, which every client's timer can hold" + got(text);
}
std::string unknown_answer(View name, View nearest, Views valid) {
  return "unknown answer " + quote(name) + meant(nearest) +
         (nearest.empty() ? "; expected " + list(valid) + ", some with \"by\" a limit or \"as\" a kind" : "");
}
std::string answer_by_limit(View answer) {
  return quote(answer) + " is not by a limit; \"denied by ...\" and \"would queue by ...\" are";
}
std::string answer_as_kind(View answer) { return quote(answer) + " has no kinds; \"denied as ...\" and \"failed as ...\" have"; }
std::string answer_too_long(size_t steps, size_t bytes) {
  return "the templates here are too long; together they have at most " + number(steps) + " parts and " + number(bytes) +
         " bytes";
}
std::string body_too_deep(size_t at_most) { return "a body is nested at most " + number(at_most) + " levels"; }
std::string body_and_text() { return "an answer has a `body` or a `text`, not both"; }
std::string not_a_header_name(View name, size_t at_most) {
  return quote(name) + " is no name of a header; expected 1 to " + number(at_most) + " of a-z A-Z 0-9 and !#$%&'*+-.^_`|~";
}
std::string not_a_header_text(View text) {
  return "a header's value is of visible ASCII characters and spaces between them" + got(text);
}
std::string header_of_server(View name) { return quote(name) + " says how a message is framed: the server writes it"; }
std::string header_twice(View name) {
  return "the header " + quote(name) + " stands here already (upper and lower case are alike)";
}
std::string brace_not_closed(View text) {
  return "a placeholder without its closing brace" + got(text) + "; a brace itself is {{";
}
std::string bracket_not_closed(View text) {
  return "a part without its closing bracket" + got(text) + "; a bracket itself is [[";
}
std::string bracket_in_bracket() { return "a part in brackets stands inside another; a bracket itself is [["; }
std::string bracket_without_placeholder() {
  return "a part in brackets is left out when a placeholder in it is not known, and there is none; a bracket itself is [[";
}
std::string stray_bracket(View bracket) {
  return quote(bracket) + " closes nothing; to write it, double it: " + quote(std::string(bracket) + std::string(bracket));
}
std::string never_told(View placeholder, View answer) {
  return "{" + shortened(placeholder) + "} is never known in " + quote(answer) + ": what holds it is always left out";
}

std::string cost_never_passes(uint64_t cost, View limit, uint64_t largest) {
  return "a cost of " + number(cost) + " can never pass " + quote(limit) + "; the largest that can is " + number(largest);
}
std::string cost_never_passes_on(uint64_t cost, View limit, Views plans) {
  return "a cost of " + number(cost) + " can never pass " + quote(limit) + " on " + list(plans, "and");
}
std::string quantity_unused(View quantity) { return "no charge costs " + quote(quantity); }
std::string limit_never_charged(View limit) { return "limit " + quote(limit) + " can never bind: no operation charges it"; }
std::string limit_unreachable(View limit, View by) {
  return "limit " + quote(limit) + " can never bind: " + quote(by) + " lets less than its amount pass in its period";
}
std::string threshold_never_fires(uint32_t share, uint32_t most) {
  return "the threshold at " + percent(share) + " can never fire: no more than " + percent(most) + " passes";
}
std::string custom_must_be_set(View limit, View plan) {
  return quote(limit) + (plan.empty() ? "" : " on plan " + quote(plan)) +
         " is custom: until an amount is set for a subject, its requests are an error";
}

std::string pool_never_named(View pool) { return "pool " + quote(pool) + " can never be used: no operation names it"; }
std::string queue_never_used() {
  return "`queue` can never matter: no operation can be queued (one with the line, one of each value, and a charge that waits, a "
         "pool or a class)";
}
std::string weights_never_used(View tenant) {
  return "`weights` can never matter: no operation that can be queued has " + quote(tenant) + " among its `values`";
}

std::string override_has_no_amount(View limit) { return "limit " + quote(limit) + " has no amount that could be set"; }
std::string override_needs_burst(View limit) {
  return "no plan of limit " + quote(limit) + " has a burst, so no subject can have one";
}
std::string override_form() {
  return "expected an amount such as 200, \"80/s\", \"unlimited\", \"blocked\" or {\"amount\": 200, \"thresholds\": [80, 100]}";
}

}  // namespace sluice::say
