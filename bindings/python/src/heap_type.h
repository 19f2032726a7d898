// SPDX-License-Identifier: Apache-2.0
// The types on the hot path are plain CPython types: pybind11's dispatch costs more than a decision.
#pragma once

#include <pybind11/pybind11.h>

namespace sluice::python {

#ifdef Py_TPFLAGS_IMMUTABLETYPE
inline constexpr unsigned long kFinalType = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION;
#else
inline constexpr unsigned long kFinalType = Py_TPFLAGS_DEFAULT;
#endif

// Makes a type that only the module instantiates. `name` is shown without the module's underscore.
inline PyTypeObject* make_type(const char* name, size_t size, PyType_Slot* slots, unsigned long flags = 0) {
  PyType_Spec spec{name, static_cast<int>(size), 0, static_cast<unsigned>(kFinalType | flags), slots};
  PyObject* type = PyType_FromSpec(&spec);
  if (!type) throw pybind11::error_already_set();
#ifndef Py_TPFLAGS_IMMUTABLETYPE
  reinterpret_cast<PyTypeObject*>(type)->tp_new = nullptr;
#endif
  return reinterpret_cast<PyTypeObject*>(type);
}

// A new object whose C++ members are not made yet.
template <typename Object>
Object* allocate(PyTypeObject* type) {
  return reinterpret_cast<Object*>(type->tp_alloc(type, 0));
}

// Frees an object whose C++ members are gone.
inline void release(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

inline PyObject* refuse_pickling(PyObject* self, PyObject*) {
  PyErr_Format(PyExc_TypeError, "cannot pickle '%.100s': it belongs to an engine of this process", Py_TYPE(self)->tp_name);
  return nullptr;
}

// In every method table: pickling and copying are refused in words.
inline constexpr const char* kReduceDoc =
    "__reduce_ex__($self, protocol, /)\n--\n\nRefused: it belongs to an engine of this process.";

}  // namespace sluice::python
