// SPDX-License-Identifier: Apache-2.0
// A message's whole way through the queue of its line: taken in, leased when it is due, acked. Lines send one message a second, and as
// many messages come as go.
#include <benchmark/benchmark.h>

#include "bench/queue_floor.h"
#include "bench/queue_parked.h"
#include "bench/queue_traffic.h"

namespace sluice::bench {
namespace {

template <bool kMany>
void whole_way(benchmark::State& state) {
  const auto lines = static_cast<size_t>(state.range(0));
  Queue queue(lines);
  Sink sink;
  uint64_t random = 1;
  Instant now = queue.fill(2);
  const double per_message = static_cast<double>(queue.memory()) / static_cast<double>(2 * lines);
  constexpr size_t kAtOnce = kMany ? kQueueGroup : 1;
  const Span step = std::max<Span>(1'000'000'000 * static_cast<Span>(kAtOnce) / static_cast<Span>(lines), 1);
  size_t done = 0, put[kAtOnce];
  for (auto _ : state) {
    now += step;
    for (size_t& line : put) line = next_random(random) % lines;
    if (kMany) {
      queue.put_many(put, kAtOnce, now);
    } else {
      queue.put(put[0], now);
    }
    done += queue.lease_and_ack(now, kAtOnce, sink);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kAtOnce));
  state.counters["bytes"] = per_message;
  state.counters["left"] = static_cast<double>(done) / static_cast<double>(state.iterations() * static_cast<int64_t>(kAtOnce));
}
// What a message takes of the cap beside its payload, a thousand deep on a thousand lines.
void deep(benchmark::State& state) {
  for (auto _ : state) {
    Queue queue(1000);
    queue.fill(1000);
    state.counters["bytes"] = static_cast<double>(queue.memory()) / 1e6 - kQueuePayload.size();
  }
}
// The same messages, and nothing done but touching what they must.
template <bool kMany>
void floor(benchmark::State& state) {
  const auto lines = static_cast<size_t>(state.range(0));
  QueueFloor floor(lines);
  uint64_t random = 1;
  constexpr size_t kAtOnce = kMany ? kQueueGroup : 1;
  size_t put[kAtOnce], done = 0;
  for (auto _ : state) {
    for (size_t& line : put) line = next_random(random) % lines;
    if (kMany) floor.fetch(put, kAtOnce);
    for (const size_t line : put) floor.put(line);
    if (kMany) floor.fetch_turns(kAtOnce);
    for (size_t i = 0; i < kAtOnce; ++i) done += floor.lease_and_ack();
  }
  benchmark::DoNotOptimize(done);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kAtOnce));
}

// What a free message costs behind so many that wait for their own pair, on one line.
void parked(benchmark::State& state) {
  ParkedLine line(static_cast<size_t>(state.range(0)));
  for (auto _ : state) line.send_a_free_one();
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(deep)->Iterations(1)->Unit(benchmark::kMillisecond);

BENCHMARK(whole_way<false>)->Name("single")->Arg(1000)->Arg(100000)->Arg(1000000);
BENCHMARK(whole_way<true>)->Name("batch")->Arg(1000)->Arg(100000)->Arg(1000000);
BENCHMARK(floor<false>)->Name("single-floor")->Arg(1000)->Arg(100000)->Arg(1000000);
BENCHMARK(floor<true>)->Name("batch-floor")->Arg(1000)->Arg(100000)->Arg(1000000);
BENCHMARK(parked)->Arg(0)->Arg(100)->Arg(10000);

}  // namespace
}  // namespace sluice::bench

BENCHMARK_MAIN();
