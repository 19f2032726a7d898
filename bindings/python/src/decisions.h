// SPDX-License-Identifier: Apache-2.0
// sluice.Decisions: the answers to a batch. Four columns are arrays for the buffer protocol; the rest is kept so that any one answer
// can be had as a Decision.
#pragma once

#include <pybind11/pybind11.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core.h"
#include "sluice/sluice.h"

namespace sluice::python {

// All answers of one batch, filled without the GIL and then never changed.
class Answers {
 public:
  // `pooled`: lines are told, too.
  Answers(size_t count, bool pooled)
      : status(count), retry_after(count), remaining(count), limit_id(count), rest_(count), lines_(pooled ? count : 0) {}

  size_t size() const { return status.size(); }
  void set(size_t i, const sluice_decision& decision);
  // Its line lies here.
  sluice_decision get(size_t i) const;

  std::vector<int32_t> status;
  std::vector<int64_t> retry_after;  // ns; 0 allowed or failed; INT64_MAX never, INT64_MAX-1 on release
  std::vector<uint64_t> remaining;   // units; INT64_MAX unlimited
  std::vector<int32_t> limit_id;
  std::map<size_t, std::string> failures;  // words of the core, by position
  int64_t now = 0;

 private:
  struct Rest {
    int64_t retry_after, resets_at, opens_at, now;
    uint64_t remaining, limit, used, largest_cost;
    uint16_t denial, wait_kind;
    uint32_t flags;
  };
  std::vector<Rest> rest_;
  std::vector<std::string> lines_;
};

PyObject* make_decisions(std::shared_ptr<const Shape> shape, std::shared_ptr<const Answers> answers);

void add_decisions(pybind11::module_& module);

}  // namespace sluice::python
