// SPDX-License-Identifier: Apache-2.0
#include "plan.h"

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "gil.h"
#include "sluice/sluice.hpp"

namespace py = pybind11;

namespace sluice::python {
namespace {

// What is asked, by the names of the C ABI's fields; what is not given stays as its INIT macro has it.
class Asked {
 public:
  explicit Asked(py::dict given) : given_(std::move(given)) {}

  // The texts stay here while the question is.
  void text(const char* name, const char** at, size_t* length) {
    if (!given_.contains(name)) return;
    texts_.push_back(given_[name].cast<std::string>());
    *at = texts_.back().data();
    *length = texts_.back().size();
  }
  template <class Number>
  void count(const char* name, Number* out) {
    if (!given_.contains(name)) return;
    uint64_t number = 0;
    if (!count_of(py::object(given_[name]).ptr(), name, static_cast<uint64_t>(static_cast<Number>(-1)), &number))
      throw py::error_already_set();
    *out = static_cast<Number>(number);
  }
  void span(const char* name, int64_t* out) {
    if (given_.contains(name) && !span_of(py::object(given_[name]).ptr(), name, out)) throw py::error_already_set();
  }
  void instant(const char* name, int64_t* out) {
    if (given_.contains(name) && !instant_of(py::object(given_[name]).ptr(), name, out)) throw py::error_already_set();
  }
  template <class Question>
  void common(Question* question) {
    text("policy", &question->policy, &question->policy_len);
    text("stance", &question->stance, &question->stance_len);
    text("zoneinfo_dir", &question->zoneinfo_dir, &question->zoneinfo_dir_len);
    text("operation", &question->operation, &question->operation_len);
    text("rate", &question->rate, &question->rate_len);
    if (!given_.contains("plans")) return;
    for (const auto& [dimension, plan] : py::dict(given_["plans"])) {
      sluice_on_plan on{};
      texts_.push_back(dimension.template cast<std::string>());
      on.dimension = texts_.back().data();
      on.dimension_len = texts_.back().size();
      texts_.push_back(plan.template cast<std::string>());
      on.plan = texts_.back().data();
      on.plan_len = texts_.back().size();
      plans_.push_back(on);
    }
    question->plans = plans_.data();
    question->plan_count = plans_.size();
  }

  void campaign(sluice_campaign_question* question) {
    common(question);
    instant("starts_at", &question->starts_at);
    span("duration", &question->duration);
    count("recipients", &question->recipients);
    count("in_conversation", &question->in_conversation);
    count("lines", &question->lines);
    count("share", &question->share);
  }

 private:
  py::dict given_;
  std::deque<std::string> texts_;  // which do not move
  std::vector<sluice_on_plan> plans_;
};

std::string lines(const py::dict& given) {
  Asked asked(given);
  sluice_line_question question = make_line_question({}, {}, 0);
  asked.common(&question);
  asked.span("wait", &question.wait);
  asked.count("seed", &question.seed);
  asked.count("percentile", &question.percentile);
  asked.count("sticky", &question.sticky);
  asked.count("recipients", &question.recipients);
  asked.count("skew", &question.skew);
  asked.count("messages", &question.messages);
  asked.count("most_lines", &question.most_lines);
  uint32_t arrivals = 0;
  asked.count("arrivals", &arrivals);
  question.arrivals = static_cast<int32_t>(arrivals);
  return without_gil([&] { return plan_lines(question); });
}

std::string campaign(const py::dict& given) {
  Asked asked(given);
  sluice_campaign_question question = make_campaign_question({}, 0, 0);
  asked.campaign(&question);
  return without_gil([&] { return plan_campaign(question); });
}

// None is absent. The bytes stay the caller's.
std::vector<sluice_bytes> keys(const py::list& given) {
  std::vector<sluice_bytes> out;
  out.reserve(given.size());
  for (const py::handle& key : given) {
    const std::string_view text = key.is_none() ? std::string_view() : std::string_view(py::reinterpret_borrow<py::bytes>(key));
    out.push_back(key.is_none() ? sluice_bytes{nullptr, 0} : bytes(text));
  }
  return out;
}

std::string campaign_on(Core& core, const py::dict& given, const py::list& values, const py::list& lines,
                        const py::list& recipients) {
  Asked asked(given);
  sluice_campaign_question question = make_campaign_question({}, 0, 0);
  asked.campaign(&question);
  const std::vector<sluice_bytes> of = keys(values), by = keys(lines), to = keys(recipients);
  const sluice_live_campaign live = make_live_campaign(of, by, to);
  return without_gil([&] { return core.calls().plan_campaign(live, question); });
}

}  // namespace

void add_live_plan(py::class_<Core, std::shared_ptr<Core>>* type) { type->def("plan_campaign", &campaign_on); }

void add_plan(py::module_& module) {
  module.def("plan_lines", &lines);
  module.def("plan_campaign", &campaign);
}

}  // namespace sluice::python
