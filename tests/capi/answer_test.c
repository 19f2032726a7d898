/* SPDX-License-Identifier: Apache-2.0 */
/* Answers over HTTP as a C program gets them: into its own memory, told when that is too small, refused when what it passes is wrong. */
#include "fixture.h"

static const char policy[] =
    "{ \"name\": \"answers\", \"tenant\": \"account\",\n"
    "  \"limits\": [ { \"name\": \"minute\", \"scope\": [\"account\"], \"kind\": \"window\", \"period\": \"60s\", \"amount\": 2 "
    "},\n"
    "    { \"name\": \"day\", \"scope\": [\"account\"], \"kind\": \"window\", \"period\": \"day\", \"amount\": 100 } ],\n"
    "  \"operations\": [ { \"name\": \"send\", \"values\": [\"account\"], \"quantities\": [\"parts\"],\n"
    "    \"charges\": [ { \"limit\": \"minute\" }, { \"limit\": \"day\", \"cost\": \"parts\" } ] } ],\n"
    "  \"dialect\": { \"given\": [\"trace\"], \"headers\": { \"X-Day\": \"{day.remaining}\" },\n"
    "    \"answers\": { \"denied\": { \"status\": 429, \"headers\": { \"Retry-After\": \"{retry_after}\", \"X-Trace\": "
    "\"{given.trace}\" },\n"
    "      \"body\": { \"who\": \"{value.account}\", \"parts\": \"{quantity.parts}\", \"wait\": \"{retry_after}\" } } } } }\n";

typedef struct wire {
  sluice_http http;
  sluice_header headers[16];
  char buffer[1024];
} wire;

static void prepare(wire* to) {
  sluice_http fresh = SLUICE_HTTP_INIT;
  memset(to, 0, sizeof(*to));
  to->http = fresh;
  to->http.headers = to->headers;
  to->http.header_capacity = 16;
  to->http.buffer = to->buffer;
  to->http.buffer_size = sizeof(to->buffer);
}

static int is(sluice_bytes bytes, const char* text) {
  return bytes.len == strlen(text) && (bytes.len == 0 || memcmp(bytes.ptr, text, bytes.len) == 0);
}

typedef struct story {
  sluice_engine engine;
  sluice_bytes account;
  uint64_t parts;
  sluice_request request;
  sluice_detail rows[4];
  sluice_decision decision;
} story;

/* The third of a minute that lets two pass. */
static void denied(story* s, const char* account) {
  sluice_decision fresh = SLUICE_DECISION_INIT;
  int i;
  s->engine = engine_of(policy);
  s->account = key(account);
  s->parts = 3;
  s->request = request_of(s->engine, "send", &s->account, 1);
  s->request.quantities = &s->parts;
  s->request.quantity_count = 1;
  s->decision = fresh;
  s->decision.details = s->rows;
  s->decision.detail_capacity = 4;
  for (i = 0; i < 3; ++i) sluice_decide(s->engine, &s->request, &s->decision);
  CHECK_EQ(SLUICE_DENIED, s->decision.status);
}

static void a_denial_is_answered_into_the_callers_memory(void) {
  story s;
  wire w;
  sluice_given trace = {"trace", SLUICE_STRLEN, "t-1", 3};
  sluice_answer_terms terms = SLUICE_ANSWER_TERMS_INIT;
  denied(&s, "acme");
  prepare(&w);
  terms.request = &s.request;
  terms.given = &trace;
  terms.given_count = 1;
  CHECK_EQ(SLUICE_OK, sluice_answer(s.engine, &s.decision, &terms, &w.http, NULL));
  CHECK_EQ(429, w.http.status);
  CHECK_EQ(4, w.http.header_count);
  CHECK(is(w.headers[0].name, "X-Day") && is(w.headers[0].value, "94"));
  CHECK(is(w.headers[1].name, "Retry-After") && is(w.headers[1].value, "60"));
  CHECK(is(w.headers[2].name, "X-Trace") && is(w.headers[2].value, "t-1"));
  CHECK(is(w.headers[3].name, "Content-Type") && is(w.headers[3].value, "application/json"));
  CHECK(is(w.http.body, "{\"who\":\"acme\",\"parts\":3,\"wait\":60}"));
  CHECK_EQ(60 * SECOND, w.http.retry_after);
  CHECK_EQ(1, w.http.retry);
  CHECK((const char*)w.http.body.ptr >= w.buffer && (const char*)w.http.body.ptr + w.http.body.len <= w.buffer + w.http.length);
  sluice_engine_destroy(s.engine);
}

static void too_little_room_is_told_exactly(void) {
  story s;
  wire w;
  size_t needed;
  denied(&s, "acme");
  prepare(&w);
  w.http.buffer = NULL;
  w.http.buffer_size = 0;
  w.http.headers = NULL;
  w.http.header_capacity = 0;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_answer(s.engine, &s.decision, NULL, &w.http, NULL));
  CHECK_EQ(3, w.http.header_count);
  CHECK_EQ(0, w.http.status);
  needed = w.http.length;
  w.http.buffer = w.buffer;
  w.http.buffer_size = needed - 1;
  w.http.headers = w.headers;
  w.http.header_capacity = 3;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_answer(s.engine, &s.decision, NULL, &w.http, NULL));
  CHECK(w.buffer[needed - 1] == 0);
  w.http.buffer_size = needed;
  w.http.header_capacity = 2;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_answer(s.engine, &s.decision, NULL, &w.http, NULL));
  CHECK(w.headers[2].name.ptr == NULL);
  w.http.header_capacity = 3;
  CHECK_EQ(SLUICE_OK, sluice_answer(s.engine, &s.decision, NULL, &w.http, NULL));
  CHECK_EQ(needed, w.http.length);
  CHECK(w.buffer[needed] == 0);
  sluice_engine_destroy(s.engine);
}

static void what_is_wrong_is_said(void) {
  story s;
  wire w;
  sluice_error error = SLUICE_ERROR_INIT;
  sluice_answer_terms terms = SLUICE_ANSWER_TERMS_INIT;
  denied(&s, "acme");
  prepare(&w);
  CHECK_EQ(SLUICE_E_INVALID, sluice_answer(s.engine, NULL, NULL, &w.http, &error));
  CHECK_EQ(SLUICE_E_INVALID, sluice_answer(s.engine, &s.decision, NULL, NULL, &error));
  terms.dialects = 1024;
  CHECK_EQ(SLUICE_E_UNSUPPORTED, sluice_answer(s.engine, &s.decision, &terms, &w.http, &error));
  CHECK(strcmp("dialects: 1024; this library knows 63", error.message) == 0);
  terms.dialects = SLUICE_DIALECT_X_RATELIMIT | SLUICE_DIALECT_X_RATELIMIT_DELTA;
  CHECK_EQ(SLUICE_E_INVALID, sluice_answer(s.engine, &s.decision, &terms, &w.http, &error));
  terms.dialects = 0;
  terms.given_count = 1;
  CHECK_EQ(SLUICE_E_INVALID, sluice_answer(s.engine, &s.decision, &terms, &w.http, &error));
  s.decision.details = NULL;
  s.decision.detail_capacity = 0;
  CHECK_EQ(SLUICE_E_INVALID, sluice_answer(s.engine, &s.decision, NULL, &w.http, &error));
  CHECK(strcmp("decision: the policy's dialect tells of limits by name; decide with room for rows (details)", error.message) ==
        0);
  s.decision.denial = 77;
  CHECK_EQ(SLUICE_E_INVALID, sluice_answer(s.engine, &s.decision, NULL, &w.http, &error));
  sluice_engine_destroy(s.engine);
}

static void a_failed_call_is_answered_too(void) {
  story s;
  wire w;
  sluice_decision lost = SLUICE_DECISION_INIT;
  denied(&s, "acme");
  prepare(&w);
  lost.status = sluice_operation_id(s.engine, "sned", SLUICE_STRLEN);
  CHECK_EQ(SLUICE_OK, sluice_answer(s.engine, &lost, NULL, &w.http, NULL));
  CHECK_EQ(404, w.http.status);
  CHECK_EQ(0, w.http.header_count);
  CHECK(w.http.body.ptr == NULL && w.http.body.len == 0);
  sluice_engine_destroy(s.engine);
}

static void usage_without_words_of_its_own_is_as_usage_json_says(void) {
  story s;
  wire w;
  char json[256];
  size_t length = sizeof(json);
  sluice_subject subject;
  denied(&s, "acme");
  prepare(&w);
  subject = subject_of("account", &s.account, 1);
  CHECK_EQ(SLUICE_OK, sluice_answer_usage(s.engine, &subject, SLUICE_NOW, NULL, &w.http, NULL));
  CHECK_EQ(SLUICE_OK, sluice_usage_json(s.engine, &subject, SLUICE_NOW, json, &length, NULL));
  CHECK_EQ(200, w.http.status);
  CHECK(w.http.body.len == length && memcmp(w.http.body.ptr, json, length) == 0);
  sluice_engine_destroy(s.engine);
}

/* Whatever an account calls itself. */
static void no_key_ends_a_header_or_a_text(void) {
  story s;
  wire w;
  size_t i;
  sluice_given trace = {"trace", SLUICE_STRLEN, "a\r\nSet-Cookie: b\x7F\xC3\xA4", SLUICE_STRLEN};
  sluice_answer_terms terms = SLUICE_ANSWER_TERMS_INIT;
  denied(&s, "\"\r\n\\\x01\xFF");
  prepare(&w);
  terms.request = &s.request;
  terms.given = &trace;
  terms.given_count = 1;
  CHECK_EQ(SLUICE_OK, sluice_answer(s.engine, &s.decision, &terms, &w.http, NULL));
  CHECK(is(w.headers[2].value, "a??Set-Cookie: b???"));
  CHECK(is(w.http.body, "{\"who\":\"\\\"\\u000d\\u000a\\\\\\u0001\xEF\xBF\xBD\",\"parts\":3,\"wait\":60}"));
  for (i = 0; i < w.http.body.len; ++i) CHECK(((const unsigned char*)w.http.body.ptr)[i] >= 0x20);
  sluice_engine_destroy(s.engine);
}

int main(void) {
  a_denial_is_answered_into_the_callers_memory();
  too_little_room_is_told_exactly();
  what_is_wrong_is_said();
  a_failed_call_is_answered_too();
  usage_without_words_of_its_own_is_as_usage_json_says();
  no_key_ends_a_header_or_a_text();
  return finish();
}
