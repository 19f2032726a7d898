// SPDX-License-Identifier: Apache-2.0
// A thread that sleeps for as long as it lives. While a process has one thread glibc leaves the locked instructions out of its
// mutexes; no limiter in a service ever sees that, so no measurement here does.
#pragma once

#include <latch>
#include <thread>

namespace sluice::bench {

class SecondThread {
 public:
  SecondThread() = default;
  ~SecondThread() {
    done_.count_down();
    thread_.join();
  }
  SecondThread(const SecondThread&) = delete;
  SecondThread& operator=(const SecondThread&) = delete;

 private:
  std::latch done_{1};
  std::thread thread_{[this] { done_.wait(); }};
};

}  // namespace sluice::bench
