// SPDX-License-Identifier: Apache-2.0
// What a policy says of sending hours: how open times are written, what is refused and how, who inherits what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/policy/describe.h"
#include "core/policy/hours_text.h"
#include "tests/core/policy/policy_text.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string queued(const std::string& fields) {
  PolicyText text;
  text.limits = R"({ "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" })";
  text.operations = R"({ "name": "send", "values": ["account", "line", "recipient"], "charges": [{ "limit": "pace" }] })";
  text.rest = "\"queue\": {" + fields + "}";
  return text.text();
}

QueueRules rules(const std::string& fields, const std::string& stance = "enforce") {
  const auto result = load(queued(fields), stance);
  EXPECT_TRUE(result.policy) << all_said(result);
  return result.policy ? result.policy->queue : QueueRules();
}

const Hours* hours_of(const QueueRules& rules, MessageClass which) {
  return rules.classes[static_cast<size_t>(which)].hours.get();
}

void expect_error(const std::string& fields, const std::string& said) {
  EXPECT_THAT(errors(queued(fields)), ElementsAre(HasSubstr("queue" + said))) << fields;
}

// What the text means, spelled again.
std::vector<std::string> again(const std::vector<std::string>& texts) {
  std::vector<OpenTime> open;
  std::string why;
  for (const std::string& text : texts) EXPECT_TRUE(parse_open_times(text, &open, &why)) << why;
  return spell_open_times(hours::merge(open));
}

constexpr const char* kDaytime = R"("open": ["mon-fri 09:00-20:00"], "zone": "Europe/Paris")";

TEST(HoursRules, WithoutAnyEveryClassIsOpen) {
  const QueueRules none = rules("");
  EXPECT_FALSE(none.has_hours);
  for (const ClassRules& rules : none.classes) EXPECT_EQ(rules.hours, nullptr);
}

TEST(HoursRules, OfTheQueueTheyAreEveryClasss) {
  const QueueRules all = rules(std::string(R"("hours": { "margin": "10min", "on_close": "expire", )") + kDaytime + " }");
  EXPECT_TRUE(all.has_hours);
  for (size_t c = 0; c < kMessageClasses; ++c) {
    const Hours* hours = hours_of(all, static_cast<MessageClass>(c));
    ASSERT_NE(hours, nullptr);
    EXPECT_THAT(hours->open, SizeIs(5));
    EXPECT_EQ(hours->open[4], (OpenTime{4 * kDay + 9 * kHour, 4 * kDay + 20 * kHour}));
    EXPECT_EQ(hours::names_of(hours->zones), "Europe/Paris");
    EXPECT_EQ(hours->margin, 10 * kMinute);
    EXPECT_EQ(hours->on_close, OnClose::expire);
  }
}

TEST(HoursRules, AClassTakesFromTheQueuesWhatItDoesNotSay) {
  const QueueRules some = rules(std::string(R"("hours": { "margin": "10min", )") + kDaytime + R"( },
      "classes": [ { "class": "bulk", "hours": { "on_close": "expire", "zone": ["UTC", "America/New_York"] } },
                   { "class": "urgent", "hours": { "open": ["00:00-24:00"] } } ])");
  const Hours* bulk = hours_of(some, MessageClass::bulk);
  ASSERT_NE(bulk, nullptr);
  EXPECT_THAT(bulk->open, SizeIs(5));
  EXPECT_EQ(hours::names_of(bulk->zones), "UTC,America/New_York");
  EXPECT_EQ(bulk->margin, 10 * kMinute);
  EXPECT_EQ(bulk->on_close, OnClose::expire);
  EXPECT_EQ(hours_of(some, MessageClass::reply)->on_close, OnClose::hold);
  EXPECT_EQ(hours_of(some, MessageClass::urgent), nullptr);  // always open costs nothing
  const QueueRules one = rules(std::string(R"("classes": [ { "class": "bulk", "hours": { )") + kDaytime + " } } ]");
  EXPECT_NE(hours_of(one, MessageClass::bulk), nullptr);
  EXPECT_EQ(hours_of(one, MessageClass::reply), nullptr);
}

TEST(HoursRules, OpenTimesAreSpelledAsTheyAreRead) {
  EXPECT_THAT(again({"mon-fri 09:00-20:00", "sat,sun 10:00-14:00"}), ElementsAre("mon-fri 09:00-20:00", "sat,sun 10:00-14:00"));
  EXPECT_THAT(again({"22:00-02:00"}), ElementsAre("22:00-02:00"));
  EXPECT_THAT(again({"fri-mon 22:00-02:00"}), ElementsAre("mon,fri-sun 22:00-02:00"));
  EXPECT_THAT(again({"sat,sun 00:00-24:00"}), ElementsAre("sat,sun 00:00-24:00"));
  EXPECT_THAT(again({"00:00-24:00"}), ElementsAre("00:00-24:00"));
  EXPECT_THAT(again({"mon 09:00-12:00", "mon 12:00-13:00", "tue 08:00-10:00"}),
              ElementsAre("mon 09:00-13:00", "tue 08:00-10:00"));
}

TEST(HoursRules, WhatIsNoOpenTimeIsSaid) {
  const auto open = [](const std::string& text) { return R"("hours": { "zone": "UTC", "open": [")" + text + "\"] }"; };
  const std::string expected = R"(.hours.open[0]: expected days and two times of day such as "mon-fri 09:00-20:00")";
  for (const char* text :
       {"", "mon-fri", "mon-fri 9-20", "mon-fri 09:00", "mon 09:00-25:00", "mon 24:00-09:00", "09:00-20:00 mon"}) {
    EXPECT_THAT(errors(queued(open(text))), ElementsAre(HasSubstr("hours.open[0]: "))) << text;
  }
  expect_error(open("mon-fri 9-20"), expected);
  expect_error(open("mom 09:00-20:00"), R"(.hours.open[0]: unknown day "mom"; did you mean "mon"?)");
  expect_error(open("mon, 09:00-20:00"), R"(.hours.open[0]: unknown day "")");
  expect_error(open("09:00-09:00"),
               R"(.hours.open[0]: it opens and closes at the same time, got "09:00-09:00"; write "00:00-24:00")");
  expect_error(R"("hours": { "zone": "UTC", "open": [] })", ".hours.open: at least 1 in `open`");
  expect_error(R"("hours": { "zone": "UTC", "open": "09:00-20:00" })", ".hours.open: expected a list");
  expect_error(R"("hours": { "zone": "UTC", "open": [9] })", ".hours.open[0]: expected a text in quotes");
}

TEST(HoursRules, WhatIsMissingOrUnknownIsSaid) {
  expect_error(R"("hours": { "zone": "UTC" })", ".hours: field `open` is required");
  expect_error(R"("hours": { "open": ["09:00-20:00"] })", ".hours: field `zone` is required: say by whose clocks");
  expect_error(R"("hours": { "open": ["09:00-20:00"], "zone": "Europe/Pari" })", R"(.hours.zone: )");
  expect_error(R"("hours": { "open": ["09:00-20:00"], "zone": ["UTC", "Mars/Phobos"] })", R"(.hours.zone[1]: )");
  expect_error(R"("hours": { "open": ["09:00-20:00"], "zone": ["UTC", "UTC"] })", R"(.hours.zone[1]: "UTC" is already named)");
  expect_error(R"("hours": { "open": ["09:00-20:00"], "zone": [] })", ".hours.zone: at least 1 in `zone`");
  expect_error(R"("hours": { "open": ["09:00-20:00"], "zone": "UTC", "on_close": "drop" })",
               R"(.hours.on_close: unknown on_close "drop")");
  expect_error(R"("hours": { "open": ["09:00-20:00"], "zone": "UTC", "closes": "hold" })",
               R"(.hours.closes: unknown field "closes")");
  expect_error(R"("hours": { "open": ["09:00-20:00"], "zone": "UTC", "margin": "11h" })",
               ".hours.margin: the margin of 11h leaves no time to send, since the shortest open time is 11h; make it shorter");
  expect_error(R"("classes": [ { "class": "bulk", "hours": { "open": ["09:00-20:00"] } } ])",
               ".classes[0].hours: field `zone` is required");
  expect_error(R"("hours": { "open": ["09:00-20:00"], "zone": "UTC" },
      "classes": [ { "class": "bulk", "hours": { "margin": "12h" } } ])",
               ".classes[0].hours.margin: the margin of 12h leaves no time to send");
}

TEST(HoursRules, TheOverlayChangesSingleFields) {
  PolicyText text;
  text.limits = R"({ "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" })";
  text.operations = R"({ "name": "send", "values": ["account", "line", "recipient"], "charges": [{ "limit": "pace" }] })";
  text.rest = std::string(R"("queue": { "hours": { )") + kDaytime +
              R"( } }, "comply": { "queue": { "hours": { "open": ["mon-fri 10:00-18:00"], "margin": "5min" } } })";
  const auto result = load(text.text(), "comply");
  ASSERT_TRUE(result.policy) << all_said(result);
  const Hours* hours = hours_of(result.policy->queue, MessageClass::bulk);
  EXPECT_THAT(spell_open_times(hours->open), ElementsAre("mon-fri 10:00-18:00"));
  EXPECT_EQ(hours::names_of(hours->zones), "Europe/Paris");
  EXPECT_EQ(hours->margin, 5 * kMinute);
}

TEST(HoursRules, ADescriptionTellsThemOfEachClass) {
  const auto result =
      load(queued(std::string(R"("classes": [ { "class": "bulk", "hours": { "margin": "10min", )") + kDaytime + " } } ]"));
  ASSERT_TRUE(result.policy);
  const std::string json = describe_policy(*result.policy);
  EXPECT_THAT(json, HasSubstr(R"({"class":"urgent","delivery":"at least once","ttl":null,"reserve":null,"hours":null})"));
  EXPECT_THAT(
      json, HasSubstr(R"("hours":{"open":["mon-fri 09:00-20:00"],"zone":["Europe/Paris"],"margin":"10min","on_close":"hold"})"));
}

}  // namespace
}  // namespace sluice
