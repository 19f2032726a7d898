// SPDX-License-Identifier: Apache-2.0
// A fixed set of messages for a tool that counts instructions: same lines, same times, in every run.
//
//   queue_count MESSAGES LINES
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "bench/queue_traffic.h"

namespace sluice::bench {
namespace {

// What is counted: everything below a function whose name ends in "counted".
[[gnu::noinline]] size_t single_counted(Queue& queue, size_t messages, Instant now, uint64_t random) {
  const Span step = std::max<Span>(1'000'000'000 / static_cast<Span>(queue.lines()), 1);
  Sink sink;
  size_t done = 0;
  for (size_t i = 0; i < messages; ++i) {
    now += step;
    queue.put(next_random(random) % queue.lines(), now);
    done += queue.lease_and_ack(now, 1, sink);
  }
  return done;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  using namespace sluice::bench;
  if (argc != 3) {
    std::fprintf(stderr, "usage: queue_count MESSAGES LINES\n");
    return 2;
  }
  const size_t messages = std::strtoull(argv[1], nullptr, 10);
  Queue queue(std::strtoull(argv[2], nullptr, 10));
  const sluice::Instant now = queue.fill(2);
  std::printf("%zu\n", single_counted(queue, messages, now, 7));
  return 0;
}
