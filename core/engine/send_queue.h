// SPDX-License-Identifier: Apache-2.0
// The queues of an engine's lines: taking messages in, leasing those whose time has come, hearing what came of them.
//
// 1. A line's queue hangs off its record, whose flag keeps it from the straight way and from being dropped. It is made with the first
//    message and goes with the last.
// 2. Whatever changes a line's queue or its limits arms its timer before the line's lock is let go, for the earliest instant at which
//    there is something to do.
// 3. A message is in exactly one place: waiting in its flow, with what waits for an instant, chained, or (unknown) in its shard's
//    cells alone.
// 4. Calls but for accepting hold the control block's lock shared: no reload happens under them.
#pragma once

#include <atomic>
#include <span>
#include <string>
#include <vector>

#include "core/engine/message_hours.h"
#include "core/engine/message_layout.h"
#include "core/engine/queue_shard.h"
#include "core/engine/releases.h"
#include "core/engine/shard_locks.h"
#include "core/engine/turnout.h"
#include "core/engine/work.h"
#include "core/engine/zone_sets.h"
#include "core/queue/position.h"

namespace sluice::straight {

struct Subject;

}  // namespace sluice::straight

namespace sluice {

class EngineCore;
struct Extras;
struct PendingMessage;
struct KeyState;
class RequestCall;

// The values of a message as its request had them. Good while the line's shard is locked.
struct StoredValues {
  size_t count = 0;
  Bytes key;  // idempotency, empty: none
  union {
    Bytes values[kMaxDimensions];  // `count` of them; the rest is never read, so never written
  };

  StoredValues() {}

  size_t bytes() const {
    size_t total = 0;
    for (size_t i = 0; i < count; ++i) total += values[i].size();
    return total;
  }
};

// A line's queue and where it is. Good while its shard is locked.
struct Line {
  uint32_t shard_index = 0;
  Shard* shard = nullptr;
  QueueShard* queues = nullptr;
  CellId cell = 0;
  LineQueue* queue = nullptr;
  Record* record = nullptr;
};

// A message and what it hangs on. Good while its line's shard is locked.
struct Held {
  Line line;
  CellId cell = 0;
  Message* message = nullptr;
  Flow* flow = nullptr;
  const MessageLayout* layout = nullptr;
};

// A line as a promise looks at it; one without messages has no queue yet, and maybe no record.
struct Outlook {
  const LineQueue* queue = nullptr;  // never nullptr: an empty one where there is none
  const std::byte* state = nullptr;
  uint8_t plan = 0;
  const Extras* extras = nullptr;
  Instant base = 0;
};

// What a message will be leased for.
struct Asked {
  const Operation* operation = nullptr;
  const uint64_t* quantities = nullptr;
};

// Which charges of a message are to be given back.
using Returns = bool (*)(const LayoutRow&);

// line_leasing.cpp: whether lines are named as they may be.
Status check_lines(const LeaseOptions& options, std::string* error);

// What an aborted campaign's message has not got back yet.
Returns returns_of_aborted(const Message& message);

// What a message must have on another line before it is moved there.
struct Berth {
  CellId flow = 0;
  CellId alias = 0;
  bool new_flow = false;
};

class SendQueue {
 public:
  explicit SendQueue(EngineCore& core);
  ~SendQueue() = default;
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  // enqueue.cpp: under a decision's locks. What a message brings beside its request, held against the policy.
  Status check(Work& work, std::string* error) const;
  static MessageClass class_of(const EnqueueRequest& request, const Operation& operation, const Campaign* campaign);
  // straight_enqueue.cpp: the same in one, for messages of an operation from the front of an array; how many were taken in. What
  // comes behind is to go the other way. REQUIRES: the locks of all subjects.
  size_t accept_straight(size_t operation, const EnqueueRequest* requests, size_t count, straight::Subject* subjects,
                         size_t slots, Enqueued* out);
  // Between the check and the commit of its charges. False: no memory, and nothing has changed.
  bool make_room(Work& work);
  // What a key's message is by now. REQUIRES: the decision's locks, and the request that it was accepted with.
  void replay(const Work& work, const KeyState& key) const;
  // How what was replayed stands now. False: it is not held any more.
  bool tell_present(Enqueued* out) const;
  // REQUIRES: make_room(), and the charges are committed.
  void accept(Work& work);
  // When a message that is not there yet would leave. REQUIRES: the decision's locks.
  Promise promise_for(const Work& work) const;
  // Whether its hours are closed now.
  bool would_park(const Work& work) const;
  bool has_ready(const Record& line) const;
  SubjectRef& line_subject(const Work& work) const;
  // The next release of a line, kNever when none is in sight: how long a denial for depth lasts at least.
  Instant next_release(const SubjectRef& line) const;

  // How long a message that comes now would wait for its line, by what the line's own limits and its queue say; kNever.
  Span expected_wait(const Operation& operation, const SubjectRef& line, Instant now) const;
  Span expected_wait(const Operation& operation, const Outlook& line, Instant now) const;

  // leasing.cpp
  Status lease(const LeaseOptions& options, LeaseSink& sink, Instant* next_due, std::string* error);
  Instant next_due();
  Instant next_due_of(std::span<const Bytes> lines);  // line_leasing.cpp

  // settling.cpp
  Status settle(const Settlement& settlement, Instant now, MessageState* state, std::string* error);
  // straight_settle.cpp. REQUIRES: the shard's lock.
  bool settle_straight(uint32_t shard_index, const Settlement& settlement, Instant now);
  Status extend(uint64_t message, uint32_t fence, Span ttl, Instant now, std::string* error);
  Status cancel(uint64_t message, Instant now, MessageState* state, std::string* error);
  Status status(uint64_t message, Instant now, MessageStatus* out, std::string* error);
  // Ends every message that holds the value of a dimension, whatever it is doing.
  void erase(uint8_t dimension, Bytes value, Instant now);

  // campaigns.cpp
  Status create_campaign(const CampaignSpec& spec, Instant now, uint64_t* campaign, std::string* error);
  Status change_campaign(uint64_t campaign, CampaignChange change, Instant now, CampaignReport* report, std::string* error);
  Status set_campaign_rate(uint64_t campaign, CampaignRate rate, Instant now, CampaignReport* report, std::string* error);
  Status campaign_status(uint64_t campaign, CampaignReport* report, std::string* error);
  // Whether a line holds what has expired, since nobody has asked for leases; and what ends it.
  bool has_expired(const SubjectRef& line, Instant now) const;
  bool has_expired(const Record& record, Instant now) const;
  bool has_expired(const LineQueue& queue, Instant now) const;
  void end_expired(const Waiter& line, Instant now);
  // What an aborted campaign had on a line does not count there any more. REQUIRES: the line's lock.
  void drop_aborted(const SubjectRef& line);
  // Gives back for good what aborted campaigns left, at most so many messages; how many are left is not known.
  void reclaim(uint64_t most, Instant now) {
    if (any_reclaims_.load(std::memory_order_acquire)) reclaim_some(most, now);
  }

  // waking.cpp: something about a subject has changed that may open a limit. REQUIRES: its shard's lock.
  void subject_changed(uint32_t shard_index, uint64_t hash, RecordId record);
  // Every line is looked at again, as after a reload.
  void look_at_all();
  // A record of a line came to another policy, and so to another place.
  void record_moved(const Record& from, Record& to, RecordId id);
  // The record of a line goes, or its scope holds lines no more. REQUIRES: it has no messages, and its timer is in nobody's hands.
  void record_gone(Shard& shard, const Record& record);
  // REQUIRES: the shard's lock.
  static bool holds_messages(const Shard& shard);
  // REQUIRES: the shard's lock. What a shard has goes, with the engine.
  void clear(Shard& shard);

  // explain_message.cpp: every rule that holds a message now, as JSON; nothing changes.
  Status explain(uint64_t message, Instant now, std::string* json, std::string* error);

  // moved.cpp: messages whose lease ended while their line was closed for good, since they were asked for last.
  std::vector<uint64_t> take_strays();

  MessageLayouts& layouts() { return layouts_; }
  ZoneSets& zone_sets() { return zone_sets_; }
  // "Europe/Paris,Asia/Tokyo"; empty for 0.
  std::string zone_of(uint32_t number) const { return number == 0 ? std::string() : hours::names_of(zone_sets_.at(number)); }

 private:
  friend class MessageExplainer;
  friend class PlanCopier;
  friend class Pools;
  friend class Router;

  // lines.cpp
  CellBase cells() const;
  const CompiledPolicy& policy() const;
  CellId queue_of(const Record& record) const;
  void set_queue(Record& record, CellId line);
  template <class T>
  T& at(CellId id) const {
    return *cells().at<T>(id);
  }
  CellId allocate(Shard& shard, uint32_t units, bool beyond_cap);
  void free(Shard& shard, CellId id, uint32_t units);
  Turns turns(const Line& line) const { return Turns(cells(), *line.queue, policy().queue.floor); }
  Line line_at(uint32_t shard_index, CellId cell) const;
  Held held_at(const Line& line, CellId message) const;
  CellId find_cell(const Shard& shard, uint64_t message) const;
  StoredValues values_of(const Held& held) const;
  const QueuePlan& plan_of(const Held& held) const;
  Params params_of(const Line& line, const LineCharge& charge, const Extras* extras) const;
  // When a line lets pass what is charged like that.
  Instant opens_at(const Line& line, const LineGate& gate, const uint64_t* quantities, Instant from) const;
  void charge_gate(const Held& held, const LineGate& gate, Instant now);
  Instant release_at(const Line& line) const;
  Instant due_of(const Line& line) const;
  void arm(const Line& line) { releases_.arm(line.queue->timer, line.queue->armed = due_of(line), ahead_of(*line.queue)); }
  Releases::Ahead ahead_of(const LineQueue& queue) const;
  // After a message has gone: arms the line, or drops it when it was the last.
  void settle_line(const Line& line);
  bool drop_line(const Line& line, bool in_hand);
  // Begins the queue of a line, with so many units behind it, and arms it: for its message `ahead`, or for kNever. 0: no memory.
  CellId begin_line(uint32_t shard_index, Shard& shard, RecordId record, uint32_t resident, Instant due, CellId ahead);
  // In those units, the flow of its first message.
  void begin_resident(CellId line, MessageClass message_class, Bytes tenant);

  // enqueue.cpp
  bool make_queues(ShardCold& cold);
  uint64_t hash_of_tenant(Bytes tenant) const;
  CellId find_flow(const QueueShard& queues, CellId line, uint8_t message_class, Bytes tenant, uint64_t hash) const;
  bool make_message(PendingMessage& pending, const MessageLayout& layout, uint16_t layout_number);
  bool make_line(PendingMessage& pending, const MessageLayout& layout);
  bool make_flow(PendingMessage& pending, const MessageLayout& layout);
  void undo(PendingMessage& pending);
  // Behind the others of its flow; a line whose turn that changes is armed.
  void line_up(const Held& held, Instant now);

  // straight_enqueue.cpp
  static constexpr size_t kFetched = 128;  // subjects at a time
  void fetch(const AcceptPlan& plan, std::span<const EnqueueRequest> requests, straight::Subject* subjects, size_t slots) const;
  CellId flow_there(const LineQueue& queue, CellId line, MessageClass message_class, Bytes tenant) const;
  void fetch_single(const straight::Subject* subjects, size_t slots, const Shard& shard, uint32_t units) const;
  CellId lay_out(const QueuePlan& plan, const MessageSize& size, const EnqueueRequest& request, MessageClass message_class,
                 Shard& shard);
  bool find_records(const AcceptPlan& plan, const RequestCall& call, bool fetched, straight::Subject* subjects,
                    size_t slots) const;
  CellId require_flow(const EnqueueRequest& request, MessageClass message_class, uint16_t layout, const Line& line);
  Instant opens_for_first(const Generation& g, const Record& record, Instant now) const;
  CellId begin_with(const Generation& g, MessageClass message_class, Bytes tenant, Instant now, Held* held);
  bool find_place(const Generation& g, const QueuePlan& plan, const EnqueueRequest& request, MessageClass message_class,
                  Instant now, Held* held);
  void line_up_first(const Generation& g, const Held& held, Instant now);
  bool accept_one(const Generation& g, const QueuePlan& plan, const EnqueueRequest& request, MessageClass message_class,
                  const MessageSize& size, straight::Subject* subjects, size_t slots, Enqueued* out);

  // leasing.cpp
  void reopen(const Line& line, Instant now);
  Served serve(const Releases::Due& due, const LeaseOptions& options, Instant now, LeaseSink& sink, Releases::Landing* next);
  enum class Tried { leased, parked, waits, full, again };
  Tried try_candidate(const Line& line, ShardLocks& locks, const LeaseOptions& options, Instant now, LeaseSink& sink);
  void keep_stamp(const Held& held, int32_t limit, const Taken& taken);
  Tried charge_all(const Held& held, const StoredValues& values, ShardLocks& locks, Instant now);
  void begin_lease(const Held& held, const LeaseOptions& options, Instant now);
  LeaseView view_of(const Message& message, const MessageLayout& layout, const StoredValues& values, Instant due) const;
  void hand_out(const Held& held, const StoredValues& values, const LeaseOptions& options, Instant due, Instant now,
                LeaseSink& sink);
  // False: locks were let go in between.
  bool wake_due(const Line& line, ShardLocks& locks, Instant now);
  bool wake_one(const Line& line, CellId entry, ShardLocks& locks, Instant now);
  bool lease_ended(const Held& held, ShardLocks& locks, Instant now);

  // straight_lease.cpp: the lines from the front that are straight. REQUIRES: no lock is held.
  void fetch_taken(std::span<const Releases::Due> lines) const;
  void serve_straight(Turnout& turnout, const LeaseOptions& options, Instant now, LeaseSink& sink);
  Served serve_one(const Releases::Due& due, const LeaseOptions& options, Instant now, LeaseSink& sink, Releases::Landing* next);
  Served serve_plain(const Generation& generation, Releases::Place place, const LeaseOptions& options, Instant now,
                     LeaseSink& sink, Releases::Landing* next);

  // line_leasing.cpp
  struct NamedLine {
    Bytes name;
    uint64_t hash = 0;
    uint64_t number = 0;
    Instant due = kNever;
  };
  NamedLine named_line(Bytes name) const;
  CellId queue_of(const NamedLine& line) const;
  void ask_when_due(NamedLine* line);
  bool take_line(const NamedLine& line, Instant now, Releases::Due* out);
  Status lease_lines(const LeaseOptions& options, Instant now, LeaseSink& sink, Instant* next);

  // lanes.cpp
  Campaign* find_campaign(uint64_t id) const;
  uint64_t tenant_hash(Bytes tenant, int16_t* scope) const;
  void abort_campaign(Campaign& campaign, Instant now);
  void wake_lines(const Campaign& campaign);
  bool make_lane(Work& work);
  void join_lane(Work& work, const Held& held);
  void arm_lane(const Line& line, CellId lane);
  bool wake_lane(const Line& line, CellId lane, ShardLocks& locks, Instant now);
  bool lock_campaign(const Message& message, ShardLocks& locks) const;
  Span line_unit(const Line& line) const;
  enum class Campaigning { goes, held_back, again };
  Campaigning ask_campaign(const Held& held, ShardLocks& locks, Instant now);
  void back_to_lane(const Held& held);
  void tally(const Held& held, bool joins);
  void lane_goes_on(const Held& held, Instant now);
  void leased_of(const Held& held, Instant now);
  void back_of(const Held& held);
  void ended_of(const Held& held, MessageState state, Instant now);
  void leave_lane(const Held& held);
  void finish_if_done(Campaign& campaign, Instant now);
  bool is_aborted(const Message& message) const;
  void drop_lane(const Line& line, Lane& lane);
  [[gnu::noinline]] void reclaim_some(uint64_t most, Instant now);
  uint64_t reclaim_line(const CampaignLine& where, uint64_t most, Instant now, bool* done);
  // campaign_rate.cpp
  void wait_for_pace(const Held& held, Instant now);
  bool lets_older_go(const Held& held, Instant now);
  void give_back_pace(const Held& held, Instant now);
  void tell(EventKind kind, const Campaign& campaign, uint64_t used, uint64_t limit, Instant now) noexcept;

  // promise.cpp
  Promise promise_of(const Held& held, Instant now) const;
  Outlook outlook_of(const Line& line) const;
  Promise promise_at(const Outlook& line, const Place& place, const Asked& asked, Instant from) const;
  Promise promise_later(const Outlook& line, const Place& place, const Asked& asked, Instant now, Instant then) const;
  bool may_be_passed(const LineQueue& queue, CellId message, Instant until) const;

  Promise promise_on_line(const Held& held, Instant now) const;
  Promise promise_on_line(const Work& work) const;

  // message_hours.cpp
  MessageHours hours_of(size_t message_class, uint32_t zones) const;
  MessageHours hours_of(const Message& message) const;
  void note_hours(PendingMessage& pending, Instant begins) const;
  void count_zoned(const Held& held, Instant now);
  static bool waits_for_hours(const Flow& flow);
  static MessageState state_of(const Held& held);
  bool keeps_hours(const Held& held, Instant now);
  bool park_at_once(const Held& held, Instant now);
  Instant lane_opens(Lane& lane, Instant slot) const;
  Span lane_unit(const Line& line, const Lane& lane, Instant now) const;
  Instant steady_until(const LineQueue& queue, Instant now) const;
  bool steps_aside(CellId message, Instant at) const;
  static Promise within_hours(Promise promise, const MessageHours& hours);

  // waking.cpp
  void wake_waiting() {
    if (any_wakes_.load(std::memory_order_acquire)) wake_those_waiting();
  }
  [[gnu::noinline]] void wake_those_waiting();
  void wake_line(const Waiter& waiter);
  void look_again(uint32_t shard_index, const Record& record, bool other_hours);

  // parking.cpp
  uint64_t chain_key(const Held& held) const;
  Chains::Chain* chain_before(const Held& held) const;
  bool join_chain(const Held& held);
  void hold_chain(const Held& held, Instant until);
  void park(const Held& held, Instant until, bool whole_flow);
  void leave_chain(const Held& held);
  void wait_for(const Line& line, uint64_t subject, Shard& shard);
  void unpark_all(const Line& line, bool other_hours);

  // settling.cpp
  Status find(uint64_t message, ShardLocks& locks, Held* held, std::string* error) const;
  // Locks what giving back needs; false: locks were let go in between.
  bool lock_returns(const Held& held, const StoredValues& values, Returns returns, ShardLocks& locks) const;
  void give_back(const Held& held, const StoredValues& values, Returns returns, Instant now);
  void end_whatever(uint64_t message, Instant now);
  void end_key(const Held& held, const StoredValues& values, MessageState state, Instant now);
  void give_back_row(const Held& held, const StoredValues& values, const LayoutRow& row, Instant now);
  void give_back_to(Shard& shard, RecordId id, const Limit& limit, const LayoutRow& row, const StoredValues& values,
                    uint64_t stamp, uint64_t cost, Instant now);
  bool end(const Held& held, MessageState state, ShardLocks& locks, Instant now);
  bool end(const Held& held, MessageState state, Returns returns, ShardLocks& locks, Instant now);
  void expire_in_time(const Held& held);
  void leave_place(const Held& held);
  void detach(const Held& held);
  // REQUIRES: none of its messages is left.
  void end_flow(const Line& line, CellId flow);
  void forget(const Held& held, MessageState state);
  bool refuse(const Held& held, ShardLocks& locks, Instant now);
  bool retry(const Held& held, const Settlement& settlement, ShardLocks& locks, Instant now);
  bool take_back(const Held& held, ShardLocks& locks, Instant now);
  void put_back(const Held& held, Instant now);
  bool apply(const Held& held, const Settlement& settlement, ShardLocks& locks, Instant now);
  bool ends_quietly(const Held& held, Outcome outcome) const;
  static bool is_current(const Message& message, uint32_t fence);

  // moved.cpp: messages that are not on a line of the shard that accepted them
  void add_stray(uint64_t message);
  static bool is_away(const Held& held) { return shard_of_message(held.message->id) != held.line.shard_index; }
  CellId find_alias(const Shard& shard, uint64_t message) const;
  // Where a message is now. REQUIRES: the lock of the shard that accepted it; that of the other is held as well then.
  CellId follow(uint64_t message, ShardLocks& locks, uint32_t* shard_index) const;
  void drop_alias(uint64_t message);
  // Between two lines: room first, then what follows the message. REQUIRES: the locks of both, and of whatever it charged.
  bool make_berth(const Held& held, const Line& to, Berth* berth);
  void undo_berth(const Held& held, const Line& to, const Berth& berth);
  void carry(const Held& held, const Line& to, const Berth& berth, Instant now);
  void take_row(const Held& held, const StoredValues& values, const LayoutRow& row, Instant now);

  EngineCore& core_;
  Releases releases_;
  MessageLayouts layouts_;
  ZoneSets zone_sets_;

  // Lines on which something may have come open elsewhere: looked at before the next lease.
  SpinLock wakes_lock_;
  std::vector<Waiter> wakes_;
  bool wakes_everything_ = false;
  std::vector<CampaignLine> reclaims_;  // lines with something of an aborted campaign
  std::atomic<bool> any_reclaims_{false};
  std::atomic<bool> any_wakes_{false};
  std::vector<uint64_t> strays_;
  std::atomic<bool> any_strays_{false};
};

}  // namespace sluice
