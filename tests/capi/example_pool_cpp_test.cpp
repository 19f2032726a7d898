// SPDX-License-Identifier: Apache-2.0
// The C++ example of a pool and a campaign, compiled and run.
#include <gtest/gtest.h>

#define main pool_main
int main();
#include "examples/cpp/pool.cpp"
#undef main

TEST(ExamplePoolCpp, runs) { EXPECT_EQ(pool_main(), 0); }
