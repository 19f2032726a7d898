// SPDX-License-Identifier: Apache-2.0
// A small lock for critical sections of tens of nanoseconds; after some spins it yields to the kernel.
// Safe to leave zeroed: the unlocked state is zero.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__clang__)
#define SLUICE_CAPABILITY(x) __attribute__((capability(x)))
#define SLUICE_ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define SLUICE_TRY_ACQUIRE() __attribute__((try_acquire_capability(true)))
#define SLUICE_RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))
#define SLUICE_NO_ANALYSIS __attribute__((no_thread_safety_analysis))
#else
#define SLUICE_CAPABILITY(x)
#define SLUICE_ACQUIRE(...)
#define SLUICE_TRY_ACQUIRE()
#define SLUICE_RELEASE(...)
#define SLUICE_NO_ANALYSIS
#endif

namespace sluice {

inline void cpu_relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class SLUICE_CAPABILITY("mutex") SpinLock {
 public:
  void lock() SLUICE_ACQUIRE() {
    if (held_.exchange(1, std::memory_order_acquire) != 0) [[unlikely]]
      contend();
  }
  // Without waiting for whoever holds it.
  bool try_lock() SLUICE_TRY_ACQUIRE() { return (held_.fetch_or(1, std::memory_order_acquire) & 1) == 0; }
  void unlock() SLUICE_RELEASE() { held_.store(0, std::memory_order_release); }

 private:
  // Apart, so that the way of a lock that is free has nothing of it.
  [[gnu::noinline, gnu::cold]] void contend() {
    do {
      for (int spins = 0; held_.load(std::memory_order_relaxed) != 0; ++spins) {
        if (spins < 128) {
          cpu_relax();
        } else {
          std::this_thread::yield();
        }
      }
    } while (held_.exchange(1, std::memory_order_acquire) != 0);
  }

  std::atomic<uint32_t> held_{0};
};

class SpinGuard {
 public:
  struct Held {};

  explicit SpinGuard(SpinLock& lock) SLUICE_NO_ANALYSIS : lock_(lock) { lock_.lock(); }
  // Of a lock that the caller holds.
  SpinGuard(SpinLock& lock, Held) SLUICE_NO_ANALYSIS : lock_(lock) {}
  ~SpinGuard() SLUICE_NO_ANALYSIS { lock_.unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace sluice
