// SPDX-License-Identifier: Apache-2.0
#include "batch.h"

#include <algorithm>
#include <array>
#include <memory>
#include <shared_mutex>

#include "arguments.h"
#include "call.h"
#include "errors.h"
#include "gil.h"

namespace py = pybind11;

namespace sluice::python {
namespace {

constexpr size_t kReleaseFrom = 64;  // smaller batches take less time than giving up the GIL and getting it back
constexpr size_t kChunk = 1024;      // what the C structs of one inner call may hold: they stay in cache

bool is_row(PyObject* object) { return PyTuple_Check(object) || PyList_Check(object); }
bool is_value(PyObject* object) { return PyUnicode_Check(object) || PyBytes_Check(object); }

// A list may change while other code runs; a tuple of the same items does not.
py::object frozen(PyObject* sequence, const char* name) {
  if (is_value(sequence) || PyDict_Check(sequence)) {
    PyErr_Format(PyExc_TypeError, "%s must be a list of tuples, not %.200s", name, Py_TYPE(sequence)->tp_name);
    return {};
  }
  return py::reinterpret_steal<py::object>(PySequence_Tuple(sequence));
}

}  // namespace

bool Batch::read(PyObject* requests, PyObject* quantities, PyObject* now, uint32_t flags) {
  flags_ = flags;
  const py::object rows = frozen(requests, "requests");
  if (!rows) return false;
  count_ = static_cast<size_t>(PyTuple_GET_SIZE(rows.ptr()));
  if (!instant_of(now, "now", &now_) || !read_quantities(quantities)) return false;
  values_.reserve(count_ * shape_->values.size());
  text_.reserve(count_ * shape_->values.size() * 12);
  for (size_t i = 0; i < count_; ++i) {
    if (read_row(PyTuple_GET_ITEM(rows.ptr(), static_cast<Py_ssize_t>(i)))) continue;
    if (PyErr_Occurred()) {
      PyObject *type, *value, *trace;
      PyErr_Fetch(&type, &value, &trace);
      PyErr_NormalizeException(&type, &value, &trace);
      const py::object words = py::reinterpret_steal<py::object>(PyObject_Str(value));
      PyErr_Restore(type, value, trace);
      if (words && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "request %zu: %U", i, words.ptr());
      } else if (words) {
        PyErr_Clear();
        set_error(SLUICE_E_INVALID, "request " + std::to_string(i) + ": " + std::string(py::str(words)));
      }
    }
    return false;
  }
  point_into_text();
  return true;
}

bool Batch::read_row(PyObject* row) {
  const size_t width = shape_->values.size();
  if (width == 1 && is_value(row)) return copy(row, shape_->values[0].ptr(), &values_);
  if (!is_row(row)) {
    PyErr_Format(PyExc_TypeError, "a request must be a tuple of %zu values, not %.200s", width, Py_TYPE(row)->tp_name);
    return false;
  }
  if (static_cast<size_t>(PySequence_Fast_GET_SIZE(row)) != width) {
    PyErr_Format(PyExc_TypeError, "a request must have %zu values, not %zd", width, PySequence_Fast_GET_SIZE(row));
    return false;
  }
  for (size_t i = 0; i < width; ++i) {
    PyObject* value = PySequence_Fast_GET_ITEM(row, static_cast<Py_ssize_t>(i));
    if (static_cast<int>(i) == shape_->repeats) {
      values_.push_back({nullptr, 0});
      if (!read_repeated(value)) return false;
    } else if (!copy(value, shape_->values[i].ptr(), &values_)) {
      return false;
    }
  }
  return true;
}

bool Batch::read_repeated(PyObject* values) {
  PyObject* name = shape_->values[static_cast<size_t>(shape_->repeats)].ptr();
  repeats_.push_back({repeated_.size(), 1});
  if (!is_row(values)) return copy(values, name, &repeated_);
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(values);
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (!copy(PySequence_Fast_GET_ITEM(values, i), name, &repeated_)) return false;
  }
  repeats_.back().count = static_cast<size_t>(count);
  return true;
}

bool Batch::read_quantities(PyObject* rows) {
  const size_t width = shape_->quantities.size();
  if (!rows || rows == Py_None) {
    if (width == 0 || count_ == 0) return true;
    PyErr_Format(PyExc_TypeError, "%U needs quantities, one mapping for each request", shape_->name.ptr());
    return false;
  }
  const py::object all = frozen(rows, "quantities");
  if (!all) return false;
  if (static_cast<size_t>(PyTuple_GET_SIZE(all.ptr())) != count_) {
    PyErr_Format(PyExc_ValueError, "quantities has %zd items for %zu requests", PyTuple_GET_SIZE(all.ptr()), count_);
    return false;
  }
  quantities_.resize(count_ * width);
  std::array<uint64_t, kMostQuantities> row{};
  for (size_t i = 0; i < count_; ++i) {
    if (!quantities_of(*shape_, PyTuple_GET_ITEM(all.ptr(), static_cast<Py_ssize_t>(i)), row.data())) return false;
    std::copy_n(row.begin(), width, quantities_.begin() + static_cast<ptrdiff_t>(i * width));
  }
  return true;
}

bool Batch::copy(PyObject* value, PyObject* name, std::vector<sluice_bytes>* out) {
  sluice_bytes bytes;
  if (!view(value, name, &bytes)) return false;
  if (bytes.ptr) {
    const size_t offset = text_.size();
    text_.append(static_cast<const char*>(bytes.ptr), bytes.len);
    bytes.ptr = reinterpret_cast<const void*>(offset + 1);
  }
  out->push_back(bytes);
  return true;
}

// Appending has moved the text, so the pointers are made last.
void Batch::point_into_text() {
  for (std::vector<sluice_bytes>* list : {&values_, &repeated_}) {
    for (sluice_bytes& bytes : *list) {
      if (bytes.ptr) bytes.ptr = text_.data() + (reinterpret_cast<uintptr_t>(bytes.ptr) - 1);
    }
  }
}

std::shared_ptr<const Answers> Batch::decide() try {
  auto answers = std::make_shared<Answers>(count_, shape_->line >= 0);
  sluice_status status = SLUICE_OK;
  if (now_ == SLUICE_NOW) status = sluice_clock(shape_->core->handle(), &now_);  // one instant for all chunks
  answers->now = now_;
  if (status == SLUICE_OK && count_ < kReleaseFrom) {
    status = decide_all(answers.get());
  } else if (status == SLUICE_OK) {
    for (bool reloaded = true; reloaded;) {
      status = without_gil([&] { return decide_shared(answers.get(), &reloaded); });
      if (reloaded && !follow_reload()) return nullptr;
    }
  }
  // Here, with the GIL: names are Python objects.
  for (auto& [i, words] : answers->failures) words = shape_->with_name(words);
  if (status == SLUICE_OK) return answers;
  set_error(status, "");
  return nullptr;
} catch (...) {
  set_thrown_error();
  return nullptr;
}

sluice_status Batch::decide_shared(Answers* answers, bool* reloaded) const {
  const std::shared_lock<std::shared_mutex> same_policy(shape_->core->reloading());
  *reloaded = shape_->generation != shape_->core->generation();
  return *reloaded ? SLUICE_OK : decide_all(answers);
}

// Between reading the requests and giving up the GIL another thread may have loaded another policy.
bool Batch::follow_reload() {
  try {
    std::shared_ptr<const Shape> shape = shape_->core->shape_of(shape_->name);
    if (!shape->takes_the_same(*shape_)) {
      const std::string words = "the policy was reloaded meanwhile, and " + std::string(shape_->name) + " takes other values now";
      throw error(SLUICE_E_INVALID, words.c_str());
    }
    shape_ = std::move(shape);
    return true;
  } catch (...) {
    set_thrown_error();
    return false;
  }
}

sluice_status Batch::decide_all(Answers* answers) const {
  const sluice_engine engine = shape_->core->handle();
  std::vector<sluice_request> requests(std::min(count_, kChunk));
  std::vector<sluice_decision> decisions(requests.size());
  // A room each, of which no more is touched than a name takes.
  const bool pooled = shape_->line >= 0;
  const std::unique_ptr<char[]> lines(pooled ? new char[requests.size() * kMostKeyBytes] : nullptr);
  for (size_t begin = 0; begin < count_; begin += kChunk) {
    const size_t count = std::min(kChunk, count_ - begin);
    for (size_t i = 0; i < count; ++i) {
      requests[i] = request(begin + i);
      decisions[i] = SLUICE_DECISION_INIT;
      if (!pooled) continue;
      decisions[i].line = lines.get() + i * kMostKeyBytes;
      decisions[i].line_capacity = kMostKeyBytes;
    }
    const sluice_status status =
        sluice_decide_many(engine, requests.data(), sizeof(sluice_request), decisions.data(), sizeof(sluice_decision), count);
    if (status < 0 && begin == 0) return status;
    for (size_t i = 0; i < count; ++i) {
      if (status < 0) decisions[i].status = status;  // closed under way: what was decided stands, the rest failed
      answers->set(begin + i, decisions[i]);
    }
  }
  explain_failures(answers);
  return SLUICE_OK;
}

sluice_request Batch::request(size_t i) const {
  sluice_request request = SLUICE_REQUEST_INIT;
  request.operation = shape_->id;
  request.now = now_;
  request.flags = flags_;
  request.value_count = static_cast<uint32_t>(shape_->values.size());
  request.values = values_.data() + i * shape_->values.size();
  if (!repeats_.empty()) {
    request.repeated = repeated_.data() + repeats_[i].begin;
    request.repeated_count = static_cast<uint32_t>(repeats_[i].count);
  }
  if (!quantities_.empty()) {
    request.quantities = quantities_.data() + i * shape_->quantities.size();
    request.quantity_count = static_cast<uint32_t>(shape_->quantities.size());
  }
  return request;
}

// A batch answers with codes; the words are those that the same request gets when it is asked alone, charging nothing.
void Batch::explain_failures(Answers* answers) const {
  for (size_t i = 0; i < count_; ++i) {
    if (answers->status[i] >= 0) continue;
    sluice_request alone = request(i);
    alone.flags |= SLUICE_PEEK;
    sluice_error failure;
    prepare(&failure);
    sluice_decide_checked(shape_->core->handle(), &alone, nullptr, &failure);
    answers->failures[i] = failure.message;
  }
}

}  // namespace sluice::python
