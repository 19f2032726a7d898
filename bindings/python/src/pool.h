// SPDX-License-Identifier: Apache-2.0
// The calls of _native.EngineCore about the lines of pools.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "core.h"

namespace sluice::python {

void add_pools(pybind11::class_<Core, std::shared_ptr<Core>>* type);

}  // namespace sluice::python
