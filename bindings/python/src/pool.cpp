// SPDX-License-Identifier: Apache-2.0
#include "pool.h"

#include <string>
#include <vector>

#include "arguments.h"
#include "errors.h"
#include "gil.h"
#include "sluice/sluice.hpp"

namespace py = pybind11;

namespace sluice::python {
namespace {

using CorePtr = std::shared_ptr<Core>;

sluice_bytes bytes_of(const py::handle& object, const char* name) {
  sluice_bytes bytes;
  if (!view(object.ptr(), py::str(name).ptr(), &bytes)) throw py::error_already_set();
  return bytes;
}

std::vector<sluice_bytes> by_of(const py::tuple& values) {
  std::vector<sluice_bytes> by;
  for (const py::handle value : values) by.push_back(bytes_of(value, "by"));
  return by;
}

int64_t instant(const py::object& at, const char* name) {
  int64_t ns = 0;
  if (!instant_of(at.ptr(), name, &ns)) throw py::error_already_set();
  return ns;
}

// (held, moved, failed)
py::tuple set_line(const CorePtr& core, const std::string& pool, const py::tuple& by_values, const py::object& line,
                   const py::object& state, const py::object& weight, const py::object& paused_until,
                   const py::object& on_suspend, const std::string& reason, const py::object& now) {
  sluice_line_change change = line_change(pool, {});
  uint64_t share = 0;
  if (!line_state_of(state.ptr(), &change.state) || !count_of(weight.ptr(), "weight", UINT32_MAX, &share)) {
    throw py::error_already_set();
  }
  if (!on_suspend.is_none() && !on_suspend_of(on_suspend.ptr(), &change.on_suspend)) throw py::error_already_set();
  change.weight = static_cast<uint32_t>(share);
  if (!paused_until.is_none()) change.paused_until = instant(paused_until, "paused_until");
  change.reason = reason.empty() ? nullptr : reason.data();
  change.reason_len = reason.size();
  const int64_t at = instant(now, "now");
  const std::vector<sluice_bytes> by = by_of(by_values);
  change.by = by.empty() ? nullptr : by.data();
  change.by_count = by.size();
  change.line = bytes_of(line, "line");
  const sluice_line_report report = without_gil([&] { return core->calls().set_line(change, at); });
  core->changed();
  return py::make_tuple(report.held, report.moved, report.failed);
}

// JSON
std::string list_lines(const CorePtr& core, const std::string& pool, const py::tuple& by_values, const py::object& now) {
  const int64_t at = instant(now, "now");
  const std::vector<sluice_bytes> by = by_of(by_values);
  return without_gil([&] {
    return impl::checked_text_of([&](char* buffer, size_t* length, sluice_error* failure) {
      return sluice_list_lines(core->handle(), pool.data(), pool.size(), by.empty() ? nullptr : by.data(), by.size(), at, buffer,
                               length, failure);
    });
  });
}

}  // namespace

void add_pools(py::class_<Core, CorePtr>* type) { type->def("set_line", &set_line).def("list_lines", &list_lines); }

}  // namespace sluice::python
