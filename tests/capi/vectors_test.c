/* SPDX-License-Identifier: Apache-2.0 */
/* The decision vectors of tests/vectors, played over sluice.h. An answer is built in the shape of what a step expects and
 * compared as a whole, so that a field this player does not know is a difference and not a pass. */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "sluice/sluice.h"

#define ROOM(array) (sizeof(array) / sizeof((array)[0]))
#define DAY (INT64_C(86400) * 1000000000)
#define MINUTE (INT64_C(60) * 1000000000)

typedef struct player {
  sluice_engine engine;
  cJSON* described;         /* the policy; an event says a plan by its position there */
  sluice_receipt* receipts; /* by the step that made them, else 0 */
  int64_t now;
  sluice_error error;
} player;

static const char* const outcomes[] = {"allowed", "denied", "would_queue"};
static const char* const waits[] = {"none", "exact", "bound", "unknown", "never"};
static const char* const event_kinds[] = {"", "threshold", "promotion", "saturated", "memory"};

/* ---- reading -------------------------------------------------------------------------------------------------------------- */

/* A file below the root of the repository; the caller frees it. NULL when it cannot be read. */
static char* content_of(const char* folder, const char* name) {
  char path[4096];
  char* text = NULL;
  FILE* file;
  long size;
  snprintf(path, sizeof(path), "%s/%s%s", SLUICE_SOURCE_DIR, folder, name);
  file = fopen(path, "rb");
  if (file == NULL) return NULL;
  if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0) {
    text = calloc((size_t)size + 1, 1);
    if (text != NULL && fread(text, 1, (size_t)size, file) != (size_t)size) {
      free(text);
      text = NULL;
    }
  }
  fclose(file);
  return text;
}

static cJSON* field(const cJSON* object, const char* name) { return cJSON_GetObjectItemCaseSensitive(object, name); }
static const char* text_of(const cJSON* object, const char* name) { return cJSON_GetStringValue(field(object, name)); }
static int64_t nanoseconds_of(const cJSON* object, const char* name) { return strtoll(text_of(object, name), NULL, 10); }
static uint64_t units_of(const cJSON* number) { return (uint64_t)number->valuedouble; }

/* {NULL, 0} for null and for a list. */
static sluice_bytes bytes_of(const cJSON* text) {
  sluice_bytes bytes = {NULL, 0};
  if (!cJSON_IsString(text)) return bytes;
  bytes.ptr = text->valuestring;
  bytes.len = strlen(text->valuestring);
  return bytes;
}

static uint32_t all_bytes_of(const cJSON* texts, sluice_bytes* out, size_t room) {
  const cJSON* text;
  uint32_t count = 0;
  cJSON_ArrayForEach(text, texts) if (count < room) out[count++] = bytes_of(text);
  return count;
}

static uint32_t all_units_of(const cJSON* numbers, uint64_t* out, size_t room) {
  const cJSON* number;
  uint32_t count = 0;
  cJSON_ArrayForEach(number, numbers) if (count < room) out[count++] = units_of(number);
  return count;
}

/* ---- answers as JSON ------------------------------------------------------------------------------------------------------ */

static cJSON* null_or_instant(int is_null, int64_t at) {
  char text[32];
  if (is_null) return cJSON_CreateNull();
  snprintf(text, sizeof(text), "%" PRId64, at);
  return cJSON_CreateString(text);
}

static cJSON* null_or_units(int is_null, uint64_t units) {
  return is_null ? cJSON_CreateNull() : cJSON_CreateNumber((double)units);
}

static cJSON* limit_name(const player* p, int32_t limit) {
  char name[1025];
  size_t length = sizeof(name) - 1;
  if (limit < 0) return cJSON_CreateNull();
  CHECK_EQ(SLUICE_OK, sluice_limit_name(p->engine, limit, name, &length));
  name[length] = '\0';
  return cJSON_CreateString(name);
}

static cJSON* row_of(const player* p, int32_t limit_id, uint32_t flags, uint64_t limit, uint64_t used, uint64_t remaining,
                     int64_t resets_at) {
  const int unlimited = (flags & SLUICE_UNLIMITED) != 0;
  cJSON* row = cJSON_CreateArray();
  cJSON_AddItemToArray(row, limit_name(p, limit_id));
  cJSON_AddItemToArray(row, null_or_units(unlimited, limit));
  cJSON_AddItemToArray(row, null_or_units(0, used));
  cJSON_AddItemToArray(row, null_or_units(unlimited, remaining));
  cJSON_AddItemToArray(row, null_or_instant(resets_at == 0, resets_at));
  return row;
}

static cJSON* row_with_opening(cJSON* row, int64_t opens_at) {
  cJSON_AddItemToArray(row, null_or_instant(opens_at >= INT64_MAX - 1, opens_at));
  return row;
}

static cJSON* details_of(const player* p, const sluice_decision* d) {
  cJSON* rows = cJSON_CreateArray();
  uint32_t i;
  for (i = 0; i < d->detail_count; ++i) {
    const sluice_detail* r = &d->details[i];
    cJSON* row = row_of(p, r->limit_id, r->flags, r->limit, r->used, r->remaining, r->resets_at);
    cJSON_AddItemToArray(rows, row_with_opening(row, r->opens_at));
  }
  return rows;
}

static void add_decision(const player* p, const sluice_decision* d, cJSON* answer) {
  const int replayed = (d->flags & SLUICE_REPLAYED) != 0;
  const int no_cost = d->wait_kind != SLUICE_WAIT_NEVER && d->largest_cost == 0;
  cJSON* named = row_of(p, d->limit_id, d->flags, d->limit, d->used, d->remaining, d->resets_at);
  cJSON_AddStringToObject(answer, "outcome", outcomes[d->status]);
  if (d->denial == SLUICE_DENIAL_NONE) cJSON_AddNullToObject(answer, "denial");
  if (d->denial != SLUICE_DENIAL_NONE) cJSON_AddStringToObject(answer, "denial", sluice_denial_name(d->denial));
  cJSON_AddStringToObject(answer, "wait_kind", waits[d->wait_kind]);
  cJSON_AddItemToObject(answer, "retry_after", null_or_instant(0, d->retry_after));
  cJSON_AddItemToObject(answer, "largest_cost", null_or_units(no_cost, d->largest_cost));
  cJSON_AddBoolToObject(answer, "replayed", replayed);
  cJSON_AddBoolToObject(answer, "receipt", d->receipt != 0);
  cJSON_AddItemToObject(answer, "named", row_with_opening(named, d->opens_at));
  cJSON_AddItemToObject(answer, "details", replayed && d->detail_count == 0 ? cJSON_CreateNull() : details_of(p, d));
}

static const char* plan_name(const player* p, const char* subject, int32_t position) {
  const cJSON* set;
  cJSON_ArrayForEach(set, field(p->described, "plan_sets")) {
    const char* scope = text_of(set, "scope");
    const size_t length = strlen(scope);
    if (strncmp(scope, subject, length) != 0 || subject[length] != '=') continue;
    return text_of(cJSON_GetArrayItem(field(set, "plans"), position), "name");
  }
  return "?";
}

static cJSON* event_of(const player* p, const sluice_event* event) {
  char subject[sizeof(event->subject) + 1] = {0};
  cJSON* said = cJSON_CreateObject();
  memcpy(subject, event->subject, event->subject_len < sizeof(event->subject) ? event->subject_len : sizeof(event->subject));
  cJSON_AddStringToObject(said, "kind", event_kinds[event->kind]);
  cJSON_AddItemToObject(said, "at", null_or_instant(0, event->at));
  cJSON_AddStringToObject(said, "subject", subject);
  if (event->kind == SLUICE_EVENT_PROMOTION) {
    cJSON_AddStringToObject(said, "plan", plan_name(p, subject, event->plan));
  } else {
    cJSON_AddItemToObject(said, "limit_name", limit_name(p, event->limit_id));
  }
  if (event->kind == SLUICE_EVENT_THRESHOLD) {
    cJSON_AddNumberToObject(said, "share", event->share);
    cJSON_AddBoolToObject(said, "by_plan_change", event->by_plan_change != 0);
  }
  return said;
}

static cJSON* events_of(const player* p) {
  sluice_event events[64];
  cJSON* list = cJSON_CreateArray();
  size_t count = ROOM(events), i;
  while (count == ROOM(events)) {
    CHECK_EQ(SLUICE_OK, sluice_drain_events(p->engine, events, &count, NULL));
    for (i = 0; i < count; ++i) cJSON_AddItemToArray(list, event_of(p, &events[i]));
  }
  return list;
}

/* ---- calls: what they answer is added to `answer` ------------------------------------------------------------------------- */

/* What a request points into. */
typedef struct given {
  sluice_bytes values[16], repeated[128];
  uint64_t quantities[16];
} given;

static sluice_request request_of(const player* p, const cJSON* step, given* into) {
  sluice_request request = SLUICE_REQUEST_INIT;
  const sluice_bytes key = bytes_of(field(step, "idempotency_key"));
  const cJSON* value;
  request.operation = sluice_operation_id(p->engine, text_of(step, "operation"), SLUICE_STRLEN);
  request.values = into->values;
  request.value_count = all_bytes_of(field(step, "values"), into->values, ROOM(into->values));
  cJSON_ArrayForEach(value, field(step, "values")) {
    if (!cJSON_IsArray(value)) continue;
    request.repeated = into->repeated;
    request.repeated_count = all_bytes_of(value, into->repeated, ROOM(into->repeated));
  }
  request.quantities = into->quantities;
  request.quantity_count = all_units_of(field(step, "quantities"), into->quantities, ROOM(into->quantities));
  request.idempotency_key = key.ptr;
  request.idempotency_key_len = (uint32_t)key.len;
  request.now = p->now;
  if (cJSON_IsTrue(field(step, "peek"))) request.flags |= SLUICE_PEEK;
  if (cJSON_IsTrue(field(step, "receipt"))) request.flags |= SLUICE_RECEIPT;
  return request;
}

static sluice_status decide(player* p, int number, const cJSON* step, cJSON* answer) {
  static sluice_detail details[16 * 128];
  given into;
  const sluice_request request = request_of(p, step, &into);
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_status status = SLUICE_OK;
  const cJSON* times = field(step, "times");
  int left = times != NULL ? times->valueint : 1;
  decision.details = details;
  decision.detail_capacity = ROOM(details);
  while (left-- > 0 && status >= 0) status = sluice_decide_checked(p->engine, &request, &decision, &p->error);
  if (status < 0) return status;
  if ((decision.flags & SLUICE_REPLAYED) == 0) p->receipts[number] = decision.receipt;
  add_decision(p, &decision, answer);
  return status;
}

static sluice_status settle(player* p, const cJSON* step, int is_commit, cJSON* answer) {
  const cJSON* maker = field(step, "receipt");
  const sluice_receipt receipt = cJSON_IsNumber(maker) ? p->receipts[maker->valueint] : 0;
  uint64_t quantities[16];
  const uint32_t count = all_units_of(field(step, "quantities"), quantities, ROOM(quantities));
  const sluice_status status = is_commit ? sluice_commit(p->engine, receipt, quantities, count, p->now, &p->error)
                                         : sluice_refund(p->engine, receipt, p->now, &p->error);
  if (status < 0 && status != SLUICE_E_NOT_FOUND) return status;
  cJSON_AddBoolToObject(answer, "settled", status == SLUICE_OK);
  return SLUICE_OK;
}

static sluice_status usage(player* p, const sluice_subject* subject, cJSON* answer) {
  sluice_usage_row rows[256];
  size_t count = ROOM(rows), i;
  const sluice_status status = sluice_usage(p->engine, subject, p->now, rows, &count, &p->error);
  cJSON* list;
  if (status < 0) return status;
  list = cJSON_AddArrayToObject(answer, "rows");
  for (i = 0; i < count; ++i) {
    const sluice_usage_row* r = &rows[i];
    cJSON_AddItemToArray(list, row_of(p, r->limit_id, r->flags, r->limit, r->used, r->remaining, r->resets_at));
  }
  return status;
}

static sluice_status set_amount(player* p, int32_t limit, const sluice_subject* subject, const cJSON* with) {
  char* amount = cJSON_PrintUnformatted(field(with, "amount"));
  const sluice_status status = sluice_set_amount(p->engine, limit, subject, amount, SLUICE_STRLEN, p->now, &p->error);
  cJSON_free(amount);
  return status;
}

static sluice_status set_billing(player* p, const sluice_subject* subject, const cJSON* with) {
  const char *clock = text_of(with, "time"), *zone = text_of(with, "zone");
  const int64_t at = (strtoll(clock, NULL, 10) * 60 + strtoll(clock + 3, NULL, 10)) * MINUTE;
  return sluice_set_billing(p->engine, subject, (uint32_t)field(with, "day")->valueint, at, zone, zone ? SLUICE_STRLEN : 0,
                            p->now, &p->error);
}

static sluice_status configure(player* p, const char* call, const cJSON* with, const sluice_subject* subject) {
  const char* name = text_of(with, "limit");
  const int32_t limit = name != NULL ? sluice_limit_id(p->engine, name, SLUICE_STRLEN) : SLUICE_NONE;
  if (strcmp(call, "set_plan") == 0) {
    return sluice_set_plan(p->engine, subject, text_of(with, "plan"), SLUICE_STRLEN, p->now, &p->error);
  }
  if (strcmp(call, "set_amount") == 0) return set_amount(p, limit, subject, with);
  if (strcmp(call, "set_billing") == 0) return set_billing(p, subject, with);
  if (strcmp(call, "report_throttled") == 0) {
    return sluice_report_throttled(p->engine, limit, subject, nanoseconds_of(with, "retry_after"), p->now, &p->error);
  }
  if (strcmp(call, "clear_throttle") == 0) return sluice_clear_throttle(p->engine, limit, subject, p->now, &p->error);
  CHECK(strcmp(call, "report_quality") == 0);
  return sluice_report_quality(p->engine, subject, text_of(with, "quality"), SLUICE_STRLEN, p->now, &p->error);
}

static sluice_status ask(player* p, int number, const cJSON* step, cJSON* answer) {
  const cJSON* with = field(step, "with");
  const char* call = text_of(step, "call");
  sluice_bytes values[4];
  sluice_subject subject;
  if (strcmp(call, "decide") == 0) return decide(p, number, step, answer);
  if (strcmp(call, "refund") == 0) return settle(p, step, 0, answer);
  if (strcmp(call, "commit") == 0) return settle(p, step, 1, answer);
  subject.scope = text_of(with, "scope");
  subject.scope_len = SLUICE_STRLEN;
  subject.values = values;
  subject.value_count = all_bytes_of(field(with, "subject"), values, ROOM(values));
  if (strcmp(call, "usage") == 0) return usage(p, &subject, answer);
  return configure(p, call, with, &subject);
}

static cJSON* answer_of(player* p, int number, const cJSON* step) {
  cJSON* answer = cJSON_CreateObject();
  sluice_status status;
  p->now = nanoseconds_of(step, "now");
  CHECK_EQ(SLUICE_OK, sluice_set_clock(p->engine, p->now));
  status = ask(p, number, step, answer);
  if (status < 0) cJSON_AddStringToObject(answer, "error", sluice_status_name(status));
  cJSON_AddItemToObject(answer, "events", events_of(p));
  return answer;
}

/* ---- comparing ------------------------------------------------------------------------------------------------------------ */

/* The item of a list that equals `wanted`, or NULL. */
static cJSON* equal_in(const cJSON* list, const cJSON* wanted) {
  cJSON* item;
  cJSON_ArrayForEach(item, list) if (cJSON_Compare(item, wanted, 1)) return item;
  return NULL;
}

static int same_in_any_order(const cJSON* expected, const cJSON* actual) {
  cJSON* left = cJSON_Duplicate(actual, 1);
  const cJSON* item;
  int same = left != NULL && cJSON_GetArraySize(expected) == cJSON_GetArraySize(actual);
  cJSON_ArrayForEach(item, expected) {
    cJSON* found = same ? equal_in(left, item) : NULL;
    same = found != NULL;
    if (same) cJSON_Delete(cJSON_DetachItemViaPointer(left, found));
  }
  cJSON_Delete(left);
  return same;
}

static int agrees(const cJSON* expected, const cJSON* actual) {
  if (strcmp(expected->string, "error") == 0) return actual != NULL && equal_in(expected, actual) != NULL;
  if (strcmp(expected->string, "events") == 0) return same_in_any_order(expected, actual);
  return cJSON_Compare(expected, actual, 1);
}

/* The name of the first field in which they differ; NULL when there is none. */
static const char* difference(const cJSON* expected, const cJSON* answer) {
  const cJSON* item;
  cJSON_ArrayForEach(item, expected) if (!agrees(item, field(answer, item->string))) return item->string;
  cJSON_ArrayForEach(item, answer) {
    const int none = strcmp(item->string, "events") == 0 && item->child == NULL; /* an error is expected without events */
    if (!none && field(expected, item->string) == NULL) return item->string;
  }
  return NULL;
}

/* ---- playing -------------------------------------------------------------------------------------------------------------- */

static cJSON* description_of(const char* policy, const char* stance) {
  size_t length = 0;
  char* text;
  cJSON* described;
  sluice_policy_describe(policy, SLUICE_STRLEN, stance, SLUICE_STRLEN, NULL, 0, NULL, &length, NULL);
  text = malloc(length + 1);
  if (text == NULL) return NULL;
  CHECK_EQ(SLUICE_OK, sluice_policy_describe(policy, SLUICE_STRLEN, stance, SLUICE_STRLEN, NULL, 0, text, &length, NULL));
  described = cJSON_ParseWithLength(text, length);
  free(text);
  return described;
}

/* 0 when no engine can be made of the vector. */
static int begin(player* p, const cJSON* vector) {
  const sluice_error no_error = SLUICE_ERROR_INIT;
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  const char *file = text_of(vector, "policy_file"), *stance = text_of(vector, "stance");
  char* read = file != NULL ? content_of("", file) : NULL;
  const char* policy = file != NULL ? read : text_of(vector, "policy_text");
  memset(p, 0, sizeof(*p));
  p->error = no_error;
  p->receipts = calloc((size_t)cJSON_GetArraySize(field(vector, "steps")) + 1, sizeof(*p->receipts));
  CHECK(policy != NULL && p->receipts != NULL);
  if (policy == NULL || p->receipts == NULL) return 0;
  options.policy = policy;
  options.policy_len = SLUICE_STRLEN;
  options.stance = stance;
  options.stance_len = SLUICE_STRLEN;
  options.manual_clock = 1;
  options.manual_now = nanoseconds_of(vector, "start");
  options.receipt_ttl = 400 * DAY;
  CHECK_EQ(SLUICE_OK, sluice_engine_create(&options, &p->engine, &p->error));
  p->described = description_of(policy, stance);
  free(read);
  return p->engine != 0;
}

static void end(player* p) {
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(p->engine));
  cJSON_Delete(p->described);
  free(p->receipts);
}

typedef struct report {
  int step; /* -1: every step is answered as expected */
  char field[64];
  char words[2048];
} report;

static void write_report(report* out, int number, const cJSON* step, const char* name, const cJSON* answer, const char* message) {
  char* expected = cJSON_PrintUnformatted(field(field(step, "expect"), name));
  char* actual = cJSON_PrintUnformatted(field(answer, name));
  out->step = number;
  snprintf(out->field, sizeof(out->field), "%s", name);
  snprintf(out->words, sizeof(out->words), "step %d (%s), %s: expected %.800s, answered %.800s %.200s", number,
           text_of(step, "call"), name, expected ? expected : "nothing", actual ? actual : "nothing", message);
  cJSON_free(expected);
  cJSON_free(actual);
}

/* Lives through a vector as far as the first wrong answer. */
static report play(const cJSON* vector) {
  report out = {-1, "", ""};
  player p;
  const cJSON* step;
  int number = 0;
  if (begin(&p, vector)) {
    cJSON_ArrayForEach(step, field(vector, "steps")) {
      cJSON* answer = answer_of(&p, number, step);
      const char* name = difference(field(step, "expect"), answer);
      if (name != NULL) write_report(&out, number, step, name, answer, p.error.message);
      cJSON_Delete(answer);
      if (name != NULL) break;
      ++number;
    }
  }
  end(&p);
  return out;
}

/* ---- the control: one altered expectation is reported ---------------------------------------------------------------------- */

static cJSON* altered(const cJSON* value) {
  cJSON* other;
  if (cJSON_IsBool(value)) return cJSON_CreateBool(!cJSON_IsTrue(value));
  if (cJSON_IsNumber(value)) return cJSON_CreateNumber(value->valuedouble + 1);
  if (cJSON_IsString(value)) return cJSON_CreateString("another");
  if (!cJSON_IsArray(value)) return cJSON_CreateNumber(1);
  other = cJSON_CreateArray();
  if (value->child == NULL) cJSON_AddItemToArray(other, cJSON_CreateNull());
  return other;
}

/* The first step that expects this field, altered there; -1 when none does. */
static int alter_first(cJSON* vector, const char* name) {
  cJSON* step;
  int number = 0;
  cJSON_ArrayForEach(step, field(vector, "steps")) {
    cJSON* expect = field(step, "expect");
    if (field(expect, name) != NULL) {
      CHECK(cJSON_ReplaceItemInObjectCaseSensitive(expect, name, altered(field(expect, name))));
      return number;
    }
    ++number;
  }
  return -1;
}

/* Returns how many fields the vector has. */
static int alter_each_field(const cJSON* vector) {
  static const char* const names[] = {"error",   "outcome", "denial",  "wait_kind", "retry_after", "largest_cost", "replayed",
                                      "receipt", "named",   "details", "settled",   "rows",        "events"};
  int known = 0;
  size_t i;
  for (i = 0; i < ROOM(names); ++i) {
    cJSON* copy = cJSON_Duplicate(vector, 1);
    const int step = alter_first(copy, names[i]);
    if (step >= 0) {
      const report found = play(copy);
      ++known;
      CHECK_EQ(step, found.step);
      CHECK(strcmp(names[i], found.field) == 0);
    }
    cJSON_Delete(copy);
  }
  return known;
}

static int play_file(const char* name) {
  char* text = content_of("tests/vectors/", name);
  cJSON* vector = cJSON_Parse(text);
  int known = 0;
  CHECK(vector != NULL);
  if (vector != NULL) {
    const report found = play(vector);
    if (found.step >= 0) fprintf(stderr, "%s: %s\n", name, found.words);
    CHECK_EQ(-1, found.step);
    known = alter_each_field(vector);
  }
  cJSON_Delete(vector);
  free(text);
  return known;
}

int main(void) {
  DIR* folder = opendir(SLUICE_SOURCE_DIR "/tests/vectors");
  const struct dirent* entry;
  int most_fields = 0;
  CHECK(folder != NULL);
  while (folder != NULL && (entry = readdir(folder)) != NULL) {
    const size_t length = strlen(entry->d_name);
    if (length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0) {
      const int fields = play_file(entry->d_name);
      if (fields > most_fields) most_fields = fields;
    }
  }
  if (folder != NULL) closedir(folder);
  CHECK(most_fields >= 11);
  return finish();
}
