// SPDX-License-Identifier: Apache-2.0
// sluice.Receipt: what a later refund or commit names. Settled once.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "core.h"
#include "sluice/sluice.h"

namespace sluice::python {

class Receipt {
 public:
  Receipt(std::shared_ptr<const Shape> shape, sluice_receipt id) : shape_(std::move(shape)), id_(id) {}

  sluice_receipt id() const { return id_; }
  void refund(const pybind11::object& now) const;
  void commit(const pybind11::object& quantities, const pybind11::object& now) const;
  std::string repr() const;

 private:
  std::shared_ptr<const Shape> shape_;
  sluice_receipt id_;
};

void add_receipt(pybind11::module_& module);

}  // namespace sluice::python
