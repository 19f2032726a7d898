// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

#include <datetime.h>

#include "errors.h"
#include "sluice/sluice.hpp"

namespace py = pybind11;

namespace sluice::python {
namespace {

constexpr int64_t kEndOfTime = int64_t{1} << 62;
constexpr int64_t kSecond = 1'000'000'000;

PyObject* epoch = nullptr;  // datetime(1970, 1, 1, tzinfo=timezone.utc)

bool wrong_type(PyObject* object, const char* name, const char* expected) {
  PyErr_Format(PyExc_TypeError, "%s must be %s, not %.200s", name, expected, Py_TYPE(object)->tp_name);
  return false;
}

// A Python error's words for a number that does not fit; the number itself may be too long to print.
bool out_of_range(sluice_status status, PyObject* object, const char* name, const char* expected) {
  const py::object shown = py::reinterpret_steal<py::object>(PyObject_Repr(object));
  const char* text = shown ? PyUnicode_AsUTF8(shown.ptr()) : nullptr;
  if (!text) PyErr_Clear();
  std::string message = std::string(name) + " must be " + expected;
  if (text && std::char_traits<char>::length(text) <= 60) message += std::string(", not ") + text;
  set_error(status, message);
  return false;
}

// An int, or what converts to one without loss (a numpy integer); bool and float are neither.
py::object whole_number(PyObject* object) {
  if (PyBool_Check(object)) return {};
  if (PyLong_Check(object)) return py::reinterpret_borrow<py::object>(object);
  if (!PyIndex_Check(object)) return {};
  return py::reinterpret_steal<py::object>(PyNumber_Index(object));
}

// Nanoseconds of a timedelta; its range is 10^9 days, which 64 bits of ns do not hold, so the caller gives the most.
bool delta_ns(PyObject* delta, int64_t most, int64_t* out) {
  const int64_t days = PyDateTime_DELTA_GET_DAYS(delta);
  const int64_t seconds = days * 86'400 + PyDateTime_DELTA_GET_SECONDS(delta);
  if (seconds < 0 || seconds > most / kSecond) return false;
  *out = seconds * kSecond + int64_t{PyDateTime_DELTA_GET_MICROSECONDS(delta)} * 1'000;
  return *out <= most;
}

bool datetime_ns(PyObject* object, const char* name, int64_t* out) {
  const py::object offset = py::reinterpret_steal<py::object>(PyObject_CallMethod(object, "utcoffset", nullptr));
  if (!offset) return false;
  if (offset.is_none()) {
    PyErr_Format(PyExc_ValueError, "%s is a datetime without a time zone; give it one (tzinfo=timezone.utc)", name);
    return false;
  }
  const py::object since = py::reinterpret_steal<py::object>(PyNumber_Subtract(object, epoch));
  if (!since) return false;
  if (delta_ns(since.ptr(), kEndOfTime - 1, out)) return true;
  return out_of_range(SLUICE_E_TIME, object, name, "from 1970 up to 2^62 ns later (the year 2116)");
}

// A number by its name, from 0 up to `last`.
bool named(PyObject* object, const char* what, const char* (*name_of)(int32_t), int32_t last, int32_t* out) {
  if (!PyUnicode_Check(object)) return wrong_type(object, what, "str");
  std::string names;
  for (*out = 0; *out <= last; ++*out) {
    if (PyUnicode_CompareWithASCIIString(object, name_of(*out)) == 0) return true;
    names += std::string(*out == 0 ? "" : *out == last ? " or " : ", ") + '"' + name_of(*out) + '"';
  }
  return out_of_range(SLUICE_E_INVALID, object, what, names.c_str());
}

}  // namespace

bool class_of(PyObject* object, int32_t* out) {
  return named(object, "message_class", message_class_name, SLUICE_CLASS_BULK, out);
}

bool outcome_of(PyObject* object, int32_t* out) { return named(object, "outcome", outcome_name, SLUICE_OUTCOME_LINE_BAD, out); }

bool line_state_of(PyObject* object, int32_t* out) { return named(object, "state", line_state_name, SLUICE_LINE_REMOVED, out); }

bool on_suspend_of(PyObject* object, int32_t* out) {
  return named(object, "on_suspend", on_suspend_name, SLUICE_SUSPEND_FAIL, out);
}

bool campaign_of(PyObject* object, uint64_t* out) {
  if (PyLong_Check(object) || PyUnicode_Check(object)) return count_of(object, "campaign", UINT64_MAX, out);
  const py::object number = py::reinterpret_steal<py::object>(PyObject_GetAttrString(object, "number"));
  if (number) return count_of(number.ptr(), "campaign", UINT64_MAX, out);
  PyErr_Clear();
  return wrong_type(object, "campaign", "a Campaign or its number");
}

void prepare_arguments() {
  PyDateTime_IMPORT;
  if (!PyDateTimeAPI) throw py::error_already_set();
  epoch = PyDateTimeAPI->DateTime_FromDateAndTime(1970, 1, 1, 0, 0, 0, 0, PyDateTime_TimeZone_UTC, PyDateTimeAPI->DateTimeType);
  if (!epoch) throw py::error_already_set();
}

bool instant_of(PyObject* object, const char* name, int64_t* out) {
  *out = SLUICE_NOW;
  if (!object || object == Py_None) return true;
  const py::object number = whole_number(object);
  if (number) {
    int overflow = 0;
    *out = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
    if (overflow == 0 && *out >= 0 && *out < kEndOfTime) return true;
    return out_of_range(SLUICE_E_TIME, object, name, "from 0 up to 2^62 ns since the Unix epoch");
  }
  if (PyErr_Occurred()) return false;
  if (PyDateTime_Check(object)) return datetime_ns(object, name, out);
  return wrong_type(object, name, "an int of ns since the Unix epoch, a datetime with a time zone, or None");
}

bool span_of(PyObject* object, const char* name, int64_t* out) {
  const py::object number = whole_number(object);
  if (number) {
    int overflow = 0;
    *out = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
    if (overflow == 0 && *out >= 0) return true;
    return out_of_range(SLUICE_E_INVALID, object, name, "from 0 up to 2^63 ns");
  }
  if (PyErr_Occurred()) return false;
  if (!PyDelta_Check(object)) return wrong_type(object, name, "an int of ns or a timedelta");
  if (delta_ns(object, INT64_MAX - kSecond, out)) return true;
  return out_of_range(SLUICE_E_INVALID, object, name, "from 0 up to 2^63 ns");
}

bool count_of(PyObject* object, const char* name, uint64_t most, uint64_t* out) {
  const py::object number = whole_number(object);
  if (!number) return !PyErr_Occurred() && wrong_type(object, name, "an int");
  *out = PyLong_AsUnsignedLongLong(number.ptr());
  if (!PyErr_Occurred() && *out <= most) return true;
  PyErr_Clear();
  const std::string expected = "from 0 to " + std::to_string(most);
  return out_of_range(SLUICE_E_INVALID, object, name, expected.c_str());
}

bool flag_of(PyObject* object, const char* name, bool* out) {
  if (!PyBool_Check(object)) return wrong_type(object, name, "True or False");
  *out = object == Py_True;
  return true;
}

bool view(PyObject* object, PyObject* name, sluice_bytes* out) {
  if (PyUnicode_Check(object)) {
    Py_ssize_t length = 0;
    out->ptr = PyUnicode_AsUTF8AndSize(object, &length);
    out->len = static_cast<size_t>(length);
    if (out->ptr) return true;
    if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return false;
    PyErr_Clear();
    set_error(SLUICE_E_INVALID,
              std::string(PyUnicode_AsUTF8(name)) + " holds a lone surrogate, which UTF-8 cannot say; give bytes");
    return false;
  }
  if (PyBytes_Check(object)) {
    *out = {PyBytes_AS_STRING(object), static_cast<size_t>(PyBytes_GET_SIZE(object))};
    return true;
  }
  *out = {nullptr, 0};
  if (object == Py_None) return true;
  return wrong_type(object, PyUnicode_AsUTF8(name), "str or bytes");
}

}  // namespace sluice::python
