// SPDX-License-Identifier: Apache-2.0
#include "errors.h"

#include <exception>
#include <new>
#include <utility>

#include "sluice/sluice.hpp"

namespace py = pybind11;

namespace sluice::python {

py::object make_error(sluice_status status, const std::string& message) {
  try {
    return py::module_::import("sluice.errors").attr("error_of")(status, sluice_status_name(status), message);
  } catch (py::error_already_set& raised) {
    raised.restore();
    return {};
  }
}

void set_error(sluice_status status, const std::string& message) {
  const py::object raised = make_error(status, message);
  if (raised) PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised.ptr())), raised.ptr());
}

void set_thrown_error() {
  try {
    throw;
  } catch (const error& failure) {
    set_error(failure.status(), failure.what());
  } catch (py::error_already_set& raised) {
    raised.restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& unexpected) {
    PyErr_SetString(PyExc_RuntimeError, unexpected.what());
  }
}

void add_errors() {
  py::register_local_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(std::move(thrown));
    } catch (const error& failure) {
      set_error(failure.status(), failure.what());
    }
  });
}

}  // namespace sluice::python
