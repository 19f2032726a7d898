// SPDX-License-Identifier: Apache-2.0
#include "core/dialect/problem.h"

#include "core/policy/spelling.h"

namespace sluice {
namespace {

struct ProblemType {
  Bytes uri, title;
};

// Those that draft-ietf-httpapi-ratelimit-headers-10 registers; a failure has none but its status.
ProblemType type_of(const Facts& facts) {
  if (facts.which == AnswerCase::failed) return {"about:blank", reason_phrase(facts.status)};
  if (facts.decision.denial == DenialKind::memory) {
    return {"https://iana.org/assignments/http-problem-types#temporary-reduced-capacity",
            "Request cannot be satisfied due to temporary server capacity constraints"};
  }
  return {"https://iana.org/assignments/http-problem-types#quota-exceeded",
          "Request cannot be satisfied as assigned quota has been exceeded"};
}

void put_member(Bytes name, Bytes text, AnswerText* out) {
  out->put('"');
  out->put(name);
  out->put(Bytes("\":\""));
  out->put_json(text);
  out->put('"');
}

// Names of the limits that refused: the one named, and of the rows every other, each once.
void put_violated(const Facts& facts, AnswerText* out) {
  const int16_t named = facts.view.limit_position(facts.decision.limit_id);
  bool told[kMaxLimits] = {};
  bool first = true;
  const auto put = [&](int16_t at) {
    if (at == kNone || told[static_cast<size_t>(at)]) return;
    told[static_cast<size_t>(at)] = true;
    out->put(first ? Bytes("\"") : Bytes(",\""));
    first = false;
    out->put_json(facts.view.policy.limits[static_cast<size_t>(at)].name);
    out->put('"');
  };
  out->put(Bytes(",\"violated-policies\":["));
  put(named);
  for (const Detail& row : facts.rows) {
    if (row.denial != DenialKind::none) put(facts.view.limit_position(row.limit_id));
  }
  out->put(']');
}

}  // namespace

Bytes reason_phrase(uint16_t status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 400: return "Bad Request";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return {};
  }
}

void write_problem(const Facts& facts, AnswerText* out) {
  const ProblemType type = type_of(facts);
  out->put('{');
  put_member("type", type.uri, out);
  out->put(',');
  put_member("title", type.title, out);
  out->put(Bytes(",\"status\":"));
  out->put(uint64_t{facts.status});
  if (facts.which != AnswerCase::failed) {
    if (facts.decision.denial != DenialKind::none) {
      out->put(',');
      put_member("denial", spell_denial(facts.decision.denial), out);
    }
    put_violated(facts, out);
    if (facts.advice.waits) {
      out->put(Bytes(",\"retry-after\":"));
      out->put(static_cast<uint64_t>(facts.advice.told / kSecond));
    }
  }
  out->put('}');
}

}  // namespace sluice
