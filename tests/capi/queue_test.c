/* SPDX-License-Identifier: Apache-2.0 */
/* The queue by sluice.h: messages held, leased, settled, and everything a caller can get wrong about them. */
#include "every_call.h"
#include "story.h"

static const char queue_policy[] =
    "{ \"name\": \"queue\", \"tenant\": \"account\", \"line\": \"line\",\n"
    "  \"queue\": { \"payload\": 100, \"lease\": \"30s\" },\n"
    "  \"limits\": [\n"
    "    { \"name\": \"pace\", \"scope\": [\"line\"], \"kind\": \"pace\", \"amount\": \"1/s\", \"mode\": \"queue\" },\n"
    "    { \"name\": \"queued\", \"scope\": [\"line\"], \"kind\": \"gauge\", \"amount\": 3 },\n"
    "    { \"name\": \"day\", \"scope\": [\"account\"], \"kind\": \"window\", \"period\": \"day\", \"amount\": 1000 } ],\n"
    "  \"operations\": [\n"
    "    { \"name\": \"send\", \"values\": [\"account\", \"line\", \"recipient\"], \"quantities\": [\"parts\"],\n"
    "      \"charges\": [ { \"limit\": \"pace\" }, { \"limit\": \"queued\", \"while\": \"queued\" },\n"
    "                   { \"limit\": \"day\", \"cost\": \"parts\" } ] },\n"
    "    { \"name\": \"ask\", \"values\": [\"account\"], \"charges\": [ { \"limit\": \"day\" } ] } ] }";

static const uint64_t two_parts = 2;

/* "send" of acme by a line to ann, in two parts. `values` has room for three. */
static sluice_request send_of(sluice_engine engine, const char* line, sluice_bytes* values) {
  sluice_request request;
  values[0] = key("acme");
  values[1] = key(line);
  values[2] = key("ann");
  request = request_of(engine, "send", values, 3);
  request.quantities = &two_parts;
  request.quantity_count = 1;
  return request;
}

static sluice_message message_of(const char* payload) {
  sluice_message message = SLUICE_MESSAGE_INIT;
  message.payload = payload;
  message.payload_len = strlen(payload);
  return message;
}

/* The message's number. */
static uint64_t put(sluice_engine engine, const char* line, const char* payload) {
  sluice_bytes values[3];
  const sluice_request request = send_of(engine, line, values);
  const sluice_message message = message_of(payload);
  sluice_held held = SLUICE_HELD_INIT;
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, &message, NULL, &held, &error));
  CHECK(held.message != 0);
  return held.message;
}

static uint64_t room[512]; /* for leases; aligned */

static size_t lease_many(sluice_engine engine, sluice_leased* leases, size_t rows) {
  size_t count = rows, length = sizeof(room);
  CHECK_EQ(SLUICE_OK, sluice_lease(engine, NULL, leases, &count, room, &length, NULL, &error));
  return count;
}

static sluice_leased lease_one(sluice_engine engine) {
  sluice_leased leased;
  memset(&leased, 0, sizeof(leased));
  CHECK_EQ(1, lease_many(engine, &leased, 1));
  return leased;
}

static int is(sluice_bytes bytes, const char* text) {
  return bytes.len == strlen(text) && memcmp(bytes.ptr, text, bytes.len) == 0;
}

static void forward(sluice_engine engine, int64_t span) {
  int64_t now = 0;
  CHECK_EQ(SLUICE_OK, sluice_clock(engine, &now));
  CHECK_EQ(SLUICE_OK, sluice_set_clock(engine, now + span));
}

static long long used(sluice_engine engine, const char* limit) {
  const sluice_bytes account = key("acme");
  const sluice_subject subject = subject_of("account", &account, 1);
  return used_of(engine, limit, &subject);
}

static void a_message_is_held_leased_and_acked(sluice_engine engine) {
  sluice_bytes values[3];
  const sluice_request request = send_of(engine, "+1", values);
  sluice_message message = message_of("hello");
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_held held = SLUICE_HELD_INIT;
  sluice_message_state state = SLUICE_MESSAGE_STATE_INIT;
  sluice_leased leased;
  size_t count = 1, length = sizeof(room);
  int64_t due = 0;
  message.message_class = SLUICE_CLASS_REPLY;
  message.expires_at = START + DAY;
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, &message, &decision, &held, &error));
  CHECK_EQ(SLUICE_OK, decision.status);
  CHECK_EQ(START, decision.now);
  CHECK_EQ(SLUICE_MESSAGE_WAITING, held.state);
  CHECK_EQ(START + DAY, held.expires_at);
  CHECK_EQ(1, held.depth);
  CHECK(held.message != 0 && held.message < UINT64_C(1) << 53);
  CHECK_EQ(2, used(engine, "day"));
  CHECK_EQ(SLUICE_OK, sluice_message_status(engine, held.message, SLUICE_NOW, &state, &error));
  CHECK_EQ(SLUICE_MESSAGE_WAITING, state.state);
  CHECK_EQ(SLUICE_CLASS_REPLY, state.message_class);
  CHECK_EQ(request.operation, state.operation);
  CHECK_EQ(START + DAY, state.expires_at);
  CHECK_EQ(1, state.depth);
  CHECK_EQ(SLUICE_WAIT_EXACT, state.eta_kind);
  CHECK_EQ(SLUICE_OK, sluice_next_due(engine, &due));
  CHECK_EQ(START, due);

  CHECK_EQ(SLUICE_OK, sluice_lease(engine, NULL, &leased, &count, room, &length, &due, &error));
  CHECK_EQ(1, count);
  CHECK(length > 0 && length < 200);
  CHECK_EQ(held.message, leased.message);
  CHECK_EQ(1, leased.fence);
  CHECK_EQ(1, leased.attempt);
  CHECK_EQ(request.operation, leased.operation);
  CHECK_EQ(SLUICE_CLASS_REPLY, leased.message_class);
  CHECK_EQ(0, leased.flags);
  CHECK_EQ(START, leased.due);
  CHECK_EQ(START + 30 * SECOND, leased.until);
  CHECK_EQ(START + DAY, leased.expires_at);
  CHECK_EQ(3, leased.value_count);
  CHECK(is(leased.values[0], "acme") && is(leased.values[1], "+1") && is(leased.values[2], "ann"));
  CHECK_EQ(1, leased.quantity_count);
  CHECK_EQ(2, leased.quantities[0]);
  CHECK(is(leased.payload, "hello"));
  CHECK_EQ(0, leased.reserved0);
  CHECK_EQ(0, leased.campaign);
  CHECK_EQ(START + 30 * SECOND, due);

  CHECK_EQ(SLUICE_OK, sluice_ack(engine, leased.message, leased.fence, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_message_status(engine, held.message, SLUICE_NOW, &state, &error));
  SAID("message: not held any more; it has ended");
  CHECK_EQ(SLUICE_OK, sluice_next_due(engine, &due));
  CHECK_EQ(INT64_MAX, due);
}

static void messages_leave_at_their_pace(sluice_engine engine) {
  sluice_leased leases[4];
  int64_t due = 0;
  put(engine, "+2", "first");
  put(engine, "+2", "second");
  CHECK_EQ(1, lease_many(engine, leases, 4));
  CHECK(is(leases[0].payload, "first"));
  CHECK_EQ(SLUICE_OK, sluice_ack(engine, leases[0].message, leases[0].fence, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, sluice_next_due(engine, &due));
  forward(engine, SECOND - 1);
  CHECK_EQ(0, lease_many(engine, leases, 4));
  forward(engine, 1);
  CHECK_EQ(1, lease_many(engine, leases, 4));
  CHECK(leases[0].due <= due);
  CHECK(is(leases[0].payload, "second"));
  CHECK_EQ(SLUICE_OK, sluice_ack(engine, leases[0].message, leases[0].fence, SLUICE_NOW, &error));
}

static void a_refused_message_is_not_held_and_has_cost_nothing(sluice_engine engine) {
  sluice_bytes values[3];
  sluice_request request = send_of(engine, "+3", values);
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_held held = SLUICE_HELD_INIT;
  sluice_counters counters = SLUICE_COUNTERS_INIT;
  const long long before = used(engine, "day");
  uint64_t messages[3];
  int i;
  for (i = 0; i < 3; ++i) messages[i] = put(engine, "+3", "");
  held.message = 77;
  held.state = 77;
  CHECK_EQ(SLUICE_DENIED, sluice_enqueue(engine, &request, NULL, &decision, &held, &error));
  CHECK_EQ(SLUICE_DENIAL_DEPTH, decision.denial);
  CHECK_EQ(SLUICE_WAIT_BOUND, decision.wait_kind);
  CHECK_EQ(0, held.message);
  CHECK_EQ(SLUICE_MESSAGE_NONE, held.state);
  CHECK_EQ(before + 6, used(engine, "day"));
  request.flags = SLUICE_PEEK;
  CHECK_EQ(SLUICE_DENIED, sluice_enqueue(engine, &request, NULL, NULL, NULL, &error));
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &counters));
  CHECK_EQ(3, counters.messages);
  for (i = 0; i < 3; ++i) CHECK_EQ(SLUICE_OK, sluice_cancel(engine, messages[i], SLUICE_NOW, &error));
  CHECK_EQ(before, used(engine, "day"));
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, NULL, NULL, &held, &error)); /* a peek */
  CHECK_EQ(0, held.message);
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &counters));
  CHECK_EQ(0, counters.messages);
  CHECK_EQ(3, counters.ended[SLUICE_MESSAGE_CANCELLED]);
  CHECK(counters.accepted >= 6 && counters.leased >= 3 && counters.ended[SLUICE_MESSAGE_SENT] >= 3);
}

/* Nothing is leased for which there is no room, and the room that is asked for suffices wherever the buffer lies. */
static void a_buffer_too_small_leases_nothing_and_says_what_it_takes(sluice_engine engine) {
  sluice_leased leased;
  size_t count = 1, length = 0, needed, shift;
  uint64_t message = put(engine, "+4", "a payload of some length");
  char* const bytes = (char*)room;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_lease(engine, NULL, &leased, &count, NULL, &length, NULL, &error));
  CHECK(strstr(error.message, "buffer: 0 bytes; the next message takes ") == error.message);
  CHECK_EQ(0, count);
  needed = length;
  CHECK(needed > 24 && needed < 300);
  count = 1;
  length = 24;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_lease(engine, NULL, &leased, &count, room, &length, NULL, &error));
  CHECK_EQ(needed, length);
  for (shift = 0; shift < 9; ++shift) {
    count = 1;
    length = needed;
    memset(room, 0x5A, sizeof(room));
    CHECK_EQ(SLUICE_OK, sluice_lease(engine, NULL, &leased, &count, bytes + shift, &length, NULL, &error));
    CHECK_EQ(1, count);
    CHECK_EQ(message, leased.message);
    CHECK(is(leased.payload, "a payload of some length"));
    CHECK((uintptr_t)leased.values % 8 == 0 && (uintptr_t)leased.quantities % 8 == 0);
    CHECK((const char*)leased.values >= bytes + shift);
    CHECK(length <= needed && bytes[shift + length] == 0x5A && (shift == 0 || bytes[shift - 1] == 0x5A));
    CHECK_EQ(SLUICE_OK, sluice_nack(engine, message, leased.fence, SLUICE_OUTCOME_NOT_ATTEMPTED, 0, SLUICE_NOW, &error));
  }
  CHECK_EQ(SLUICE_OK, sluice_cancel(engine, message, SLUICE_NOW, &error));
}

static void leasing_stops_where_rows_or_buffer_are_full(sluice_engine engine) {
  sluice_lease_options options = SLUICE_LEASE_OPTIONS_INIT;
  sluice_leased leases[8];
  char line[] = "+50";
  size_t count, length, i;
  for (i = 0; i < 8; ++i) {
    line[2] = (char)('0' + i);
    put(engine, line, line);
  }
  CHECK_EQ(2, lease_many(engine, leases, 2));
  options.most = 1;
  options.ttl = 5 * SECOND;
  count = 6;
  length = sizeof(room);
  CHECK_EQ(SLUICE_OK, sluice_lease(engine, &options, leases + 2, &count, room, &length, NULL, &error));
  CHECK_EQ(1, count);
  CHECK_EQ(leases[2].due + 5 * SECOND, leases[2].until);
  count = 5;
  length = 400; /* for two or three */
  CHECK_EQ(SLUICE_OK, sluice_lease(engine, NULL, leases + 3, &count, room, &length, NULL, &error));
  CHECK(count >= 2 && count < 5 && length <= 400);
  CHECK_EQ(5 - count, lease_many(engine, leases + 3 + count, 5));
  count = 0;
  length = 0;
  CHECK_EQ(SLUICE_OK, sluice_lease(engine, NULL, NULL, &count, NULL, &length, NULL, &error));
  CHECK_EQ(0, count);
  for (i = 0; i < 8; ++i) {
    CHECK_EQ(SLUICE_OK, sluice_ack(engine, leases[i].message, leases[i].fence, SLUICE_NOW, &error));
  }
}

static void outcomes_are_told_in_rows(sluice_engine engine) {
  sluice_settlement rows[5];
  sluice_leased leases[3];
  size_t i;
  put(engine, "+60", "");
  put(engine, "+61", "");
  put(engine, "+62", "");
  CHECK_EQ(3, lease_many(engine, leases, 3));
  memset(rows, 0, sizeof(rows));
  for (i = 0; i < 3; ++i) {
    rows[i].message = leases[i].message;
    rows[i].fence = leases[i].fence;
    rows[i].state = 77;
  }
  rows[0].outcome = SLUICE_OUTCOME_FAILED;
  rows[1].outcome = SLUICE_OUTCOME_RETRY;
  rows[1].retry_after = 10 * SECOND;
  rows[2].outcome = SLUICE_OUTCOME_THROTTLED;
  rows[2].retry_after = 20 * SECOND;
  rows[3] = rows[0]; /* a second time */
  rows[4] = rows[1];
  rows[4].outcome = 6;
  CHECK_EQ(SLUICE_OK, sluice_settle(engine, rows, 5, SLUICE_NOW));
  CHECK_EQ(SLUICE_OK, rows[0].status);
  CHECK_EQ(SLUICE_MESSAGE_FAILED, rows[0].state);
  CHECK_EQ(SLUICE_OK, rows[1].status);
  CHECK_EQ(SLUICE_MESSAGE_PARKED, rows[1].state);
  CHECK_EQ(SLUICE_OK, rows[2].status);
  CHECK_EQ(SLUICE_MESSAGE_WAITING, rows[2].state);
  CHECK_EQ(SLUICE_E_NOT_FOUND, rows[3].status);
  CHECK_EQ(SLUICE_MESSAGE_NONE, rows[3].state);
  CHECK_EQ(SLUICE_E_INVALID, rows[4].status);
  forward(engine, 10 * SECOND - 1);
  CHECK_EQ(0, lease_many(engine, leases, 3));
  forward(engine, 1);
  CHECK_EQ(1, lease_many(engine, leases, 3));
  CHECK_EQ(rows[1].message, leases[0].message);
  CHECK_EQ(2, leases[0].attempt);
  CHECK_EQ(2, leases[0].fence);
  CHECK_EQ(SLUICE_OK, sluice_ack(engine, leases[0].message, 2, SLUICE_NOW, &error));
  forward(engine, 10 * SECOND);
  CHECK_EQ(1, lease_many(engine, leases, 3));
  CHECK_EQ(rows[2].message, leases[0].message);
  CHECK_EQ(1, leases[0].attempt);
  CHECK_EQ(SLUICE_OK, sluice_ack(engine, leases[0].message, leases[0].fence, SLUICE_NOW, &error));
}

static void a_stale_lease_settles_nothing(sluice_engine engine) {
  const uint64_t message = put(engine, "+7", "");
  sluice_leased first, second;
  sluice_settlement row = {0, 1, SLUICE_OUTCOME_SENT, 0, 0, 0};
  first = lease_one(engine);
  CHECK_EQ(SLUICE_E_STALE, sluice_ack(engine, message, 2, SLUICE_NOW, &error));
  SAID("fence: 2 is not the message's lease; it is leased, its last fence 1");
  CHECK_EQ(SLUICE_E_STALE, sluice_cancel(engine, message, SLUICE_NOW, &error));
  SAID("message: leased, so it may be on its way; settle its lease instead");
  CHECK_EQ(SLUICE_OK, sluice_extend(engine, message, 1, 60 * SECOND, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_STALE, sluice_extend(engine, message, 3, 60 * SECOND, SLUICE_NOW, &error));
  forward(engine, 60 * SECOND); /* it ends without a word */
  second = lease_one(engine);
  CHECK_EQ(message, second.message);
  CHECK_EQ(SLUICE_REDELIVERED, second.flags);
  CHECK_EQ(2, second.fence);
  CHECK_EQ(2, second.attempt);
  CHECK_EQ(SLUICE_E_STALE, sluice_ack(engine, message, first.fence, SLUICE_NOW, &error));
  row.message = message;
  CHECK_EQ(SLUICE_OK, sluice_settle(engine, &row, 1, SLUICE_NOW));
  CHECK_EQ(SLUICE_E_STALE, row.status);
  CHECK_EQ(SLUICE_OK, sluice_ack(engine, message, second.fence, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_ack(engine, message, second.fence, SLUICE_NOW, &error));
  SAID("message: not held any more; it has ended");
}

static void a_batch_equals_its_single_calls(sluice_engine engine) {
  sluice_bytes values[5][3];
  sluice_request requests[5];
  sluice_message messages[5];
  sluice_decision decisions[5];
  sluice_held held[5];
  sluice_leased leased;
  int i;
  for (i = 0; i < 5; ++i) {
    requests[i] = send_of(engine, "+8", values[i]);
    messages[i] = message_of("batch");
    sluice_decision_init(&decisions[i], sizeof(decisions[i]));
    sluice_held_init(&held[i], sizeof(held[i]));
  }
  messages[1].message_class = 4;
#define MANY(messages, message_stride, held, held_stride)                                                                     \
  sluice_enqueue_many(engine, requests, sizeof(requests[0]), messages, message_stride, decisions, sizeof(decisions[0]), held, \
                      held_stride, 5)
  CHECK_EQ(SLUICE_E_INVALID, MANY(messages, 36, held, sizeof(held[0])));
  CHECK_EQ(SLUICE_E_INVALID, MANY(messages, sizeof(messages[0]), held, 0));
  held[4].struct_size = 31;
  CHECK_EQ(SLUICE_E_INVALID, MANY(messages, sizeof(messages[0]), held, sizeof(held[0])));
  held[4].struct_size = sizeof(held[4]);
  CHECK_EQ(0, held[0].message);
  CHECK_EQ(SLUICE_OK, MANY(messages, sizeof(messages[0]), held, sizeof(held[0])));
  CHECK_EQ(SLUICE_OK, decisions[0].status);
  CHECK_EQ(SLUICE_E_INVALID, decisions[1].status);
  CHECK_EQ(0, held[1].message);
  CHECK_EQ(SLUICE_OK, decisions[2].status);
  CHECK_EQ(SLUICE_OK, decisions[3].status);
  CHECK_EQ(3, held[3].depth);
  CHECK_EQ(SLUICE_DENIED, decisions[4].status);
  CHECK_EQ(0, held[4].message);
  CHECK_EQ(SLUICE_OK, MANY(NULL, 0, NULL, 0));
  for (i = 0; i < 5; ++i) CHECK_EQ(SLUICE_DENIED, decisions[i].status);
  leased = lease_one(engine);
  CHECK_EQ(held[0].message, leased.message);
  CHECK(is(leased.payload, "batch"));
  CHECK_EQ(SLUICE_OK, sluice_ack(engine, leased.message, leased.fence, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, sluice_cancel(engine, held[2].message, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, sluice_cancel(engine, held[3].message, SLUICE_NOW, &error));
#undef MANY
}

static void enqueues_are_checked(sluice_engine engine) {
  static const char long_payload[101];
  sluice_bytes values[3];
  const sluice_request good = send_of(engine, "+9", values);
  sluice_request request;
  sluice_message message = SLUICE_MESSAGE_INIT;
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_held held = SLUICE_HELD_INIT;
  sluice_counters before = SLUICE_COUNTERS_INIT, after = SLUICE_COUNTERS_INIT;
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &before));
#define PUT(status, words)                                                               \
  do {                                                                                   \
    CHECK_EQ(status, sluice_enqueue(engine, &good, &message, &decision, &held, &error)); \
    SAID(words);                                                                         \
    sluice_message_init(&message, sizeof(message));                                      \
  } while (0)
  message.payload_len = 3;
  PUT(SLUICE_E_INVALID, "message.payload: NULL with payload_len 3");
  message.payload = long_payload;
  message.payload_len = sizeof(long_payload);
  PUT(SLUICE_E_INVALID, "payload: 101 bytes; the policy's queue takes at most 100");
  CHECK_EQ(SLUICE_E_INVALID, decision.status);
  message.message_class = 4;
  PUT(SLUICE_E_INVALID, "message_class: from 0 (urgent) to 3 (bulk), or -1 for the operation's own");
  message.message_class = -2;
  PUT(SLUICE_E_INVALID, "message_class: from 0 (urgent) to 3 (bulk), or -1 for the operation's own");
  message.send_at = -1;
  PUT(SLUICE_E_INVALID, "send_at: outside [0, 2^62)");
  message.expires_at = START;
  PUT(SLUICE_E_INVALID, "expires_at: not after the message may first be sent");
  message.struct_size = 32;
  PUT(SLUICE_E_INVALID, "message.struct_size: 32; set it to sizeof, 64");
  message.struct_size = 0;
  PUT(SLUICE_E_INVALID, "message.struct_size: 0; set it to sizeof, 64");
  held.struct_size = 24;
  PUT(SLUICE_E_INVALID, "held.struct_size: 24; set it to sizeof, 80");
  held.struct_size = sizeof(held);
  decision.struct_size = 100;
  PUT(SLUICE_E_INVALID, "decision.struct_size: 100; set it to sizeof, 128");
  decision.struct_size = sizeof(decision);
#undef PUT
  CHECK_EQ(SLUICE_E_INVALID, sluice_enqueue(engine, NULL, NULL, NULL, NULL, &error));
  SAID("request: NULL");
  request = good;
  request.flags = SLUICE_RECEIPT;
  CHECK_EQ(SLUICE_E_INVALID, sluice_enqueue(engine, &request, NULL, NULL, NULL, &error));
  SAID("flags: an enqueue knows PEEK (1) alone");
  request = good;
  request.operation = 99;
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_enqueue(engine, &request, NULL, NULL, NULL, NULL));
  request = good;
  request.now = -1;
  CHECK_EQ(SLUICE_E_TIME, sluice_enqueue(engine, &request, NULL, NULL, NULL, NULL));
  request = request_of(engine, "ask", values, 1);
  CHECK_EQ(SLUICE_E_INVALID, sluice_enqueue(engine, &request, NULL, NULL, NULL, &error));
  CHECK(strstr(error.message, "operation: messages of \"ask\" cannot be queued") == error.message);
  CHECK_EQ(SLUICE_OK, sluice_get_counters(engine, &after));
  CHECK_EQ(before.accepted, after.accepted);
  CHECK_EQ(before.messages, after.messages);
}

static void leases_and_settlements_are_checked(sluice_engine engine) {
  sluice_lease_options options = SLUICE_LEASE_OPTIONS_INIT;
  sluice_message_state state = SLUICE_MESSAGE_STATE_INIT;
  sluice_leased leased;
  size_t count = 1, length = sizeof(room);
#define LEASE(options, leases, counted, buffer, length, status)                                     \
  do {                                                                                              \
    count = 1;                                                                                      \
    CHECK_EQ(status, sluice_lease(engine, options, leases, counted, buffer, length, NULL, &error)); \
    CHECK_EQ((counted) == NULL, count);                                                             \
  } while (0)
  LEASE(&options, &leased, NULL, room, &length, SLUICE_E_INVALID);
  SAID("count: NULL");
  LEASE(&options, &leased, &count, room, NULL, SLUICE_E_INVALID);
  SAID("buffer_len: NULL");
  LEASE(&options, NULL, &count, room, &length, SLUICE_E_INVALID);
  SAID("leases: NULL with count 1");
  length = 8;
  LEASE(&options, &leased, &count, NULL, &length, SLUICE_E_INVALID);
  SAID("buffer: NULL with buffer_len 8");
  length = sizeof(room);
  options.struct_size = 16;
  LEASE(&options, &leased, &count, room, &length, SLUICE_E_INVALID);
  SAID("options.struct_size: 16; set it to sizeof, 72");
  options.struct_size = sizeof(options);
  options.ttl = -1;
  LEASE(&options, &leased, &count, room, &length, SLUICE_E_INVALID);
  options.ttl = DAY + 1;
  LEASE(&options, &leased, &count, room, &length, SLUICE_E_INVALID);
  options.ttl = 0;
  options.now = -1;
  LEASE(&options, &leased, &count, room, &length, SLUICE_E_TIME);
#undef LEASE
  CHECK_EQ(SLUICE_E_INVALID, sluice_next_due(engine, NULL));
  CHECK_EQ(SLUICE_E_INVALID, sluice_settle(engine, NULL, 1, SLUICE_NOW));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_ack(engine, 0, 1, SLUICE_NOW, &error));
  SAID("message: not held by this engine; the number is none of its messages'");
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_ack(engine, UINT64_MAX, 1, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_extend(engine, 12345, 1, SECOND, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_cancel(engine, 12345, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_message_status(engine, 12345, SLUICE_NOW, &state, &error));
  CHECK_EQ(SLUICE_E_INVALID, sluice_message_status(engine, 12345, SLUICE_NOW, NULL, &error));
  SAID("state: NULL");
  state.struct_size = 64;
  CHECK_EQ(SLUICE_E_INVALID, sluice_message_status(engine, 12345, SLUICE_NOW, &state, &error));
  SAID("state.struct_size: 64; set it to sizeof, 88");
  CHECK_EQ(SLUICE_E_INVALID, sluice_nack(engine, 1, 1, SLUICE_OUTCOME_SENT, 0, SLUICE_NOW, &error));
  SAID("outcome: 0; from 1 (retry) to 5 (line bad), and sluice_ack says sent");
  CHECK_EQ(SLUICE_E_INVALID, sluice_nack(engine, 1, 1, -1, 0, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_INVALID, sluice_nack(engine, 1, 1, SLUICE_OUTCOME_RETRY, -1, SLUICE_NOW, &error));
  SAID("retry_after: nanoseconds, from 0 to 400 days");
  CHECK_EQ(SLUICE_E_INVALID, sluice_extend(engine, 1, 1, 0, SLUICE_NOW, &error));
  SAID("ttl: a lease lasts more than 0 ns and at most a day");
  CHECK_EQ(SLUICE_E_TIME, sluice_ack(engine, 1, 1, -1, &error));
}

static void a_message_for_later_is_scheduled_and_can_be_cancelled(sluice_engine engine) {
  sluice_bytes values[3];
  const sluice_request request = send_of(engine, "+10", values);
  sluice_message message = message_of("later");
  sluice_held held = SLUICE_HELD_INIT;
  sluice_message_state state = SLUICE_MESSAGE_STATE_INIT;
  sluice_leased leased;
  int64_t now = 0, due = 0;
  CHECK_EQ(SLUICE_OK, sluice_clock(engine, &now));
  message.send_at = now + MINUTE;
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, &message, NULL, &held, &error));
  CHECK_EQ(SLUICE_MESSAGE_SCHEDULED, held.state);
  CHECK_EQ(SLUICE_OK, sluice_message_status(engine, held.message, SLUICE_NOW, &state, &error));
  CHECK_EQ(now + MINUTE, state.due);
  CHECK_EQ(SLUICE_OK, sluice_next_due(engine, &due));
  CHECK_EQ(now + MINUTE, due);
  CHECK_EQ(SLUICE_OK, sluice_cancel(engine, held.message, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_cancel(engine, held.message, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, sluice_enqueue(engine, &request, &message, NULL, &held, &error));
  forward(engine, MINUTE);
  leased = lease_one(engine);
  CHECK_EQ(held.message, leased.message);
  CHECK_EQ(now + MINUTE, leased.due);
  CHECK_EQ(SLUICE_OK, sluice_ack(engine, leased.message, leased.fence, SLUICE_NOW, &error));
}

/* Leases as the options say, acks, and tells the lines' second characters. */
static const char* lines_leased(sluice_engine engine, const sluice_lease_options* options, int64_t* next_due) {
  static char lines[9];
  sluice_leased leases[8];
  size_t count = 8, length = sizeof(room), i;
  CHECK_EQ(SLUICE_OK, sluice_lease(engine, options, leases, &count, room, &length, next_due, &error));
  for (i = 0; i < count; ++i) {
    lines[i] = ((const char*)leases[i].values[1].ptr)[1];
    CHECK_EQ(SLUICE_OK, sluice_ack(engine, leases[i].message, leases[i].fence, SLUICE_NOW, &error));
  }
  lines[count] = '\0';
  return lines;
}

static void a_lease_of_some_lines_leaves_the_others_as_they_are(void) {
  const sluice_engine engine = engine_of(queue_policy);
  sluice_lease_options options = SLUICE_LEASE_OPTIONS_INIT;
  const sluice_bytes some[3] = {key("+c"), key("+a"), key("+none")};
  int64_t due = 0;
  put(engine, "+a", "");
  put(engine, "+b", "");
  put(engine, "+c", "");
  put(engine, "+a", "");
  options.lines = some;
  options.line_count = 3;
  CHECK(strcmp(lines_leased(engine, &options, &due), "ac") == 0);
  CHECK_EQ(START + SECOND, due);
  options.line_count = 0; /* of none */
  CHECK(strcmp(lines_leased(engine, &options, &due), "") == 0);
  CHECK_EQ(INT64_MAX, due);
  CHECK_EQ(SLUICE_OK, sluice_next_due(engine, &due));
  CHECK_EQ(START, due);
  CHECK(strcmp(lines_leased(engine, NULL, NULL), "b") == 0);
  options.struct_size = 24; /* an older caller's, who knows of no lines */
  forward(engine, SECOND);
  CHECK(strcmp(lines_leased(engine, &options, NULL), "a") == 0);
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
}

static void the_lines_of_a_lease_are_checked(sluice_engine engine) {
  sluice_lease_options options = SLUICE_LEASE_OPTIONS_INIT;
  const sluice_bytes some[2] = {key("+1"), key("")};
  sluice_leased leased;
  size_t count, length = sizeof(room);
#define WRONG(status, words)                                                                        \
  do {                                                                                              \
    count = 1;                                                                                      \
    CHECK_EQ(status, sluice_lease(engine, &options, &leased, &count, room, &length, NULL, &error)); \
    CHECK_EQ(0, count);                                                                             \
    SAID(words);                                                                                    \
  } while (0)
  options.line_count = 1;
  WRONG(SLUICE_E_INVALID, "options.lines: NULL with options.line_count 1");
  options.lines = some;
  options.line_count = 2;
  WRONG(SLUICE_E_INVALID, "options.lines[1]: empty; a key has 1 to 1024 bytes, and {NULL, 0} is absent");
  options.line_count = 4097;
  WRONG(SLUICE_E_TOO_MANY, "options.line_count: 4097; one call takes at most 4096");
  options.line_count = 1;
  options.pool = "p";
  options.pool_len = SLUICE_STRLEN;
  WRONG(SLUICE_E_INVALID, "pool: given beside lines; name the lines or their pool, not both");
  options.lines = NULL;
  options.line_count = 0;
  WRONG(SLUICE_E_NOT_FOUND, "pool: no \"p\" in this policy; it has none");
  options.pool = NULL;
  options.pool_len = 0;
  options.by = some;
  options.by_count = 1;
  WRONG(SLUICE_E_INVALID, "by: values of a pool, and no pool is given");
#undef WRONG
}

static void a_message_that_waits_says_why(void) {
  const sluice_engine engine = engine_of(queue_policy);
  const uint64_t first = put(engine, "+1", ""), next = put(engine, "+1", "");
  const sluice_leased leased = lease_one(engine);
  char buffer[512], expected[512];
  size_t length = sizeof(buffer), needed;
  CHECK_EQ(first, leased.message);
  CHECK_EQ(SLUICE_OK, sluice_ack(engine, leased.message, leased.fence, SLUICE_NOW, &error));
  CHECK_EQ(SLUICE_OK, sluice_explain_message(engine, next, SLUICE_NOW, buffer, &length, &error));
  snprintf(expected, sizeof(expected),
           "{\"message\":%llu,\"state\":\"waiting\",\"line\":\"+1\",\"position\":1,\"eta\":%lld,\"eta_kind\":\"exact\","
           "\"holds\":[{\"rule\":\"line_limit\",\"until\":%lld,\"until_kind\":\"exact\",\"limit\":\"pace\","
           "\"subject\":\"line=+1\",\"used\":1,\"amount\":1}]}",
           (unsigned long long)next, (long long)(START + SECOND), (long long)(START + SECOND));
  CHECK_EQ(strlen(expected), length);
  CHECK(memcmp(expected, buffer, length) == 0);
  needed = 0;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_explain_message(engine, next, SLUICE_NOW, NULL, &needed, &error));
  CHECK_EQ(length, needed);
  CHECK_EQ(SLUICE_E_INVALID, sluice_explain_message(engine, next, SLUICE_NOW, buffer, NULL, &error));
  SAID("length: NULL");
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_explain_message(engine, first, SLUICE_NOW, buffer, &length, &error));
  SAID("message: not held any more; it has ended");
  CHECK_EQ(SLUICE_E_NOT_FOUND, sluice_explain_message(engine, 12345, SLUICE_NOW, buffer, &length, &error));
  CHECK_EQ(SLUICE_E_TIME, sluice_explain_message(engine, next, -1, buffer, &length, &error));
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
}

int main(void) {
  const sluice_engine engine = engine_of(queue_policy);
  a_message_is_held_leased_and_acked(engine);
  messages_leave_at_their_pace(engine);
  a_refused_message_is_not_held_and_has_cost_nothing(engine);
  a_buffer_too_small_leases_nothing_and_says_what_it_takes(engine);
  leasing_stops_where_rows_or_buffer_are_full(engine);
  outcomes_are_told_in_rows(engine);
  a_stale_lease_settles_nothing(engine);
  a_batch_equals_its_single_calls(engine);
  enqueues_are_checked(engine);
  leases_and_settlements_are_checked(engine);
  a_message_for_later_is_scheduled_and_can_be_cancelled(engine);
  a_lease_of_some_lines_leaves_the_others_as_they_are();
  the_lines_of_a_lease_are_checked(engine);
  a_message_that_waits_says_why();
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
  return finish();
}
