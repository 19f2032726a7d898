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

// A name or other bytes as a str; what is not UTF-8 is shown as \xNN. None when there are none.
pybind11::object text_or_none(const char* bytes, size_t length);

// The line that was told to a struct with room for it.
template <class Answer>
pybind11::object line_of(const Answer& answer) {
  return text_or_none(answer.line, answer.line && answer.line_length <= answer.line_capacity ? answer.line_length : 0);
}

// `details` are the rows the core wrote, or empty; its line is told if it had room. A new reference; null with an exception set.
PyObject* make_decision(const std::shared_ptr<const Shape>& shape, const sluice_decision& decision, bool details);

void add_decision(pybind11::module_& module);

}  // namespace sluice::python
