// SPDX-License-Identifier: Apache-2.0
// Native work during which other Python threads run.
//
// Not pybind11's guard: its destructor takes the GIL back, and in a daemon thread at the interpreter's exit that ends the thread by
// unwinding its stack, which no destructor may be passed by without std::terminate.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>
#include <optional>

namespace sluice::python {

// Returns what `work` returns, or throws what it throws, with the GIL held again. `work` touches no Python object.
template <typename Work>
auto without_gil(Work work) {
  std::optional<decltype(work())> result;
  std::exception_ptr thrown;
  PyThreadState* const state = PyEval_SaveThread();
  try {
    result.emplace(work());
  } catch (...) {
    thrown = std::current_exception();
  }
  PyEval_RestoreThread(state);
  if (thrown) std::rethrow_exception(thrown);
  return *std::move(result);
}

}  // namespace sluice::python
