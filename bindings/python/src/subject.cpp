// SPDX-License-Identifier: Apache-2.0
#include "subject.h"

#include <utility>

#include "arguments.h"
#include "core.h"
#include "errors.h"

namespace py = pybind11;

namespace sluice::python {
namespace {

// Here, where the name is known: C would say subject.values[0].
bool has_length_of_key(const sluice_bytes& bytes, const py::object& name) {
  if (bytes.len > 0 && bytes.len <= kMostKeyBytes) return true;
  set_error(SLUICE_E_INVALID, std::string(py::str(name)) + " must be 1 to " + std::to_string(kMostKeyBytes) + " bytes, not " +
                                  std::to_string(bytes.len));
  return false;
}

}  // namespace

Subject::Subject(std::string scope, const py::tuple& values) : scope_(std::move(scope)), values_(values), bytes_(values.size()) {
  const py::list names = py::str(scope_).attr("split")(",");
  for (size_t i = 0; i < bytes_.size(); ++i) {
    const py::object name = i < names.size() ? py::object(names[i]) : py::object(py::str("a value"));
    if (!view(py::object(values_[i]).ptr(), name.ptr(), &bytes_[i]) || !has_length_of_key(bytes_[i], name)) {
      throw py::error_already_set();
    }
  }
}

}  // namespace sluice::python
