// SPDX-License-Identifier: Apache-2.0
// Threads that begin together.
#pragma once

#include <barrier>
#include <thread>
#include <utility>
#include <vector>

namespace sluice::testing {

// fn(thread) in `count` threads.
template <class Fn>
void together(int count, Fn&& fn) {
  std::barrier start(count);
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      fn(t);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace sluice::testing
