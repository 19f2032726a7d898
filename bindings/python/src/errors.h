// SPDX-License-Identifier: Apache-2.0
// Failures of the core as Python exceptions: a negative status becomes the class that sluice.errors names for it, with the
// core's own words. Wrong Python types are TypeErrors and never reach the core.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "sluice/sluice.h"

namespace sluice::python {

// Sets the exception of a failure. An empty message leaves the words to sluice.errors.
void set_error(sluice_status status, const std::string& message);

// The exception itself, not raised; a null handle with an exception set when it could not be made.
pybind11::object make_error(sluice_status status, const std::string& message);

// Sets the exception for what a function of ours has thrown: sluice::error, or a Python exception. Only in a catch block.
void set_thrown_error();

// An error struct whose text is not cleared: the core writes it on failure.
inline void prepare(sluice_error* error) {
  error->struct_size = sizeof *error;
  error->message[0] = '\0';
}

// Lets sluice::error pass from pybind11's functions.
void add_errors();

}  // namespace sluice::python
