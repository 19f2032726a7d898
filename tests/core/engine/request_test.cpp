// SPDX-License-Identifier: Apache-2.0
// Bad requests get an error that names the field, and leave the engine as it was.
#include <string>
#include <vector>

#include "core/base/ratio.h"
#include "tests/support/engine_fixture.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class BadRequests : public EngineTest {
 protected:
  void SetUp() override {
    open(
        R"({ "name": "test", "tenant": "account", "subjects": [ { "scope": ["account"], "plans": ["free", "house"], "default": "free" } ],
      "limits": [
        { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amounts": [
          { "plan": "free", "amount": 1000000 }, { "plan": "house", "custom": true } ] },
        { "name": "pair", "scope": ["account", "recipient"], "kind": "window", "period": "60s", "amount": 30 } ],
      "operations": [
        { "name": "send", "values": ["account", "recipient"], "repeats": "recipient", "quantities": ["mails", "parts"],
          "charges": [ { "limit": "day", "cost": "mails" }, { "limit": "pair", "each": "recipient", "cost": "parts" } ] },
        { "name": "plain", "values": ["account"], "charges": [ { "limit": "day" } ] },
        { "name": "homeless", "values": ["recipient", "line"], "charges": [] } ] })");
  }
  void TearDown() override {
    EXPECT_EQ(counters().records, 0u);
    EXPECT_EQ(counters().allowed, 0u);
  }
  void expect_error(const Ask& bad, const char* story, const std::string& starts, const std::string& has = "") {
    const Answer answer = ask(bad);
    EXPECT_EQ(answer, story);
    EXPECT_THAT(answer.error, StartsWith(starts));
    EXPECT_THAT(answer.error, HasSubstr(has));
  }
};

TEST_F(BadRequests, AnUnknownOperation) {
  for (const int32_t id : {-1, 3, 255, 256, 1'000'000, INT32_MIN, INT32_MAX}) {
    const Bytes values[] = {"acme"};
    Request request;
    request.operation = id;
    request.values = values;
    Decision decision;
    std::string text;
    EXPECT_EQ(Engine::decide(handle, request, &decision, &text), Status::not_found) << id;
    EXPECT_EQ(decision.status, Status::not_found);
    EXPECT_THAT(text, StartsWith("operation: "));
  }
  EXPECT_EQ(operation("nothing"), static_cast<int32_t>(Status::not_found));
}

TEST_F(BadRequests, TheWrongNumberOfValues) {
  expect_error({.values = {"acme"}, .quantities = {1, 1}}, "error: invalid", "values: ", "1 given, the operation takes 2");
  expect_error({.values = {}, .quantities = {1, 1}}, "error: invalid", "values: ");
  expect_error({.values = {"a", "b", "c"}, .quantities = {1, 1}}, "error: invalid", "values: ");
}

TEST_F(BadRequests, MissingEmptyAndOversizedKeys) {
  expect_error({.values = {"", "+1"}, .quantities = {1, 1}}, "error: invalid", "values[0]: ", "empty");
  expect_error({.values = {"acme", ""}, .quantities = {1, 1}}, "error: invalid", "values[1]: ", "empty");
  expect_error({.values = {std::string(1'025, 'x'), "+1"}, .quantities = {1, 1}}, "error: invalid", "values[0]: ", "1025 bytes");
  expect_error({.values = {"acme", ""}, .repeated = {"+1", ""}, .quantities = {1, 1}}, "error: invalid", "repeated[1]: ");
  expect_error({.values = {"acme", ""}, .repeated = {"+1", std::string(70'000, 'x')}, .quantities = {1, 1}}, "error: invalid",
               "repeated[1]: ");
}

TEST_F(BadRequests, ALengthWithoutBytes) {
  const Bytes values[] = {Bytes(nullptr, 4)};
  Request request;
  request.operation = operation("plain");
  request.values = values;
  Decision decision;
  std::string text;
  EXPECT_EQ(Engine::decide(handle, request, &decision, &text), Status::invalid);
  EXPECT_THAT(text, StartsWith("values[0]: "));
}

TEST_F(BadRequests, RepeatedValuesInBothPlaces) {
  expect_error({.values = {"acme", "+1"}, .repeated = {"+2"}, .quantities = {1, 1}}, "error: invalid", "values[1]: ", "repeated");
}

TEST_F(BadRequests, RepeatedValuesWhereNothingRepeats) {
  expect_error({.operation = "plain", .values = {"acme"}, .repeated = {"x"}}, "error: invalid", "repeated: ");
}

TEST_F(BadRequests, TheWrongNumberOfQuantities) {
  expect_error({.values = {"acme", "+1"}}, "error: invalid", "quantities: ", "0 given, the operation takes 2");
  expect_error({.values = {"acme", "+1"}, .quantities = {1}}, "error: invalid", "quantities: ");
  expect_error({.operation = "plain", .values = {"acme"}, .quantities = {1}}, "error: invalid", "quantities: ");
}

TEST_F(BadRequests, AQuantityOfZeroOrTooLarge) {  // T02, T03
  expect_error({.values = {"acme", "+1"}, .quantities = {0, 1}}, "error: invalid", "quantities[0]", "mails");
  expect_error({.values = {"acme", "+1"}, .quantities = {1, 0}}, "error: invalid", "quantities[1]", "parts");
  expect_error({.values = {"acme", "+1"}, .quantities = {kCountLimit, 1}}, "error: invalid", "quantities[0]: ", "2^48");
  expect_error({.values = {"acme", "+1"}, .quantities = {1, UINT64_MAX}}, "error: invalid", "quantities[1]: ");
}

TEST_F(BadRequests, CostsThatAddUpBeyondEveryCountStillSayNever) {
  const std::vector<std::string> many(100, "+1");
  EXPECT_EQ(ask({.values = {"acme", ""}, .repeated = many, .quantities = {1, kCountLimit - 1}}).decision.denial,
            DenialKind::never);
}

TEST_F(BadRequests, UnknownFlags) {
  expect_error({.values = {"acme", "+1"}, .quantities = {1, 1}, .flags = 8}, "error: unsupported", "flags: ");
  expect_error({.values = {"acme", "+1"}, .quantities = {1, 1}, .flags = 0x8000'0000}, "error: unsupported", "flags: ");
}

TEST_F(BadRequests, AnEmptyOrOversizedIdempotencyKey) {
  expect_error({.operation = "plain", .values = {"acme"}, .key = std::string(256, 'k')}, "error: invalid", "idempotency_key: ");
  const Bytes values[] = {"acme"};
  Request request;
  request.operation = operation("plain");
  request.values = values;
  request.idempotency_key = Bytes("", 0);
  Decision decision;
  std::string text;
  EXPECT_EQ(Engine::decide(handle, request, &decision, &text), Status::invalid);
  EXPECT_THAT(text, StartsWith("idempotency_key: "));
}

TEST_F(BadRequests, AnIdempotencyKeyWhereTheTenantIsNotAmongTheValues) {
  const Answer answer = ask({.operation = "homeless", .values = {"+1", "+2"}, .key = "k"});
  EXPECT_EQ(answer, "error: invalid");
  EXPECT_THAT(answer.error, StartsWith("idempotency_key: "));
}

TEST_F(BadRequests, ACustomAmountThatWasNotSetIsNamed) {
  EXPECT_EQ(set_plan("account=acme", "house"), Status::ok);
  const Answer answer = call("plain", "acme");
  EXPECT_EQ(answer, "error: unset");
  EXPECT_THAT(answer.error, HasSubstr("\"day\""));
  EXPECT_EQ(used("day", "account=acme"), 0u);
  set_plan("account=acme", "free");
  sweep();
}

TEST_F(BadRequests, TheSameWithoutAnybodyToReadTheError) {
  for (const Ask& bad :
       {Ask{.values = {"acme"}}, Ask{.values = {"", ""}, .quantities = {1, 1}}, Ask{.values = {"a", "b"}, .quantities = {0, 0}},
        Ask{.values = {"a", "b"}, .quantities = {1, 1}, .now = -1}}) {
    const AskBytes bytes(bad, operation("send"));
    Decision decision;
    EXPECT_LT(static_cast<int>(Engine::decide(handle, bytes.request(), &decision)), 0);
    EXPECT_LT(static_cast<int>(decision.status), 0);
  }
}

class BadEngines : public EngineTest {};

TEST_F(BadEngines, OptionsOutsideTheirBoundsAreNamed) {
  const std::string policy = account_limits({{"l", R"("kind": "window", "period": "60s", "amount": 1)"}});
  const auto refused = [&](const std::string& field) {
    EXPECT_EQ(try_open(policy), Status::invalid);
    EXPECT_THAT(error, StartsWith(field + ": "));
    options = EngineOptions();
    options.manual_clock = true;
  };
  options.memory_cap = (1 << 20) - 1;
  refused("memory_cap");
  options.memory_cap = (uint64_t{1} << 35) + 1;
  refused("memory_cap");
  for (const uint32_t shards : {0u, 3u, 2048u}) {
    options.shards = shards;
    refused("shards");
  }
  for (const Span ttl : {Span{0}, Span{-1}, 401 * kDay}) {
    options.receipt_ttl = ttl;
    refused("receipt_ttl");
  }
  for (const uint32_t capacity : {0u, (1u << 20) + 1}) {
    options.event_capacity = capacity;
    refused("event_capacity");
  }
}

TEST_F(BadEngines, APolicyWithErrorsOpensNothingAndSaysThemAll) {
  EXPECT_EQ(
      try_open(R"({ "name": "x", "tenant": "account", "limits": [ { "name": "l", "scope": ["account"], "kind": "windw" } ] })"),
      Status::policy);
  EXPECT_THAT(error, HasSubstr("limits[0].kind"));
  EXPECT_EQ(handle, 0u);
}

TEST_F(BadEngines, AStanceThatThePolicyDoesNotHave) {
  options.stance = "brave";
  EXPECT_EQ(try_open(account_limits({{"l", R"("kind": "window", "period": "60s", "amount": 1)"}})), Status::policy);
  EXPECT_THAT(error, HasSubstr("brave"));
}

TEST_F(BadEngines, SubjectsThatDoNotExistAreNamed) {
  open(account_limits(
      {{"day", R"("kind": "window", "period": "day", "amount": 1)"}, {"up", R"("kind": "upstream", "longest": "1h")"}}));
  EXPECT_EQ(reset("acount=acme"), Status::not_found);
  EXPECT_THAT(error, HasSubstr("no \"acount\""));
  EXPECT_THAT(error, HasSubstr("account"));
  EXPECT_EQ(reset("account="), Status::invalid);
  EXPECT_THAT(error, StartsWith("values"));
  EXPECT_EQ(set_plan("account=acme", "pro"), Status::not_found);
  EXPECT_EQ(set_usage("nothing", "account=acme", 1), Status::not_found);
  EXPECT_EQ(set_usage("up", "account=acme", 1), Status::invalid);
  EXPECT_EQ(set_usage("day", "account=acme", kCountLimit), Status::invalid);
  EXPECT_EQ(set_amount("up", "account=acme", "5"), Status::invalid);
  EXPECT_EQ(set_amount("day", "account=acme", "-5"), Status::invalid);
  EXPECT_EQ(set_amount("day", "account=acme", "{\"amount\": 5, \"depth\": 3}"), Status::invalid);
  EXPECT_EQ(throttled("day", "account=acme", kSecond), Status::invalid);
  EXPECT_EQ(throttled("up", "account=acme", -1), Status::invalid);
  EXPECT_EQ(set_billing("account=acme", 0, 0, "UTC"), Status::invalid);
  EXPECT_EQ(set_billing("account=acme", 32, 0, "UTC"), Status::invalid);
  EXPECT_EQ(set_billing("account=acme", 1, kDay, "UTC"), Status::invalid);
  EXPECT_EQ(set_billing("account=acme", 1, -1, "UTC"), Status::invalid);
  EXPECT_EQ(set_billing("account=acme", 1, 0, "Europe/Pariss"), Status::not_found);
  EXPECT_EQ(quality("account=acme", "green"), Status::not_found);
  EXPECT_EQ(erase("planet=mars"), Status::not_found);
  EXPECT_EQ(refund(12'345), Status::not_found);
  EXPECT_EQ(refund(UINT64_MAX), Status::not_found);
  EXPECT_EQ(counters().records, 0u);
}

}  // namespace
}  // namespace sluice::testing
