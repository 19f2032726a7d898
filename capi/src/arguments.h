// SPDX-License-Identifier: Apache-2.0
// Reads what callers pass and writes what they asked for; a failure names the argument and says what to pass.
// `words` may be nullptr everywhere: then only the status is worked out.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "core/engine/engine.h"
#include "core/policy/compiled_policy.h"
#include "sluice/sluice.h"

namespace sluice::capi {

inline void append(std::string* words, std::string_view text) { *words += text; }
inline void append(std::string* words, std::integral auto number) { *words += std::to_string(number); }

template <class... Parts>
Status fail(std::string* words, Status status, const Parts&... parts) {
  if (words != nullptr) {
    words->clear();
    (append(words, parts), ...);
  }
  return status;
}

// A text: UTF-8 without NULs; SLUICE_STRLEN is resolved.
Status read_text(const char* name, const char* text, size_t length, std::string_view* out, std::string* words);
// The same where NULL is allowed: `out` is then left as it is. A text that is there is not empty.
Status read_optional_text(const char* name, const char* text, size_t length, std::string_view* out, std::string* words);
// A policy: any bytes, since its reader says where they are wrong.
Status read_policy_text(const char* text, size_t length, std::string_view* out, std::string* words);

constexpr bool is_absent(const sluice_bytes& value) { return value.ptr == nullptr && value.len == 0; }
constexpr bool is_key(const sluice_bytes& value) {
  return value.ptr != nullptr && value.len - 1 < kMaxKeyBytes;  // 1 to kMaxKeyBytes
}
inline Bytes as_bytes(const sluice_bytes& value) { return {static_cast<const char*>(value.ptr), value.len}; }

// Says why values[position] is no key. Always a failure.
Status wrong_key(const char* name, size_t position, const sluice_bytes& value, std::string* words);
// A key that stands by itself and is required.
Status read_key(const char* name, const sluice_bytes& given, Bytes* out, std::string* words);

struct SubjectRoom {
  Bytes values[kMaxScopeDimensions];
};
Status read_subject(const sluice_subject* given, SubjectRoom* room, SubjectName* out, std::string* words);

// `buffer` NULL: no room. Looked at before anything is done, so that a wrong pointer has no effect.
Status check_buffer(const char* buffer, const size_t* length, std::string* words);
// REQUIRES: check_buffer said ok.
Status write_text(std::string_view text, char* buffer, size_t* length, std::string* words);

}  // namespace sluice::capi
