// SPDX-License-Identifier: Apache-2.0
// The extension module sluice._native: registration only.
#include <pybind11/pybind11.h>

#include "arguments.h"
#include "call.h"
#include "decision.h"
#include "decisions.h"
#include "engine.h"
#include "errors.h"
#include "operation.h"
#include "plan.h"
#include "policy_text.h"
#include "receipt.h"
#include "sluice/sluice.h"

namespace py = pybind11;

// pybind11's own entry; PyInit__native below is what Python calls.
PYBIND11_MODULE(_engine, module, py::multiple_interpreters::not_supported()) {
  module.doc() = "The engine behind the package sluice; use that.";
  sluice::python::add_errors();
  sluice::python::prepare_arguments();
  sluice::python::prepare_calls();
  sluice::python::add_decision(module);
  sluice::python::add_decisions(module);
  sluice::python::add_operation(module);
  sluice::python::add_receipt(module);
  sluice::python::add_engine(module);
  sluice::python::add_policy_text(module);
  sluice::python::add_plan(module);
  module.attr("version") = sluice_version();
}

// The types of the hot path belong to the whole process. Asked before pybind11 is: before Python 3.12 its own start waits in a
// subinterpreter for ever.
extern "C" PYBIND11_EXPORT PyObject* PyInit__native() {  // NOLINT(bugprone-reserved-identifier): Python's name
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return PyInit__engine();
  PyErr_SetString(PyExc_ImportError, "sluice works in the main interpreter only, not in a subinterpreter");
  return nullptr;
}
