// SPDX-License-Identifier: Apache-2.0
// Every text that the policy layer says, one function each, so that they agree in wording: what is wrong, what was expected, an
// example or the nearest valid name. What comes from the policy is quoted, shortened and free of control characters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/ratio.h"
#include "core/base/time.h"
#include "core/policy/document.h"
#include "core/policy/schema.h"

namespace sluice::say {

using View = std::string_view;
using Views = std::span<const std::string_view>;

// For inside a text: at most 64 characters, control characters replaced.
std::string shortened(View text);
// "a, b and c"
std::string list(Views names, View last = "or");

// The text as a whole.
std::string text_too_long(size_t bytes);
std::string nul_byte();
std::string not_utf8();
std::string too_deep();
std::string too_many_values();
std::string syntax(int code, bool at_end);
std::string policy_is_an_object();
std::string unknown_stance(View stance, std::span<const std::string> stances);
std::string more_findings(size_t count);

// Fields.
std::string unknown_field(View field, View nearest, Views valid);
std::string missing_field(View field);
std::string missing_for_kind(View field, View kind);
std::string field_not_for_kind(View field, View kinds, View kind);
std::string field_twice(View field, int line, int column);
std::string wrong_form(Form expected, NodeType got, View text);
std::string too_many(View what, size_t at_most);
std::string too_few(View what, size_t at_least);
std::string null_outside_overlay(View field);

// The overlay.
std::string null_removes_nothing(View field);
std::string overlay_cannot_remove(View field);
std::string dropped_with_kind(View field, View kind);

// Names.
std::string name_empty();
std::string name_too_long(View name);
std::string name_must_begin_with_letter(View name);
std::string name_has_other_characters(View name);
std::string named_twice(View name);
std::string unknown_name(View what, View name, View nearest, Views valid);

// Numbers and little texts.
std::string not_a_whole_number(View number);
std::string count_is_zero();
std::string count_too_large(View number);
std::string number_out_of_range(View number, uint64_t least, uint64_t most);
std::string not_a_duration(View text);
std::string unknown_unit(View text, View unit, View nearest);
std::string duration_is_zero(View text);
std::string duration_too_long(View text);
std::string not_a_rate(View text);
std::string rate_is_zero(View text);
std::string not_a_percentage(View number);
std::string not_a_percentage_text(View text);
std::string percentage_out_of_range(View number);
std::string not_a_ratio(View text);
std::string ratio_is_zero(View text);
std::string ratio_too_large(View text);
std::string not_a_burst(View text);
std::string burst_factor_too_small(View text);
std::string not_a_period(View text, View nearest);
std::string not_a_length_from_first(View text);
std::string not_a_time_of_day(View text);
std::string not_an_offset(View text);
std::string unknown_zone(View text);

// Subjects.
std::string subject_scope_is_one_dimension();
std::string subject_twice(View dimension);
std::string default_plan_missing();
std::string default_without_plans();
std::string not_a_billing_day(View day);
std::string promotes_to_itself();
std::string promotions_in_a_circle();
std::string promotion_of_other_scope(View limit);
std::string promotion_without_share(View kind);
std::string promotion_of_a_word(View limit);
std::string promotion_above_whole(View share);

// Limits.
std::string zone_needs_calendar(bool billing);
std::string long_aligned_period(View period);
std::string margin_too_long();
std::string slots_out_of_range(View number);
std::string slots_finer_than_a_nanosecond();
std::string not_a_report_name(View name);
std::string dimension_without_plans(View dimension);
std::string by_missing();
std::string by_not_for(View kind);
std::string billing_of_whom();

// Amounts.
std::string no_amount(bool in_limit);
std::string two_amounts(View one, View other);
std::string times_without_of();
std::string beside_a_word(View field, View word);
std::string amount_is_a_number(View text);
std::string pace_amount_is_a_rate(View text);
std::string not_a_depth(View text);
std::string depth_too_large();
std::string burst_needs_aligned_period();
std::string burst_is_no_multiple(View text);
std::string burst_too_large();
std::string ceiling_below_amount(View text);
std::string ceiling_too_large();
std::string ceiling_with_burst();
std::string thresholds_not_ascending(View number);
std::string exact_log_too_long(uint64_t amount, Span period);
std::string plan_twice(View plan);
std::string plans_without_amount(Views plans);
std::string derived_out_of_bounds(uint64_t base, Ratio times);
std::string followers_in_a_circle(View circle);
std::string base_of_other_kind(View base, View own_kind, View base_kind);
std::string base_of_other_scope(View base);

// Operations.
std::string charged_twice(View limit);
std::string scope_not_among_values(View limit, Views missing);
std::string not_a_cost(View text);
std::string cost_of_a_named_resource();
std::string each_missing(View limit, View dimension);
std::string each_is_not_repeated(View dimension);
std::string each_with_of(View dimension);
std::string of_missing(View limit);
std::string of_is_in_scope(View dimension);
std::string release_not_for(View kind);
std::string exempt_not_for(View kind);
std::string queued_with_of();
std::string queued_is_taken_by_enqueue(View field);
std::string queued_without_line(View operation);
std::string refund_of_a_release();
std::string cannot_repeat(View role);
std::string gauge_half_named(View limit);
std::string lease_without_of();

// Queues and pools.
std::string needs_line(View field);
std::string lease_too_long(View text);
std::string floor_of_one();
std::string retry_first_too_long(Span first, Span longest);
std::string jitter_too_large(View text);
std::string class_twice(View name);
std::string weights_without_plans(View tenant);
std::string plan_weighted_twice(View plan);
std::string class_without_line(View operation);
std::string class_with_repeats(View dimension);
std::string for_sticky_pools(View field);
std::string on_full_for_sticky_pools(View word);
std::string pool_is_kept_by_line(View line);
std::string pool_is_kept_by_recipient(View recipient);
std::string recipient_is_the_line(View line);
std::string recipient_missing();
std::string pool_without_line(View operation);
std::string pool_values_missing(View pool, Views missing);
std::string pool_value_repeats(View dimension);

// Sending hours.
std::string not_an_open_time(View text);
std::string open_for_no_time(View text);
std::string hours_without_zone();
std::string margin_too_long(Span margin, Span shortest);

// Dialects.
std::string longest_wait_out_of_range(View text);
std::string unknown_answer(View name, View nearest, Views valid);
std::string answer_by_limit(View answer);
std::string answer_as_kind(View answer);
std::string answer_too_long(size_t steps, size_t bytes);
std::string body_too_deep(size_t at_most);
std::string body_and_text();
std::string not_a_header_name(View name, size_t at_most);
std::string not_a_header_text(View text);
std::string header_of_server(View name);
std::string header_twice(View name);
std::string brace_not_closed(View text);
std::string bracket_not_closed(View text);
std::string bracket_in_bracket();
std::string bracket_without_placeholder();
std::string stray_bracket(View bracket);
std::string never_told(View placeholder, View answer);

// What cannot be meant.
std::string cost_never_passes(uint64_t cost, View limit, uint64_t largest);
std::string cost_never_passes_on(uint64_t cost, View limit, Views plans);
std::string quantity_unused(View quantity);
std::string limit_never_charged(View limit);
std::string limit_unreachable(View limit, View by);
std::string threshold_never_fires(uint32_t share, uint32_t most);
std::string custom_must_be_set(View limit, View plan);
std::string pool_never_named(View pool);
std::string queue_never_used();
std::string weights_never_used(View tenant);

// An amount for one subject.
std::string override_has_no_amount(View limit);
std::string override_needs_burst(View limit);
std::string override_form();

}  // namespace sluice::say
