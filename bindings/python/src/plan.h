// SPDX-License-Identifier: Apache-2.0
// The planner's two questions, as the JSON of the C ABI.
#pragma once

#include <pybind11/pybind11.h>

namespace sluice::python {

void add_plan(pybind11::module_& module);

}  // namespace sluice::python
