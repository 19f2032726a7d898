/* SPDX-License-Identifier: Apache-2.0 */
/* What programs share that tell of one policy: the error of the last call, what it must say, and an engine that stands at START. */
#ifndef SLUICE_TESTS_CAPI_STORY_H
#define SLUICE_TESTS_CAPI_STORY_H

#include "fixture.h"

static sluice_error error = SLUICE_ERROR_INIT;

static inline void said(const char* words, const char* file, int line) {
  if (strcmp(error.message, words) != 0) fprintf(stderr, "%s:%d: it says: %s\n", file, line, error.message);
  check_that(strcmp(error.message, words) == 0, words, file, line);
  error.message[0] = '\0';
}
#define SAID(words) said(words, __FILE__, __LINE__)

static inline sluice_engine engine_of(const char* policy) {
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  sluice_engine engine = 0;
  options.policy = policy;
  options.policy_len = SLUICE_STRLEN;
  options.manual_clock = 1;
  options.manual_now = START;
  options.shards = 16;
  if (sluice_engine_create(&options, &engine, &error) != SLUICE_OK) fprintf(stderr, "%s\n", error.message);
  CHECK(engine != 0);
  return engine;
}

#endif
