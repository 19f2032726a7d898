// SPDX-License-Identifier: Apache-2.0
// The C++ example of a queue, compiled and run.
#include <gtest/gtest.h>

#define main queue_main
int main();
#include "examples/cpp/queue.cpp"
#undef main

TEST(ExampleQueueCpp, runs) { EXPECT_EQ(queue_main(), 0); }
