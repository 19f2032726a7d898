// SPDX-License-Identifier: Apache-2.0
// The lines that a lease is of, as the core reads them.
#pragma once

#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "sluice/sluice.h"

namespace sluice::capi {

class LeaseLines {
 public:
  // Into what is wanted, which borrows from this and from the caller; a failure names the field.
  Status read(const sluice_lease_options& given, LeaseOptions* wanted, std::string* words);

 private:
  std::vector<Bytes> lines_, by_;
};

}  // namespace sluice::capi
