// SPDX-License-Identifier: Apache-2.0
// sluice.Decision: one answer, immutable. Its words and Nones are made when they are asked for.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "core.h"
#include "sluice/sluice.h"

namespace sluice::python {

// The words of the C ABI's numbers.
const char* outcome_name(sluice_status status);
const char* wait_name(int32_t wait_kind);

// `details` are the rows the core wrote, or empty. A new reference; null with an exception set.
PyObject* make_decision(const std::shared_ptr<const Shape>& shape, const sluice_decision& decision, bool details);

void add_decision(pybind11::module_& module);

}  // namespace sluice::python
