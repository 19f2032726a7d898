// SPDX-License-Identifier: Apache-2.0
#include "core/policy/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/core/policy/policy_text.h"

namespace sluice {
namespace {

using testing::HasSubstr;

SyntaxError refused(std::string_view text) {
  Document document;
  SyntaxError error;
  EXPECT_FALSE(document.read(text, &error)) << "accepted";
  EXPECT_EQ(document.root(), kNoNode);
  return error;
}

TEST(Document, EveryValueKnowsWhereItStands) {
  Document document;
  SyntaxError error;
  const std::string text = "{\n  \"a\": [1, true, null],\n  \"b\": \"x\\ny\"\n}";
  ASSERT_TRUE(document.read(text, &error)) << error.message;
  const NodeId list = document.find(document.root(), "a");
  const auto elements = document.children(list);
  ASSERT_EQ(elements.size(), 3U);
  const auto at = [&](NodeId id) {
    const Position position = document.position(document[id].offset);
    return std::pair(position.line, position.column);
  };
  EXPECT_EQ(at(document.root()), std::pair(1, 1));
  EXPECT_EQ(at(list), std::pair(2, 8));
  EXPECT_EQ(at(elements[0]), std::pair(2, 9));
  EXPECT_EQ(at(elements[1]), std::pair(2, 12));
  EXPECT_EQ(at(elements[2]), std::pair(2, 18));
  const NodeId b = document.find(document.root(), "b");
  EXPECT_EQ(at(b), std::pair(3, 8));
  EXPECT_EQ(document.position(document[b].name_offset).column, 3);
  EXPECT_EQ(document[b].text, "x\ny");
  EXPECT_EQ(document[elements[0]].text, "1");
  EXPECT_TRUE(document[elements[1]].truth);
}

TEST(Document, CommentsAndTrailingCommasAreRead) {
  Document document;
  SyntaxError error;
  ASSERT_TRUE(document.read("// first\n{ /* a */ \"a\": [1, 2,], // b\n \"c\": {\"d\": 1,}, } // end", &error)) << error.message;
  EXPECT_EQ(document.children(document.find(document.root(), "a")).size(), 2U);
}

TEST(Document, NumbersStayAsWritten) {
  Document document;
  SyntaxError error;
  ASSERT_TRUE(document.read("[123456789012345678901234567890, -0.5e+10, 1,2]", &error)) << error.message;
  const auto numbers = document.children(document.root());
  EXPECT_EQ(document[numbers[0]].text, "123456789012345678901234567890");
  EXPECT_EQ(document[numbers[1]].text, "-0.5e+10");
  EXPECT_EQ(document[numbers[3]].text, "2");
}

TEST(Document, ColumnsCountCharactersAndAByteOrderMarkIsNone) {
  Document document;
  SyntaxError error;
  ASSERT_TRUE(document.read("\xEF\xBB\xBF[\"\xC3\xA9\xC3\xA9\", 7]", &error)) << error.message;
  const auto elements = document.children(document.root());
  EXPECT_EQ(document.position(document[elements[0]].offset).column, 2);
  EXPECT_EQ(document.position(document[elements[1]].offset).column, 8);
}

TEST(Document, ASyntaxErrorSaysWhatWasExpectedAndWhere) {
  const auto why = [](std::string_view text) {
    const SyntaxError error = refused(text);
    return std::to_string(error.offset) + ": " + error.message;
  };
  EXPECT_EQ(why(""), "0: the text is empty; expected a policy, {...}");
  EXPECT_EQ(why("  // nothing"), "12: the text is empty; expected a policy, {...}");
  EXPECT_EQ(why("{} {}"), "3: expected nothing more after the policy's closing brace");
  EXPECT_EQ(why("{a: 1}"), "1: expected a field's name in quotes, or }");
  EXPECT_EQ(why("{"), "1: expected a field's name in quotes, or } before the end of the text");
  EXPECT_EQ(why(R"({"a" 1})"), "5: expected a colon after the field's name");
  EXPECT_EQ(why(R"({"a": 1 "b": 2})"), "8: expected a comma or }");
  EXPECT_EQ(why("[1 2]"), "3: expected a comma or ]");
  EXPECT_EQ(why("[1,"), "3: expected a value: a text, a number, true, false, null, [...] or {...} before the end of the text");
  EXPECT_THAT(why("[tru]"), HasSubstr("expected a value"));
  EXPECT_THAT(why("[\"abc"), HasSubstr("a text without its closing quotation mark"));
  EXPECT_THAT(why("[\"a\nb\"]"), HasSubstr("a text holds a control character or an unknown escape"));
  EXPECT_THAT(why(R"(["\x"])"), HasSubstr("unknown escape"));
  EXPECT_THAT(why(R"(["\u12G4"])"), HasSubstr("expected four hexadecimal digits after \\u"));
  EXPECT_THAT(why(R"(["\uD800"])"), HasSubstr("half of a surrogate pair"));
  EXPECT_THAT(why("[1.]"), HasSubstr("expected digits after the decimal point"));
  EXPECT_THAT(why("[1e]"), HasSubstr("expected digits in the exponent"));
  EXPECT_THAT(why("[1] /* open"), HasSubstr("a comment that is not closed"));
}

TEST(Document, NanAndInfinityAreNoNumbers) {
  for (const char* text : {"[NaN]", "[nan]", "[Inf]", "[Infinity]", "[-Infinity]", "[-NaN]"}) {
    EXPECT_THAT(refused(text).message, HasSubstr("expected a value")) << text;
  }
}

TEST(Document, NulBytesAreRefusedWhereTheyStand) {
  const std::string text("{\"a\": 1}\0{", 10);
  EXPECT_EQ(refused(text).offset, 8U);
  EXPECT_THAT(refused(text).message, HasSubstr("a NUL byte"));
  EXPECT_THAT(refused(std::string(1, '\0')).message, HasSubstr("a NUL byte"));
}

TEST(Document, AnEscapedNulInATextIsAnOrdinaryCharacter) {
  Document document;
  SyntaxError error;
  ASSERT_TRUE(document.read(R"(["a\u0000b"])", &error));
  EXPECT_EQ(document[1].text, std::string_view("a\0b", 3));
}

TEST(Document, OnlyUtf8IsReadInCommentsToo) {
  EXPECT_THAT(refused("[\"\xFF\"]").message, HasSubstr("not UTF-8"));
  EXPECT_EQ(refused("// \xC3(\n[]").offset, 3U);
  EXPECT_THAT(refused("[\"\xED\xA0\x80\"]").message, HasSubstr("not UTF-8"));
  // A character that breaks off at the end of the text must not be read beyond it.
  for (const char* broken : {"[\"\xC3", "[\"\xE2\x82", "[\"\xF0\x9F", "\xF0", "\xF0\x9F\x98"}) {
    EXPECT_THAT(refused(broken).message, HasSubstr("not UTF-8"));
  }
}

TEST(Document, FieldsWrittenTwiceAreKnownWithBothPlaces) {
  Document document;
  SyntaxError error;
  ASSERT_TRUE(document.read(R"({"a": 1, "b": {"c": 1, "c": 2}, "a": 3, "a": 4})", &error));
  ASSERT_EQ(document.duplicates().size(), 3U);
  const auto& [first, again] = document.duplicates()[0];
  EXPECT_EQ(document[first].name, "c");
  EXPECT_LT(document[first].offset, document[again].offset);
  EXPECT_EQ(document[document.find(document.root(), "a")].text, "1");
}

TEST(Document, ThirtyTwoLevelsAreReadAndThirtyThreeRefused) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  Document document;
  SyntaxError error;
  EXPECT_TRUE(document.read(nested(32), &error));
  EXPECT_EQ(refused(nested(33)).message, "nested deeper than 32 levels");
  EXPECT_EQ(refused(nested(33)).offset, 32U);
  EXPECT_EQ(refused(std::string(kMaxTextBytes, '[')).message, "nested deeper than 32 levels");
}

TEST(Document, AMebibyteIsReadAndOneByteMoreRefused) {
  Document document;
  SyntaxError error;
  std::string text = "[]";
  text.resize(kMaxTextBytes, ' ');
  EXPECT_TRUE(document.read(text, &error));
  EXPECT_EQ(refused(text + ' ').message, "a policy is at most 1048576 bytes, this one is 1048577");
}

TEST(Document, ManyValuesAreBounded) {
  std::string text = "[";
  while (text.size() < kMaxTextBytes - 2) text += "0,";
  text += "]";
  EXPECT_EQ(refused(text).message, "more than 131072 values");
}

TEST(Document, APolicyBrokenOffAtAnyByteIsRefusedWithoutCrashing) {
  const std::string text = provider_policy("linq");
  ASSERT_FALSE(text.empty());
  const size_t end = text.rfind('}');
  for (size_t size = 0; size <= end; ++size) {
    // An exact allocation, so that a sanitizer sees the first byte read too far.
    const std::vector<char> cut(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    Document document;
    SyntaxError error;
    EXPECT_FALSE(document.read({cut.data(), cut.size()}, &error)) << size;
    EXPECT_LE(error.offset, size);
  }
}

TEST(Document, RandomBytesNeverCrash) {
  std::mt19937 random(7);
  const std::string letters = "{}[]\",:/*\\u0 1-.eEtfn\n\xC3\xA9\xF0";
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 40, ' ');
    for (char& c : text) c = letters[random() % letters.size()];
    Document document;
    SyntaxError error;
    const bool good = document.read(text, &error);
    EXPECT_TRUE(good || error.offset <= text.size());
  }
}

TEST(Document, PlainJsonKeepsValuesAndDropsComments) {
  Document document;
  SyntaxError error;
  ASSERT_TRUE(document.read(R"({"a": [1, 2.50, /* x */ "q\"\u00e9", null, true,], "b": {},})", &error));
  EXPECT_EQ(document.plain_json(document.root()), "{\"a\":[1,2.50,\"q\\\"\xC3\xA9\",null,true],\"b\":{}}");
}

}  // namespace
}  // namespace sluice
