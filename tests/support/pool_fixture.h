// SPDX-License-Identifier: Apache-2.0
// Pools on virtual time:
//
//   open(pooled(R"("sticky": true)"));
//   line("+1");
//   EXPECT_EQ(text("acme", "ann").line, "+1");
#pragma once

#include <string>
#include <vector>

#include "tests/support/queue_fixture.h"

namespace sluice::testing {

struct LineIs {
  std::string pool = "p";
  std::vector<std::string> by = {};
  std::string line = {};
  LineState state = LineState::active;
  uint32_t weight = 1;
  Instant paused_until = 0;
  int32_t on_suspend = -1;
  std::string reason = {};
};

// A policy whose "send" of [account, line, recipient] goes by the pool "p"; each line sends one message a second and holds `depth`
// of them. `pool` is what the pool says beside its name, `more` further limits, `charges` what is charged beside.
std::string pooled(const std::string& pool = "", int depth = 100, const std::string& more = "", const std::string& charges = "");

class PoolTest : public QueueTest {
 public:
  Status set(const LineIs& line);
  Status line(const std::string& name, LineState state = LineState::active) { return set({.line = name, .state = state}); }
  void lines(int count);  // "+1", "+2", ...
  LineReport report;      // of the last set()

  // A message that leaves the line to the pool, or brings it.
  Enqueued text(const std::string& account, const std::string& recipient, const std::string& payload = "",
                const std::string& line = "");
  std::string list(const std::string& pool = "p", const std::vector<std::string>& by = {});
  // The line of "acme" to a recipient, as a peek tells.
  std::string line_of(const std::string& recipient);
  // What leaves until then: "line: payload".
  std::vector<std::string> sent(Instant until);
};

}  // namespace sluice::testing
