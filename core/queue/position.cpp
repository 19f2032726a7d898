// SPDX-License-Identifier: Apache-2.0
#include "core/queue/position.h"

#include <algorithm>
#include <array>

namespace sluice {
namespace {

constexpr uint64_t divide_up(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

// Those of a heap that are older than the number `id`. A heap's parent comes before its children, so what is not below has none below it.
uint64_t count_below(CellBase cells, CellId root, uint64_t id) {
  uint64_t count = 0;
  std::vector<CellId> open;
  for (CellId at = root;;) {
    while (at != 0) {
      const Entry& e = *cells.at<Entry>(at);
      if (age_of(e.id) < age_of(id)) {
        ++count;
        if (e.child != 0) open.push_back(e.child);
      }
      at = e.next;
    }
    if (open.empty()) return count;
    at = open.back();
    open.pop_back();
  }
}

// How many of its class leave up to and including the `place.in_flow`th of its flow: every flow sends its weight in a round, the one
// whose turn it is what is left of it.
uint64_t turns_in_class(CellBase cells, const LineQueue& line, const Place& place) {
  const CellId head = line.ring[static_cast<size_t>(place.message_class)];
  if (head == 0) return place.in_flow;
  const auto flow = [&](CellId id) -> const Flow& { return *cells.at<Flow>(id); };
  const bool waits = place.flow != 0 && flow(place.flow).has(flow_flag::in_ring);
  const uint64_t weight = waits ? flow(place.flow).weight : place.weight;
  const uint64_t credit = !waits ? 0 : flow(place.flow).credit;
  const uint64_t first = waits && place.flow == head ? credit : credit + weight;
  const uint64_t round = place.in_flow <= first ? 1 : 1 + divide_up(place.in_flow - first, weight);
  uint64_t turns = place.in_flow;
  bool behind = waits && place.flow == head;  // its flow has been passed on the way round
  CellId id = head;
  do {
    const Flow& other = flow(id);
    if (waits && id == place.flow) {
      behind = true;
    } else {
      const uint64_t visits = behind ? round - 1 : round;
      const uint64_t at_first = id == head ? other.credit : other.credit + other.weight;
      if (visits != 0) turns += std::min<uint64_t>(other.waiting, at_first + (visits - 1) * other.weight);
    }
    id = other.next;
  } while (id != head);
  return turns;
}

// Classes side by side: how many leave in all until the `wanted`th of a class.
class ClassOrder {
 public:
  ClassOrder(const LineQueue& line, uint32_t floor, size_t message_class, uint64_t wanted)
      : floor_(floor), own_(message_class), wanted_(wanted), passed_(line.passed_by) {
    std::copy_n(line.ready, kMessageClasses, left_.begin());
    left_[own_] = std::max(left_[own_], wanted);
  }

  uint64_t turns() {
    for (;;) {
      const size_t top = next_from(0);
      const size_t low = next_from(top + 1);
      if (low == kMessageClasses || floor_ == 0) {
        if (send(top, top == own_ ? wanted_ : left_[top], low == kMessageClasses)) return total_;
        continue;
      }
      if (passed_ + 1 >= floor_) {
        passed_ = 0;
        if (send(low, 1, false)) return total_;
        continue;
      }
      const uint64_t until_low = std::min(left_[top], uint64_t{floor_} - 1 - passed_);
      const uint64_t sent = top == own_ ? std::min(until_low, wanted_) : until_low;
      passed_ += static_cast<uint32_t>(sent);
      if (send(top, sent, false)) return total_;
    }
  }

 private:
  size_t next_from(size_t c) const {
    while (c < kMessageClasses && left_[c] == 0) ++c;
    return c;
  }
  // True: the wanted one has gone.
  bool send(size_t c, uint64_t count, bool nobody_passed) {
    total_ += count;
    left_[c] -= count;
    if (nobody_passed) passed_ = 0;
    if (c != own_) return false;
    wanted_ -= count;
    return wanted_ == 0;
  }

  const uint32_t floor_;
  const size_t own_;
  uint64_t wanted_;
  uint32_t passed_;
  uint64_t total_ = 0;
  std::array<uint64_t, kMessageClasses> left_{};
};

}  // namespace

Place place_of(CellBase cells, const Message& m, CellId cell) {
  const Flow& flow = *cells.at<Flow>(m.flow);
  Place place;
  place.message_class = static_cast<MessageClass>(m.message_class);
  place.flow = m.flow;
  place.weight = flow.weight;
  place.message = cell;
  place.cost = m.cost;
  if (m.has(message_flag::in_back)) {
    // Those that came to the flow before and stand before it in number; a head with a higher number waits.
    uint64_t before = count_below(cells, flow.back, m.id);
    for (CellId id = flow.head; id != 0 && is_older(*cells.at<Message>(id), m); id = cells.at<Message>(id)->next) ++before;
    place.in_flow = before + 1;
    return place;
  }
  uint64_t before = 0;
  const Entry* youngest = &m;
  for (CellId id = cell; id != flow.head;) {
    id = cells.at<Message>(id)->prev;
    ++before;
    if (is_older(*youngest, *cells.at<Message>(id))) youngest = cells.at<Message>(id);
  }
  place.in_flow = before + (flow.back == 0 ? 0 : count_below(cells, flow.back, youngest->id)) + 1;
  return place;
}

QueuePosition position_by_formula(CellBase cells, const LineQueue& line, uint32_t floor, const Place& place) {
  const auto c = static_cast<size_t>(place.message_class);
  const uint64_t in_class = turns_in_class(cells, line, place);
  return {ClassOrder(line, floor, c, in_class).turns(), line.flows[c] <= kMostFlowsCounted};
}

}  // namespace sluice
