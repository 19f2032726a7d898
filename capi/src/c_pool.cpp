// SPDX-License-Identifier: Apache-2.0
// The lines of pools: how they stand, and which there are.
#include "capi/src/arguments.h"
#include "capi/src/boundary.h"

namespace sluice::capi {
namespace {

struct ByRoom {
  Bytes values[kMaxPoolDimensions];
};

// How many there are to be, the core knows.
Status read_by(const sluice_bytes* by, size_t count, ByRoom* room, std::span<const Bytes>* out, std::string* words) {
  if (count > kMaxPoolDimensions) {
    return fail(words, Status::invalid, "by_count: ", count, "; a pool has its lines by at most ", kMaxPoolDimensions,
                " dimensions");
  }
  if (by == nullptr && count != 0) return fail(words, Status::invalid, "by: NULL with by_count ", count);
  for (size_t i = 0; i < count; ++i) {
    if (!is_key(by[i])) return wrong_key("by", i, by[i], words);
    room->values[i] = as_bytes(by[i]);
  }
  *out = {room->values, count};
  return Status::ok;
}

Status read_change(const sluice_line_change& given, ByRoom* room, LineChange* out, std::string* words) {
  std::string_view pool, reason;
  Status status = read_text("pool", given.pool, given.pool_len, &pool, words);
  if (status == Status::ok) status = read_by(given.by, given.by_count, room, &out->by, words);
  if (status == Status::ok) status = read_key("line", given.line, &out->line, words);
  if (status == Status::ok) status = read_optional_text("reason", given.reason, given.reason_len, &reason, words);
  if (status != Status::ok) return status;
  if (!from_c(given.state, &out->state)) {
    return fail(words, Status::invalid, "state: ", given.state, "; from 0 (active) to 5 (removed)");
  }
  out->pool = pool;
  out->reason = reason;
  out->weight = given.weight;
  out->paused_until = given.paused_until;
  out->on_suspend = given.on_suspend;
  return Status::ok;
}

void write_report(sluice_line_report* out, const LineReport& report) {
  sluice_line_report value = SLUICE_LINE_REPORT_INIT;
  value.held = report.held;
  value.moved = report.moved;
  value.failed = report.failed;
  write_struct(out, value);
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_set_line(sluice_engine engine, const sluice_line_change* change, int64_t now, sluice_line_report* report,
                              sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    Status status = check_struct(change, "change", words);
    if (status == Status::ok && report != nullptr) status = check_struct(report, "report", words);
    if (status != Status::ok) return status;
    sluice_line_change room;
    ByRoom by;
    LineChange asked;
    status = read_change(read_struct(change, &room), &by, &asked, words);
    if (status != Status::ok) return status;
    LineReport done;
    status = Engine::set_line(engine, asked, now, &done, words);
    if (status == Status::ok && report != nullptr) write_report(report, done);
    return status;
  });
}

sluice_status sluice_list_lines(sluice_engine engine, const char* pool, size_t pool_len, const sluice_bytes* by, size_t by_count,
                                int64_t now, char* buffer, size_t* length, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    std::string_view name;
    ByRoom room;
    std::span<const Bytes> values;
    Status status = check_buffer(buffer, length, words);
    if (status == Status::ok) status = read_text("pool", pool, pool_len, &name, words);
    if (status == Status::ok) status = read_by(by, by_count, &room, &values, words);
    if (status != Status::ok) return status;
    std::string json;
    status = Engine::list_lines(engine, name, values, now, &json, words);
    return status == Status::ok ? write_text(json, buffer, length, words) : status;
  });
}
