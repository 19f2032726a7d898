// SPDX-License-Identifier: Apache-2.0
#include "capi/src/answer_reader.h"

#include <algorithm>
#include <new>

#include "capi/src/sized_struct.h"
#include "capi/src/status.h"

namespace sluice::capi {
namespace {

bool read_kinds(const sluice_decision& given, Decision* out) {
  if (given.denial < SLUICE_DENIAL_NONE || given.denial > SLUICE_DENIAL_NEVER) return false;
  if (given.wait_kind < SLUICE_WAIT_NONE || given.wait_kind > SLUICE_WAIT_NEVER) return false;
  out->denial = static_cast<DenialKind>(given.denial);
  out->wait_kind = static_cast<WaitKind>(given.wait_kind);
  return true;
}

Detail from_c(const sluice_detail& row) {
  Detail out;
  out.limit_id = row.limit_id;
  out.denial = row.denial > SLUICE_DENIAL_NONE && row.denial <= SLUICE_DENIAL_NEVER ? static_cast<DenialKind>(row.denial)
                                                                                    : DenialKind::none;
  out.limit = row.limit;
  out.used = row.used;
  out.remaining = row.remaining;
  out.resets_at = row.resets_at;
  out.opens_at = row.opens_at;
  out.flags = row.flags;
  return out;
}

Status read_given(const sluice_answer_terms& terms, TermsRoom* room, AnswerRequest* out, std::string* words) {
  if (terms.given_count > kMostGiven) {
    return fail(words, Status::too_many, "given_count: ", terms.given_count, "; at most ", kMostGiven);
  }
  if (terms.given == nullptr && terms.given_count != 0) {
    return fail(words, Status::invalid, "given: NULL with given_count ", terms.given_count);
  }
  for (size_t i = 0; i < terms.given_count; ++i) {
    const sluice_given& one = terms.given[i];
    Given* given = ::new (room->given.at(i)) Given();
    Status status = read_text("given.name", one.name, one.name_len, &given->name, words);
    if (status == Status::ok) status = read_text("given.text", one.text, one.text_len, &given->text, words);
    if (status != Status::ok) return status;
  }
  out->given = {room->given.at(0), terms.given_count};
  return Status::ok;
}

Status read_held(const sluice_held* given, TermsRoom* room, AnswerRequest* out, std::string* words) {
  if (const Status status = check_struct(given, "held", words); status != Status::ok) return status;
  sluice_held copy;
  const sluice_held& held = read_struct(given, &copy);
  room->held.message = held.message;
  room->held.expires = held.expires_at;
  room->held.depth = held.depth;
  room->held.promise.position = held.position;
  room->held.promise.eta = held.eta;
  out->held = &room->held;
  return Status::ok;
}

}  // namespace

Status read_decision(const sluice_decision* given, DetailRows* rows, Decision* out, bool* asked_for_rows, std::string* words) {
  if (const Status status = check_struct(given, "decision", words); status != Status::ok) return status;
  sluice_decision room;
  const sluice_decision& decision = read_struct(given, &room);
  if (!read_kinds(decision, out)) return fail(words, Status::invalid, "decision: of kinds that this library does not know");
  out->status = capi::from_c(decision.status);
  out->now = decision.now;
  out->retry_after = decision.retry_after;
  out->largest_cost = decision.largest_cost;
  out->limit_id = decision.limit_id;
  out->flags = decision.flags;
  out->limit = decision.limit;
  out->used = decision.used;
  out->remaining = decision.remaining;
  out->resets_at = decision.resets_at;
  out->opens_at = decision.opens_at;
  *asked_for_rows = decision.details != nullptr;
  const uint32_t count = std::min(decision.detail_count, wanted_rows(&decision));
  if (decision.details == nullptr || count == 0) return Status::ok;
  out->details = rows->take(count);
  for (uint32_t i = 0; i < count; ++i) ::new (&out->details[i]) Detail(from_c(decision.details[i]));
  return Status::ok;
}

Status read_terms(const sluice_answer_terms* given, TermsRoom* room, AnswerRequest* out, std::string* words) {
  if (given == nullptr) return Status::ok;
  if (const Status status = check_struct(given, "terms", words); status != Status::ok) return status;
  sluice_answer_terms copy;
  const sluice_answer_terms& terms = read_struct(given, &copy);
  if ((terms.dialects & ~dialect::known) != 0) {
    return fail(words, Status::unsupported, "dialects: ", terms.dialects, "; this library knows ", dialect::known);
  }
  out->dialects = terms.dialects;
  Status status = read_given(terms, room, out, words);
  if (status == Status::ok && terms.held != nullptr) status = read_held(terms.held, room, out, words);
  if (status == Status::ok && terms.request != nullptr) {
    status = read_request(terms.request, room->keys.at(0), &room->request, words);
    out->request = &room->request;
  }
  return status;
}

}  // namespace sluice::capi
