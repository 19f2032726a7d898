/* SPDX-License-Identifier: Apache-2.0 */
/* A child of fork cannot use its parent's engine, and can have its own; the parent notices nothing. */
#define _POSIX_C_SOURCE 200809L

#include <sys/wait.h>
#include <unistd.h>

#include "every_call.h"

static void as_child(sluice_engine inherited) {
  sluice_engine own;
  every_call(inherited, SLUICE_E_FORKED);
  CHECK_EQ(SLUICE_E_FORKED, sluice_engine_destroy(inherited));
  every_call(0, SLUICE_E_HANDLE);
  own = fixture_engine();
  CHECK(sluice_operation_id(own, "send", 4) >= 0);
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(own));
}

int main(void) {
  const sluice_engine engine = fixture_engine();
  const sluice_bytes account = key("acme");
  const sluice_request request = request_of(engine, "send", &account, 1);
  int state = -1;
  pid_t child;
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, NULL));
  fflush(stdout);
  child = fork();
  if (child == 0) {
    as_child(engine);
    _exit(finish());
  }
  CHECK(child > 0 && waitpid(child, &state, 0) == child);
  CHECK(WIFEXITED(state) && WEXITSTATUS(state) == 0);
  CHECK_EQ(SLUICE_OK, sluice_decide(engine, &request, NULL));
  CHECK_EQ(SLUICE_OK, sluice_engine_destroy(engine));
  return finish();
}
