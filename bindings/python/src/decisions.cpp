// SPDX-License-Identifier: Apache-2.0
#include "decisions.h"

#include <new>

#include "decision.h"
#include "errors.h"
#include "heap_type.h"

namespace py = pybind11;

namespace sluice::python {

void Answers::set(size_t i, const sluice_decision& decision) {
  const bool failed = decision.status < 0;
  status[i] = decision.status;
  limit_id[i] = failed ? SLUICE_NONE : decision.limit_id;
  remaining[i] = failed ? 0 : decision.flags & SLUICE_UNLIMITED ? uint64_t{INT64_MAX} : decision.remaining;
  retry_after[i] = failed ? 0 : decision.retry_after;
  if (decision.wait_kind == SLUICE_WAIT_NEVER) retry_after[i] = INT64_MAX;
  if (decision.wait_kind == SLUICE_WAIT_UNKNOWN) retry_after[i] = INT64_MAX - 1;
  rest_[i] = {decision.retry_after,
              decision.resets_at,
              decision.opens_at,
              decision.now,
              decision.remaining,
              decision.limit,
              decision.used,
              decision.largest_cost,
              static_cast<uint16_t>(decision.denial),
              static_cast<uint16_t>(decision.wait_kind),
              decision.flags};
  if (!lines_.empty() && decision.line_length <= decision.line_capacity) lines_[i].assign(decision.line, decision.line_length);
}

sluice_decision Answers::get(size_t i) const {
  const Rest& rest = rest_[i];
  sluice_decision decision = SLUICE_DECISION_INIT;
  decision.status = status[i];
  decision.limit_id = limit_id[i];
  decision.denial = rest.denial;
  decision.wait_kind = rest.wait_kind;
  decision.flags = rest.flags;
  decision.now = rest.now;
  decision.retry_after = rest.retry_after;
  decision.resets_at = rest.resets_at;
  decision.opens_at = rest.opens_at;
  decision.remaining = rest.remaining;
  decision.limit = rest.limit;
  decision.used = rest.used;
  decision.largest_cost = rest.largest_cost;
  if (!lines_.empty()) {
    decision.line = const_cast<char*>(lines_[i].data());
    decision.line_length = decision.line_capacity = static_cast<uint32_t>(lines_[i].size());
  }
  return decision;
}

namespace {

// ---- a column: what a memoryview looks at ------------------------------------------------------------------------------------

struct ColumnObject {
  PyObject_HEAD std::shared_ptr<const Answers> answers;  // lives as long as any view of it
  const void* data;
  const char* format;  // of struct: 'i', 'q' or 'Q'
  Py_ssize_t item_size;
  Py_ssize_t shape[1];
};

PyTypeObject* column_type = nullptr;

int column_buffer(PyObject* self, Py_buffer* out, int flags) {
  ColumnObject* column = reinterpret_cast<ColumnObject*>(self);
  if (flags & PyBUF_WRITABLE) {
    out->obj = nullptr;
    PyErr_SetString(PyExc_BufferError, "the arrays of Decisions are read-only");
    return -1;
  }
  *out = {};
  out->buf = const_cast<void*>(column->data);
  out->obj = (Py_INCREF(self), self);
  out->len = column->shape[0] * column->item_size;
  out->itemsize = column->item_size;
  out->readonly = 1;
  out->ndim = 1;
  out->format = flags & PyBUF_FORMAT ? const_cast<char*>(column->format) : nullptr;
  out->shape = flags & PyBUF_ND ? column->shape : nullptr;
  out->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? &column->item_size : nullptr;
  return 0;
}

void destroy_column(PyObject* self) {
  reinterpret_cast<ColumnObject*>(self)->answers.~shared_ptr();
  release(self);
}

PyType_Slot column_slots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(column_buffer)},
                              {Py_tp_dealloc, reinterpret_cast<void*>(destroy_column)},
                              {0, nullptr}};

template <typename Item>
PyObject* view_of(const std::shared_ptr<const Answers>& answers, const std::vector<Item>& items, const char* format) {
  ColumnObject* column = allocate<ColumnObject>(column_type);
  if (!column) return nullptr;
  new (&column->answers) std::shared_ptr<const Answers>(answers);
  column->data = items.data() ? static_cast<const void*>(items.data()) : "";
  column->format = format;
  column->item_size = sizeof(Item);
  column->shape[0] = static_cast<Py_ssize_t>(items.size());
  PyObject* view = PyMemoryView_FromObject(reinterpret_cast<PyObject*>(column));
  Py_DECREF(column);
  return view;
}

// ---- Decisions ---------------------------------------------------------------------------------------------------------------

struct DecisionsObject {
  PyObject_HEAD std::shared_ptr<const Shape> shape;
  std::shared_ptr<const Answers> answers;
};

PyTypeObject* decisions_type = nullptr;

DecisionsObject* as_decisions(PyObject* self) { return reinterpret_cast<DecisionsObject*>(self); }
const std::shared_ptr<const Answers>& answers_of(PyObject* self) { return as_decisions(self)->answers; }

PyObject* get_status(PyObject* self, void*) { return view_of(answers_of(self), answers_of(self)->status, "i"); }
PyObject* get_retry_after(PyObject* self, void*) { return view_of(answers_of(self), answers_of(self)->retry_after, "q"); }
PyObject* get_remaining(PyObject* self, void*) { return view_of(answers_of(self), answers_of(self)->remaining, "Q"); }
PyObject* get_limit_id(PyObject* self, void*) { return view_of(answers_of(self), answers_of(self)->limit_id, "i"); }
PyObject* get_now(PyObject* self, void*) { return PyLong_FromLongLong(answers_of(self)->now); }

PyObject* get_errors(PyObject* self, void*) {
  const Answers& answers = *answers_of(self);
  PyObject* errors = PyDict_New();
  for (const auto& [i, message] : answers.failures) {
    if (!errors) break;
    const py::object failure = make_error(answers.status[i], message);
    const py::object position = py::reinterpret_steal<py::object>(PyLong_FromSize_t(i));
    if (!failure || !position || PyDict_SetItem(errors, position.ptr(), failure.ptr()) < 0) Py_CLEAR(errors);
  }
  return errors;
}

Py_ssize_t length(PyObject* self) { return static_cast<Py_ssize_t>(answers_of(self)->size()); }

// Negative positions have been turned by the sequence protocol.
PyObject* item(PyObject* self, Py_ssize_t position) {
  const Answers& answers = *answers_of(self);
  const size_t i = static_cast<size_t>(position);
  if (position < 0 || i >= answers.size()) {
    PyErr_SetString(PyExc_IndexError, "Decisions index out of range");
    return nullptr;
  }
  if (answers.status[i] < 0) {
    const auto failure = answers.failures.find(i);
    set_error(answers.status[i], failure == answers.failures.end() ? "" : failure->second);
    return nullptr;
  }
  return make_decision(as_decisions(self)->shape, answers.get(i), false);
}

PyObject* repr(PyObject* self) {
  size_t allowed = 0;
  for (const int32_t status : answers_of(self)->status) allowed += status == SLUICE_OK;
  return PyUnicode_FromFormat("<Decisions of %zd: %zu allowed, %zu failed>", length(self), allowed,
                              answers_of(self)->failures.size());
}

void destroy(PyObject* self) {
  as_decisions(self)->shape.~shared_ptr();
  as_decisions(self)->answers.~shared_ptr();
  release(self);
}

PyGetSetDef attributes[] = {
    {"status", get_status, nullptr,
     "int32: 0 allowed, 1 denied, 2 would queue, negative a failure (see errors). A read-only memoryview.", nullptr},
    {"retry_after", get_retry_after, nullptr,
     "int64, ns: 0 when allowed or failed, sluice.NEVER when waiting cannot help, sluice.ON_RELEASE until something\n"
     "is released. A read-only memoryview.",
     nullptr},
    {"remaining", get_remaining, nullptr,
     "uint64, units left of the limit named; sluice.UNLIMITED when it is unlimited. A read-only memoryview.", nullptr},
    {"limit_id", get_limit_id, nullptr, "int32: the limit named, for Engine.limit_name; -1 without one. A read-only memoryview.",
     nullptr},
    {"now", get_now, nullptr, "The instant decided at, ns since the Unix epoch.", nullptr},
    {"errors", get_errors, nullptr, "The exception of each element that failed, by position; {} when none did.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyMethodDef methods[] = {{"__reduce_ex__", refuse_pickling, METH_O, kReduceDoc}, {nullptr, nullptr, 0, nullptr}};

constexpr const char* kDoc =
    "The answers to a batch, in its order. A sequence of Decision: an element that failed raises its error when indexed.\n\n"
    "The columns are arrays by the buffer protocol, each of len(decisions) items: memoryview, array, struct and numpy\n"
    "(`numpy.asarray(decisions.status)`) read them without copying. A view keeps its array alive.";

PyType_Slot decisions_slots[] = {{Py_tp_doc, const_cast<char*>(kDoc)},
                                 {Py_tp_getset, attributes},
                                 {Py_tp_methods, methods},
                                 {Py_tp_repr, reinterpret_cast<void*>(repr)},
                                 {Py_sq_length, reinterpret_cast<void*>(length)},
                                 {Py_sq_item, reinterpret_cast<void*>(item)},
                                 {Py_tp_dealloc, reinterpret_cast<void*>(destroy)},
                                 {0, nullptr}};

}  // namespace

PyObject* make_decisions(std::shared_ptr<const Shape> shape, std::shared_ptr<const Answers> answers) {
  DecisionsObject* decisions = allocate<DecisionsObject>(decisions_type);
  if (!decisions) return nullptr;
  new (&decisions->shape) std::shared_ptr<const Shape>(std::move(shape));
  new (&decisions->answers) std::shared_ptr<const Answers>(std::move(answers));
  return reinterpret_cast<PyObject*>(decisions);
}

void add_decisions(py::module_& module) {
  column_type = make_type("sluice.Column", sizeof(ColumnObject), column_slots);
  decisions_type = make_type("sluice.Decisions", sizeof(DecisionsObject), decisions_slots);
  module.add_object("Decisions", reinterpret_cast<PyObject*>(decisions_type));
}

}  // namespace sluice::python
