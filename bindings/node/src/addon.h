// SPDX-License-Identifier: Apache-2.0
// What the addon keeps for each environment (the main thread's, and one for each worker): nothing of JavaScript is shared between
// them, and an environment's end frees its own.
#pragma once

#include <napi.h>

#include <cstddef>

namespace sluice::node {

// Doubles through which one answer at a time goes to JavaScript: cheaper than an object, and read at once (answer.h).
inline constexpr size_t kScratch = 64;

struct Addon {
  Napi::FunctionReference make_error;
  Napi::FunctionReference operation;  // the class Operation, which only an engine makes
  Napi::Reference<Napi::Float64Array> room;
  double* scratch = nullptr;  // of `room`
};

inline Addon& addon_of(Napi::Env env) { return *env.GetInstanceData<Addon>(); }

}  // namespace sluice::node
