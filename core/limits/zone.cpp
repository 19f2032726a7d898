// SPDX-License-Identifier: Apache-2.0
#include "core/limits/zone.h"

#include <cctz/time_zone.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <utility>

namespace sluice {
namespace {

constexpr size_t kLongestName = 64;
constexpr int32_t kLargestOffset = 26 * 3600;  // seconds, either way: more than any clock on Earth
constexpr int64_t kEndSeconds = kEndOfTime / kSecond;

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// Parts between slashes that begin with a letter. Every name of the tz database begins with a capital; what else lies in its
// directory (tables, localtime, the copies with leap seconds) does not.
bool is_zone_name(const std::string& name) {
  if (name.empty() || name.size() > kLongestName || name[0] > 'Z') return false;
  bool begins = true;
  for (const char c : name) {
    const bool letter = is_letter(c);
    const bool inner = letter || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
    if (begins ? !letter : !inner && c != '/') return false;
    begins = c == '/';
  }
  return !begins;
}

std::filesystem::path zoneinfo_root(const std::string& zoneinfo_dir) {
  if (!zoneinfo_dir.empty()) return zoneinfo_dir;
  const char* tzdir = std::getenv("TZDIR");
  return tzdir != nullptr && *tzdir != '\0' ? tzdir : "/usr/share/zoneinfo";
}

bool is_zone_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return false;
  char magic[4] = {};
  std::ifstream file(path, std::ios::binary);
  return file.read(magic, sizeof magic) && std::equal(magic, magic + sizeof magic, "TZif");
}

// The library keeps every zone it was ever asked for under the name that was used, for the life of the process. A file
// that changed since is asked for under another spelling of its path, one more slash, so that a reload sees new tzdata;
// one that did not, under the same, so that reloads do not grow memory.
std::string spelling_of(const std::filesystem::path& path) {
  struct Seen {
    std::filesystem::file_time_type written;
    uintmax_t size = 0;
    size_t slashes = 0;
  };
  static std::mutex mutex;
  static std::map<std::string, Seen> seen;
  std::error_code error;
  const auto written = std::filesystem::last_write_time(path, error);
  const uintmax_t size = std::filesystem::file_size(path, error);
  const std::lock_guard lock(mutex);
  Seen& entry = seen[path.string()];
  if (entry.written != written || entry.size != size) entry = {written, size, entry.slashes + 1};
  return std::string(entry.slashes, '/') + path.string();
}

bool load_file(const std::string& name, const std::string& zoneinfo_dir, cctz::time_zone* zone) {
  std::error_code error;
  const auto path = std::filesystem::absolute(zoneinfo_root(zoneinfo_dir) / name, error);
  return !error && is_zone_file(path) && cctz::load_time_zone(spelling_of(path), zone);
}

using Seconds = cctz::time_point<cctz::seconds>;

Seconds seconds_point(int64_t seconds) { return Seconds(cctz::seconds(seconds)); }

}  // namespace

int32_t Zone::offset_at(Instant t) const {
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), t,
                                     [](Instant at, const Transition& transition) { return at < transition.at; });
  return next == transitions_.begin() ? first_offset_ : std::prev(next)->offset;
}

Zone::Stretch Zone::stretch_at(Instant t) const {
  const auto next = std::upper_bound(transitions_.begin(), transitions_.end(), t,
                                     [](Instant at, const Transition& transition) { return at < transition.at; });
  const int32_t offset = next == transitions_.begin() ? first_offset_ : std::prev(next)->offset;
  return {offset, next == transitions_.end() ? kNever : next->at};
}

// Each stretch between two transitions is looked at in turn; the first whose clock gets as far holds the answer. Stretches
// that end a largest offset earlier cannot.
Instant Zone::first_at_or_after(int64_t local_seconds) const {
  if (local_seconds <= -kLargestOffset) return 0;
  if (local_seconds > kEndSeconds + kLargestOffset) return kNever;
  const int64_t earliest = std::max<int64_t>(local_seconds - kLargestOffset, 0) * kSecond;
  auto next = std::upper_bound(transitions_.begin(), transitions_.end(), earliest,
                               [](Instant at, const Transition& transition) { return at < transition.at; });
  Instant begins = next == transitions_.begin() ? 0 : std::prev(next)->at;
  int32_t offset = next == transitions_.begin() ? first_offset_ : std::prev(next)->offset;
  for (;; ++next) {
    const int64_t seconds = std::max<int64_t>(local_seconds - offset, 0);
    const Instant found = std::max(begins, seconds <= kEndSeconds ? seconds * kSecond : kNever);
    if (next == transitions_.end()) return found < kEndOfTime ? found : kNever;
    if (found < next->at) return found;
    begins = next->at;
    offset = next->offset;
  }
}

std::shared_ptr<const Zone> Zone::fixed(std::string name, int32_t seconds_east) {
  if (seconds_east > kLargestOffset || seconds_east < -kLargestOffset) return nullptr;
  auto zone = std::make_shared<Zone>();
  zone->name_ = std::move(name);
  zone->first_offset_ = seconds_east;
  return zone;
}

std::shared_ptr<const Zone> Zone::load(const std::string& name, const std::string& zoneinfo_dir) {
  if (name == "UTC") return fixed(name, 0);  // needs no file, and none may say otherwise
  cctz::time_zone source;
  if (!is_zone_name(name) || !load_file(name, zoneinfo_dir, &source)) return nullptr;
  auto zone = std::make_shared<Zone>();
  zone->name_ = name;
  zone->first_offset_ = source.lookup(seconds_point(0)).offset;
  int32_t offset = zone->first_offset_;
  cctz::time_zone::civil_transition change;
  for (Seconds at = seconds_point(0); source.next_transition(at, &change);) {
    const Seconds next = source.lookup(change.to).trans;
    const int64_t seconds = next.time_since_epoch().count();
    if (next <= at || seconds >= kEndSeconds) break;
    at = next;
    const int32_t now = source.lookup(at).offset;
    if (now > kLargestOffset || now < -kLargestOffset) return nullptr;
    if (now != offset) zone->transitions_.push_back({seconds * kSecond, now});
    offset = now;
  }
  return zone;
}

}  // namespace sluice
