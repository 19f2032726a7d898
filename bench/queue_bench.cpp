// SPDX-License-Identifier: Apache-2.0
// A message's whole way through the queue of its line: taken in, leased when it is due, acked. Lines send one message a second, and as
// many messages come as go.
#include <benchmark/benchmark.h>

#include "bench/queue_traffic.h"

namespace sluice::bench {
namespace {

void whole_way(benchmark::State& state) {
  const auto lines = static_cast<size_t>(state.range(0));
  Queue queue(lines);
  Sink sink;
  uint64_t random = 1;
  Instant now = queue.fill(2);
  const double per_message = static_cast<double>(queue.memory()) / static_cast<double>(2 * lines);
  const Span step = std::max<Span>(1'000'000'000 / static_cast<Span>(lines), 1);
  size_t done = 0;
  for (auto _ : state) {
    now += step;
    queue.put(next_random(random) % lines, now);
    done += queue.lease_and_ack(now, 1, sink);
  }
  state.counters["bytes"] = per_message;
  state.counters["left"] = static_cast<double>(done) / static_cast<double>(state.iterations());
}
BENCHMARK(whole_way)->Arg(1000)->Arg(100000)->Arg(1000000);

}  // namespace
}  // namespace sluice::bench

BENCHMARK_MAIN();
