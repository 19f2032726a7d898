// SPDX-License-Identifier: Apache-2.0
// Answers over HTTP, which lib/http.js makes objects of.
#pragma once

#include <napi.h>

#include "request.h"
#include "shared_engine.h"

namespace sluice::node {

// Of a decision that was told in rows: the arguments of Operation::answer.
napi_value answer_decision(napi_env env, Holder& holder, const Shape& shape, const napi_value* args);

}  // namespace sluice::node
