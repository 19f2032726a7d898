// SPDX-License-Identifier: Apache-2.0
// The C++ example, compiled and run.
#include <gtest/gtest.h>

#define main hello_main
int main();
#include "examples/cpp/hello.cpp"
#undef main

TEST(ExampleCpp, runs) { EXPECT_EQ(hello_main(), 0); }
