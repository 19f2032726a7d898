/* SPDX-License-Identifier: Apache-2.0 */
/* A program built against the first published header, run against today's library. */
#include "frozen/sluice_0_1.h"

#include <string.h>

#include "check.h"

static const char policy[] =
    "{ \"name\": \"old\", \"tenant\": \"account\", \"line\": \"line\", \"pools\": [ { \"name\": \"shared\", \"sticky\": false } "
    "],"
    "  \"limits\": [ { \"name\": \"sends\", \"scope\": [\"account\"], \"kind\": \"window\", \"period\": \"60s\", \"amount\": 2 } "
    "],"
    "  \"operations\": [ { \"name\": \"send\", \"values\": [\"account\"], \"charges\": [ { \"limit\": \"sends\" } ] },"
    "    { \"name\": \"text\", \"values\": [\"account\", \"line\"], \"pool\": \"shared\", \"charges\": [ { \"limit\": \"sends\" "
    "} ] } ] }";

/* What lies behind an old caller's struct is not the library's to read or write. */
typedef struct {
  sluice_decision decision;
  unsigned char behind[64];
} guarded_decision;

typedef struct {
  sluice_counters counters;
  unsigned char behind[64];
} guarded_counters;

static int untouched(const unsigned char* bytes) {
  size_t i;
  for (i = 0; i < 64; ++i) {
    if (bytes[i] != 0xA5) return 0;
  }
  return 1;
}

static sluice_engine create(void) {
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  sluice_error error = SLUICE_ERROR_INIT;
  sluice_engine engine = 0;
  options.policy = policy;
  options.policy_len = strlen(policy);
  options.manual_clock = 1;
  options.manual_now = INT64_C(60000000000);
  CHECK_EQ(SLUICE_OK, sluice_engine_create(&options, &engine, &error));
  return engine;
}

static void decides(sluice_engine engine) {
  const sluice_bytes account = {"acme", 4};
  sluice_request request = SLUICE_REQUEST_INIT;
  guarded_decision guarded = {SLUICE_DECISION_INIT, {0}};
  memset(guarded.behind, 0xA5, sizeof(guarded.behind));
  request.operation = sluice_operation_id(engine, "send", SLUICE_STRLEN);
  request.values = &account;
  request.value_count = 1;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &guarded.decision));
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &guarded.decision));
  CHECK_EQ(2, guarded.decision.used);
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &request, &guarded.decision));
  CHECK_EQ(SLUICE_DENIAL_RATE, guarded.decision.denial);
  CHECK_EQ(INT64_C(60000000000), guarded.decision.retry_after);
  CHECK_EQ(sizeof(sluice_decision), guarded.decision.struct_size);
  CHECK(untouched(guarded.behind));
}

/* A policy may have got a pool since: its line is told only where there is room for it, and here is none. */
static void decides_beside_a_pool(sluice_engine engine) {
  const sluice_bytes values[2] = {{"pooled", 6}, {"+1", 2}}, absent[2] = {{"pooled", 6}, {NULL, 0}};
  sluice_request request = SLUICE_REQUEST_INIT;
  guarded_decision guarded = {SLUICE_DECISION_INIT, {0}};
  memset(guarded.behind, 0xA5, sizeof(guarded.behind));
  request.operation = sluice_operation_id(engine, "text", SLUICE_STRLEN);
  request.values = values;
  request.value_count = 2;
  request.flags = SLUICE_PEEK;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, &guarded.decision));
  request.values = absent;
  CHECK_EQ(SLUICE_DENIED, sluice_decide(engine, &request, &guarded.decision));
  CHECK_EQ(SLUICE_DENIAL_POOL, guarded.decision.denial);
  CHECK(untouched(guarded.behind));
}

static void counts(sluice_engine engine) {
  guarded_counters guarded = {SLUICE_COUNTERS_INIT, {0}};
  memset(guarded.behind, 0xA5, sizeof(guarded.behind));
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &guarded.counters));
  CHECK_EQ(2, guarded.counters.allowed);
  CHECK_EQ(1, guarded.counters.denied);
  CHECK_EQ(sizeof(sluice_counters), guarded.counters.struct_size);
  CHECK(untouched(guarded.behind));
}

int main(void) {
  const sluice_engine engine = create();
  decides(engine);
  decides_beside_a_pool(engine);
  counts(engine);
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
  return finish();
}
