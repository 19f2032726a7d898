/* SPDX-License-Identifier: Apache-2.0 */
/* What a server answers: every decision as status, headers and body, in the words of the policy.
 *   cc -std=c99 http.c $(pkg-config --cflags --libs sluice) && ./a.out */
#include <sluice/sluice.h>
#include <stdio.h>

static const char policy[] =
    "{\n"
    "  \"name\": \"http\", \"tenant\": \"account\",\n"
    "  \"limits\": [\n"
    "    { \"name\": \"minute\", \"scope\": [\"account\"], \"kind\": \"window\", \"period\": \"60s from first\", \"amount\": 2 "
    "}\n"
    "  ],\n"
    "  \"operations\": [\n"
    "    { \"name\": \"messages.send\", \"values\": [\"account\"], \"charges\": [ { \"limit\": \"minute\" } ] }\n"
    "  ],\n"
    "  \"dialect\": {\n"
    "    \"headers\": { \"X-RateLimit-Remaining\": \"{minute.remaining}\" },\n"
    "    \"answers\": {\n"
    "      \"denied\": { \"status\": 429, \"headers\": { \"Retry-After\": \"{retry_after}\" },\n"
    "        \"body\": { \"error\": \"rate_limited\", \"retry_after\": \"{retry_after}\" } }\n"
    "    }\n"
    "  }\n"
    "}\n";

static void print(const sluice_http* http) {
  uint32_t i;
  printf("HTTP/1.1 %d\n", (int)http->status);
  for (i = 0; i < http->header_count; ++i) {
    const sluice_header* header = &http->headers[i];
    printf("%.*s: %.*s\n", (int)header->name.len, (const char*)header->name.ptr, (int)header->value.len,
           (const char*)header->value.ptr);
  }
  if (http->body.len != 0) printf("\n%.*s\n", (int)http->body.len, (const char*)http->body.ptr);
}

int main(void) {
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  sluice_error error = SLUICE_ERROR_INIT;
  sluice_request request = SLUICE_REQUEST_INIT;
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_http http = SLUICE_HTTP_INIT;
  sluice_bytes account = {"acme", 4};
  sluice_detail rows[32]; /* the dialect tells of a limit by its name */
  sluice_header headers[80];
  char buffer[4096];
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
  decision.details = rows;
  decision.detail_capacity = sizeof(rows) / sizeof(rows[0]);
  http.headers = headers;
  http.header_capacity = sizeof(headers) / sizeof(headers[0]);
  http.buffer = buffer;
  http.buffer_size = sizeof(buffer);

  for (i = 0; i < 3; ++i) {
    sluice_decide(engine, &request, &decision); /* a failure is answered, too */
    if (sluice_answer(engine, &decision, NULL, &http, &error) < 0) {
      fprintf(stderr, "%s\n", error.message);
      return 1;
    }
    print(&http);
  }
  return sluice_engine_destroy(engine) == SLUICE_OK && http.status == 429 ? 0 : 1;
}
