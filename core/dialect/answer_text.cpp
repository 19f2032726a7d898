// SPDX-License-Identifier: Apache-2.0
#include "core/dialect/answer_text.h"

#include "core/base/utf8.h"

namespace sluice {

void AnswerText::put(uint64_t number) { put(number, 1); }

void AnswerText::put(uint64_t number, int digits) {
  char text[20];
  size_t at = sizeof text;
  for (; number != 0 || digits > 0; number /= 10, --digits) text[--at] = static_cast<char>('0' + number % 10);
  put(Bytes(text + at, sizeof text - at));
}

void AnswerText::put_json(Bytes text) {
  constexpr char kHex[] = "0123456789abcdef";
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0) {
      put(kReplacementCharacter);
    } else if (byte < 0x20 || byte == 0x7F) {
      put(Bytes("\\u00"));
      put(kHex[byte >> 4]);
      put(kHex[byte & 15]);
    } else {
      if (byte == '"' || byte == '\\') put('\\');
      put(text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
}

void AnswerText::put_header(Bytes text) {
  for (const char c : text) put(c >= 0x20 && c < 0x7F ? c : '?');
}

}  // namespace sluice
