// SPDX-License-Identifier: Apache-2.0
// What a policy says of the queues of its lines and of the pools that choose among them; data only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/limits/hours.h"

namespace sluice {

// In rank: a message of a class goes before those of the classes behind it, but for the floor.
enum class MessageClass : uint8_t { urgent, reply, transactional, bulk };
inline constexpr size_t kMessageClasses = 4;

// What becomes of a lease that expires: delivered again, or set aside until the caller says what happened.
enum class Delivery : uint8_t { at_least_once, at_most_once };

struct ClassRules {
  Delivery delivery = Delivery::at_least_once;
  Span ttl = 0;                        // of a message that brings none; 0: none
  uint32_t reserve = 0;                // places of every depth that only this class and those before it may take
  std::shared_ptr<const Hours> hours;  // in which its messages leave; nullptr: at any time
};

// Of a message that was not sent and is to be tried again: min(longest, first x 2^tries), and up to a share of that more.
struct RetryRules {
  Span first = kSecond;
  Span longest = kMinute;
  uint32_t jitter = 0;    // hundredths of a percent of the wait, drawn from the message's id: the same at every replay
  uint32_t attempts = 0;  // leases after which it is given up; 0: never
};

struct QueueRules {
  Span lease = 30 * kSecond;  // how long a lease lasts unless the caller says else
  Span wait = 0;              // the longest expected wait of a message that is taken in; 0: any
  uint32_t in_flight = 0;     // the most leases of one line at a time; 0: any number
  uint32_t payload = 65536;   // the most bytes of a payload
  uint32_t floor = 20;        // one of so many releases goes to the next class that waits; 0: none
  bool has_hours = false;     // some class has
  RetryRules retry;
  std::array<ClassRules, kMessageClasses> classes{};
  std::vector<uint32_t> weights;  // by plan of the tenant's plan set; empty: 1 for all

  // Places that a message of a class must leave free, since they are for those before it.
  uint64_t spared_by(MessageClass message_class) const {
    uint64_t sum = 0;
    for (size_t i = 0; i < static_cast<size_t>(message_class); ++i) sum += classes[i].reserve;
    return sum;
  }
};

// What becomes of the waiting messages of a line that is suspended or removed: they wait for it until they expire, or move to
// another line of the pool (of recipients who have had nothing from it yet, or all), or fail.
enum class OnSuspend : uint8_t { hold, move_new, move_all, fail };
// What a message does whose sticky line refuses it: is refused too, goes by another line this once, or takes its recipient along.
enum class OnFull : uint8_t { wait, spill, rehome };

struct PoolRules {
  std::string name;
  bool sticky = true;       // a recipient keeps the line it first got
  int16_t recipient = -1;   // sticky: the dimension whose values keep their line; -1: not sticky
  std::vector<uint8_t> by;  // dimensions whose values have a set of lines each; empty: one set for all
  OnSuspend on_suspend = OnSuspend::move_new;
  OnFull on_full = OnFull::wait;
  bool return_home = false;     // those who were moved go back when their line does
  Span forget_after = 0;        // a route not used for so long ends; 0: never
  uint32_t new_recipients = 0;  // a day (UTC) of a line that is warming; 0: any number
};

}  // namespace sluice
