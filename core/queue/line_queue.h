// SPDX-License-Identifier: Apache-2.0
// The queue of one line: which message goes next, and what waits for an instant.
//
// 1. Between classes strict order with a floor: when the class that is served has gone `floor - 1` times in a row past one behind it,
//    that one has the next turn. Inside a class deficit round robin over flows, by cost. Inside a flow first in, first out.
// 2. What is not ready stands in one heap by its instant: scheduled, parked and leased messages, parked flows, lanes, expiries.
// 3. A message to a recipient never passes an earlier one of its flow to the same recipient that is parked: it is chained to it.
// 4. Nothing here knows of limits, clocks or locks: the engine asks whose turn it is, and says what came of it.
#pragma once

#include <cstdint>

#include "core/limits/queue_rules.h"
#include "core/queue/flow.h"
#include "core/queue/message.h"
#include "core/queue/pairing_heap.h"

namespace sluice {

struct LineQueue {
  uint64_t number = 0;                   // in the order of creation
  uint32_t timer = 0;                    // of the release wheel
  uint32_t record = 0;                   // of its line
  CellId timed = 0;                      // heap by instant
  CellId lanes = 0;                      // of campaigns; list
  CellId ring[kMessageClasses] = {};     // the flow whose turn it is
  uint32_t flows[kMessageClasses] = {};  // in the ring
  uint32_t ready[kMessageClasses] = {};  // messages of the flows in the ring
  uint32_t messages = 0;                 // in all states
  uint32_t in_flight = 0;
  uint32_t chains = 0;     // recipients that others wait for
  uint32_t passed_by = 0;  // turns in a row in which a class behind the one served had messages ready
  Instant ready_since = 0;
  CellId recent = 0;         // the flow last put into
  uint32_t costly = 0;       // messages held that do not cost one
  uint32_t shared = 0;       // messages held that something beside the line's own limits may hold
  uint32_t unknown = 0;      // leases of those that are sent at most once, ended without a word
  uint64_t load = 0;         // what the turns of all messages held cost
  uint32_t zoned = 0;        // messages held that bring zones of their own
  uint32_t resident = 0;     // units of the flow that stands behind it in one piece, and goes with it; 0: there is none
  Instant armed = 0;         // what its timer was last set to
  Instant closed_until = 0;  // nothing is released before; kNever: until somebody opens it
};
// Of most lines all messages are one tenant's in one class. That flow lies behind the queue, at no place of its own to be looked for.
inline constexpr uint32_t kLineQueueUnits = (sizeof(LineQueue) + kCellUnit - 1) / kCellUnit;

constexpr CellId resident_of(CellId line) { return line + kLineQueueUnits; }
constexpr bool is_resident(const LineQueue& queue, CellId line, CellId flow) {
  return queue.resident != 0 && flow == resident_of(line);
}

// What is done with a line's queue; as light as two pointers. REQUIRES: the lock of the line's shard.
class Turns {
 public:
  Turns(CellBase cells, LineQueue& line, uint32_t floor) : cells_(cells), line_(line), floor_(floor) {}

  // The message whose turn it is; 0: none is ready. The same until something is put in, taken, or set aside.
  CellId candidate();
  // It goes: its flow's credit pays for it, and its class has had its turn. REQUIRES: it is the candidate.
  void take(CellId message);

  // At the end of its flow, or at the place of its number.
  void put_last(CellId message);
  void put_back(CellId message);
  // Out of its flow, without having had its turn. REQUIRES: it waits there.
  void set_aside(CellId message);

  // A flow out of the ring and into it again, with all that waits in it.
  void leave_ring(Flow& flow);
  void enter_ring(CellId flow);

  // Into and out of what waits for an instant.
  void hold(CellId entry, Instant due);
  void let_go(CellId entry) { timed().remove(entry); }
  // The first that is due; 0: none.
  CellId take_due(Instant now);
  Instant first_due() const { return line_.timed == 0 ? kNever : cells_.at<Entry>(line_.timed)->due; }

  bool is_ready() const { return (line_.ready[0] | line_.ready[1] | line_.ready[2] | line_.ready[3]) != 0; }
  CellId next_of(const Flow& flow) const;

 private:
  Message& message(CellId id) const { return *cells_.at<Message>(id); }
  Flow& flow(CellId id) const { return *cells_.at<Flow>(id); }
  PairingHeap<ByDue> timed() { return {cells_, &line_.timed}; }
  PairingHeap<ById> back(Flow& f) { return {cells_, &f.back}; }
  // Where no message costs more than another none need be asked.
  uint32_t cost_of(CellId id) const { return line_.costly == 0 ? 1 : message(id).cost; }
  // The classes with something ready, a bit each, and which of them has the turn. REQUIRES: one has.
  uint32_t ready_classes() const;
  size_t class_to_serve(uint32_t ready) const;
  CellId candidate_of(size_t message_class);
  void turn_over(size_t message_class);
  void grant_rounds(size_t message_class);
  void take_out(Flow& f, CellId id);
  void added(CellId flow);
  void removed(CellId flow);

  CellBase cells_;
  LineQueue& line_;
  const uint32_t floor_;
};

}  // namespace sluice
