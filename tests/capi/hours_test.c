/* SPDX-License-Identifier: Apache-2.0 */
/* Sending hours by sluice.h: a message's own zone, what it is told, and everything a caller can get wrong about it. */
#include "every_call.h"
#include "story.h"

#define HOUR (60 * MINUTE)
#define NINE (INT64_C(1700038800) * SECOND) /* 2023-11-15 09:00 UTC, the first after START */

static const char hours_policy[] =
    "{ \"name\": \"hours\", \"tenant\": \"account\", \"line\": \"line\",\n"
    "  \"queue\": { \"hours\": { \"open\": [\"09:00-20:00\"], \"zone\": \"UTC\" } },\n"
    "  \"limits\": [ { \"name\": \"pace\", \"scope\": [\"line\"], \"kind\": \"pace\", \"amount\": \"10/s\", \"mode\": \"queue\" "
    "} ],\n"
    "  \"operations\": [ { \"name\": \"send\", \"values\": [\"account\", \"line\", \"recipient\"],\n"
    "      \"charges\": [ { \"limit\": \"pace\" } ] } ] }";

static sluice_status put(sluice_engine engine, const char* zone, size_t zone_len, uint32_t flags, sluice_held* held) {
  const sluice_bytes values[3] = {{"acme", 4}, {"+1", 2}, {"ann", 3}};
  sluice_request request = request_of(engine, "send", values, 3);
  sluice_message message = SLUICE_MESSAGE_INIT;
  const sluice_held none = SLUICE_HELD_INIT;
  *held = none;
  request.flags = flags;
  message.zone = zone;
  message.zone_len = zone_len;
  error.message[0] = '\0';
  return sluice_enqueue(engine, &request, &message, NULL, held, &error);
}

static void a_message_waits_for_its_own_clock(sluice_engine engine) {
  sluice_held held;
  sluice_message_state state = SLUICE_MESSAGE_STATE_INIT;
  char json[2048];
  size_t length = sizeof(json);
  CHECK_EQ(SLUICE_OK, put(engine, NULL, 0, SLUICE_PEEK, &held));
  CHECK_EQ(SLUICE_MESSAGE_PARKED, held.state);
  CHECK_EQ(0, held.message);
  CHECK_EQ(NINE, held.eta);
  CHECK_EQ(SLUICE_WAIT_BOUND, held.eta_kind);
  CHECK_EQ(SLUICE_OK, put(engine, NULL, 0, 0, &held));
  CHECK_EQ(SLUICE_MESSAGE_PARKED, held.state);
  CHECK_EQ(SLUICE_OK, sluice_message_status(engine, held.message, SLUICE_NOW, &state, &error));
  CHECK_EQ(SLUICE_MESSAGE_PARKED, state.state);
  CHECK_EQ(NINE, state.due);
  CHECK_EQ(SLUICE_OK, sluice_cancel(engine, held.message, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, put(engine, "Asia/Tokyo,Europe/Paris", 10, 0, &held)); /* the first ten bytes: 07:14 there */
  CHECK_EQ(SLUICE_OK, sluice_message_status(engine, held.message, SLUICE_NOW, &state, &error));
  CHECK_EQ(NINE - 9 * HOUR, state.due);
  CHECK_EQ(SLUICE_OK, sluice_explain_message(engine, held.message, SLUICE_NOW, json, &length, &error));
  CHECK(strstr(json, "\"rule\":\"hours\"") != NULL);
  CHECK(strstr(json, "\"zone\":\"Asia/Tokyo\"") != NULL);
  CHECK_EQ(SLUICE_OK, sluice_cancel(engine, held.message, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, put(engine, "America/New_York", SLUICE_STRLEN, 0, &held));
  CHECK_EQ(SLUICE_MESSAGE_WAITING, held.state);
  CHECK_EQ(SLUICE_OK, sluice_cancel(engine, held.message, SLUICE_NOW, &error));
}

static void what_is_no_zone_holds_nothing(sluice_engine engine) {
  sluice_held held;
  sluice_counters counters = SLUICE_COUNTERS_INIT;
  CHECK_EQ(SLUICE_E_INVALID, put(engine, "Mars/Phobos", SLUICE_STRLEN, 0, &held));
  CHECK(strstr(error.message, "zone: ") == error.message && strstr(error.message, "Mars/Phobos") != NULL);
  CHECK_EQ(0, held.message);
  CHECK_EQ(SLUICE_E_INVALID, put(engine, "", 0, 0, &held));
  CHECK(strstr(error.message, "message.zone: empty") == error.message);
  CHECK_EQ(SLUICE_E_INVALID, put(engine, NULL, 5, 0, &held));
  CHECK_EQ(SLUICE_E_INVALID, put(engine, "UTC\xff", 4, 0, &held));
  CHECK_EQ(SLUICE_DENIED, put(engine, "Asia/Tokyo,America/Sao_Paulo", SLUICE_STRLEN, 0, &held));
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &counters));
  CHECK_EQ(0, counters.messages);
}

static void an_array_takes_zones_too(sluice_engine engine) {
  const sluice_bytes values[3] = {{"acme", 4}, {"+1", 2}, {"ann", 3}};
  sluice_request requests[3];
  sluice_message messages[3];
  sluice_decision decisions[3];
  sluice_held held[3];
  const char* zones[3] = {"America/New_York", NULL, "Mars/Phobos"};
  size_t i;
  for (i = 0; i < 3; ++i) {
    const sluice_message message = SLUICE_MESSAGE_INIT;
    const sluice_decision decision = SLUICE_DECISION_INIT;
    const sluice_held none = SLUICE_HELD_INIT;
    requests[i] = request_of(engine, "send", values, 3);
    messages[i] = message;
    messages[i].zone = zones[i];
    messages[i].zone_len = zones[i] == NULL ? 0 : SLUICE_STRLEN;
    decisions[i] = decision;
    held[i] = none;
  }
  CHECK_EQ(SLUICE_OK, sluice_enqueue_many(engine, requests, sizeof(requests[0]), messages, sizeof(messages[0]), decisions,
                                          sizeof(decisions[0]), held, sizeof(held[0]), 3));
  CHECK_EQ(SLUICE_MESSAGE_WAITING, held[0].state);
  CHECK_EQ(SLUICE_MESSAGE_PARKED, held[1].state);
  CHECK_EQ(SLUICE_E_INVALID, decisions[2].status);
  CHECK_EQ(0, held[2].message);
}

int main(void) {
  const sluice_engine engine = engine_of(hours_policy);
  a_message_waits_for_its_own_clock(engine);
  what_is_no_zone_holds_nothing(engine);
  an_array_takes_zones_too(engine);
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
  return finish();
}
