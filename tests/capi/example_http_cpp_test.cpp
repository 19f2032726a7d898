// SPDX-License-Identifier: Apache-2.0
// The C++ example of answers over HTTP, compiled and run.
#include <gtest/gtest.h>

#define main http_main
int main();
#include "examples/cpp/http.cpp"
#undef main

TEST(ExampleHttpCpp, runs) { EXPECT_EQ(http_main(), 0); }
