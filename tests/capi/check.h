/* SPDX-License-Identifier: Apache-2.0 */
/* All the framework these programs have: CHECK(x) counts, finish() prints "N passed, N failed" and is what main returns. */
#ifndef SLUICE_TESTS_CAPI_CHECK_H
#define SLUICE_TESTS_CAPI_CHECK_H

#include <stdio.h>

static int check_passed, check_failed;

static inline void check_that(int holds, const char* what, const char* file, int line) {
  if (holds) {
    ++check_passed;
    return;
  }
  ++check_failed;
  fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

static inline void check_equal(long long expected, long long actual, const char* what, const char* file, int line) {
  if (expected != actual) fprintf(stderr, "%s:%d: %lld, not %lld\n", file, line, actual, expected);
  check_that(expected == actual, what, file, line);
}

#define CHECK(condition) check_that((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_EQ(expected, actual) check_equal((long long)(expected), (long long)(actual), #actual, __FILE__, __LINE__)

static inline int finish(void) {
  printf("%d passed, %d failed\n", check_passed, check_failed);
  return check_failed != 0;
}

#endif
