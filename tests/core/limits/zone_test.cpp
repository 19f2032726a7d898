// SPDX-License-Identifier: Apache-2.0
#include "core/limits/zone.h"

#include <cctz/time_zone.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSystem = "/usr/share/zoneinfo";
constexpr Instant kWinter = 1'705'320'000 * kSecond;  // 2024-01-15
constexpr Instant kSummer = 1'721'044'800 * kSecond;  // 2024-07-15

// A directory of its own for one test.
class ZoneDirectory : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) / (std::string("sluice_zone_") + test->name());
    fs::remove_all(root_);
    fs::create_directories(root_ / "Test");
  }
  void TearDown() override { fs::remove_all(root_); }
  void put(const char* system_name, const char* name) {
    fs::copy_file(fs::path(kSystem) / system_name, root_ / name, fs::copy_options::overwrite_existing);
  }
  fs::path root_;
};

TEST(Zone, KnowsSummerAndWinter) {
  const auto paris = Zone::load("Europe/Paris", "");
  ASSERT_NE(paris, nullptr);
  EXPECT_EQ(paris->name(), "Europe/Paris");
  EXPECT_EQ(paris->offset_at(kWinter), 3'600);
  EXPECT_EQ(paris->offset_at(kSummer), 7'200);
}

TEST(Zone, AgreesWithItsSourceUntilTheEndOfTime) {
  std::mt19937_64 random(38);
  for (const char* name : {"Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
                           "America/Caracas", "Africa/Casablanca", "Antarctica/Troll"}) {
    const auto zone = Zone::load(name, "");
    ASSERT_NE(zone, nullptr) << name;
    cctz::time_zone source;
    ASSERT_TRUE(cctz::load_time_zone(name, &source));
    for (int i = 0; i < 3'000; ++i) {
      const int64_t seconds = static_cast<int64_t>(random() % static_cast<uint64_t>(kEndOfTime / kSecond));
      const auto at = cctz::time_point<cctz::seconds>(cctz::seconds(seconds));
      ASSERT_EQ(zone->offset_at(seconds * kSecond), source.lookup(at).offset) << name << ' ' << seconds;
    }
  }
}

TEST(Zone, FindsTheFirstInstantAtOrAfterALocalTime) {
  const auto paris = Zone::load("Europe/Paris", "");
  ASSERT_NE(paris, nullptr);
  const Instant spring = 1'711'846'800 * kSecond;  // 2024-03-31 01:00 UTC: 02:00 became 03:00
  const int64_t gap = spring / kSecond + 3'600;
  EXPECT_EQ(paris->first_at_or_after(gap - 1), spring - kSecond);
  for (const int64_t missing : {gap, gap + 1'800, gap + 3'600}) EXPECT_EQ(paris->first_at_or_after(missing), spring);
  EXPECT_EQ(paris->first_at_or_after(gap + 3'601), spring + kSecond);
  const Instant autumn = 1'729'990'800 * kSecond;  // 2024-10-27 01:00 UTC: 03:00 became 02:00
  const int64_t repeated = autumn / kSecond + 3'600;
  EXPECT_EQ(paris->first_at_or_after(repeated), autumn - kHour);
}

TEST(Zone, LocalTimesOutsideOfTimeSaturate) {
  const auto zone = Zone::fixed("+01:00", 3'600);
  EXPECT_EQ(zone->first_at_or_after(0), 0);
  EXPECT_EQ(zone->first_at_or_after(INT64_MIN), 0);
  EXPECT_EQ(zone->first_at_or_after(INT64_MAX), kNever);
  EXPECT_EQ(zone->first_at_or_after(kEndOfTime / kSecond + 3'601), kNever);
  EXPECT_EQ(zone->first_at_or_after(kEndOfTime / kSecond + 3'600), kEndOfTime / kSecond * kSecond);
}

TEST(Zone, AFixedOffsetHasNoTransitions) {
  const auto zone = Zone::fixed("+05:30", 19'800);
  EXPECT_EQ(zone->name(), "+05:30");
  EXPECT_EQ(zone->offset_at(0), 19'800);
  EXPECT_EQ(zone->offset_at(kEndOfTime - 1), 19'800);
  EXPECT_EQ(zone->first_at_or_after(19'801), kSecond);
  EXPECT_EQ(Zone::fixed("far", 200'000), nullptr);
}

TEST(Zone, AHostileNameReachesNoFile) {
  const std::string hostile[] = {"",
                                 "..",
                                 "../../etc/passwd",
                                 "Europe/../Europe/Paris",
                                 "/usr/share/zoneinfo/UTC",
                                 "Europe//Paris",
                                 "Europe/",
                                 "Europe",
                                 "Europe/Paris ",
                                 "Europe\\Paris",
                                 "file:Europe/Paris",
                                 "Europe/Par\xC3\xAEs",
                                 std::string("Europe/Paris\0x", 14),
                                 "Europe/Nowhere",
                                 "localtime",
                                 "right/Europe/Paris",
                                 "posixrules",
                                 "zone1970.tab",
                                 "5/Paris",
                                 "%s%s%n",
                                 std::string(65, 'A'),
                                 std::string(1 << 20, '/')};
  for (const std::string& name : hostile) EXPECT_EQ(Zone::load(name, ""), nullptr) << name.substr(0, 80);
}

TEST(Zone, OddButRightfulNamesAreKnown) {
  for (const char* name : {"Etc/GMT+5", "Etc/GMT-14", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "EST5EDT"}) {
    EXPECT_NE(Zone::load(name, ""), nullptr) << name;
  }
  EXPECT_EQ(Zone::load("Etc/GMT+5", "")->offset_at(0), -18'000);
}

TEST(Zone, LoadsFromManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      for (const char* name : {"Europe/Rome", "Asia/Tokyo", "America/Denver", "Europe/Nowhere"}) {
        const auto zone = Zone::load(name, "");
        EXPECT_EQ(zone == nullptr, std::string(name) == "Europe/Nowhere");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ZoneDirectory, TheOptionComesBeforeTheSystemAndStandsAlone) {
  put("Asia/Tokyo", "Test/Here");
  const auto zone = Zone::load("Test/Here", root_);
  ASSERT_NE(zone, nullptr);
  EXPECT_EQ(zone->offset_at(kWinter), 9 * 3'600);
  EXPECT_EQ(Zone::load("Test/Here", ""), nullptr);
  EXPECT_EQ(Zone::load("Europe/Paris", root_), nullptr);
  EXPECT_NE(Zone::load("UTC", root_), nullptr);
}

TEST_F(ZoneDirectory, TheEnvironmentComesBeforeTheSystem) {
  put("Asia/Tokyo", "Test/There");
  setenv("TZDIR", root_.c_str(), 1);
  const auto zone = Zone::load("Test/There", "");
  const auto optional = Zone::load("Europe/Paris", kSystem);
  unsetenv("TZDIR");
  EXPECT_NE(zone, nullptr);
  EXPECT_NE(optional, nullptr);
}

TEST_F(ZoneDirectory, AReloadSeesNewZoneData) {
  put("Asia/Tokyo", "Test/Moves");
  EXPECT_EQ(Zone::load("Test/Moves", root_)->offset_at(kWinter), 9 * 3'600);
  put("America/New_York", "Test/Moves");
  EXPECT_EQ(Zone::load("Test/Moves", root_)->offset_at(kWinter), -5 * 3'600);
  EXPECT_EQ(Zone::load("Test/Moves", root_)->offset_at(kSummer), -4 * 3'600);
}

TEST_F(ZoneDirectory, AFileThatIsNoZoneIsNotKnown) {
  put("tzdata.zi", "Test/Text");
  EXPECT_EQ(Zone::load("Test/Text", root_), nullptr);
  put("Asia/Tokyo", "Test/Cut");
  fs::resize_file(root_ / "Test/Cut", 30);
  EXPECT_EQ(Zone::load("Test/Cut", root_), nullptr);
}

}  // namespace
}  // namespace sluice
