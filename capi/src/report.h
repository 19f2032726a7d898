// SPDX-License-Identifier: Apache-2.0
// Words for a failure, into the caller's error struct.
#pragma once

#include <string_view>

#include "sluice/sluice.h"

namespace sluice::capi {

// Writes status and message, cut at a character; no words: what the status itself says. `error` may be nullptr.
// REQUIRES: error->struct_size is at least the first published size. Allocates nothing.
void report(sluice_error* error, sluice_status status, std::string_view words);

}  // namespace sluice::capi
