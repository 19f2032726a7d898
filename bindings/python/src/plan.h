// SPDX-License-Identifier: Apache-2.0
// The planner's two questions, as the JSON of the C ABI; and the second one of a running engine.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "core.h"

namespace sluice::python {

void add_plan(pybind11::module_& module);
void add_live_plan(pybind11::class_<Core, std::shared_ptr<Core>>* type);

}  // namespace sluice::python
