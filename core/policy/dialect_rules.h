// SPDX-License-Identifier: Apache-2.0
// How a policy words its answers over HTTP, compiled: what core/dialect writes from, step by step and without reading any template
// again; data only.
//
// 1. A template is a run of steps. Texts of all templates lie in one string, already escaped for where they go.
// 2. Something that is not known leaves out what it stands in: a header, a member of an object, a part in brackets.
// 3. Bounded: kMaxAnswers, kMaxHeaders, and of one answer kMaxAnswerSteps and kMaxAnswerBytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/limits/params.h"

namespace sluice {

inline constexpr size_t kMaxAnswers = 64;
inline constexpr size_t kMaxHeaders = 32;         // of one answer, or of all
inline constexpr size_t kMaxAnswerSteps = 1024;   // of all templates of one answer
inline constexpr size_t kMaxAnswerBytes = 16384;  // the same, of their texts
inline constexpr size_t kMaxGiven = 16;           // texts that a caller may give
inline constexpr size_t kMaxHeaderName = 64;
inline constexpr size_t kMaxBodyDepth = 24;
inline constexpr Span kLongestWait = kMinute;        // that a client is told, unless the policy says else
inline constexpr Span kMostLongestWait = 24 * kDay;  // past 2^31 ms timers of clients overflow, and they come again at once

// What a placeholder tells.
enum class Told : uint8_t {
  // of a limit, the one named unless it says which
  limit,
  used,
  remaining,
  resets_at,
  opens_at,
  limit_name,
  unit,
  begins_at,  // of usage only, as is overage
  overage,
  // of the decision
  retry_after,  // what a client is told to wait
  wait,         // what there is to wait
  largest_cost,
  denial,
  outcome,
  should_retry,
  now,
  status,
  // of a message that is held
  message,
  depth,
  position,
  eta,
  expires_at,
  // what the request and the caller bring
  value,
  quantity,
  given,
};

// How an instant or a span is written.
enum class ToldForm : uint8_t { plain, epoch, epoch_ms, delta, delta_ms, iso, date, s, ms };

enum class DialectStep : uint8_t {
  text,        // as it stands
  tell,        // inside a text
  tell_value,  // as a JSON value of its own type
  object,      // `{`
  key,         // a member's name; left out up to end_member when something in it is not known
  end_member,
  list,     // `[`
  element,  // null when something in it is not known
  end_element,
  close_object,
  close_list,
  part,  // left out up to end_part when something in it is not known
  end_part,
};

struct DialectOp {
  DialectStep step = DialectStep::text;
  Told told = Told::limit;
  ToldForm form = ToldForm::plain;
  bool quoted = false;  // tell_value: as a text whatever its type
  int16_t which = -1;   // a limit; -1: the one named. Of value, quantity and given: the dimension, the name's position
  uint32_t offset = 0;  // text, key: in DialectRules::texts
  uint32_t length = 0;
};

// A run of DialectRules::steps.
struct DialectTemplate {
  uint32_t begin = 0, count = 0;
};

struct HeaderRule {
  std::string name;
  DialectTemplate value;
};

enum class BodyKind : uint8_t { none, json, text };

struct AnswerRule {
  uint16_t status = 200;
  std::vector<HeaderRule> headers;
  BodyKind body_kind = BodyKind::none;
  DialectTemplate body;
};

enum class AnswerCase : uint8_t { allowed, queued, would_queue, denied, failed, usage };

// When an answer is given. Of several that fit, the first: those by a limit stand before those by a kind, and those before the rest.
struct AnswerWhen {
  AnswerCase which = AnswerCase::allowed;
  int16_t limit = -1;  // -1: any
  int32_t kind = 0;    // denied: a DenialKind; failed: a status of sluice.h; 0: any
  uint16_t answer = 0;
};

struct DialectRules {
  Span longest_wait = kLongestWait;
  std::vector<HeaderRule> headers;  // of every answer
  std::vector<AnswerRule> answers;
  std::vector<AnswerWhen> when;
  std::vector<std::string> given;       // names of texts
  std::vector<std::string> quantities;  // names that templates tell
  std::vector<DialectOp> steps;
  std::string texts;
  bool tells_limits = false;  // a template tells of a limit by its name, so a decision must come with its rows
};

}  // namespace sluice
