// SPDX-License-Identifier: Apache-2.0
// A caller's request as the core's, without allocation: keys are copied as views into room that the caller of these has.
#pragma once

#include <string>

#include "core/engine/engine.h"
#include "core/policy/compiled_policy.h"
#include "sluice/sluice.h"

namespace sluice::capi {

inline constexpr size_t kMaxValuesOfRequest = kMaxDimensions;
// Keys one request can bring.
inline constexpr size_t kMaxKeysOfRequest = kMaxValuesOfRequest + kMaxSubjects;

// Checks every pointer, count and flag. The keys are written to `keys`, which has room for kMaxKeysOfRequest.
Status read_request(const sluice_request* given, Bytes* keys, Request* out, std::string* words);

}  // namespace sluice::capi
