// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

#include <limits>

namespace sluice::node {
namespace {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kNever = INT64_MAX, kOnRelease = INT64_MAX - 1;

void write_ns(int64_t ns, double* two) {
  two[0] = static_cast<double>(ns / kMillisecond);
  two[1] = static_cast<double>(ns % kMillisecond);
}

int64_t read_ns(const double* two) { return static_cast<int64_t>(two[0]) * kMillisecond + static_cast<int64_t>(two[1]); }

// 0 is no instant here.
void write_instant(int64_t at, double* two) {
  if (at > 0 && at < kOnRelease) return write_ns(at, two);
  two[0] = at == kOnRelease ? -2 : at == kNever ? -3 : -1;
  two[1] = 0;
}

int64_t read_instant(const double* two) {
  if (two[0] >= 0) return read_ns(two);
  return two[0] == -2 ? kOnRelease : two[0] == -3 ? kNever : 0;
}

// 0 is the beginning of time here.
void write_opening(int64_t at, double* two) { at == 0 ? write_ns(0, two) : write_instant(at, two); }

double units(uint64_t count) { return static_cast<double>(count); }
uint64_t count(double units) { return static_cast<uint64_t>(units); }

}  // namespace

void write_decision(const sluice_decision& decision, double* row) {
  row[0] = decision.status;
  row[1] = decision.denial;
  row[2] = decision.wait_kind;
  row[3] = decision.limit_id;
  row[4] = decision.flags;
  row[5] = units(decision.limit);
  row[6] = units(decision.used);
  row[7] = units(decision.remaining);
  row[8] = units(decision.largest_cost);
  write_ns(decision.now, row + 9);
  write_ns(decision.retry_after, row + 11);
  write_instant(decision.resets_at, row + 13);
  write_opening(decision.opens_at, row + 15);
  row[17] = decision.detail_count;
  row[18] = units(decision.receipt);
}

void write_detail(const sluice_detail& detail, double* row) {
  row[0] = detail.limit_id;
  row[1] = detail.denial;
  row[2] = detail.flags;
  row[3] = units(detail.limit);
  row[4] = units(detail.used);
  row[5] = units(detail.remaining);
  write_instant(detail.resets_at, row + 6);
  write_opening(detail.opens_at, row + 8);
  row[10] = detail.charge;
  row[11] = detail.subject;
}

void write_held(const sluice_held& held, double* row) {
  row[0] = units(held.message);
  row[1] = held.state;
  write_instant(held.expires_at, row + 2);
  row[4] = units(held.depth);
  row[5] = units(held.position);
  write_instant(held.eta, row + 6);
  row[8] = held.eta_kind;
  row[9] = held.sticky;
  row[10] = 0;
}

sluice_decision read_decision(const double* row) {
  sluice_decision decision = make_decision();
  decision.status = static_cast<sluice_status>(row[0]);
  decision.denial = static_cast<int32_t>(row[1]);
  decision.wait_kind = static_cast<int32_t>(row[2]);
  decision.limit_id = static_cast<int32_t>(row[3]);
  decision.flags = static_cast<uint32_t>(row[4]);
  decision.limit = count(row[5]);
  decision.used = count(row[6]);
  decision.remaining = count(row[7]);
  decision.largest_cost = count(row[8]);
  decision.now = read_ns(row + 9);
  decision.retry_after = read_ns(row + 11);
  decision.resets_at = read_instant(row + 13);
  decision.opens_at = read_instant(row + 15);
  decision.receipt = count(row[18]);
  return decision;
}

sluice_detail read_detail(const double* row) {
  sluice_detail detail{};
  detail.limit_id = static_cast<int32_t>(row[0]);
  detail.denial = static_cast<int32_t>(row[1]);
  detail.flags = static_cast<uint32_t>(row[2]);
  detail.limit = count(row[3]);
  detail.used = count(row[4]);
  detail.remaining = count(row[5]);
  detail.resets_at = read_instant(row + 6);
  detail.opens_at = read_instant(row + 8);
  detail.charge = static_cast<uint32_t>(row[10]);
  detail.subject = static_cast<uint32_t>(row[11]);
  return detail;
}

sluice_held read_held(const double* row) {
  sluice_held held = SLUICE_HELD_INIT;
  held.message = count(row[0]);
  held.state = static_cast<int32_t>(row[1]);
  held.expires_at = read_instant(row + 2);
  held.depth = count(row[4]);
  held.position = count(row[5]);
  held.eta = read_instant(row + 6);
  held.eta_kind = static_cast<int32_t>(row[8]);
  held.sticky = static_cast<int32_t>(row[9]);
  return held;
}

double wait_of(const sluice_decision& decision) {
  if (decision.status == SLUICE_OK) return 0;
  if (decision.wait_kind != SLUICE_WAIT_EXACT && decision.wait_kind != SLUICE_WAIT_BOUND) {
    return std::numeric_limits<double>::infinity();
  }
  const int64_t ms = decision.retry_after / kMillisecond + (decision.retry_after % kMillisecond != 0);
  return ms > 0 ? static_cast<double>(ms) : 1;
}

Napi::Value instant_or_null(Napi::Env env, int64_t at) { return at == 0 || at == kNever ? env.Null() : ns(env, at); }

}  // namespace sluice::node
