// SPDX-License-Identifier: Apache-2.0
// The room that a caller's struct has for the name of a line: the fields line, line_capacity and line_length.
//
// 1. A name that does not fit is not written: part of a number is another number. line_length says what it takes.
// 2. What was decided stands; a room too small is no failure, for the message would be held all the same.
// 3. Who brings no room is told nothing, so that it costs nothing: neither alone nor in a batch.
#pragma once

#include <cstring>
#include <string>

#include "capi/src/arguments.h"
#include "capi/src/sized_struct.h"

namespace sluice::capi {

// An older caller's struct ends before these fields.
template <class Struct>
bool has_line_fields(const Struct* given) {
  return given->struct_size >= offsetof(Struct, line) + sizeof(given->line);
}

template <class Struct>
bool has_line_room(const Struct* given) {
  return has_line_fields(given) && given->line_capacity != 0;
}

// REQUIRES: check_struct said ok, as everything here does.
template <class Struct>
Status check_line_room(const Struct* given, const char* name, std::string* words) {
  if (!has_line_room(given) || given->line != nullptr) return Status::ok;
  return fail(words, Status::invalid, name, ".line: NULL with line_capacity ", given->line_capacity);
}

// Tells the line in `value`, which is going to be written over `out`, and keeps the caller's room there.
template <class Struct>
void tell_line(const Struct* out, Struct* value, Bytes line) {
  if (!has_line_fields(out)) return;
  value->line = out->line;
  value->line_capacity = out->line_capacity;
  if (out->line_capacity == 0) return;
  value->line_length = static_cast<uint32_t>(line.size());
  if (!line.empty() && line.size() <= out->line_capacity) std::memcpy(out->line, line.data(), line.size());
}

}  // namespace sluice::capi
