// SPDX-License-Identifier: Apache-2.0
#include "receipt.h"

#include <vector>

#include "arguments.h"
#include "call.h"

namespace py = pybind11;

namespace sluice::python {

void Receipt::refund(const py::object& now) const {
  int64_t at = 0;
  if (!instant_of(now.ptr(), "now", &at)) throw py::error_already_set();
  shape_->core->calls().refund(id_, at);
  shape_->core->changed();
}

void Receipt::commit(const py::object& quantities, const py::object& now) const {
  std::vector<uint64_t> counts(kMostQuantities);
  int64_t at = 0;
  if (!quantities_of(*shape_, quantities.ptr(), counts.data())) throw py::error_already_set();
  if (!instant_of(now.ptr(), "now", &at)) throw py::error_already_set();
  counts.resize(shape_->quantities.size());
  shape_->core->calls().commit(id_, counts, at);
  shape_->core->changed();
}

std::string Receipt::repr() const { return "<Receipt " + std::to_string(id_) + " of " + std::string(shape_->name) + ">"; }

void add_receipt(py::module_& module) {
  py::class_<Receipt>(
      module, "Receipt", py::is_final(),
      "What an allowed decision took, to be settled once: by refund or by commit.\n\n"
      "It lives for the engine's `receipt_ttl`; settling it twice, or after that, raises NotFound and changes nothing.")
      .def_property_readonly("id", &Receipt::id, "The number of the receipt.")
      .def("refund", &Receipt::refund, py::arg("now") = py::none(),
           "Gives back everything the decision took, exactly and only to the periods it charged.\n\n"
           "A pace returns what has not drained meanwhile. `now`: as in Engine.decide. Raises NotFound, TimeError.")
      .def("commit", &Receipt::commit, py::arg("quantities"), py::arg("now") = py::none(),
           "Settles with the actual quantities, by name and all of them: the rest is returned, an excess is taken\n"
           "as forced. Raises NotFound, TimeError, TypeError.")
      .def("__repr__", &Receipt::repr)
      .def("__reduce_ex__", [](const Receipt&, const py::object&) -> py::object {
        throw py::type_error("cannot pickle 'sluice.Receipt': it belongs to an engine of this process");
      });
}

}  // namespace sluice::python
