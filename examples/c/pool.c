/* SPDX-License-Identifier: Apache-2.0 */
/* Two lines stand for one number: recipients keep the line that they first got, until it is suspended. A campaign to all of them is
 * aborted half way. The clock is manual, so nobody waits.
 *   cc -std=c99 pool.c $(pkg-config --cflags --libs sluice) && ./a.out */
#include <inttypes.h>
#include <sluice/sluice.h>
#include <stdio.h>
#include <string.h>

static const char policy[] =
    "{\n"
    "  \"name\": \"pool\", \"tenant\": \"account\", \"line\": \"line\",\n"
    "  \"limits\": [\n"
    "    { \"name\": \"line_pace\", \"scope\": [\"line\"], \"kind\": \"pace\", \"amount\": \"1/s\", \"mode\": \"queue\" }\n"
    "  ],\n"
    "  \"pools\": [ { \"name\": \"shared\", \"on_suspend\": \"move_all\" } ],\n"
    "  \"operations\": [\n"
    "    { \"name\": \"messages.send\", \"values\": [\"account\", \"line\", \"recipient\"], \"pool\": \"shared\",\n"
    "      \"charges\": [ { \"limit\": \"line_pace\" } ] }\n"
    "  ]\n"
    "}\n";

static const int64_t start = INT64_C(1700000000000000000);
static const char* const recipients[] = {"ann", "bob", "carol", "dave"};
static sluice_error error = SLUICE_ERROR_INIT;

static int fail(void) {
  fprintf(stderr, "%s\n", error.message);
  return 1;
}

static sluice_status set_line(sluice_engine engine, const char* line, int32_t state, sluice_line_report* report) {
  sluice_line_change change = SLUICE_LINE_CHANGE_INIT;
  change.pool = "shared";
  change.pool_len = SLUICE_STRLEN;
  change.line.ptr = line;
  change.line.len = strlen(line);
  change.state = state;
  return sluice_set_line(engine, &change, SLUICE_NOW, report, &error);
}

/* One message to each; the pool chooses by which line. */
static int write_to_all(sluice_engine engine, uint64_t campaign) {
  char line[1024];
  size_t i;
  for (i = 0; i < sizeof recipients / sizeof recipients[0]; ++i) {
    sluice_bytes values[] = {{"acme", 4}, {NULL, 0}, {NULL, 0}};
    sluice_request request = SLUICE_REQUEST_INIT;
    sluice_message message = SLUICE_MESSAGE_INIT;
    sluice_held held = SLUICE_HELD_INIT;
    values[2].ptr = recipients[i];
    values[2].len = strlen(recipients[i]);
    request.operation = sluice_operation_id(engine, "messages.send", SLUICE_STRLEN);
    request.values = values;
    request.value_count = 3;
    message.campaign = campaign;
    held.line = line;
    held.line_capacity = sizeof line;
    if (sluice_enqueue(engine, &request, &message, NULL, &held, &error) != SLUICE_OK) return -1;
    printf("%s by %.*s%s\n", recipients[i], (int)held.line_length, line,
           held.sticky == SLUICE_STICKY_FRESH ? ", from now on" : "");
  }
  return 0;
}

static int tell_events(sluice_engine engine) {
  sluice_event events[8];
  size_t count = 8, i;
  if (sluice_drain_events(engine, events, &count, NULL) < 0) return -1;
  for (i = 0; i < count; ++i) {
    if (events[i].kind == SLUICE_EVENT_SENDER_CHANGED) printf("%.*s\n", (int)events[i].subject_len, events[i].subject);
  }
  return 0;
}

static int run_campaign(sluice_engine engine) {
  sluice_campaign_options options = SLUICE_CAMPAIGN_OPTIONS_INIT;
  sluice_campaign_report report = SLUICE_CAMPAIGN_REPORT_INIT;
  uint64_t campaign = 0, in_flight[4];
  options.tenant.ptr = "acme";
  options.tenant.len = 4;
  options.name = "spring";
  options.name_len = SLUICE_STRLEN;
  options.duration = INT64_C(60000000000);
  if (sluice_create_campaign(engine, &options, SLUICE_NOW, &campaign, &error) < 0) return -1;
  if (write_to_all(engine, campaign) < 0) return -1;
  report.in_flight = in_flight;
  report.in_flight_capacity = 4;
  if (sluice_change_campaign(engine, campaign, SLUICE_CHANGE_ABORT, SLUICE_NOW, &report, &error) < 0) return -1;
  printf("aborted: %" PRIu64 " removed, %u in flight\n", report.removed, (unsigned)report.in_flight_count);
  return 0;
}

int main(void) {
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  sluice_line_report report = SLUICE_LINE_REPORT_INIT;
  sluice_engine engine = 0;
  options.policy = policy;
  options.policy_len = SLUICE_STRLEN;
  options.manual_clock = 1;
  options.manual_now = start;
  if (sluice_engine_create(&options, &engine, &error) < 0) return fail();
  if (set_line(engine, "+15550001", SLUICE_LINE_ACTIVE, NULL) < 0) return fail();
  if (set_line(engine, "+15550002", SLUICE_LINE_ACTIVE, NULL) < 0) return fail();
  if (write_to_all(engine, 0) < 0) return fail();
  if (set_line(engine, "+15550001", SLUICE_LINE_SUSPENDED, &report) < 0) return fail();
  printf("suspended: %" PRIu64 " moved\n", report.moved);
  if (tell_events(engine) < 0 || run_campaign(engine) < 0) return fail();
  return sluice_engine_destroy(engine) == SLUICE_OK ? 0 : 1;
}
