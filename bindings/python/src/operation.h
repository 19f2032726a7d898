// SPDX-License-Identifier: Apache-2.0
// sluice.Operation: one operation of an engine, resolved once. Calling it decides; it is the fast way.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string>

#include "core.h"

namespace sluice::python {

pybind11::object make_operation(const std::shared_ptr<Core>& core, const std::string& name);

void add_operation(pybind11::module_& module);

}  // namespace sluice::python
