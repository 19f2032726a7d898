// SPDX-License-Identifier: Apache-2.0
// What a plan for lines says in words, and as JSON.
#include <algorithm>

#include "core/planner/line_plan.h"
#include "core/planner/spoken.h"
#include "core/policy/json_text.h"
#include "core/policy/spelling.h"

namespace sluice::planner {
namespace {

std::string lines_words(uint64_t lines) { return say_counted(lines, "line"); }
std::string percentile_words(const LinePlanSpec& spec) { return say_share(spec.percentile) + " of the messages"; }

class Words {
 public:
  Words(const LinePlanSpec& spec, const Planned& planned, const Load& load, LinePlan* plan)
      : spec_(spec), planned_(planned), load_(load), plan_(*plan) {}

  void say() {
    say_rule();
    say_answer();
    warn_of_heat();
    warn_of_haste();
    if (plan_.lines >= kManyLines) {
      warn(LineWarning::many_lines,
           lines_words(plan_.lines) +
               " for one use: carriers call it snowshoeing when traffic is spread over many numbers to stay "
               "under what each may send, and filter or close them; ask for a faster number (a short code, a toll-free or a "
               "registered one) first");
    }
    for (const OperationCharge& charge : planned_.operation->charges) look_at(charge);
  }

 private:
  void warn(LineWarning kind, std::string words) { plan_.warnings.push_back({kind, std::move(words)}); }
  std::string comes() const { return spell_rate(load_.amount, load_.period); }
  std::string each_sends() const { return spell_rate(load_.line.amount, load_.line.period); }

  // When as much comes as leaves, what waits after a time t is how far chance has gone: on average sqrt(2t / (pi rate)), of a
  // Brownian motion that is reflected at 0; pi is 355/113.
  Span after_a_day() const {
    const Wide square = Wide{2} * static_cast<uint64_t>(kDay) * static_cast<uint64_t>(load_.period) * 113 / load_.amount / 355;
    return static_cast<Span>(whole_root(square));
  }

  void say_rule() {
    const LineRow& row = *plan_.row(plan_.rule_of_thumb);
    plan_.rule = lines_words(row.lines) + ", by dividing " + comes() + " by ";
    if (load_.line.amount == 0) {
      plan_.rule = "1 line: nothing paces a line on these plans";
      return;
    }
    plan_.rule += each_sends() + ": ";
    if (load_.fits(row.lines)) {
      plan_.rule +=
          row.met ? "enough" : "used " + say_share(row.used) + ", " + (keeps(row) ? too_short(row) : "and " + waits_of(row));
      return;
    }
    const bool even = spec_.arrivals == Arrivals::even;
    std::string why = lines_words(row.lines) + " at " + each_sends() + " send " + comes() + (even ? "" : " on average") + "; " +
                      comes() + " arrive; ";
    if (even) {
      why += "nothing waits while they come evenly, but the first burst is never worked off";
    } else {
      why += "every burst that queues up is never worked off, so the wait grows without bound: after a day about " +
             say_span(after_a_day());
      if (!spec_.sticky) why += " (in the " + say_span(plan_.simulated) + " simulated up to " + say_span(row.longest) + ")";
    }
    plan_.rule += "UNSTABLE";
    warn(LineWarning::unstable_rule, why);
  }

  // It kept the wait, but the run does not count.
  bool keeps(const LineRow& row) const { return row.stable && !row.settled && row.at_percentile <= spec_.wait; }
  std::string too_short(const LineRow& row) const {
    return "so much that " + say_counted(spec_.messages, "message") + " do not tell how long they wait in the long run" +
           (spec_.sticky ? "" : ", which takes about " + say_count(messages_to_settle(row.used)));
  }

  std::string waits_of(const LineRow& row) const {
    return percentile_words(spec_) + " wait up to " + say_at_most(row.at_percentile) + ", where " + say_span(spec_.wait) +
           " were asked for";
  }

  void say_answer() {
    if (plan_.lines != 0) {
      const LineRow& row = *plan_.row(plan_.lines);
      plan_.answer = lines_words(row.lines) + ": " + percentile_words(spec_) + " wait at most " + say_at_most(row.at_percentile) +
                     " (asked for: " + say_span(spec_.wait) + "), and the lines are used " + say_share(row.used);
      return;
    }
    const LineRow& most = *plan_.row(plan_.most_lines);
    plan_.answer = "no number up to " + lines_words(most.lines) + " does: with that many ";
    if (alone_too_much()) {
      plan_.answer += "one recipient alone is written to as often as a line sends, or more";
    } else if (!load_.fits(most.lines)) {
      plan_.answer += "more comes than can leave";
    } else if (!most.stable) {
      plan_.answer += "one line still draws more than it sends";
    } else if (keeps(most)) {
      plan_.answer += "they are used " + say_share(most.used) + ", " + too_short(most);
    } else {
      plan_.answer += waits_of(most);
    }
  }

  uint64_t hottest_used() const { return mul_div_ceil(load_.used(1), plan_.hottest_share, 10'000); }
  bool alone_too_much() const { return spec_.sticky && hottest_used() >= 10'000; }

  void warn_of_heat() {
    const std::string hottest = "the hottest of " + say_counted(spec_.recipients, "recipient") + " draws " +
                                say_share(plan_.hottest_share) + " of the messages";
    if (alone_too_much()) {
      warn(LineWarning::hot_recipient, hottest + ", and a sticky recipient keeps one line, which sends " + each_sends() +
                                           ": more lines do not help; write to "
                                           "it less, or let it go by more than one line");
      return;
    }
    const auto hot = std::find_if(plan_.rows.rbegin(), plan_.rows.rend(),
                                  [&](const LineRow& row) { return load_.fits(row.lines) && !row.stable; });
    if (hot == plan_.rows.rend()) return;
    warn(LineWarning::hot_line, "with " + lines_words(hot->lines) + " one sticky line draws " + say_share(hot->busiest_drew) +
                                    " of the messages, " + say_share(hot->busiest_used) +
                                    " of what it can send, though all together are used " + say_share(hot->used) + " (" +
                                    hottest + "): lines added later take new recipients only and do not relieve it");
  }

  void warn_of_haste() {
    const auto hasty = std::find_if(plan_.rows.begin(), plan_.rows.end(), [&](const LineRow& row) { return keeps(row); });
    if (hasty == plan_.rows.end()) return;
    const uint64_t used = spec_.sticky ? std::max(hasty->used, hasty->busiest_used) : hasty->used;
    warn(LineWarning::short_run, lines_words(hasty->lines) + " kept the wait, but are used " + say_share(used) + ", " +
                                     too_short(*hasty) + ": they are not an answer");
  }

  // What else the operation charges.
  void look_at(const OperationCharge& charge) {
    const Limit& limit = planned_.policy->limits[static_cast<size_t>(charge.limit)];
    const Amount& amount = planned_.terms_of(limit).amount;
    if (charge.while_queued && limit.rule.kind == Kind::gauge) return look_at_depth(limit, amount);
    const bool asked = charge.mode == Mode::queue || charge.mode == Mode::deny;
    if (!asked || charge.type == ChargeType::exempt || charge.type == ChargeType::forced || charge.type == ChargeType::release)
      return;
    if ((charge.mode == Mode::queue && is_of_line(planned_, charge)) || planned_.has_recipient(charge)) return;
    LineRate rate;
    if (!long_run(limit, amount, &rate)) return;
    const bool of_line = is_of_line(planned_, charge);
    const uint64_t lines = of_line ? std::max(plan_.lines, 1u) : 1;
    if (Wide{load_.amount} * static_cast<uint64_t>(rate.period) <=
        Wide{rate.amount} * lines * static_cast<uint64_t>(load_.period))
      return;
    const std::string scope = planned_.policy->scopes[static_cast<size_t>(limit.scope)].name;
    warn(LineWarning::other_limit, "\"" + limit.name + "\" lets " + say_count(rate.amount) + " in " +
                                       spell_duration(rate.period) + " of one " + scope + " through, less than the " + comes() +
                                       " that come: it is not part of "
                                       "this plan, and lines do not help against it");
  }

  void look_at_depth(const Limit& limit, const Amount& amount) {
    const LineRow* row = plan_.row(plan_.lines != 0 ? plan_.lines : plan_.rule_of_thumb);
    if (amount.word != Word::number || row->most_waiting <= amount.cap) return;
    warn(LineWarning::deep_queue, "up to " + say_count(row->most_waiting) + " messages wait at a time with " +
                                      lines_words(row->lines) + "; \"" + limit.name + "\" holds " + say_count(amount.cap) +
                                      " and refuses the rest");
  }

  const LinePlanSpec& spec_;
  const Planned& planned_;
  const Load& load_;
  LinePlan& plan_;
};

const char* warning_name(LineWarning kind) {
  switch (kind) {
    case LineWarning::unstable_rule: return "unstable_rule";
    case LineWarning::hot_recipient: return "hot_recipient";
    case LineWarning::hot_line: return "hot_line";
    case LineWarning::many_lines: return "many_lines";
    case LineWarning::other_limit: return "other_limit";
    case LineWarning::deep_queue: return "deep_queue";
    case LineWarning::short_run: return "short_run";
  }
  return "";
}

void write_row(const LineRow& row, JsonText* json) {
  json->object();
  json->number("lines", row.lines);
  json->flag("stable", row.stable);
  json->flag("settled", row.settled);
  json->flag("met", row.met);
  const auto span = [&](const char* key, Span value) { json->number(key, static_cast<uint64_t>(value)); };
  span("p50", row.p50);
  span("p95", row.p95);
  span("p99", row.p99);
  span("at_percentile", row.at_percentile);
  span("longest", row.longest);
  span("mean", row.mean);
  json->number("used", row.used);
  json->number("busiest_drew", row.busiest_drew);
  json->number("busiest_used", row.busiest_used);
  json->number("most_waiting", row.most_waiting);
  json->end_object();
}

}  // namespace

void say_line_plan(const LinePlanSpec& spec, const Planned& planned, const Load& load, LinePlan* plan) {
  Words(spec, planned, load, plan).say();
}

std::string line_plan_json(const LinePlanSpec& spec, const LinePlan& plan) {
  JsonText json;
  json.object();
  json.number_or_null("lines", plan.lines);
  json.text("answer", plan.answer);
  json.number("rule_of_thumb", plan.rule_of_thumb);
  json.text("rule", plan.rule);
  json.text_or_null("line_rate", plan.line_rate.amount == 0 ? "" : spell_rate(plan.line_rate.amount, plan.line_rate.period));
  json.text_or_null("paced_by", plan.line_rate.limit);
  json.number("wait", static_cast<uint64_t>(spec.wait));
  json.number("percentile", spec.percentile);
  json.number("simulated", static_cast<uint64_t>(plan.simulated));
  json.number("messages", spec.messages);
  json.number("hottest_share", plan.hottest_share);
  json.list("rows");
  for (const LineRow& row : plan.rows) write_row(row, &json);
  json.end_list();
  json.list("warnings");
  for (const Warning& warning : plan.warnings) {
    json.object();
    json.text("kind", warning_name(warning.kind));
    json.text("words", warning.words);
    json.end_object();
  }
  json.end_list();
  json.end_object();
  return json.take();
}

}  // namespace sluice::planner
