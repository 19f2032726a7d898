// SPDX-License-Identifier: Apache-2.0
// The planner: questions by the names of lib/plan.js, answers as JSON (docs/planner.md).
#pragma once

#include <napi.h>

namespace sluice::node {

Napi::Value plan_lines(const Napi::CallbackInfo& info);
Napi::Value plan_campaign(const Napi::CallbackInfo& info);

}  // namespace sluice::node
