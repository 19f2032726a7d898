// SPDX-License-Identifier: Apache-2.0
// A lock that many hold together and seldom one alone: holding it together is one addition, and letting go another. By the names of
// std::shared_mutex, whose calls cost several times as much.
//
// 1. Who wants it alone waits for those who hold it, and all who come meanwhile wait for him: he is not kept waiting for ever.
// 2. Who holds it together with others must not ask for it once more but by try_lock_shared().
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace sluice {

class SharedLock {
 public:
  void lock_shared() {
    if ((state_.fetch_add(1, std::memory_order_acquire) & kAlone) != 0) [[unlikely]]
      wait_shared();
  }
  bool try_lock_shared() {
    if ((state_.fetch_add(1, std::memory_order_acquire) & kAlone) == 0) [[likely]]
      return true;
    unlock_shared();
    return false;
  }
  void unlock_shared() {
    if (state_.fetch_sub(1, std::memory_order_release) == (kAlone | 1)) [[unlikely]]
      state_.notify_all();
  }

  void lock() {
    alone_.lock();
    for (uint32_t state = state_.fetch_or(kAlone, std::memory_order_acquire) | kAlone; state != kAlone;
         state = state_.load(std::memory_order_acquire)) {
      state_.wait(state, std::memory_order_acquire);
    }
  }
  void unlock() {
    state_.fetch_and(~kAlone, std::memory_order_release);
    alone_.unlock();
  }

 private:
  static constexpr uint32_t kAlone = uint32_t{1} << 31;

  [[gnu::noinline, gnu::cold]] void wait_shared() {
    unlock_shared();
    const std::lock_guard after_him(alone_);
    state_.fetch_add(1, std::memory_order_acquire);
  }

  std::atomic<uint32_t> state_{0};  // how many hold it together, and kAlone
  std::mutex alone_;
};

}  // namespace sluice
