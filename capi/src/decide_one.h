// SPDX-License-Identifier: Apache-2.0
// What every call that decides comes down to.
#pragma once

#include <string>

#include "core/engine/engine.h"
#include "sluice/sluice.h"

namespace sluice::capi {

// What a call adds to its request.
struct DecideTerms {
  uint32_t flags = 0;
  Instant now = kEngineClock;  // for a request that leaves the time to the engine
  bool straight_tried = false;
};

// Decides and writes `decision` (nullptr: not wanted), also on failure unless it is wrong in itself. Throws nothing.
Status decide_one(sluice_engine engine, const sluice_request* request, const DecideTerms& terms, sluice_decision* decision,
                  std::string* words);

}  // namespace sluice::capi
