/* SPDX-License-Identifier: Apache-2.0 */
/* Everything a caller can get wrong: an error code with words, nothing changed, nothing read or written that is not the caller's. */
#include "every_call.h"

#define FAR ((INT64_C(1) << 62) - 1) /* an instant, in 2116 */

static sluice_error error = SLUICE_ERROR_INIT;

/* The last failure's words. */
static void said(const char* words, const char* file, int line) {
  if (strcmp(error.message, words) != 0) fprintf(stderr, "%s:%d: it says: %s\n", file, line, error.message);
  check_that(strcmp(error.message, words) == 0, words, file, line);
  error.message[0] = '\0';
}
#define SAID(words) said(words, __FILE__, __LINE__)

static void handles(void) {
  const sluice_engine stale = fixture_engine();
  const sluice_engine living = fixture_engine();
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(stale));
  every_call(stale, SLUICE_E_HANDLE);
  CHECK_EQ(SLUICE_E_HANDLE, sluice_engine_destroy(stale));
  every_call(0, SLUICE_E_HANDLE);
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(0));
  every_call(living + 1, SLUICE_E_HANDLE);
  every_call(living ^ (UINT64_C(1) << 40), SLUICE_E_HANDLE);
  every_call(living | (UINT64_C(1) << 60), SLUICE_E_HANDLE);
  every_call(UINT64_MAX, SLUICE_E_HANDLE);
  CHECK_EQ(SLUICE_E_HANDLE, sluice_engine_destroy(UINT64_MAX));
  CHECK(living < UINT64_C(1) << 53);
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(living));
}

/* A slot is used again under another handle. */
static void handles_differ_after_destroy(void) {
  sluice_engine first = fixture_engine(), second;
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(first));
  second = fixture_engine();
  CHECK(first != second);
  CHECK_EQ(SLUICE_E_HANDLE, sluice_engine_destroy(first));
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(second));
}

static sluice_status create(const sluice_engine_options* options) {
  sluice_engine engine = 77;
  const sluice_status status = sluice_engine_create(options, &engine, &error);
  CHECK_EQ(0, engine);
  CHECK(status >= 0 || error.status == status);
  return status;
}

static void options_are_checked(void) {
  sluice_engine_options good = SLUICE_ENGINE_OPTIONS_INIT, bad;
  sluice_engine engine = 77;
  good.policy = fixture_policy;
  good.policy_len = SLUICE_STRLEN;
#define BAD(field, value, status, words) \
  do {                                   \
    bad = good;                          \
    bad.field = value;                   \
    CHECK_EQ(status, create(&bad));      \
    SAID(words);                         \
  } while (0)
  BAD(policy, NULL, SLUICE_E_INVALID, "policy: NULL");
  BAD(manual_clock, 2, SLUICE_E_INVALID, "manual_clock: 2; it is 0 or 1");
  BAD(manual_now, 5, SLUICE_E_INVALID, "manual_now: 5, but manual_clock is 0");
  BAD(memory_cap, 1048575, SLUICE_E_INVALID, "memory_cap: 1048575; from 1 MiB (1048576) to 32 GiB, or 0 for 1 GiB");
  BAD(memory_cap, UINT64_MAX, SLUICE_E_INVALID,
      "memory_cap: 18446744073709551615; from 1 MiB (1048576) to 32 GiB, or 0 for 1 GiB");
  BAD(receipt_ttl, -1, SLUICE_E_INVALID, "receipt_ttl: -1; at most 400 days, or 0 for 24 h");
  BAD(receipt_ttl, 401 * DAY, SLUICE_E_INVALID, "receipt_ttl: 34646400000000000; at most 400 days, or 0 for 24 h");
  BAD(event_capacity, 1048577, SLUICE_E_INVALID, "event_capacity: 1048577; at most 1048576");
  BAD(shards, 3, SLUICE_E_INVALID, "shards: 3; a power of two up to 1024, or 0");
  BAD(shards, 2048, SLUICE_E_INVALID, "shards: 2048; a power of two up to 1024, or 0");
  BAD(stance_len, 4, SLUICE_E_INVALID, "stance: NULL with length 4");
  BAD(stance, "", SLUICE_E_INVALID, "stance: empty; pass NULL for the default");
  BAD(struct_size, 80, SLUICE_E_INVALID, "options.struct_size: 80; set it to sizeof, 88");
  BAD(struct_size, 0, SLUICE_E_INVALID, "options.struct_size: 0; set it to sizeof, 88");
  BAD(struct_size, UINT32_MAX, SLUICE_E_INVALID, "options.struct_size: 4294967295; set it to sizeof, 88");
#undef BAD
  bad = good;
  bad.stance = "lenient";
  bad.stance_len = 7;
  CHECK(create(&bad) < 0);
  CHECK(strstr(error.message, "lenient") != NULL);
  bad = good;
  bad.manual_clock = 1;
  bad.manual_now = INT64_C(1) << 62;
  CHECK_EQ(SLUICE_E_INVALID, create(&bad));
  CHECK_EQ(SLUICE_E_INVALID, create(NULL));
  SAID("options: NULL");
  CHECK_EQ(SLUICE_E_INVALID, sluice_engine_create(&good, NULL, &error));
  SAID("out: NULL");
  CHECK_EQ(SLUICE_E_INVALID, sluice_engine_create(NULL, &engine, NULL));
  CHECK_EQ(0, engine);
}

static void policies_are_refused_with_words(void) {
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  options.policy = "{ \"name\": }";
  options.policy_len = SLUICE_STRLEN;
  CHECK_EQ(SLUICE_E_POLICY, create(&options));
  CHECK(strstr(error.message, "line 1") != NULL);
  options.policy = "\xFF\xFE\x00";
  options.policy_len = 3;
  CHECK_EQ(SLUICE_E_POLICY, create(&options));
  options.policy_len = 0;
  CHECK_EQ(SLUICE_E_POLICY, create(&options));
}

/* Words too long for the buffer end at a character. */
static void long_words_are_cut(void) {
  static char policy[40000];
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  size_t i, length;
  strcpy(policy, "{");
  for (i = 0; i < 300; ++i) sprintf(policy + strlen(policy), " \"h\xC3\xA9h\xC3\xA9h\xE2\x82\xAC%u\": 1,", (unsigned)i);
  strcat(policy, "}");
  options.policy = policy;
  options.policy_len = SLUICE_STRLEN;
  CHECK_EQ(SLUICE_E_POLICY, create(&options));
  length = strlen(error.message);
  CHECK(length > 4080 && length < sizeof(error.message));
  while (length > 0 && ((unsigned char)error.message[length - 1] & 0xC0) == 0x80) --length; /* the last character's lead */
  i = length == 0 ? 0 : (unsigned char)error.message[length - 1];
  CHECK_EQ(i < 0x80 ? 0 : i < 0xE0 ? 1 : i < 0xF0 ? 2 : 3, strlen(error.message) - length);
}

/* An error struct that is wrong in itself: the call does nothing, and leaves it alone. */
static void error_structs_are_checked(sluice_engine engine) {
  const sluice_bytes account = key("errors");
  const sluice_subject subject = subject_of("account", &account, 1);
  sluice_error wrong = SLUICE_ERROR_INIT;
  wrong.struct_size = 8;
  CHECK_EQ(SLUICE_E_INVALID, sluice_set_usage(engine, 0, &subject, 2, SLUICE_NOW, &wrong));
  CHECK_EQ(0, wrong.status);
  CHECK_EQ(0, used_of(engine, "minute", &subject));
  wrong.struct_size = 0;
  CHECK_EQ(SLUICE_E_INVALID, sluice_set_usage(engine, 0, &subject, 2, SLUICE_NOW, &wrong));
  wrong.struct_size = UINT32_MAX;
  CHECK_EQ(SLUICE_E_INVALID, sluice_set_usage(engine, 0, &subject, 2, SLUICE_NOW, &wrong));
  CHECK_EQ(0, used_of(engine, "minute", &subject));
}

/* Without an error struct, with one, and in the decision: all say the same. No words given: any will do. */
static void refused(sluice_engine engine, const sluice_request* request, sluice_status expected, const char* words, int line) {
  sluice_decision decision = SLUICE_DECISION_INIT;
  check_equal(expected, sluice_decide(engine, request, &decision), words, __FILE__, line);
  check_equal(expected, decision.status, words, __FILE__, line);
  decision.status = 0;
  check_equal(expected, sluice_decide_checked(engine, request, &decision, &error), words, __FILE__, line);
  check_equal(expected, decision.status, words, __FILE__, line);
  check_equal(expected, error.status, words, __FILE__, line);
  check_that(error.message[0] != '\0', "a message", __FILE__, line);
  if (words[0] != '\0') said(words, __FILE__, line);
}
#define DECIDE(expected, words) refused(engine, &bad, expected, words, __LINE__)

static void requests_are_checked(sluice_engine engine) {
  const sluice_bytes account = key("requests");
  sluice_bytes values[17];
  sluice_request good = request_of(engine, "send", &account, 1), bad;
  sluice_decision decision = SLUICE_DECISION_INIT;
  memset(values, 0, sizeof(values));
#define BAD(field, value, expected, words) \
  do {                                     \
    bad = good;                            \
    bad.field = value;                     \
    DECIDE(expected, words);               \
  } while (0)
  BAD(struct_size, 64, SLUICE_E_INVALID, "request.struct_size: 64; set it to sizeof, 72");
  BAD(operation, -1, SLUICE_E_NOT_FOUND, "");
  BAD(operation, 1000000, SLUICE_E_NOT_FOUND, "");
  BAD(operation, INT32_MIN, SLUICE_E_NOT_FOUND, "");
  BAD(values, NULL, SLUICE_E_INVALID, "values: NULL with value_count 1");
  BAD(value_count, 17, SLUICE_E_INVALID, "value_count: 17; an operation has at most 16");
  BAD(value_count, 0, SLUICE_E_INVALID, "");
  BAD(flags, 8, SLUICE_E_UNSUPPORTED, "flags: 8; this library knows 7");
  BAD(reserved0, 1, SLUICE_E_UNSUPPORTED, "reserved0: 1; it must be 0");
  BAD(repeated_count, 2, SLUICE_E_INVALID, "repeated: NULL with repeated_count 2");
  BAD(repeated_count, 129, SLUICE_E_TOO_MANY, "repeated_count: 129; a decision has at most 128 subjects");
  BAD(quantity_count, 1, SLUICE_E_INVALID, "quantities: NULL with quantity_count 1");
  BAD(quantity_count, 9, SLUICE_E_INVALID, "quantity_count: 9; an operation has at most 8");
  BAD(idempotency_key_len, 3, SLUICE_E_INVALID, "idempotency_key: NULL with length 3");
  BAD(idempotency_key, "", SLUICE_E_INVALID, "idempotency_key: 0 bytes; it has 1 to 255");
  BAD(now, -1, SLUICE_E_TIME, "");
  BAD(now, INT64_C(1) << 62, SLUICE_E_TIME, "");
  BAD(now, INT64_MAX, SLUICE_E_TIME, "");
  BAD(now, FAR, SLUICE_E_TIME, "");
  BAD(values, values, SLUICE_E_INVALID, ""); /* absent */
  bad = good;
  bad.idempotency_key = error.message;
  bad.idempotency_key_len = 256;
  DECIDE(SLUICE_E_INVALID, "idempotency_key: 256 bytes; it has 1 to 255");
  CHECK_EQ(SLUICE_E_INVALID, sluice_decide_checked(engine, NULL, &decision, &error));
  SAID("request: NULL");
#undef BAD
}

static void keys_are_checked(sluice_engine engine) {
  static char long_key[1025];
  sluice_bytes values[2] = {{"+1", 2}, {NULL, 4}};
  sluice_bytes recipients[2] = {{"a", 1}, {NULL, 0}};
  sluice_request bad = request_of(engine, "pair", values, 2);
  memset(long_key, 'k', sizeof(long_key));
  DECIDE(SLUICE_E_INVALID, "values[1]: NULL with length 4; pass {NULL, 0} for absent");
  values[1].len = SIZE_MAX;
  DECIDE(SLUICE_E_INVALID, "values[1]: NULL with length 18446744073709551615; pass {NULL, 0} for absent");
  values[1].ptr = "";
  values[1].len = 0;
  DECIDE(SLUICE_E_INVALID, "values[1]: empty; a key has 1 to 1024 bytes, and {NULL, 0} is absent");
  values[1].ptr = "a";
  values[1].len = SLUICE_STRLEN;
  DECIDE(SLUICE_E_INVALID, "values[1]: 18446744073709551615 bytes; a key has at most 1024");
  values[1].ptr = long_key;
  values[1].len = 1025;
  DECIDE(SLUICE_E_INVALID, "values[1]: 1025 bytes; a key has at most 1024");
  values[1].len = 1024;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &bad, NULL));
  bad.repeated = recipients;
  bad.repeated_count = 2;
  values[1].ptr = NULL;
  values[1].len = 0;
  DECIDE(SLUICE_E_INVALID, "repeated[1]: absent");
  recipients[1].len = 1;
  DECIDE(SLUICE_E_INVALID, "repeated[1]: NULL with length 1; pass {NULL, 0} for absent");
  recipients[1] = recipients[0];
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &bad, NULL));
  values[0].ptr = NULL;
  values[0].len = 0;
  DECIDE(SLUICE_E_INVALID, "");
}

/* A caller's header may be newer: more bytes are taken while they are 0. */
static void newer_structs_are_taken_while_they_ask_nothing_new(sluice_engine engine) {
  const sluice_bytes account = key("newer");
  struct {
    sluice_request known;
    uint64_t newer[2];
  } request;
  struct {
    sluice_decision known;
    uint64_t newer[2];
  } decision;
  sluice_request_init(&request.known, sizeof(request));
  sluice_decision_init(&decision.known, sizeof(decision));
  request.known.operation = sluice_operation_id(engine, "send", 4);
  request.known.values = &account;
  request.known.value_count = 1;
  CHECK_EQ(SLUICE_OK, sluice_decide_checked(engine, &request.known, &decision.known, &error));
  CHECK_EQ(sizeof(decision), decision.known.struct_size);
  CHECK_EQ(1, decision.known.used);
  CHECK(decision.newer[0] == 0 && decision.newer[1] == 0);
  decision.newer[1] = UINT64_C(1) << 63;
  CHECK_EQ(SLUICE_E_UNSUPPORTED, sluice_decide_checked(engine, &request.known, &decision.known, &error));
  SAID("decision: it is from a newer header; what lies past its first 128 bytes is not known here and not 0");
  CHECK_EQ(SLUICE_OK, decision.known.status); /* untouched */
  decision.newer[1] = 0;
  request.newer[0] = 1;
  CHECK_EQ(SLUICE_E_UNSUPPORTED, sluice_decide_checked(engine, &request.known, &decision.known, &error));
  SAID("request: it is from a newer header; what lies past its first 72 bytes is not known here and not 0");
  CHECK_EQ(SLUICE_E_UNSUPPORTED, decision.known.status);
  request.newer[0] = 0;
  CHECK_EQ(SLUICE_OK, sluice_decide_checked(engine, &request.known, &decision.known, &error));
  CHECK_EQ(2, decision.known.used);
}

/* Nothing is decided when the answer could not be told. */
static void decisions_are_checked_first(sluice_engine engine) {
  const sluice_bytes account = key("decisions");
  const sluice_subject subject = subject_of("account", &account, 1);
  const sluice_request request = request_of(engine, "send", &account, 1);
  sluice_decision decision = SLUICE_DECISION_INIT;
  decision.struct_size = 104;
  CHECK_EQ(SLUICE_E_INVALID, sluice_decide_checked(engine, &request, &decision, &error));
  SAID("decision.struct_size: 104; set it to sizeof, 128");
  decision.struct_size = sizeof(decision);
  decision.detail_capacity = 4;
  CHECK_EQ(SLUICE_E_INVALID, sluice_decide_checked(engine, &request, &decision, &error));
  SAID("decision.details: NULL with detail_capacity 4");
  CHECK_EQ(0, used_of(engine, "minute", &subject));
}

static void batches_are_checked(sluice_engine engine) {
  const sluice_bytes account = key("batches");
  const sluice_subject subject = subject_of("account", &account, 1);
  sluice_request requests[3];
  sluice_decision decisions[3];
  int i;
  for (i = 0; i < 3; ++i) {
    requests[i] = request_of(engine, "send", &account, 1);
    sluice_decision_init(&decisions[i], sizeof(decisions[i]));
  }
#define MANY(requests, request_stride, decisions, decision_stride) \
  sluice_decide_many(engine, requests, request_stride, decisions, decision_stride, 3)
  CHECK_EQ(SLUICE_E_INVALID, MANY(NULL, sizeof(requests[0]), decisions, sizeof(decisions[0])));
  CHECK_EQ(SLUICE_E_INVALID, MANY(requests, sizeof(requests[0]), NULL, sizeof(decisions[0])));
  CHECK_EQ(SLUICE_E_INVALID, MANY(requests, 0, decisions, sizeof(decisions[0])));
  CHECK_EQ(SLUICE_E_INVALID, MANY(requests, 64, decisions, sizeof(decisions[0])));
  CHECK_EQ(SLUICE_E_INVALID, MANY(requests, 73, decisions, sizeof(decisions[0])));
  CHECK_EQ(SLUICE_E_INVALID, MANY(requests, sizeof(requests[0]), decisions, 104));
  decisions[2].struct_size = 0;
  CHECK_EQ(SLUICE_E_INVALID, MANY(requests, sizeof(requests[0]), decisions, sizeof(decisions[0])));
  decisions[2].struct_size = sizeof(decisions[0]) + 8; /* past its neighbour's beginning */
  CHECK_EQ(SLUICE_E_INVALID, MANY(requests, sizeof(requests[0]), decisions, sizeof(decisions[0])));
  CHECK_EQ(0, used_of(engine, "minute", &subject));
  decisions[2].struct_size = sizeof(decisions[0]);
  requests[1].struct_size += 8;
  CHECK_EQ(SLUICE_OK, MANY(requests, sizeof(requests[0]), decisions, sizeof(decisions[0])));
  CHECK_EQ(SLUICE_OK, decisions[0].status);
  CHECK_EQ(SLUICE_E_INVALID, decisions[1].status);
  CHECK_EQ(SLUICE_OK, decisions[2].status);
  CHECK_EQ(2, decisions[2].used);
#undef MANY
}

static void texts_are_checked(sluice_engine engine) {
  const sluice_bytes account = key("texts");
  const sluice_subject subject = subject_of("account", &account, 1);
#define PLAN(plan, length) sluice_set_plan(engine, &subject, plan, length, SLUICE_NOW, &error)
  CHECK_EQ(SLUICE_E_INVALID, PLAN(NULL, 0));
  SAID("plan: NULL");
  CHECK_EQ(SLUICE_E_INVALID, PLAN(NULL, 3));
  SAID("plan: NULL with length 3");
  CHECK_EQ(SLUICE_E_INVALID, PLAN("pr\xC3", 3));
  SAID("plan: not UTF-8 at byte 2");
  CHECK_EQ(SLUICE_E_INVALID, PLAN("\xED\xA0\x80", 3));
  SAID("plan: not UTF-8 at byte 0");
  CHECK_EQ(SLUICE_E_INVALID, PLAN("pro\0", 4));
  SAID("plan: a NUL at byte 3; pass SLUICE_STRLEN for a NUL-terminated text");
  CHECK_EQ(SLUICE_E_NOT_FOUND, PLAN("", 0));
  CHECK_EQ(SLUICE_OK, PLAN("pro", SLUICE_STRLEN));
#undef PLAN
  CHECK_EQ(SLUICE_E_INVALID, sluice_operation_id(engine, NULL, SLUICE_STRLEN));
  CHECK_EQ(SLUICE_E_INVALID, sluice_limit_id(engine, "\xFF", 1));
}

static void subjects_are_checked(sluice_engine engine) {
  sluice_bytes values[5] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}};
  sluice_subject subject;
#define RESET(scope, values, count, status)   \
  subject = subject_of(scope, values, count); \
  CHECK_EQ(status, sluice_reset(engine, &subject, SLUICE_NOW, &error))
  CHECK_EQ(SLUICE_E_INVALID, sluice_reset(engine, NULL, SLUICE_NOW, &error));
  SAID("subject: NULL");
  RESET("account", NULL, 1, SLUICE_E_INVALID);
  SAID("subject.values: NULL with value_count 1");
  RESET("account", values, 0, SLUICE_E_INVALID);
  SAID("subject.value_count: 0; a scope has 1 to 4 dimensions");
  RESET("account", values, 5, SLUICE_E_INVALID);
  SAID("subject.value_count: 5; a scope has 1 to 4 dimensions");
  RESET(NULL, values, 1, SLUICE_E_INVALID);
  SAID("subject.scope: NULL");
  RESET("account", values, 2, SLUICE_E_INVALID);
  RESET("acount", values, 1, SLUICE_E_NOT_FOUND);
  RESET("", values, 1, SLUICE_E_NOT_FOUND);
  RESET("line,recipient,", values, 2, SLUICE_E_NOT_FOUND);
  values[0].ptr = NULL;
  RESET("account", values, 1, SLUICE_E_INVALID);
  SAID("subject.values[0]: NULL with length 1; pass {NULL, 0} for absent");
  values[0].len = 0;
  RESET("account", values, 1, SLUICE_E_INVALID);
  SAID("subject.values[0]: absent");
#undef RESET
}

static void settings_are_checked(sluice_engine engine) {
  const sluice_bytes account = key("settings");
  const sluice_subject subject = subject_of("account", &account, 1);
  const int32_t minute = sluice_limit_id(engine, "minute", 6);
#define BILLING(day, time, zone, length) sluice_set_billing(engine, &subject, day, time, zone, length, SLUICE_NOW, &error)
  CHECK_EQ(SLUICE_E_INVALID, BILLING(0, 0, NULL, 0));
  SAID("day: 0; a billing day is 1 to 31");
  CHECK_EQ(SLUICE_E_INVALID, BILLING(32, 0, NULL, 0));
  SAID("day: 32; a billing day is 1 to 31");
  CHECK_EQ(SLUICE_E_INVALID, BILLING(1, -1, NULL, 0));
  SAID("time_of_day: -1; it is from 0 to 24 h, exclusive, in ns");
  CHECK_EQ(SLUICE_E_INVALID, BILLING(1, DAY, NULL, 0));
  CHECK(BILLING(1, 0, "Mars/Olympus", SLUICE_STRLEN) < 0);
  CHECK(strstr(error.message, "Mars/Olympus") != NULL);
#undef BILLING
  CHECK_EQ(SLUICE_E_INVALID, sluice_report_throttled(engine, 6, &subject, -1, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_INVALID, sluice_report_throttled(engine, minute, &subject, 1, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_set_usage(engine, -1, &subject, 1, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_set_usage(engine, 64, &subject, 1, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_INVALID, sluice_set_usage(engine, minute, &subject, UINT64_MAX, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_TIME, sluice_set_usage(engine, minute, &subject, 1, -7, &error));
  CHECK_EQ(SLUICE_E_TIME, sluice_reset(engine, &subject, FAR, &error));
  CHECK_EQ(SLUICE_E_INVALID, sluice_set_amount(engine, minute, &subject, "5,", 2, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_INVALID, sluice_set_amount(engine, minute, &subject, "", 0, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_INVALID, sluice_set_amount(engine, minute, &subject, "-5", 2, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_INVALID, sluice_reload(engine, fixture_policy, SLUICE_STRLEN, NULL, 0, 2, SLUICE_NOW, &error));
  SAID("allow_reset: 2; it is 0 or 1");
  CHECK_EQ(SLUICE_E_INVALID, sluice_reload(engine, NULL, 0, NULL, 0, 0, SLUICE_NOW, &error));
  SAID("policy: NULL");
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_refund(engine, 0, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_refund(engine, UINT64_MAX, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_INVALID, sluice_commit(engine, 1, NULL, 1, SLUICE_NOW, &error));
  SAID("quantities: NULL with quantity_count 1");
  CHECK_EQ(SLUICE_E_INVALID, sluice_clock(engine, NULL));
}

/* A buffer one byte short gets nothing; one that fits exactly gets all and not a byte more. */
static void buffers_are_kept_to(sluice_engine engine) {
  const sluice_bytes account = key("buffers");
  const sluice_subject subject = subject_of("account", &account, 1);
  char buffer[2048];
  size_t length = 0, needed;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_usage_json(engine, &subject, SLUICE_NOW, NULL, &length, &error));
  needed = length;
  CHECK(needed > 2 && needed < sizeof(buffer) - 1);
  memset(buffer, 'x', sizeof(buffer));
  length = needed - 1;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_usage_json(engine, &subject, SLUICE_NOW, buffer, &length, &error));
  CHECK_EQ(needed, length);
  CHECK_EQ('x', buffer[0]);
  CHECK_EQ(SLUICE_OK, sluice_usage_json(engine, &subject, SLUICE_NOW, buffer, &length, &error));
  CHECK_EQ('{', buffer[0]);
  CHECK_EQ('}', buffer[needed - 1]);
  CHECK_EQ('x', buffer[needed]);
  CHECK_EQ(SLUICE_E_INVALID, sluice_usage_json(engine, &subject, SLUICE_NOW, buffer, NULL, &error));
  SAID("length: NULL");
  CHECK_EQ(SLUICE_E_INVALID, sluice_usage_json(engine, &subject, SLUICE_NOW, NULL, &length, &error));
  CHECK(strstr(error.message, "buffer: NULL with length ") == error.message);
  CHECK_EQ(SLUICE_E_INVALID, sluice_list(engine, "account", 7, NULL, 1, buffer, &length, &error));
  SAID("cursor: NULL");
  CHECK_EQ(SLUICE_E_INVALID, sluice_limit_name(engine, 0, buffer, NULL));
  CHECK_EQ(SLUICE_E_INVALID, sluice_policy_check("{}", 2, NULL, 0, NULL, 0, buffer, NULL));
  CHECK_EQ(SLUICE_E_INVALID, sluice_policy_check(NULL, 0, NULL, 0, NULL, 0, buffer, &length));
  CHECK_EQ(SLUICE_E_INVALID, sluice_policy_describe(NULL, 5, NULL, 0, NULL, 0, buffer, &length, &error));
  SAID("policy: NULL with length 5");
}

static void arrays_are_checked(sluice_engine engine) {
  const sluice_bytes account = key("arrays");
  const sluice_subject subject = subject_of("account", &account, 1);
  sluice_usage_row row;
  sluice_event event;
  sluice_counters counters = SLUICE_COUNTERS_INIT;
  size_t count = 2;
  CHECK_EQ(SLUICE_E_INVALID, sluice_usage(engine, &subject, SLUICE_NOW, NULL, &count, &error));
  SAID("rows: NULL with count 2");
  CHECK_EQ(SLUICE_E_INVALID, sluice_usage(engine, &subject, SLUICE_NOW, &row, NULL, &error));
  SAID("count: NULL");
  CHECK_EQ(SLUICE_E_INVALID, sluice_drain_events(engine, NULL, &count, NULL));
  CHECK_EQ(SLUICE_E_INVALID, sluice_drain_events(engine, &event, NULL, NULL));
  CHECK_EQ(SLUICE_E_INVALID, sluice_get_counters(engine, NULL));
  counters.struct_size = 192;
  CHECK_EQ(SLUICE_E_INVALID, sluice_get_counters(engine, &counters));
  CHECK_EQ(0, counters.memory_cap);
  CHECK_EQ(SLUICE_E_TIME, sluice_sweep(engine, -1, 1, NULL));
}

int main(void) {
  sluice_engine engine;
  handles();
  handles_differ_after_destroy();
  options_are_checked();
  policies_are_refused_with_words();
  long_words_are_cut();
  engine = fixture_engine();
  error_structs_are_checked(engine);
  requests_are_checked(engine);
  keys_are_checked(engine);
  newer_structs_are_taken_while_they_ask_nothing_new(engine);
  decisions_are_checked_first(engine);
  batches_are_checked(engine);
  texts_are_checked(engine);
  subjects_are_checked(engine);
  settings_are_checked(engine);
  buffers_are_kept_to(engine);
  arrays_are_checked(engine);
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
  return finish();
}
