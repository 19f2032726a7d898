// SPDX-License-Identifier: Apache-2.0
// A decision as an answer over HTTP: status, headers and body, in the words of the policy's dialect and of those asked for.
//
// 1. Written into the caller's memory, without allocation. What there is no room for is counted: whoever has too little asks again.
// 2. The same facts give the same bytes in every language; all arithmetic is in integers.
// 3. A header's value is visible ASCII and spaces whatever keys and texts the caller brought, and its name is the policy's or ours.
#pragma once

#include <span>

#include "core/base/bytes.h"
#include "core/dialect/facts.h"
#include "core/engine/engine.h"

namespace sluice {

// Which dialects, together. Numbers are those of the C ABI.
namespace dialect {
inline constexpr uint32_t policy = 1;             // the policy's own, or what stands for it where it says nothing
inline constexpr uint32_t x_ratelimit = 2;        // X-RateLimit-Limit, -Remaining, -Reset: an instant
inline constexpr uint32_t x_ratelimit_delta = 4;  // the same, -Reset: seconds to go
inline constexpr uint32_t ratelimit = 8;          // RateLimit and RateLimit-Policy, draft-ietf-httpapi-ratelimit-headers-10
inline constexpr uint32_t retry_ms = 16;          // retry-after-ms
inline constexpr uint32_t problem = 32;           // a body as of RFC 9457
inline constexpr uint32_t known = 63;
}  // namespace dialect

// No answer has more: the policy's, and ours.
inline constexpr size_t kMostAnswerHeaders = 2 * kMaxHeaders + 16;

struct HttpHeader {
  Bytes name, value;
};

// What the caller brings beside the decision.
struct AnswerRequest {
  uint32_t dialects = dialect::policy;
  const Enqueued* held = nullptr;
  const Request* request = nullptr;
  std::span<const Given> given;
};

struct AnswerRoom {
  std::span<char> bytes = {};  // of headers and body
  std::span<HttpHeader> headers = {};
};

struct HttpAnswer {
  uint16_t status = 0;
  Advice advice;
  size_t bytes = 0;    // needed
  size_t headers = 0;  // the same
  Bytes body;
};

// `rows` are those of the decision. Status::buffer when there is too little room: then `out` tells what is needed, and nothing else
// is. Status::invalid when the policy's templates tell of limits and the decision came without rows.
Status answer(const PolicyView& view, const Decision& decision, std::span<const Detail> rows, bool asked_for_rows,
              const AnswerRequest& request, const AnswerRoom& room, HttpAnswer* out, std::string* error);

// How a subject's limits stand, in the policy's words. Status::not_found when it has none for that.
Status answer_usage(const PolicyView& view, std::span<const UsageRow> rows, Instant now, std::span<const Given> given,
                    const AnswerRoom& room, HttpAnswer* out);

// A body of JSON that somebody else has written.
Status answer_json(Bytes json, const AnswerRoom& room, HttpAnswer* out);

}  // namespace sluice
