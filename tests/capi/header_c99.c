/* SPDX-License-Identifier: Apache-2.0 */
/* The header alone, twice, as the strictest C99: it is enough that this compiles. */
#include "sluice/sluice.h"

int main(void) {
  static const sluice_error error = SLUICE_ERROR_INIT;
  static const sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
  static const sluice_request request = SLUICE_REQUEST_INIT;
  static const sluice_decision decision = SLUICE_DECISION_INIT;
  static const sluice_counters counters = SLUICE_COUNTERS_INIT;
  static const sluice_message message = SLUICE_MESSAGE_INIT;
  static const sluice_held held = SLUICE_HELD_INIT;
  static const sluice_lease_options lease_options = SLUICE_LEASE_OPTIONS_INIT;
  static const sluice_message_state message_state = SLUICE_MESSAGE_STATE_INIT;
  static const sluice_line_question line_question = SLUICE_LINE_QUESTION_INIT;
  static const sluice_line_plan line_plan = SLUICE_LINE_PLAN_INIT;
  static const sluice_campaign_question campaign_question = SLUICE_CAMPAIGN_QUESTION_INIT;
  static const sluice_campaign_plan campaign_plan = SLUICE_CAMPAIGN_PLAN_INIT;
  return error.struct_size == 0 || options.struct_size == 0 || request.struct_size == 0 || decision.struct_size == 0 ||
         counters.struct_size == 0 || message.struct_size == 0 || held.struct_size == 0 || lease_options.struct_size == 0 ||
         message_state.struct_size == 0 || line_question.struct_size == 0 || line_plan.struct_size == 0 ||
         campaign_question.struct_size == 0 || campaign_plan.struct_size == 0;
}
