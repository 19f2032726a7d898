// SPDX-License-Identifier: Apache-2.0
// What subjects have used, and which there are.
#include <algorithm>
#include <vector>

#include "capi/src/arguments.h"
#include "capi/src/boundary.h"

namespace sluice::capi {
namespace {

sluice_usage_row to_c(const UsageRow& row) {
  sluice_usage_row out = {};
  out.limit_id = row.limit_id;
  out.flags = row.flags;
  out.limit = row.limit;
  out.used = row.used;
  out.remaining = row.remaining;
  out.overage = row.overage;
  out.period_begins = row.period_begins;
  out.resets_at = row.resets_at;
  return out;
}

Status write_rows(const std::vector<UsageRow>& from, sluice_usage_row* rows, size_t* count, std::string* words) {
  const size_t room = *count;
  *count = from.size();
  for (size_t i = 0; i < std::min(room, from.size()); ++i) rows[i] = to_c(from[i]);
  if (room >= from.size()) return Status::ok;
  return fail(words, Status::buffer, "rows: room for ", room, "; there are ", from.size());
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_usage(sluice_engine engine, const sluice_subject* subject, int64_t now, sluice_usage_row* rows,
                           size_t* count, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    if (count == nullptr) return fail(words, Status::invalid, "count: NULL");
    if (rows == nullptr && *count != 0) return fail(words, Status::invalid, "rows: NULL with count ", *count);
    SubjectRoom room;
    SubjectName name;
    Status status = read_subject(subject, &room, &name, words);
    if (status != Status::ok) return status;
    std::vector<UsageRow> found;
    status = Engine::usage(engine, name, now, &found, words);
    return status == Status::ok ? write_rows(found, rows, count, words) : status;
  });
}

sluice_status sluice_usage_json(sluice_engine engine, const sluice_subject* subject, int64_t now, char* buffer, size_t* length,
                                sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    Status status = check_buffer(buffer, length, words);
    if (status != Status::ok) return status;
    SubjectRoom room;
    SubjectName name;
    status = read_subject(subject, &room, &name, words);
    if (status != Status::ok) return status;
    std::string json;
    status = Engine::usage_json(engine, name, now, &json, words);
    return status == Status::ok ? write_text(json, buffer, length, words) : status;
  });
}

sluice_status sluice_list(sluice_engine engine, const char* scope, size_t scope_len, uint64_t* cursor, uint32_t max, char* buffer,
                          size_t* length, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    Status status = check_buffer(buffer, length, words);
    if (status != Status::ok) return status;
    if (cursor == nullptr) return fail(words, Status::invalid, "cursor: NULL");
    std::string_view name;
    status = read_text("scope", scope, scope_len, &name, words);
    if (status != Status::ok) return status;
    uint64_t next = *cursor;  // moves only when the caller has got what lies before it
    std::string json;
    status = Engine::list(engine, name, &next, max, &json, words);
    if (status == Status::ok) status = write_text(json, buffer, length, words);
    if (status == Status::ok) *cursor = next;
    return status;
  });
}
