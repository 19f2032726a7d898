// SPDX-License-Identifier: Apache-2.0
// _native.EngineCore, on which sluice.Engine stands.
#pragma once

#include <pybind11/pybind11.h>

namespace sluice::python {

void add_engine(pybind11::module_& module);

}  // namespace sluice::python
