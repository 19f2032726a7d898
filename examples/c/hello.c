/* SPDX-License-Identifier: Apache-2.0 */
/* Three messages a minute for each account; five are tried.
 *   cc -std=c99 hello.c $(pkg-config --cflags --libs sluice) && ./a.out */
#include <inttypes.h>
#include <sluice/sluice.h>
#include <stdio.h>

static const char policy[] =
    "{\n"
    "  \"name\": \"hello\", \"tenant\": \"account\",\n"
    "  \"limits\": [\n"
    "    { \"name\": \"per_minute\", \"scope\": [\"account\"], \"kind\": \"window\", \"period\": \"60s from first\", \"amount\": "
    "3 }\n"
    "  ],\n"
    "  \"operations\": [\n"
    "    { \"name\": \"messages.send\", \"values\": [\"account\"], \"charges\": [ { \"limit\": \"per_minute\" } ] }\n"
    "  ]\n"
    "}\n";

int main(void) {
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  sluice_error error = SLUICE_ERROR_INIT;
  sluice_request request = SLUICE_REQUEST_INIT;
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_bytes account = {"acme", 4};
  sluice_engine engine = 0;
  int i;

  options.policy = policy;
  options.policy_len = SLUICE_STRLEN;
  if (sluice_engine_create(&options, &engine, &error) < 0) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  request.operation = sluice_operation_id(engine, "messages.send", SLUICE_STRLEN);
  request.values = &account;
  request.value_count = 1;

  for (i = 1; i <= 5; ++i) {
    const sluice_status status = sluice_decide(engine, &request, &decision);
    if (status < 0) {
      fprintf(stderr, "%s\n", sluice_status_name(status));
      return 1;
    }
    if (status == SLUICE_OK) {
      printf("message %d: go, %" PRIu64 " left\n", i, decision.remaining);
    } else {
      printf("message %d: %s, again in %" PRId64 " ms\n", i, sluice_denial_name(decision.denial), decision.retry_after / 1000000);
    }
  }
  return sluice_engine_destroy(engine) == SLUICE_OK ? 0 : 1;
}
