// SPDX-License-Identifier: Apache-2.0
// The one source of memory for what hangs off a record, injectable and counted against the engine's cap.
//
// 1. allocate() returns nullptr when the cap or the host says no; it never throws.
// 2. `used` counts exactly the bytes given out and not yet returned; callers pass the size back on release.
// Threads: any thread, concurrently.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sluice {

struct MemorySource {
  void* (*alloc)(size_t size, void* ctx) = nullptr;
  void (*free)(void* block, size_t size, void* ctx) = nullptr;
  void* ctx = nullptr;
};

// malloc and free.
MemorySource host_memory();

class Allocator {
 public:
  Allocator(MemorySource source, uint64_t cap) : source_(source), cap_(cap) {}
  // The same memory, counted there, beyond its cap.
  struct Uncapped {};
  Allocator(Allocator& of, Uncapped) : source_(of.source_), cap_(UINT64_MAX), used_(of.used_) {}
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  void* allocate(size_t size);
  void release(void* block, size_t size);

  // Counts memory that came from elsewhere (mapped blocks) against the same cap; false when it does not fit.
  // `beyond_cap` is for what is small, bounded, and needed to serve at the cap.
  bool charge(size_t size, bool beyond_cap = false);
  void uncharge(size_t size) { used_.fetch_sub(size, std::memory_order_relaxed); }

  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t cap() const { return cap_; }

 private:
  const MemorySource source_;
  const uint64_t cap_;
  std::atomic<uint64_t> own_{0};
  std::atomic<uint64_t>& used_ = own_;
};

}  // namespace sluice
