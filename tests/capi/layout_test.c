/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes, offsets and numbers of the header against layout.txt: a change of either is seen and decided on.
 *   layout_test            compares
 *   layout_test --update   writes layout.txt anew: lines may be added; one that changes breaks programs built before */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "sluice/sluice.h"

#ifndef SLUICE_SOURCE_DIR
#define SLUICE_SOURCE_DIR "."
#endif

static const char golden_path[] = SLUICE_SOURCE_DIR "/tests/capi/layout.txt";

static char text[65536];
static size_t text_length;
static size_t end_of_last_field;

static void field(const char* name, size_t offset, size_t size) {
  CHECK_EQ(end_of_last_field, offset); /* no padding */
  end_of_last_field = offset + size;
  text_length += (size_t)sprintf(text + text_length, "  %-18s offset %4u  size %4u\n", name, (unsigned)offset, (unsigned)size);
}

static void begin(const char* name, size_t size) {
  end_of_last_field = 0;
  text_length += (size_t)sprintf(text + text_length, "%s  size %u\n", name, (unsigned)size);
}

static void end(const char* name, size_t size) {
  check_that(end_of_last_field == size && size % 8 == 0, name, __FILE__, __LINE__);
}

static void number(const char* name, long long value) {
  text_length += (size_t)sprintf(text + text_length, "%s = %lld\n", name, value);
}

#define BEGIN(type) begin(#type, sizeof(type))
#define END(type) end(#type, sizeof(type))
#define FIELD(type, name) field(#name, offsetof(type, name), sizeof(((type*)0)->name))
#define NUMBER(name) number(#name, (long long)(name))

static void inputs(void) {
  BEGIN(sluice_bytes);
  FIELD(sluice_bytes, ptr);
  FIELD(sluice_bytes, len);
  END(sluice_bytes);
  BEGIN(sluice_subject);
  FIELD(sluice_subject, scope);
  FIELD(sluice_subject, scope_len);
  FIELD(sluice_subject, values);
  FIELD(sluice_subject, value_count);
  END(sluice_subject);
  BEGIN(sluice_engine_options);
  FIELD(sluice_engine_options, struct_size);
  FIELD(sluice_engine_options, manual_clock);
  FIELD(sluice_engine_options, policy);
  FIELD(sluice_engine_options, policy_len);
  FIELD(sluice_engine_options, stance);
  FIELD(sluice_engine_options, stance_len);
  FIELD(sluice_engine_options, zoneinfo_dir);
  FIELD(sluice_engine_options, zoneinfo_dir_len);
  FIELD(sluice_engine_options, memory_cap);
  FIELD(sluice_engine_options, manual_now);
  FIELD(sluice_engine_options, receipt_ttl);
  FIELD(sluice_engine_options, event_capacity);
  FIELD(sluice_engine_options, shards);
  END(sluice_engine_options);
}

static void request(void) {
  BEGIN(sluice_request);
  FIELD(sluice_request, struct_size);
  FIELD(sluice_request, operation);
  FIELD(sluice_request, values);
  FIELD(sluice_request, repeated);
  FIELD(sluice_request, quantities);
  FIELD(sluice_request, idempotency_key);
  FIELD(sluice_request, now);
  FIELD(sluice_request, value_count);
  FIELD(sluice_request, repeated_count);
  FIELD(sluice_request, quantity_count);
  FIELD(sluice_request, idempotency_key_len);
  FIELD(sluice_request, flags);
  FIELD(sluice_request, reserved0);
  END(sluice_request);
}

static void decision(void) {
  BEGIN(sluice_decision);
  FIELD(sluice_decision, struct_size);
  FIELD(sluice_decision, status);
  FIELD(sluice_decision, denial);
  FIELD(sluice_decision, wait_kind);
  FIELD(sluice_decision, now);
  FIELD(sluice_decision, retry_after);
  FIELD(sluice_decision, largest_cost);
  FIELD(sluice_decision, limit_id);
  FIELD(sluice_decision, flags);
  FIELD(sluice_decision, limit);
  FIELD(sluice_decision, used);
  FIELD(sluice_decision, remaining);
  FIELD(sluice_decision, resets_at);
  FIELD(sluice_decision, opens_at);
  FIELD(sluice_decision, receipt);
  FIELD(sluice_decision, details);
  FIELD(sluice_decision, detail_capacity);
  FIELD(sluice_decision, detail_count);
  FIELD(sluice_decision, line_length);
  FIELD(sluice_decision, line_capacity);
  FIELD(sluice_decision, line);
  END(sluice_decision);
}

static void rows(void) {
  BEGIN(sluice_detail);
  FIELD(sluice_detail, limit_id);
  FIELD(sluice_detail, denial);
  FIELD(sluice_detail, limit);
  FIELD(sluice_detail, used);
  FIELD(sluice_detail, remaining);
  FIELD(sluice_detail, resets_at);
  FIELD(sluice_detail, opens_at);
  FIELD(sluice_detail, charge);
  FIELD(sluice_detail, subject);
  FIELD(sluice_detail, flags);
  FIELD(sluice_detail, reserved0);
  END(sluice_detail);
  BEGIN(sluice_usage_row);
  FIELD(sluice_usage_row, limit_id);
  FIELD(sluice_usage_row, flags);
  FIELD(sluice_usage_row, limit);
  FIELD(sluice_usage_row, used);
  FIELD(sluice_usage_row, remaining);
  FIELD(sluice_usage_row, overage);
  FIELD(sluice_usage_row, period_begins);
  FIELD(sluice_usage_row, resets_at);
  END(sluice_usage_row);
}

static void results(void) {
  BEGIN(sluice_error);
  FIELD(sluice_error, struct_size);
  FIELD(sluice_error, status);
  FIELD(sluice_error, message);
  END(sluice_error);
  BEGIN(sluice_event);
  FIELD(sluice_event, kind);
  FIELD(sluice_event, limit_id);
  FIELD(sluice_event, at);
  FIELD(sluice_event, used);
  FIELD(sluice_event, limit);
  FIELD(sluice_event, share);
  FIELD(sluice_event, plan);
  FIELD(sluice_event, by_plan_change);
  FIELD(sluice_event, subject_len);
  FIELD(sluice_event, subject);
  END(sluice_event);
}

static void counters(void) {
  BEGIN(sluice_counters);
  FIELD(sluice_counters, struct_size);
  FIELD(sluice_counters, reserved0);
  FIELD(sluice_counters, allowed);
  FIELD(sluice_counters, denied);
  FIELD(sluice_counters, would_queue);
  FIELD(sluice_counters, peeked);
  FIELD(sluice_counters, replayed);
  FIELD(sluice_counters, refunded);
  FIELD(sluice_counters, denied_by);
  FIELD(sluice_counters, records);
  FIELD(sluice_counters, receipts);
  FIELD(sluice_counters, memory_used);
  FIELD(sluice_counters, memory_cap);
  FIELD(sluice_counters, swept);
  FIELD(sluice_counters, overflowed);
  FIELD(sluice_counters, events_lost);
  FIELD(sluice_counters, messages);
  FIELD(sluice_counters, accepted);
  FIELD(sluice_counters, leased);
  FIELD(sluice_counters, ended);
  END(sluice_counters);
}

static void messages(void) {
  BEGIN(sluice_message);
  FIELD(sluice_message, struct_size);
  FIELD(sluice_message, message_class);
  FIELD(sluice_message, payload);
  FIELD(sluice_message, payload_len);
  FIELD(sluice_message, send_at);
  FIELD(sluice_message, expires_at);
  FIELD(sluice_message, campaign);
  FIELD(sluice_message, zone);
  FIELD(sluice_message, zone_len);
  END(sluice_message);
  BEGIN(sluice_held);
  FIELD(sluice_held, struct_size);
  FIELD(sluice_held, state);
  FIELD(sluice_held, message);
  FIELD(sluice_held, expires_at);
  FIELD(sluice_held, depth);
  FIELD(sluice_held, position);
  FIELD(sluice_held, eta);
  FIELD(sluice_held, eta_kind);
  FIELD(sluice_held, reserved0);
  FIELD(sluice_held, sticky);
  FIELD(sluice_held, line_length);
  FIELD(sluice_held, line_capacity);
  FIELD(sluice_held, reserved1);
  FIELD(sluice_held, line);
  END(sluice_held);
  BEGIN(sluice_message_state);
  FIELD(sluice_message_state, struct_size);
  FIELD(sluice_message_state, state);
  FIELD(sluice_message_state, message_class);
  FIELD(sluice_message_state, tries);
  FIELD(sluice_message_state, fence);
  FIELD(sluice_message_state, operation);
  FIELD(sluice_message_state, due);
  FIELD(sluice_message_state, expires_at);
  FIELD(sluice_message_state, depth);
  FIELD(sluice_message_state, position);
  FIELD(sluice_message_state, eta);
  FIELD(sluice_message_state, eta_kind);
  FIELD(sluice_message_state, reserved0);
  FIELD(sluice_message_state, line_length);
  FIELD(sluice_message_state, line_capacity);
  FIELD(sluice_message_state, line);
  END(sluice_message_state);
}

static void leases(void) {
  BEGIN(sluice_lease_options);
  FIELD(sluice_lease_options, struct_size);
  FIELD(sluice_lease_options, most);
  FIELD(sluice_lease_options, now);
  FIELD(sluice_lease_options, ttl);
  FIELD(sluice_lease_options, lines);
  FIELD(sluice_lease_options, line_count);
  FIELD(sluice_lease_options, pool);
  FIELD(sluice_lease_options, pool_len);
  FIELD(sluice_lease_options, by);
  FIELD(sluice_lease_options, by_count);
  END(sluice_lease_options);
  BEGIN(sluice_leased);
  FIELD(sluice_leased, message);
  FIELD(sluice_leased, fence);
  FIELD(sluice_leased, attempt);
  FIELD(sluice_leased, operation);
  FIELD(sluice_leased, message_class);
  FIELD(sluice_leased, flags);
  FIELD(sluice_leased, value_count);
  FIELD(sluice_leased, quantity_count);
  FIELD(sluice_leased, reserved0);
  FIELD(sluice_leased, due);
  FIELD(sluice_leased, until);
  FIELD(sluice_leased, expires_at);
  FIELD(sluice_leased, campaign);
  FIELD(sluice_leased, values);
  FIELD(sluice_leased, quantities);
  FIELD(sluice_leased, payload);
  END(sluice_leased);
  BEGIN(sluice_settlement);
  FIELD(sluice_settlement, message);
  FIELD(sluice_settlement, fence);
  FIELD(sluice_settlement, outcome);
  FIELD(sluice_settlement, retry_after);
  FIELD(sluice_settlement, status);
  FIELD(sluice_settlement, state);
  END(sluice_settlement);
}

static void pools_and_campaigns(void) {
  BEGIN(sluice_line_change);
  FIELD(sluice_line_change, struct_size);
  FIELD(sluice_line_change, weight);
  FIELD(sluice_line_change, pool);
  FIELD(sluice_line_change, pool_len);
  FIELD(sluice_line_change, by);
  FIELD(sluice_line_change, by_count);
  FIELD(sluice_line_change, line);
  FIELD(sluice_line_change, reason);
  FIELD(sluice_line_change, reason_len);
  FIELD(sluice_line_change, paused_until);
  FIELD(sluice_line_change, state);
  FIELD(sluice_line_change, on_suspend);
  END(sluice_line_change);
  BEGIN(sluice_line_report);
  FIELD(sluice_line_report, struct_size);
  FIELD(sluice_line_report, reserved0);
  FIELD(sluice_line_report, held);
  FIELD(sluice_line_report, moved);
  FIELD(sluice_line_report, failed);
  END(sluice_line_report);
  BEGIN(sluice_campaign_options);
  FIELD(sluice_campaign_options, struct_size);
  FIELD(sluice_campaign_options, message_class);
  FIELD(sluice_campaign_options, tenant);
  FIELD(sluice_campaign_options, name);
  FIELD(sluice_campaign_options, name_len);
  FIELD(sluice_campaign_options, starts_at);
  FIELD(sluice_campaign_options, duration);
  FIELD(sluice_campaign_options, share);
  FIELD(sluice_campaign_options, catches_up);
  FIELD(sluice_campaign_options, pause_share);
  FIELD(sluice_campaign_options, pause_window);
  FIELD(sluice_campaign_options, rate);
  FIELD(sluice_campaign_options, rate_len);
  END(sluice_campaign_options);
  BEGIN(sluice_campaign_report);
  FIELD(sluice_campaign_report, struct_size);
  FIELD(sluice_campaign_report, state);
  FIELD(sluice_campaign_report, sealed);
  FIELD(sluice_campaign_report, in_flight_count);
  FIELD(sluice_campaign_report, in_flight);
  FIELD(sluice_campaign_report, in_flight_capacity);
  FIELD(sluice_campaign_report, reserved0);
  FIELD(sluice_campaign_report, accepted);
  FIELD(sluice_campaign_report, queued);
  FIELD(sluice_campaign_report, removed);
  FIELD(sluice_campaign_report, ended);
  FIELD(sluice_campaign_report, rate_amount);
  FIELD(sluice_campaign_report, rate_period);
  FIELD(sluice_campaign_report, rate_opens_at);
  END(sluice_campaign_report);
}

static void statuses(void) {
  NUMBER(SLUICE_OK);
  NUMBER(SLUICE_DENIED);
  NUMBER(SLUICE_WOULD_QUEUE);
  NUMBER(SLUICE_E_INVALID);
  NUMBER(SLUICE_E_HANDLE);
  NUMBER(SLUICE_E_NO_MEMORY);
  NUMBER(SLUICE_E_NOT_FOUND);
  NUMBER(SLUICE_E_POLICY);
  NUMBER(SLUICE_E_TIME);
  NUMBER(SLUICE_E_CONFLICT);
  NUMBER(SLUICE_E_UNSET);
  NUMBER(SLUICE_E_BUFFER);
  NUMBER(SLUICE_E_UNSUPPORTED);
  NUMBER(SLUICE_E_FORKED);
  NUMBER(SLUICE_E_WOULD_RESET);
  NUMBER(SLUICE_E_TOO_MANY);
  NUMBER(SLUICE_E_STALE);
  NUMBER(SLUICE_E_INTERNAL);
}

static void kinds(void) {
  NUMBER(SLUICE_DENIAL_NONE);
  NUMBER(SLUICE_DENIAL_MEMORY);
  NUMBER(SLUICE_DENIAL_RATE);
  NUMBER(SLUICE_DENIAL_DEPTH);
  NUMBER(SLUICE_DENIAL_UPSTREAM);
  NUMBER(SLUICE_DENIAL_POOL);
  NUMBER(SLUICE_DENIAL_DISTINCT);
  NUMBER(SLUICE_DENIAL_GAUGE);
  NUMBER(SLUICE_DENIAL_QUOTA);
  NUMBER(SLUICE_DENIAL_BLOCKED);
  NUMBER(SLUICE_DENIAL_NEVER);
  NUMBER(SLUICE_WAIT_NONE);
  NUMBER(SLUICE_WAIT_EXACT);
  NUMBER(SLUICE_WAIT_BOUND);
  NUMBER(SLUICE_WAIT_UNKNOWN);
  NUMBER(SLUICE_WAIT_NEVER);
  NUMBER(SLUICE_EVENT_THRESHOLD);
  NUMBER(SLUICE_EVENT_PROMOTION);
  NUMBER(SLUICE_EVENT_SATURATED);
  NUMBER(SLUICE_EVENT_MEMORY);
  NUMBER(SLUICE_EVENT_SENDER_CHANGED);
  NUMBER(SLUICE_EVENT_CAMPAIGN_PAUSED);
  NUMBER(SLUICE_EVENT_CAMPAIGN_FINISHED);
}

static void queue_numbers(void) {
  NUMBER(SLUICE_REDELIVERED);
  NUMBER(SLUICE_MESSAGE_NONE);
  NUMBER(SLUICE_MESSAGE_SCHEDULED);
  NUMBER(SLUICE_MESSAGE_WAITING);
  NUMBER(SLUICE_MESSAGE_PARKED);
  NUMBER(SLUICE_MESSAGE_LEASED);
  NUMBER(SLUICE_MESSAGE_UNKNOWN);
  NUMBER(SLUICE_MESSAGE_SENT);
  NUMBER(SLUICE_MESSAGE_FAILED);
  NUMBER(SLUICE_MESSAGE_EXPIRED);
  NUMBER(SLUICE_MESSAGE_CANCELLED);
  NUMBER(SLUICE_MESSAGE_ABORTED);
  NUMBER(SLUICE_MESSAGE_DEAD);
  NUMBER(SLUICE_CLASS_URGENT);
  NUMBER(SLUICE_CLASS_REPLY);
  NUMBER(SLUICE_CLASS_TRANSACTIONAL);
  NUMBER(SLUICE_CLASS_BULK);
  NUMBER(SLUICE_OUTCOME_SENT);
  NUMBER(SLUICE_OUTCOME_RETRY);
  NUMBER(SLUICE_OUTCOME_THROTTLED);
  NUMBER(SLUICE_OUTCOME_NOT_ATTEMPTED);
  NUMBER(SLUICE_OUTCOME_FAILED);
  NUMBER(SLUICE_OUTCOME_LINE_BAD);
}

static void pool_numbers(void) {
  NUMBER(SLUICE_LINE_ACTIVE);
  NUMBER(SLUICE_LINE_WARMING);
  NUMBER(SLUICE_LINE_PAUSED);
  NUMBER(SLUICE_LINE_DRAINING);
  NUMBER(SLUICE_LINE_SUSPENDED);
  NUMBER(SLUICE_LINE_REMOVED);
  NUMBER(SLUICE_SUSPEND_HOLD);
  NUMBER(SLUICE_SUSPEND_MOVE_NEW);
  NUMBER(SLUICE_SUSPEND_MOVE_ALL);
  NUMBER(SLUICE_SUSPEND_FAIL);
  NUMBER(SLUICE_STICKY_NONE);
  NUMBER(SLUICE_STICKY_FRESH);
  NUMBER(SLUICE_STICKY_EXISTING);
  NUMBER(SLUICE_STICKY_MOVED);
  NUMBER(SLUICE_STICKY_SPILLED);
  NUMBER(SLUICE_CAMPAIGN_NONE);
  NUMBER(SLUICE_CAMPAIGN_RUNNING);
  NUMBER(SLUICE_CAMPAIGN_PAUSED);
  NUMBER(SLUICE_CAMPAIGN_ABORTED);
  NUMBER(SLUICE_CAMPAIGN_FINISHED);
  NUMBER(SLUICE_CHANGE_PAUSE);
  NUMBER(SLUICE_CHANGE_RESUME);
  NUMBER(SLUICE_CHANGE_SEAL);
  NUMBER(SLUICE_CHANGE_ABORT);
}

static void flags(void) {
  NUMBER(SLUICE_PEEK);
  NUMBER(SLUICE_RECEIPT);
  NUMBER(SLUICE_FORCE);
  NUMBER(SLUICE_REPLAYED);
  NUMBER(SLUICE_UNLIMITED);
  NUMBER(SLUICE_OVERFLOWED);
  NUMBER(SLUICE_PASSED);
  NUMBER(SLUICE_ABI_VERSION);
  NUMBER(SLUICE_NOW);
  NUMBER(SLUICE_NONE);
  NUMBER(SLUICE_STRLEN == SIZE_MAX);
}

static void planner(void) {
  BEGIN(sluice_on_plan);
  FIELD(sluice_on_plan, dimension);
  FIELD(sluice_on_plan, dimension_len);
  FIELD(sluice_on_plan, plan);
  FIELD(sluice_on_plan, plan_len);
  END(sluice_on_plan);
  BEGIN(sluice_line_question);
  FIELD(sluice_line_question, struct_size);
  FIELD(sluice_line_question, arrivals);
  FIELD(sluice_line_question, policy);
  FIELD(sluice_line_question, policy_len);
  FIELD(sluice_line_question, stance);
  FIELD(sluice_line_question, stance_len);
  FIELD(sluice_line_question, zoneinfo_dir);
  FIELD(sluice_line_question, zoneinfo_dir_len);
  FIELD(sluice_line_question, operation);
  FIELD(sluice_line_question, operation_len);
  FIELD(sluice_line_question, plans);
  FIELD(sluice_line_question, plan_count);
  FIELD(sluice_line_question, rate);
  FIELD(sluice_line_question, rate_len);
  FIELD(sluice_line_question, wait);
  FIELD(sluice_line_question, seed);
  FIELD(sluice_line_question, percentile);
  FIELD(sluice_line_question, sticky);
  FIELD(sluice_line_question, recipients);
  FIELD(sluice_line_question, skew);
  FIELD(sluice_line_question, messages);
  FIELD(sluice_line_question, most_lines);
  END(sluice_line_question);
  BEGIN(sluice_line_plan);
  FIELD(sluice_line_plan, struct_size);
  FIELD(sluice_line_plan, lines);
  FIELD(sluice_line_plan, rule_of_thumb);
  FIELD(sluice_line_plan, rule_met);
  FIELD(sluice_line_plan, warnings);
  FIELD(sluice_line_plan, used);
  FIELD(sluice_line_plan, busiest_drew);
  FIELD(sluice_line_plan, hottest_share);
  FIELD(sluice_line_plan, at_percentile);
  FIELD(sluice_line_plan, p50);
  FIELD(sluice_line_plan, p95);
  FIELD(sluice_line_plan, p99);
  FIELD(sluice_line_plan, longest);
  FIELD(sluice_line_plan, simulated);
  END(sluice_line_plan);
  BEGIN(sluice_campaign_question);
  FIELD(sluice_campaign_question, struct_size);
  FIELD(sluice_campaign_question, share);
  FIELD(sluice_campaign_question, policy);
  FIELD(sluice_campaign_question, policy_len);
  FIELD(sluice_campaign_question, stance);
  FIELD(sluice_campaign_question, stance_len);
  FIELD(sluice_campaign_question, zoneinfo_dir);
  FIELD(sluice_campaign_question, zoneinfo_dir_len);
  FIELD(sluice_campaign_question, operation);
  FIELD(sluice_campaign_question, operation_len);
  FIELD(sluice_campaign_question, plans);
  FIELD(sluice_campaign_question, plan_count);
  FIELD(sluice_campaign_question, rate);
  FIELD(sluice_campaign_question, rate_len);
  FIELD(sluice_campaign_question, starts_at);
  FIELD(sluice_campaign_question, duration);
  FIELD(sluice_campaign_question, recipients);
  FIELD(sluice_campaign_question, in_conversation);
  FIELD(sluice_campaign_question, lines);
  FIELD(sluice_campaign_question, reserved0);
  END(sluice_campaign_question);
  BEGIN(sluice_live_campaign);
  FIELD(sluice_live_campaign, struct_size);
  FIELD(sluice_live_campaign, reserved0);
  FIELD(sluice_live_campaign, values);
  FIELD(sluice_live_campaign, value_count);
  FIELD(sluice_live_campaign, lines);
  FIELD(sluice_live_campaign, line_count);
  FIELD(sluice_live_campaign, recipients);
  FIELD(sluice_live_campaign, recipient_count);
  END(sluice_live_campaign);
  BEGIN(sluice_campaign_plan);
  FIELD(sluice_campaign_plan, struct_size);
  FIELD(sluice_campaign_plan, blocker_count);
  FIELD(sluice_campaign_plan, starts_at);
  FIELD(sluice_campaign_plan, finishes_at);
  FIELD(sluice_campaign_plan, unhindered);
  FIELD(sluice_campaign_plan, spread);
  FIELD(sluice_campaign_plan, sent);
  FIELD(sluice_campaign_plan, peak_share);
  FIELD(sluice_campaign_plan, reserved0);
  END(sluice_campaign_plan);
  NUMBER(SLUICE_ARRIVALS_POISSON);
  NUMBER(SLUICE_ARRIVALS_EVEN);
  NUMBER(SLUICE_PLAN_UNSTABLE_RULE);
  NUMBER(SLUICE_PLAN_HOT_RECIPIENT);
  NUMBER(SLUICE_PLAN_HOT_LINE);
  NUMBER(SLUICE_PLAN_MANY_LINES);
  NUMBER(SLUICE_PLAN_OTHER_LIMIT);
  NUMBER(SLUICE_PLAN_DEEP_QUEUE);
  NUMBER(SLUICE_PLAN_SHORT_RUN);
}

static void answers(void) {
  BEGIN(sluice_given);
  FIELD(sluice_given, name);
  FIELD(sluice_given, name_len);
  FIELD(sluice_given, text);
  FIELD(sluice_given, text_len);
  END(sluice_given);
  BEGIN(sluice_header);
  FIELD(sluice_header, name);
  FIELD(sluice_header, value);
  END(sluice_header);
  BEGIN(sluice_answer_terms);
  FIELD(sluice_answer_terms, struct_size);
  FIELD(sluice_answer_terms, dialects);
  FIELD(sluice_answer_terms, request);
  FIELD(sluice_answer_terms, held);
  FIELD(sluice_answer_terms, given);
  FIELD(sluice_answer_terms, given_count);
  END(sluice_answer_terms);
  BEGIN(sluice_http);
  FIELD(sluice_http, struct_size);
  FIELD(sluice_http, status);
  FIELD(sluice_http, headers);
  FIELD(sluice_http, header_capacity);
  FIELD(sluice_http, header_count);
  FIELD(sluice_http, buffer);
  FIELD(sluice_http, buffer_size);
  FIELD(sluice_http, length);
  FIELD(sluice_http, body);
  FIELD(sluice_http, retry_after);
  FIELD(sluice_http, retry);
  FIELD(sluice_http, reserved0);
  END(sluice_http);
  NUMBER(SLUICE_DIALECT_POLICY);
  NUMBER(SLUICE_DIALECT_X_RATELIMIT);
  NUMBER(SLUICE_DIALECT_X_RATELIMIT_DELTA);
  NUMBER(SLUICE_DIALECT_RATELIMIT);
  NUMBER(SLUICE_DIALECT_RETRY_MS);
  NUMBER(SLUICE_DIALECT_PROBLEM);
  NUMBER(SLUICE_METRICS_OPENMETRICS);
  NUMBER(SLUICE_METRICS_PROMETHEUS);
}

static void compare(void) {
  static char golden[sizeof(text)];
  FILE* file = fopen(golden_path, "rb");
  size_t length, i = 0, line = 1;
  CHECK(file != NULL);
  if (file == NULL) return;
  length = fread(golden, 1, sizeof(golden), file);
  fclose(file);
  while (i < length && i < text_length && golden[i] == text[i]) line += golden[i++] == '\n';
  if (i < length || i < text_length) fprintf(stderr, "%s:%u: the header says otherwise\n", golden_path, (unsigned)line);
  CHECK(length == text_length && i == length);
}

static int update(void) {
  FILE* file = fopen(golden_path, "wb");
  const int good = file != NULL && fwrite(text, 1, text_length, file) == text_length;
  if (file != NULL) fclose(file);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int count, char** arguments) {
  inputs();
  request();
  decision();
  rows();
  results();
  counters();
  messages();
  leases();
  pools_and_campaigns();
  statuses();
  kinds();
  flags();
  queue_numbers();
  pool_numbers();
  planner();
  answers();
  if (count == 2 && strcmp(arguments[1], "--update") == 0) return update();
  compare();
  return finish();
}
