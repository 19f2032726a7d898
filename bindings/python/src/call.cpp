// SPDX-License-Identifier: Apache-2.0
#include "call.h"

#include "arguments.h"
#include "errors.h"

namespace py = pybind11;

namespace sluice::python {

// Options in the order of their names below.
struct Call::Options {
  std::array<PyObject*, 14> given{};
};

namespace {

// Those from kPayload on are a message's.
enum Option : size_t {
  kNow,
  kPeek,
  kReceipt,
  kForce,
  kDetails,
  kIdempotencyKey,
  kQuantities,
  kValues,
  kPayload,
  kMessageClass,
  kSendAt,
  kExpiresAt,
  kCampaign,
  kZone,
  kOptions
};
constexpr const char* kOptionText[kOptions] = {"now",        "peek",   "receipt", "force",         "details", "idempotency_key",
                                               "quantities", "values", "payload", "message_class", "send_at", "expires_at",
                                               "campaign",   "zone"};
PyObject* option_names[kOptions];

constexpr uint64_t kMostCount = (uint64_t{1} << 48) - 1;

// Interned names are the same object; others are compared by their characters.
template <typename Names>
size_t find(const Names& names, size_t count, PyObject* name) {
  for (size_t i = 0; i < count; ++i) {
    if (py::handle(names[i]).ptr() == name) return i;
  }
  for (size_t i = 0; i < count; ++i) {
    if (PyUnicode_Compare(py::handle(names[i]).ptr(), name) == 0) return i;
  }
  return count;
}

std::string list_of(const std::vector<py::str>& names) {
  std::string text;
  for (const py::str& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text.empty() ? "none" : text;
}

bool type_error(const std::string& message) {
  PyErr_SetString(PyExc_TypeError, message.c_str());
  return false;
}

// Whether reading the values of a repeated dimension from it runs no Python code.
bool is_plain_list(PyObject* object) { return PyList_CheckExact(object) || PyTuple_CheckExact(object); }

}  // namespace

void prepare_calls() {
  for (size_t i = 0; i < kOptions; ++i) {
    option_names[i] = PyUnicode_InternFromString(kOptionText[i]);
    if (!option_names[i]) throw py::error_already_set();
  }
}

bool Call::read(PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  if (static_cast<size_t>(nargs) > shape_.values.size()) {
    return type_error(std::string(shape_.name) + " takes " + std::to_string(shape_.values.size()) + " values (" +
                      list_of(shape_.values) + "), not " + std::to_string(nargs));
  }
  for (Py_ssize_t i = 0; i < nargs; ++i) given_[static_cast<size_t>(i)] = args[i];
  request_.operation = shape_.id;
  if (kwnames) {
    Options options;
    const Py_ssize_t count = PyTuple_GET_SIZE(kwnames);
    for (Py_ssize_t i = 0; i < count; ++i) {
      if (!place(PyTuple_GET_ITEM(kwnames, i), args[nargs + i], &options)) return false;
    }
    if (!read_options(options)) return false;
  }
  if (!shape_.quantities.empty() && !request_.quantities) {
    return type_error(std::string(shape_.name) + " needs quantities: " + list_of(shape_.quantities));
  }
  return view_values();
}

bool Call::place(PyObject* name, PyObject* value, Options* options) {
  const size_t options_of_it = what_ == Of::message ? kOptions : kPayload;
  const size_t option = find(option_names, options_of_it, name);
  if (option < options_of_it) {
    options->given[option] = value;
    return true;
  }
  const size_t position = find(shape_.values, shape_.values.size(), name);
  if (position < shape_.values.size()) return give(position, value);
  return type_error(std::string(shape_.name) + " has no value or option \"" + std::string(py::str(py::handle(name))) +
                    "\"; its values are " + list_of(shape_.values));
}

bool Call::give(size_t position, PyObject* value) {
  if (given_[position]) return type_error(std::string(shape_.values[position]) + " is given twice");
  given_[position] = value;
  return true;
}

bool Call::read_options(const Options& options) {
  if (options.given[kNow] && !instant_of(options.given[kNow], "now", &request_.now)) return false;
  constexpr struct {
    Option option;
    uint32_t bit;
  } flags[] = {{kPeek, SLUICE_PEEK}, {kReceipt, SLUICE_RECEIPT}, {kForce, SLUICE_FORCE}};
  for (const auto& [option, bit] : flags) {
    bool on = false;
    if (options.given[option] && !flag_of(options.given[option], kOptionText[option], &on)) return false;
    if (on) request_.flags |= bit;
  }
  if (options.given[kDetails] && !flag_of(options.given[kDetails], "details", &details_)) return false;
  PyObject* quantities = options.given[kQuantities];
  if (quantities && quantities != Py_None && !read_quantities(quantities)) return false;
  PyObject* values = options.given[kValues];
  if (values && values != Py_None && !read_mapping(values)) return false;
  if (what_ == Of::message && !read_message(options)) return false;
  PyObject* key = options.given[kIdempotencyKey];
  if (!key || key == Py_None) return true;
  sluice_bytes bytes;
  if (!view(key, option_names[kIdempotencyKey], &bytes)) return false;
  if (bytes.len == 0 || bytes.len > 255) {
    set_error(SLUICE_E_INVALID, "idempotency_key must be 1 to 255 bytes, not " + std::to_string(bytes.len));
    return false;
  }
  request_.idempotency_key = bytes.ptr;
  request_.idempotency_key_len = static_cast<uint32_t>(bytes.len);
  return true;
}

// A str, as instants and classes are no bytes either.
bool Call::view_zone(PyObject* zone) {
  if (!PyUnicode_Check(zone)) {
    return type_error(std::string("zone must be a str such as \"Europe/Paris\", or several with commas between, not ") +
                      Py_TYPE(zone)->tp_name);
  }
  sluice_bytes bytes;
  if (!view(zone, option_names[kZone], &bytes)) return false;
  message_.zone = static_cast<const char*>(bytes.ptr);
  message_.zone_len = bytes.len;
  return true;
}

// None is as if it were not given.
bool Call::read_message(const Options& options) {
  const auto given = [&](Option option) {
    PyObject* object = options.given[option];
    return object == Py_None ? nullptr : object;
  };
  if (given(kSendAt) && !instant_of(given(kSendAt), "send_at", &message_.send_at)) return false;
  if (given(kExpiresAt) && !instant_of(given(kExpiresAt), "expires_at", &message_.expires_at)) return false;
  if (given(kCampaign) && !campaign_of(given(kCampaign), &message_.campaign)) return false;
  if (given(kZone) && !view_zone(given(kZone))) return false;
  if (given(kMessageClass) && !class_of(given(kMessageClass), &message_.message_class)) return false;
  if (!given(kPayload)) return true;
  sluice_bytes bytes;
  if (!view(given(kPayload), option_names[kPayload], &bytes)) return false;
  message_.payload = bytes.ptr;
  message_.payload_len = bytes.len;
  return true;
}

bool quantities_of(const Shape& shape, PyObject* mapping, uint64_t* out) {
  if (!PyMapping_Check(mapping) || PyList_Check(mapping) || PyTuple_Check(mapping) || PyUnicode_Check(mapping)) {
    return type_error("quantities must be a mapping of names to ints, such as {\"parts\": 2}");
  }
  const py::object copy =
      py::reinterpret_steal<py::object>(PyObject_CallOneArg(reinterpret_cast<PyObject*>(&PyDict_Type), mapping));
  if (!copy) return false;
  for (size_t i = 0; i < shape.quantities.size(); ++i) {
    const std::string name = shape.quantities[i];
    PyObject* number = PyDict_GetItemWithError(copy.ptr(), shape.quantities[i].ptr());
    if (!number) return !PyErr_Occurred() && type_error("quantities lack \"" + name + "\"");
    if (!count_of(number, ("quantity " + name).c_str(), kMostCount, &out[i])) return false;
  }
  if (static_cast<size_t>(PyDict_GET_SIZE(copy.ptr())) == shape.quantities.size()) return true;
  return type_error("quantities must be exactly: " + list_of(shape.quantities));
}

bool Call::read_quantities(PyObject* quantities) {
  if (!quantities_of(shape_, quantities, quantities_.data())) return false;
  request_.quantities = quantities_.data();
  request_.quantity_count = static_cast<uint32_t>(shape_.quantities.size());
  return true;
}

bool Call::read_mapping(PyObject* mapping) {
  if (!PyMapping_Check(mapping) || PyList_Check(mapping) || PyTuple_Check(mapping) || PyUnicode_Check(mapping)) {
    return type_error("values must be a mapping of names to values, such as {\"account\": \"acme\"}");
  }
  owned_.push_back(py::reinterpret_steal<py::object>(PyObject_CallOneArg(reinterpret_cast<PyObject*>(&PyDict_Type), mapping)));
  if (!owned_.back()) return false;
  PyObject *name, *value;
  for (Py_ssize_t at = 0; PyDict_Next(owned_.back().ptr(), &at, &name, &value);) {
    if (!PyUnicode_Check(name)) return type_error("the names in values must be str");
    const size_t position = find(shape_.values, shape_.values.size(), name);
    if (position == shape_.values.size()) {
      return type_error(std::string(shape_.name) + " has no value \"" + std::string(py::str(py::handle(name))) +
                        "\"; its values are " + list_of(shape_.values));
    }
    if (!give(position, value)) return false;
  }
  return true;
}

bool Call::view_values() {
  const size_t count = shape_.values.size();
  if (shape_.repeats >= 0) {
    // Another iterable becomes a list before any bytes are borrowed: iterating runs Python code.
    PyObject*& repeated = given_[static_cast<size_t>(shape_.repeats)];
    if (repeated && !is_plain_list(repeated) && !PyUnicode_Check(repeated) && !PyBytes_Check(repeated) && repeated != Py_None) {
      PyObject* list = PyDict_Check(repeated) ? nullptr : PySequence_List(repeated);
      if (!list) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_TypeError)) return false;
        PyErr_Clear();
        return type_error(std::string(shape_.values[static_cast<size_t>(shape_.repeats)]) +
                          " must be str, bytes or a list of them, not " + Py_TYPE(repeated)->tp_name);
      }
      owned_.push_back(py::reinterpret_steal<py::object>(list));
      repeated = list;
    }
  }
  for (size_t i = 0; i < count; ++i) {
    if (!given_[i] && static_cast<int>(i) == shape_.line) {
      values_[i] = {nullptr, 0};
      continue;
    }
    if (!given_[i]) return type_error(std::string(shape_.name) + " needs " + std::string(shape_.values[i]));
    if (static_cast<int>(i) == shape_.repeats) {
      values_[i] = {nullptr, 0};
      if (!view_repeated(given_[i])) return false;
    } else if (!view(given_[i], shape_.values[i].ptr(), &values_[i])) {
      return false;
    }
  }
  request_.values = values_.data();
  request_.value_count = static_cast<uint32_t>(count);
  return true;
}

bool Call::view_repeated(PyObject* given) {
  PyObject* name = shape_.values[static_cast<size_t>(shape_.repeats)].ptr();
  if (!is_plain_list(given)) {
    if (!view(given, name, &one_)) return false;
    request_.repeated = &one_;
    request_.repeated_count = 1;
    return true;
  }
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(given);
  many_.resize(static_cast<size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (!view(PySequence_Fast_GET_ITEM(given, i), name, &many_[static_cast<size_t>(i)])) return false;
  }
  request_.repeated = many_.data();
  request_.repeated_count = static_cast<uint32_t>(count);
  return true;
}

}  // namespace sluice::python
