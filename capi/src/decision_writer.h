// SPDX-License-Identifier: Apache-2.0
// The core's decision as the caller's, with its rows.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "capi/src/room.h"
#include "core/engine/engine.h"
#include "core/policy/compiled_policy.h"
#include "sluice/sluice.h"

namespace sluice::capi {

// Whether a decision can be written: its size, and the pointers of its rows and its line. REQUIRES: `out` is not NULL.
Status check_decision(const sluice_decision* out, std::string* words);

// How many rows the caller has room for; more than a decision can have are not needed.
uint32_t wanted_rows(const sluice_decision* out);

// Rows for the core to write: on the stack while they are few.
class DetailRows {
 public:
  // May throw std::bad_alloc.
  std::span<Detail> take(uint32_t count);

 private:
  static constexpr uint32_t kFew = 32;
  Room<Detail, kFew> few_;
  std::unique_ptr<Detail[]> many_;
};

// Writes the answer and the rows it has; a failure reads as nothing decided. REQUIRES: check_decision said ok.
void write_decision(sluice_decision* out, Status status, const Decision& answer);

}  // namespace sluice::capi
