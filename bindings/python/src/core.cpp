// SPDX-License-Identifier: Apache-2.0
#include "core.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "gil.h"

namespace py = pybind11;

namespace sluice::python {
namespace {

// Names are compared with the keywords of calls, which Python interns.
py::str interned(const std::string& text) {
  PyObject* name = PyUnicode_InternFromString(text.c_str());
  if (!name) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(name);
}

std::vector<py::str> interned_list(const py::handle& names) {
  std::vector<py::str> list;
  for (const py::handle name : names) list.push_back(interned(name.cast<std::string>()));
  return list;
}

bool equal(const std::vector<py::str>& a, const std::vector<py::str>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const py::str& x, const py::str& y) { return x.equal(y); });
}

}  // namespace

bool Shape::takes_the_same(const Shape& other) const {
  return repeats == other.repeats && line == other.line && equal(values, other.values) && equal(quantities, other.quantities);
}

std::string Shape::with_name(const std::string& words) const {
  const size_t bracket = words.find('['), close = words.find("]: ");
  if (bracket == std::string::npos || close == std::string::npos) return words;
  const std::string array = words.substr(0, bracket);
  size_t position = values.size();
  if (array == "values") position = std::strtoul(words.c_str() + bracket + 1, nullptr, 10);
  if (array == "repeated" && repeats >= 0) position = static_cast<size_t>(repeats);
  if (position >= values.size()) return words;
  const std::string absent = ", and {NULL, 0} is absent";  // in C
  std::string said = words.substr(0, close + 1) + " (" + std::string(values[position]) + ")" + words.substr(close + 1);
  const size_t tail = said.rfind(absent);
  return tail == std::string::npos ? said : said.erase(tail, absent.size());
}

void Core::close() {
  if (closed_) return;
  closed_ = true;
  // Calls of other threads end first. The handle stays, stale: later calls say that it is closed.
  without_gil([this] { return sluice_engine_destroy(handle()); });
  ring_all();
}

void Core::reload(const std::string& policy, const std::string& stance, bool allow_reset, int64_t now) {
  // Waited for without the GIL: a batch that holds it may want the GIL before it lets go.
  std::unique_lock<std::shared_mutex> alone = without_gil([this] { return std::unique_lock<std::shared_mutex>(reloading_); });
  engine_.reload(policy, stance, allow_reset, now);
  ++generation_;
  alone.unlock();
  learn_names();
  changed();
}

py::object Core::limit_name(int32_t id) const {
  if (id < 0 || static_cast<size_t>(id) >= limit_names_.size()) return py::none();
  return limit_names_[static_cast<size_t>(id)];
}

std::shared_ptr<const Shape> Core::shape_of(const std::string& operation) {
  auto shape = std::make_shared<Shape>();
  shape->core = shared_from_this();
  shape->id = engine_.operation_id(operation);
  const py::object description = py::module_::import("json").attr("loads")(engine_.describe_operation(shape->id));
  shape->generation = generation_;
  shape->name = interned(operation);
  shape->values = interned_list(description["values"]);
  shape->quantities = interned_list(description["quantities"]);
  const py::object repeats = description["repeats"], line = description["line"];
  for (size_t i = 0; i < shape->values.size(); ++i) {
    if (shape->values[i].equal(repeats)) shape->repeats = static_cast<int>(i);
    if (shape->values[i].equal(line)) shape->line = static_cast<int>(i);
  }
  return shape;
}

// A message may be of an operation that the policy has no more.
const OperationNames& Core::names_of(int32_t operation) {
  OperationNames& known = operation_names_[operation];
  if (known.name && known.generation == generation_) return known;
  try {
    const py::object description = py::module_::import("json").attr("loads")(engine_.describe_operation(operation));
    known.values = interned_list(description["values"]);
    known.quantities = interned_list(description["quantities"]);
    known.name = description["name"];
    known.generation = generation_;
  } catch (const error& failure) {
    if (failure.status() != SLUICE_E_NOT_FOUND || !known.name) throw;
  }
  return known;
}

void Core::watch(int64_t before, py::object ring) {
  ring_before_ = before;
  ring_ = std::move(ring);
}

void Core::ring_if_sooner() {
  int64_t due = INT64_MAX;
  if (sluice_next_due(handle(), &due) >= 0 && due < ring_before_) ring(due);
}

// What has happened has happened: a failure to tell of it is nobody's exception.
void Core::ring(int64_t due) {
  if (ring_.is_none()) return;
  const py::object ring = ring_;
  PyObject* const answer = PyObject_CallFunction(ring.ptr(), "L", static_cast<long long>(due));
  if (!answer) PyErr_WriteUnraisable(ring.ptr());
  Py_XDECREF(answer);
}

void Core::learn_names() {
  try {
    for (;;) limit_names_.push_back(interned(engine_.limit_name(static_cast<int32_t>(limit_names_.size()))));
  } catch (const error& failure) {
    if (failure.status() != SLUICE_E_NOT_FOUND) throw;  // the first id that there is not
  }
}

}  // namespace sluice::python
