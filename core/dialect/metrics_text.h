// SPDX-License-Identifier: Apache-2.0
// An engine's counters as a scrape reads them: OpenMetrics 1.0, or the text of Prometheus before it.
//
// 1. Labels are the policy's name, its stance, and words of ours: never a key, a number or a recipient.
// 2. Names are those of OpenTelemetry with underscores: sluice.decisions is sluice_decisions, with `result`; sluice.queue.depth is
//    sluice_queue_depth.
#pragma once

#include <string>

#include "core/engine/engine.h"

namespace sluice {

enum class MetricsFormat : int32_t { openmetrics = 0, prometheus = 1 };

std::string metrics_text(const CompiledPolicy& policy, const Counters& counters, MetricsFormat format);

}  // namespace sluice
