// SPDX-License-Identifier: Apache-2.0
#include "core/queue/campaign.h"

#include <algorithm>
#include <new>

#include "core/base/ratio.h"

namespace sluice {

bool Campaign::tally(int32_t limit, uint32_t born, uint64_t stamp, int64_t units) {
  const auto same = [&](const CampaignTally& t) { return t.limit == limit && t.born == born && t.stamp == stamp; };
  const auto had = std::find_if(tallies.begin(), tallies.end(), same);
  if (had != tallies.end()) {
    had->units += units < 0 ? 0 - std::min(had->units, 0 - static_cast<uint64_t>(units)) : static_cast<uint64_t>(units);
    if (had->units == 0) tallies.erase(had);
    return true;
  }
  if (units < 0) return true;  // what could not be remembered is not taken off
  try {
    tallies.push_back({limit, born, stamp, static_cast<uint64_t>(units)});
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool Campaign::note_outcome(bool failed) {
  if (rules.pause_share == 0) return false;
  if (outcomes.size() < rules.pause_window) {
    try {
      outcomes.push_back(failed);
    } catch (const std::bad_alloc&) {
      return false;
    }
  } else {
    failures -= outcomes[next_outcome] ? 1 : 0;
    outcomes[next_outcome] = failed;
    next_outcome = (next_outcome + 1) % rules.pause_window;
  }
  failures += failed ? 1 : 0;
  const uint64_t most = mul_div_ceil(rules.pause_window, rules.pause_share, kWholeShare);
  if (!failed || failures < most) return false;
  outcomes.clear();
  next_outcome = failures = 0;
  return true;
}

void lane_append(CellBase cells, Lane& lane, CellId id) {
  Message& m = *cells.at<Message>(id);
  m.next = m.child = 0;
  m.prev = lane.tail;
  (lane.tail == 0 ? lane.head : cells.at<Message>(lane.tail)->next) = id;
  lane.tail = id;
  ++lane.count;
}

void lane_put_back(CellBase cells, Lane& lane, CellId id) {
  Message& m = *cells.at<Message>(id);
  CellId next = lane.head;
  while (next != 0 && is_older(*cells.at<Message>(next), m)) next = cells.at<Message>(next)->next;
  m.child = 0;
  m.next = next;
  m.prev = next == 0 ? lane.tail : cells.at<Message>(next)->prev;
  (m.prev == 0 ? lane.head : cells.at<Message>(m.prev)->next) = id;
  (next == 0 ? lane.tail : cells.at<Message>(next)->prev) = id;
  ++lane.count;
}

void lane_remove(CellBase cells, Lane& lane, CellId id) {
  Message& m = *cells.at<Message>(id);
  (m.prev == 0 ? lane.head : cells.at<Message>(m.prev)->next) = m.next;
  (m.next == 0 ? lane.tail : cells.at<Message>(m.next)->prev) = m.prev;
  m.next = m.prev = 0;
  --lane.count;
}

Instant lane_next_slot(const Lane& lane, Instant own_now, Span unit) {
  const CampaignRules& rules = lane.campaign->rules;
  if (!lane.begun) return std::max(rules.starts_at, own_now);
  const Instant end = lane.campaign->end();
  Instant slot = lane.slot;
  if (end > slot) slot += static_cast<Span>(mul_div_ceil(static_cast<uint64_t>(end - slot), 1, uint64_t{lane.count} + 1));
  if (unit == 0) return slot;
  const auto least = static_cast<Span>(mul_div_ceil(static_cast<uint64_t>(unit), kWholeShare, rules.share));
  return std::max(slot, later(own_now, least));
}

}  // namespace sluice
