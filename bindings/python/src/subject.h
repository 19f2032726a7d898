// SPDX-License-Identifier: Apache-2.0
// A subject as the C ABI wants it: a scope's text and the values of its dimensions, borrowed from Python objects.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "sluice/sluice.h"

namespace sluice::python {

class Subject {
 public:
  // `scope`: names joined with commas; `values`: str or bytes in that order. Throws what view() sets,
  // and for a length that no key has.
  Subject(std::string scope, const pybind11::tuple& values);

  sluice_subject get() const { return {scope_.data(), scope_.size(), bytes_.data(), bytes_.size()}; }

 private:
  std::string scope_;
  pybind11::tuple values_;
  std::vector<sluice_bytes> bytes_;
};

}  // namespace sluice::python
