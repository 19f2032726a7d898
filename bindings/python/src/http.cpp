// SPDX-License-Identifier: Apache-2.0
#include "http.h"

#include <string>
#include <string_view>
#include <vector>

#include "arguments.h"
#include "sluice/sluice.hpp"
#include "subject.h"

namespace py = pybind11;

namespace sluice::python {
namespace {

struct DialectWord {
  const char* name;
  uint32_t dialect;
};
constexpr DialectWord kDialects[] = {{"policy", SLUICE_DIALECT_POLICY},
                                     {"x-ratelimit", SLUICE_DIALECT_X_RATELIMIT},
                                     {"x-ratelimit-delta", SLUICE_DIALECT_X_RATELIMIT_DELTA},
                                     {"ratelimit", SLUICE_DIALECT_RATELIMIT},
                                     {"retry-ms", SLUICE_DIALECT_RETRY_MS},
                                     {"problem", SLUICE_DIALECT_PROBLEM}};

[[noreturn]] void refuse_type(const std::string& words) {
  PyErr_SetString(PyExc_TypeError, words.c_str());
  throw py::error_already_set();
}

bool is_there(PyObject* object) { return object != nullptr && object != Py_None; }

uint32_t dialect_named(const std::string& name) {
  std::string known;
  for (const DialectWord& word : kDialects) {
    if (name == word.name) return word.dialect;
    known += (known.empty() ? "\"" : ", \"") + std::string(word.name) + '"';
  }
  throw error(SLUICE_E_INVALID, ("dialects: there is no \"" + name + "\"; there are " + known).c_str());
}

uint32_t dialects_of(PyObject* words) {
  uint32_t all = 0;
  if (!is_there(words)) return all;
  if (PyUnicode_Check(words)) return dialect_named(py::cast<std::string>(words));
  for (const py::handle word : py::iter(py::handle(words))) {
    if (!PyUnicode_Check(word.ptr())) refuse_type("dialects must be words such as \"policy\"");
    all |= dialect_named(py::cast<std::string>(word));
  }
  return all;
}

// The C structs of what was given, and the bytes that they point at.
class Terms {
 public:
  Terms(PyObject* dialects, PyObject* given) : c_{} {
    c_.struct_size = sizeof c_;
    c_.dialects = dialects_of(dialects);
    if (!is_there(given)) return;
    const py::dict texts = dict_of(given, "given");
    texts_.reserve(texts.size() * 2);
    for (const auto& [name, text] : texts) {
      texts_.push_back(text_of(name, "given"));
      texts_.push_back(text_of(text, "given"));
      const std::string &key = texts_[texts_.size() - 2], &value = texts_.back();
      given_.push_back({key.data(), key.size(), value.data(), value.size()});
    }
    c_.given = given_.data();
    c_.given_count = given_.size();
  }

  // Those that are not given are absent.
  void ask(const Shape& shape, PyObject* values, PyObject* quantities) {
    request_ = make_request(shape.id);
    c_.request = &request_;
    if (is_there(values)) {
      by_name_ = dict_of(values, "values");
      for (const py::str& name : shape.values) {
        sluice_bytes bytes{nullptr, 0};
        if (by_name_.contains(name) && !view(py::object(by_name_[name]).ptr(), name.ptr(), &bytes)) throw py::error_already_set();
        values_.push_back(bytes);
      }
      request_.values = values_.data();
      request_.value_count = static_cast<uint32_t>(values_.size());
    }
    if (!is_there(quantities)) return;
    const py::dict amounts = dict_of(quantities, "quantities");
    for (const py::str& name : shape.quantities) {
      uint64_t amount = 0;
      const py::object given = amounts.contains(name) ? py::object(amounts[name]) : py::object(py::int_(0));
      if (!count_of(given.ptr(), "quantities", UINT64_MAX, &amount)) throw py::error_already_set();
      quantities_.push_back(amount);
    }
    request_.quantities = quantities_.data();
    request_.quantity_count = static_cast<uint32_t>(quantities_.size());
  }

  void hold(PyObject* held) {
    if (!is_there(held)) return;
    const auto number = [&](const char* name) {
      const py::object value = py::getattr(held, name);
      return value.is_none() ? int64_t{0} : py::cast<int64_t>(value);
    };
    held_ = {};
    held_.struct_size = sizeof held_;
    held_.message = static_cast<uint64_t>(number("message"));
    held_.expires_at = number("expires_at");
    held_.depth = static_cast<uint64_t>(number("depth"));
    held_.position = static_cast<uint64_t>(number("position"));
    held_.eta = number("eta");
    c_.held = &held_;
  }

  const sluice_answer_terms& get() const { return c_; }

 private:
  static py::dict dict_of(PyObject* mapping, const char* name) {
    if (!PyMapping_Check(mapping) || PyUnicode_Check(mapping)) {
      refuse_type(std::string(name) + " must be a mapping of names");
    }
    return py::dict(py::reinterpret_borrow<py::object>(mapping));
  }
  static std::string text_of(const py::handle& text, const char* name) {
    if (!PyUnicode_Check(text.ptr())) refuse_type(std::string(name) + " must hold str");
    return py::cast<std::string>(text);
  }

  sluice_answer_terms c_;
  sluice_request request_{};
  sluice_held held_{};
  std::vector<std::string> texts_;
  std::vector<sluice_given> given_;
  py::dict by_name_;
  std::vector<sluice_bytes> values_;
  std::vector<uint64_t> quantities_;
};

py::object to_python(const http_answer& answer) {
  py::list headers;
  for (const auto& [name, value] : answer.headers) headers.append(py::make_tuple(name, value));
  const py::object wait = answer.retry_after == 0 ? py::object(py::none()) : py::object(py::int_(answer.retry_after));
  return py::module_::import("sluice.http")
      .attr("HttpAnswer")(answer.status, headers, py::bytes(answer.body), wait, answer.retry);
}

// The number of a status by its name, "SLUICE_E_NOT_FOUND".
sluice_status status_named(const std::string& name) {
  for (sluice_status status = SLUICE_E_INTERNAL; status <= SLUICE_WOULD_QUEUE; ++status) {
    if (name == sluice_status_name(status)) return status;
  }
  return SLUICE_E_INTERNAL;
}

py::object answer_failure(Core& core, const std::string& status, const py::object& dialects, const py::object& given) {
  const Terms terms(dialects.ptr(), given.ptr());
  sluice_decision decision = make_decision();
  decision.status = status_named(status);
  return to_python(core.calls().answer(decision, terms.get()));
}

py::object answer_usage(Core& core, const std::string& scope, const py::tuple& values, const py::object& given,
                        const py::object& now) {
  const Subject subject(scope, values);
  const Terms terms(nullptr, given.ptr());
  int64_t at = 0;
  if (!instant_of(now.ptr(), "now", &at)) throw py::error_already_set();
  return to_python(core.calls().answer_usage(subject.get(), terms.get(), at));
}

}  // namespace

py::object http_answer_of(const Shape& shape, const sluice_decision& decision, const HttpArguments& arguments) {
  Terms terms(arguments.dialects, arguments.given);
  terms.ask(shape, arguments.values, arguments.quantities);
  terms.hold(arguments.held);
  return to_python(shape.core->calls().answer(decision, terms.get()));
}

void add_http(py::class_<Core, std::shared_ptr<Core>>* type) {
  type->def("answer_failure", &answer_failure).def("answer_usage", &answer_usage).def("metrics", [](Core& core, int32_t format) {
    return core.calls().metrics(format);
  });
}

}  // namespace sluice::python
