// SPDX-License-Identifier: Apache-2.0
// A list of requests for one operation: read and copied whole before anything is charged, then decided without the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <string>
#include <vector>

#include "decisions.h"
#include "sluice/sluice.h"

namespace sluice::python {

class Batch {
 public:
  explicit Batch(std::shared_ptr<const Shape> shape) : shape_(std::move(shape)) {}

  // False with an exception set; nothing has been charged then.
  bool read(PyObject* requests, PyObject* quantities, PyObject* now, uint32_t flags);
  // Null with an exception set.
  std::shared_ptr<const Answers> decide();
  const std::shared_ptr<const Shape>& shape() const { return shape_; }

 private:
  struct Repeated {
    size_t begin, count;
  };
  bool read_row(PyObject* row);
  bool read_repeated(PyObject* values);
  bool read_quantities(PyObject* rows);
  bool copy(PyObject* value, PyObject* name, std::vector<sluice_bytes>* out);
  void point_into_text();
  sluice_status decide_shared(Answers* answers, bool* reloaded) const;
  bool follow_reload();
  sluice_status decide_all(Answers* answers) const;
  sluice_request request(size_t i) const;
  void explain_failures(Answers* answers) const;

  std::shared_ptr<const Shape> shape_;
  size_t count_ = 0;
  std::string text_;                  // all values one after the other
  std::vector<sluice_bytes> values_;  // count_ x the operation's values; until all are read, `ptr` is an offset + 1
  std::vector<sluice_bytes> repeated_;
  std::vector<Repeated> repeats_;  // per request, of an operation that repeats a dimension
  std::vector<uint64_t> quantities_;
  int64_t now_ = SLUICE_NOW;
  uint32_t flags_ = 0;
};

}  // namespace sluice::python
