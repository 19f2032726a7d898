// SPDX-License-Identifier: Apache-2.0
// The headers alone, twice, under the strictest flags: it is enough that this compiles. As C++11 only sluice.h is looked at.
#include "sluice/sluice.h"

#if __cplusplus >= 201703L
#include "sluice/sluice.hpp"
#endif

namespace {

struct initial_values {
  sluice_error error = SLUICE_ERROR_INIT;
  sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  sluice_request request = SLUICE_REQUEST_INIT;
  sluice_decision decision = SLUICE_DECISION_INIT;
  sluice_counters counters = SLUICE_COUNTERS_INIT;
  sluice_message message = SLUICE_MESSAGE_INIT;
  sluice_held held = SLUICE_HELD_INIT;
  sluice_lease_options lease_options = SLUICE_LEASE_OPTIONS_INIT;
  sluice_message_state message_state = SLUICE_MESSAGE_STATE_INIT;
  sluice_line_change line_change = SLUICE_LINE_CHANGE_INIT;
  sluice_line_report line_report = SLUICE_LINE_REPORT_INIT;
  sluice_campaign_options campaign_options = SLUICE_CAMPAIGN_OPTIONS_INIT;
  sluice_campaign_report campaign_report = SLUICE_CAMPAIGN_REPORT_INIT;
  sluice_line_question line_question = SLUICE_LINE_QUESTION_INIT;
  sluice_line_plan line_plan = SLUICE_LINE_PLAN_INIT;
  sluice_campaign_question campaign_question = SLUICE_CAMPAIGN_QUESTION_INIT;
  sluice_campaign_plan campaign_plan = SLUICE_CAMPAIGN_PLAN_INIT;
};

}  // namespace

uint32_t header_cpp();
uint32_t header_cpp() {
  const initial_values initial;
  return initial.error.struct_size + initial.options.struct_size + initial.request.struct_size + initial.decision.struct_size +
         initial.counters.struct_size + initial.message.struct_size + initial.held.struct_size +
         initial.lease_options.struct_size + initial.message_state.struct_size + initial.line_change.struct_size +
         initial.line_report.struct_size + initial.campaign_options.struct_size + initial.campaign_report.struct_size +
         initial.line_question.struct_size + initial.line_plan.struct_size + initial.campaign_question.struct_size +
         initial.campaign_plan.struct_size;
}

#if __cplusplus >= 201703L
// Every member is instantiated.
bool header_hpp(sluice::engine& engine);
bool header_hpp(sluice::engine& engine) {
  const sluice::request request = sluice::request(0, {"acme"}).repeat({"a"}).quantities({1}).at(0).flags(SLUICE_PEEK);
  const std::vector<std::string> texts{"acme"};
  const sluice::request other(0, texts);
  const sluice::subject subject("account", {"acme"});
  sluice_decision decision = sluice::make_decision();
  const std::vector<sluice_request> many{request, other};
  uint64_t cursor = 0, lost = 0;
  engine.decide(request, decision);
  engine.decide_many(many, std::vector<sluice_decision>(2, decision));
  engine.set_plan(subject, "pro");
  const sluice::enqueued answer = engine.enqueue(request, "payload");
  const std::vector<sluice_message> messages(2, sluice::make_message("payload"));
  engine.enqueue_many(many, messages);
  sluice::leases leased = engine.lease(10);
  engine.lease(leased);
  std::vector<sluice_settlement> settlements;
  for (const sluice::lease lease : leased) {
    lease.extend(1);
    lease.nack(SLUICE_OUTCOME_RETRY, 1);
    lease.ack();
    settlements.push_back(lease.settlement());
  }
  engine.settle(settlements);
  engine.ack(1, 1);
  engine.nack(1, 1, SLUICE_OUTCOME_FAILED);
  engine.extend(1, 1, 1);
  if (answer && engine.status(answer.held.message).state == SLUICE_MESSAGE_WAITING) engine.cancel(answer.held.message);
  if (engine.next_due() == INT64_MAX) return false;
  std::string line;
  engine.decide(request, decision, line);
  const sluice::line_change change =
      sluice::line_change("shared", "+1").by({"acme"}).weight(2).pause(1).state(0).on_suspend(0).reason("why");
  if (engine.set_line(change).moved != 0 || engine.lines("shared", {"acme"}).empty()) return false;
  const sluice::campaign campaign = engine.create_campaign(sluice::make_campaign_options("acme", "spring"));
  engine.peek_enqueue(request, campaign.message("payload"));
  if (engine.peek_enqueue(request, "payload").line.empty() || engine.status(1).line.empty()) return false;
  campaign.pause();
  campaign.resume();
  campaign.seal();
  if (!campaign.abort().in_flight.empty() || campaign.status().removed != campaign.number()) return false;
  engine.commit(decision.receipt, {1});
  return sluice::allowed(engine.peek(request)) && engine.decide_many(many).size() == 2 && engine.erase(subject) != 0 &&
         engine.usage(subject).empty() && engine.usage_json(subject).empty() && engine.explain(request).empty() &&
         engine.list("account", cursor, 10).empty() && engine.drain_events(4, &lost).empty() && engine.counters().allowed == 0 &&
         sluice::policy_check("").empty() && sluice::policy_describe("").empty();
}
#endif
