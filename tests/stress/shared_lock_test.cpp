// SPDX-License-Identifier: Apache-2.0
// The lock that many hold together: nobody sees what one alone is in the middle of, and nobody waits for ever.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "core/base/shared_lock.h"

namespace sluice {
namespace {

constexpr int kRounds = 20'000;

// Two numbers that are equal whenever nobody has the lock alone; plain, so that a race is one for the race detector too.
struct Pair {
  SharedLock lock;
  uint64_t first = 0, second = 0;
};

void change(Pair& pair) {
  for (int i = 0; i < kRounds / 10; ++i) {
    const std::unique_lock alone(pair.lock);
    ++pair.first;
    ++pair.second;
  }
}

uint64_t look(Pair& pair, bool patiently) {
  uint64_t uneven = 0;
  for (int i = 0; i < kRounds; ++i) {
    std::shared_lock together(pair.lock, std::defer_lock);
    if (patiently) {
      together.lock();
    } else if (!together.try_lock()) {
      continue;
    }
    uneven += pair.first != pair.second;
  }
  return uneven;
}

TEST(SharedLockTest, NobodySeesWhatOneAloneIsInTheMiddleOf) {
  Pair pair;
  std::atomic<uint64_t> uneven{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&, i] { uneven += look(pair, i != 0); });
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { change(pair); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(uneven, 0u);
  EXPECT_EQ(pair.first, 2u * (kRounds / 10));
  EXPECT_EQ(pair.second, pair.first);
}

TEST(SharedLockTest, WhoAsksWithoutWaitingIsToldWhileOneHasItAlone) {
  SharedLock lock;
  lock.lock();
  EXPECT_FALSE(lock.try_lock_shared());
  lock.unlock();
  EXPECT_TRUE(lock.try_lock_shared());
  EXPECT_TRUE(lock.try_lock_shared()) << "many hold it together";
  lock.unlock_shared();
  lock.unlock_shared();
}

TEST(SharedLockTest, WhoWantsItAloneComesWhenTheLastHasLetGo) {
  SharedLock lock;
  std::atomic<bool> has_it{false};
  lock.lock_shared();
  std::thread other([&] {
    const std::unique_lock alone(lock);
    has_it = true;
  });
  while (lock.try_lock_shared()) lock.unlock_shared();  // until the other waits
  EXPECT_FALSE(has_it);
  lock.unlock_shared();
  other.join();
  EXPECT_TRUE(has_it);
}

}  // namespace
}  // namespace sluice
