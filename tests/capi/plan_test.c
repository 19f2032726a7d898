/* SPDX-License-Identifier: Apache-2.0 */
/* The planner by sluice.h: two questions, their answers as structs and as JSON, and everything a caller can get wrong. */
#include "story.h"

static const char plan_policy[] =
    "{ \"name\": \"plan\", \"tenant\": \"account\", \"line\": \"line\",\n"
    "  \"subjects\": [ { \"scope\": [\"line\"], \"plans\": [\"slow\", \"fast\"], \"default\": \"slow\" } ],\n"
    "  \"limits\": [\n"
    "    { \"name\": \"pace\", \"scope\": [\"line\"], \"kind\": \"pace\", \"mode\": \"queue\", \"amounts\": [\n"
    "      { \"plan\": \"slow\", \"amount\": \"1/s\" }, { \"plan\": \"fast\", \"amount\": \"80/s\" } ] },\n"
    "    { \"name\": \"people\", \"scope\": [\"account\"], \"kind\": \"distinct\", \"period\": \"24h\", \"amount\": 1000 } ],\n"
    "  \"operations\": [ { \"name\": \"send\", \"values\": [\"account\", \"line\", \"recipient\"],\n"
    "    \"charges\": [ { \"limit\": \"people\", \"of\": \"recipient\" }, { \"limit\": \"pace\" } ] } ] }";

static char text[32768];

static sluice_line_question four_a_second(void) {
  sluice_line_question question = SLUICE_LINE_QUESTION_INIT;
  question.policy = plan_policy;
  question.policy_len = SLUICE_STRLEN;
  question.rate = "4/s";
  question.rate_len = SLUICE_STRLEN;
  question.wait = 3 * SECOND;
  question.messages = 5000;
  return question;
}

static sluice_campaign_question new_people(uint32_t recipients) {
  static const sluice_on_plan fast = {"line", SLUICE_STRLEN, "fast", SLUICE_STRLEN};
  sluice_campaign_question question = SLUICE_CAMPAIGN_QUESTION_INIT;
  question.policy = plan_policy;
  question.policy_len = SLUICE_STRLEN;
  question.plans = &fast;
  question.plan_count = 1;
  question.recipients = recipients;
  question.starts_at = START;
  question.share = 10000;
  return question;
}

static void lines_are_counted_by_what_met_the_wait(void) {
  const sluice_line_question question = four_a_second();
  sluice_line_plan plan = SLUICE_LINE_PLAN_INIT;
  size_t length = sizeof(text);
  CHECK_EQ(SLUICE_OK, sluice_plan_lines(&question, &plan, text, &length, &error));
  CHECK_EQ(5, plan.lines);
  CHECK_EQ(4, plan.rule_of_thumb);
  CHECK_EQ(0, plan.rule_met);
  CHECK_EQ(8000, plan.used);
  CHECK((plan.warnings & SLUICE_PLAN_UNSTABLE_RULE) != 0);
  CHECK(plan.at_percentile == plan.p99 && plan.p50 <= plan.p95 && plan.p95 <= plan.p99 && plan.p99 <= plan.longest);
  CHECK(plan.p99 > 0 && plan.p99 <= 3 * SECOND);
  CHECK(strncmp(text, "{\"lines\":5,", 11) == 0 && text[length - 1] == '}');
}

static void a_campaign_says_when_it_finishes(void) {
  const sluice_campaign_question question = new_people(2500);
  sluice_campaign_plan plan = SLUICE_CAMPAIGN_PLAN_INIT;
  size_t length = sizeof(text);
  CHECK_EQ(SLUICE_OK, sluice_plan_campaign(&question, &plan, text, &length, &error));
  CHECK(plan.finishes_at >= START + 2 * DAY && plan.finishes_at < START + 2 * DAY + MINUTE);
  CHECK_EQ(START, plan.starts_at);
  CHECK_EQ(2500, plan.sent);
  CHECK_EQ(2499 * SECOND / 80, plan.unhindered);
  CHECK(plan.blocker_count >= 1 && plan.peak_share > 0);
  text[length] = '\0';
  CHECK(strstr(text, "\"limit\":\"people\",\"how\":\"refused\"") != NULL);
}

static void texts_are_all_or_nothing(void) {
  const sluice_campaign_question question = new_people(10);
  sluice_campaign_plan plan = SLUICE_CAMPAIGN_PLAN_INIT;
  size_t length = 0, needed;
  CHECK_EQ(SLUICE_E_BUFFER, sluice_plan_campaign(&question, &plan, NULL, &length, &error));
  CHECK_EQ(0, plan.sent);
  needed = length;
  CHECK(needed > 100);
  CHECK_EQ(SLUICE_OK, sluice_plan_campaign(&question, NULL, text, &length, &error));
  CHECK_EQ(needed, length);
  CHECK_EQ(SLUICE_OK, sluice_plan_campaign(&question, &plan, NULL, NULL, &error));
  CHECK_EQ(10, plan.sent);
  CHECK_EQ(SLUICE_E_INVALID, sluice_plan_campaign(&question, &plan, text, NULL, &error));
  SAID("length: NULL");
}

static void line_questions_are_checked(void) {
  sluice_line_question question = four_a_second();
  sluice_line_plan plan = SLUICE_LINE_PLAN_INIT;
  CHECK_EQ(SLUICE_E_INVALID, sluice_plan_lines(NULL, &plan, NULL, NULL, &error));
  SAID("question: NULL");
  question.struct_size = 8;
  CHECK_EQ(SLUICE_E_INVALID, sluice_plan_lines(&question, &plan, NULL, NULL, &error));
  SAID("question.struct_size: 8; set it to sizeof, 144");
  question = four_a_second();
  plan.struct_size = 8;
  CHECK_EQ(SLUICE_E_INVALID, sluice_plan_lines(&question, &plan, NULL, NULL, &error));
  SAID("plan.struct_size: 8; set it to sizeof, 80");
#define WRONG(field, value, status, words)                                    \
  do {                                                                        \
    question = four_a_second();                                               \
    question.field = value;                                                   \
    CHECK_EQ(status, sluice_plan_lines(&question, NULL, NULL, NULL, &error)); \
    SAID(words);                                                              \
  } while (0)
  WRONG(policy, NULL, SLUICE_E_INVALID, "policy: NULL");
  WRONG(rate, NULL, SLUICE_E_INVALID, "rate: NULL; how many messages come, as \"4/s\"");
  WRONG(rate_len, 0, SLUICE_E_INVALID, "rate: empty; pass NULL for the default");
  WRONG(stance, "", SLUICE_E_INVALID, "stance: empty; pass NULL for the default");
  WRONG(plan_count, 1, SLUICE_E_INVALID, "plans: NULL with plan_count 1");
  WRONG(arrivals, 2, SLUICE_E_INVALID, "arrivals: 2; 0 (poisson) or 1 (even)");
  WRONG(wait, -1, SLUICE_E_INVALID, "wait: nanoseconds, from 0 to 400 days");
  WRONG(percentile, 10001, SLUICE_E_INVALID, "percentile: 10001; from 1 to 10000");
  WRONG(sticky, 2, SLUICE_E_INVALID, "sticky: 2; it is 0 or 1");
  WRONG(recipients, 200001, SLUICE_E_INVALID, "recipients: 200001; from 1 to 200000");
  WRONG(skew, 501, SLUICE_E_INVALID, "skew: 501; from 0 to 500");
  WRONG(messages, 999, SLUICE_E_INVALID, "messages: 999; from 1000 to 400000");
  WRONG(most_lines, 4097, SLUICE_E_INVALID, "most_lines: 4097; from 0 to 4096");
#undef WRONG
}

static void campaign_questions_are_checked(void) {
  static const sluice_on_plan nameless = {"line", SLUICE_STRLEN, NULL, 0};
  sluice_campaign_question question;
#define WRONG(field, value, status, words)                                       \
  do {                                                                           \
    question = new_people(10);                                                   \
    question.field = value;                                                      \
    CHECK_EQ(status, sluice_plan_campaign(&question, NULL, NULL, NULL, &error)); \
    SAID(words);                                                                 \
  } while (0)
  WRONG(policy, NULL, SLUICE_E_INVALID, "policy: NULL");
  WRONG(plans, &nameless, SLUICE_E_INVALID, "plans.plan: NULL");
  WRONG(plan_count, 17, SLUICE_E_INVALID, "plan_count: 17; at most 16");
  WRONG(recipients, 0, SLUICE_E_INVALID, "recipients: 0; from 1 to 200000");
  WRONG(in_conversation, 11, SLUICE_E_INVALID, "in_conversation: 11; from 0 to 10");
  WRONG(in_conversation, 5, SLUICE_E_INVALID,
        "in_conversation: no operation of this policy says that a recipient is (with an exempt charge on \"people\"); pass 0");
  WRONG(lines, 4097, SLUICE_E_INVALID, "lines: 4097; from 1 to 4096");
  WRONG(starts_at, SLUICE_NOW, SLUICE_E_TIME, "starts_at: outside [0, 2^62)");
  WRONG(duration, -1, SLUICE_E_INVALID, "duration: nanoseconds, from 0 to 400 days");
  WRONG(share, 10001, SLUICE_E_INVALID, "share: 10001; from 1 to 10000");
  WRONG(reserved0, 1, SLUICE_E_UNSUPPORTED, "reserved0: 1; it must be 0");
#undef WRONG
}

int main(void) {
  lines_are_counted_by_what_met_the_wait();
  a_campaign_says_when_it_finishes();
  texts_are_all_or_nothing();
  line_questions_are_checked();
  campaign_questions_are_checked();
  return finish();
}
