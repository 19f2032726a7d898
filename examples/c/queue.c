/* SPDX-License-Identifier: Apache-2.0 */
/* One message a second from each line; three are accepted at once and leave at their time. The clock is manual, so nobody waits.
 *   cc -std=c99 queue.c $(pkg-config --cflags --libs sluice) && ./a.out */
#include <inttypes.h>
#include <sluice/sluice.h>
#include <stdio.h>
#include <string.h>

static const char policy[] =
    "{\n"
    "  \"name\": \"queue\", \"tenant\": \"account\", \"line\": \"line\",\n"
    "  \"limits\": [\n"
    "    { \"name\": \"line_pace\", \"scope\": [\"line\"], \"kind\": \"pace\", \"amount\": \"1/s\", \"mode\": \"queue\" }\n"
    "  ],\n"
    "  \"operations\": [\n"
    "    { \"name\": \"messages.send\", \"values\": [\"account\", \"line\", \"recipient\"],\n"
    "      \"charges\": [ { \"limit\": \"line_pace\" } ] }\n"
    "  ]\n"
    "}\n";

static const int64_t start = INT64_C(1700000000000000000);

static int fail(const sluice_error* error) {
  fprintf(stderr, "%s\n", error->message);
  return 1;
}

/* Leases and sends all that is due; the next due instant, or -1 on a failure. */
static int64_t send_what_is_due(sluice_engine engine, sluice_error* error) {
  uint64_t buffer[1024];
  sluice_leased leases[8];
  size_t count = 8, length = sizeof buffer, i;
  int64_t next_due = 0, now = 0;
  if (sluice_clock(engine, &now) < 0) return -1;
  if (sluice_lease(engine, NULL, leases, &count, buffer, &length, &next_due, error) < 0) return -1;
  for (i = 0; i < count; ++i) {
    printf("%" PRId64 " ms: %.*s\n", (now - start) / 1000000, (int)leases[i].payload.len, (const char*)leases[i].payload.ptr);
    if (sluice_ack(engine, leases[i].message, leases[i].fence, SLUICE_NOW, error) < 0) return -1;
  }
  return sluice_next_due(engine, &next_due) < 0 ? -1 : next_due;
}

int main(void) {
  static const char* const payloads[] = {"one", "two", "three"};
  const sluice_bytes values[] = {{"acme", 4}, {"+15550001", 9}, {"+15550002", 9}};
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  sluice_error error = SLUICE_ERROR_INIT;
  sluice_request request = SLUICE_REQUEST_INIT;
  sluice_engine engine = 0;
  int64_t due = start;
  size_t i;

  options.policy = policy;
  options.policy_len = SLUICE_STRLEN;
  options.manual_clock = 1;
  options.manual_now = start;
  if (sluice_engine_create(&options, &engine, &error) < 0) return fail(&error);
  request.operation = sluice_operation_id(engine, "messages.send", SLUICE_STRLEN);
  request.values = values;
  request.value_count = 3;

  for (i = 0; i < 3; ++i) {
    sluice_message message = SLUICE_MESSAGE_INIT;
    sluice_held held = SLUICE_HELD_INIT;
    message.payload = payloads[i];
    message.payload_len = strlen(payloads[i]);
    if (sluice_enqueue(engine, &request, &message, NULL, &held, &error) != SLUICE_OK) return fail(&error);
    printf("held, %" PRIu64 " on the line\n", held.depth);
  }
  while (due != INT64_MAX) {
    if (sluice_set_clock(engine, due) < 0) return 1;
    due = send_what_is_due(engine, &error);
    if (due < 0) return fail(&error);
  }
  return sluice_engine_destroy(engine) == SLUICE_OK ? 0 : 1;
}
