// SPDX-License-Identifier: Apache-2.0
// A subject read from JavaScript: its scope's text, and the values in its order.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "arguments.h"
#include "sluice/sluice.hpp"

namespace sluice::node {

class Subject {
 public:
  Subject(napi_env env, napi_value scope, napi_value values);
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  sluice_subject c() const { return {scope_.data(), scope_.size(), values_.data(), values_.size()}; }

 private:
  std::string scope_;
  KeyRoom room_;
  std::vector<sluice_bytes> values_;
};

}  // namespace sluice::node
