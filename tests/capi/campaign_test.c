/* SPDX-License-Identifier: Apache-2.0 */
/* Campaigns by sluice.h: made, spread, changed and counted, and everything a caller can get wrong about them. */
#include "every_call.h"
#include "story.h"

static const char campaign_policy[] =
    "{ \"name\": \"campaigns\", \"tenant\": \"account\", \"line\": \"line\",\n"
    "  \"limits\": [\n"
    "    { \"name\": \"pace\", \"scope\": [\"line\"], \"kind\": \"pace\", \"amount\": \"10/s\", \"mode\": \"queue\" },\n"
    "    { \"name\": \"day\", \"scope\": [\"account\"], \"kind\": \"window\", \"period\": \"day\", \"amount\": 1000 } ],\n"
    "  \"operations\": [\n"
    "    { \"name\": \"send\", \"values\": [\"account\", \"line\", \"recipient\"],\n"
    "      \"charges\": [ { \"limit\": \"pace\" }, { \"limit\": \"day\" } ] } ] }";

static sluice_campaign_options options_of(const char* name, const char* account) {
  sluice_campaign_options options = SLUICE_CAMPAIGN_OPTIONS_INIT;
  options.tenant = key(account);
  options.name = name;
  options.name_len = SLUICE_STRLEN;
  return options;
}

static uint64_t made(sluice_engine engine, const sluice_campaign_options* options) {
  uint64_t campaign = 0;
  CHECK_EQ(SLUICE_OK, sluice_create_campaign(engine, options, SLUICE_NOW, &campaign, &error));
  CHECK(campaign != 0 && campaign < UINT64_C(1) << 53);
  return campaign;
}

static sluice_status put_by(sluice_engine engine, uint64_t campaign, const char* line, const char* recipient, uint64_t* message) {
  const sluice_bytes values[3] = {{"acme", 4}, key(line), key(recipient)};
  const sluice_request request = request_of(engine, "send", values, 3);
  sluice_message brings = SLUICE_MESSAGE_INIT;
  sluice_held held = SLUICE_HELD_INIT;
  sluice_status status;
  brings.campaign = campaign;
  status = sluice_enqueue(engine, &request, &brings, NULL, &held, &error);
  CHECK_EQ(status == SLUICE_OK, held.message != 0);
  if (message != NULL) *message = held.message;
  return status;
}

static sluice_status put(sluice_engine engine, uint64_t campaign, const char* recipient, uint64_t* message) {
  return put_by(engine, campaign, "+1", recipient, message);
}

static sluice_campaign_report changed(sluice_engine engine, uint64_t campaign, int32_t change) {
  sluice_campaign_report report = SLUICE_CAMPAIGN_REPORT_INIT;
  CHECK_EQ(SLUICE_OK, sluice_change_campaign(engine, campaign, change, SLUICE_NOW, &report, &error));
  return report;
}

static uint64_t room[256];

/* Leases all that is due; how many. */
static size_t lease(sluice_engine engine, sluice_leased* leases, size_t rows) {
  size_t count = rows, length = sizeof(room);
  CHECK_EQ(SLUICE_OK, sluice_lease(engine, NULL, leases, &count, room, &length, NULL, &error));
  return count;
}

static long long used(sluice_engine engine) {
  const sluice_bytes account = key("acme");
  const sluice_subject subject = subject_of("account", &account, 1);
  return used_of(engine, "day", &subject);
}

static void messages_leave_evenly_and_a_sealed_campaign_finishes(sluice_engine engine) {
  sluice_campaign_options options = options_of("spring", "acme");
  sluice_campaign_report report = SLUICE_CAMPAIGN_REPORT_INIT;
  sluice_leased leased;
  sluice_event event;
  size_t count = 1;
  uint64_t campaign, in_flight[1];
  int i;
  int64_t due = 0;
  options.duration = 4 * SECOND;
  campaign = made(engine, &options);
  for (i = 0; i < 4; ++i) CHECK_EQ(SLUICE_OK, put(engine, campaign, "ann", NULL));
  report = changed(engine, campaign, SLUICE_CHANGE_SEAL);
  CHECK_EQ(SLUICE_CAMPAIGN_RUNNING, report.state);
  CHECK(report.sealed == 1 && report.accepted == 4 && report.queued == 4 && report.in_flight_count == 0);
  report.in_flight = in_flight;
  report.in_flight_capacity = 1;
  for (i = 0; i < 4; ++i) {
    CHECK_EQ(SLUICE_OK, sluice_next_due(engine, &due));
    CHECK_EQ(START + i * SECOND, due);
    CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, due));
    CHECK_EQ(1, lease(engine, &leased, 1));
    CHECK_EQ(campaign, leased.campaign);
    CHECK_EQ(SLUICE_CLASS_BULK, leased.message_class);
    CHECK_EQ(SLUICE_OK, sluice_campaign_status(engine, campaign, &report, &error));
    CHECK(report.in_flight_count == 1 && in_flight[0] == leased.message);
    CHECK(report.queued == (uint64_t)(3 - i) && report.ended[SLUICE_MESSAGE_SENT] == (uint64_t)i);
    CHECK_EQ(SLUICE_OK, sluice_ack(engine, leased.message, leased.fence, SLUICE_NOW, &error));
  }
  CHECK_EQ(SLUICE_OK, sluice_campaign_status(engine, campaign, &report, &error));
  CHECK_EQ(SLUICE_CAMPAIGN_FINISHED, report.state);
  CHECK_EQ(4, report.ended[SLUICE_MESSAGE_SENT]);
  CHECK_EQ(SLUICE_OK, sluice_drain_events(engine, &event, &count, NULL));
  CHECK_EQ(1, count);
  CHECK_EQ(SLUICE_EVENT_CAMPAIGN_FINISHED, event.kind);
  CHECK(event.used == 4 && event.limit == 4 && event.subject_len == 6 && memcmp(event.subject, "spring", 6) == 0);
  CHECK_EQ(SLUICE_E_CONFLICT, put(engine, campaign, "ann", NULL));
  SAID("campaign: sealed; nothing comes to it any more");
}

static void an_abort_is_final_and_tells_what_is_in_flight(sluice_engine engine) {
  const sluice_campaign_options options = options_of("summer", "acme");
  sluice_campaign_report report = SLUICE_CAMPAIGN_REPORT_INIT;
  const long long before = used(engine);
  uint64_t in_flight[2] = {0, 77};
  uint64_t message = 0;
  sluice_leased leased, none;
  uint64_t campaign;
  CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, START + MINUTE));
  campaign = made(engine, &options);
  CHECK_EQ(SLUICE_OK, put(engine, campaign, "ann", &message));
  CHECK_EQ(SLUICE_OK, put(engine, campaign, "bob", NULL));
  CHECK_EQ(SLUICE_OK, put(engine, campaign, "carol", NULL));
  CHECK_EQ(SLUICE_CAMPAIGN_PAUSED, changed(engine, campaign, SLUICE_CHANGE_PAUSE).state);
  CHECK_EQ(0, lease(engine, &none, 1));
  CHECK_EQ(SLUICE_CAMPAIGN_RUNNING, changed(engine, campaign, SLUICE_CHANGE_RESUME).state);
  CHECK_EQ(1, lease(engine, &leased, 1));
  CHECK_EQ(message, leased.message);
  report.in_flight = in_flight;
  report.in_flight_capacity = 2;
  CHECK_EQ(SLUICE_OK, sluice_change_campaign(engine, campaign, SLUICE_CHANGE_ABORT, SLUICE_NOW, &report, &error));
  CHECK_EQ(SLUICE_CAMPAIGN_ABORTED, report.state);
  CHECK(report.removed == 2 && report.queued == 0 && report.ended[SLUICE_MESSAGE_ABORTED] == 2);
  CHECK(report.in_flight_count == 1 && in_flight[0] == message && in_flight[1] == 77);
  CHECK(report.in_flight == in_flight && report.in_flight_capacity == 2);
  CHECK_EQ(before + 1, used(engine));
  CHECK_EQ(0, changed(engine, campaign, SLUICE_CHANGE_ABORT).removed); /* again changes nothing */
  report.in_flight_capacity = 0;
  report.in_flight = NULL; /* the true count, without room */
  CHECK_EQ(SLUICE_OK, sluice_campaign_status(engine, campaign, &report, &error));
  CHECK_EQ(1, report.in_flight_count);
  CHECK_EQ(SLUICE_E_CONFLICT, sluice_change_campaign(engine, campaign, SLUICE_CHANGE_RESUME, SLUICE_NOW, NULL, &error));
  SAID("campaign: aborted, which is final");
  CHECK_EQ(SLUICE_E_CONFLICT, put(engine, campaign, "ann", NULL));
  SAID("campaign: aborted, which is final");
  CHECK_EQ(SLUICE_OK, sluice_ack(engine, leased.message, leased.fence, SLUICE_NOW, &error));
  CHECK_EQ(0, lease(engine, &none, 1));
}

/* A message at START + 2 h, and then one each 20 s, over two lines. */
static void a_rate_holds_over_all_lines_and_is_changed(sluice_engine engine) {
  sluice_campaign_options options = options_of("paced", "acme");
  sluice_campaign_report report = SLUICE_CAMPAIGN_REPORT_INIT;
  const int64_t begin = START + 120 * MINUTE;
  sluice_leased leased;
  uint64_t campaign;
  int64_t due = 0;
  int i;
  options.rate = "3/min";
  options.rate_len = SLUICE_STRLEN;
  CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, begin));
  campaign = made(engine, &options);
  for (i = 0; i < 8; ++i) CHECK_EQ(SLUICE_OK, put_by(engine, campaign, i % 2 == 0 ? "+1" : "+2", "ann", NULL));
  for (i = 0; i < 3; ++i) {
    CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, begin + i * 20 * SECOND - (i != 0)));
    CHECK_EQ(i == 0, lease(engine, &leased, 1));
    CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, begin + i * 20 * SECOND));
    if (i != 0) CHECK_EQ(1, lease(engine, &leased, 1));
    CHECK_EQ(SLUICE_OK, sluice_ack(engine, leased.message, leased.fence, SLUICE_NOW, &error));
  }
  CHECK_EQ(SLUICE_OK, sluice_campaign_status(engine, campaign, &report, &error));
  CHECK(report.rate_amount == 3 && report.rate_period == MINUTE && report.rate_opens_at == begin + 60 * SECOND);
  CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, begin + 50 * SECOND)); /* half a message is owed */
  CHECK_EQ(SLUICE_OK, sluice_set_campaign_rate(engine, campaign, "1/s", 3, SLUICE_NOW, &report, &error));
  CHECK(report.rate_amount == 1 && report.rate_period == SECOND && report.rate_opens_at == begin + 50 * SECOND + SECOND / 2);
  CHECK_EQ(0, lease(engine, &leased, 1));
  CHECK_EQ(SLUICE_OK, sluice_next_due(engine, &due));
  CHECK_EQ(report.rate_opens_at, due);
  CHECK_EQ(SLUICE_OK, sluice_set_campaign_rate(engine, campaign, NULL, 0, SLUICE_NOW, &report, &error));
  CHECK(report.rate_amount == 0 && report.rate_opens_at == 0);
  CHECK_EQ(1, lease(engine, &leased, 1));
  changed(engine, campaign, SLUICE_CHANGE_ABORT);
  CHECK_EQ(SLUICE_E_CONFLICT, sluice_set_campaign_rate(engine, campaign, "1/s", 3, SLUICE_NOW, NULL, &error));
  SAID("campaign: aborted, which is final");
  CHECK_EQ(SLUICE_OK, sluice_ack(engine, leased.message, leased.fence, SLUICE_NOW, &error));
}

/* What is planned is what then happens; the engine is as it was in between. */
static void a_running_engine_says_when_a_campaign_would_be_through(sluice_engine engine) {
  static char text[16384];
  const sluice_bytes values[3] = {{"acme", 4}, {NULL, 0}, {NULL, 0}}, full[3] = {{"acme", 4}, {"+1", 2}, {NULL, 0}};
  const sluice_bytes lines[2] = {{"+8", 2}, {"+9", 2}};
  sluice_live_campaign live = SLUICE_LIVE_CAMPAIGN_INIT;
  sluice_campaign_question question = SLUICE_CAMPAIGN_QUESTION_INIT;
  sluice_campaign_plan plan = SLUICE_CAMPAIGN_PLAN_INIT;
  sluice_counters before = SLUICE_COUNTERS_INIT, after = SLUICE_COUNTERS_INIT;
  size_t length = sizeof(text);
  int64_t now = 0;
  int i;
  CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, START + 180 * MINUTE));
  for (i = 0; i < 10; ++i) CHECK_EQ(SLUICE_OK, put_by(engine, 0, "+8", "ann", NULL));
  CHECK_EQ(SLUICE_OK, sluice_clock(engine, &now));
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &before));
  live.values = values;
  live.value_count = 3;
  live.lines = lines;
  live.line_count = 2;
  question.recipients = 20;
  question.share = 10000;
  CHECK_EQ(SLUICE_OK, sluice_plan_campaign_on(engine, &live, &question, &plan, text, &length, &error));
  CHECK(plan.starts_at == now && plan.sent == 20);
  CHECK_EQ(now + 19 * SECOND / 10, plan.finishes_at); /* ten in front of ten, at 10/s */
  CHECK(strstr(text, "\"waiting\":10") != NULL && strstr(text, "\"quota\":[{\"limit\":\"day\"") != NULL);
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &after));
  CHECK(before.messages == after.messages && before.accepted == after.accepted && before.leased == after.leased);
#define NOT(field, value, words)                                                                              \
  do {                                                                                                        \
    field = value;                                                                                            \
    CHECK_EQ(SLUICE_E_INVALID, sluice_plan_campaign_on(engine, &live, &question, &plan, NULL, NULL, &error)); \
    SAID(words);                                                                                              \
  } while (0)
  NOT(live.values, full, "values: line is left out: the campaign has many");
  live.values = values;
  NOT(live.value_count, 2, "values: 2 given; \"send\" takes 3, the line's and the recipient's among them, which are left out");
  live.value_count = 3;
  NOT(live.line_count, 0, "lines: name those that it goes by; the operation has no pool");
  live.line_count = 2;
  NOT(live.recipient_count, 1, "live.recipients: NULL with a count of 1");
  live.recipient_count = 0;
  NOT(question.lines, 3, "question.lines: 3; name them in live.lines, or leave them to the pool");
  question.lines = 0;
  NOT(question.policy, "{}", "question.policy: the engine has one; leave policy, stance, zones and plans NULL");
  question.policy = NULL;
  NOT(live.struct_size, 8, "live.struct_size: 8; set it to sizeof, 56");
#undef NOT
  CHECK_EQ(SLUICE_E_INVALID, sluice_plan_campaign_on(engine, NULL, &question, &plan, NULL, NULL, &error));
  SAID("live: NULL");
}

static void bad_rates_are_named(sluice_engine engine) {
  static const char* const rates[] = {"fast", "0/s", "10/fortnight", "281474976710656/s", "-1/s", "1.5/s", "1/401 days", ""};
  const sluice_campaign_options good = options_of("paced", "acme");
  const uint64_t campaign = made(engine, &good);
  size_t i;
  for (i = 0; i < sizeof(rates) / sizeof(rates[0]); ++i) {
    sluice_campaign_options options = good;
    uint64_t none = 77;
    options.rate = rates[i];
    options.rate_len = SLUICE_STRLEN;
    CHECK_EQ(SLUICE_E_INVALID, sluice_create_campaign(engine, &options, SLUICE_NOW, &none, &error));
    CHECK(none == 0 && strncmp(error.message, "rate: ", 6) == 0);
    error.message[0] = '\0';
    CHECK_EQ(SLUICE_E_INVALID, sluice_set_campaign_rate(engine, campaign, rates[i], SLUICE_STRLEN, SLUICE_NOW, NULL, &error));
    CHECK(strncmp(error.message, "rate: ", 6) == 0);
  }
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_set_campaign_rate(engine, 12345, "1/s", 3, SLUICE_NOW, NULL, &error));
  CHECK_EQ(SLUICE_E_TIME, sluice_set_campaign_rate(engine, campaign, "1/s", 3, -1, NULL, &error));
}

static void what_a_campaign_is_to_be_is_checked(sluice_engine engine) {
  static char long_name[194];
  sluice_campaign_options options;
  uint64_t campaign = 77;
  memset(long_name, 'n', sizeof(long_name) - 1);
#define BAD(field, value, words)                                                                         \
  do {                                                                                                   \
    options = options_of("autumn", "acme");                                                              \
    options.field = value;                                                                               \
    campaign = 77;                                                                                       \
    CHECK_EQ(SLUICE_E_INVALID, sluice_create_campaign(engine, &options, SLUICE_NOW, &campaign, &error)); \
    SAID(words);                                                                                         \
    CHECK_EQ(0, campaign);                                                                               \
  } while (0)
  BAD(struct_size, 64, "options.struct_size: 64; set it to sizeof, 88");
  BAD(tenant.ptr, NULL, "tenant: NULL with length 4");
  BAD(tenant, key(""), "tenant: 0 bytes; a key has 1 to 1024");
  BAD(name, long_name, "name: at most 192 bytes");
  BAD(name, "", "name: empty; pass NULL for the default");
  BAD(name, "\xff", "name: not UTF-8 at byte 0");
  BAD(message_class, 4, "message_class: 4; from 0 (urgent) to 3 (bulk), or -1 for bulk");
  BAD(message_class, -2, "message_class: -2; from 0 (urgent) to 3 (bulk), or -1 for bulk");
  BAD(starts_at, -1, "starts_at: outside [0, 2^62)");
  BAD(duration, -1, "duration: nanoseconds, from 0 to 400 days");
  BAD(duration, 401 * DAY, "duration: nanoseconds, from 0 to 400 days");
  BAD(share, 10001, "share: hundredths of a percent, from 1 to 10000");
  BAD(catches_up, 2, "catches_up: 2; 0 or 1");
  BAD(pause_share, 10001, "pause_share: hundredths of a percent, at most 10000");
  BAD(pause_window, 10001, "pause_window: from 1 to 10000");
  BAD(rate_len, 4, "rate: NULL with length 4");
#undef BAD
  bad_rates_are_named(engine);
  options = options_of("autumn", "acme");
  options.tenant.ptr = NULL;
  options.tenant.len = 0;
  CHECK_EQ(SLUICE_E_INVALID, sluice_create_campaign(engine, &options, SLUICE_NOW, &campaign, &error));
  SAID("tenant: absent; a key has 1 to 1024 bytes");
  options = options_of("autumn", "acme");
  CHECK_EQ(SLUICE_E_INVALID, sluice_create_campaign(engine, &options, SLUICE_NOW, NULL, &error));
  SAID("campaign: NULL");
  CHECK_EQ(SLUICE_E_INVALID, sluice_create_campaign(engine, NULL, SLUICE_NOW, &campaign, &error));
  SAID("options: NULL");
  CHECK_EQ(SLUICE_E_TIME, sluice_create_campaign(engine, &options, -1, &campaign, &error));
}

static void changes_and_reports_are_checked(sluice_engine engine) {
  const sluice_campaign_options options = options_of("winter", "acme");
  const uint64_t campaign = made(engine, &options);
  sluice_campaign_report report = SLUICE_CAMPAIGN_REPORT_INIT;
#define CHANGE(campaign, change, report, status, words)                                             \
  do {                                                                                              \
    CHECK_EQ(status, sluice_change_campaign(engine, campaign, change, SLUICE_NOW, report, &error)); \
    SAID(words);                                                                                    \
  } while (0)
  const char* const unknown = "campaign: unknown here; it was never made, ended more than a day ago, or is another engine's";
  CHANGE(campaign, 0, NULL, SLUICE_E_INVALID, "change: 0; from 1 (pause) to 4 (abort)");
  CHANGE(campaign, 5, NULL, SLUICE_E_INVALID, "change: 5; from 1 (pause) to 4 (abort)");
  CHANGE(0, SLUICE_CHANGE_ABORT, NULL, SLUICE_E_NOT_FOUND, unknown);
  CHANGE(12345, SLUICE_CHANGE_ABORT, NULL, SLUICE_E_NOT_FOUND, unknown);
  CHANGE(UINT64_MAX, SLUICE_CHANGE_ABORT, NULL, SLUICE_E_NOT_FOUND, unknown);
  report.struct_size = 144;
  CHANGE(campaign, SLUICE_CHANGE_ABORT, &report, SLUICE_E_INVALID, "report.struct_size: 144; set it to sizeof, 176");
  CHECK_EQ(SLUICE_E_INVALID, sluice_campaign_status(engine, campaign, &report, &error));
  report.struct_size = sizeof(report);
  report.in_flight_capacity = 3;
  CHANGE(campaign, SLUICE_CHANGE_ABORT, &report, SLUICE_E_INVALID, "report.in_flight: NULL with in_flight_capacity 3");
  CHECK_EQ(SLUICE_E_INVALID, sluice_campaign_status(engine, campaign, &report, &error));
  SAID("report.in_flight: NULL with in_flight_capacity 3");
  report.in_flight_capacity = 0;
  CHECK_EQ(SLUICE_E_INVALID, sluice_campaign_status(engine, campaign, NULL, &error));
  SAID("report: NULL");
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_campaign_status(engine, 12345, &report, &error));
  CHECK_EQ(SLUICE_E_TIME, sluice_change_campaign(engine, campaign, SLUICE_CHANGE_ABORT, -1, &report, &error));
  CHECK_EQ(SLUICE_OK, sluice_campaign_status(engine, campaign, &report, &error));
  CHECK_EQ(SLUICE_CAMPAIGN_RUNNING, report.state); /* nothing has changed */
}

static void a_message_brings_a_campaign_of_its_account_that_is_there(sluice_engine engine) {
  const sluice_campaign_options options = options_of(NULL, "other");
  const uint64_t others = made(engine, &options);
  const sluice_bytes values[3] = {{"other", 5}, {"+1", 2}, {"ann", 3}};
  const sluice_request request = request_of(engine, "send", values, 3);
  sluice_message message = SLUICE_MESSAGE_INIT;
  sluice_counters before = SLUICE_COUNTERS_INIT, after = SLUICE_COUNTERS_INIT;
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &before));
  CHECK_EQ(SLUICE_E_NOT_FOUND, put(engine, 12345, "ann", NULL));
  SAID("campaign: unknown here; make it first");
  CHECK_EQ(SLUICE_E_NOT_FOUND, put(engine, UINT64_MAX, "ann", NULL));
  CHECK_EQ(SLUICE_E_INVALID, put(engine, others, "ann", NULL));
  SAID("campaign: another account's");
  message.campaign = others;
  message.send_at = START + DAY;
  CHECK_EQ(SLUICE_E_INVALID, sluice_enqueue(engine, &request, &message, NULL, NULL, &error));
  SAID("send_at: the campaign says when; leave it 0");
  message.send_at = 0;
  message.message_class = SLUICE_CLASS_URGENT;
  CHECK_EQ(SLUICE_E_INVALID, sluice_enqueue(engine, &request, &message, NULL, NULL, &error));
  SAID("message_class: the campaign's is another; pass -1");
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &after));
  CHECK_EQ(before.messages, after.messages);
  CHECK_EQ(before.accepted, after.accepted);
}

int main(void) {
  const sluice_engine engine = engine_of(campaign_policy);
  messages_leave_evenly_and_a_sealed_campaign_finishes(engine);
  an_abort_is_final_and_tells_what_is_in_flight(engine);
  what_a_campaign_is_to_be_is_checked(engine);
  changes_and_reports_are_checked(engine);
  a_message_brings_a_campaign_of_its_account_that_is_there(engine);
  a_rate_holds_over_all_lines_and_is_changed(engine);
  a_running_engine_says_when_a_campaign_would_be_through(engine);
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
  return finish();
}
