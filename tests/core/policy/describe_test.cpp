// SPDX-License-Identifier: Apache-2.0
#include "core/policy/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kPolicy = R"({
  "name": "all", "tenant": "account", "line": "line",
  "subjects": [
    { "scope": ["account"], "plans": ["free", "pro"], "default": "free",
      "billing": { "day": 31, "time": "09:30", "zone": "+05:30" } },
    { "scope": ["line"], "default": "t1",
      "plans": [ { "name": "t1", "promotes": { "to": "t2", "limit": "peers", "at": "50%", "within": "7 days", "quality": "green" } },
                 "t2" ] }
  ],
  "limits": [
    { "name": "second", "scope": ["account"], "kind": "window", "period": "1s", "unit": "mail",
      "amounts": [ { "plan": "free", "amount": 10, "burst": "2x for 10s" }, { "plan": "pro", "custom": true } ] },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "zone": "+01:00", "reports_as": "mails.sent",
      "amounts": [ { "plan": "free", "amount": 100, "ceiling": "120%", "thresholds": [75, 99.5] }, { "plan": "pro", "unlimited": true } ] },
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "80/s", "depth": "1s", "slack": "5ms", "mode": "queue" },
    { "name": "tenth", "scope": ["line"], "kind": "pace", "of": "pace", "times": "1/10" },
    { "name": "pair", "scope": ["line", "recipient"], "kind": "sliding", "period": "60s", "margin": "1s", "amount": 30 },
    { "name": "coarse", "scope": ["line"], "kind": "sliding", "period": "24h", "slots": 24, "amount": 5000 },
    { "name": "peers", "scope": ["line"], "kind": "distinct", "period": "24h", "exemption": "72h",
      "amounts": [ { "plan": "t1", "amount": 50 }, { "plan": "t2", "amount": 500 } ] },
    { "name": "seats", "scope": ["account"], "kind": "gauge", "lease": "1h", "amount": 2, "denies_as": "quota" },
    { "name": "up", "scope": ["account"], "kind": "upstream", "longest": "1h" }
  ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "repeats": "recipient", "quantities": ["parts"],
      "charges": [ { "limit": "second" }, { "limit": "day", "cost": "parts", "charge": "attempt" },
                   { "limit": "pace", "mode": "deny" }, { "limit": "tenth" }, { "limit": "coarse", "cost": 2 },
                   { "limit": "pair", "each": "recipient" }, { "limit": "peers", "of": "recipient", "refund": "failed" },
                   { "limit": "seats", "of": "line" }, { "limit": "up" } ] }
  ]
})";

class Describe : public ::testing::Test {
 protected:
  static std::string text() {
    const PolicyResult result = load_policy(kPolicy, {});
    EXPECT_TRUE(result.policy) << format_findings(result.findings);
    return result.policy ? describe_policy(*result.policy) : "";
  }
  const std::string json_ = text();
};

TEST_F(Describe, begins_with_the_policy) {
  EXPECT_THAT(json_, StartsWith(R"({"name":"all","stance":"enforce","dimensions":["account","line","recipient"],)"
                                R"("tenant":"account","line":"line","plan_sets":[)"));
}

TEST_F(Describe, tells_plans_billing_and_promotions) {
  EXPECT_THAT(json_, HasSubstr(R"({"scope":"account","plans":[{"name":"free","promotes":null},{"name":"pro","promotes":null}],)"
                               R"("default":"free","billing":{"day":31,"time":"09:30","zone":"+05:30"}})"));
  EXPECT_THAT(
      json_, HasSubstr(R"({"name":"t1","promotes":{"to":"t2","limit":"peers","at":"50%","within":"7 days","quality":"green"}})"));
}

TEST_F(Describe, tells_a_windows_burst_ceiling_and_thresholds) {
  EXPECT_THAT(json_,
              HasSubstr(R"({"name":"second","scope":"account","kind":"window","mode":"deny","unit":"mail","denies_as":"rate",)"
                        R"("period":"1s","zone":null,"slots":null,"margin":null,"exemption":null,"named":false,"lease":null,)"
                        R"("slack":null,"longest":null,"reports":{"group":"second","used":"used"},"by":"account","amounts":[)"
                        R"({"plan":"free","word":"number","amount":10,"text":"10","derived":null,"burst":"2x for 10s",)"
                        R"("peak":20,"bank":100,"ceiling":null,"cap":10,"thresholds":[]},)"
                        R"({"plan":"pro","word":"custom","text":"custom")"));
  EXPECT_THAT(json_, HasSubstr(R"("period":"day","zone":"+01:00",)"));
  EXPECT_THAT(json_, HasSubstr(R"("reports":{"group":"mails","used":"sent"},)"));
  EXPECT_THAT(json_,
              HasSubstr(R"("ceiling":"120%","cap":120,"thresholds":[{"share":"75%","at":75},{"share":"99.5%","at":100}]})"));
}

TEST_F(Describe, tells_what_each_other_kind_has) {
  EXPECT_THAT(json_,
              HasSubstr(R"("amounts":[{"plan":null,"word":"number","amount":80,"text":"80/s","derived":null,"depth":"1s"}])"));
  EXPECT_THAT(json_, HasSubstr(R"("slack":"5ms")"));
  EXPECT_THAT(json_, HasSubstr(R"("text":"8/s","derived":{"of":"pace","times":"1/10"},"depth":1)"));
  EXPECT_THAT(json_, HasSubstr(R"("kind":"sliding","mode":"deny","unit":"unit","denies_as":"rate","period":"60s","zone":null,)"
                               R"("slots":null,"margin":"1s")"));
  EXPECT_THAT(json_, HasSubstr(R"("period":"24h","zone":null,"slots":24,"margin":null)"));
  EXPECT_THAT(json_, HasSubstr(R"("exemption":"3 days")"));
  EXPECT_THAT(json_, HasSubstr(R"("named":true,"lease":"1h")"));
  EXPECT_THAT(json_, HasSubstr(R"("denies_as":"quota")"));
  EXPECT_THAT(json_, HasSubstr(R"("longest":"1h","reports":{"group":"up","used":"used"},"by":null,"amounts":[]})"));
}

TEST_F(Describe, tells_operations_and_their_charges) {
  EXPECT_THAT(json_,
              HasSubstr(R"({"name":"send","values":["account","line","recipient"],"repeats":"recipient","quantities":["parts"],)"
                        R"("pool":null,"queueable":false,"class":null,)"
                        R"("charges":[{"limit":"second","cost":1,"each":null,"of":null,"charge":"normal","mode":"deny",)"
                        R"("while":null,"refund":null},{"limit":"day","cost":"parts","each":null,"of":null,"charge":"attempt")"));
  EXPECT_THAT(json_, HasSubstr(R"({"limit":"pair","cost":1,"each":"recipient",)"));
  EXPECT_THAT(json_, HasSubstr(R"("of":"recipient","charge":"normal","mode":"deny","while":null,"refund":"failed"})"));
}

TEST(DescribeResult, tells_findings_of_any_text) {
  const PolicyResult bad = load_policy("{ \"name\": \"\xFF\" }", {});
  const std::string json = describe_result(bad);
  EXPECT_THAT(json, StartsWith(R"({"ok":false,"name":null,"stances":[)"));
  EXPECT_THAT(json, HasSubstr(R"("severity":"error","line":1,)"));
}

}  // namespace
}  // namespace sluice
