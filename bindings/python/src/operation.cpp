// SPDX-License-Identifier: Apache-2.0
#include "operation.h"

#include <structmember.h>

#include <cstddef>
#include <new>
#include <vector>

#include "arguments.h"
#include "batch.h"
#include "call.h"
#include "decision.h"
#include "enqueue.h"
#include "errors.h"
#include "heap_type.h"

namespace py = pybind11;

#ifndef Py_TPFLAGS_HAVE_VECTORCALL
#define Py_TPFLAGS_HAVE_VECTORCALL _Py_TPFLAGS_HAVE_VECTORCALL
#endif

namespace sluice::python {
namespace {

struct OperationObject {
  PyObject_HEAD vectorcallfunc vectorcall;
  std::shared_ptr<const Shape> shape;
};

PyTypeObject* operation_type = nullptr;

OperationObject* as_operation(PyObject* self) { return reinterpret_cast<OperationObject*>(self); }

// The operation's shape under the policy of now; null with an exception set. A copy, since another thread may read it anew.
std::shared_ptr<const Shape> shape_of(PyObject* self) {
  OperationObject* operation = as_operation(self);
  if (operation->shape->generation == operation->shape->core->generation()) return operation->shape;
  try {
    operation->shape = operation->shape->core->shape_of(operation->shape->name);
    return operation->shape;
  } catch (...) {
    set_thrown_error();
    return nullptr;
  }
}

bool decide_now(const Shape& shape, const Call& call, sluice_decision* decision) {
  sluice_error failure;
  prepare(&failure);
  const sluice_status status = sluice_decide_checked(shape.core->handle(), &call.request(), decision, &failure);
  if (status < 0) set_error(status, shape.with_name(failure.message));
  if (status == SLUICE_OK) shape.core->changed();
  return status >= 0;
}

// ---- calls -------------------------------------------------------------------------------------------------------------------

PyObject* decide(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  const std::shared_ptr<const Shape> shape = shape_of(self);
  if (!shape) return nullptr;
  Call call(*shape);
  if (!call.read(args, nargs, kwnames)) return nullptr;
  sluice_decision decision = SLUICE_DECISION_INIT;
  std::vector<sluice_detail> rows;
  if (call.details()) {
    rows.resize(call.most_details());
    decision.details = rows.data();
    decision.detail_capacity = static_cast<uint32_t>(rows.size());
  }
  char line[kMostKeyBytes];
  if (shape->line >= 0) {
    decision.line = line;
    decision.line_capacity = sizeof line;
  }
  return decide_now(*shape, call, &decision) ? make_decision(shape, decision, call.details()) : nullptr;
}

PyObject* vectorcall(PyObject* self, PyObject* const* args, size_t nargsf, PyObject* kwnames) {
  return decide(self, args, PyVectorcall_NARGS(nargsf), kwnames);
}

PyObject* take(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  const std::shared_ptr<const Shape> shape = shape_of(self);
  if (!shape) return nullptr;
  Call call(*shape);
  if (!call.read(args, nargs, kwnames)) return nullptr;
  sluice_decision decision = SLUICE_DECISION_INIT;
  if (!decide_now(*shape, call, &decision)) return nullptr;
  if (decision.status == SLUICE_OK) {
    const bool bounded = decision.limit_id >= 0 && !(decision.flags & SLUICE_UNLIMITED);
    return PyLong_FromLongLong(bounded ? static_cast<int64_t>(decision.remaining) : INT64_MAX);
  }
  int64_t wait = decision.retry_after > 0 ? decision.retry_after : 1;
  if (decision.wait_kind == SLUICE_WAIT_NEVER) wait = INT64_MAX;
  if (decision.wait_kind == SLUICE_WAIT_UNKNOWN) wait = INT64_MAX - 1;
  return PyLong_FromLongLong(-wait);
}

PyObject* explain(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  const std::shared_ptr<const Shape> shape = shape_of(self);
  if (!shape) return nullptr;
  Call call(*shape);
  if (!call.read(args, nargs, kwnames)) return nullptr;
  try {
    const std::string text = shape->core->calls().explain(call.request());
    return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "backslashreplace");
  } catch (const error& failure) {
    set_error(failure.status(), shape->with_name(failure.what()));
    return nullptr;
  } catch (...) {
    set_thrown_error();
    return nullptr;
  }
}

PyObject* decide_many(PyObject* self, PyObject* args, PyObject* keywords) {
  static const char* names[] = {"requests", "quantities", "now", "peek", "force", nullptr};
  PyObject *requests = nullptr, *quantities = Py_None, *now = Py_None, *peek = Py_False, *force = Py_False;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|$OOOO:decide_many", const_cast<char**>(names), &requests, &quantities, &now,
                                   &peek, &force)) {
    return nullptr;
  }
  bool peeks = false, forces = false;
  if (!flag_of(peek, "peek", &peeks) || !flag_of(force, "force", &forces)) return nullptr;
  uint32_t flags = 0;
  if (peeks) flags |= SLUICE_PEEK;
  if (forces) flags |= SLUICE_FORCE;
  const std::shared_ptr<const Shape> shape = shape_of(self);
  if (!shape) return nullptr;
  Batch batch(shape);
  if (!batch.read(requests, quantities, now, flags)) return nullptr;
  std::shared_ptr<const Answers> answers = batch.decide();
  if (answers) shape->core->changed();
  return answers ? make_decisions(batch.shape(), std::move(answers)) : nullptr;
}

PyObject* enqueue(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  const std::shared_ptr<const Shape> shape = shape_of(self);
  return shape ? enqueue_one(shape, args, nargs, kwnames) : nullptr;
}

PyObject* enqueue_many(PyObject* self, PyObject* args, PyObject* keywords) {
  static const char* names[] = {"messages", "now", nullptr};
  PyObject *messages = nullptr, *now = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|$O:enqueue_many", const_cast<char**>(names), &messages, &now))
    return nullptr;
  const std::shared_ptr<const Shape> shape = shape_of(self);
  return shape ? enqueue_all(shape, messages, now) : nullptr;
}

// ---- attributes ----------------------------------------------------------------------------------------------------------------

PyObject* tuple_of(const std::vector<py::str>& names) {
  PyObject* tuple = PyTuple_New(static_cast<Py_ssize_t>(names.size()));
  for (size_t i = 0; tuple && i < names.size(); ++i) {
    PyTuple_SET_ITEM(tuple, static_cast<Py_ssize_t>(i), py::object(names[i]).release().ptr());
  }
  return tuple;
}

PyObject* get_name(PyObject* self, void*) { return py::object(as_operation(self)->shape->name).release().ptr(); }

PyObject* get_values(PyObject* self, void*) {
  const std::shared_ptr<const Shape> shape = shape_of(self);
  return shape ? tuple_of(shape->values) : nullptr;
}

PyObject* get_quantities(PyObject* self, void*) {
  const std::shared_ptr<const Shape> shape = shape_of(self);
  return shape ? tuple_of(shape->quantities) : nullptr;
}

PyObject* get_repeats(PyObject* self, void*) {
  const std::shared_ptr<const Shape> shape = shape_of(self);
  if (!shape) return nullptr;
  if (shape->repeats < 0) Py_RETURN_NONE;
  return py::object(shape->values[static_cast<size_t>(shape->repeats)]).release().ptr();
}

PyObject* repr(PyObject* self) {
  std::string text = "<Operation " + std::string(as_operation(self)->shape->name) + "(";
  const char* separator = "";
  for (const py::str& name : as_operation(self)->shape->values) text += separator + std::string(name), separator = ", ";
  text += ")>";
  return PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}

void destroy(PyObject* self) {
  as_operation(self)->shape.~shared_ptr();
  release(self);
}

PyGetSetDef attributes[] = {{"name", get_name, nullptr, "The operation's name.", nullptr},
                            {"values", get_values, nullptr, "The names of its values, in declared order.", nullptr},
                            {"repeats", get_repeats, nullptr, "The value that may be a list; None without one.", nullptr},
                            {"quantities", get_quantities, nullptr, "The names of its quantities, in declared order.", nullptr},
                            {nullptr, nullptr, nullptr, nullptr, nullptr}};

#define SLUICE_METHOD(function) reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function))

constexpr int kFast = METH_FASTCALL | METH_KEYWORDS;

PyMethodDef methods[] = {
    {"decide", SLUICE_METHOD(decide), kFast,
     "decide($self, /, *args, **kwargs)\n--\n\n"
     "Decides one request; the same as calling the operation. Values by position in declared order, or by name.\n\n"
     "Options and errors are those of Engine.decide. Returns a Decision."},
    {"take", SLUICE_METHOD(take), kFast,
     "take($self, /, *args, **kwargs)\n--\n\n"
     "Decides one request and answers with one int, for loops in which a Decision is too much.\n\n"
     "n >= 0: allowed, and n units of the operation's first limit remain (sluice.UNLIMITED when it is that).\n"
     "n < 0: not allowed, and -n is the wait in ns: sluice.ON_RELEASE until something is released, sluice.NEVER when\n"
     "waiting cannot help. Arguments and errors are those of decide."},
    {"explain", SLUICE_METHOD(explain), kFast,
     "explain($self, /, *args, **kwargs)\n--\n\n"
     "What a peek would answer and why, as text: a line for every limit checked. Charges nothing."},
    {"decide_many", SLUICE_METHOD(decide_many), METH_VARARGS | METH_KEYWORDS,
     "decide_many($self, /, requests, *, quantities=None, now=None, peek=False, force=False)\n--\n\n"
     "Decides a list of requests in order, at one instant. See Engine.decide_many. Returns Decisions."},
    {"enqueue", SLUICE_METHOD(enqueue), kFast,
     "enqueue($self, /, *args, **kwargs)\n--\n\n"
     "Takes a message in, to be leased when its limits let it go. See Engine.enqueue. Returns a Held."},
    {"enqueue_many", SLUICE_METHOD(enqueue_many), METH_VARARGS | METH_KEYWORDS,
     "enqueue_many($self, /, messages, *, now=None)\n--\n\n"
     "Takes a list of messages in, at one instant. See Engine.enqueue_many. Returns a list of Held."},
    {"__reduce_ex__", refuse_pickling, METH_O, kReduceDoc},
    {nullptr, nullptr, 0, nullptr}};

PyMemberDef members[] = {{"__vectorcalloffset__", T_PYSSIZET, offsetof(OperationObject, vectorcall), READONLY, nullptr},
                         {nullptr, 0, 0, 0, nullptr}};

constexpr const char* kDoc =
    "An operation of an engine, resolved once: `send = engine.operation(\"messages.send\")`.\n\n"
    "Calling it decides: `send(\"acme\", \"+15550001\", \"+15550002\", now=...)` takes the values in declared order, as str\n"
    "(its UTF-8) or bytes, and returns a Decision. It stays valid over Engine.reload.";

PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>(kDoc)},
                       {Py_tp_getset, attributes},
                       {Py_tp_methods, methods},
                       {Py_tp_members, members},
                       {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                       {Py_tp_repr, reinterpret_cast<void*>(repr)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(destroy)},
                       {0, nullptr}};

}  // namespace

py::object make_operation(const std::shared_ptr<Core>& core, const std::string& name) {
  std::shared_ptr<const Shape> shape = core->shape_of(name);
  OperationObject* operation = allocate<OperationObject>(operation_type);
  if (!operation) throw py::error_already_set();
  operation->vectorcall = vectorcall;
  new (&operation->shape) std::shared_ptr<const Shape>(std::move(shape));
  return py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(operation));
}

void add_operation(py::module_& module) {
  operation_type = make_type("sluice.Operation", sizeof(OperationObject), slots, Py_TPFLAGS_HAVE_VECTORCALL);
  module.add_object("Operation", reinterpret_cast<PyObject*>(operation_type));
}

}  // namespace sluice::python
