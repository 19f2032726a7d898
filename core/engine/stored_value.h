// SPDX-License-Identifier: Apache-2.0
// A value as a message keeps it: its length in one byte, or in three from 255 on, and its bytes.
#pragma once

#include <cstdint>
#include <cstring>

#include "core/base/bytes.h"

namespace sluice::stored_value {

inline constexpr size_t kLongFrom = 255;

inline size_t size_of(Bytes value) { return value.size() + (value.size() < kLongFrom ? 1 : 3); }

// Where the next one begins.
[[gnu::always_inline]] inline char* write(char* to, Bytes value) {
  if (value.size() < kLongFrom) [[likely]] {
    *to++ = static_cast<char>(value.size());
  } else {
    *to++ = static_cast<char>(kLongFrom);
    const auto size = static_cast<uint16_t>(value.size());
    std::memcpy(to, &size, sizeof size);
    to += sizeof size;
  }
  copy_bytes(to, value.data(), value.size());
  return to + value.size();
}

// And moves on to the next.
inline Bytes read(const char** from) {
  uint16_t size = static_cast<uint8_t>(*(*from)++);
  if (size == kLongFrom) [[unlikely]] {
    std::memcpy(&size, *from, sizeof size);
    *from += sizeof size;
  }
  const Bytes value(*from, size);
  *from += size;
  return value;
}

}  // namespace sluice::stored_value
