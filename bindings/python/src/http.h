// SPDX-License-Identifier: Apache-2.0
// Answers over HTTP, as sluice.HttpAnswer.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "core.h"

namespace sluice::python {

// What Python gives beside the decision: words of dialects, texts by name, values and quantities by name, a sluice.Held. None or a
// null pointer: nothing.
struct HttpArguments {
  PyObject* dialects = nullptr;
  PyObject* given = nullptr;
  PyObject* values = nullptr;
  PyObject* quantities = nullptr;
  PyObject* held = nullptr;
};

// A new reference; throws.
pybind11::object http_answer_of(const Shape& shape, const sluice_decision& decision, const HttpArguments& arguments);

void add_http(pybind11::class_<Core, std::shared_ptr<Core>>* type);

}  // namespace sluice::python
