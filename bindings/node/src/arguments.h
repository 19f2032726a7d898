// SPDX-License-Identifier: Apache-2.0
// Reading JavaScript values: each function takes one value and the field it is of, and throws `Misuse` with both when it is not what
// it must be. Nothing is converted that was not meant so: a number is not read from a text, nor a text from a number.
//
// 1. Instants and spans are safe integers of milliseconds (an instant may be a Date), or bigints of nanoseconds: the type says which.
// 2. Counts are safe integers. Texts and keys are strings of whole characters, keys also bytes.
// 3. Reading may run JavaScript (an element's getter), which may move what was viewed before: keys are copied, and payloads are viewed
//    last.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "errors.h"

namespace sluice::node {

inline constexpr size_t kMostValues = 16;
inline constexpr size_t kMostQuantities = 8;
inline constexpr size_t kMostCharges = 16;
inline constexpr size_t kMostRepeated = 128;
inline constexpr size_t kMostKeyBytes = 1024;
inline constexpr uint64_t kMostSafe = (uint64_t{1} << 53) - 1;

// What an argument is called: "now", "values.account", "lines[3]". The text is made when something is wrong with it.
struct Field {
  std::string_view of;
  std::string_view name = {};
  int64_t position = -1;

  std::string text() const;
};

// "undefined", "a string", "NaN", "1.5": what was given, for an error's words.
std::string told(napi_env env, napi_value value);

[[noreturn]] void throw_type(napi_env env, const Field& field, const char* expected, napi_value given);

bool is_undefined(napi_env env, napi_value value);

// undefined: SLUICE_NOW.
int64_t instant_of(napi_env env, napi_value value, const Field& field);
// undefined: 0, which stands for a default.
int64_t span_of(napi_env env, napi_value value, const Field& field);
uint64_t count_of(napi_env env, napi_value value, const Field& field, uint64_t most = kMostSafe);
bool flag_of(napi_env env, napi_value value, const Field& field);
std::string text_of(napi_env env, napi_value value, const Field& field);
// The bytes of a Uint8Array, viewed: until JavaScript runs again.
std::string_view view_of(napi_env env, napi_value value, const Field& field);

// A typed array of one kind, viewed: until JavaScript runs again.
struct TypedView {
  void* data = nullptr;
  size_t length = 0;
};
TypedView typed_view_of(napi_env env, napi_value value, const Field& field, napi_typedarray_type wanted, const char* expected);

// The copied bytes of a call's keys.
class KeyRoom {
 public:
  KeyRoom() noexcept : at_(near_), left_(sizeof(near_)) {}  // its bytes are written before they are read
  KeyRoom(const KeyRoom&) = delete;
  KeyRoom& operator=(const KeyRoom&) = delete;

  sluice_bytes key(napi_env env, napi_value value, const Field& field);
  // False when it is no string: what keys mostly are, found out by reading it.
  bool text_key(napi_env env, napi_value value, const Field& field, sluice_bytes* key);
  // Of an array.
  std::vector<sluice_bytes> keys(napi_env env, napi_value array, const Field& field);

 private:
  // Room for so many bytes, of which `take` keeps those that were needed.
  char* room(size_t bytes);
  sluice_bytes take(size_t bytes);
  sluice_bytes bytes_key(napi_env env, napi_value value, const Field& field);

  char near_[2048];
  char* at_;
  size_t left_;
  std::vector<std::unique_ptr<char[]>> far_;
};

// A JavaScript array's length and elements.
uint32_t length_of(napi_env env, napi_value array, const Field& field);
napi_value element_of(napi_env env, napi_value array, uint32_t i);

// Throws what a call of Node-API has left pending.
inline void checked(napi_env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

}  // namespace sluice::node
