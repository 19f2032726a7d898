// SPDX-License-Identifier: Apache-2.0
// Campaigns, by number. Shares are hundredths of a percent.
#include <string>

#include "answer.h"
#include "arguments.h"
#include "engine_core.h"

namespace sluice::node {
namespace {

uint32_t small(const Napi::CallbackInfo& info, size_t i, const char* field) {
  return static_cast<uint32_t>(count_of(info.Env(), info[i], {field}, UINT32_MAX));
}

// (name, tenant, class, startsAt, duration, share, catchesUp, pauseShare, pauseWindow, rate, now): its number
Napi::Value create_campaign(Holder& holder, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string name = text_of(env, info[0], {"name"}), rate = text_of(env, info[9], {"rate"});
  sluice_campaign_options options = make_campaign_options({}, name.empty() ? std::string_view() : std::string_view(name));
  KeyRoom room;
  options.tenant = room.key(env, info[1], {"subject"});
  options.message_class = static_cast<int32_t>(count_of(env, info[2], {"messageClass"}, SLUICE_CLASS_BULK));
  if (!info[3].IsUndefined()) options.starts_at = instant_of(env, info[3], {"startsAt"});
  options.duration = span_of(env, info[4], {"duration"});
  options.share = small(info, 5, "share");
  options.catches_up = flag_of(env, info[6], {"catchesUp"}) ? 1 : 0;
  options.pause_share = small(info, 7, "pauseShare");
  options.pause_window = small(info, 8, "pauseWindow");
  if (!rate.empty()) options.rate = rate.data();
  options.rate_len = rate.size();
  return number(env, holder.calls().create_campaign(options, instant_of(env, info[10], {"now"})).number());
}

Napi::Value told(Napi::Env env, const campaign_report& report) {
  const Napi::Object all = Napi::Object::New(env), ended = Napi::Object::New(env);
  const Napi::Array in_flight = Napi::Array::New(env, report.in_flight.size());
  for (uint32_t i = 0; i < report.in_flight.size(); ++i) in_flight.Set(i, number(env, report.in_flight[i]));
  for (int32_t state = SLUICE_MESSAGE_SENT; state <= SLUICE_MESSAGE_DEAD; ++state) {
    ended.Set(message_state_name(state), number(env, report.ended[state]));
  }
  all.Set("state", text(env, campaign_state_name(report.state)));
  all.Set("sealed", report.sealed != 0);
  all.Set("accepted", number(env, report.accepted));
  all.Set("queued", number(env, report.queued));
  all.Set("removed", number(env, report.removed));
  all.Set("inFlight", in_flight);
  all.Set("ended", ended);
  all.Set("rateAmount", number(env, report.rate_amount));
  all.Set("ratePeriod", ns(env, report.rate_period));
  all.Set("rateOpensAt", instant_or_null(env, report.rate_opens_at));
  return all;
}

campaign named(Holder& holder, const Napi::CallbackInfo& info) {
  return {holder.shared().handle(), count_of(info.Env(), info[0], {"campaign"})};
}

// (number, now)
template <campaign_report (campaign::*call)(int64_t) const>
Napi::Value change_campaign(Holder& holder, const Napi::CallbackInfo& info) {
  const campaign one = named(holder, info);
  const campaign_report report = (one.*call)(instant_of(info.Env(), info[1], {"now"}));
  holder.shared().changed();
  return told(info.Env(), report);
}

// (number, rate, now): an empty rate is none
Napi::Value set_campaign_rate(Holder& holder, const Napi::CallbackInfo& info) {
  const std::string rate = text_of(info.Env(), info[1], {"rate"});
  const int64_t now = instant_of(info.Env(), info[2], {"now"});
  const campaign_report report = named(holder, info).set_rate(rate.empty() ? std::string_view() : std::string_view(rate), now);
  holder.shared().changed();
  return told(info.Env(), report);
}

// (number)
Napi::Value campaign_status(Holder& holder, const Napi::CallbackInfo& info) {
  return told(info.Env(), named(holder, info).status());
}

}  // namespace

void add_campaigns(EngineCore::Methods* methods) {
  methods->insert(methods->end(), {EngineCore::method<&create_campaign>("createCampaign"),
                                   EngineCore::method<&change_campaign<&campaign::pause>>("pauseCampaign"),
                                   EngineCore::method<&change_campaign<&campaign::resume>>("resumeCampaign"),
                                   EngineCore::method<&change_campaign<&campaign::seal>>("sealCampaign"),
                                   EngineCore::method<&change_campaign<&campaign::abort>>("abortCampaign"),
                                   EngineCore::method<&set_campaign_rate>("setCampaignRate"),
                                   EngineCore::method<&campaign_status>("campaignStatus")});
}

}  // namespace sluice::node
