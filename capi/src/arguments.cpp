// SPDX-License-Identifier: Apache-2.0
#include "capi/src/arguments.h"

#include <cstring>

#include "core/base/utf8.h"

namespace sluice::capi {
namespace {

// Checks pointer and length alone.
Status span_text(const char* name, const char* text, size_t length, std::string_view* out, std::string* words) {
  if (text == nullptr) {
    if (length == 0 || length == SLUICE_STRLEN) return fail(words, Status::invalid, name, ": NULL");
    return fail(words, Status::invalid, name, ": NULL with length ", length);
  }
  *out = {text, length == SLUICE_STRLEN ? std::strlen(text) : length};
  return Status::ok;
}

}  // namespace

Status read_text(const char* name, const char* text, size_t length, std::string_view* out, std::string* words) {
  std::string_view given;
  if (const Status status = span_text(name, text, length, &given, words); status != Status::ok) return status;
  if (const size_t at = given.find('\0'); at != std::string_view::npos) {
    return fail(words, Status::invalid, name, ": a NUL at byte ", at, "; pass SLUICE_STRLEN for a NUL-terminated text");
  }
  if (const size_t at = find_not_utf8(given); at != std::string_view::npos) {
    return fail(words, Status::invalid, name, ": not UTF-8 at byte ", at);
  }
  *out = given;
  return Status::ok;
}

Status read_optional_text(const char* name, const char* text, size_t length, std::string_view* out, std::string* words) {
  if (text == nullptr && (length == 0 || length == SLUICE_STRLEN)) return Status::ok;
  std::string_view given;
  if (const Status status = read_text(name, text, length, &given, words); status != Status::ok) return status;
  if (given.empty()) return fail(words, Status::invalid, name, ": empty; pass NULL for the default");
  *out = given;
  return Status::ok;
}

Status read_policy_text(const char* text, size_t length, std::string_view* out, std::string* words) {
  return span_text("policy", text, length, out, words);
}

Status wrong_key(const char* name, size_t position, const sluice_bytes& value, std::string* words) {
  if (is_absent(value)) return fail(words, Status::invalid, name, "[", position, "]: absent");
  if (value.ptr == nullptr) {
    return fail(words, Status::invalid, name, "[", position, "]: NULL with length ", value.len, "; pass {NULL, 0} for absent");
  }
  if (value.len == 0) {
    return fail(words, Status::invalid, name, "[", position, "]: empty; a key has 1 to ", kMaxKeyBytes,
                " bytes, and {NULL, 0} is absent");
  }
  return fail(words, Status::invalid, name, "[", position, "]: ", value.len, " bytes; a key has at most ", kMaxKeyBytes);
}

Status read_key(const char* name, const sluice_bytes& given, Bytes* out, std::string* words) {
  if (!is_key(given)) {
    if (given.ptr == nullptr && given.len != 0) return fail(words, Status::invalid, name, ": NULL with length ", given.len);
    if (given.ptr == nullptr) return fail(words, Status::invalid, name, ": absent; a key has 1 to ", kMaxKeyBytes, " bytes");
    return fail(words, Status::invalid, name, ": ", given.len, " bytes; a key has 1 to ", kMaxKeyBytes);
  }
  *out = as_bytes(given);
  return Status::ok;
}

Status read_subject(const sluice_subject* given, SubjectRoom* room, SubjectName* out, std::string* words) {
  if (given == nullptr) return fail(words, Status::invalid, "subject: NULL");
  std::string_view scope;
  const Status status = read_text("subject.scope", given->scope, given->scope_len, &scope, words);
  if (status != Status::ok) return status;
  if (given->value_count == 0 || given->value_count > kMaxScopeDimensions) {
    return fail(words, Status::invalid, "subject.value_count: ", given->value_count, "; a scope has 1 to ", kMaxScopeDimensions,
                " dimensions");
  }
  if (given->values == nullptr) {
    return fail(words, Status::invalid, "subject.values: NULL with value_count ", given->value_count);
  }
  for (size_t i = 0; i < given->value_count; ++i) {
    if (!is_key(given->values[i])) return wrong_key("subject.values", i, given->values[i], words);
    room->values[i] = as_bytes(given->values[i]);
  }
  *out = {scope, {room->values, given->value_count}};
  return Status::ok;
}

Status check_buffer(const char* buffer, const size_t* length, std::string* words) {
  if (length == nullptr) return fail(words, Status::invalid, "length: NULL");
  if (buffer == nullptr && *length != 0) {
    return fail(words, Status::invalid, "buffer: NULL with length ", *length, "; pass NULL and 0 to ask for the size");
  }
  return Status::ok;
}

Status write_text(std::string_view text, char* buffer, size_t* length, std::string* words) {
  const size_t room = *length;
  *length = text.size();
  if (room < text.size()) return fail(words, Status::buffer, "buffer: ", room, " bytes; ", text.size(), " are needed");
  if (!text.empty()) std::memcpy(buffer, text.data(), text.size());
  return Status::ok;
}

}  // namespace sluice::capi
