/* SPDX-License-Identifier: Apache-2.0 */
/* Pools by sluice.h: which line is chosen and how that is told, how lines stand, and everything a caller can get wrong about them. */
#include "every_call.h"
#include "story.h"

static const char pool_policy[] =
    "{ \"name\": \"pooled\", \"tenant\": \"account\", \"line\": \"line\",\n"
    "  \"limits\": [\n"
    "    { \"name\": \"pace\", \"scope\": [\"line\"], \"kind\": \"pace\", \"amount\": \"1/s\", \"mode\": \"queue\" },\n"
    "    { \"name\": \"calls\", \"scope\": [\"line\"], \"kind\": \"window\", \"period\": \"day\", \"amount\": 1000 } ],\n"
    "  \"pools\": [ { \"name\": \"shared\", \"on_suspend\": \"move_all\" }, { \"name\": \"own\", \"by\": [\"account\"] } ],\n"
    "  \"operations\": [\n"
    "    { \"name\": \"send\", \"values\": [\"account\", \"line\", \"recipient\"], \"pool\": \"shared\",\n"
    "      \"charges\": [ { \"limit\": \"pace\" } ] },\n"
    "    { \"name\": \"call\", \"values\": [\"account\", \"line\", \"recipient\"], \"pool\": \"shared\",\n"
    "      \"charges\": [ { \"limit\": \"calls\" } ] },\n"
    "    { \"name\": \"plain\", \"values\": [\"account\", \"line\", \"recipient\"], \"charges\": [ { \"limit\": \"pace\" } ] },\n"
    "    { \"name\": \"mine\", \"values\": [\"account\", \"line\", \"recipient\"], \"pool\": \"own\",\n"
    "      \"charges\": [ { \"limit\": \"pace\" } ] } ] }";

static sluice_line_change line_of(const char* line, int32_t state) {
  sluice_line_change change = SLUICE_LINE_CHANGE_INIT;
  change.pool = "shared";
  change.pool_len = SLUICE_STRLEN;
  change.line = key(line);
  change.state = state;
  return change;
}

static void set(sluice_engine engine, const char* line, int32_t state) {
  const sluice_line_change change = line_of(line, state);
  CHECK_EQ(SLUICE_OK, sluice_set_line(engine, &change, SLUICE_NOW, NULL, &error));
}

/* "send" of acme to a recipient; the pool chooses the line. `values` has room for three. */
static sluice_request send_of(sluice_engine engine, const char* recipient, sluice_bytes* values) {
  const sluice_bytes absent = {NULL, 0};
  values[0] = key("acme");
  values[1] = absent;
  values[2] = key(recipient);
  return request_of(engine, "send", values, 3);
}

static int is(const char* line, uint32_t length, const char* text) {
  return length == strlen(text) && memcmp(line, text, length) == 0;
}

/* Whether a list of lines says so. */
static int lists(sluice_engine engine, const char* text) {
  static char buffer[4096];
  size_t length = sizeof(buffer) - 1;
  CHECK_EQ(SLUICE_OK, sluice_list_lines(engine, "shared", 6, NULL, 0, SLUICE_NOW, buffer, &length, &error));
  buffer[length] = '\0';
  if (strstr(buffer, text) == NULL) fprintf(stderr, "%s\n", buffer);
  return strstr(buffer, text) != NULL;
}

static void a_pool_without_lines_refuses_and_lists_none(sluice_engine engine) {
  char buffer[2], line[16];
  size_t length = 0;
  sluice_bytes values[3];
  sluice_request request = send_of(engine, "ann", values);
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_held held = SLUICE_HELD_INIT;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_list_lines(engine, "shared", 6, NULL, 0, SLUICE_NOW, NULL, &length, &error));
  CHECK_EQ(2, length);
  CHECK_EQ(SLUICE_OK, sluice_list_lines(engine, "shared", 6, NULL, 0, SLUICE_NOW, buffer, &length, &error));
  CHECK(memcmp(buffer, "[]", 2) == 0);
  decision.line = held.line = line;
  decision.line_capacity = held.line_capacity = sizeof(line);
  decision.line_length = held.line_length = 77;
  CHECK_EQ(SLUICE_DENIED, sluice_enqueue(engine, &request, NULL, &decision, &held, &error));
  CHECK_EQ(SLUICE_DENIAL_POOL, decision.denial);
  CHECK_EQ(0, decision.line_length);
  CHECK_EQ(0, held.line_length);
  CHECK_EQ(SLUICE_STICKY_NONE, held.sticky);
}

static void the_chosen_line_is_told_wherever_there_is_room(sluice_engine engine) {
  char in_decision[8], in_held[8], in_state[8];
  sluice_bytes values[3];
  sluice_request request = send_of(engine, "ann", values);
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_held held = SLUICE_HELD_INIT;
  sluice_message_state state = SLUICE_MESSAGE_STATE_INIT;
  decision.line = in_decision;
  held.line = in_held;
  state.line = in_state;
  decision.line_capacity = held.line_capacity = state.line_capacity = sizeof(in_held);
  set(engine, "+1", SLUICE_LINE_ACTIVE);
  request.flags = SLUICE_PEEK; /* peek_enqueue */
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, NULL, NULL, &held, &error));
  CHECK(is(in_held, held.line_length, "+1"));
  CHECK_EQ(SLUICE_STICKY_FRESH, held.sticky);
  CHECK_EQ(0, held.message);
  CHECK_EQ(1, held.position);
  CHECK_EQ(START, held.eta);
  CHECK_EQ(SLUICE_WAIT_EXACT, held.eta_kind);
  CHECK(lists(engine, "\"recipients\":0"));
  request.flags = 0;
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, NULL, &decision, &held, &error));
  CHECK(is(in_decision, decision.line_length, "+1") && is(in_held, held.line_length, "+1"));
  CHECK_EQ(SLUICE_STICKY_FRESH, held.sticky);
  CHECK(decision.line == in_decision && decision.line_capacity == sizeof(in_decision));
  CHECK(held.line == in_held && held.line_capacity == sizeof(in_held));
  CHECK_EQ(SLUICE_OK, sluice_message_status(engine, held.message, SLUICE_NOW, &state, &error));
  CHECK(is(in_state, state.line_length, "+1") && state.line == in_state);
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, NULL, NULL, &held, &error));
  CHECK_EQ(SLUICE_STICKY_EXISTING, held.sticky);
  CHECK(lists(engine, "[{\"line\":\"+1\",\"state\":\"active\",\"reason\":null,\"paused_until\":null,\"weight\":1,\"depth\":2,"));
  CHECK(lists(engine, "\"recipients\":1"));
}

/* What is plain goes another way, and says so there, too. */
static void a_decision_tells_the_line_of_a_pool_and_none_without(sluice_engine engine) {
  char line[8] = "";
  int i;
  sluice_bytes values[3];
  sluice_request request = send_of(engine, "ann", values), plain;
  sluice_decision decision = SLUICE_DECISION_INIT, many[3];
  sluice_request asked[3];
  decision.line = line;
  decision.line_capacity = sizeof(line);
  request.operation = sluice_operation_id(engine, "call", SLUICE_STRLEN);
  CHECK_EQ(SLUICE_WOULD_QUEUE, sluice_decide(engine, &request, &decision)); /* messages wait on its recipient's line */
  CHECK(is(line, decision.line_length, "+1"));
  CHECK_EQ(SLUICE_WOULD_QUEUE, sluice_decide_checked(engine, &request, &decision, &error));
  CHECK(is(line, decision.line_length, "+1"));
  values[1] = key("+1"); /* given, it wins */
  decision.line_length = 0;
  CHECK_EQ(SLUICE_WOULD_QUEUE, sluice_decide(engine, &request, &decision));
  CHECK(is(line, decision.line_length, "+1"));
  values[1].ptr = NULL;
  values[1].len = 0;
  for (i = 0; i < 3; ++i) {
    sluice_decision_init(&many[i], sizeof(many[i]));
    asked[i] = request;
  }
  many[1].line = line;
  many[1].line_capacity = sizeof(line);
  memset(line, 0, sizeof(line));
  CHECK_EQ(SLUICE_OK, sluice_decide_many(engine, asked, sizeof(asked[0]), many, sizeof(many[0]), 3));
  for (i = 0; i < 3; ++i) CHECK_EQ(SLUICE_WOULD_QUEUE, many[i].status);
  CHECK(is(line, many[1].line_length, "+1"));
  CHECK(many[0].line_length == 0 && many[2].line_length == 0); /* there is no room */
  decision.line_capacity = 0;
  CHECK_EQ(SLUICE_WOULD_QUEUE, sluice_decide(engine, &request, &decision));
  CHECK_EQ(0, decision.line_length);
  decision.line_capacity = sizeof(line);
  values[1] = key("+8");
  plain = request_of(engine, "plain", values, 3);
  for (i = 0; i < 3; ++i) { /* the first time by the long way, then straight */
    decision.line_length = 77;
    CHECK_EQ(i == 0 ? SLUICE_OK : SLUICE_WOULD_QUEUE, sluice_decide(engine, &plain, &decision));
    CHECK_EQ(0, decision.line_length);
  }
  CHECK(decision.line == line && decision.line_capacity == sizeof(line));
}

static void a_line_that_does_not_fit_is_not_written_and_says_what_it_takes(sluice_engine engine) {
  char line[4] = "xyz";
  sluice_bytes values[3];
  const sluice_request request = send_of(engine, "ann", values);
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_held held = SLUICE_HELD_INIT;
  sluice_message_state state = SLUICE_MESSAGE_STATE_INIT;
  decision.line = held.line = state.line = line;
  decision.line_capacity = held.line_capacity = state.line_capacity = 1;
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, NULL, &decision, &held, &error));
  CHECK_EQ(SLUICE_OK, sluice_message_status(engine, held.message, SLUICE_NOW, &state, &error));
  CHECK(decision.line_length == 2 && held.line_length == 2 && state.line_length == 2);
  CHECK(strcmp(line, "xyz") == 0);
  decision.line = held.line = state.line = NULL;
#define WRONG(call, words)            \
  do {                                \
    CHECK_EQ(SLUICE_E_INVALID, call); \
    SAID(words);                      \
  } while (0)
  WRONG(sluice_decide_checked(engine, &request, &decision, &error), "decision.line: NULL with line_capacity 1");
  WRONG(sluice_enqueue(engine, &request, NULL, NULL, &held, &error), "held.line: NULL with line_capacity 1");
  WRONG(sluice_message_status(engine, held.message, SLUICE_NOW, &state, &error), "state.line: NULL with line_capacity 1");
  CHECK_EQ(SLUICE_E_INVALID, sluice_decide_many(engine, &request, sizeof(request), &decision, sizeof(decision), 1));
  CHECK(lists(engine, "\"depth\":3"));
}

/* A program of before pools has structs that end before the line's fields. */
static void older_structs_are_written_as_far_as_they_go(sluice_engine engine) {
  sluice_bytes values[3];
  const sluice_request request = send_of(engine, "ann", values);
  sluice_message message = SLUICE_MESSAGE_INIT;
  sluice_decision decision;
  sluice_held held;
  sluice_message_state state;
  memset(&decision, 0xA5, sizeof(decision));
  memset(&held, 0xA5, sizeof(held));
  memset(&state, 0xA5, sizeof(state));
  sluice_decision_init(&decision, 112);
  sluice_held_init(&held, 56);
  sluice_message_state_init(&state, 72);
  message.struct_size = 40;
  message.campaign = 77; /* behind it */
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, &message, &decision, &held, &error));
  CHECK_EQ(SLUICE_OK, sluice_message_status(engine, held.message, SLUICE_NOW, &state, &error));
  CHECK_EQ(0xA5A5A5A5, decision.line_length);
  CHECK_EQ(0xA5A5A5A5, decision.line_capacity);
  CHECK_EQ(0xA5A5A5A5, held.line_length);
  CHECK_EQ(0xA5A5A5A5, (uint32_t)held.sticky);
  CHECK_EQ(0xA5A5A5A5, state.line_length);
  CHECK_EQ(4, state.depth);
  CHECK_EQ(SLUICE_OK, sluice_cancel(engine, held.message, SLUICE_NOW, &error));
}

static void nothing_else_may_be_absent(sluice_engine engine) {
  const sluice_bytes absent = {NULL, 0};
  sluice_bytes values[3];
  sluice_request request = send_of(engine, "ann", values);
  values[2] = absent;
  WRONG(sluice_enqueue(engine, &request, NULL, NULL, NULL, &error),
        "values[2]: empty; a key has 1 to 1024 bytes, and only a repeated value and a line that a pool chooses may be absent");
  request = send_of(engine, "ann", values);
  values[0] = absent;
  WRONG(sluice_decide_checked(engine, &request, NULL, &error),
        "values[0]: empty; a key has 1 to 1024 bytes, and only a repeated value and a line that a pool chooses may be absent");
  request = send_of(engine, "ann", values);
  request.operation = sluice_operation_id(engine, "plain", SLUICE_STRLEN);
  WRONG(sluice_enqueue(engine, &request, NULL, NULL, NULL, &error),
        "values[1]: empty; a key has 1 to 1024 bytes, and only a repeated value and a line that a pool chooses may be absent");
  request = send_of(engine, "ann", values);
  values[1] = key("");
  WRONG(sluice_enqueue(engine, &request, NULL, NULL, NULL, &error),
        "values[1]: empty; a key has 1 to 1024 bytes, and {NULL, 0} is absent");
  CHECK(lists(engine, "\"depth\":3"));
}

/* Its recipient has not had anything yet, so both messages go along, and an event says so. */
static void a_suspended_line_says_what_became_of_its_messages(sluice_engine engine) {
  sluice_line_change change = line_of("+1", SLUICE_LINE_SUSPENDED);
  sluice_line_report report = SLUICE_LINE_REPORT_INIT;
  sluice_event events[4];
  size_t count = 4;
  change.reason = "reported as spam";
  change.reason_len = SLUICE_STRLEN;
  change.on_suspend = SLUICE_SUSPEND_HOLD;
  CHECK_EQ(SLUICE_OK, sluice_set_line(engine, &change, SLUICE_NOW, &report, &error));
  CHECK(report.held == 3 && report.moved == 0 && report.failed == 0);
  CHECK(lists(engine, "\"state\":\"suspended\",\"reason\":\"reported as spam\",\"paused_until\":null"));
  set(engine, "+2", SLUICE_LINE_ACTIVE);
  change.on_suspend = SLUICE_NONE; /* as the pool says */
  CHECK_EQ(SLUICE_OK, sluice_set_line(engine, &change, SLUICE_NOW, &report, &error));
  CHECK(report.held == 0 && report.moved == 3 && report.failed == 0);
  CHECK_EQ(SLUICE_OK, sluice_drain_events(engine, events, &count, NULL));
  CHECK_EQ(1, count);
  CHECK_EQ(SLUICE_EVENT_SENDER_CHANGED, events[0].kind);
  CHECK_EQ(3, events[0].used);
  CHECK_EQ(START, events[0].at);
  CHECK(is(events[0].subject, events[0].subject_len, "recipient=ann: +1 -> +2, suspended"));
  change = line_of("+2", SLUICE_LINE_REMOVED);
  change.on_suspend = SLUICE_SUSPEND_FAIL;
  CHECK_EQ(SLUICE_OK, sluice_set_line(engine, &change, SLUICE_NOW, &report, &error));
  CHECK(report.held == 0 && report.moved == 0 && report.failed == 3);
}

static void a_pause_ends_by_itself(sluice_engine engine) {
  sluice_line_change change = line_of("+3", SLUICE_LINE_PAUSED);
  sluice_bytes values[3];
  const sluice_request request = send_of(engine, "carol", values);
  sluice_held held = SLUICE_HELD_INIT;
  int64_t due = 0;
  set(engine, "+3", SLUICE_LINE_ACTIVE);
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, NULL, NULL, &held, &error));
  change.paused_until = START + MINUTE;
  CHECK_EQ(SLUICE_OK, sluice_set_line(engine, &change, SLUICE_NOW, NULL, &error));
  CHECK(lists(engine, "\"state\":\"paused\""));
  CHECK_EQ(SLUICE_OK, sluice_next_due(engine, &due));
  CHECK_EQ(START + MINUTE, due);
}

static void a_pool_by_account_has_lines_for_each(sluice_engine engine) {
  char line[8];
  sluice_bytes values[3];
  const sluice_bytes by[2] = {{"acme", 4}, {"more", 4}};
  sluice_request request = send_of(engine, "ann", values);
  sluice_line_change change = line_of("+5", SLUICE_LINE_ACTIVE);
  sluice_held held = SLUICE_HELD_INIT;
  char buffer[256];
  size_t length = sizeof(buffer);
  request.operation = sluice_operation_id(engine, "mine", SLUICE_STRLEN);
  held.line = line;
  held.line_capacity = sizeof(line);
  change.pool = "own";
  WRONG(sluice_set_line(engine, &change, SLUICE_NOW, NULL, &error), "by: 0 values given, the pool has its lines by 1");
  change.by = by;
  change.by_count = 1;
  CHECK_EQ(SLUICE_OK, sluice_set_line(engine, &change, SLUICE_NOW, NULL, &error));
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, NULL, NULL, &held, &error));
  CHECK(is(line, held.line_length, "+5"));
  values[0] = key("other");
  CHECK_EQ(SLUICE_DENIED, sluice_enqueue(engine, &request, NULL, NULL, &held, &error));
  WRONG(sluice_list_lines(engine, "own", 3, by, 2, SLUICE_NOW, buffer, &length, &error),
        "by: 2 values given, the pool has its lines by 1");
  WRONG(sluice_list_lines(engine, "own", 3, by, 9, SLUICE_NOW, buffer, &length, &error),
        "by_count: 9; a pool has its lines by at most 3 dimensions");
  WRONG(sluice_list_lines(engine, "own", 3, NULL, 1, SLUICE_NOW, buffer, &length, &error), "by: NULL with by_count 1");
}

static void changes_of_lines_are_checked(sluice_engine engine) {
  static char long_reason[202], before[2048], after[2048];
  size_t before_length = sizeof(before), after_length = sizeof(after), length = 5;
  sluice_line_change change;
  sluice_line_report report = SLUICE_LINE_REPORT_INIT;
  memset(long_reason, 'r', sizeof(long_reason) - 1);
  CHECK_EQ(SLUICE_OK, sluice_list_lines(engine, "shared", 6, NULL, 0, SLUICE_NOW, before, &before_length, &error));
#define BAD(field, value, expected, words)                                             \
  do {                                                                                 \
    change = line_of("+3", SLUICE_LINE_DRAINING);                                      \
    change.field = value;                                                              \
    CHECK_EQ(expected, sluice_set_line(engine, &change, SLUICE_NOW, &report, &error)); \
    SAID(words);                                                                       \
  } while (0)
  BAD(struct_size, 80, SLUICE_E_INVALID, "change.struct_size: 80; set it to sizeof, 88");
  BAD(pool, NULL, SLUICE_E_INVALID, "pool: NULL");
  BAD(pool, "shard", SLUICE_E_NOT_FOUND, "pool: no \"shard\" in this policy; it has shared, own");
  BAD(by_count, 1, SLUICE_E_INVALID, "by: NULL with by_count 1");
  BAD(by_count, 9, SLUICE_E_INVALID, "by_count: 9; a pool has its lines by at most 3 dimensions");
  BAD(line.ptr, NULL, SLUICE_E_INVALID, "line: NULL with length 2");
  BAD(line, key(""), SLUICE_E_INVALID, "line: 0 bytes; a key has 1 to 1024");
  BAD(line.len, 1025, SLUICE_E_INVALID, "line: 1025 bytes; a key has 1 to 1024");
  BAD(weight, 1000001, SLUICE_E_INVALID, "weight: from 0 (no new recipients) to 1000000");
  BAD(state, 6, SLUICE_E_INVALID, "state: 6; from 0 (active) to 5 (removed)");
  BAD(state, -1, SLUICE_E_INVALID, "state: -1; from 0 (active) to 5 (removed)");
  BAD(on_suspend, 4, SLUICE_E_INVALID, "on_suspend: from 0 (hold) to 3 (fail), or -1 for the pool's own");
  BAD(on_suspend, -2, SLUICE_E_INVALID, "on_suspend: from 0 (hold) to 3 (fail), or -1 for the pool's own");
  BAD(paused_until, START, SLUICE_E_INVALID, "paused_until: an instant in [0, 2^62), of a line that is paused");
  BAD(reason_len, 3, SLUICE_E_INVALID, "reason: NULL with length 3");
#undef BAD
  change = line_of("+3", SLUICE_LINE_PAUSED);
  change.paused_until = -1;
  WRONG(sluice_set_line(engine, &change, SLUICE_NOW, NULL, &error),
        "paused_until: an instant in [0, 2^62), of a line that is paused");
  change = line_of("+3", SLUICE_LINE_DRAINING);
  change.reason = long_reason;
  change.reason_len = SLUICE_STRLEN;
  WRONG(sluice_set_line(engine, &change, SLUICE_NOW, NULL, &error), "reason: at most 200 bytes");
  change.reason = "\xff";
  WRONG(sluice_set_line(engine, &change, SLUICE_NOW, NULL, &error), "reason: not UTF-8 at byte 0");
  change = line_of("+3", SLUICE_LINE_DRAINING);
  CHECK_EQ(SLUICE_E_TIME, sluice_set_line(engine, &change, -1, NULL, &error));
  report.struct_size = 24;
  WRONG(sluice_set_line(engine, &change, SLUICE_NOW, &report, &error), "report.struct_size: 24; set it to sizeof, 32");
  WRONG(sluice_set_line(engine, NULL, SLUICE_NOW, NULL, &error), "change: NULL");
  WRONG(sluice_list_lines(engine, NULL, 0, NULL, 0, SLUICE_NOW, after, &length, &error), "pool: NULL");
  WRONG(sluice_list_lines(engine, "shared", 6, NULL, 0, SLUICE_NOW, after, NULL, &error), "length: NULL");
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_list_lines(engine, "none", 4, NULL, 0, SLUICE_NOW, after, &length, &error));
  CHECK_EQ(SLUICE_E_BUFFER, sluice_list_lines(engine, "shared", 6, NULL, 0, SLUICE_NOW, after, &length, &error));
  CHECK_EQ(before_length, length);
  CHECK_EQ(SLUICE_OK, sluice_list_lines(engine, "shared", 6, NULL, 0, SLUICE_NOW, after, &after_length, &error));
  CHECK(before_length == after_length && memcmp(before, after, after_length) == 0); /* nothing has changed */
}

int main(void) {
  const sluice_engine engine = engine_of(pool_policy);
  a_pool_without_lines_refuses_and_lists_none(engine);
  the_chosen_line_is_told_wherever_there_is_room(engine);
  a_decision_tells_the_line_of_a_pool_and_none_without(engine);
  a_line_that_does_not_fit_is_not_written_and_says_what_it_takes(engine);
  older_structs_are_written_as_far_as_they_go(engine);
  nothing_else_may_be_absent(engine);
  a_suspended_line_says_what_became_of_its_messages(engine);
  a_pause_ends_by_itself(engine);
  a_pool_by_account_has_lines_for_each(engine);
  changes_of_lines_are_checked(engine);
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
  return finish();
}
