// SPDX-License-Identifier: Apache-2.0
#include "capi/src/report.h"

#include <cstring>

#include "core/base/utf8.h"

namespace sluice::capi {
namespace {

std::string_view meaning(sluice_status status) {
  switch (status) {
    case SLUICE_E_INVALID: return "an argument is wrong";
    case SLUICE_E_HANDLE: return "engine: the handle is stale, foreign or 0";
    case SLUICE_E_NO_MEMORY: return "no memory: the host or the engine's cap refused it";
    case SLUICE_E_NOT_FOUND: return "not found";
    case SLUICE_E_POLICY: return "the policy has errors";
    case SLUICE_E_TIME: return "now: out of range, or more than a day ahead of the clock";
    case SLUICE_E_CONFLICT: return "idempotency_key: it was used for another request";
    case SLUICE_E_UNSET: return "a custom amount is not set for this subject";
    case SLUICE_E_BUFFER: return "buffer: too small; *length says what is needed";
    case SLUICE_E_UNSUPPORTED: return "a struct or flag is from a newer header than this library";
    case SLUICE_E_FORKED: return "engine: it belongs to the parent process; a child creates its own";
    case SLUICE_E_WOULD_RESET: return "the reload would drop state, and allow_reset was not given";
    case SLUICE_E_TOO_MANY: return "too many subjects in one decision";
    case SLUICE_E_STALE: return "the lease is not the message's current one";
    default: return "internal error";
  }
}

}  // namespace

void report(sluice_error* error, sluice_status status, std::string_view words) {
  if (error == nullptr) return;
  if (words.empty()) words = meaning(status);
  error->status = status;
  size_t at = 0;
  while (!words.empty()) {
    const size_t length = words[0] == '\0' ? 0 : utf8_length(words);  // a NUL would end the message early
    const std::string_view character = length ? words.substr(0, length) : kReplacementCharacter;
    if (at + character.size() >= sizeof(error->message)) break;
    std::memcpy(error->message + at, character.data(), character.size());
    at += character.size();
    words.remove_prefix(length ? length : 1);
  }
  error->message[at] = '\0';
}

}  // namespace sluice::capi
