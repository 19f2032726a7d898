/* SPDX-License-Identifier: Apache-2.0 */
/* What programs share that tell of one policy: the error of the last call, and what it must say. */
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

#endif
