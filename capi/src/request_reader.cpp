// SPDX-License-Identifier: Apache-2.0
#include "capi/src/request_reader.h"

#include <new>

#include "capi/src/arguments.h"
#include "capi/src/sized_struct.h"

namespace sluice::capi {
namespace {

Status read_values(const sluice_request& given, Bytes* keys, Request* out, std::string* words) {
  const uint32_t count = given.value_count;
  if (count > kMaxValuesOfRequest) {
    return fail(words, Status::invalid, "value_count: ", count, "; an operation has at most ", kMaxValuesOfRequest);
  }
  if (given.values == nullptr && count != 0) return fail(words, Status::invalid, "values: NULL with value_count ", count);
  for (uint32_t i = 0; i < count; ++i) {
    const sluice_bytes& value = given.values[i];
    if (!is_key(value) && !is_absent(value)) return wrong_key("values", i, value, words);
    ::new (&keys[i]) Bytes(as_bytes(value));
  }
  out->values = {keys, count};
  return Status::ok;
}

Status read_repeated(const sluice_request& given, Bytes* keys, Request* out, std::string* words) {
  const uint32_t count = given.repeated_count;
  if (count > kMaxSubjects) {
    return fail(words, Status::too_many, "repeated_count: ", count, "; a decision has at most ", kMaxSubjects, " subjects");
  }
  if (given.repeated == nullptr) return fail(words, Status::invalid, "repeated: NULL with repeated_count ", count);
  for (uint32_t i = 0; i < count; ++i) {
    if (!is_key(given.repeated[i])) return wrong_key("repeated", i, given.repeated[i], words);
    ::new (&keys[i]) Bytes(as_bytes(given.repeated[i]));
  }
  out->repeated = {keys, count};
  return Status::ok;
}

Status read_quantities(const sluice_request& given, Request* out, std::string* words) {
  const uint32_t count = given.quantity_count;
  if (count > kMaxQuantities) {
    return fail(words, Status::invalid, "quantity_count: ", count, "; an operation has at most ", kMaxQuantities);
  }
  if (given.quantities == nullptr) {
    return fail(words, Status::invalid, "quantities: NULL with quantity_count ", count);
  }
  out->quantities = {given.quantities, count};
  return Status::ok;
}

Status read_idempotency_key(const sluice_request& given, Request* out, std::string* words) {
  const uint32_t length = given.idempotency_key_len;
  if (given.idempotency_key == nullptr) {
    return fail(words, Status::invalid, "idempotency_key: NULL with length ", length);
  }
  if (length == 0 || length > kMaxIdempotencyKey) {
    return fail(words, Status::invalid, "idempotency_key: ", length, " bytes; it has 1 to ", kMaxIdempotencyKey);
  }
  out->idempotency_key = {static_cast<const char*>(given.idempotency_key), length};
  return Status::ok;
}

Status read_flags(const sluice_request& given, Request* out, std::string* words) {
  if ((given.flags & ~flag::known_request_flags) != 0) {
    return fail(words, Status::unsupported, "flags: ", given.flags, "; this library knows ", flag::known_request_flags);
  }
  if (given.reserved0 != 0) return fail(words, Status::unsupported, "reserved0: ", given.reserved0, "; it must be 0");
  out->flags = given.flags;
  return Status::ok;
}

}  // namespace

Status read_request(const sluice_request* given, Bytes* keys, Request* out, std::string* words) {
  Status status = check_struct(given, "request", words);
  if (status != Status::ok) return status;
  sluice_request room;
  const sluice_request& request = read_struct(given, &room);
  out->operation = request.operation;
  out->now = request.now;
  status = read_flags(request, out, words);
  if (status == Status::ok) status = read_values(request, keys, out, words);
  if (status == Status::ok && (request.repeated != nullptr || request.repeated_count != 0)) {
    status = read_repeated(request, keys + request.value_count, out, words);
  }
  if (status == Status::ok && (request.quantities != nullptr || request.quantity_count != 0)) {
    status = read_quantities(request, out, words);
  }
  if (status == Status::ok && (request.idempotency_key != nullptr || request.idempotency_key_len != 0)) {
    status = read_idempotency_key(request, out, words);
  }
  return status;
}

}  // namespace sluice::capi
