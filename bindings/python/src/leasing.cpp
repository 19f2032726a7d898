// SPDX-License-Identifier: Apache-2.0
#include "leasing.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arguments.h"
#include "decision.h"
#include "errors.h"
#include "gil.h"

namespace py = pybind11;

namespace sluice::python {
namespace {

using CorePtr = std::shared_ptr<Core>;

constexpr uint64_t kMostLeases = 65536;  // of one call
constexpr uint64_t kMostBuffer = uint64_t{1} << 30;

int64_t instant(const py::object& now) {
  int64_t at = 0;
  if (!instant_of(now.ptr(), "now", &at)) throw py::error_already_set();
  return at;
}

// None is 0: as the policy says.
int64_t span(const py::object& object, const char* name) {
  int64_t value = 0;
  if (!object.is_none() && !span_of(object.ptr(), name, &value)) throw py::error_already_set();
  return value;
}

uint64_t count(const py::object& number, const char* name, uint64_t most) {
  uint64_t value = 0;
  if (!count_of(number.ptr(), name, most, &value)) throw py::error_already_set();
  return value;
}

int32_t outcome(const py::object& name) {
  int32_t value = 0;
  if (!outcome_of(name.ptr(), &value)) throw py::error_already_set();
  return value;
}

py::object instant_or_none(int64_t at) { return at == 0 || at == INT64_MAX ? py::object(py::none()) : py::object(py::int_(at)); }

py::object text_of(std::string_view bytes) {
  PyObject* text = PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "backslashreplace");
  if (!text) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(text);
}

// Names and values pair as far as both go: a message keeps the values of the policy under which it was accepted.
py::object lease_object(const CorePtr& core, const lease& leased, const py::object& type) {
  const OperationNames& names = core->names_of(leased->operation);
  py::dict values, quantities;
  py::tuple raw(leased->value_count);
  for (uint32_t i = 0; i < leased->value_count; ++i) {
    raw[i] = py::bytes(leased.value(i).data(), leased.value(i).size());
    if (i < names.values.size()) values[names.values[i]] = text_of(leased.value(i));
  }
  for (uint32_t i = 0; i < std::min<size_t>(leased->quantity_count, names.quantities.size()); ++i) {
    quantities[names.quantities[i]] = leased->quantities[i];
  }
  return type(core, leased->message, leased->fence, leased->attempt, leased.redelivered(), names.name,
              message_class_name(leased->message_class), values, raw, quantities,
              py::bytes(leased.payload().data(), leased.payload().size()), leased->due, leased->until,
              instant_or_none(leased->expires_at),
              leased->campaign == 0 ? py::object(py::none()) : py::object(py::int_(leased->campaign)));
}

// (leases, next due instant or None). `lines` None: all; `pool` None: none is named.
py::tuple lease_due(const CorePtr& core, const py::object& most, const py::object& ttl, const py::object& now,
                    const py::object& buffer, const std::optional<std::vector<std::string>>& lines,
                    const std::optional<std::string>& pool, const std::vector<std::string>& by) {
  const auto rows = static_cast<uint32_t>(count(most, "most", kMostLeases));
  lease_options wanted(rows, span(ttl, "ttl"), instant(now));
  if (lines) wanted.lines(*lines);
  if (pool) wanted.pool(*pool, by);
  const sluice_lease_options options = wanted;
  leases leased(rows, count(buffer, "buffer", kMostBuffer));
  without_gil([&] {
    core->calls().lease(leased, options);
    return true;
  });
  const py::object type = py::module_::import("sluice.lease").attr("Lease");
  py::list list;
  for (const lease one : leased) list.append(lease_object(core, one, type));
  return py::make_tuple(list, leased.next_due() == INT64_MAX ? py::object(py::none()) : py::object(py::int_(leased.next_due())));
}

// (message, fence, outcome, retry_after) each; (state, error) each, one of them None.
py::list settle(Core& core, const py::list& given, const py::object& now) {
  std::vector<sluice_settlement> rows;
  for (const py::handle one : given) {
    const auto row = py::reinterpret_borrow<py::tuple>(one);
    rows.push_back({row[0].cast<uint64_t>(), row[1].cast<uint32_t>(), outcome(row[2]), span(row[3], "retry_after"), 0, 0});
  }
  const int64_t at = instant(now);
  without_gil([&] {
    core.calls().settle(rows, at);
    return true;
  });
  core.changed();
  py::list answers;
  for (const sluice_settlement& row : rows) {
    if (row.status < 0) {
      const py::object failure = make_error(row.status, "");
      if (!failure) throw py::error_already_set();
      answers.append(py::make_tuple(py::none(), failure));
    } else {
      answers.append(py::make_tuple(message_state_name(row.state), py::none()));
    }
  }
  return answers;
}

void ack(Core& core, uint64_t message, uint32_t fence, const py::object& now) {
  core.calls().ack(message, fence, instant(now));
  core.changed();
}

void nack(Core& core, uint64_t message, uint32_t fence, const py::object& what, const py::object& retry_after,
          const py::object& now) {
  const int32_t number = outcome(what);
  const int64_t wait = span(retry_after, "retry_after");
  core.calls().nack(message, fence, number, wait, instant(now));
  core.changed();
}

// The lease's new end.
int64_t extend(Core& core, uint64_t message, uint32_t fence, const py::object& ttl, const py::object& now) {
  const int64_t lasts = span(ttl, "ttl");
  int64_t at = instant(now);
  if (at == SLUICE_NOW) at = core.calls().clock();
  core.calls().extend(message, fence, lasts, at);
  core.changed();
  return at + lasts;
}

void cancel(Core& core, const py::object& message, const py::object& now) {
  core.calls().cancel(count(message, "message", UINT64_MAX), instant(now));
  core.changed();
}

py::object status(Core& core, const py::object& message, const py::object& now) {
  const uint64_t number = count(message, "message", UINT64_MAX);
  const message_state state = core.calls().status(number, instant(now));
  return py::module_::import("sluice.held")
      .attr("MessageStatus")(number, message_state_name(state.state), message_class_name(state.message_class),
                             core.names_of(state.operation).name, state.tries, state.fence, instant_or_none(state.due),
                             instant_or_none(state.expires_at), state.depth,
                             state.position == 0 ? py::object(py::none()) : py::object(py::int_(state.position)),
                             instant_or_none(state.eta), wait_name(state.eta_kind), text_of(state.line));
}

// JSON
std::string explain_message(Core& core, const py::object& message, const py::object& now) {
  return core.calls().explain_message(count(message, "message", UINT64_MAX), instant(now));
}

py::object next_due(Core& core) { return instant_or_none(core.calls().next_due()); }

}  // namespace

void add_leasing(py::class_<Core, CorePtr>* type) {
  type->def("lease", &lease_due)
      .def("settle", &settle)
      .def("ack", &ack)
      .def("nack", &nack)
      .def("extend", &extend)
      .def("cancel", &cancel)
      .def("status", &status)
      .def("explain_message", &explain_message)
      .def("next_due", &next_due)
      .def("watch", &Core::watch);
}

}  // namespace sluice::python
