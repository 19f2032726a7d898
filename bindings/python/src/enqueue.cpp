// SPDX-License-Identifier: Apache-2.0
#include "enqueue.h"

#include <deque>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "call.h"
#include "decision.h"
#include "errors.h"
#include "gil.h"

namespace py = pybind11;

namespace sluice::python {
namespace {

constexpr size_t kWithoutGil = 64;  // messages from which on other threads run meanwhile

py::object int_or_none(int64_t number) { return number == 0 ? py::object(py::none()) : py::object(py::int_(number)); }

py::object steal(PyObject* object) {
  if (!object) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

bool type_error(const char* message) {
  PyErr_SetString(PyExc_TypeError, message);
  return false;
}

py::object sticky_or_none(int32_t sticky) {
  return sticky == SLUICE_STICKY_NONE ? py::object(py::none()) : py::object(py::str(sticky_name(sticky)));
}

py::object held_of(const std::shared_ptr<const Shape>& shape, const enqueued& answer, const py::object& type,
                   const std::string& words) {
  const sluice_held& held = answer.held;
  const bool failed = answer.decision.status < 0;
  py::object decision = py::none(), failure = py::none();
  if (failed) {
    failure = make_error(answer.decision.status, words);
    if (!failure) throw py::error_already_set();
  } else {
    decision = steal(make_decision(shape, answer.decision, answer.decision.details != nullptr));
  }
  const bool promised = held.eta_kind != SLUICE_WAIT_NONE;
  return type(int_or_none(static_cast<int64_t>(held.message)),
              held.state != SLUICE_MESSAGE_NONE ? py::object(py::str(message_state_name(held.state))) : py::object(py::none()),
              int_or_none(held.expires_at), held.depth, decision, failure, line_of(held), sticky_or_none(held.sticky),
              int_or_none(static_cast<int64_t>(held.position)), int_or_none(held.eta),
              promised ? py::object(py::str(wait_name(held.eta_kind))) : py::object(py::none()));
}

// Both answers are told the same, so one room serves both.
void lend_line(char* room, enqueued* answer) {
  answer->decision.line = answer->held.line = room;
  answer->decision.line_capacity = answer->held.line_capacity = kMostKeyBytes;
}

py::object held_type() { return py::module_::import("sluice.held").attr("Held"); }

// The messages of a list, read; what they view lives as long as this.
class Messages {
 public:
  explicit Messages(std::shared_ptr<const Shape> shape) : shape_(std::move(shape)) {}

  bool read(PyObject* messages, int64_t now);
  sluice_status enqueue();
  py::list answers() const;

 private:
  bool read_one(PyObject* message, int64_t now);
  sluice_status enqueue_shared(bool* reloaded);
  void follow_reload();
  std::string words_of(size_t i) const;

  std::shared_ptr<const Shape> shape_;
  std::vector<py::object> owned_;
  std::deque<Call> calls_;  // stay where they are: requests point into them
  std::vector<sluice_request> requests_;
  std::vector<sluice_message> messages_;
  std::vector<enqueued> answers_;
  std::unique_ptr<char[]> lines_;  // rooms of kMostKeyBytes, of which no more is touched than a name takes
};

bool Messages::read_one(PyObject* message, int64_t now) {
  if (!PyMapping_Check(message) || PyList_Check(message) || PyTuple_Check(message) || PyUnicode_Check(message)) {
    PyErr_Format(PyExc_TypeError, "a message must be a mapping of names to values, such as {\"account\": \"acme\"}, not %.200s",
                 Py_TYPE(message)->tp_name);
    return false;
  }
  const py::object copy = steal(PyObject_CallOneArg(reinterpret_cast<PyObject*>(&PyDict_Type), message));
  const py::object names = steal(PySequence_Tuple(copy.ptr()));
  std::vector<PyObject*> given;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names.ptr()); ++i) {
    PyObject* name = PyTuple_GET_ITEM(names.ptr(), i);
    if (!PyUnicode_Check(name)) return type_error("the names of a message must be str");
    if (PyUnicode_CompareWithASCIIString(name, "now") == 0) return type_error("now is given once, for all messages");
    given.push_back(PyDict_GetItemWithError(copy.ptr(), name));
  }
  owned_.push_back(copy);
  owned_.push_back(names);
  Call& call = calls_.emplace_back(*shape_, Call::Of::message);
  if (!call.read(given.data(), 0, names.ptr())) return false;
  requests_.push_back(call.request());
  requests_.back().now = now;
  messages_.push_back(call.message());
  return true;
}

bool Messages::read(PyObject* messages, int64_t now) {
  if (PyUnicode_Check(messages) || PyBytes_Check(messages) || PyDict_Check(messages)) {
    return type_error("messages must be a list of mappings, one for each message");
  }
  const py::object list = steal(PySequence_List(messages));
  owned_.push_back(list);
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list.ptr()); ++i) {
    if (!read_one(PyList_GET_ITEM(list.ptr(), i), now)) return false;
  }
  answers_.resize(requests_.size());
  if (shape_->line < 0) return true;
  lines_.reset(new char[answers_.size() * kMostKeyBytes]);
  for (size_t i = 0; i < answers_.size(); ++i) lend_line(lines_.get() + i * kMostKeyBytes, &answers_[i]);
  return true;
}

sluice_status Messages::enqueue_shared(bool* reloaded) {
  const std::shared_lock<std::shared_mutex> same_policy(shape_->core->reloading());
  *reloaded = shape_->generation != shape_->core->generation();
  if (*reloaded) return SLUICE_OK;
  const size_t count = requests_.size();
  enqueued* first = answers_.data();
  return sluice_enqueue_many(shape_->core->handle(), requests_.data(), sizeof(sluice_request), messages_.data(),
                             sizeof(sluice_message), count == 0 ? nullptr : &first->decision, sizeof(enqueued),
                             count == 0 ? nullptr : &first->held, sizeof(enqueued), count);
}

// Between reading the messages and giving up the GIL another thread may have loaded another policy.
void Messages::follow_reload() {
  std::shared_ptr<const Shape> shape = shape_->core->shape_of(shape_->name);
  if (!shape->takes_the_same(*shape_)) {
    const std::string words = "the policy was reloaded meanwhile, and " + std::string(shape_->name) + " takes other values now";
    throw error(SLUICE_E_INVALID, words.c_str());
  }
  shape_ = std::move(shape);
}

sluice_status Messages::enqueue() {
  sluice_status status = SLUICE_OK;
  for (bool reloaded = true; reloaded;) {
    const auto work = [&] { return enqueue_shared(&reloaded); };
    status = requests_.size() < kWithoutGil ? work() : without_gil(work);
    if (reloaded) follow_reload();
  }
  return status;
}

// The words that the same message gets when it is asked about alone, holding nothing.
std::string Messages::words_of(size_t i) const {
  if (answers_[i].decision.status >= 0) return {};
  sluice_request alone = requests_[i];
  alone.flags |= SLUICE_PEEK;
  sluice_error failure;
  prepare(&failure);
  sluice_enqueue(shape_->core->handle(), &alone, &messages_[i], nullptr, nullptr, &failure);
  return shape_->with_name(failure.message);
}

py::list Messages::answers() const {
  const py::object type = held_type();
  py::list list;
  for (size_t i = 0; i < answers_.size(); ++i) list.append(held_of(shape_, answers_[i], type, words_of(i)));
  return list;
}

}  // namespace

PyObject* enqueue_one(const std::shared_ptr<const Shape>& shape, PyObject* const* args, Py_ssize_t nargs, PyObject* kwnames) {
  Call call(*shape, Call::Of::message);
  if (!call.read(args, nargs, kwnames)) return nullptr;
  enqueued answer;
  std::vector<sluice_detail> rows;
  if (call.details()) {
    rows.resize(call.most_details());
    answer.decision.details = rows.data();
    answer.decision.detail_capacity = static_cast<uint32_t>(rows.size());
  }
  char line[kMostKeyBytes];
  if (shape->line >= 0) lend_line(line, &answer);
  sluice_error failure;
  prepare(&failure);
  const sluice_status status =
      sluice_enqueue(shape->core->handle(), &call.request(), &call.message(), &answer.decision, &answer.held, &failure);
  if (status < 0) {
    set_error(status, shape->with_name(failure.message));
    return nullptr;
  }
  shape->core->changed();
  try {
    return held_of(shape, answer, held_type(), {}).release().ptr();
  } catch (...) {
    set_thrown_error();
    return nullptr;
  }
}

PyObject* enqueue_all(std::shared_ptr<const Shape> shape, PyObject* messages, PyObject* now) try {
  int64_t at = 0;
  if (!instant_of(now, "now", &at)) return nullptr;
  const std::shared_ptr<Core> core = shape->core;
  Messages all(std::move(shape));
  if (!all.read(messages, at)) return nullptr;
  const sluice_status status = all.enqueue();
  if (status < 0) {
    set_error(status, "");
    return nullptr;
  }
  core->changed();
  return all.answers().release().ptr();
} catch (...) {
  set_thrown_error();
  return nullptr;
}

}  // namespace sluice::python
