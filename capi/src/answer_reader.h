// SPDX-License-Identifier: Apache-2.0
// What a caller has a decision answered with, as the core's: the decision that an earlier call wrote, and what goes beside it.
#pragma once

#include <string>

#include "capi/src/arguments.h"
#include "capi/src/decision_writer.h"
#include "capi/src/request_reader.h"
#include "capi/src/room.h"
#include "core/dialect/http_answer.h"
#include "sluice/sluice.h"

namespace sluice::capi {

// A decision as it was written. `rows` keeps what out->details points at. False in *asked_for_rows: it came without room for any.
Status read_decision(const sluice_decision* given, DetailRows* rows, Decision* out, bool* asked_for_rows, std::string* words);

inline constexpr size_t kMostGiven = 64;

// Where what the terms point at is kept.
struct TermsRoom {
  Room<Bytes, kMaxKeysOfRequest> keys;
  Room<Given, kMostGiven> given;
  Request request;
  Enqueued held;
};

// `given` NULL: none.
Status read_terms(const sluice_answer_terms* given, TermsRoom* room, AnswerRequest* out, std::string* words);

}  // namespace sluice::capi
