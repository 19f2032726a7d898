// SPDX-License-Identifier: Apache-2.0
#include "capi/src/decision_writer.h"

#include <algorithm>
#include <new>

#include "capi/src/arguments.h"
#include "capi/src/line_room.h"
#include "capi/src/sized_struct.h"
#include "capi/src/status.h"

namespace sluice::capi {
namespace {

constexpr uint32_t kMostRows = kMaxCharges * kMaxSubjects;

sluice_detail to_c(const Detail& row) {
  sluice_detail out = {};
  out.limit_id = row.limit_id;
  out.denial = capi::to_c(row.denial);
  out.limit = row.limit;
  out.used = row.used;
  out.remaining = row.remaining;
  out.resets_at = row.resets_at;
  out.opens_at = row.opens_at;
  out.charge = row.charge;
  out.subject = row.subject;
  out.flags = row.flags;
  return out;
}

sluice_decision to_c(Status status, const Decision& answer) {
  sluice_decision out = SLUICE_DECISION_INIT;
  out.status = capi::to_c(status);
  if (out.status < 0) return out;
  out.denial = capi::to_c(answer.denial);
  out.wait_kind = capi::to_c(answer.wait_kind);
  out.now = answer.now;
  out.retry_after = answer.retry_after;
  out.largest_cost = answer.largest_cost;
  out.limit_id = answer.limit_id;
  out.flags = answer.flags;
  out.limit = answer.limit;
  out.used = answer.used;
  out.remaining = answer.remaining;
  out.resets_at = answer.resets_at;
  out.opens_at = answer.opens_at;
  out.receipt = answer.receipt;
  out.detail_count = answer.detail_count;
  return out;
}

}  // namespace

Status check_decision(const sluice_decision* out, std::string* words) {
  const Status status = check_struct(out, "decision", words);
  if (status != Status::ok) return status;
  if (out->details == nullptr && out->detail_capacity != 0) {
    return fail(words, Status::invalid, "decision.details: NULL with detail_capacity ", out->detail_capacity);
  }
  return check_line_room(out, "decision", words);
}

uint32_t wanted_rows(const sluice_decision* out) {
  return out->details == nullptr ? 0 : std::min(out->detail_capacity, kMostRows);
}

std::span<Detail> DetailRows::take(uint32_t count) {
  if (count > kFew) {
    many_ = std::make_unique<Detail[]>(count);
    return {many_.get(), count};
  }
  for (uint32_t i = 0; i < count; ++i) ::new (few_.at(i)) Detail();
  return {few_.at(0), count};
}

void write_decision(sluice_decision* out, Status status, const Decision& answer) {
  sluice_decision value = to_c(status, answer);
  value.details = out->details;
  value.detail_capacity = out->detail_capacity;
  const size_t rows = std::min<size_t>(value.detail_count, answer.details.size());
  for (size_t i = 0; i < rows; ++i) out->details[i] = to_c(answer.details[i]);
  tell_line(out, &value, status < Status::ok || answer.line == nullptr ? Bytes() : Bytes(*answer.line));
  write_struct(out, value);
}

}  // namespace sluice::capi
