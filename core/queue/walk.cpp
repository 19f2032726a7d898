// SPDX-License-Identifier: Apache-2.0
// The next turns of a line taken on paper: nothing of the line changes.
#include <algorithm>
#include <array>
#include <list>

#include "core/queue/position.h"

namespace sluice {
namespace {

constexpr size_t kMostInBack = 4096;  // that are put in order for one walk

// A flow as it would be after some turns.
struct PaperFlow {
  CellId next = 0;           // of those in the order in which they came
  std::vector<CellId> back;  // of those that came back, the last goes first
  uint64_t credit = 0;
  uint32_t weight = 1;
  uint32_t extra = 0;  // the cost of a message that is not there yet; 0: none
};

class Paper {
 public:
  Paper(CellBase cells, const LineQueue& line, uint32_t floor, const Place& place);
  // The message that goes next, 0 for the one that is not there yet; false: nothing is left, or too much to put in order.
  bool turn(CellId* message);

 private:
  const Message& message(CellId id) const { return *cells_.at<Message>(id); }
  void copy_ring(const LineQueue& line, size_t c, const Place& place);
  void copy_back(CellId root, std::vector<CellId>* out);
  CellId next_of(const PaperFlow& f) const;
  uint64_t cost_of(const PaperFlow& f) const;
  bool empty(const PaperFlow& f) const { return f.next == 0 && f.back.empty() && f.extra == 0; }
  void turn_over(std::list<PaperFlow>& ring);
  CellId take(size_t c);

  CellBase cells_;
  const uint32_t floor_;
  uint32_t passed_;
  bool too_many_ = false;
  std::array<std::list<PaperFlow>, kMessageClasses> rings_;  // the first has the turn
};

Paper::Paper(CellBase cells, const LineQueue& line, uint32_t floor, const Place& place)
    : cells_(cells), floor_(floor), passed_(line.passed_by) {
  for (size_t c = 0; c < kMessageClasses; ++c) copy_ring(line, c, place);
}

void Paper::copy_back(CellId root, std::vector<CellId>* out) {
  std::vector<CellId> open = {root};
  while (!open.empty() && !too_many_) {
    CellId at = open.back();
    open.pop_back();
    for (; at != 0; at = message(at).next) {
      out->push_back(at);
      if (message(at).child != 0) open.push_back(message(at).child);
    }
    too_many_ = out->size() > kMostInBack;
  }
  std::sort(out->begin(), out->end(), [&](CellId a, CellId b) { return is_older(message(b), message(a)); });
}

void Paper::copy_ring(const LineQueue& line, size_t c, const Place& place) {
  const CellId head = line.ring[c];
  const bool own_class = static_cast<size_t>(place.message_class) == c;
  bool joined = place.message != 0;
  if (head != 0) {
    CellId id = head;
    do {
      const Flow& f = *cells_.at<Flow>(id);
      PaperFlow& paper = rings_[c].emplace_back();
      paper.next = f.head;
      if (f.back != 0) copy_back(f.back, &paper.back);
      paper.credit = f.credit;
      paper.weight = f.weight;
      if (own_class && !joined && id == place.flow) {
        paper.extra = place.cost;
        joined = true;
      }
      id = f.next;
    } while (id != head);
  }
  if (!own_class || joined) return;
  PaperFlow& paper = rings_[c].emplace_back();
  paper.weight = place.weight;
  paper.extra = place.cost;
  if (rings_[c].size() == 1) paper.credit = paper.weight;
}

CellId Paper::next_of(const PaperFlow& f) const {
  if (f.back.empty()) return f.next;
  return f.next == 0 || is_older(message(f.back.back()), message(f.next)) ? f.back.back() : f.next;
}

uint64_t Paper::cost_of(const PaperFlow& f) const {
  const CellId next = next_of(f);
  return next == 0 ? f.extra : message(next).cost;
}

void Paper::turn_over(std::list<PaperFlow>& ring) {
  ring.splice(ring.end(), ring, ring.begin());
  ring.front().credit += ring.front().weight;
}

CellId Paper::take(size_t c) {
  std::list<PaperFlow>& ring = rings_[c];
  for (size_t tried = 0; cost_of(ring.front()) > ring.front().credit; ++tried) {
    if (tried != 0 && tried % ring.size() == 0) {
      uint64_t fewest = UINT64_MAX;
      for (const PaperFlow& f : ring) fewest = std::min(fewest, (cost_of(f) - f.credit + f.weight - 1) / f.weight);
      for (PaperFlow& f : ring) f.credit += (fewest - 1) * f.weight;
    }
    turn_over(ring);
  }
  PaperFlow& f = ring.front();
  f.credit -= cost_of(f);
  const CellId taken = next_of(f);
  if (taken == 0) {
    f.extra = 0;
  } else if (taken == f.next) {
    f.next = message(taken).next;
  } else {
    f.back.pop_back();
  }
  if (empty(f)) {
    ring.pop_front();
    if (!ring.empty()) ring.front().credit += ring.front().weight;
  }
  return taken;
}

bool Paper::turn(CellId* taken) {
  size_t first = 0;
  while (first < kMessageClasses && rings_[first].empty()) ++first;
  if (first == kMessageClasses || too_many_) return false;
  size_t behind = first + 1;
  while (behind < kMessageClasses && rings_[behind].empty()) ++behind;
  const bool passes = behind < kMessageClasses;
  const size_t served = passes && floor_ != 0 && passed_ + 1 >= floor_ ? behind : first;
  passed_ = passes && served == first ? passed_ + 1 : 0;
  *taken = take(served);
  return true;
}

}  // namespace

QueuePosition position_by_walk(CellBase cells, const LineQueue& line, uint32_t floor, const Place& place,
                               std::vector<CellId>* order) {
  Paper paper(cells, line, floor, place);
  order->clear();
  CellId taken;
  while (order->size() < kMostTurnsWalked && paper.turn(&taken)) {
    order->push_back(taken);
    if (taken == place.message) return {order->size(), true};
  }
  return {order->size() + 1, false};
}

}  // namespace sluice
