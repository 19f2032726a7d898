// SPDX-License-Identifier: Apache-2.0
// The zones that messages bring, each set of them once and by a number that holds as long as the engine does.
//
// Threads: number_of() any; at() under a shard's lock, of a number that came with a message or before it; renew() under those of all.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/allocator.h"
#include "core/base/bytes.h"
#include "core/engine/engine.h"
#include "core/limits/hours.h"

namespace sluice {

class ZoneSets {
 public:
  static constexpr uint32_t kMost = 4096;

  ZoneSets(Allocator& memory, std::string zoneinfo_dir) : memory_(memory), zoneinfo_dir_(std::move(zoneinfo_dir)) {}

  // Of "Europe/Paris" or of several with commas between them, in any order. May read files.
  Status number_of(Bytes text, uint32_t* number, std::string* error);
  // REQUIRES: a number that was given.
  const Zones& at(uint32_t number) const { return tables_[number / kInTable]->of[number % kInTable]; }

  // Every zone read again, as the tz database is by now; what is not there any more stays as it was.
  using Renewed = std::map<std::string, std::shared_ptr<const Zone>>;
  Renewed read_again();
  void renew(const Renewed& zones);

 private:
  static constexpr uint32_t kInTable = 256;
  struct Table {
    Zones of[kInTable];
  };
  Status find_zone(const std::string& name, std::shared_ptr<const Zone>* zone, std::string* error);
  Status add(const std::string& text, Zones zones, uint32_t* number, std::string* error);

  Allocator& memory_;
  const std::string zoneinfo_dir_;
  std::mutex mutex_;
  Renewed zones_;  // by name
  std::map<std::string, uint32_t, std::less<>> numbers_;
  std::unique_ptr<Table> tables_[kMost / kInTable + 1];  // number 0 is no set's
};

}  // namespace sluice
