// SPDX-License-Identifier: Apache-2.0
// What Python hands over, checked: instants, spans, counts, flags and the bytes of a value. Every function returns false with an
// exception set that names the argument. Only view() is sure not to run Python code, so views are taken last.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>

#include "sluice/sluice.h"

namespace sluice::python {

// ns since the Unix epoch, from an int or an aware datetime; None (or null) is SLUICE_NOW.
bool instant_of(PyObject* object, const char* name, int64_t* out);

// ns from an int or a timedelta, at least 0.
bool span_of(PyObject* object, const char* name, int64_t* out);

// A whole number from 0 up to `most`.
bool count_of(PyObject* object, const char* name, uint64_t most, uint64_t* out);

// True or False, nothing else.
bool flag_of(PyObject* object, const char* name, bool* out);

// The bytes of a str (its UTF-8) or bytes, borrowed from the object. None is absent: {nullptr, 0}.
bool view(PyObject* object, PyObject* name, sluice_bytes* out);

// Numbers by their names: a message's class, what came of a lease, how a line stands, what it does with what waits.
bool class_of(PyObject* object, int32_t* out);
bool outcome_of(PyObject* object, int32_t* out);
bool line_state_of(PyObject* object, int32_t* out);
bool on_suspend_of(PyObject* object, int32_t* out);

// A campaign's number, or a sluice.Campaign, which has one.
bool campaign_of(PyObject* object, uint64_t* out);

// Called once, when the module is made.
void prepare_arguments();

}  // namespace sluice::python
