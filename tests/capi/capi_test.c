/* SPDX-License-Identifier: Apache-2.0 */
/* Every function of sluice.h, used as it is meant to be. Misuse is misuse_test.c. */
#include "fixture.h"

static int contains(const char* buffer, size_t length, const char* what) {
  const size_t size = strlen(what);
  size_t i;
  for (i = 0; i + size <= length; ++i) {
    if (memcmp(buffer + i, what, size) == 0) return 1;
  }
  return 0;
}

static void names_are_total(void) {
  CHECK(strcmp(sluice_version(), "0.1.0") == 0);
  CHECK_EQ(SLUICE_ABI_VERSION, sluice_abi_version());
  CHECK(strcmp(sluice_status_name(SLUICE_DENIED), "SLUICE_DENIED") == 0);
  CHECK(strcmp(sluice_status_name(SLUICE_E_WOULD_RESET), "SLUICE_E_WOULD_RESET") == 0);
  CHECK(strcmp(sluice_status_name(-77), "SLUICE_E_UNKNOWN") == 0);
  CHECK(strcmp(sluice_status_name(77), "SLUICE_UNKNOWN") == 0);
  CHECK(strcmp(sluice_denial_name(SLUICE_DENIAL_QUOTA), "quota") == 0);
  CHECK(strcmp(sluice_denial_name(-1), "unknown") == 0);
  CHECK(strcmp(sluice_denial_name(11), "unknown") == 0);
}

static void init_functions_give_what_the_macros_give(void) {
  static const sluice_error error = SLUICE_ERROR_INIT;
  static const sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  static const sluice_request request = SLUICE_REQUEST_INIT;
  static const sluice_decision decision = SLUICE_DECISION_INIT;
  static const sluice_counters counters = SLUICE_COUNTERS_INIT;
  static const sluice_message message = SLUICE_MESSAGE_INIT;
  static const sluice_held held = SLUICE_HELD_INIT;
  static const sluice_lease_options lease_options = SLUICE_LEASE_OPTIONS_INIT;
  static const sluice_message_state message_state = SLUICE_MESSAGE_STATE_INIT;
  const sluice_line_question line_question = SLUICE_LINE_QUESTION_INIT;
  const sluice_line_plan line_plan = SLUICE_LINE_PLAN_INIT;
  const sluice_campaign_question campaign_question = SLUICE_CAMPAIGN_QUESTION_INIT;
  const sluice_campaign_plan campaign_plan = SLUICE_CAMPAIGN_PLAN_INIT;
  const sluice_live_campaign live_campaign = SLUICE_LIVE_CAMPAIGN_INIT;
  static union {
    sluice_error error;
    sluice_engine_options options;
    sluice_request request;
    sluice_decision decision;
    sluice_counters counters;
    sluice_message message;
    sluice_held held;
    sluice_lease_options lease_options;
    sluice_message_state message_state;
    sluice_line_question line_question;
    sluice_line_plan line_plan;
    sluice_campaign_question campaign_question;
    sluice_campaign_plan campaign_plan;
    sluice_live_campaign live_campaign;
  } by_call;
#define CHECK_INIT(name, init)                              \
  do {                                                      \
    memset(&by_call, 0x5A, sizeof(by_call));                \
    init(&by_call.name, sizeof(by_call.name));              \
    CHECK(memcmp(&by_call.name, &name, sizeof(name)) == 0); \
    init(NULL, sizeof(by_call.name));                       \
  } while (0)
  CHECK_INIT(error, sluice_error_init);
  CHECK_INIT(options, sluice_engine_options_init);
  CHECK_INIT(request, sluice_request_init);
  CHECK_INIT(decision, sluice_decision_init);
  CHECK_INIT(counters, sluice_counters_init);
  CHECK_INIT(message, sluice_message_init);
  CHECK_INIT(held, sluice_held_init);
  CHECK_INIT(lease_options, sluice_lease_options_init);
  CHECK_INIT(message_state, sluice_message_state_init);
  CHECK_INIT(line_question, sluice_line_question_init);
  CHECK_INIT(line_plan, sluice_line_plan_init);
  CHECK_INIT(campaign_question, sluice_campaign_question_init);
  CHECK_INIT(campaign_plan, sluice_campaign_plan_init);
  CHECK_INIT(live_campaign, sluice_live_campaign_init);
#undef CHECK_INIT
}

static void a_larger_struct_is_initialised_to_its_end(void) {
  struct {
    sluice_decision known;
    uint64_t newer;
  } grown;
  memset(&grown, 0x5A, sizeof(grown));
  sluice_decision_init(&grown.known, sizeof(grown));
  CHECK_EQ(sizeof(grown), grown.known.struct_size);
  CHECK_EQ(SLUICE_NONE, grown.known.limit_id);
  CHECK(grown.newer == 0);
}

static void three_pass_and_the_fourth_waits_for_the_next_minute(sluice_engine engine) {
  const sluice_bytes account = key("three");
  const sluice_request request = request_of(engine, "send", &account, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  int i;
  for (i = 1; i <= 3; ++i) {
    CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
    CHECK_EQ(SLUICE_OK, decision.status);
    CHECK_EQ(SLUICE_WAIT_NONE, decision.wait_kind);
    CHECK_EQ(i, decision.used);
    CHECK_EQ(3 - i, decision.remaining);
    CHECK_EQ(3, decision.limit);
  }
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_DENIED, decision.status);
  CHECK_EQ(SLUICE_DENIAL_RATE, decision.denial);
  CHECK_EQ(SLUICE_WAIT_EXACT, decision.wait_kind);
  CHECK_EQ(MINUTE, decision.retry_after);
  CHECK_EQ(START, decision.now);
  CHECK_EQ(START + MINUTE, decision.resets_at);
  CHECK_EQ(START + MINUTE, decision.opens_at);
  CHECK_EQ(sluice_limit_id(engine, "minute", SLUICE_STRLEN), decision.limit_id);
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &request, NULL));
}

static void the_caller_may_bring_the_time(sluice_engine engine) {
  const sluice_bytes account = key("time");
  sluice_request request = request_of(engine, "send", &account, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  int i;
  request.now = START + 10 * SECOND;
  for (i = 0; i < 3; ++i) CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, NULL));
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &request, &decision));
  CHECK_EQ(50 * SECOND, decision.retry_after);
  request.now += decision.retry_after - 1;
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &request, &decision));
  CHECK_EQ(1, decision.retry_after);
  request.now += 1;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
}

static void a_peek_charges_nothing(sluice_engine engine) {
  const sluice_bytes account = key("peek");
  sluice_request request = request_of(engine, "send", &account, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  request.flags = SLUICE_PEEK;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(0, decision.used);
}

static void rows_are_told_for_every_repeated_value(sluice_engine engine) {
  const sluice_bytes values[2] = {{"+1", 2}, {NULL, 0}};
  const sluice_bytes recipients[3] = {{"a", 1}, {"b", 1}, {"c", 1}};
  sluice_detail rows[40];
  sluice_request request = request_of(engine, "pair", values, 2);
  sluice_decision decision = SLUICE_DECISION_INIT;
  uint32_t i;
  request.repeated = recipients;
  request.repeated_count = 3;
  decision.details = rows;
  decision.detail_capacity = 40;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(3, decision.detail_count);
  for (i = 0; i < 3; ++i) {
    CHECK_EQ(i, rows[i].subject);
    CHECK_EQ(0, rows[i].charge);
    CHECK_EQ(1, rows[i].used);
    CHECK_EQ(2, rows[i].limit);
    CHECK_EQ(SLUICE_DENIAL_NONE, rows[i].denial);
    CHECK((rows[i].flags & SLUICE_PASSED) != 0);
    CHECK_EQ(0, rows[i].reserved0);
  }
  memset(rows, 0x5A, sizeof(rows));
  decision.detail_capacity = 1;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(3, decision.detail_count);
  CHECK_EQ(2, rows[0].used);
  CHECK_EQ(0x5A5A5A5A, rows[1].limit_id);
  CHECK(decision.details == rows && decision.detail_capacity == 1);
}

static void queue_limits_would_queue(sluice_engine engine) {
  const sluice_bytes line = key("+2");
  const sluice_request request = request_of(engine, "deliver", &line, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_WOULD_QUEUE, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SECOND, decision.retry_after);
}

static void distinct_and_gauge_name_themselves(sluice_engine engine) {
  sluice_bytes values[2] = {{"+3", 2}, {"a", 1}};
  const sluice_bytes account = key("seats");
  const sluice_request meet = request_of(engine, "meet", values, 2);
  const sluice_request seat = request_of(engine, "seat", &account, 1);
  const sluice_request leave = request_of(engine, "leave", &account, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &meet, NULL));
  values[1] = key("b");
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &meet, NULL));
  values[1] = key("c");
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &meet, &decision));
  CHECK_EQ(SLUICE_DENIAL_DISTINCT, decision.denial);
  CHECK_EQ(DAY, decision.retry_after);
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &seat, NULL));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &seat, NULL));
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &seat, &decision));
  CHECK_EQ(SLUICE_DENIAL_GAUGE, decision.denial);
  CHECK_EQ(SLUICE_WAIT_UNKNOWN, decision.wait_kind);
  CHECK_EQ(0, decision.retry_after);
  CHECK_EQ(INT64_MAX - 1, decision.opens_at);
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &leave, NULL));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &seat, NULL));
}

static void a_cost_that_can_never_pass_says_what_could(sluice_engine engine) {
  const sluice_bytes account = key("never");
  const uint64_t quantity = 1001;
  sluice_request request = request_of(engine, "upload", &account, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  request.quantities = &quantity;
  request.quantity_count = 1;
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_DENIAL_NEVER, decision.denial);
  CHECK_EQ(SLUICE_WAIT_NEVER, decision.wait_kind);
  CHECK_EQ(1000, decision.largest_cost);
  CHECK_EQ(INT64_MAX, decision.opens_at);
}

#define MANY 100

static void a_batch_equals_its_single_calls(sluice_engine engine) {
  static sluice_request requests[MANY];
  static sluice_decision decisions[MANY];
  static sluice_detail rows[2];
  const sluice_bytes account = key("batch"), other = key("other");
  int i;
  for (i = 0; i < MANY; ++i) {
    requests[i] = request_of(engine, "send", i % 10 == 9 ? &other : &account, 1);
    sluice_decision_init(&decisions[i], sizeof(decisions[i]));
  }
  requests[1].flags = 0x80000000u;
  requests[50].now = START + MINUTE;
  decisions[2].details = rows;
  decisions[2].detail_capacity = 2;
  CHECK_EQ(SLUICE_OK, sluice_decide_many(engine, requests, sizeof(requests[0]), decisions, sizeof(decisions[0]), MANY));
  CHECK_EQ(SLUICE_OK, decisions[0].status);
  CHECK_EQ(SLUICE_E_UNSUPPORTED, decisions[1].status);
  CHECK_EQ(SLUICE_OK, decisions[2].status);
  CHECK_EQ(2, decisions[2].used);
  CHECK_EQ(1, decisions[2].detail_count);
  CHECK_EQ(2, rows[0].used);
  CHECK_EQ(SLUICE_OK, decisions[3].status);
  CHECK_EQ(SLUICE_DENIED, decisions[4].status);
  CHECK_EQ(SLUICE_OK, decisions[9].status);
  CHECK_EQ(SLUICE_OK, decisions[19].status);
  CHECK_EQ(SLUICE_OK, decisions[29].status);
  CHECK_EQ(SLUICE_DENIED, decisions[39].status);
  CHECK_EQ(SLUICE_OK, decisions[50].status);
  CHECK_EQ(SLUICE_OK, decisions[51].status); /* the subject has seen the next minute */
  CHECK_EQ(SLUICE_OK, decisions[52].status);
  CHECK_EQ(SLUICE_DENIED, decisions[53].status);
  CHECK_EQ(SLUICE_DENIED, decisions[MANY - 1].status);
  CHECK_EQ(SLUICE_OK, sluice_decide_many(engine, NULL, 0, NULL, 0, 0));
}

static void a_batch_takes_repeated_values(sluice_engine engine) {
  static char names[128][4];
  static sluice_bytes recipients[128];
  static sluice_request requests[8];
  static sluice_decision decisions[8];
  const sluice_bytes values[2] = {{"+4", 2}, {NULL, 0}};
  int i;
  for (i = 0; i < 128; ++i) {
    names[i][0] = (char)('a' + i / 26);
    names[i][1] = (char)('a' + i % 26);
    recipients[i] = key(names[i]);
  }
  for (i = 0; i < 8; ++i) {
    requests[i] = request_of(engine, "pair", values, 2);
    requests[i].repeated = recipients;
    requests[i].repeated_count = 128;
    sluice_decision_init(&decisions[i], sizeof(decisions[i]));
  }
  CHECK_EQ(SLUICE_OK, sluice_decide_many(engine, requests, sizeof(requests[0]), decisions, sizeof(decisions[0]), 8));
  for (i = 0; i < 8; ++i) CHECK_EQ(i < 2 ? SLUICE_OK : SLUICE_DENIED, decisions[i].status);
}

static void idempotency_keys_replay(sluice_engine engine) {
  const sluice_bytes account = key("idem");
  const uint64_t quantities[2] = {100, 200};
  sluice_request request = request_of(engine, "upload", &account, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  request.quantities = &quantities[0];
  request.quantity_count = 1;
  request.idempotency_key = "key-1";
  request.idempotency_key_len = 5;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK((decision.flags & SLUICE_REPLAYED) == 0);
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK((decision.flags & SLUICE_REPLAYED) != 0);
  CHECK_EQ(100, decision.used);
  request.quantities = &quantities[1];
  CHECK_EQ(SLUICE_E_CONFLICT, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_E_CONFLICT, decision.status);
  CHECK_EQ(SLUICE_NONE, decision.limit_id);
}

static void receipts_are_settled_once(sluice_engine engine) {
  const sluice_bytes account = key("receipts");
  const sluice_subject subject = subject_of("account", &account, 1);
  const uint64_t quantity = 100, actual = 40, more = 140;
  sluice_request request = request_of(engine, "upload", &account, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  request.quantities = &quantity;
  request.quantity_count = 1;
  request.flags = SLUICE_RECEIPT;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK(decision.receipt != 0);
  CHECK_EQ(100, used_of(engine, "bytes", &subject));
  CHECK_EQ(SLUICE_OK, sluice_refund(engine, decision.receipt, SLUICE_NOW, NULL));
  CHECK_EQ(0, used_of(engine, "bytes", &subject));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_refund(engine, decision.receipt, SLUICE_NOW, NULL));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_OK, sluice_commit(engine, decision.receipt, &actual, 1, SLUICE_NOW, NULL));
  CHECK_EQ(40, used_of(engine, "bytes", &subject));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_commit(engine, decision.receipt, &actual, 1, SLUICE_NOW, NULL));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_OK, sluice_commit(engine, decision.receipt, &more, 1, SLUICE_NOW, NULL));
  CHECK_EQ(180, used_of(engine, "bytes", &subject));
}

static void what_has_happened_is_counted(sluice_engine engine) {
  const sluice_bytes account = key("inbound");
  const sluice_subject subject = subject_of("account", &account, 1);
  const sluice_request request = request_of(engine, "send", &account, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  int i;
  for (i = 0; i < 5; ++i) CHECK_EQ(SLUICE_OK, sluice_record_inbound(engine, &request, &decision));
  CHECK_EQ(5, used_of(engine, "minute", &subject));
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &request, NULL));
}

static void an_explanation_is_a_text(sluice_engine engine) {
  const sluice_bytes account = key("explain");
  const sluice_request request = request_of(engine, "send", &account, 1);
  sluice_error error = SLUICE_ERROR_INIT;
  char buffer[4096];
  size_t length = 0;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_explain(engine, &request, NULL, &length, &error));
  CHECK(length > 0 && length < sizeof(buffer));
  CHECK_EQ(SLUICE_OK, sluice_explain(engine, &request, buffer, &length, &error));
  CHECK(contains(buffer, length, "minute"));
}

static void plans_and_amounts_act_at_once(sluice_engine engine) {
  const sluice_bytes account = key("plans");
  const sluice_subject subject = subject_of("account", &account, 1);
  const sluice_request request = request_of(engine, "send", &account, 1);
  const int32_t minute = sluice_limit_id(engine, "minute", SLUICE_STRLEN);
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_error error = SLUICE_ERROR_INIT;
  int i;
  for (i = 0; i < 3; ++i) CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, NULL));
  CHECK_EQ(SLUICE_OK, sluice_set_plan(engine, &subject, "pro", SLUICE_STRLEN, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(100, decision.limit);
  CHECK_EQ(4, decision.used);
  CHECK_EQ(SLUICE_OK, sluice_set_amount(engine, minute, &subject, "5", 1, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_OK, sluice_set_amount(engine, minute, &subject, "null", 4, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_OK, sluice_set_plan(engine, &subject, "enterprise", SLUICE_STRLEN, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_UNSET, sluice_decide_checked(engine, &request, &decision, &error));
  CHECK_EQ(SLUICE_E_UNSET, error.status);
  CHECK(error.message[0] != '\0');
  CHECK_EQ(SLUICE_OK, sluice_set_amount(engine, minute, &subject, "\"unlimited\"", 11, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK((decision.flags & SLUICE_UNLIMITED) != 0);
  CHECK_EQ(0, decision.limit);
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_set_plan(engine, &subject, "gold", SLUICE_STRLEN, SLUICE_NOW, &error));
  CHECK(contains(error.message, strlen(error.message), "gold"));
  CHECK_EQ(SLUICE_E_INVALID, sluice_set_amount(engine, minute, &subject, "\"fast\"", 6, SLUICE_NOW, &error));
}

static void billing_and_usage_are_set(sluice_engine engine) {
  const sluice_bytes account = key("billing");
  const sluice_subject subject = subject_of("account", &account, 1);
  const int32_t bytes = sluice_limit_id(engine, "bytes", SLUICE_STRLEN);
  sluice_usage_row rows[8];
  size_t count = 8, i;
  CHECK_EQ(SLUICE_OK, sluice_set_usage(engine, bytes, &subject, 700, SLUICE_NOW, NULL));
  CHECK_EQ(700, used_of(engine, "bytes", &subject));
  CHECK_EQ(SLUICE_OK, sluice_set_billing(engine, &subject, 15, 0, "UTC", SLUICE_STRLEN, SLUICE_NOW, NULL));
  CHECK_EQ(SLUICE_OK, sluice_usage(engine, &subject, SLUICE_NOW, rows, &count, NULL));
  for (i = 0; i < count; ++i) {
    if (rows[i].limit_id != bytes) continue;
    CHECK_EQ(700, rows[i].used);
    CHECK_EQ(300, rows[i].remaining);
    CHECK_EQ(0, rows[i].overage);
    CHECK_EQ(INT64_C(1700006400) * SECOND, rows[i].resets_at); /* 2023-11-15 00:00 UTC */
  }
  CHECK_EQ(SLUICE_OK, sluice_reset(engine, &subject, SLUICE_NOW, NULL));
  CHECK_EQ(0, used_of(engine, "bytes", &subject));
}

static void usage_is_told_in_rows_and_in_words(sluice_engine engine) {
  const sluice_bytes account = key("three");
  const sluice_subject subject = subject_of("account", &account, 1);
  sluice_error error = SLUICE_ERROR_INIT;
  sluice_usage_row rows[8];
  char buffer[1024];
  size_t count = 1, length = sizeof(buffer);
  CHECK_EQ(SLUICE_E_BUFFER, sluice_usage(engine, &subject, SLUICE_NOW, rows, &count, &error));
  CHECK_EQ(3, count); /* an upstream limit has no number */
  CHECK_EQ(3, rows[0].used);
  CHECK_EQ(SLUICE_OK, sluice_usage(engine, &subject, SLUICE_NOW, rows, &count, &error));
  CHECK_EQ(3, count); /* an upstream limit has no number */
  CHECK_EQ(SLUICE_OK, sluice_usage_json(engine, &subject, SLUICE_NOW, buffer, &length, &error));
  CHECK(contains(buffer, length, "\"messages\""));
  CHECK(contains(buffer, length, "\"sent\":3") || contains(buffer, length, "\"sent\": 3"));
}

static void throttles_close_and_open(sluice_engine engine) {
  const sluice_bytes account = key("throttled");
  const sluice_subject subject = subject_of("account", &account, 1);
  const sluice_request request = request_of(engine, "call", &account, 1);
  const int32_t upstream = sluice_limit_id(engine, "upstream", SLUICE_STRLEN);
  sluice_decision decision = SLUICE_DECISION_INIT;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_OK, sluice_report_throttled(engine, upstream, &subject, 30 * SECOND, SLUICE_NOW, NULL));
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_DENIAL_UPSTREAM, decision.denial);
  CHECK_EQ(30 * SECOND, decision.retry_after);
  CHECK_EQ(SLUICE_OK, sluice_clear_throttle(engine, upstream, &subject, SLUICE_NOW, NULL));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &decision));
  CHECK_EQ(SLUICE_OK, sluice_report_quality(engine, &subject, "green", SLUICE_STRLEN, SLUICE_NOW, NULL));
  CHECK_EQ(SLUICE_OK, sluice_report_quality(engine, &subject, "", 0, SLUICE_NOW, NULL));
}

static void subjects_are_listed_and_erased(sluice_engine engine) {
  const sluice_bytes account = key("three");
  const sluice_subject subject = subject_of("account", &account, 1);
  static char buffer[65536];
  uint64_t cursor = 0, erased = 0;
  size_t length, rounds = 0;
  int seen = 0;
  length = 0;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_list(engine, "account", SLUICE_STRLEN, &cursor, 3, NULL, &length, NULL));
  CHECK(cursor == 0);
  do {
    length = sizeof(buffer);
    CHECK_EQ(SLUICE_OK, sluice_list(engine, "account", SLUICE_STRLEN, &cursor, 3, buffer, &length, NULL));
    seen += contains(buffer, length, "\"three\"");
  } while (cursor != 0 && ++rounds < 1000);
  CHECK_EQ(1, seen);
  CHECK_EQ(SLUICE_OK, sluice_erase(engine, &subject, &erased, SLUICE_NOW, NULL));
  CHECK_EQ(1, erased);
  CHECK_EQ(0, used_of(engine, "minute", &subject));
}

static void events_are_drained_oldest_first(sluice_engine engine) {
  sluice_event events[64];
  size_t count = 1, i;
  uint64_t lost = 99;
  int found = 0;
  CHECK_EQ(SLUICE_OK, sluice_drain_events(engine, events, &count, &lost));
  CHECK_EQ(1, count);
  CHECK_EQ(0, lost);
  CHECK_EQ(SLUICE_EVENT_THRESHOLD, events[0].kind);
  CHECK_EQ(5000, events[0].share);
  CHECK_EQ(2, events[0].used);
  CHECK_EQ(3, events[0].limit);
  CHECK_EQ(START, events[0].at);
  CHECK_EQ(13, events[0].subject_len);
  CHECK(memcmp(events[0].subject, "account=three", 13) == 0);
  do {
    count = 64;
    CHECK_EQ(SLUICE_OK, sluice_drain_events(engine, events, &count, NULL));
    for (i = 0; i < count; ++i) found += events[i].kind == SLUICE_EVENT_THRESHOLD && events[i].share == 10000;
  } while (count == 64);
  CHECK(found > 0);
  count = 64;
  CHECK_EQ(SLUICE_OK, sluice_drain_events(engine, events, &count, NULL));
  CHECK_EQ(0, count);
  CHECK_EQ(SLUICE_OK, sluice_drain_events(engine, NULL, &count, &lost));
}

static void counters_count_and_the_sweep_forgets(sluice_engine engine) {
  sluice_counters counters = SLUICE_COUNTERS_INIT;
  uint64_t dropped = 0;
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &counters));
  CHECK(counters.allowed > 0 && counters.denied > 0 && counters.would_queue == 1 && counters.peeked >= 2);
  CHECK_EQ(1, counters.replayed);
  CHECK_EQ(counters.denied_by[SLUICE_DENIAL_DISTINCT], 1);
  CHECK(counters.records > 0 && counters.memory_used > 0 && counters.memory_cap == UINT64_C(1) << 30);
  CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, START + 400 * DAY));
  CHECK_EQ(SLUICE_OK, sluice_sweep(engine, SLUICE_NOW, UINT64_MAX, &dropped));
  CHECK(dropped > 0);
  CHECK_EQ(SLUICE_OK, sluice_sweep(engine, SLUICE_NOW, 10, NULL));
}

static void names_and_shapes_are_told(sluice_engine engine) {
  char buffer[512];
  size_t length = sizeof(buffer);
  CHECK_EQ(SLUICE_OK, sluice_limit_name(engine, sluice_limit_id(engine, "couple", 6), buffer, &length));
  CHECK(length == 6 && memcmp(buffer, "couple", 6) == 0);
  length = 5;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_limit_name(engine, sluice_limit_id(engine, "couple", 6), buffer, &length));
  CHECK_EQ(6, length);
  length = sizeof(buffer);
  CHECK_EQ(SLUICE_OK, sluice_operation_describe(engine, sluice_operation_id(engine, "pair", 4), buffer, &length));
  CHECK(contains(buffer, length,
                 "\"name\":\"pair\",\"values\":[\"line\",\"recipient\"],\"repeats\":\"recipient\",\"quantities\":[]"));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_limit_name(engine, 1000, buffer, &length));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_operation_id(engine, "nothing", SLUICE_STRLEN));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_limit_id(engine, "nothing", SLUICE_STRLEN));
}

static void a_reload_keeps_what_is_spent(sluice_engine engine) {
  static const char changed[] = FIXTURE_HEAD FIXTURE_COUPLE("window") FIXTURE_TAIL;
  const sluice_bytes account = key("reload");
  const sluice_subject subject = subject_of("account", &account, 1);
  const int32_t send = sluice_operation_id(engine, "send", SLUICE_STRLEN);
  const sluice_request request = request_of(engine, "send", &account, 1);
  sluice_error error = SLUICE_ERROR_INIT;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, NULL));
  CHECK_EQ(SLUICE_OK, sluice_reload(engine, fixture_policy, SLUICE_STRLEN, NULL, 0, 0, SLUICE_NOW, &error));
  CHECK_EQ(1, used_of(engine, "minute", &subject));
  CHECK_EQ(SLUICE_E_WOULD_RESET, sluice_reload(engine, changed, SLUICE_STRLEN, NULL, 0, 0, SLUICE_NOW, &error));
  CHECK(contains(error.message, strlen(error.message), "couple"));
  CHECK_EQ(SLUICE_E_POLICY, sluice_reload(engine, "{", 1, NULL, 0, 0, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, sluice_reload(engine, changed, SLUICE_STRLEN, "enforce", SLUICE_STRLEN, 1, SLUICE_NOW, &error));
  CHECK_EQ(1, used_of(engine, "minute", &subject));
  CHECK_EQ(send, sluice_operation_id(engine, "send", SLUICE_STRLEN));
}

static void policies_are_checked_and_described(void) {
  static char buffer[65536];
  sluice_error error = SLUICE_ERROR_INIT;
  size_t length = sizeof(buffer);
  CHECK_EQ(SLUICE_OK, sluice_policy_check(fixture_policy, SLUICE_STRLEN, NULL, 0, NULL, 0, buffer, &length));
  CHECK(contains(buffer, length, "{\"ok\":true,\"name\":\"fixture\",\"stances\":[\"enforce\""));
  length = sizeof(buffer);
  CHECK_EQ(SLUICE_OK, sluice_policy_check("{ \"name\": 1 }", SLUICE_STRLEN, NULL, 0, NULL, 0, buffer, &length));
  CHECK(contains(buffer, length, "{\"ok\":false,\"name\":null"));
  CHECK(contains(buffer, length, "\"severity\":\"error\""));
  length = 0;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_policy_describe(fixture_policy, SLUICE_STRLEN, NULL, 0, NULL, 0, NULL, &length, &error));
  CHECK(length > 0 && length < sizeof(buffer));
  CHECK_EQ(SLUICE_OK, sluice_policy_describe(fixture_policy, SLUICE_STRLEN, NULL, 0, NULL, 0, buffer, &length, &error));
  CHECK(contains(buffer, length, "\"reports\":{\"group\":\"messages\",\"used\":\"sent\"}"));
  CHECK(contains(buffer, length, "\"text\":\"1/s\""));
  length = sizeof(buffer);
  CHECK_EQ(SLUICE_E_POLICY, sluice_policy_describe("{}", 2, NULL, 0, NULL, 0, buffer, &length, &error));
  CHECK_EQ(SLUICE_E_POLICY, error.status);
  CHECK(error.message[0] != '\0');
}

static void a_manual_clock_goes_both_ways(void) {
  const sluice_engine engine = fixture_engine();
  int64_t now = 0;
  CHECK_EQ(SLUICE_OK, sluice_clock(engine, &now));
  CHECK_EQ(START, now);
  CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, START + DAY));
  CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, START));
  CHECK_EQ(SLUICE_OK, sluice_clock(engine, &now));
  CHECK_EQ(START, now);
  CHECK_EQ(SLUICE_E_TIME, sluice_set_clock(engine, -1));
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
}

static void an_engine_reads_its_own_clock(void) {
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  sluice_engine engine = 0;
  int64_t now = 0;
  options.policy = fixture_policy;
  options.policy_len = sizeof(fixture_policy) - 1;
  CHECK_EQ(SLUICE_OK, sluice_engine_create(&options, &engine, NULL));
  CHECK_EQ(SLUICE_OK, sluice_clock(engine, &now));
  CHECK(now > START);
  CHECK_EQ(SLUICE_E_INVALID, sluice_set_clock(engine, START));
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
}

static void decisions(sluice_engine engine) {
  three_pass_and_the_fourth_waits_for_the_next_minute(engine);
  the_caller_may_bring_the_time(engine);
  a_peek_charges_nothing(engine);
  rows_are_told_for_every_repeated_value(engine);
  queue_limits_would_queue(engine);
  distinct_and_gauge_name_themselves(engine);
  a_cost_that_can_never_pass_says_what_could(engine);
  a_batch_equals_its_single_calls(engine);
  a_batch_takes_repeated_values(engine);
  idempotency_keys_replay(engine);
  receipts_are_settled_once(engine);
  what_has_happened_is_counted(engine);
  an_explanation_is_a_text(engine);
}

static void subjects(sluice_engine engine) {
  plans_and_amounts_act_at_once(engine);
  billing_and_usage_are_set(engine);
  usage_is_told_in_rows_and_in_words(engine);
  throttles_close_and_open(engine);
  subjects_are_listed_and_erased(engine);
}

int main(void) {
  sluice_engine engine;
  names_are_total();
  init_functions_give_what_the_macros_give();
  a_larger_struct_is_initialised_to_its_end();
  policies_are_checked_and_described();
  a_manual_clock_goes_both_ways();
  an_engine_reads_its_own_clock();
  engine = fixture_engine();
  decisions(engine);
  subjects(engine);
  events_are_drained_oldest_first(engine);
  names_and_shapes_are_told(engine);
  a_reload_keeps_what_is_spent(engine);
  counters_count_and_the_sweep_forgets(engine);
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
  return finish();
}
