// SPDX-License-Identifier: Apache-2.0
#include "core/base/utf8.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Utf8, the_first_and_last_of_each_length_are_characters) {
  for (std::string_view text : {"\x01", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(utf8_length(text), text.size());
    EXPECT_EQ(utf8_length(text.substr(0, text.size() - 1)), 0u);
  }
  EXPECT_EQ(utf8_length(std::string_view("\0", 1)), 1u);
}

TEST(Utf8, what_is_not_a_character_has_no_length) {
  for (std::string_view text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
                                "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3(", "\xE2\x82("}) {
    EXPECT_EQ(utf8_length(text), 0u);
    EXPECT_EQ(find_not_utf8(std::string("a\xC3\xA9").append(text)), 3u);
  }
}

TEST(Utf8, printable_text_keeps_what_is_good) {
  EXPECT_EQ(printable_utf8("h\xC3\xA9"), "h\xC3\xA9");
  EXPECT_EQ(printable_utf8("a\xFF"
                           "b\xC3"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(printable_utf8(""), "");
}

}  // namespace
}  // namespace sluice
