// SPDX-License-Identifier: Apache-2.0
// _native.EngineCore: the calls of the C ABI with Python's types. sluice.Engine is what people use; it turns keywords into
// scopes and answers into named tuples.
#include "engine.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.h"
#include "campaign.h"
#include "core.h"
#include "gil.h"
#include "http.h"
#include "leasing.h"
#include "operation.h"
#include "plan.h"
#include "pool.h"
#include "sluice/sluice.hpp"
#include "subject.h"

namespace py = pybind11;

namespace sluice::python {
namespace {

using Text = std::string;
using CorePtr = std::shared_ptr<Core>;

int64_t instant(const py::object& now) {
  int64_t at = 0;
  if (!instant_of(now.ptr(), "now", &at)) throw py::error_already_set();
  return at;
}

uint64_t count(const py::object& number, const char* name, uint64_t most = UINT64_MAX) {
  uint64_t value = 0;
  if (!count_of(number.ptr(), name, most, &value)) throw py::error_already_set();
  return value;
}

int64_t span(const py::object& object, const char* name) {
  int64_t value = 0;
  if (!span_of(object.ptr(), name, &value)) throw py::error_already_set();
  return value;
}

std::string_view or_default(const Text& text) { return text.empty() ? std::string_view() : std::string_view(text); }

CorePtr create(const Text& policy, const Text& stance, const Text& zoneinfo_dir, bool manual_clock, const py::object& now,
               const py::object& memory_cap, const py::object& receipt_ttl, const py::object& event_capacity,
               const py::object& shards) {
  sluice_engine_options options = make_options(policy);
  options.stance = stance.data();
  options.stance_len = stance.size();
  options.zoneinfo_dir = or_default(zoneinfo_dir).data();
  options.zoneinfo_dir_len = zoneinfo_dir.size();
  options.manual_clock = manual_clock ? 1 : 0;
  if (!now.is_none()) options.manual_now = instant(now);
  if (!memory_cap.is_none()) options.memory_cap = count(memory_cap, "memory_cap");
  if (!receipt_ttl.is_none()) options.receipt_ttl = span(receipt_ttl, "receipt_ttl");
  if (!event_capacity.is_none())
    options.event_capacity = static_cast<uint32_t>(count(event_capacity, "event_capacity", UINT32_MAX));
  if (!shards.is_none()) options.shards = static_cast<uint32_t>(count(shards, "shards", UINT32_MAX));
  return std::make_shared<Core>(options);
}

// ---- subjects ----------------------------------------------------------------------------------------------------------------

void set_plan(Core& core, const Text& scope, const py::tuple& values, const Text& plan, const py::object& now) {
  const Subject subject(scope, values);
  core.calls().set_plan(subject.get(), plan, instant(now));
  core.changed();
}

void set_amount(Core& core, const Text& limit, const Text& scope, const py::tuple& values, const Text& amount,
                const py::object& now) {
  const Subject subject(scope, values);
  core.calls().set_amount(core.calls().limit_id(limit), subject.get(), amount, instant(now));
  core.changed();
}

void set_billing(Core& core, const Text& scope, const py::tuple& values, const py::object& day, int64_t time_of_day,
                 const Text& zone, const py::object& now) {
  const Subject subject(scope, values);
  const uint32_t on_day = static_cast<uint32_t>(count(day, "day", UINT32_MAX));
  core.calls().set_billing(subject.get(), on_day, time_of_day, or_default(zone), instant(now));
  core.changed();
}

void set_usage(Core& core, const Text& limit, const Text& scope, const py::tuple& values, const py::object& used,
               const py::object& now) {
  const Subject subject(scope, values);
  core.calls().set_usage(core.calls().limit_id(limit), subject.get(), count(used, "used"), instant(now));
  core.changed();
}

void reset(Core& core, const Text& scope, const py::tuple& values, const py::object& now) {
  const Subject subject(scope, values);
  core.calls().reset(subject.get(), instant(now));
  core.changed();
}

uint64_t erase(const CorePtr& core, const Text& scope, const py::tuple& values, const py::object& now) {
  const Subject subject(scope, values);
  const int64_t at = instant(now);
  const uint64_t erased = without_gil([&] { return core->calls().erase(subject.get(), at); });  // a pass over all records
  core->changed();
  return erased;
}

void report_throttled(Core& core, const Text& limit, const Text& scope, const py::tuple& values, const py::object& retry_after,
                      const py::object& now) {
  const Subject subject(scope, values);
  const int64_t wait = span(retry_after, "retry_after");
  core.calls().report_throttled(core.calls().limit_id(limit), subject.get(), wait, instant(now));
  core.changed();
}

void clear_throttle(Core& core, const Text& limit, const Text& scope, const py::tuple& values, const py::object& now) {
  const Subject subject(scope, values);
  core.calls().clear_throttle(core.calls().limit_id(limit), subject.get(), instant(now));
  core.changed();
}

void report_quality(Core& core, const Text& scope, const py::tuple& values, const Text& quality, const py::object& now) {
  const Subject subject(scope, values);
  core.calls().report_quality(subject.get(), quality, instant(now));
  core.changed();
}

// ---- what there is -------------------------------------------------------------------------------------------------------------

Text usage_json(Core& core, const Text& scope, const py::tuple& values, const py::object& now) {
  const Subject subject(scope, values);
  return core.calls().usage_json(subject.get(), instant(now));
}

py::object units_or_none(uint32_t flags, uint64_t units) {
  return flags & SLUICE_UNLIMITED ? py::object(py::none()) : py::object(py::int_(units));
}

py::object instant_or_none(int64_t at) { return at == 0 ? py::object(py::none()) : py::object(py::int_(at)); }

py::list usage_rows(Core& core, const Text& scope, const py::tuple& values, const py::object& now) {
  const Subject subject(scope, values);
  const py::object row_type = py::module_::import("sluice.usage").attr("UsageRow");
  py::list list;
  for (const sluice_usage_row& row : core.calls().usage(subject.get(), instant(now))) {
    list.append(row_type(core.limit_name(row.limit_id), units_or_none(row.flags, row.limit), row.used,
                         units_or_none(row.flags, row.remaining), row.overage, instant_or_none(row.period_begins),
                         instant_or_none(row.resets_at)));
  }
  return list;
}

// (JSON list, next cursor)
py::tuple list_subjects(Core& core, const Text& scope, uint64_t cursor, uint32_t most) {
  const Text page = core.calls().list(scope, cursor, most);
  return py::make_tuple(page, cursor);
}

// (kind, limit, at, used, limit's amount, share, plan's position, by plan change, subject, whole length of the subject)
py::tuple event_tuple(const Core& core, const sluice_event& event) {
  const size_t shown = std::min<size_t>(event.subject_len, sizeof event.subject);
  PyObject* subject = PyUnicode_DecodeUTF8(event.subject, static_cast<Py_ssize_t>(shown), "backslashreplace");
  if (!subject) throw py::error_already_set();
  return py::make_tuple(event.kind, core.limit_name(event.limit_id), event.at, event.used, event.limit, event.share, event.plan,
                        event.by_plan_change != 0, py::reinterpret_steal<py::object>(subject), event.subject_len);
}

py::list drain_events(Core& core) {
  constexpr size_t kPage = 128;
  py::list list;
  for (size_t size = kPage; size == kPage;) {
    const std::vector<sluice_event> events = core.calls().drain_events(kPage);
    for (const sluice_event& event : events) list.append(event_tuple(core, event));
    size = events.size();
  }
  return list;
}

py::dict counters(Core& core) {
  const sluice_counters c = core.calls().counters();
  py::dict denied_by;
  for (int32_t kind = SLUICE_DENIAL_MEMORY; kind <= SLUICE_DENIAL_NEVER; ++kind) {
    denied_by[sluice_denial_name(kind)] = c.denied_by[kind];
  }
  py::dict ended;
  for (int32_t state = SLUICE_MESSAGE_SENT; state <= SLUICE_MESSAGE_DEAD; ++state) {
    ended[message_state_name(state)] = c.ended[state];
  }
  using py::literals::operator""_a;
  return py::dict("allowed"_a = c.allowed, "denied"_a = c.denied, "would_queue"_a = c.would_queue, "peeked"_a = c.peeked,
                  "replayed"_a = c.replayed, "refunded"_a = c.refunded, "denied_by"_a = denied_by, "records"_a = c.records,
                  "receipts"_a = c.receipts, "memory_used"_a = c.memory_used, "memory_cap"_a = c.memory_cap, "swept"_a = c.swept,
                  "overflowed"_a = c.overflowed, "events_lost"_a = c.events_lost, "messages"_a = c.messages,
                  "accepted"_a = c.accepted, "leased"_a = c.leased, "ended"_a = ended);
}

uint64_t sweep(const CorePtr& core, const py::object& now, const py::object& max_records) {
  const int64_t at = instant(now);
  const uint64_t most = count(max_records, "max_records");
  return without_gil([&] { return core->calls().sweep(most, at); });
}

int64_t clock(Core& core) { return core.calls().clock(); }

void set_clock(Core& core, const py::object& now) {
  if (now.is_none())
    throw py::type_error("now must be an int of ns since the Unix epoch or a datetime with a time zone, not None");
  core.calls().set_clock(instant(now));
  core.ring_all();
}

py::object refuse_pickle(const Core&, const py::object&) {
  throw py::type_error("cannot pickle 'sluice.Engine': its state lives in this process");
}

}  // namespace

void add_engine(py::module_& module) {
  py::class_<Core, CorePtr> type(module, "EngineCore", py::is_final());
  add_leasing(&type);
  add_pools(&type);
  add_campaigns(&type);
  add_live_plan(&type);
  add_http(&type);
  type.def(py::init(&create), py::arg("policy"), py::arg("stance"), py::arg("zoneinfo_dir"), py::arg("manual_clock"),
           py::arg("now"), py::arg("memory_cap"), py::arg("receipt_ttl"), py::arg("event_capacity"), py::arg("shards"))
      .def("close", &Core::close)
      .def_property_readonly("closed", &Core::closed)
      .def("reload", [](Core& core, const Text& policy, const Text& stance, bool allow_reset,
                        const py::object& now) { core.reload(policy, stance, allow_reset, instant(now)); })
      .def("operation", &make_operation)
      .def("limit_name", &Core::limit_name)
      .def("clock", &clock)
      .def("set_clock", &set_clock)
      .def("set_plan", &set_plan)
      .def("set_amount", &set_amount)
      .def("set_billing", &set_billing)
      .def("set_usage", &set_usage)
      .def("reset", &reset)
      .def("erase", &erase)
      .def("report_throttled", &report_throttled)
      .def("clear_throttle", &clear_throttle)
      .def("report_quality", &report_quality)
      .def("usage_json", &usage_json)
      .def("usage_rows", &usage_rows)
      .def("list_subjects", &list_subjects)
      .def("drain_events", &drain_events)
      .def("counters", &counters)
      .def("sweep", &sweep)
      .def("__reduce_ex__", &refuse_pickle);
}

}  // namespace sluice::python
