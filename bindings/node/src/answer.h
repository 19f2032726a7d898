// SPDX-License-Identifier: Apache-2.0
// Answers as rows of doubles, which lib/decision.js and lib/held.js read by position: what a row means stands there, once more in
// words. An instant or span is two of them, whole ms and the ns beside, so that both are exact; ms -1 is none, -2 on release, -3 never.
#pragma once

#include <napi.h>

#include "sluice/sluice.hpp"

namespace sluice::node {

inline constexpr size_t kDecisionRow = 19;
inline constexpr size_t kDetailRow = 12;
inline constexpr size_t kHeldRow = 11;

// status, denial, wait_kind, limit_id, flags, limit, used, remaining, largest_cost, now, retry_after, resets_at, opens_at (two each),
// detail_count, receipt
void write_decision(const sluice_decision& decision, double* row);
// limit_id, denial, flags, limit, used, remaining, resets_at, opens_at (two each), charge, subject
void write_detail(const sluice_detail& detail, double* row);
// message, state, expires_at (two), depth, position, eta (two), eta_kind, sticky, and one that is 0
void write_held(const sluice_held& held, double* row);

// What was written, back: all that the structs say, but for the rows and the line of a decision, which stand elsewhere.
sluice_decision read_decision(const double* row);
sluice_detail read_detail(const double* row);
sluice_held read_held(const double* row);

// For those who take one number: 0 when allowed, else ms rounded up, at least 1; Infinity when no wait is known to help.
double wait_of(const sluice_decision& decision);

Napi::Value instant_or_null(Napi::Env env, int64_t at);
inline Napi::Value ns(Napi::Env env, int64_t span) { return Napi::BigInt::New(env, span); }
inline Napi::Value number(Napi::Env env, uint64_t count) { return Napi::Number::New(env, static_cast<double>(count)); }
inline Napi::Value text(Napi::Env env, std::string_view utf8) { return Napi::String::New(env, utf8.data(), utf8.size()); }
inline Napi::Value buffer(Napi::Env env, const sluice_bytes& bytes) {
  return Napi::Buffer<char>::Copy(env, static_cast<const char*>(bytes.ptr), bytes.len);
}

}  // namespace sluice::node
