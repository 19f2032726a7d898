// SPDX-License-Identifier: Apache-2.0
// Campaigns with a rate of their own: what may not leave yet waits in its lane, and what did not leave after all makes room.
#include <algorithm>
#include <new>

#include "core/engine/engine_core.h"
#include "core/engine/send_queue.h"

namespace sluice {

// One that came back to its flow by itself takes the lane's next turn: it has had its slot.
void SendQueue::wait_for_pace(const Held& held, Instant now) {
  auto& lane = at<Lane>(held.message->lane());
  if (lane.out != held.cell) lane.next_slot = std::min(lane.next_slot, lane.campaign->own_time(now));
  back_to_lane(held);
}

// A message that came back to the lane goes before those that came after it.
bool SendQueue::lets_older_go(const Held& held, Instant now) {
  auto& lane = at<Lane>(held.message->lane());
  if (lane.out != held.cell || lane.head == 0 || !is_older(at<Message>(lane.head), *held.message)) return false;
  lane.next_slot = std::min(lane.next_slot, lane.campaign->own_time(now));
  back_to_lane(held);
  return true;
}

// REQUIRES: its campaign's home is locked.
void SendQueue::give_back_pace(const Held& held, Instant now) {
  if (!held.message->has_lane) return;
  CampaignPace& pace = at<Lane>(held.message->lane()).campaign->pace;
  if (!pace.give_back(cells(), held.message->id, now)) return;
  const SpinGuard guard(wakes_lock_);
  try {
    CellId lane = pace.next(cells(), 0);
    for (uint32_t i = 0; lane != 0 && i <= CampaignPace::kBackups; ++i, lane = pace.next(cells(), lane)) {
      wakes_.push_back({at<Lane>(lane).place.shard, at<Lane>(lane).place.hash});
    }
  } catch (const std::bad_alloc&) {
    wakes_everything_ = true;
  }
  any_wakes_.store(true, std::memory_order_release);
}

}  // namespace sluice
