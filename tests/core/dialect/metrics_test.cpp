// SPDX-License-Identifier: Apache-2.0
// The counters as text: what stands in a line, and in which the two formats differ.
#include "core/dialect/metrics_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/policy/compiled_policy.h"

namespace sluice {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string text_of(MetricsFormat format) {
  CompiledPolicy policy;
  policy.name = "a \"b\\\n";
  policy.stance = "comply";
  Counters counters;
  counters.allowed = UINT64_MAX;
  counters.denied_by[static_cast<size_t>(DenialKind::quota)] = 7;
  counters.ended[static_cast<size_t>(MessageState::dead)] = 3;
  counters.memory_used = 5;
  return metrics_text(policy, counters, format);
}

TEST(Metrics, ACounterOfOpenMetricsIsNamedWithoutItsSuffix) {
  const std::string text = text_of(MetricsFormat::openmetrics);
  EXPECT_THAT(text, StartsWith("# TYPE sluice_decisions counter\n# HELP sluice_decisions Requests decided.\n"
                               "sluice_decisions_total{policy=\"a \\\"b\\\\\\n\",stance=\"comply\",result=\"allowed\"} "
                               "18446744073709551615\n"));
  EXPECT_THAT(text, HasSubstr(",stance=\"comply\",kind=\"quota\"} 7\n"));
  EXPECT_THAT(text, HasSubstr(",stance=\"comply\",state=\"dead\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE sluice_memory_bytes gauge\n# UNIT sluice_memory_bytes bytes\n"));
  EXPECT_THAT(text, EndsWith("\n# EOF\n"));
}

TEST(Metrics, PrometheusKnowsSamplesAlone) {
  const std::string text = text_of(MetricsFormat::prometheus);
  EXPECT_THAT(text, StartsWith("# TYPE sluice_decisions_total counter\n"));
  EXPECT_THAT(text, Not(HasSubstr("# UNIT")));
  EXPECT_THAT(text, Not(HasSubstr("# EOF")));
}

}  // namespace
}  // namespace sluice
