// SPDX-License-Identifier: Apache-2.0
// A time zone as a table of transitions, resolved once when a policy is loaded; looking it up takes no lock and no file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace sluice {

class Zone {
 public:
  // Seconds east of UTC at an instant.
  int32_t offset_at(Instant t) const;
  // A time in which the clock keeps one offset: until `ends`, kNever: for good.
  struct Stretch {
    int32_t offset = 0;  // seconds east of UTC
    Instant ends = kNever;
  };
  // The one that an instant is in.
  Stretch stretch_at(Instant t) const;
  // The first instant whose local time is at or after `local_seconds` (since 1970-01-01 00:00 local); 0 when that was before
  // time began, kNever when it is after the end of time.
  Instant first_at_or_after(int64_t local_seconds) const;
  const std::string& name() const { return name_; }

  // nullptr when the offset is more than 26 hours.
  static std::shared_ptr<const Zone> fixed(std::string name, int32_t seconds_east);
  // nullptr when the name is not known. `zoneinfo_dir` may be empty: TZDIR, then the system's. A name that is not written as
  // the tz database writes names reaches no file. Thread-safe.
  static std::shared_ptr<const Zone> load(const std::string& name, const std::string& zoneinfo_dir);

 private:
  struct Transition {
    Instant at;
    int32_t offset;
  };
  std::string name_;
  int32_t first_offset_ = 0;
  std::vector<Transition> transitions_;
};

}  // namespace sluice
