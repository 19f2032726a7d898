// SPDX-License-Identifier: Apache-2.0
#include "core/base/allocator.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/support/failing_memory.h"

namespace sluice {
namespace {

TEST(Allocator, CountsExactlyTheBytesGivenOutAndNotReturned) {
  Allocator memory(host_memory(), 1'000);
  void* a = memory.allocate(100);
  void* b = memory.allocate(300);
  EXPECT_EQ(memory.used(), 400u);
  memory.release(a, 100);
  EXPECT_EQ(memory.used(), 300u);
  memory.release(b, 300);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(Allocator, GivesTheLastByteOfTheCapAndNotOneMore) {
  Allocator memory(host_memory(), 1'000);
  void* all = memory.allocate(1'000);
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(memory.allocate(1), nullptr);
  EXPECT_EQ(memory.used(), 1'000u);
  memory.release(all, 1'000);
  EXPECT_EQ(memory.allocate(1'001), nullptr);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(Allocator, DoesNotWrapOnSizesNearTheLargest) {
  Allocator memory(host_memory(), 1'000);
  void* block = memory.allocate(10);
  EXPECT_FALSE(memory.charge(SIZE_MAX));
  EXPECT_FALSE(memory.charge(SIZE_MAX - 5));
  EXPECT_EQ(memory.used(), 10u);
  memory.release(block, 10);
}

TEST(Allocator, DoesNotCountWhatTheHostRefused) {
  testing::FailingMemory host;
  Allocator memory(host.source(), 1'000);
  host.fail_after(0);
  EXPECT_EQ(memory.allocate(10), nullptr);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(Allocator, PassesSizesBackToTheHost) {
  testing::FailingMemory host;  // checks them
  Allocator memory(host.source(), 1'000);
  void* block = memory.allocate(10);
  memory.release(block, 10);
  EXPECT_EQ(host.blocks(), 0u);
}

TEST(Allocator, ReleasingNothingIsANoOp) {
  Allocator memory(host_memory(), 1'000);
  memory.release(nullptr, 100);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(Allocator, CountsMappedMemoryAgainstTheSameCap) {
  Allocator memory(host_memory(), 1'000);
  EXPECT_TRUE(memory.charge(900));
  EXPECT_EQ(memory.allocate(101), nullptr);
  memory.uncharge(900);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(Allocator, NeverExceedsTheCapUnderConcurrentCharges) {
  Allocator memory(host_memory(), 1'000);
  std::atomic<uint64_t> granted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1'000; ++j) granted += memory.charge(1) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(granted.load(), 1'000u);
  EXPECT_EQ(memory.used(), 1'000u);
}

}  // namespace
}  // namespace sluice
