// SPDX-License-Identifier: Apache-2.0
// Campaigns: made, changed, asked about. What a caller leaves 0 is the usual.
#include <algorithm>

#include "capi/src/arguments.h"
#include "capi/src/boundary.h"
#include "core/policy/text.h"

namespace sluice::capi {
namespace {

static_assert(std::size(sluice_campaign_report{}.ended) == std::size(CampaignReport{}.ended));

// NULL: none.
Status read_rate(const char* text, size_t length, CampaignRate* out, std::string* words) {
  std::string_view given;
  if (const Status status = read_optional_text("rate", text, length, &given, words); status != Status::ok) return status;
  if (given.empty()) return Status::ok;
  RateText rate;
  std::string why;
  if (!parse_rate(given, &rate, &why)) return fail(words, Status::invalid, "rate: ", why);
  *out = {rate.amount, rate.period};
  return Status::ok;
}

Status read_rules(const sluice_campaign_options& given, CampaignRules* out, std::string* words) {
  if (given.message_class != SLUICE_NONE && !from_c(given.message_class, &out->message_class)) {
    return fail(words, Status::invalid, "message_class: ", given.message_class, "; from 0 (urgent) to 3 (bulk), or -1 for bulk");
  }
  if (given.catches_up > 1) return fail(words, Status::invalid, "catches_up: ", given.catches_up, "; 0 or 1");
  out->starts_at = given.starts_at;
  out->duration = given.duration;
  out->catches_up = given.catches_up == 1;
  out->pause_share = given.pause_share;
  if (given.share != 0) out->share = given.share;
  if (given.pause_window != 0) out->pause_window = given.pause_window;
  return Status::ok;
}

Status read_options(const sluice_campaign_options& given, CampaignSpec* out, std::string* words) {
  std::string_view name;
  Status status = read_key("tenant", given.tenant, &out->tenant, words);
  if (status == Status::ok) status = read_optional_text("name", given.name, given.name_len, &name, words);
  out->name = name;
  if (status == Status::ok) status = read_rate(given.rate, given.rate_len, &out->rules.rate, words);
  return status == Status::ok ? read_rules(given, &out->rules, words) : status;
}

Status check_report(const sluice_campaign_report* report, std::string* words) {
  const Status status = check_struct(report, "report", words);
  if (status != Status::ok || report->in_flight != nullptr || report->in_flight_capacity == 0) return status;
  return fail(words, Status::invalid, "report.in_flight: NULL with in_flight_capacity ", report->in_flight_capacity);
}

void write_report(sluice_campaign_report* out, const CampaignReport& report) {
  sluice_campaign_report value = SLUICE_CAMPAIGN_REPORT_INIT;
  value.state = to_c(report.state);
  value.sealed = report.sealed ? 1 : 0;
  value.in_flight_count = static_cast<uint32_t>(report.in_flight.size());
  value.in_flight = out->in_flight;
  value.in_flight_capacity = out->in_flight_capacity;
  value.accepted = report.accepted;
  value.queued = report.queued;
  value.removed = report.removed;
  value.rate_amount = report.rate.amount;
  value.rate_period = report.rate.period;
  value.rate_opens_at = report.rate_opens_at;
  std::copy(std::begin(report.ended), std::end(report.ended), value.ended);
  const size_t told = std::min<size_t>(report.in_flight.size(), out->in_flight_capacity);
  std::copy_n(report.in_flight.begin(), told, out->in_flight);
  write_struct(out, value);
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_create_campaign(sluice_engine engine, const sluice_campaign_options* options, int64_t now,
                                     uint64_t* campaign, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    if (campaign == nullptr) return fail(words, Status::invalid, "campaign: NULL");
    *campaign = 0;
    Status status = check_struct(options, "options", words);
    if (status != Status::ok) return status;
    sluice_campaign_options room;
    CampaignSpec spec;
    status = read_options(read_struct(options, &room), &spec, words);
    return status == Status::ok ? Engine::create_campaign(engine, spec, now, campaign, words) : status;
  });
}

sluice_status sluice_change_campaign(sluice_engine engine, uint64_t campaign, int32_t change, int64_t now,
                                     sluice_campaign_report* report, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    CampaignChange asked;
    if (!from_c(change, &asked)) {
      return fail(words, Status::invalid, "change: ", change, "; from 1 (pause) to 4 (abort)");
    }
    Status status = report != nullptr ? check_report(report, words) : Status::ok;
    if (status != Status::ok) return status;
    CampaignReport after;
    status = Engine::change_campaign(engine, campaign, asked, now, &after, words);
    if (status == Status::ok && report != nullptr) write_report(report, after);
    return status;
  });
}

sluice_status sluice_set_campaign_rate(sluice_engine engine, uint64_t campaign, const char* rate, size_t rate_len, int64_t now,
                                       sluice_campaign_report* report, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    CampaignRate asked;
    Status status = read_rate(rate, rate_len, &asked, words);
    if (status == Status::ok && report != nullptr) status = check_report(report, words);
    if (status != Status::ok) return status;
    CampaignReport after;
    status = Engine::set_campaign_rate(engine, campaign, asked, now, &after, words);
    if (status == Status::ok && report != nullptr) write_report(report, after);
    return status;
  });
}

sluice_status sluice_campaign_status(sluice_engine engine, uint64_t campaign, sluice_campaign_report* report,
                                     sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    Status status = check_report(report, words);
    if (status != Status::ok) return status;
    CampaignReport found;
    status = Engine::campaign_status(engine, campaign, &found, words);
    if (status == Status::ok) write_report(report, found);
    return status;
  });
}
