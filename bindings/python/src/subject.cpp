// SPDX-License-Identifier: Apache-2.0
#include "subject.h"

#include <utility>

#include "arguments.h"

namespace py = pybind11;

namespace sluice::python {

Subject::Subject(std::string scope, const py::tuple& values) : scope_(std::move(scope)), values_(values), bytes_(values.size()) {
  const py::list names = py::str(scope_).attr("split")(",");
  for (size_t i = 0; i < bytes_.size(); ++i) {
    const py::object name = i < names.size() ? py::object(names[i]) : py::object(py::str("a value"));
    if (!view(py::object(values_[i]).ptr(), name.ptr(), &bytes_[i])) throw py::error_already_set();
  }
}

}  // namespace sluice::python
