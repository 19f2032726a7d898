// SPDX-License-Identifier: Apache-2.0
// UTF-8, one character at a time: what texts are checked, cut and made printable with.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

// Bytes of the well-formed character that `text` begins with, 1 to 4; 0 when it begins with none: a stray or missing
// continuation, an overlong form, a surrogate, past U+10FFFF, or no bytes at all.
constexpr size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

// Where the first byte is that belongs to no well-formed character; npos when all is well.
constexpr size_t find_not_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = utf8_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

// The text with U+FFFD in place of every byte that belongs to no character.
inline std::string printable_utf8(std::string_view text) {
  if (find_not_utf8(text) == std::string_view::npos) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    out += length ? text.substr(0, length) : kReplacementCharacter;
    text.remove_prefix(length ? length : 1);
  }
  return out;
}

}  // namespace sluice
