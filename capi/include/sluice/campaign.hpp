// SPDX-License-Identifier: Apache-2.0
//
// campaign.hpp - messages of one account that leave spread over a time, and are paused or aborted as one. Include sluice.hpp.
#ifndef SLUICE_CAMPAIGN_HPP_INCLUDED
#define SLUICE_CAMPAIGN_HPP_INCLUDED

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"
#include "sluice/queue.hpp"
#include "sluice/sluice.h"

namespace sluice {
inline namespace abi0 {

// "running", "paused": the words of SLUICE_CAMPAIGN_*; "unknown" outside the list.
inline const char* campaign_state_name(int32_t state) noexcept {
  constexpr const char* names[] = {"none", "running", "paused", "aborted", "finished"};
  return state >= 0 && state < static_cast<int32_t>(std::size(names)) ? names[state] : "unknown";
}

// Options for a campaign of an account, whose texts they borrow.
inline sluice_campaign_options make_campaign_options(std::string_view tenant, std::string_view name = {}) noexcept {
  sluice_campaign_options options{};
  options.struct_size = sizeof(options);
  options.message_class = SLUICE_NONE;
  options.tenant = bytes(tenant);
  options.name = name.data();
  options.name_len = name.size();
  return options;
}

// How a campaign stands. The numbers of its messages in flight are here, and not where the C struct points.
struct campaign_report : sluice_campaign_report {
  campaign_report() noexcept : sluice_campaign_report{} { struct_size = sizeof(sluice_campaign_report); }

  std::vector<uint64_t> in_flight;
};

// Names a campaign of an engine, by handle: engine::create_campaign makes it, and a number that was kept is enough.
class campaign {
 public:
  campaign(sluice_engine engine, uint64_t number) noexcept : engine_(engine), number_(number) {}

  uint64_t number() const noexcept { return number_; }
  // A message of it, whose payload is borrowed.
  sluice_message message(std::string_view payload = {}, std::string_view zone = {}) const noexcept {
    sluice_message message = make_message(payload, zone);
    message.campaign = number_;
    return message;
  }

  campaign_report pause(int64_t now = SLUICE_NOW) const { return change(SLUICE_CHANGE_PAUSE, now); }
  campaign_report resume(int64_t now = SLUICE_NOW) const { return change(SLUICE_CHANGE_RESUME, now); }
  campaign_report seal(int64_t now = SLUICE_NOW) const { return change(SLUICE_CHANGE_SEAL, now); }
  // Final; its report says what was removed, and what is in flight.
  campaign_report abort(int64_t now = SLUICE_NOW) const { return change(SLUICE_CHANGE_ABORT, now); }
  // Another rate of all its lines together, as "200/min"; {}: none.
  campaign_report set_rate(std::string_view rate, int64_t now = SLUICE_NOW) const {
    return changed([&](sluice_campaign_report* c, sluice_error* failure) {
      return sluice_set_campaign_rate(engine_, number_, rate.data(), rate.size(), now, c, failure);
    });
  }
  campaign_report status() const {
    campaign_report report;
    ask(&report);
    return report;
  }

 private:
  template <class Call>
  static void fill(campaign_report* report, Call&& call) {
    sluice_campaign_report& c = *report;
    c.in_flight = report->in_flight.data();
    c.in_flight_capacity = static_cast<uint32_t>(report->in_flight.size());
    impl::checked([&](sluice_error* failure) { return call(&c, failure); });
    c.in_flight = nullptr;
    c.in_flight_capacity = 0;
  }
  // Until there is room for all.
  void ask(campaign_report* report) const {
    for (;;) {
      fill(report, [&](sluice_campaign_report* c, sluice_error* failure) {
        return sluice_campaign_status(engine_, number_, c, failure);
      });
      const bool fits = report->in_flight_count <= report->in_flight.size();
      report->in_flight.resize(report->in_flight_count);
      if (fits) return;
    }
  }
  campaign_report change(int32_t change, int64_t now) const {
    return changed([&](sluice_campaign_report* c, sluice_error* failure) {
      return sluice_change_campaign(engine_, number_, change, now, c, failure);
    });
  }
  template <class Call>
  campaign_report changed(Call&& call) const {
    campaign_report report;
    report.in_flight.resize(64);
    fill(&report, call);
    const uint64_t removed = report.removed;
    const bool fits = report.in_flight_count <= report.in_flight.size();
    report.in_flight.resize(report.in_flight_count);
    if (!fits) ask(&report);
    report.removed = removed;
    return report;
  }

  sluice_engine engine_;
  uint64_t number_;
};

}  // namespace abi0
}  // namespace sluice

#endif  // SLUICE_CAMPAIGN_HPP_INCLUDED
