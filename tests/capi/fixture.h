/* SPDX-License-Identifier: Apache-2.0 */
/* A policy with a limit of every kind, and an engine over it on a manual clock that stands at an edge of its minutes. */
#ifndef SLUICE_TESTS_CAPI_FIXTURE_H
#define SLUICE_TESTS_CAPI_FIXTURE_H

#include <string.h>

#include "check.h"
#include "sluice/sluice.h"

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define DAY (86400 * SECOND)
#define START (INT64_C(1700000040) * SECOND) /* 2023-11-14 22:14:00 UTC */

#define FIXTURE_HEAD                                                                                                           \
  "{ \"name\": \"fixture\", \"tenant\": \"account\", \"line\": \"line\",\n"                                                    \
  "  \"subjects\": [ { \"scope\": [\"account\"], \"plans\": [\"free\", \"pro\", \"enterprise\"], \"default\": \"free\" } ],\n" \
  "  \"limits\": [\n"                                                                                                          \
  "    { \"name\": \"minute\", \"scope\": [\"account\"], \"kind\": \"window\", \"period\": \"60s\", \"unit\": \"message\",\n"  \
  "      \"reports_as\": \"messages.sent\", \"amounts\": [\n"                                                                  \
  "        { \"plan\": \"free\", \"amount\": 3, \"thresholds\": [50, 100] },\n"                                                \
  "        { \"plan\": \"pro\", \"amount\": 100 }, { \"plan\": \"enterprise\", \"custom\": true } ] },\n"                      \
  "    { \"name\": \"bytes\", \"scope\": [\"account\"], \"kind\": \"window\", \"period\": \"billing\", \"amount\": 1000 },\n"

#define FIXTURE_TAIL                                                                                                   \
  "    { \"name\": \"pace\", \"scope\": [\"line\"], \"kind\": \"pace\", \"amount\": \"1/s\", \"mode\": \"queue\" },\n" \
  "    { \"name\": \"peers\", \"scope\": [\"line\"], \"kind\": \"distinct\", \"period\": \"24h\", \"amount\": 2 },\n"  \
  "    { \"name\": \"seats\", \"scope\": [\"account\"], \"kind\": \"gauge\", \"amount\": 2 },\n"                       \
  "    { \"name\": \"upstream\", \"scope\": [\"account\"], \"kind\": \"upstream\", \"longest\": \"1h\" }\n"            \
  "  ],\n"                                                                                                             \
  "  \"operations\": [\n"                                                                                              \
  "    { \"name\": \"send\", \"values\": [\"account\"], \"charges\": [ { \"limit\": \"minute\" } ] },\n"               \
  "    { \"name\": \"pair\", \"values\": [\"line\", \"recipient\"], \"repeats\": \"recipient\",\n"                     \
  "      \"charges\": [ { \"limit\": \"couple\", \"each\": \"recipient\" } ] },\n"                                     \
  "    { \"name\": \"upload\", \"values\": [\"account\"], \"quantities\": [\"bytes\"],\n"                              \
  "      \"charges\": [ { \"limit\": \"bytes\", \"cost\": \"bytes\" } ] },\n"                                          \
  "    { \"name\": \"deliver\", \"values\": [\"line\"], \"charges\": [ { \"limit\": \"pace\" } ] },\n"                 \
  "    { \"name\": \"meet\", \"values\": [\"line\", \"recipient\"],\n"                                                 \
  "      \"charges\": [ { \"limit\": \"peers\", \"of\": \"recipient\" } ] },\n"                                        \
  "    { \"name\": \"seat\", \"values\": [\"account\"], \"charges\": [ { \"limit\": \"seats\" } ] },\n"                \
  "    { \"name\": \"leave\", \"values\": [\"account\"],\n"                                                            \
  "      \"charges\": [ { \"limit\": \"seats\", \"charge\": \"release\" } ] },\n"                                      \
  "    { \"name\": \"call\", \"values\": [\"account\"], \"charges\": [ { \"limit\": \"upstream\" } ] }\n"              \
  "  ] }\n"

#define FIXTURE_COUPLE(kind)                                                            \
  "    { \"name\": \"couple\", \"scope\": [\"line\", \"recipient\"], \"kind\": \"" kind \
  "\", \"period\": \"60s\", \"amount\": 2 },\n"

static const char fixture_policy[] = FIXTURE_HEAD FIXTURE_COUPLE("sliding") FIXTURE_TAIL;

/* 0 when it cannot be made; the program then says why. */
static inline sluice_engine engine_of(const char* policy) {
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  sluice_error error = SLUICE_ERROR_INIT;
  sluice_engine engine = 0;
  options.policy = policy;
  options.policy_len = SLUICE_STRLEN;
  options.manual_clock = 1;
  options.manual_now = START;
  options.shards = 16;
  if (sluice_engine_create(&options, &engine, &error) != SLUICE_OK) fprintf(stderr, "%s\n", error.message);
  CHECK(engine != 0);
  return engine;
}

static inline sluice_engine fixture_engine(void) { return engine_of(fixture_policy); }

static inline sluice_bytes key(const char* text) {
  sluice_bytes bytes;
  bytes.ptr = text;
  bytes.len = strlen(text);
  return bytes;
}

/* `values` stays the caller's. */
static inline sluice_request request_of(sluice_engine engine, const char* operation, const sluice_bytes* values, uint32_t count) {
  sluice_request request = SLUICE_REQUEST_INIT;
  request.operation = sluice_operation_id(engine, operation, SLUICE_STRLEN);
  request.values = values;
  request.value_count = count;
  return request;
}

static inline sluice_subject subject_of(const char* scope, const sluice_bytes* values, size_t count) {
  sluice_subject subject;
  subject.scope = scope;
  subject.scope_len = SLUICE_STRLEN;
  subject.values = values;
  subject.value_count = count;
  return subject;
}

/* What sluice_usage says is used of a limit; -1 when it says nothing. */
static inline long long used_of(sluice_engine engine, const char* limit, const sluice_subject* subject) {
  sluice_usage_row rows[8];
  size_t count = 8, i;
  const int32_t id = sluice_limit_id(engine, limit, SLUICE_STRLEN);
  if (sluice_usage(engine, subject, SLUICE_NOW, rows, &count, NULL) != SLUICE_OK) return -1;
  for (i = 0; i < count; ++i) {
    if (rows[i].limit_id == id) return (long long)rows[i].used;
  }
  return -1;
}

#endif
