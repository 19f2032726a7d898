// SPDX-License-Identifier: Apache-2.0
#include "core/engine/zone_sets.h"

#include <algorithm>
#include <new>

#include "core/policy/text.h"

namespace sluice {
namespace {

constexpr size_t kBytesOfZone = 4096;  // about: a table of transitions
constexpr size_t kBytesOfSet = 256;
constexpr size_t kLongestText = 2048;

Status fail(Status status, std::string* error, const std::string& message) {
  if (error != nullptr) *error = message;
  return status;
}

Bytes trimmed(Bytes text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Their names in order, each once: what names the same zones is the same set.
std::vector<std::string> names_in(Bytes text) {
  std::vector<std::string> names;
  for (size_t from = 0; from <= text.size();) {
    const size_t end = std::min(text.find(',', from), text.size());
    names.emplace_back(trimmed(text.substr(from, end - from)));
    from = end + 1;
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

}  // namespace

Status ZoneSets::find_zone(const std::string& name, std::shared_ptr<const Zone>* zone, std::string* error) {
  const auto known = zones_.find(name);
  if (known != zones_.end()) {
    *zone = known->second;
    return Status::ok;
  }
  std::string why;
  if (!parse_zone(name, zoneinfo_dir_, zone, &why)) return fail(Status::invalid, error, "zone: " + why);
  if (!memory_.charge(kBytesOfZone)) return fail(Status::no_memory, error, "memory_cap: no room for a zone");
  zones_.emplace(name, *zone);
  return Status::ok;
}

Status ZoneSets::add(const std::string& text, Zones zones, uint32_t* number, std::string* error) {
  if (numbers_.size() == kMost) {
    return fail(Status::too_many, error,
                "zone: more than " + std::to_string(kMost) + " different sets of zones; name fewer zones in a message");
  }
  if (!memory_.charge(kBytesOfSet)) return fail(Status::no_memory, error, "memory_cap: no room for a set of zones");
  *number = static_cast<uint32_t>(numbers_.size() + 1);
  std::unique_ptr<Table>& table = tables_[*number / kInTable];
  if (table == nullptr) table = std::make_unique<Table>();
  numbers_.emplace(text, *number);
  table->of[*number % kInTable] = std::move(zones);
  return Status::ok;
}

Status ZoneSets::number_of(Bytes text, uint32_t* number, std::string* error) {
  const std::lock_guard lock(mutex_);
  auto known = numbers_.find(text);
  if (known == numbers_.end()) {
    if (text.size() > kLongestText) return fail(Status::invalid, error, "zone: at most 2048 bytes");
    const std::vector<std::string> names = names_in(text);
    if (names.size() > kMostZones) {
      return fail(Status::invalid, error,
                  "zone: " + std::to_string(names.size()) + " zones; a message's recipient is in one of at most 16");
    }
    const std::string ordered = joined(names);
    known = numbers_.find(ordered);
    if (known == numbers_.end()) {
      Zones zones(names.size());
      for (size_t i = 0; i < names.size(); ++i) {
        if (const Status status = find_zone(names[i], &zones[i], error); status != Status::ok) return status;
      }
      return add(ordered, std::move(zones), number, error);
    }
  }
  *number = known->second;
  return Status::ok;
}

ZoneSets::Renewed ZoneSets::read_again() {
  const std::lock_guard lock(mutex_);
  Renewed renewed = zones_;
  for (auto& [name, zone] : renewed) {
    std::shared_ptr<const Zone> now;
    std::string ignored;
    if (parse_zone(name, zoneinfo_dir_, &now, &ignored)) zone = now;
  }
  return renewed;
}

void ZoneSets::renew(const Renewed& renewed) {
  for (const std::unique_ptr<Table>& table : tables_) {
    if (table == nullptr) continue;
    for (Zones& set : table->of) {
      for (auto& zone : set) {
        if (const auto now = renewed.find(zone->name()); now != renewed.end()) zone = now->second;
      }
    }
  }
  for (const auto& [name, zone] : renewed) zones_[name] = zone;
}

}  // namespace sluice
