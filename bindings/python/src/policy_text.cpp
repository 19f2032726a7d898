// SPDX-License-Identifier: Apache-2.0
#include "policy_text.h"

#include <string>
#include <string_view>

#include "sluice/sluice.hpp"

namespace py = pybind11;

namespace sluice::python {
namespace {

std::string_view or_default(const std::string& text) { return text.empty() ? std::string_view() : std::string_view(text); }

}  // namespace

void add_policy_text(py::module_& module) {
  module.def("policy_check", [](const std::string& text, const std::string& stance, const std::string& zoneinfo_dir) {
    return policy_check(text, stance, or_default(zoneinfo_dir));
  });
  module.def("policy_describe", [](const std::string& text, const std::string& stance, const std::string& zoneinfo_dir) {
    return policy_describe(text, stance, or_default(zoneinfo_dir));
  });
}

}  // namespace sluice::python
