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

struct Course {
  Queue& queue;
  Instant now;
  uint64_t random = 7;
  size_t done = 0;
};

[[gnu::noinline]] void run(Course& course, size_t messages) {
  Queue& queue = course.queue;
  const Span step = std::max<Span>(1'000'000'000 / static_cast<Span>(queue.lines()), 1);
  Sink sink;
  for (size_t i = 0; i < messages; ++i) {
    course.now += step;
    queue.put(next_random(course.random) % queue.lines(), course.now);
    course.done += queue.lease_and_ack(course.now, 1, sink);
  }
}

// What is counted: everything below a function whose name ends in "counted".
[[gnu::noinline]] void single_counted(Course& course, size_t messages) { run(course, messages); }

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
  Course course{queue, queue.fill(2)};
  run(course, queue.lines());  // once round: each line's timer has found its place
  single_counted(course, messages);
  std::printf("%zu\n", course.done);
  return 0;
}
