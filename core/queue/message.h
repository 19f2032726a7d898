// SPDX-License-Identifier: Apache-2.0
// A message that the engine holds: one piece of memory with what it took when it was accepted, what its leases will charge, and
// its payload behind the struct.
//
//   Message | stamps, 8 bytes each | quantities, 8 bytes each | cells of its expiry and its lane and the number of its zones, if it
//   has them, 4 each | values | payload
//
// 1. Its number is where it stands among the messages of its shard: within a flow, the lower goes first.
// 2. Values are kept as bytes that only the engine reads: those the line and the flow do not know already.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/base/bytes.h"
#include "core/queue/entry.h"

namespace sluice {

// Numbers are those of the C ABI. From `sent` on they are final.
enum class MessageState : uint8_t {
  none = 0,
  scheduled = 1,  // until its send_at
  waiting = 2,    // its turn has not come
  parked = 3,     // a limit of its own holds it, or its hours are closed; others pass
  leased = 4,
  unknown = 5,  // at most once: its lease ended without a word
  sent = 6,
  failed = 7,
  expired = 8,
  cancelled = 9,
  aborted = 10,
  dead = 11,  // tried as often as its retries allow
};
inline constexpr size_t kMessageStates = 12;
constexpr bool is_final(MessageState state) { return state >= MessageState::sent; }

namespace message_flag {
inline constexpr uint8_t in_back = 1;      // waits among those that came back to their flow
inline constexpr uint8_t redelivered = 2;  // a lease of it ended without a word
inline constexpr uint8_t expires = 4;      // has an expiry's cell
inline constexpr uint8_t holds = 8;        // others to the same recipient wait for it
inline constexpr uint8_t chained = 16;     // waits for another to the same recipient
inline constexpr uint8_t keyed = 32;       // came with an idempotency key, which is among its values
inline constexpr uint8_t blocked = 64;     // parked by a limit, not by its own retry
inline constexpr uint8_t shared = 128;     // something beside its line's own limits may hold it
}  // namespace message_flag

struct Message : Entry {
  CellId flow = 0;
  uint32_t payload_size = 0;
  uint32_t cost = 1;   // of its turn: units of its line's pace
  uint32_t fence = 0;  // leases so far
  uint16_t tries = 0;  // those of them after which it may have been sent
  uint16_t values_size = 0;
  uint16_t layout = 0;  // the engine's: its operation, and what it took when it was accepted
  uint8_t stamp_count = 0;
  uint8_t quantity_count : 4 = 0;
  uint8_t has_lane : 1 = 0;   // of a campaign
  uint8_t in_lane : 1 = 0;    // and waits there
  uint8_t has_zones : 1 = 0;  // of its own
  uint8_t for_hours : 1 = 0;  // blocked: by its hours, which nothing but time opens

  MessageState status() const { return static_cast<MessageState>(state); }
  void set_status(MessageState to) { state = static_cast<uint8_t>(to); }
  bool has(uint8_t flag) const { return (flags & flag) != 0; }
  void set(uint8_t flag) { flags = static_cast<uint8_t>(flags | flag); }
  void clear(uint8_t flag) { flags = static_cast<uint8_t>(flags & ~flag); }

  uint64_t* stamps() { return reinterpret_cast<uint64_t*>(this + 1); }
  const uint64_t* stamps() const { return reinterpret_cast<const uint64_t*>(this + 1); }
  uint64_t* quantities() { return stamps() + stamp_count; }
  const uint64_t* quantities() const { return stamps() + stamp_count; }
  CellId expiry() const { return has(message_flag::expires) ? cells()[0] : 0; }
  void set_expiry(CellId cell) { cells()[0] = cell; }
  CellId lane() const { return has_lane ? cells()[has(message_flag::expires)] : 0; }
  void set_lane(CellId cell) { cells()[has(message_flag::expires)] = cell; }
  uint32_t zones() const { return has_zones ? cells()[has(message_flag::expires) + has_lane] : 0; }
  void set_zones(uint32_t number) { cells()[has(message_flag::expires) + has_lane] = number; }
  char* values() { return const_cast<char*>(static_cast<const Message*>(this)->value_bytes().data()); }
  Bytes value_bytes() const;
  // The same of a message that never had an expiry, a lane or zones.
  char* plain_values() { return reinterpret_cast<char*>(quantities() + quantity_count); }
  char* payload() { return values() + values_size; }
  Bytes payload_bytes() const { return {value_bytes().data() + values_size, payload_size}; }
  uint32_t units() const;

 private:
  CellId* cells() { return reinterpret_cast<CellId*>(quantities() + quantity_count); }
  const CellId* cells() const { return reinterpret_cast<const CellId*>(quantities() + quantity_count); }
};
static_assert(sizeof(Message) == 56);

// Of what a message will be laid out with.
struct MessageSize {
  size_t stamps = 0, quantities = 0, values = 0, payload = 0;
  bool expires = false, has_lane = false, has_zones = false;

  uint32_t units() const {
    const size_t cells = sizeof(CellId) * (size_t{expires} + size_t{has_lane} + size_t{has_zones});
    const size_t bytes = sizeof(Message) + 8 * (stamps + quantities) + cells + values + payload;
    return static_cast<uint32_t>((bytes + kCellUnit - 1) / kCellUnit);
  }
};

inline Bytes Message::value_bytes() const {
  return {reinterpret_cast<const char*>(cells() + (has(message_flag::expires) ? 1 : 0) + has_lane + has_zones), values_size};
}
inline uint32_t Message::units() const {
  return MessageSize{stamp_count,   quantity_count, values_size, payload_size, has(message_flag::expires),
                     has_lane != 0, has_zones != 0}
      .units();
}

// When a message ends whatever it waits for. Apart, since a message stands in one container and this in another.
struct Expiry : Entry {
  Instant at = 0;  // when it ends; due then, or after the lease that runs then
  CellId message = 0;
};
inline constexpr uint32_t kExpiryUnits = 3;
static_assert(sizeof(Expiry) <= kExpiryUnits * kCellUnit);

}  // namespace sluice
