// SPDX-License-Identifier: Apache-2.0
// How structs grow, seen from the day on which one has.
#include "capi/src/sized_struct.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace sluice::capi {

// First published with `a` and `b`; `c` came later.
struct Grown {
  uint32_t struct_size;
  uint32_t a;
  uint64_t b;
  uint64_t c;
};
template <>
inline constexpr uint32_t kFirstSize<Grown> = 16;

namespace {

// A struct of `size` bytes, with as many behind it that are not its own.
struct Caller {
  alignas(8) std::array<unsigned char, 64> bytes;

  explicit Caller(uint32_t size) {
    bytes.fill(0xA5);
    std::memset(bytes.data(), 0, size);
    std::memcpy(bytes.data(), &size, sizeof(size));
  }
  Grown* get() { return reinterpret_cast<Grown*>(bytes.data()); }
  void set(size_t at, uint64_t value) { std::memcpy(bytes.data() + at, &value, sizeof(value)); }
};

Status check(Caller& caller) { return check_struct(caller.get(), "it", nullptr); }

TEST(SizedStruct, an_older_callers_struct_is_taken_and_reads_0_where_it_ends) {
  Caller old(16);
  old.set(8, 7);
  ASSERT_EQ(check(old), Status::ok);
  Grown room;
  const Grown& read = read_struct(old.get(), &room);
  EXPECT_EQ(read.b, 7u);
  EXPECT_EQ(read.c, 0u);
}

TEST(SizedStruct, todays_struct_is_read_in_place) {
  Caller today(24);
  Grown room;
  EXPECT_EQ(&read_struct(today.get(), &room), today.get());
}

TEST(SizedStruct, anything_smaller_than_the_first_is_refused) {
  for (uint32_t size : {0u, 4u, 8u, 15u}) {
    Caller small(16);
    small.get()->struct_size = size;
    std::string words;
    EXPECT_EQ(check_struct(small.get(), "it", &words), Status::invalid);
    EXPECT_EQ(words, "it.struct_size: " + std::to_string(size) + "; set it to sizeof, 24");
  }
}

TEST(SizedStruct, a_size_between_two_versions_is_taken_for_what_it_covers) {
  Caller middle(20);
  EXPECT_EQ(check(middle), Status::ok);
}

TEST(SizedStruct, a_newer_callers_struct_is_taken_while_its_tail_is_0) {
  Caller newer(40);
  EXPECT_EQ(check(newer), Status::ok);
  for (size_t at = 24; at < 40; ++at) {
    newer.bytes[at] = 1;
    EXPECT_EQ(check(newer), Status::unsupported) << at;
    newer.bytes[at] = 0;
  }
}

TEST(SizedStruct, a_size_nobody_set_is_refused_before_the_tail_is_read) {
  Caller wild(24);
  for (uint32_t size : {65537u, 0xA5A5A5A5u, UINT32_MAX}) {
    wild.get()->struct_size = size;
    EXPECT_EQ(check(wild), Status::invalid);
  }
}

TEST(SizedStruct, null_and_unaligned_pointers_are_refused) {
  EXPECT_EQ(check_struct(static_cast<const Grown*>(nullptr), "it", nullptr), Status::invalid);
  Caller caller(24);
  std::string words;
  EXPECT_EQ(check_struct(reinterpret_cast<const Grown*>(caller.bytes.data() + 1), "it", &words), Status::invalid);
  EXPECT_EQ(words, "it: not aligned to 8 bytes");
}

TEST(SizedStruct, a_result_is_written_as_far_as_the_caller_has_it_and_no_further) {
  for (uint32_t size : {16u, 20u, 24u, 40u}) {
    Caller caller(size);
    write_struct(caller.get(), Grown{99, 1, 2, 3});
    EXPECT_EQ(caller.get()->struct_size, size);
    EXPECT_EQ(caller.get()->a, 1u);
    EXPECT_EQ(caller.get()->b, 2u);
    if (size >= 24) {
      EXPECT_EQ(caller.get()->c, 3u);
    }
    for (size_t at = std::max(size, 24u); at < size; ++at) EXPECT_EQ(caller.bytes[at], 0);
    for (size_t at = size; at < caller.bytes.size(); ++at) EXPECT_EQ(caller.bytes[at], 0xA5) << size << " " << at;
  }
}

TEST(SizedStruct, initialising_covers_the_callers_size) {
  for (uint32_t size : {4u, 16u, 24u, 40u}) {
    Caller caller(64);
    caller.bytes.fill(0xA5);
    init_struct(caller.get(), size, Grown{24, 1, 2, 3});
    EXPECT_EQ(caller.get()->struct_size, size);
    if (size >= 16) {
      EXPECT_EQ(caller.get()->b, 2u);
    }
    for (size_t at = 24; at < size; ++at) EXPECT_EQ(caller.bytes[at], 0);
    for (size_t at = size; at < caller.bytes.size(); ++at) EXPECT_EQ(caller.bytes[at], 0xA5);
  }
  init_struct(static_cast<Grown*>(nullptr), 24, Grown{});
}

}  // namespace
}  // namespace sluice::capi
