// SPDX-License-Identifier: Apache-2.0
// Messages taken in, one by one or as a list; the answers are sluice.Held.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "core.h"

namespace sluice::python {

// The arguments of a vectorcall. A new reference; null with an exception set.
PyObject* enqueue_one(const std::shared_ptr<const Shape>& shape, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames);

// `messages` is an iterable of mappings, each with the keywords of one call. A list; null with an exception set.
PyObject* enqueue_all(std::shared_ptr<const Shape> shape, PyObject* messages, PyObject* now);

}  // namespace sluice::python
