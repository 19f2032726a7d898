// SPDX-License-Identifier: Apache-2.0
#include "tests/support/pool_fixture.h"

namespace sluice::testing {

std::string pooled(const std::string& pool, int depth, const std::string& more, const std::string& charges) {
  return R"({ "name": "pooled", "tenant": "account", "line": "line",
    "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" },
                { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": )" +
         std::to_string(depth) + " }" + (more.empty() ? "" : ", " + more) + R"( ],
    "pools": [ { "name": "p")" +
         (pool.empty() ? "" : ", " + pool) + R"( } ],
    "operations": [
      { "name": "send", "values": ["account", "line", "recipient"], "pool": "p",
        "charges": [ { "limit": "pace" }, { "limit": "queued", "while": "queued" })" +
         (charges.empty() ? "" : ", " + charges) + R"( ] },
      { "name": "got", "values": ["account", "line", "recipient"], "pool": "p", "charges": [ { "limit": "pace", "charge": "forced" } ] },
      { "name": "own", "values": ["account", "line", "recipient"],
        "charges": [ { "limit": "pace" }, { "limit": "queued", "while": "queued" } ] } ] })";
}

Status PoolTest::set(const LineIs& line) {
  const std::vector<Bytes> by(line.by.begin(), line.by.end());
  LineChange change;
  change.pool = line.pool;
  change.by = by;
  change.line = line.line;
  change.weight = line.weight;
  change.state = line.state;
  change.paused_until = line.paused_until;
  change.on_suspend = line.on_suspend;
  change.reason = line.reason;
  error.clear();
  report = {};
  return Engine::set_line(handle, change, kEngineClock, &report, &error);
}

void PoolTest::lines(int count) {
  for (int i = 1; i <= count; ++i) ASSERT_EQ(line("+" + std::to_string(i)), Status::ok) << error;
}

Enqueued PoolTest::text(const std::string& account, const std::string& recipient, const std::string& payload,
                        const std::string& line) {
  return put({.values = {account, line, recipient}, .payload = payload});
}

std::string PoolTest::list(const std::string& pool, const std::vector<std::string>& by) {
  const std::vector<Bytes> values(by.begin(), by.end());
  std::string json;
  EXPECT_EQ(Engine::list_lines(handle, pool, values, kEngineClock, &json, &error), Status::ok) << error;
  return json;
}

std::string PoolTest::line_of(const std::string& recipient) {
  return put({.values = {"acme", "", recipient}, .flags = flag::peek}).line;
}

std::vector<std::string> PoolTest::sent(Instant until) {
  std::vector<std::string> left;
  for (Instant due = next_due(); due < until; due = next_due()) {
    if (due > now()) set_clock(due);
    for (const Leased& one : lease(100)) {
      left.push_back(one.values[1] + ": " + one.payload);
      EXPECT_EQ(ack(one), Status::ok);
    }
  }
  return left;
}

}  // namespace sluice::testing
