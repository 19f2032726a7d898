/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of tests/vectors/http, played over sluice.h: status, headers and body as one text, byte for byte. */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "sluice/sluice.h"

#define ROOM(array) (sizeof(array) / sizeof((array)[0]))

typedef struct player {
  sluice_engine engine;
  char wire[8192]; /* of the last answer, NUL-terminated */
  size_t length;
  int answered;
  int retry;
  int64_t retry_after;
} player;

/* ---- reading -------------------------------------------------------------------------------------------------------------- */

/* A file below the root of the repository; the caller frees it. */
static char* content_of(const char* folder, const char* name) {
  static char text[1 << 20];
  char path[4096];
  char* copy = NULL;
  size_t size;
  FILE* file;
  snprintf(path, sizeof(path), "%s/%s%s", SLUICE_SOURCE_DIR, folder, name);
  file = fopen(path, "rb");
  CHECK(file != NULL);
  if (file == NULL) return NULL;
  size = fread(text, 1, sizeof(text) - 1, file);
  fclose(file);
  copy = calloc(size + 1, 1);
  if (copy != NULL) memcpy(copy, text, size);
  return copy;
}

static cJSON* field(const cJSON* object, const char* name) { return cJSON_GetObjectItemCaseSensitive(object, name); }
static const char* text_of(const cJSON* object, const char* name) { return cJSON_GetStringValue(field(object, name)); }
static int64_t nanoseconds_of(const cJSON* object, const char* name) { return strtoll(text_of(object, name), NULL, 10); }

static uint32_t all_bytes_of(const cJSON* texts, sluice_bytes* out, size_t room) {
  const cJSON* text;
  uint32_t count = 0;
  cJSON_ArrayForEach(text, texts) {
    if (count == room) break;
    out[count].ptr = text->valuestring;
    out[count++].len = strlen(text->valuestring);
  }
  return count;
}

static uint32_t dialects_of(const cJSON* words) {
  static const char* const names[] = {"policy", "x-ratelimit", "x-ratelimit-delta", "ratelimit", "retry-ms", "problem"};
  const cJSON* word;
  uint32_t all = 0;
  size_t i;
  cJSON_ArrayForEach(word, words) {
    for (i = 0; i < ROOM(names); ++i) {
      if (strcmp(names[i], word->valuestring) == 0) all |= (uint32_t)1 << i;
    }
  }
  return all;
}

static size_t given_of(const cJSON* texts, sluice_given* out, size_t room) {
  const cJSON* text;
  size_t count = 0;
  cJSON_ArrayForEach(text, texts) {
    if (count == room) break;
    out[count].name = text->string;
    out[count].name_len = SLUICE_STRLEN;
    out[count].text = text->valuestring;
    out[count++].text_len = SLUICE_STRLEN;
  }
  return count;
}

/* ---- answers -------------------------------------------------------------------------------------------------------------- */

static void append(player* p, const void* bytes, size_t length) {
  CHECK(p->length + length < sizeof(p->wire));
  if (length != 0) memcpy(p->wire + p->length, bytes, length);
  p->length += length;
  p->wire[p->length] = '\0';
}

static void tell(player* p, const sluice_http* http) {
  char status[16];
  uint32_t i;
  p->length = 0;
  append(p, status, (size_t)snprintf(status, sizeof(status), "%d\n", (int)http->status));
  for (i = 0; i < http->header_count; ++i) {
    append(p, http->headers[i].name.ptr, http->headers[i].name.len);
    append(p, ": ", 2);
    append(p, http->headers[i].value.ptr, http->headers[i].value.len);
    append(p, "\n", 1);
  }
  if (http->body.len != 0) append(p, "\n", 1);
  append(p, http->body.ptr, http->body.len);
  p->answered = 1;
  p->retry = http->retry != 0;
  p->retry_after = http->retry_after;
}

static void decide(player* p, const cJSON* step, sluice_request* request, sluice_decision* decision) {
  const cJSON* times = field(step, "times");
  int left = times == NULL ? 1 : times->valueint;
  while (left-- > 0) sluice_decide(p->engine, request, decision);
}

static void answer(player* p, const cJSON* step) {
  sluice_bytes values[16];
  sluice_given given[8];
  sluice_detail rows[32];
  sluice_header headers[80];
  char buffer[4096];
  uint64_t quantity = 0;
  sluice_request request = SLUICE_REQUEST_INIT;
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_answer_terms terms = SLUICE_ANSWER_TERMS_INIT;
  sluice_http http = SLUICE_HTTP_INIT;
  const char* status = text_of(step, "status");
  terms.dialects = dialects_of(field(step, "dialects"));
  terms.given_count = given_of(field(step, "given"), given, ROOM(given));
  terms.given = given;
  http.headers = headers;
  http.header_capacity = ROOM(headers);
  http.buffer = buffer;
  http.buffer_size = sizeof(buffer);
  if (status != NULL) {
    while (decision.status > SLUICE_E_INTERNAL && strcmp(sluice_status_name(decision.status), status) != 0) --decision.status;
  } else {
    request.operation = sluice_operation_id(p->engine, text_of(step, "operation"), SLUICE_STRLEN);
    request.values = values;
    request.value_count = all_bytes_of(field(step, "values"), values, ROOM(values));
    if (field(step, "quantities") != NULL) {
      quantity = (uint64_t)cJSON_GetArrayItem(field(step, "quantities"), 0)->valuedouble;
      request.quantities = &quantity;
      request.quantity_count = 1;
    }
    decision.details = rows;
    decision.detail_capacity = ROOM(rows);
    decide(p, step, &request, &decision);
    terms.request = &request;
  }
  CHECK_EQ(SLUICE_OK, sluice_answer(p->engine, &decision, &terms, &http, NULL));
  tell(p, &http);
}

static void answer_usage(player* p, const sluice_subject* subject) {
  sluice_header headers[80];
  char buffer[4096];
  sluice_http http = SLUICE_HTTP_INIT;
  http.headers = headers;
  http.header_capacity = ROOM(headers);
  http.buffer = buffer;
  http.buffer_size = sizeof(buffer);
  CHECK_EQ(SLUICE_OK, sluice_answer_usage(p->engine, subject, SLUICE_NOW, NULL, &http, NULL));
  tell(p, &http);
}

static void configure(const player* p, const cJSON* step, const sluice_subject* subject) {
  const cJSON* with = field(step, "with");
  const char* call = text_of(step, "call");
  const int32_t limit = field(with, "limit") == NULL ? 0 : sluice_limit_id(p->engine, text_of(with, "limit"), SLUICE_STRLEN);
  sluice_status status = SLUICE_E_INTERNAL;
  if (strcmp(call, "set_plan") == 0) {
    status = sluice_set_plan(p->engine, subject, text_of(with, "plan"), SLUICE_STRLEN, SLUICE_NOW, NULL);
  } else if (strcmp(call, "set_usage") == 0) {
    status = sluice_set_usage(p->engine, limit, subject, (uint64_t)field(with, "used")->valuedouble, SLUICE_NOW, NULL);
  } else if (strcmp(call, "report_throttled") == 0) {
    status = sluice_report_throttled(p->engine, limit, subject, nanoseconds_of(with, "retry_after"), SLUICE_NOW, NULL);
  }
  CHECK_EQ(SLUICE_OK, status);
}

static void play_one(player* p, const cJSON* step) {
  sluice_bytes values[4];
  sluice_subject subject;
  const cJSON* with = field(step, "with");
  p->answered = 0;
  CHECK_EQ(SLUICE_OK, sluice_set_clock(p->engine, nanoseconds_of(step, "now")));
  if (with == NULL) {
    answer(p, step);
    return;
  }
  subject.scope = text_of(with, "scope");
  subject.scope_len = SLUICE_STRLEN;
  subject.values = values;
  subject.value_count = all_bytes_of(field(with, "subject"), values, ROOM(values));
  if (strcmp(text_of(step, "call"), "answer_usage") == 0) {
    answer_usage(p, &subject);
  } else {
    configure(p, step, &subject);
  }
}

static int agrees(const player* p, const cJSON* expect) {
  const char* wait = text_of(expect, "retry_after");
  if (expect == NULL || !p->answered) return expect == NULL && !p->answered;
  return cJSON_GetArraySize(expect) == 3 && strcmp(p->wire, text_of(expect, "wire")) == 0 &&
         p->retry == (cJSON_IsTrue(field(expect, "retry")) != 0) &&
         p->retry_after == (wait == NULL ? 0 : strtoll(wait, NULL, 10));
}

/* The first step that is not answered as expected; -1: all are. */
static int play(const cJSON* vector, player* p) {
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  const char* file = text_of(vector, "policy_file");
  char* policy = file == NULL ? NULL : content_of("", file);
  const cJSON* step;
  int number = 0, wrong = -1;
  options.policy = policy != NULL ? policy : text_of(vector, "policy_text");
  options.policy_len = SLUICE_STRLEN;
  options.stance = text_of(vector, "stance");
  options.stance_len = SLUICE_STRLEN;
  options.manual_clock = 1;
  options.manual_now = nanoseconds_of(vector, "start");
  CHECK_EQ(SLUICE_OK, sluice_engine_create(&options, &p->engine, NULL));
  free(policy);
  cJSON_ArrayForEach(step, field(vector, "steps")) {
    play_one(p, step);
    if (!agrees(p, field(step, "expect"))) {
      wrong = number;
      break;
    }
    ++number;
  }
  sluice_engine_destroy(p->engine);
  return wrong;
}

/* One byte of each expected answer is made another, and the step must be found. */
static void alter_each_answer(cJSON* vector, player* p) {
  cJSON* step;
  int number = 0;
  cJSON_ArrayForEach(step, field(vector, "steps")) {
    cJSON* expect = field(step, "expect");
    if (expect != NULL) {
      char* wire = field(expect, "wire")->valuestring;
      char* last = wire + strlen(wire) - 1;
      const char kept = *last;
      *last = kept == 'x' ? 'y' : 'x';
      CHECK_EQ(number, play(vector, p));
      *last = kept;
    }
    ++number;
  }
}

static void play_file(const char* name, player* p) {
  char* text = content_of("tests/vectors/http/", name);
  cJSON* vector = text == NULL ? NULL : cJSON_Parse(text);
  CHECK(vector != NULL);
  if (vector != NULL) {
    const int wrong = play(vector, p);
    if (wrong >= 0) fprintf(stderr, "%s, step %d:\n%s\n", name, wrong, p->wire);
    CHECK_EQ(-1, wrong);
    alter_each_answer(vector, p);
  }
  cJSON_Delete(vector);
  free(text);
}

int main(void) {
  static player p;
  DIR* folder = opendir(SLUICE_SOURCE_DIR "/tests/vectors/http");
  const struct dirent* entry;
  int files = 0;
  CHECK(folder != NULL);
  while (folder != NULL && (entry = readdir(folder)) != NULL) {
    if (strstr(entry->d_name, ".json") == NULL) continue;
    play_file(entry->d_name, &p);
    ++files;
  }
  if (folder != NULL) closedir(folder);
  CHECK(files >= 6);
  return finish();
}
