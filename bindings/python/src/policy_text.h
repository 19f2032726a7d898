// SPDX-License-Identifier: Apache-2.0
// What can be said of a policy's text without an engine, as the JSON of the C ABI.
#pragma once

#include <pybind11/pybind11.h>

namespace sluice::python {

void add_policy_text(pybind11::module_& module);

}  // namespace sluice::python
