// SPDX-License-Identifier: Apache-2.0
// Sending hours on virtual time: what comes or would go while they are closed waits for them at its old place, by its own clocks or
// the policy's, told as it is, and at no cost to others. Second 0 is a Monday, 00:00 UTC.
#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

#include "tests/support/pool_fixture.h"
#include "tests/support/random.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kHours = 3600;  // in seconds
const std::string kPace = R"("amount": "1/s")";
const std::string kFast = R"("amount": "1000/s", "depth": 1000)";

// Daily from nine to twenty; `more` are further fields of the hours.
std::string nine_to_twenty(const std::string& more = "", const std::string& zone = R"("UTC")", const std::string& classes = "") {
  return R"("queue": { "hours": { "open": ["09:00-20:00"], "zone": )" + zone + (more.empty() ? "" : ", " + more) + " }" +
         (classes.empty() ? "" : R"(, "classes": [ )" + classes + " ]") + " }, ";
}

class HoursTest : public PoolTest {
 protected:
  void open_hours(const std::string& more = "", const std::string& zone = R"("UTC")", const std::string& classes = "",
                  const std::string& pace = kPace) {
    open(line_queue(pace, "", "", nine_to_twenty(more, zone, classes)));
  }
  Enqueued zoned(const std::string& zone, const std::string& recipient = "ann", const std::string& payload = "") {
    return put({.values = {"acme", "+1", recipient}, .payload = payload, .zone = zone});
  }
  MessageStatus status_of(uint64_t message) {
    MessageStatus status;
    EXPECT_EQ(Engine::status(handle, message, kEngineClock, &status, &error), Status::ok) << error;
    return status;
  }
  std::string explain(uint64_t message) {
    std::string json;
    EXPECT_EQ(Engine::explain_message(handle, message, kEngineClock, &json, &error), Status::ok) << error;
    return json;
  }
  Enqueued peek(const Put& what) {
    Put copy = what;
    copy.flags = flag::peek;
    return put(copy);
  }
};

TEST_F(HoursTest, WhatComesAtNightLeavesAtNineSharp) {
  open_hours();
  const Enqueued held = put("+1", "ann", "one");
  EXPECT_EQ(held.decision.status, Status::ok);
  EXPECT_EQ(held.state, MessageState::parked);
  const MessageStatus status = status_of(held.message);
  EXPECT_EQ(status.state, MessageState::parked);
  EXPECT_EQ(status.due, kStart + 9 * kHour);
  EXPECT_EQ(status.promise.eta, kStart + 9 * kHour);
  EXPECT_EQ(status.promise.kind, WaitKind::bound);
  EXPECT_EQ(next_due(), kStart + 9 * kHour);
  at_ns(9 * kHour - 1);
  EXPECT_TRUE(lease(10).empty());
  at(9 * kHours);
  EXPECT_EQ(lease_one().payload, "one");
}

TEST_F(HoursTest, OpenTheyChangeNothingAndThePromiseIsExact) {
  open_hours();
  at(12 * kHours);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(put("+1").state, MessageState::waiting);
  const Enqueued peeked = peek({.values = {"acme", "+1", "ann"}});
  EXPECT_EQ(peeked.promise.kind, WaitKind::exact);
  EXPECT_EQ(peeked.promise.position, 4u);
  EXPECT_EQ(peeked.promise.eta, kStart + 12 * kHour + 3 * kSecond);
}

TEST_F(HoursTest, WhatHasNotLeftByTheCloseGoesOnAtItsOldPlace) {
  open_hours();
  at(20 * kHours - 2);
  for (int i = 0; i < 5; ++i) put("+1", "r" + std::to_string(i), std::to_string(i));
  const Enqueued last = put("+1", "last", "5");
  EXPECT_EQ(status_of(last.message).promise.eta, kStart + 33 * kHour);  // three a second later would be too late
  EXPECT_THAT(drain_queue(kStart + 2 * kDay),
              ElementsAre("71998s: 0", "71999s: 1", "118800s: 2", "118801s: 3", "118802s: 4", "118803s: 5"));
}

TEST_F(HoursTest, WithinTheMarginNothingIsHandedOver) {
  open_hours(R"("margin": "10min")");
  at(19 * kHours + 50 * 60);
  put("+1", "ann", "in time");
  EXPECT_EQ(lease_one().payload, "in time");
  at_ns(19 * kHour + 50 * kMinute + 1);
  const Enqueued late = put("+1", "bob", "late");
  EXPECT_EQ(late.state, MessageState::parked);
  EXPECT_EQ(status_of(late.message).due, kStart + 33 * kHour);
}

TEST_F(HoursTest, AMessagesOwnZoneCounts) {
  open_hours();
  zoned("America/Halifax", "halifax", "halifax");  // twenty there; nine is thirteen here
  zoned("Asia/Tokyo", "tokyo", "tokyo");           // nine there
  put("+1", "utc", "utc");
  EXPECT_THAT(drain_queue(kStart + kDay), ElementsAre("0s: tokyo", "32400s: utc", "46800s: halifax"));
}

TEST_F(HoursTest, OfSeveralZonesAllMustBeOpen) {
  open_hours();
  const Enqueued held = zoned("America/New_York, Europe/Paris", "ann", "both");
  EXPECT_EQ(status_of(held.message).due, kStart + 14 * kHour);
  EXPECT_THAT(explain(held.message), HasSubstr(R"("rule":"hours","until":1736776800000000000,"until_kind":"exact",)"
                                               R"("zone":"America/New_York,Europe/Paris")"));
  EXPECT_THAT(drain_queue(kStart + kDay), ElementsAre("50400s: both"));
  at(19 * kHours);
  EXPECT_EQ(zoned("Europe/Paris,America/New_York", "bob").state, MessageState::parked);  // twenty in Paris
}

TEST_F(HoursTest, AnUnknownZoneIsAnErrorAndNothingIsHeld) {
  open_hours();
  for (const char* zone :
       {"Mars/Phobos", "Europe/Paris,", ",", " ", "../etc/passwd", "europe/paris", "Europe/Paris,Mars/Phobos"}) {
    EXPECT_EQ(zoned(zone).decision.status, Status::invalid) << zone;
    EXPECT_THAT(error, HasSubstr("zone: ")) << zone;
  }
  std::string many = "UTC";
  for (int i = 1; i < 17; ++i) many += (i < 10 ? ",+0" : ",+") + std::to_string(i < 10 ? i : i - 5) + (i < 10 ? ":00" : ":30");
  EXPECT_EQ(zoned(many).decision.status, Status::invalid);
  EXPECT_EQ(error, "zone: 17 zones; a message's recipient is in one of at most 16");
  EXPECT_EQ(zoned(std::string(5000, 'A')).decision.status, Status::invalid);
  EXPECT_EQ(counters().messages, 0u);
  EXPECT_EQ(zoned("Mars/Phobos").message, 0u);
}

TEST_F(HoursTest, WhereNoHourIsOpenInAllZonesTheMessageIsRefused) {
  open_hours();
  const Enqueued refused = zoned("Asia/Tokyo,America/Sao_Paulo");
  EXPECT_EQ(refused.decision.status, Status::denied);
  EXPECT_EQ(refused.decision.denial, DenialKind::blocked);
  EXPECT_EQ(refused.decision.wait_kind, WaitKind::unknown);
  EXPECT_EQ(refused.decision.retry_after, 0);
  EXPECT_EQ(refused.message, 0u);
  EXPECT_EQ(peek({.values = {"acme", "+1", "ann"}, .zone = "Asia/Tokyo,America/Sao_Paulo"}).decision.status, Status::denied);
  EXPECT_EQ(counters().messages, 0u);
}

TEST_F(HoursTest, AClassWithoutHoursPassesTheOthers) {
  open_hours("", R"("UTC")", R"({ "class": "urgent", "hours": { "open": ["00:00-24:00"] } })");
  put("+1", "ann", "parked");
  const Enqueued code = put({.values = {"acme", "+1", "ann"}, .payload = "code", .message_class = 0});
  EXPECT_EQ(code.state, MessageState::waiting);
  const MessageStatus status = status_of(code.message);
  EXPECT_EQ(status.promise.kind, WaitKind::exact);
  EXPECT_EQ(status.promise.eta, kStart);
  EXPECT_THAT(drain_queue(kStart + kDay), ElementsAre("0s: code", "32400s: parked"));
}

TEST_F(HoursTest, ThoseToOneRecipientKeepTheirOrderWhateverTheirZones) {
  open_hours();
  zoned("America/Halifax", "ann", "first");
  zoned("Asia/Tokyo", "ann", "second");  // open, but behind the first
  zoned("Asia/Tokyo", "bob", "other");
  EXPECT_THAT(drain_queue(kStart + 4 * kDay), ElementsAre("0s: other", "46800s: first", "86400s: second"));
}

TEST_F(HoursTest, AFlowThatIsParkedLetsAMessageWithItsOwnZoneBy) {
  open_hours();
  for (int i = 0; i < 3; ++i) put("+1", "r" + std::to_string(i), std::to_string(i));
  const Enqueued tokyo = zoned("Asia/Tokyo", "tokyo", "tokyo");
  EXPECT_EQ(tokyo.state, MessageState::waiting);
  EXPECT_THAT(drain_queue(kStart + kDay), ElementsAre("0s: tokyo", "32400s: 0", "32401s: 1", "32402s: 2"));
}

TEST_F(HoursTest, WithExpireAMessageEndsWhenItsHoursClose) {
  open_hours(R"("on_close": "expire")");
  const Enqueued night = put("+1", "ann");
  EXPECT_EQ(night.expires, kStart + 20 * kHour);  // the hours it waits for
  at(20 * kHours - 1);
  EXPECT_EQ(put("+1", "bob").expires, kStart + 20 * kHour);
  EXPECT_EQ(lease(1).size(), 1u);
  at(20 * kHours);
  EXPECT_TRUE(lease(1).empty());
  EXPECT_EQ(counters().ended[static_cast<size_t>(MessageState::expired)], 1u);
  EXPECT_EQ(put({.values = {"acme", "+1", "cid"}, .expires_at = kStart + 34 * kHour}).expires, kStart + 34 * kHour);
  EXPECT_EQ(put("+1", "dan").expires, kStart + 44 * kHour);
}

TEST_F(HoursTest, WhatWouldNotLeaveBeforeTheCloseIsRefusedWhereItWouldExpire) {
  open_hours(R"("on_close": "expire")");
  at(20 * kHours - 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(put("+1").decision.status, Status::ok);
  const Enqueued refused = put("+1");
  EXPECT_EQ(refused.decision.denial, DenialKind::depth);
  EXPECT_EQ(refused.decision.wait_kind, WaitKind::bound);
}

TEST_F(HoursTest, WhatExpiresBeforeTheyOpenIsRefused) {
  open_hours();
  const Enqueued refused = put({.values = {"acme", "+1", "ann"}, .expires_at = kStart + 9 * kHour});
  EXPECT_EQ(refused.decision.denial, DenialKind::depth);
  EXPECT_EQ(refused.promise.eta, kStart + 9 * kHour);
  EXPECT_EQ(put({.values = {"acme", "+1", "ann"}, .expires_at = kStart + 9 * kHour + 1}).decision.status, Status::ok);
  EXPECT_EQ(
      put({.values = {"acme", "+1", "ann"}, .send_at = kStart + 21 * kHour, .expires_at = kStart + 33 * kHour}).decision.denial,
      DenialKind::depth);
}

TEST_F(HoursTest, TheLongestWaitCountsFromTheirOpening) {
  open(line_queue(kPace, "", "", R"("queue": { "wait": "2s", "hours": { "open": ["09:00-20:00"], "zone": "UTC" } }, )"));
  EXPECT_EQ(put("+1").decision.status, Status::ok);
  at(12 * kHours);
  EXPECT_EQ(lease(1).size(), 1u);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(put("+1").decision.status, Status::ok);
  EXPECT_EQ(put("+1").decision.denial, DenialKind::depth);
}

TEST_F(HoursTest, AMessageForLaterIsToldWhenItMayGo) {
  open_hours();
  const Put evening = {.values = {"acme", "+1", "ann"}, .payload = "evening", .send_at = kStart + 21 * kHour};
  EXPECT_EQ(peek(evening).promise.eta, kStart + 33 * kHour);
  EXPECT_EQ(peek(evening).promise.kind, WaitKind::bound);
  const Enqueued held = put(evening);
  EXPECT_EQ(held.state, MessageState::scheduled);
  EXPECT_EQ(status_of(held.message).promise.eta, kStart + 33 * kHour);
  const Put noon = {.values = {"acme", "+1", "bob"}, .payload = "noon", .send_at = kStart + 12 * kHour};
  EXPECT_EQ(peek(noon).promise.eta, kStart + 12 * kHour);
  EXPECT_EQ(peek(noon).promise.kind, WaitKind::exact);
  put(noon);
  EXPECT_THAT(drain_queue(kStart + 2 * kDay), ElementsAre("43200s: noon", "118800s: evening"));
}

TEST_F(HoursTest, APeekTellsTheOpening) {
  open_hours();
  const Enqueued peeked = peek({.values = {"acme", "+1", "ann"}});
  EXPECT_EQ(peeked.decision.status, Status::ok);
  EXPECT_EQ(peeked.promise.eta, kStart + 9 * kHour);
  EXPECT_EQ(peeked.promise.kind, WaitKind::bound);
  EXPECT_EQ(peeked.promise.position, 0u);
  EXPECT_EQ(peeked.state, MessageState::parked);
  EXPECT_EQ(peeked.message, 0u);
  EXPECT_EQ(peek({.values = {"acme", "+1", "ann"}, .zone = "Asia/Tokyo"}).promise.kind, WaitKind::exact);
}

TEST_F(HoursTest, AnExplanationSaysHoursOnce) {
  open_hours("", R"(["Europe/Paris", "UTC"])");
  const uint64_t held = put("+1").message;
  const std::string json = explain(held);
  EXPECT_THAT(json, HasSubstr(R"("state":"parked")"));
  EXPECT_THAT(
      json,
      HasSubstr(R"("holds":[{"rule":"hours","until":1736758800000000000,"until_kind":"exact","zone":"Europe/Paris,UTC"}])"));
  at(9 * kHours);
  EXPECT_THAT(explain(held), HasSubstr(R"("holds":[])"));
}

TEST_F(HoursTest, AReloadWakesWhatWaitsForOtherHours) {
  open_hours();
  const uint64_t flow = put("+1", "ann", "flow").message;
  const uint64_t own = zoned("America/Halifax", "bob", "own").message;
  EXPECT_TRUE(lease(10).empty());
  const std::string early = R"("queue": { "hours": { "open": ["00:00-20:00"], "zone": "UTC" } }, )";
  ASSERT_EQ(reload(line_queue(kFast, "", "", early)), Status::ok) << error;
  EXPECT_EQ(lease(10).size(), 1u);
  EXPECT_EQ(state(flow), MessageState::leased);
  EXPECT_EQ(state(own), MessageState::parked);  // twenty there
}

TEST_F(HoursTest, WhatChangesElsewhereWakesNoneOfThem) {
  open_hours();
  put("+1", "ann");
  zoned("America/Halifax", "bob");
  EXPECT_TRUE(lease(10).empty());
  EXPECT_EQ(set_amount("pace", "line=+1", "\"5/s\""), Status::ok);
  EXPECT_EQ(next_due(), kStart + 9 * kHour);
}

TEST_F(HoursTest, ACampaignWaitsForThemAndKeepsItsPaceAfterwards) {
  open_hours("", R"("UTC")", "", R"("amount": "10/s")");
  CampaignRules rules;
  rules.duration = 20 * kHour;
  uint64_t id = 0;
  ASSERT_EQ(Engine::create_campaign(handle, {"spring", "acme", rules}, kEngineClock, &id, &error), Status::ok);
  for (int i = 0; i < 11; ++i) {
    EXPECT_EQ(put({.values = {"acme", "+1", "r" + std::to_string(i)}, .payload = std::to_string(i), .campaign = id}).state,
              MessageState::parked);
  }
  EXPECT_EQ(next_due(), kStart + 9 * kHour);
  const auto left = drain_queue(kStart + 3 * kDay);
  ASSERT_EQ(left.size(), 11u);
  EXPECT_EQ(left[0], "32400s: 0");
  EXPECT_EQ(left[1], "36000s: 1");  // ten are left in ten hours and the eleventh's share
  EXPECT_EQ(left[10], "68400s: 10");
}

TEST_F(HoursTest, ALaneIsNotHeldByOneOfAnotherZone) {
  open_hours("", R"("UTC")", "", kFast);
  uint64_t id = 0;
  ASSERT_EQ(Engine::create_campaign(handle, {"spring", "acme", {}}, kEngineClock, &id, &error), Status::ok);
  for (int i = 0; i < 6; ++i) {
    const bool tokyo = i % 2 == 1;
    put({.values = {"acme", "+1", "r" + std::to_string(i)},
         .payload = tokyo ? "tokyo" : "halifax",
         .campaign = id,
         .zone = tokyo ? "Asia/Tokyo" : "America/Halifax"});
  }
  const auto left = drain_queue(kStart + kDay);
  ASSERT_EQ(left.size(), 6u);
  EXPECT_THAT(left, ElementsAre(HasSubstr("0s: tokyo"), HasSubstr("s: tokyo"), HasSubstr("s: tokyo"),
                                HasSubstr("46800s: halifax"), HasSubstr("46800.00"), HasSubstr("46800.00")));
}

TEST_F(HoursTest, LanesOfOneCampaignShareItsPartOfTheLine) {
  open_hours("", R"("UTC")", "", R"("amount": "10/s")");
  at(10 * kHours);
  uint64_t id = 0;
  ASSERT_EQ(Engine::create_campaign(handle, {"spring", "acme", {}}, kEngineClock, &id, &error), Status::ok);
  for (int i = 0; i < 60; ++i) {
    put({.values = {"acme", "+1", "r" + std::to_string(i)}, .campaign = id, .zone = i % 2 == 0 ? "Asia/Tokyo" : "Europe/Paris"});
  }
  EXPECT_LE(drain_queue(kStart + 10 * kHour + 4 * kSecond).size(), 22u);  // five a second of both together
  for (int i = 0; i < 20; ++i) {
    put({.values = {"acme", "+1", "h" + std::to_string(i)},
         .campaign = id,
         .zone = "America/Halifax"});  // closed: shares nothing
  }
  EXPECT_GE(drain_queue(kStart + 10 * kHour + 8 * kSecond).size(), 18u);
}

TEST_F(HoursTest, MovedToAnotherLineAMessageKeepsItsZone) {
  std::string text = pooled(R"("on_suspend": "move_all")");
  text.insert(text.find("\"limits\""), nine_to_twenty());
  open(text);
  lines(2);
  const Enqueued held = put({.values = {"acme", "", "ann"}, .payload = "x", .zone = "America/Halifax"});
  ASSERT_EQ(held.decision.status, Status::ok) << error;
  EXPECT_EQ(set({.line = held.line, .state = LineState::suspended}), Status::ok);
  EXPECT_EQ(report.moved, 1u);
  EXPECT_TRUE(lease(10).empty());
  EXPECT_EQ(status_of(held.message).due, kStart + 13 * kHour);
  at(13 * kHours);
  EXPECT_EQ(lease(10).size(), 1u);
}

TEST_F(HoursTest, ManyThatOpenAtOnceLeaveInTheirOrder) {
  constexpr int kMany = 30'000;
  for (const char* zone : {"", "Asia/Tokyo"}) {
    open_hours("", R"("UTC")", "", R"("amount": "1000000/s", "depth": 1000000)");
    const int opens = *zone == 0 ? 9 * kHours : 24 * kHours;
    at(*zone == 0 ? 0 : 12 * kHours);
    for (int i = 0; i < kMany; ++i) {
      ASSERT_EQ(zoned(zone, "r" + std::to_string(i), std::to_string(i)).state, MessageState::parked);
    }
    EXPECT_EQ(next_due(), kStart + opens * kSecond);
    at(opens);
    const std::vector<Leased> all = lease(kMany);
    ASSERT_EQ(all.size(), static_cast<size_t>(kMany));
    for (int i = 0; i < kMany; ++i) ASSERT_EQ(all[static_cast<size_t>(i)].payload, std::to_string(i));
  }
}

// Whatever comes and goes, nothing leaves while its clocks show a closed time, a bound is never after the release, and what is told
// as exact is the release.
TEST_F(HoursTest, NoPromiseIsBrokenInADayOfTraffic) {
  const std::vector<std::string> zones = {"", "Asia/Tokyo", "America/New_York", "Europe/Paris,America/New_York", "UTC"};
  size_t exact = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const bool own_zones = seed % 2 == 0;
    open_hours(R"("margin": "1min")", R"("UTC")", R"({ "class": "urgent", "hours": { "open": ["00:00-24:00"] } })",
               R"("amount": "1/60s")");
    at(static_cast<int64_t>(random.below(24 * 60)) * 60);
    struct Told {
      Promise promise;
      std::string zone;
      int message_class = 0;
    };
    std::map<uint64_t, Told> told;
    for (int i = 0; i < 60; ++i) {
      Put what{.values = {"acme", "+1", "r" + std::to_string(random.below(seed % 3 == 0 ? 8 : 1000))},
               .message_class = random.below(3) == 0 ? 0 : 3};
      if (own_zones && random.below(2) == 0) what.zone = zones[random.below(zones.size())];
      const Enqueued held = put(what);
      ASSERT_EQ(held.decision.status, Status::ok) << error;
      told[held.message] = {{}, what.zone, what.message_class};
    }
    // Nothing comes any more: what is told now must hold.
    for (auto& [message, t] : told) t.promise = status_of(message).promise;
    for (Instant due = next_due(); due < kStart + 4 * kDay; due = next_due()) {
      if (due > now()) set_clock(due);
      for (const Leased& one : lease(100)) {
        const Told& t = told[one.message];
        if (t.promise.kind == WaitKind::exact) {
          ++exact;
          EXPECT_EQ(t.promise.eta, now()) << seed;
        } else if (t.promise.kind == WaitKind::bound) {
          EXPECT_LE(t.promise.eta, now()) << seed;
        }
        if (t.message_class == 3) {
          const auto in = [&](const std::string& name) {
            const Span day = (now() + Zone::load(name, "")->offset_at(now()) * kSecond) % kDay;
            return day >= 9 * kHour && day <= 20 * kHour - kMinute;
          };
          if (t.zone.empty() || t.zone == "UTC") {
            EXPECT_TRUE(in("UTC"));
          } else if (t.zone.find(',') != std::string::npos) {
            EXPECT_TRUE(in("Europe/Paris") && in("America/New_York"));
          } else {
            EXPECT_TRUE(in(t.zone));
          }
        }
        told.erase(one.message);
        EXPECT_EQ(ack(one), Status::ok);
      }
    }
    EXPECT_TRUE(told.empty()) << seed;
  }
  EXPECT_GT(exact, 1'000u);
}

}  // namespace
}  // namespace sluice::testing
