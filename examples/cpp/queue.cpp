// SPDX-License-Identifier: Apache-2.0
// One message a second from each line; three are accepted at once and leave at their time. The clock is manual, so nobody waits.
//   c++ -std=c++17 queue.cpp $(pkg-config --cflags --libs sluice) && ./a.out
#include <cstdint>
#include <cstdio>
#include <sluice/sluice.hpp>

static constexpr char policy[] = R"({
  "name": "queue", "tenant": "account", "line": "line",
  "limits": [
    { "name": "line_pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" }
  ],
  "operations": [
    { "name": "messages.send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "line_pace" } ] }
  ]
})";

static constexpr int64_t start = 1'700'000'000'000'000'000;

int main() {
  try {
    sluice_engine_options options = sluice::make_options(policy);
    options.manual_clock = 1;
    options.manual_now = start;
    sluice::engine engine(options);
    const sluice::request send(engine.operation_id("messages.send"), {"acme", "+15550001", "+15550002"});
    for (const char* text : {"one", "two", "three"}) {
      const sluice::enqueued answer = engine.enqueue(send, text);
      if (!answer) return 1;
      std::printf("held, %llu on the line\n", static_cast<unsigned long long>(answer.held.depth));
    }

    sluice::leases leased(10);  // its memory serves every round
    for (int64_t due = engine.next_due(); due != INT64_MAX; due = engine.next_due()) {
      engine.set_clock(due);
      engine.lease(leased);
      for (const sluice::lease lease : leased) {
        const std::string_view payload = lease.payload();
        std::printf("%lld ms: %.*s\n", static_cast<long long>((due - start) / 1'000'000), static_cast<int>(payload.size()),
                    payload.data());
        lease.ack();
      }
    }
    return 0;
  } catch (const sluice::error& error) {
    std::fprintf(stderr, "%s: %s\n", error.name(), error.what());
    return 1;
  }
}
