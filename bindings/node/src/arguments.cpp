// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace sluice::node {
namespace {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kEnd = int64_t{1} << 62;  // instants are before it

napi_valuetype type_of(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  checked(env, napi_typeof(env, value, &type));
  return type;
}

std::string number_text(double number) {
  char text[40];
  std::snprintf(text, sizeof(text), number == std::floor(number) && std::fabs(number) < 1e21 ? "%.0f" : "%.17g", number);
  return std::isnan(number) ? "NaN" : std::isinf(number) ? (number < 0 ? "-Infinity" : "Infinity") : text;
}

// Of a value that is a number.
double number_of(napi_env env, napi_value value) {
  double number = 0;
  checked(env, napi_get_value_double(env, value, &number));
  return number;
}

int64_t safe_integer(const Field& field, double number, const char* expected) {
  if (number == std::floor(number) && std::fabs(number) <= static_cast<double>(kMostSafe)) return static_cast<int64_t>(number);
  throw Misuse(Misuse::Kind::range, field.text(), std::string("must be ") + expected + ", not " + number_text(number));
}

[[noreturn]] void throw_not_an_instant(const Field& field, const std::string& given) {
  throw Misuse(Misuse::Kind::instant, field.text(),
               "must be from 1970-01-01 to before 2^62 ns after it (the year 2116), not " + given);
}

int64_t instant_of_ms(const Field& field, double number, const char* expected) {
  const int64_t ms = safe_integer(field, number, expected);
  if (ms < 0 || ms >= kEnd / kMillisecond) throw_not_an_instant(field, number_text(number) + " ms");
  return ms * kMillisecond;
}

// False when it does not fit.
bool bigint_of(napi_env env, napi_value value, int64_t* out) {
  bool lossless = false;
  checked(env, napi_get_value_bigint_int64(env, value, out, &lossless));
  return lossless;
}

// Lone surrogates have no UTF-8: Node-API writes U+FFFD for them, by which two keys would be one.
bool has_lone_surrogate(napi_env env, napi_value text) {
  size_t length = 0;
  checked(env, napi_get_value_string_utf16(env, text, nullptr, 0, &length));
  std::vector<char16_t> units(length + 1);
  checked(env, napi_get_value_string_utf16(env, text, units.data(), units.size(), &length));
  for (size_t i = 0; i < length; ++i) {
    const bool high = units[i] >= 0xD800 && units[i] < 0xDC00, low = units[i] >= 0xDC00 && units[i] < 0xE000;
    if (low) return true;
    if (high && (i + 1 == length || units[i + 1] < 0xDC00 || units[i + 1] >= 0xE000)) return true;
    if (high) ++i;
  }
  return false;
}

void check_characters(napi_env env, napi_value text, const char* utf8, size_t length, const Field& field) {
  static constexpr std::string_view replacement = "\xEF\xBF\xBD";
  if (std::string_view(utf8, length).find(replacement) == std::string_view::npos || !has_lone_surrogate(env, text)) return;
  throw Misuse(Misuse::Kind::range, field.text(), "must be of whole characters; it has half of a surrogate pair");
}

size_t utf8_length(napi_env env, napi_value text) {
  size_t length = 0;
  checked(env, napi_get_value_string_utf8(env, text, nullptr, 0, &length));
  return length;
}

[[noreturn]] void throw_key_length(const Field& field, size_t bytes) {
  throw Misuse(Misuse::Kind::range, field.text(), "must be 1 to 1024 bytes, not " + std::to_string(bytes));
}

}  // namespace

std::string Field::text() const {
  std::string text(of);
  if (!name.empty()) text.append(text.empty() ? "" : ".").append(name);
  if (position >= 0) text.append("[").append(std::to_string(position)).append("]");
  return text;
}

std::string told(napi_env env, napi_value value) {
  bool is = false;
  switch (type_of(env, value)) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_boolean: return "a boolean";
    case napi_number: return number_text(number_of(env, value));
    case napi_string: return "a string";
    case napi_symbol: return "a symbol";
    case napi_function: return "a function";
    case napi_bigint: return "a bigint";
    default: return napi_is_array(env, value, &is) == napi_ok && is ? "an array" : "an object";
  }
}

void throw_type(napi_env env, const Field& field, const char* expected, napi_value given) {
  throw Misuse(Misuse::Kind::type, field.text(), std::string("must be ") + expected + ", not " + told(env, given));
}

bool is_undefined(napi_env env, napi_value value) { return type_of(env, value) == napi_undefined; }

int64_t instant_of(napi_env env, napi_value value, const Field& field) {
  const napi_valuetype type = type_of(env, value);
  if (type == napi_undefined) return SLUICE_NOW;
  if (type == napi_number) return instant_of_ms(field, number_of(env, value), "a whole number of ms, below 2^53");
  if (type == napi_bigint) {
    int64_t ns = 0;
    if (!bigint_of(env, value, &ns) || ns < 0 || ns >= kEnd) throw_not_an_instant(field, "the bigint given");
    return ns;
  }
  bool is_date = false;
  if (type == napi_object) checked(env, napi_is_date(env, value, &is_date));
  if (!is_date) throw_type(env, field, "a number of ms since 1970, a Date or a bigint of ns", value);
  double ms = 0;
  checked(env, napi_get_date_value(env, value, &ms));
  return instant_of_ms(field, ms, "a valid Date");
}

int64_t span_of(napi_env env, napi_value value, const Field& field) {
  const napi_valuetype type = type_of(env, value);
  if (type == napi_undefined) return 0;
  if (type == napi_bigint) {
    int64_t ns = 0;
    if (!bigint_of(env, value, &ns) || ns < 0) {
      throw Misuse(Misuse::Kind::range, field.text(), "must be from 0 to below 2^63 ns, not the bigint given");
    }
    return ns;
  }
  if (type != napi_number) throw_type(env, field, "a number of ms or a bigint of ns", value);
  const double number = number_of(env, value);
  const int64_t ms = safe_integer(field, number, "a whole number of ms, below 2^53");
  if (ms < 0 || ms > INT64_MAX / kMillisecond) {
    throw Misuse(Misuse::Kind::range, field.text(), "must be from 0 to below 2^63 ns, not " + number_text(number) + " ms");
  }
  return ms * kMillisecond;
}

uint64_t count_of(napi_env env, napi_value value, const Field& field, uint64_t most) {
  if (type_of(env, value) != napi_number) throw_type(env, field, "a number", value);
  const double number = number_of(env, value);
  const int64_t count = safe_integer(field, number, "a whole number below 2^53");
  if (count < 0 || static_cast<uint64_t>(count) > most) {
    throw Misuse(Misuse::Kind::range, field.text(), "must be from 0 to " + std::to_string(most) + ", not " + number_text(number));
  }
  return static_cast<uint64_t>(count);
}

bool flag_of(napi_env env, napi_value value, const Field& field) {
  bool flag = false;
  if (napi_get_value_bool(env, value, &flag) != napi_ok) throw_type(env, field, "true or false", value);
  return flag;
}

std::string text_of(napi_env env, napi_value value, const Field& field) {
  if (type_of(env, value) != napi_string) throw_type(env, field, "a string", value);
  std::string text(utf8_length(env, value), '\0');
  size_t written = 0;
  checked(env, napi_get_value_string_utf8(env, value, text.data(), text.size() + 1, &written));
  check_characters(env, value, text.data(), text.size(), field);
  return text;
}

std::string_view view_of(napi_env env, napi_value value, const Field& field) {
  napi_typedarray_type type = napi_float64_array;
  size_t length = 0;
  void* data = nullptr;
  bool is_typed = false;
  checked(env, napi_is_typedarray(env, value, &is_typed));
  if (is_typed) checked(env, napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr));
  if (!is_typed || type != napi_uint8_array) throw_type(env, field, "a Uint8Array", value);
  return {data == nullptr ? "" : static_cast<const char*>(data), length};
}

TypedView typed_view_of(napi_env env, napi_value value, const Field& field, napi_typedarray_type wanted, const char* expected) {
  napi_typedarray_type type = napi_int8_array;
  TypedView view;
  bool is = false;
  checked(env, napi_is_typedarray(env, value, &is));
  if (is) checked(env, napi_get_typedarray_info(env, value, &type, &view.length, &view.data, nullptr, nullptr));
  if (!is || type != wanted) throw_type(env, field, expected, value);
  return view;
}

uint32_t length_of(napi_env env, napi_value array, const Field& field) {
  bool is = false;
  checked(env, napi_is_array(env, array, &is));
  if (!is) throw_type(env, field, "an array", array);
  uint32_t length = 0;
  checked(env, napi_get_array_length(env, array, &length));
  return length;
}

napi_value element_of(napi_env env, napi_value array, uint32_t i) {
  napi_value element = nullptr;
  checked(env, napi_get_element(env, array, i, &element));
  return element;
}

char* KeyRoom::room(size_t bytes) {
  constexpr size_t chunk = 65536;
  if (left_ < bytes) {
    at_ = far_.emplace_back(new char[chunk]).get();
    left_ = chunk;
  }
  return at_;
}

sluice_bytes KeyRoom::take(size_t bytes) {
  const sluice_bytes key{at_, bytes};
  at_ += bytes;
  left_ -= bytes;
  return key;
}

// Room for a character more than any key has: what fills it is too long.
bool KeyRoom::text_key(napi_env env, napi_value value, const Field& field, sluice_bytes* key) {
  constexpr size_t most = kMostKeyBytes + 5;
  char* const at = room(most);
  size_t length = 0;
  const napi_status status = napi_get_value_string_utf8(env, value, at, most, &length);
  if (status == napi_string_expected) return false;
  checked(env, status);
  if (length == 0 || length > kMostKeyBytes) throw_key_length(field, utf8_length(env, value));
  check_characters(env, value, at, length, field);
  *key = take(length);
  return true;
}

sluice_bytes KeyRoom::bytes_key(napi_env env, napi_value value, const Field& field) {
  bool is_typed = false;
  checked(env, napi_is_typedarray(env, value, &is_typed));
  if (!is_typed) throw_type(env, field, "a string or a Uint8Array", value);
  const std::string_view bytes = view_of(env, value, field);
  if (bytes.empty() || bytes.size() > kMostKeyBytes) throw_key_length(field, bytes.size());
  std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
  return take(bytes.size());
}

sluice_bytes KeyRoom::key(napi_env env, napi_value value, const Field& field) {
  sluice_bytes key;
  return text_key(env, value, field, &key) ? key : bytes_key(env, value, field);
}

std::vector<sluice_bytes> KeyRoom::keys(napi_env env, napi_value array, const Field& field) {
  const uint32_t length = length_of(env, array, field);
  std::vector<sluice_bytes> all;
  all.reserve(length < 4096 ? length : 4096);
  for (uint32_t i = 0; i < length; ++i) {
    Napi::HandleScope scope(env);
    all.push_back(key(env, element_of(env, array, i), Field{field.of, field.name, i}));
  }
  return all;
}

}  // namespace sluice::node
