// SPDX-License-Identifier: Apache-2.0
#include "core/engine/receipt.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice {
namespace {

Receipt until(Instant expires) {
  Receipt receipt;
  receipt.expires = expires;
  receipt.items.resize(1);
  receipt.items[0].key = "a subject whose name does not fit into a short string";
  receipt.items[0].values = {1, 2, 3};
  return receipt;
}

TEST(ReceiptBook, FindsAReceiptUntilItEndsOrExpires) {
  Allocator memory(host_memory(), 1 << 20);
  ReceiptBook book;
  const uint64_t id = book.add(until(100), 7, memory);
  EXPECT_EQ(ReceiptBook::shard_of(id), 7u);
  EXPECT_LT(id, uint64_t{1} << 53);
  EXPECT_NE(book.find(id, 99), nullptr);
  EXPECT_EQ(book.find(id, 100), nullptr);
  EXPECT_EQ(book.find(id + 1, 0), nullptr);
  book.end(id, memory);
  EXPECT_EQ(book.find(id, 0), nullptr);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(ReceiptBook, NeverGivesANumberTwice) {
  Allocator memory(host_memory(), 1 << 20);
  ReceiptBook book;
  uint64_t last = 0;
  for (int i = 0; i < 1'000; ++i) {
    const uint64_t id = book.add(until(100), 0, memory);
    EXPECT_GT(id, last);
    last = id;
    if (i % 3 == 0) book.end(id, memory);
  }
}

TEST(ReceiptBook, CountsWhatItHoldsAgainstTheCapAndRefusesMore) {
  Allocator memory(host_memory(), 2'000);
  ReceiptBook book;
  size_t count = 0;
  while (book.add(until(100), 0, memory) != 0) ASSERT_LT(++count, 100u);
  EXPECT_GT(count, 1u);
  EXPECT_LE(memory.used(), 2'000u);
  EXPECT_EQ(book.size(), count);
  book.expire(100, count, memory);
  EXPECT_EQ(book.size(), 0u);
  EXPECT_EQ(memory.used(), 0u);
}

TEST(ReceiptBook, ExpiresNoMoreThanAskedAndNoneThatLive) {
  Allocator memory(host_memory(), 1 << 20);
  ReceiptBook book;
  for (Instant i = 1; i <= 10; ++i) book.add(until(i), 0, memory);
  book.expire(5, 2, memory);
  EXPECT_EQ(book.size(), 8u);
  book.expire(5, 100, memory);
  EXPECT_EQ(book.size(), 5u);
}

TEST(ReceiptBook, OneThatStaysDoesNotKeepTheTracesOfThoseThatEnded) {
  Allocator memory(host_memory(), 1 << 20);
  ReceiptBook book;
  const uint64_t stays = book.add(until(1'000), 0, memory);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t id = book.add(until(1'000), 0, memory);
    book.expire(1, 2, memory);
    book.end(id, memory);
    ASSERT_LE(book.waiting(), 200u);
  }
  EXPECT_NE(book.find(stays, 1), nullptr);
  book.expire(1'000, 10, memory);
  EXPECT_EQ(book.find(stays, 1), nullptr);
}

TEST(ReceiptBook, EndsThoseThatAPredicateNames) {
  Allocator memory(host_memory(), 1 << 20);
  ReceiptBook book;
  std::vector<uint64_t> ids;
  for (Instant i = 1; i <= 6; ++i) ids.push_back(book.add(until(i * 10), 0, memory));
  book.end_if([](const Receipt& receipt) { return receipt.expires > 30; }, memory);
  EXPECT_EQ(book.size(), 3u);
  EXPECT_NE(book.find(ids[2], 0), nullptr);
  EXPECT_EQ(book.find(ids[3], 0), nullptr);
}

}  // namespace
}  // namespace sluice
