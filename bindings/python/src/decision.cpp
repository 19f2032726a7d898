// SPDX-License-Identifier: Apache-2.0
#include "decision.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "errors.h"
#include "heap_type.h"
#include "http.h"
#include "receipt.h"

namespace py = pybind11;

namespace sluice::python {
namespace {

constexpr int64_t kNever = INT64_MAX;
constexpr int64_t kOnRelease = INT64_MAX - 1;
constexpr int64_t kSecond = 1'000'000'000;

struct DecisionObject {
  PyObject_HEAD std::shared_ptr<const Shape> shape;
  sluice_decision data;
  std::unique_ptr<sluice_detail[]> rows;  // what data.details points at; null: none were asked for
  PyObject* details;                      // tuple
  PyObject* line;                         // str or None
};

PyTypeObject* decision_type = nullptr;
PyObject* no_details = nullptr;  // ()

DecisionObject* as_decision(PyObject* self) { return reinterpret_cast<DecisionObject*>(self); }
const sluice_decision& data_of(PyObject* self) { return as_decision(self)->data; }

PyObject* none() { Py_RETURN_NONE; }
PyObject* instant_or_none(int64_t instant) {
  return instant == 0 || instant >= kOnRelease ? none() : PyLong_FromLongLong(instant);
}
PyObject* denial_or_none(int32_t denial) {
  return denial == SLUICE_DENIAL_NONE ? none() : PyUnicode_InternFromString(sluice_denial_name(denial));
}
PyObject* units_or_none(uint32_t flags, uint64_t units) {
  return flags & SLUICE_UNLIMITED ? none() : PyLong_FromUnsignedLongLong(units);
}

bool has_wait(const sluice_decision& decision) {
  return decision.wait_kind == SLUICE_WAIT_EXACT || decision.wait_kind == SLUICE_WAIT_BOUND;
}

// What one limit's opening instant means; the decision's own wait is of all limits together.
const char* wait_of_detail(const sluice_detail& detail) {
  if (detail.flags & SLUICE_PASSED) return wait_name(SLUICE_WAIT_NONE);
  if (detail.opens_at == kNever) return wait_name(SLUICE_WAIT_NEVER);
  return wait_name(detail.opens_at == kOnRelease ? SLUICE_WAIT_UNKNOWN : SLUICE_WAIT_EXACT);
}

py::object steal(PyObject* object) {
  if (!object) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

py::tuple make_details(const Core& core, const sluice_decision& decision) {
  const py::object row_type = py::module_::import("sluice.decision").attr("LimitDetail");
  py::tuple rows(decision.detail_count);
  for (uint32_t i = 0; i < decision.detail_count; ++i) {
    const sluice_detail& row = decision.details[i];
    rows[i] = row_type(core.limit_name(row.limit_id), (row.flags & SLUICE_PASSED) != 0, steal(denial_or_none(row.denial)),
                       wait_of_detail(row), steal(units_or_none(row.flags, row.limit)), row.used,
                       steal(units_or_none(row.flags, row.remaining)), steal(instant_or_none(row.resets_at)),
                       steal(row.opens_at >= kOnRelease ? none() : PyLong_FromLongLong(row.opens_at)), row.charge, row.subject);
  }
  return rows;
}

// For an answer over HTTP later. Where none were written there is still room: they were asked for.
std::unique_ptr<sluice_detail[]> keep_rows(const sluice_decision& decision) {
  std::unique_ptr<sluice_detail[]> rows(new sluice_detail[std::max(decision.detail_count, 1U)]());
  std::copy_n(decision.details, decision.detail_count, rows.get());
  return rows;
}

// ---- attributes -------------------------------------------------------------------------------------------------------------

PyObject* get_allowed(PyObject* self, void*) { return PyBool_FromLong(data_of(self).status == SLUICE_OK); }
PyObject* get_outcome(PyObject* self, void*) { return PyUnicode_InternFromString(outcome_name(data_of(self).status)); }
PyObject* get_denial(PyObject* self, void*) { return denial_or_none(data_of(self).denial); }
PyObject* get_limit_name(PyObject* self, void*) {
  return as_decision(self)->shape->core->limit_name(data_of(self).limit_id).release().ptr();
}
PyObject* get_wait_kind(PyObject* self, void*) { return PyUnicode_InternFromString(wait_name(data_of(self).wait_kind)); }

PyObject* get_retry_after(PyObject* self, void*) {
  const sluice_decision& decision = data_of(self);
  if (decision.status == SLUICE_OK) return PyLong_FromLong(0);
  return has_wait(decision) ? PyLong_FromLongLong(decision.retry_after) : none();
}

PyObject* get_retry_after_seconds(PyObject* self, void*) {
  const sluice_decision& decision = data_of(self);
  if (decision.status == SLUICE_OK) return PyLong_FromLong(0);
  if (!has_wait(decision)) return none();
  const int64_t seconds = decision.retry_after / kSecond + (decision.retry_after % kSecond != 0);
  return PyLong_FromLongLong(seconds > 0 ? seconds : 1);
}

PyObject* get_largest_cost(PyObject* self, void*) {
  const sluice_decision& decision = data_of(self);
  return decision.wait_kind == SLUICE_WAIT_NEVER ? PyLong_FromUnsignedLongLong(decision.largest_cost) : none();
}

PyObject* get_limit(PyObject* self, void*) {
  const sluice_decision& decision = data_of(self);
  return decision.limit_id < 0 ? none() : units_or_none(decision.flags, decision.limit);
}
PyObject* get_used(PyObject* self, void*) { return PyLong_FromUnsignedLongLong(data_of(self).used); }
PyObject* get_remaining(PyObject* self, void*) {
  const sluice_decision& decision = data_of(self);
  return decision.limit_id < 0 ? none() : units_or_none(decision.flags, decision.remaining);
}
PyObject* get_resets_at(PyObject* self, void*) { return instant_or_none(data_of(self).resets_at); }
PyObject* get_opens_at(PyObject* self, void*) {
  const sluice_decision& decision = data_of(self);
  if (decision.limit_id < 0 || decision.opens_at >= kOnRelease) return none();
  return PyLong_FromLongLong(decision.opens_at);
}
PyObject* get_now(PyObject* self, void*) { return PyLong_FromLongLong(data_of(self).now); }
PyObject* get_replayed(PyObject* self, void*) { return PyBool_FromLong((data_of(self).flags & SLUICE_REPLAYED) != 0); }
PyObject* get_overflowed(PyObject* self, void*) { return PyBool_FromLong((data_of(self).flags & SLUICE_OVERFLOWED) != 0); }
PyObject* get_details(PyObject* self, void*) { return Py_INCREF(as_decision(self)->details), as_decision(self)->details; }

PyObject* get_line(PyObject* self, void*) { return Py_INCREF(as_decision(self)->line), as_decision(self)->line; }

PyObject* get_receipt(PyObject* self, void*) {
  const DecisionObject* decision = as_decision(self);
  if (decision->data.receipt == 0) return none();
  try {
    return py::cast(Receipt(decision->shape, decision->data.receipt)).release().ptr();
  } catch (...) {
    set_thrown_error();
    return nullptr;
  }
}

PyGetSetDef attributes[] = {
    {"allowed", get_allowed, nullptr, "Whether it may go now. The decision itself is true exactly when this is.", nullptr},
    {"outcome", get_outcome, nullptr, "\"allowed\", \"denied\" or \"would_queue\".", nullptr},
    {"denial", get_denial, nullptr,
     "Why it was denied: \"never\", \"blocked\", \"quota\", \"gauge\", \"distinct\", \"pool\", \"upstream\",\n"
     "\"depth\", \"rate\" or \"memory\"; None when it was not.",
     nullptr},
    {"limit_name", get_limit_name, nullptr,
     "The limit that refused, else the operation's first; None for an operation without charges.", nullptr},
    {"wait_kind", get_wait_kind, nullptr,
     "What retry_after means: \"none\" (allowed), \"exact\", \"bound\" (not before), \"unknown\" (until\n"
     "something is released) or \"never\".",
     nullptr},
    {"retry_after", get_retry_after, nullptr,
     "ns from `now` until the same request passes; 0 when allowed; None when no wait is known to help.", nullptr},
    {"retry_after_seconds", get_retry_after_seconds, nullptr,
     "retry_after in whole seconds, rounded up and at least 1 when not allowed; for a Retry-After header.", nullptr},
    {"largest_cost", get_largest_cost, nullptr, "With wait_kind \"never\": the largest cost that could pass; else None.",
     nullptr},
    {"limit", get_limit, nullptr, "Units the named limit admits; None when it is unlimited.", nullptr},
    {"used", get_used, nullptr, "Units used of the named limit, after this decision.", nullptr},
    {"remaining", get_remaining, nullptr, "Units left of the named limit, after this decision; None when it is unlimited.",
     nullptr},
    {"resets_at", get_resets_at, nullptr,
     "Instant (ns): a window's end, else when nothing of the named limit is used any more; None when nothing is, or no\n"
     "time ends it.",
     nullptr},
    {"opens_at", get_opens_at, nullptr,
     "Instant (ns) at which the named limit alone would let this through; None when no wait is known to help.", nullptr},
    {"now", get_now, nullptr, "The instant decided at, ns since the Unix epoch.", nullptr},
    {"replayed", get_replayed, nullptr, "Whether this is the first answer to the idempotency key, given again.", nullptr},
    {"overflowed", get_overflowed, nullptr, "Whether a shared record served a new subject at the memory cap.", nullptr},
    {"line", get_line, nullptr, "The line that the operation's pool chose, or was given; None without a pool, and when none was.",
     nullptr},
    {"receipt", get_receipt, nullptr, "The Receipt of an allowed decision that asked for one; else None.", nullptr},
    {"details", get_details, nullptr,
     "With details=True: a LimitDetail for every limit and subject checked, in the order of the charges; else ().", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

// ---- object -----------------------------------------------------------------------------------------------------------------

int is_true(PyObject* self) { return data_of(self).status == SLUICE_OK; }

PyObject* as_dict(PyObject* self, PyObject*) {
  PyObject* dict = PyDict_New();
  for (const PyGetSetDef* attribute = attributes; dict && attribute->name; ++attribute) {
    PyObject* value = attribute->get(self, nullptr);
    const bool is_receipt = attribute->get == get_receipt;
    if (!value || (!is_receipt && PyDict_SetItemString(dict, attribute->name, value) < 0)) Py_CLEAR(dict);
    Py_XDECREF(value);
  }
  return dict;
}

PyObject* http(PyObject* self, PyObject* args, PyObject* keywords) {
  static const char* names[] = {"dialects", "given", "values", "quantities", "held", nullptr};
  HttpArguments given;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "|$OOOOO:http", const_cast<char**>(names), &given.dialects, &given.given,
                                   &given.values, &given.quantities, &given.held)) {
    return nullptr;
  }
  try {
    return http_answer_of(*as_decision(self)->shape, data_of(self), given).release().ptr();
  } catch (...) {
    set_thrown_error();
    return nullptr;
  }
}

PyObject* repr(PyObject* self) {
  const sluice_decision& decision = data_of(self);
  std::string text = "<Decision " + std::string(outcome_name(decision.status));
  if (decision.denial != SLUICE_DENIAL_NONE) text += " (" + std::string(sluice_denial_name(decision.denial)) + ")";
  if (decision.flags & SLUICE_REPLAYED) text += ", replayed";
  if (decision.limit_id >= 0) {
    text += ": " + std::string(py::str(as_decision(self)->shape->core->limit_name(decision.limit_id))) + " " +
            std::to_string(decision.used);
    text += decision.flags & SLUICE_UNLIMITED ? " used, unlimited" : " of " + std::to_string(decision.limit) + " used";
  }
  if (has_wait(decision)) {
    text += decision.wait_kind == SLUICE_WAIT_BOUND ? ", retry not before " : ", retry after ";
    text += std::to_string(decision.retry_after) + " ns";
  } else if (decision.wait_kind != SLUICE_WAIT_NONE) {
    text += std::string(", wait ") + wait_name(decision.wait_kind);
  }
  text += ">";
  return PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}

void destroy(PyObject* self) {
  DecisionObject* decision = as_decision(self);
  Py_XDECREF(decision->details);
  Py_XDECREF(decision->line);
  decision->shape.~shared_ptr();
  decision->rows.~unique_ptr();
  release(self);
}

PyMethodDef methods[] = {
    {"as_dict", as_dict, METH_NOARGS,
     "as_dict($self, /)\n--\n\nEvery attribute but the receipt, by name: what is safe to log, send or pickle."},
    {"http", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(http)), METH_VARARGS | METH_KEYWORDS,
     "http($self, /, *, dialects=None, given=None, values=None, quantities=None, held=None)\n--\n\n"
     "The decision as an HttpAnswer: status, headers and body, in the words of the policy's `dialect`.\n\n"
     "dialects: sluice.Dialects. given: texts that the dialect asks for, {\"trace_id\": \"...\"}. values, quantities: the\n"
     "request's, by name, for a dialect that tells them. held: the Held of an enqueue. A dialect that tells of limits by\n"
     "name needs a decision that was made with details=True; else this raises InvalidRequest."},
    {"__reduce_ex__", refuse_pickling, METH_O, kReduceDoc},
    {nullptr, nullptr, 0, nullptr}};

constexpr const char* kDoc =
    "One answer of an engine. Immutable; true exactly when allowed.\n\n"
    "Instants are ns since the Unix epoch, spans are ns, both int. `limit`, `used`, `remaining`, `resets_at` and\n"
    "`opens_at` are those of the limit named; `details` holds every limit's.";

PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>(kDoc)},
                       {Py_tp_getset, attributes},
                       {Py_tp_methods, methods},
                       {Py_tp_repr, reinterpret_cast<void*>(repr)},
                       {Py_nb_bool, reinterpret_cast<void*>(is_true)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(destroy)},
                       {0, nullptr}};

}  // namespace

const char* outcome_name(sluice_status status) {
  if (status == SLUICE_OK) return "allowed";
  return status == SLUICE_WOULD_QUEUE ? "would_queue" : "denied";  // an unknown positive is "not allowed"
}

const char* wait_name(int32_t wait_kind) {
  constexpr const char* names[] = {"none", "exact", "bound", "unknown", "never"};
  return wait_kind >= SLUICE_WAIT_NONE && wait_kind <= SLUICE_WAIT_NEVER ? names[wait_kind] : "unknown";
}

py::object text_or_none(const char* bytes, size_t length) {
  if (length == 0) return py::none();
  return steal(PyUnicode_DecodeUTF8(bytes, static_cast<Py_ssize_t>(length), "backslashreplace"));
}

PyObject* make_decision(const std::shared_ptr<const Shape>& shape, const sluice_decision& decision, bool details) {
  py::object rows = py::reinterpret_borrow<py::object>(no_details), line;
  std::unique_ptr<sluice_detail[]> kept;
  try {
    if (details) {
      rows = make_details(*shape->core, decision);
      kept = keep_rows(decision);
    }
    line = line_of(decision);
  } catch (...) {
    set_thrown_error();
    return nullptr;
  }
  DecisionObject* object = allocate<DecisionObject>(decision_type);
  if (!object) return nullptr;
  new (&object->shape) std::shared_ptr<const Shape>(shape);
  new (&object->rows) std::unique_ptr<sluice_detail[]>(std::move(kept));
  object->data = decision;
  object->data.details = object->rows.get();
  object->data.detail_capacity = object->rows ? std::max(decision.detail_count, 1U) : 0;
  object->data.line = nullptr;
  object->line = line.release().ptr();
  object->details = rows.release().ptr();
  return reinterpret_cast<PyObject*>(object);
}

void add_decision(py::module_& module) {
  no_details = PyTuple_New(0);
  decision_type = make_type("sluice.Decision", sizeof(DecisionObject), slots);
  module.add_object("Decision", reinterpret_cast<PyObject*>(decision_type));
}

}  // namespace sluice::python
