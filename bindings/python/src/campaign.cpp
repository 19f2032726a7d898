// SPDX-License-Identifier: Apache-2.0
#include "campaign.h"

#include <string>

#include "arguments.h"
#include "errors.h"
#include "sluice/sluice.hpp"

namespace py = pybind11;

namespace sluice::python {
namespace {

using CorePtr = std::shared_ptr<Core>;

int64_t instant(const py::object& at, const char* name) {
  int64_t ns = 0;
  if (!instant_of(at.ptr(), name, &ns)) throw py::error_already_set();
  return ns;
}

uint32_t count(const py::object& number, const char* name) {
  uint64_t value = 0;
  if (!count_of(number.ptr(), name, UINT32_MAX, &value)) throw py::error_already_set();
  return static_cast<uint32_t>(value);
}

// Its number. Shares are hundredths of a percent.
uint64_t create_campaign(Core& core, const std::string& name, const py::object& tenant, const py::object& message_class,
                         const py::object& starts_at, const py::object& duration, const py::object& share, bool catches_up,
                         const py::object& pause_share, const py::object& pause_window, const std::string& rate,
                         const py::object& now) {
  sluice_campaign_options options = make_campaign_options({}, name.empty() ? std::string_view() : std::string_view(name));
  if (!message_class.is_none() && !class_of(message_class.ptr(), &options.message_class)) throw py::error_already_set();
  if (!starts_at.is_none()) options.starts_at = instant(starts_at, "starts_at");
  if (!duration.is_none() && !span_of(duration.ptr(), "duration", &options.duration)) throw py::error_already_set();
  options.share = count(share, "share");
  options.catches_up = catches_up ? 1 : 0;
  options.pause_share = count(pause_share, "pause_share");
  options.pause_window = count(pause_window, "pause_window");
  if (!rate.empty()) options.rate = rate.data();
  options.rate_len = rate.size();
  const int64_t at = instant(now, "now");
  if (!view(tenant.ptr(), py::str("the account").ptr(), &options.tenant)) throw py::error_already_set();
  return core.calls().create_campaign(options, at).number();
}

// (state, sealed, accepted, queued, removed, numbers in flight, {state: how many ended so}, amount, period and opening of its rate)
py::tuple report_tuple(const campaign_report& report) {
  py::tuple in_flight(report.in_flight.size());
  for (size_t i = 0; i < report.in_flight.size(); ++i) in_flight[i] = report.in_flight[i];
  py::dict ended;
  for (int32_t state = SLUICE_MESSAGE_SENT; state <= SLUICE_MESSAGE_DEAD; ++state) {
    ended[message_state_name(state)] = report.ended[state];
  }
  return py::make_tuple(campaign_state_name(report.state), report.sealed != 0, report.accepted, report.queued, report.removed,
                        in_flight, ended, report.rate_amount, report.rate_period, report.rate_opens_at);
}

py::tuple change_campaign(Core& core, uint64_t number, const std::string& change, const py::object& now) {
  const campaign one(core.handle(), number);
  const int64_t at = instant(now, "now");
  const campaign_report report = change == "pause"    ? one.pause(at)
                                 : change == "resume" ? one.resume(at)
                                 : change == "seal"   ? one.seal(at)
                                                      : one.abort(at);
  core.changed();
  return report_tuple(report);
}

// An empty rate is none.
py::tuple set_campaign_rate(Core& core, uint64_t number, const std::string& rate, const py::object& now) {
  const int64_t at = instant(now, "now");
  const campaign_report report =
      campaign(core.handle(), number).set_rate(rate.empty() ? std::string_view() : std::string_view(rate), at);
  core.changed();
  return report_tuple(report);
}

py::tuple campaign_status(Core& core, uint64_t number) { return report_tuple(campaign(core.handle(), number).status()); }

}  // namespace

void add_campaigns(py::class_<Core, CorePtr>* type) {
  type->def("create_campaign", &create_campaign)
      .def("change_campaign", &change_campaign)
      .def("set_campaign_rate", &set_campaign_rate)
      .def("campaign_status", &campaign_status);
}

}  // namespace sluice::python
