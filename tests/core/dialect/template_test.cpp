// SPDX-License-Identifier: Apache-2.0
// What templates come to: types, forms, what is not known, and that nothing a caller brings breaks out of its place.
#include "tests/core/dialect/answered.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr const char* kLimits =
    R"({ "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 2, "unit": "message" },
       { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "unlimited": true },
       { "name": "seats", "scope": ["account"], "kind": "gauge", "amount": 1 },
       { "name": "parts", "scope": ["account"], "kind": "window", "period": "60s", "amount": 10 },
       { "name": "pair", "scope": ["account", "peer"], "kind": "window", "period": "60s", "amount": 3 })";
constexpr const char* kOperations =
    R"({ "name": "send", "values": ["account"], "charges": [{ "limit": "minute" }, { "limit": "day" }] },
       { "name": "sit", "values": ["account"], "charges": [{ "limit": "seats" }] },
       { "name": "cut", "values": ["account"], "quantities": ["pieces"], "charges": [{ "limit": "parts", "cost": "pieces" }] },
       { "name": "meet", "values": ["account", "peer"], "repeats": "peer", "charges": [{ "limit": "pair", "each": "peer" }] })";

class Templates : public AnswerTest {
 protected:
  void speak(const std::string& dialect) {
    open(R"({ "name": "t", "tenant": "account", "limits": [)" + std::string(kLimits) + R"(], "operations": [)" + kOperations +
         R"(], "dialect": {)" + dialect + "} }");
  }
  // The body of what is denied, or of what is allowed when that is asked for.
  void body(const std::string& json, const std::string& when = "denied") {
    speak(R"("given": ["trace"], "answers": { ")" + when + R"(": { "status": 429, "body": )" + json + "} }");
  }
  WireAnswer third() {
    send("acme"), send("acme");
    return answered_send("acme");
  }
};

TEST_F(Templates, APlaceholderAloneKeepsItsType) {
  body(R"(["{limit}", "{used}", "{remaining}", "{limit_name}", "{unit}", "{denial}", "{outcome}", "{status}", "{retry_after}",
           "{day.limit}", "{limit as text}", "a {limit} b", true, null, 1.50, { "n": "{resets_at as text}" }])");
  at(15);
  EXPECT_EQ(third().body,
            R"([2,2,0,"minute","message","rate","denied",429,45,null,"2","a 2 b",true,null,1.50,{"n":"1736726460"}])");
}

TEST_F(Templates, InstantsAndSpansHaveForms) {
  body(R"(["{resets_at}", "{resets_at as epoch_ms}", "{resets_at as delta}", "{resets_at as delta_ms}", "{resets_at as iso}",
           "{resets_at as date}", "{now as iso}", "{retry_after as ms}", "{wait as s}", "{opens_at as delta}"])");
  at_ns(15 * kSecond + 1);
  EXPECT_EQ(third().body,
            R"([1736726460,1736726460000,45,45000,"2025-01-13T00:01:00Z","2025-01-13","2025-01-13T00:00:15Z",45000,45,45])");
}

TEST_F(Templates, WhatIsNotKnownIsLeftOut) {
  body(R"({ "a": "{retry_after}", "b": { "c": "{given.trace}", "d": 1 }, "e": ["{retry_after}", 2], "f": "in {retry_after} s",
            "g": "Full.[ In {retry_after} s.]", "h": "[[{limit}]] {{}}" })");
  const Ask sit{.operation = "sit", .values = {"acme"}};
  ASSERT_TRUE(ask(sit).passed());
  EXPECT_EQ(answered(sit).body, R"({"b":{"d":1},"e":[null,2],"g":"Full.","h":"[1] {}"})");
}

TEST_F(Templates, AHeaderIsLeftOutWithWhatIsNotKnown) {
  speak(R"("headers": { "A": "{retry_after}", "B": "b[ {retry_after}]", "C": "{day.limit}", "D": "{minute.remaining}" })");
  EXPECT_THAT(answered_send("acme").headers, ElementsAre(Pair("B", "b"), Pair("D", "1")));
}

TEST_F(Templates, AnAnswersOwnHeaderTakesThePlaceOfOneOfAll) {
  speak(
      R"("headers": { "A": "all", "B": "all" }, "answers": { "allowed": { "status": 200, "headers": { "b": "own", "C": "c" } } })");
  EXPECT_THAT(answered_send("acme").headers, ElementsAre(Pair("A", "all"), Pair("b", "own"), Pair("C", "c")));
}

TEST_F(Templates, TheMostSpecificAnswerIsGiven) {
  speak(R"("answers": { "denied": { "status": 420 }, "denied as gauge": { "status": 421 }, "denied by minute": { "status": 422 },
            "denied as rate": { "status": 423 }, "failed": { "status": 500 }, "failed as invalid": { "status": 424 } })");
  EXPECT_EQ(third().http, 422);
  const Ask sit{.operation = "sit", .values = {"acme"}};
  ask(sit);
  EXPECT_EQ(answered(sit).http, 421);
  Answer failed;
  failed.decision.status = Status::invalid;
  EXPECT_EQ(answered(failed).http, 424);
  failed.decision.status = Status::unset;
  EXPECT_EQ(answered(failed).http, 500);
}

TEST_F(Templates, OfSeveralSubjectsTheOneWithTheLeastLeftIsTold) {
  speak(R"("headers": { "L": "{pair.remaining}" })");
  ask({.operation = "meet", .values = {"acme", ""}, .repeated = {"b"}});
  EXPECT_EQ(answered({.operation = "meet", .values = {"acme", ""}, .repeated = {"a", "b", "c"}}).header("L"), "2");
}

TEST_F(Templates, ValuesQuantitiesAndCostsAreTold) {
  body(R"({ "who": "{value.account}", "pieces": "{quantity.pieces}", "most": "{largest_cost}", "retry": "{should_retry}" })");
  const WireAnswer answer = answered({.operation = "cut", .values = {"acme"}, .quantities = {11}});
  EXPECT_EQ(answer.body, R"({"who":"acme","pieces":11,"most":10,"retry":"false"})");
  EXPECT_FALSE(answer.retry);
}

// Whatever bytes a caller brings.
TEST_F(Templates, NoValueBreaksOutOfItsPlace) {
  speak(R"("given": ["trace"], "headers": { "A": "{value.account}", "B": "{given.trace}" },
           "answers": { "allowed": { "status": 200, "body": { "a": "{value.account}", "b": "x{given.trace}y" } } })");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value = std::string("k") + static_cast<char>(byte) + "v";
    const WireAnswer answer = answered({.values = {value}}, {.given = {{"trace", value}}});
    ASSERT_EQ(answer.headers.size(), 3U) << byte;
    for (const auto& [name, text] : answer.headers) {
      for (const char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << byte;
    }
    EXPECT_EQ(answer.header("A")->size(), 3U);
    for (const char c : answer.body) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) << byte;
    const std::string inside = answer.body.substr(6, answer.body.find("\",\"b\"") - 6);
    if (byte != '\\' && byte != '"') {
      EXPECT_EQ(inside.find('"'), std::string::npos) << answer.body;
    }
  }
  const WireAnswer quoted = answered({.values = {"a\"b\\c"}});
  EXPECT_EQ(quoted.body, R"({"a":"a\"b\\c"})");
}

TEST_F(Templates, RowsAreNeededWhereALimitIsToldByName) {
  speak(R"("headers": { "A": "{day.used}" })");
  const WireAnswer answer = answered({.values = {"acme"}}, {.rows = false});
  EXPECT_EQ(answer.status, Status::invalid);
  EXPECT_THAT(answer.error, ::testing::HasSubstr("decide with room for rows"));
  EXPECT_EQ(answered({.values = {"acme"}}, {.dialects = dialect::x_ratelimit, .rows = false}).status, Status::ok);
}

TEST_F(Templates, TooLittleRoomIsToldAndAnyRoomFromThereOnIsEnough) {
  body(R"({ "a": "{limit_name}", "b": "[{retry_after}]" })");
  const WireAnswer whole = third();
  const size_t bytes = told_.bytes, headers = told_.headers;
  for (size_t room = 0; room <= bytes + 1; ++room) {
    room_ = room;
    const WireAnswer answer = answered(decided_);
    EXPECT_EQ(answer.status, room < bytes ? Status::buffer : Status::ok) << room;
    EXPECT_EQ(told_.bytes, bytes);
    if (room >= bytes) {
      EXPECT_EQ(answer.wire(), whole.wire());
    }
  }
  room_ = 4096;
  header_room_ = headers - 1;
  EXPECT_EQ(answered(decided_).status, Status::buffer);
  EXPECT_EQ(told_.headers, headers);
}

TEST_F(Templates, ALimitThatAReloadTookAwayIsNotTold) {
  speak(R"("headers": { "A": "{limit_name}" })");
  const Answer before = ask({.operation = "sit", .values = {"acme"}, .detailed = true});
  ASSERT_EQ(reload(account_limits({{"minute", R"("kind": "window", "period": "60s", "amount": 2)"}}), true), Status::ok) << error;
  const WireAnswer answer = answered(before);
  EXPECT_EQ(answer.wire(), "200\n");
}

}  // namespace
}  // namespace sluice::testing
