// SPDX-License-Identifier: Apache-2.0
// The only code that knows how structs with a struct_size grow.
//
// 1. Any size from the first published one on is taken; what an older caller's struct lacks reads as 0.
// 2. A larger struct is taken when every byte that this library does not know is 0: what it asks for is never ignored.
// 3. Results: at most struct_size bytes are written, and struct_size itself never.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "core/engine/engine.h"
#include "sluice/sluice.h"

namespace sluice::capi {

// The sizes of the first header that had the struct. They are numbers, not sizeof, because sizeof grows.
template <class Struct>
inline constexpr uint32_t kFirstSize = 0;
template <>
inline constexpr uint32_t kFirstSize<sluice_error> = 4096;
template <>
inline constexpr uint32_t kFirstSize<sluice_engine_options> = 88;
template <>
inline constexpr uint32_t kFirstSize<sluice_request> = 72;
template <>
inline constexpr uint32_t kFirstSize<sluice_decision> = 112;
template <>
inline constexpr uint32_t kFirstSize<sluice_counters> = 200;
template <>
inline constexpr uint32_t kFirstSize<sluice_message> = 40;
template <>
inline constexpr uint32_t kFirstSize<sluice_held> = 56;
template <>
inline constexpr uint32_t kFirstSize<sluice_lease_options> = 24;
template <>
inline constexpr uint32_t kFirstSize<sluice_message_state> = 72;
template <>
inline constexpr uint32_t kFirstSize<sluice_line_change> = 88;
template <>
inline constexpr uint32_t kFirstSize<sluice_line_report> = 32;
template <>
inline constexpr uint32_t kFirstSize<sluice_campaign_options> = 72;
template <>
inline constexpr uint32_t kFirstSize<sluice_campaign_report> = 152;
template <>
inline constexpr uint32_t kFirstSize<sluice_answer_terms> = 40;
template <>
inline constexpr uint32_t kFirstSize<sluice_http> = 80;
template <>
inline constexpr uint32_t kFirstSize<sluice_line_question> = 144;
template <>
inline constexpr uint32_t kFirstSize<sluice_line_plan> = 80;
template <>
inline constexpr uint32_t kFirstSize<sluice_campaign_question> = 136;
template <>
inline constexpr uint32_t kFirstSize<sluice_live_campaign> = 56;
template <>
inline constexpr uint32_t kFirstSize<sluice_campaign_plan> = 56;

// No struct will ever be larger: such a size is a variable nobody set.
inline constexpr uint32_t kLargestSize = 65536;

inline Status wrong_struct(std::string* words, Status status, const char* name, const std::string& what) {
  if (words != nullptr) *words = std::string(name) + what;
  return status;
}

template <class Struct>
Status check_tail(const Struct* given, const char* name, std::string* words) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  const bool known = std::all_of(bytes + sizeof(Struct), bytes + given->struct_size, [](unsigned char b) { return b == 0; });
  if (known) return Status::ok;
  return wrong_struct(words, Status::unsupported, name,
                      ": it is from a newer header; what lies past its first " + std::to_string(sizeof(Struct)) +
                          " bytes is not known here and not 0");
}

// Whether a struct can be read, or written: not NULL, aligned, of a size that is understood. `words` may be nullptr.
template <class Struct>
Status check_struct(const Struct* given, const char* name, std::string* words) {
  static_assert(kFirstSize<Struct> != 0 && kFirstSize<Struct> <= sizeof(Struct));
  static_assert(std::is_trivially_copyable_v<Struct> && offsetof(Struct, struct_size) == 0);
  if (given == nullptr) return wrong_struct(words, Status::invalid, name, ": NULL");
  if (reinterpret_cast<uintptr_t>(given) % alignof(Struct) != 0) {
    return wrong_struct(words, Status::invalid, name, ": not aligned to " + std::to_string(alignof(Struct)) + " bytes");
  }
  const uint32_t size = given->struct_size;
  if (size == sizeof(Struct)) return Status::ok;
  if (size < kFirstSize<Struct> || size > kLargestSize) {
    return wrong_struct(words, Status::invalid, name,
                        ".struct_size: " + std::to_string(size) + "; set it to sizeof, " + std::to_string(sizeof(Struct)));
  }
  return size < sizeof(Struct) ? Status::ok : check_tail(given, name, words);
}

// An error struct's own check: it is written on failure only, so what lies past its first size does not matter.
inline bool can_write(const sluice_error& error) {
  return reinterpret_cast<uintptr_t>(&error) % alignof(sluice_error) == 0 && error.struct_size >= kFirstSize<sluice_error> &&
         error.struct_size <= kLargestSize;
}

// The struct as this library knows it: the caller's own, or a copy in `room` when the caller's is older.
// REQUIRES: check_struct said ok.
template <class Struct>
const Struct& read_struct(const Struct* given, Struct* room) {
  if (given->struct_size >= sizeof(Struct)) return *given;
  std::memset(static_cast<void*>(room), 0, sizeof(Struct));
  std::memcpy(static_cast<void*>(room), given, given->struct_size);
  return *room;
}

// REQUIRES: check_struct said ok.
template <class Struct>
void write_struct(Struct* out, const Struct& value) {
  constexpr size_t kFrom = sizeof(value.struct_size);
  const size_t size = std::min<size_t>(out->struct_size, sizeof(Struct));
  std::memcpy(reinterpret_cast<char*>(out) + kFrom, reinterpret_cast<const char*>(&value) + kFrom, size - kFrom);
}

// What the INIT macro gives, for a caller whose struct has `size` bytes.
template <class Struct>
void init_struct(Struct* out, uint32_t size, const Struct& value) {
  if (out == nullptr || size < sizeof(size)) return;
  std::memset(static_cast<void*>(out), 0, size);
  std::memcpy(static_cast<void*>(out), &value, std::min<size_t>(size, sizeof(Struct)));
  std::memcpy(static_cast<void*>(out), &size, sizeof(size));
}

}  // namespace sluice::capi
