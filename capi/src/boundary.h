// SPDX-License-Identifier: Apache-2.0
// What every exported function runs in: no exception leaves the library, and every failure of a slow call has words.
#pragma once

#include <new>
#include <string>
#include <utility>

#include "capi/src/report.h"
#include "capi/src/sized_struct.h"
#include "capi/src/status.h"

namespace sluice::capi {

// Words begun before an exception say nothing about it.
template <class Body>
Status guarded(std::string* words, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    if (words != nullptr) words->clear();
    return Status::no_memory;
  } catch (...) {
    if (words != nullptr) words->clear();
    return Status::internal;
  }
}

// A hot call, or a slow one without an error struct: a code is all there is.
template <class Body>
sluice_status quiet_call(Body&& body) noexcept {
  return to_c(guarded(nullptr, std::forward<Body>(body)));
}

// A slow call. `body` gets a std::string for its words; an error struct that is wrong in itself stops the call before it begins.
template <class Body>
sluice_status slow_call(sluice_error* error, Body&& body) noexcept {
  if (error != nullptr && !can_write(*error)) return SLUICE_E_INVALID;
  std::string words;
  const sluice_status status = to_c(guarded(&words, [&] { return body(&words); }));
  if (status < 0) report(error, status, words);
  return status;
}

}  // namespace sluice::capi
