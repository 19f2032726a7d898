// SPDX-License-Identifier: Apache-2.0
// Two lines stand for one number: recipients keep the line that they first got, until it is suspended. A campaign to all of them
// leaves spread over a minute. The clock is manual, so nobody waits.
//   c++ -std=c++17 pool.cpp $(pkg-config --cflags --libs sluice) && ./a.out
#include <cstdint>
#include <cstdio>
#include <sluice/sluice.hpp>

static constexpr char policy[] = R"({
  "name": "pool", "tenant": "account", "line": "line",
  "limits": [
    { "name": "line_pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" }
  ],
  "pools": [ { "name": "shared", "on_suspend": "move_all" } ],
  "operations": [
    { "name": "messages.send", "values": ["account", "line", "recipient"], "pool": "shared",
      "charges": [ { "limit": "line_pace" } ] }
  ]
})";

static constexpr int64_t start = 1'700'000'000'000'000'000;
static constexpr int64_t minute = 60'000'000'000;

// Sends all that comes due.
static void drain(sluice::engine& engine) {
  sluice::leases leased(10);
  for (int64_t due = engine.next_due(); due != INT64_MAX; due = engine.next_due()) {
    engine.set_clock(due);
    engine.lease(leased);
    for (const sluice::lease lease : leased) {
      std::printf("%lld s: %.*s by %.*s\n", static_cast<long long>((due - start) / 1'000'000'000),
                  static_cast<int>(lease.value(2).size()), lease.value(2).data(), static_cast<int>(lease.value(1).size()),
                  lease.value(1).data());
      lease.ack();
    }
  }
}

int main() {
  try {
    sluice_engine_options options = sluice::make_options(policy);
    options.manual_clock = 1;
    options.manual_now = start;
    sluice::engine engine(options);
    const int32_t send = engine.operation_id("messages.send");
    engine.set_line(sluice::line_change("shared", "+15550001"));
    engine.set_line(sluice::line_change("shared", "+15550002"));
    for (const char* recipient : {"ann", "bob", "carol"}) {
      const sluice::enqueued held = engine.enqueue(sluice::request(send, {"acme", {}, recipient}));
      std::printf("%s by %s (%s)\n", recipient, held.line.c_str(), sluice::sticky_name(held.held.sticky));
    }
    const sluice_line_report report =
        engine.set_line(sluice::line_change("shared", "+15550001").state(SLUICE_LINE_SUSPENDED).reason("reported as spam"));
    std::printf("suspended: %llu moved\n%s\n", static_cast<unsigned long long>(report.moved), engine.lines("shared").c_str());

    sluice_campaign_options terms = sluice::make_campaign_options("acme", "spring");
    terms.duration = minute;
    terms.share = 10'000;
    const sluice::campaign campaign = engine.create_campaign(terms);
    for (const char* recipient : {"ann", "bob", "carol"}) {
      if (!engine.enqueue(sluice::request(send, {"acme", {}, recipient}), campaign.message("spring is here"))) return 1;
    }
    campaign.seal();
    drain(engine);
    std::printf("%s\n", sluice::campaign_state_name(campaign.status().state));
    return campaign.status().state == SLUICE_CAMPAIGN_FINISHED ? 0 : 1;
  } catch (const sluice::error& error) {
    std::fprintf(stderr, "%s: %s\n", error.name(), error.what());
    return 1;
  }
}
