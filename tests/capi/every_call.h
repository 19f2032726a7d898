/* SPDX-License-Identifier: Apache-2.0 */
/* Every call that takes a handle, each with good arguments: what is wrong with the handle is all that can be wrong. */
#ifndef SLUICE_TESTS_CAPI_EVERY_CALL_H
#define SLUICE_TESTS_CAPI_EVERY_CALL_H

#include "fixture.h"

static inline void deciding_calls(sluice_engine engine, sluice_status expected, sluice_error* error) {
  const sluice_bytes account = key("acme");
  const uint64_t quantity = 1;
  char buffer[64];
  size_t length = sizeof(buffer);
  sluice_request request = SLUICE_REQUEST_INIT;
  sluice_decision decision = SLUICE_DECISION_INIT;
  request.operation = 0;
  request.values = &account;
  request.value_count = 1;
  CHECK_EQ(expected, sluice_decide(engine, &request, &decision));
  CHECK_EQ(expected, decision.status);
  CHECK_EQ(expected, sluice_decide(engine, &request, NULL));
  CHECK_EQ(expected, sluice_decide_checked(engine, &request, &decision, error));
  decision.status = 0;
  CHECK_EQ(expected, sluice_decide_many(engine, &request, sizeof(request), &decision, sizeof(decision), 1));
  CHECK_EQ(expected, decision.status);
  CHECK_EQ(expected, sluice_decide_many(engine, NULL, 0, NULL, 0, 0));
  CHECK_EQ(expected, sluice_record_inbound(engine, &request, &decision));
  CHECK_EQ(expected, sluice_explain(engine, &request, buffer, &length, error));
  CHECK_EQ(expected, sluice_refund(engine, 1, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_commit(engine, 1, &quantity, 1, SLUICE_NOW, error));
}

static inline void queue_calls(sluice_engine engine, sluice_status expected, sluice_error* error) {
  const sluice_bytes account = key("acme");
  sluice_request request = SLUICE_REQUEST_INIT;
  sluice_message message = SLUICE_MESSAGE_INIT;
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_held held = SLUICE_HELD_INIT;
  sluice_lease_options options = SLUICE_LEASE_OPTIONS_INIT;
  sluice_message_state state = SLUICE_MESSAGE_STATE_INIT;
  sluice_settlement settlement = {1, 1, SLUICE_OUTCOME_SENT, 0, 0, 0};
  sluice_leased leased[1];
  char buffer[64];
  size_t length = sizeof(buffer), count = 1;
  int64_t due = 0;
  request.operation = 0;
  request.values = &account;
  request.value_count = 1;
  CHECK_EQ(expected, sluice_enqueue(engine, &request, &message, &decision, &held, error));
  CHECK_EQ(expected, decision.status);
  CHECK_EQ(0, held.message);
  CHECK_EQ(expected, sluice_enqueue(engine, &request, NULL, NULL, NULL, error));
  decision.status = 0;
  CHECK_EQ(expected, sluice_enqueue_many(engine, &request, sizeof(request), &message, sizeof(message), &decision,
                                         sizeof(decision), &held, sizeof(held), 1));
  CHECK_EQ(expected, decision.status);
  CHECK_EQ(expected, sluice_enqueue_many(engine, NULL, 0, NULL, 0, NULL, 0, NULL, 0, 0));
  CHECK_EQ(expected, sluice_lease(engine, &options, leased, &count, buffer, &length, &due, error));
  CHECK_EQ(0, count);
  CHECK_EQ(expected, sluice_settle(engine, &settlement, 1, SLUICE_NOW));
  CHECK_EQ(expected, settlement.status);
  CHECK_EQ(expected, sluice_settle(engine, NULL, 0, SLUICE_NOW));
  CHECK_EQ(expected, sluice_ack(engine, 1, 1, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_nack(engine, 1, 1, SLUICE_OUTCOME_RETRY, 0, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_extend(engine, 1, 1, SECOND, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_cancel(engine, 1, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_message_status(engine, 1, SLUICE_NOW, &state, error));
  length = sizeof(buffer);
  CHECK_EQ(expected, sluice_explain_message(engine, 1, SLUICE_NOW, buffer, &length, error));
  CHECK_EQ(expected, sluice_next_due(engine, &due));
}

static inline void pool_calls(sluice_engine engine, sluice_status expected, sluice_error* error) {
  sluice_line_change change = SLUICE_LINE_CHANGE_INIT;
  sluice_line_report report = SLUICE_LINE_REPORT_INIT;
  char buffer[64];
  size_t length = sizeof(buffer);
  change.pool = "shared";
  change.pool_len = 6;
  change.line = key("+1");
  CHECK_EQ(expected, sluice_set_line(engine, &change, SLUICE_NOW, &report, error));
  CHECK_EQ(expected, sluice_list_lines(engine, "shared", 6, NULL, 0, SLUICE_NOW, buffer, &length, error));
}

static inline void campaign_calls(sluice_engine engine, sluice_status expected, sluice_error* error) {
  sluice_campaign_options options = SLUICE_CAMPAIGN_OPTIONS_INIT;
  sluice_campaign_report report = SLUICE_CAMPAIGN_REPORT_INIT;
  sluice_live_campaign live = SLUICE_LIVE_CAMPAIGN_INIT;
  sluice_campaign_question question = SLUICE_CAMPAIGN_QUESTION_INIT;
  sluice_campaign_plan plan = SLUICE_CAMPAIGN_PLAN_INIT;
  uint64_t campaign = 77;
  options.tenant = key("acme");
  CHECK_EQ(expected, sluice_create_campaign(engine, &options, SLUICE_NOW, &campaign, error));
  CHECK_EQ(0, campaign);
  CHECK_EQ(expected, sluice_change_campaign(engine, 1, SLUICE_CHANGE_ABORT, SLUICE_NOW, &report, error));
  CHECK_EQ(expected, sluice_plan_campaign_on(engine, &live, &question, &plan, NULL, NULL, error));
  CHECK_EQ(expected, sluice_set_campaign_rate(engine, 1, "10/s", 4, SLUICE_NOW, &report, error));
  CHECK_EQ(expected, sluice_campaign_status(engine, 1, &report, error));
}

static inline void answering_calls(sluice_engine engine, sluice_status expected, sluice_error* error) {
  const sluice_bytes account = key("acme");
  const sluice_subject subject = subject_of("account", &account, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_answer_terms terms = SLUICE_ANSWER_TERMS_INIT;
  sluice_http http = SLUICE_HTTP_INIT;
  sluice_header headers[8];
  char buffer[512];
  size_t length = sizeof(buffer);
  http.headers = headers;
  http.header_capacity = 8;
  http.buffer = buffer;
  http.buffer_size = sizeof(buffer);
  CHECK_EQ(expected, sluice_answer(engine, &decision, &terms, &http, error));
  CHECK_EQ(0, http.status);
  CHECK_EQ(expected, sluice_answer_usage(engine, &subject, SLUICE_NOW, &terms, &http, error));
  CHECK_EQ(expected, sluice_metrics(engine, SLUICE_METRICS_OPENMETRICS, buffer, &length, error));
}

static inline void subject_calls(sluice_engine engine, sluice_status expected, sluice_error* error) {
  const sluice_bytes account = key("acme");
  const sluice_subject subject = subject_of("account", &account, 1);
  sluice_usage_row rows[8];
  char buffer[64];
  size_t length = sizeof(buffer), count = 8;
  uint64_t number = 0;
  CHECK_EQ(expected, sluice_set_plan(engine, &subject, "pro", 3, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_set_amount(engine, 0, &subject, "5", 1, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_set_billing(engine, &subject, 1, 0, NULL, 0, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_set_usage(engine, 0, &subject, 1, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_reset(engine, &subject, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_erase(engine, &subject, &number, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_report_throttled(engine, 6, &subject, SECOND, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_clear_throttle(engine, 6, &subject, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_report_quality(engine, &subject, "green", 5, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_usage(engine, &subject, SLUICE_NOW, rows, &count, error));
  CHECK_EQ(expected, sluice_usage_json(engine, &subject, SLUICE_NOW, buffer, &length, error));
  CHECK_EQ(expected, sluice_list(engine, "account", 7, &number, 10, buffer, &length, error));
}

static inline void house_calls(sluice_engine engine, sluice_status expected, sluice_error* error) {
  sluice_counters counters = SLUICE_COUNTERS_INIT;
  sluice_event events[1];
  char buffer[64];
  size_t length = sizeof(buffer), count = 1;
  uint64_t number = 0;
  int64_t now = 0;
  CHECK_EQ(expected, sluice_set_clock(engine, START));
  CHECK_EQ(expected, sluice_clock(engine, &now));
  CHECK_EQ(expected, sluice_reload(engine, fixture_policy, SLUICE_STRLEN, NULL, 0, 0, SLUICE_NOW, error));
  CHECK_EQ(expected, sluice_operation_id(engine, "send", 4));
  CHECK_EQ(expected, sluice_limit_id(engine, "minute", 6));
  CHECK_EQ(expected, sluice_limit_name(engine, 0, buffer, &length));
  CHECK_EQ(expected, sluice_operation_describe(engine, 0, buffer, &length));
  CHECK_EQ(expected, sluice_drain_events(engine, events, &count, &number));
  CHECK_EQ(expected, sluice_get_counters(engine, &counters));
  CHECK_EQ(expected, sluice_sweep(engine, SLUICE_NOW, 10, &number));
}

/* Destroying is not among them. */
static inline void every_call(sluice_engine engine, sluice_status expected) {
  sluice_error error = SLUICE_ERROR_INIT;
  deciding_calls(engine, expected, &error);
  queue_calls(engine, expected, &error);
  pool_calls(engine, expected, &error);
  campaign_calls(engine, expected, &error);
  answering_calls(engine, expected, &error);
  subject_calls(engine, expected, &error);
  house_calls(engine, expected, &error);
  CHECK_EQ(expected, error.status);
  CHECK(strncmp(error.message, "engine: ", 8) == 0);
  deciding_calls(engine, expected, NULL);
  queue_calls(engine, expected, NULL);
  pool_calls(engine, expected, NULL);
  campaign_calls(engine, expected, NULL);
  answering_calls(engine, expected, NULL);
  subject_calls(engine, expected, NULL);
  house_calls(engine, expected, NULL);
}

#endif
