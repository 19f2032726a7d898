/* SPDX-License-Identifier: Apache-2.0 */
/* Two pass, the third waits: enough to see that an installed Sluice compiles, links and decides. */
#include <sluice/sluice.h>
#include <stdio.h>
#include <string.h>

static const char policy[] =
    "{ \"name\": \"consumer\", \"tenant\": \"account\","
    "  \"limits\": ["
    "    { \"name\": \"sends\", \"scope\": [\"account\"], \"kind\": \"window\", \"period\": \"60s\", \"amount\": 2 } ],"
    "  \"operations\": [ { \"name\": \"send\", \"values\": [\"account\"], \"charges\": [ { \"limit\": \"sends\" } ] } ] }";

int main(void) {
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  sluice_error error = SLUICE_ERROR_INIT;
  sluice_request request = SLUICE_REQUEST_INIT;
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_bytes account = {"acme", 4};
  sluice_engine engine = 0;
  sluice_status third;

  options.policy = policy;
  options.policy_len = strlen(policy);
  options.manual_clock = 1;
  options.manual_now = 60000000000; /* an edge of the window, so the wait is the whole minute */
  if (sluice_engine_create(&options, &engine, &error) < 0) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  request.operation = sluice_operation_id(engine, "send", SLUICE_STRLEN);
  request.values = &account;
  request.value_count = 1;
  if (sluice_decide(engine, &request, &decision) != SLUICE_OK) return 1;
  if (sluice_decide(engine, &request, &decision) != SLUICE_OK) return 1;
  third = sluice_decide(engine, &request, &decision);
  printf("sluice %s: %s, wait %lld ns\n", sluice_version(), sluice_status_name(third), (long long)decision.retry_after);
  sluice_engine_destroy(engine);
  return third == SLUICE_DENIED && decision.retry_after == 60000000000 ? 0 : 1;
}
