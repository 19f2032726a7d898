// SPDX-License-Identifier: Apache-2.0
// The arguments of one decision: values by position or keyword, options by keyword, read in place without building a tuple or a
// dict. Everything that can run Python code is read first, then the bytes are borrowed; they live until the call returns.
#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <vector>

#include "core.h"
#include "sluice/sluice.h"

namespace sluice::python {

class Call {
 public:
  enum class Of { decision, message };

  // Of a message there are further options: its payload, class, times and campaign.
  explicit Call(const Shape& shape, Of what = Of::decision) : shape_(shape), what_(what) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // False with an exception set. `args` and `kwnames` are those of a vectorcall.
  bool read(PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames);

  const sluice_request& request() const { return request_; }
  const sluice_message& message() const { return message_; }
  bool details() const { return details_; }
  // Rows that the details of this request can have at most.
  size_t most_details() const { return kMostCharges * (request_.repeated_count > 1 ? request_.repeated_count : 1); }

 private:
  struct Options;
  bool place(PyObject* name, PyObject* value, Options* options);
  bool read_options(const Options& options);
  bool read_message(const Options& options);
  bool view_zone(PyObject* zone);
  bool read_quantities(PyObject* quantities);
  bool read_mapping(PyObject* mapping);
  bool view_values();
  bool view_repeated(PyObject* given);
  bool give(size_t position, PyObject* value);

  const Shape& shape_;
  const Of what_;
  std::array<PyObject*, kMostValues> given_{};  // borrowed from the arguments
  std::array<sluice_bytes, kMostValues> values_;
  std::array<uint64_t, kMostQuantities> quantities_;
  sluice_bytes one_;                     // the only value of the repeated dimension
  std::vector<sluice_bytes> many_;       // or all of them
  std::vector<pybind11::object> owned_;  // lists made from other iterables, and a copied mapping
  sluice_request request_ = SLUICE_REQUEST_INIT;
  sluice_message message_ = SLUICE_MESSAGE_INIT;
  bool details_ = false;
};

// Quantities by name, all of them, in declared order. False with an exception set.
bool quantities_of(const Shape& shape, PyObject* mapping, uint64_t* out);

// Called once, when the module is made.
void prepare_calls();

}  // namespace sluice::python
