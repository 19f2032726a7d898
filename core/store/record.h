// SPDX-License-Identifier: Apache-2.0
// One record per subject of a scope: header, the states of all limits of the scope, and then the key.
//
// 1. Records lie in the arena at multiples of 16 bytes and do not move within a policy generation.
// 2. All zero states are a subject never seen.
// 3. The key of a one-dimension scope is the value itself; of several, each value but the last is led by its length (2 bytes).
// 4. The header tells where the key begins, so it is found whatever the layout of the states before it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/base/arena.h"
#include "core/base/bytes.h"
#include "core/base/time.h"

namespace sluice {

inline constexpr size_t kRecordUnit = kCellUnit;
using RecordId = CellId;

namespace record_flag {
inline constexpr uint8_t extras = 1;    // overrides, billing or quality beside the record
inline constexpr uint8_t overflow = 2;  // shared by new subjects at the memory cap
inline constexpr uint8_t queue = 4;     // a line with messages
}  // namespace record_flag

inline constexpr uint32_t kRecordFlagsAt = 13;  // the flags' bits in the word to compare

struct Record {
  Instant newest;  // of its last commit
  uint16_t units;  // size in 16-byte units
  uint8_t plan;    // of the generation's plan set
  uint8_t key_at;  // where the key begins, in 8 bytes
  // From here on one word to compare, looks().
  uint16_t key_size : 13;
  uint16_t flags : 3;
  uint8_t generation;  // of the policy whose layout it has, modulo 256
  uint8_t scope;       // the engine's number for it, stable across reloads

  std::byte* state() { return reinterpret_cast<std::byte*>(this + 1); }
  const std::byte* state() const { return reinterpret_cast<const std::byte*>(this + 1); }
  char* key_begin() { return reinterpret_cast<char*>(this) + size_t{key_at} * 8; }
  Bytes key() const { return {reinterpret_cast<const char*>(this) + size_t{key_at} * 8, key_size}; }
  // REQUIRES: memory for so many units.
  void lay_out(size_t state_size, size_t size_of_key);
};
static_assert(sizeof(Record) == 16);

// What a record must be to be a subject's, but for its key's bytes; without flags.
inline uint32_t looks(const Record& record) {
  uint32_t word;
  std::memcpy(&word, reinterpret_cast<const char*>(&record) + sizeof record - sizeof word, sizeof word);
  return word;
}
static_assert(std::endian::native == std::endian::little);
constexpr uint32_t looks_of_key(size_t size) { return static_cast<uint32_t>(size); }
constexpr uint32_t looks_of_kind(uint8_t generation, uint8_t scope) { return uint32_t{generation} << 16 | uint32_t{scope} << 24; }

constexpr size_t record_units(size_t state_size, size_t key_size) {
  return (sizeof(Record) + state_size + key_size + kRecordUnit - 1) / kRecordUnit;
}

// Asks for the lines of a record that is about to be read and written: its header's and its key's. Always inlined: a call that does
// nothing but prefetch is one without effect to g++ 12, which leaves it out.
[[gnu::always_inline]] inline void prefetch_record(const Record* record, size_t bytes) {
  const char* first = reinterpret_cast<const char*>(record);
  const char* last = first + bytes - 1;
  __builtin_prefetch(first, 1);
  if ((reinterpret_cast<uintptr_t>(first) ^ reinterpret_cast<uintptr_t>(last)) >= 64) __builtin_prefetch(last, 1);
}

// The values of a subject as a key, without building it.
struct KeyView {
  const Bytes* values[4] = {nullptr, nullptr, nullptr, nullptr};
  uint8_t count = 0;

  size_t size() const {
    size_t total = 2 * (size_t{count} - 1);
    for (size_t i = 0; i < count; ++i) total += values[i]->size();
    return total;
  }
  bool equals(Bytes key) const {
    if (count == 1) return key == *values[0];
    return equals_composite(key);
  }
  void write(char* out) const;
  bool equals_composite(Bytes key) const;
};

// Calls fn(Bytes) for each value of a stored key.
template <class Fn>
void for_each_value(Bytes key, size_t dimensions, Fn&& fn) {
  for (size_t i = 0; i + 1 < dimensions; ++i) {
    uint16_t size;
    std::memcpy(&size, key.data(), sizeof size);
    fn(key.substr(sizeof size, size));
    key.remove_prefix(sizeof size + size);
  }
  fn(key);
}

// Where records lie, to be kept where the arena itself is not at hand.
class RecordBase : public CellBase {
 public:
  RecordBase() = default;
  explicit RecordBase(CellBase cells) : CellBase(cells) {}
  Record* at(RecordId id) const { return CellBase::at<Record>(id); }
};

class RecordArena : public Arena {
 public:
  using Arena::Arena;
  RecordBase records() const { return RecordBase(cells()); }
  Record* at(RecordId id) const { return records().at(id); }
};

}  // namespace sluice
