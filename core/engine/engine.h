// SPDX-License-Identifier: Apache-2.0
// The engine: policies joined with keyed state and a clock. Thread-safe throughout; the C ABI is a thin skin over it.
//
// 1. A decision locks the shards of all its subjects in index order, checks everything, then commits everything.
// 2. Before its first lock a call reads only type-stable memory: the control block and the operations' shapes.
// 3. Every public call reads the time once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/allocator.h"
#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/limits/params.h"
#include "core/limits/queue_rules.h"
#include "core/queue/campaign.h"
#include "core/queue/message.h"
#include "core/queue/pool.h"

namespace sluice {

struct CompiledPolicy;

// Numbers are those of the C ABI and never reused.
enum class Status : int32_t {
  ok = 0,
  denied = 1,
  would_queue = 2,
  invalid = -1,
  handle = -2,
  no_memory = -3,
  not_found = -4,
  policy = -5,
  time = -6,
  conflict = -7,
  unset = -8,
  buffer = -9,
  unsupported = -10,
  forked = -11,
  would_reset = -12,
  too_many = -13,
  stale = -14,
  internal = -100,
};

enum class WaitKind : int32_t { none, exact, bound, unknown, never };

inline constexpr Instant kEngineClock = INT64_MIN;  // "read your own clock"
inline constexpr size_t kMaxIdempotencyKey = 255;

namespace flag {
// of a request
inline constexpr uint32_t peek = 1, receipt = 2, force = 4;
inline constexpr uint32_t known_request_flags = peek | receipt | force;
// of a decision, a detail, a usage row
inline constexpr uint32_t replayed = 1, unlimited = 2, overflowed = 4, passed = 8;
}  // namespace flag

struct EngineOptions {
  std::string policy;
  std::string stance = "enforce";
  std::string zoneinfo_dir;
  bool manual_clock = false;
  Instant manual_now = 0;
  uint64_t memory_cap = uint64_t{1} << 30;
  Span receipt_ttl = kDay;
  uint32_t event_capacity = 4096;
  uint32_t shards = 1024;
  MemorySource memory = host_memory();
};

struct Request {
  int32_t operation = -1;
  std::span<const Bytes> values;  // declared order; the repeated dimension's entry is empty
  std::span<const Bytes> repeated;
  std::span<const uint64_t> quantities;
  Bytes idempotency_key;  // empty: none
  Instant now = kEngineClock;
  uint32_t flags = 0;
};

struct Detail {
  int32_t limit_id = -1;
  DenialKind denial = DenialKind::none;
  uint64_t limit = 0, used = 0, remaining = 0;
  Instant resets_at = 0, opens_at = 0;
  uint32_t charge = 0, subject = 0, flags = 0;
};

struct Decision {
  Status status = Status::ok;
  DenialKind denial = DenialKind::none;
  WaitKind wait_kind = WaitKind::none;
  Instant now = 0;
  Span retry_after = 0;
  uint64_t largest_cost = 0;
  int32_t limit_id = -1;
  uint32_t flags = 0;
  uint64_t limit = 0, used = 0, remaining = 0;
  Instant resets_at = 0, opens_at = 0;
  uint64_t receipt = 0;
  std::span<Detail> details;    // in: room
  uint32_t detail_count = 0;    // out: rows there are
  std::string* line = nullptr;  // in: where to tell the line that a pool chose
};

// A message to be held until it may go.
struct EnqueueRequest {
  Request request;
  Bytes payload;
  int32_t message_class = -1;  // the operation's own
  Instant send_at = 0;         // not before; 0: as soon as it may
  Instant expires_at = 0;      // 0: as its class says
  uint64_t campaign = 0;       // 0: none
  Bytes zone = {};  // "Europe/Paris", or several with commas between: by whose clocks its hours are; empty: the policy's
};

// When a message leaves, if nothing else comes and configuration stays.
struct Promise {
  uint64_t position = 0;  // 1 is the next of its line; 0: not known
  Instant eta = 0;
  WaitKind kind = WaitKind::unknown;  // exact; bound: not before eta; unknown; none: it does not wait
};

// How a message came to its line through a pool. Numbers are those of the C ABI.
enum class Sticky : int32_t {
  none = 0,      // not by a lasting route
  fresh = 1,     // the recipient's first, which lasts
  existing = 2,  // the recipient's
  moved = 3,     // the recipient's, which is another than before
  spilled = 4,   // another, this once
};

inline constexpr size_t kQueueGroup = 32;  // messages that are taken in under one set of locks, at most

struct Enqueued {
  Decision decision;
  uint64_t message = 0;  // 0: not held
  MessageState state = MessageState::none;
  Instant expires = 0;  // 0: never
  uint64_t depth = 0;   // messages held for its line, this one too
  Promise promise;      // of a peek alone
  std::string line;     // of an operation with a pool: the one it goes by
  Sticky sticky = Sticky::none;
};

inline constexpr size_t kMostLeaseLines = 4096;  // that one call names

struct LeaseOptions {
  Instant now = kEngineClock;
  Span ttl = 0;  // 0: the policy's
  uint32_t most = 1;
  // Of all lines; or of those named here; or of all that a pool has for certain values of its `by`.
  bool some_lines = false;
  std::span<const Bytes> lines = {};
  Bytes pool = {};
  std::span<const Bytes> by = {};
};

// A message that was leased, lent for one call: its bytes lie in the engine.
struct LeaseView {
  uint64_t message = 0;
  uint64_t campaign = 0;  // 0: none
  uint32_t fence = 0;
  uint32_t attempt = 1;
  int32_t operation = -1;
  MessageClass message_class = MessageClass::transactional;
  bool redelivered = false;
  Instant due = 0;      // when it could have gone
  Instant until = 0;    // the lease's end
  Instant expires = 0;  // 0: never
  std::span<const Bytes> values;
  std::span<const uint64_t> quantities;
  Bytes payload;
};

// Where leased messages go; called under locks, so it does no more than copy.
class LeaseSink {
 public:
  virtual ~LeaseSink() = default;
  // Whether take() will have room for so many values and bytes in all.
  virtual bool fits(size_t values, size_t bytes) = 0;
  virtual void take(const LeaseView& lease) = 0;
};

// What came of a lease. Numbers are those of the C ABI.
enum class Outcome : int32_t {
  sent = 0,
  retry = 1,          // it may or may not have been sent: try again
  throttled = 2,      // the upstream refused it for now: its line waits
  not_attempted = 3,  // nothing was tried
  failed = 4,         // for good
  line_bad = 5,       // its line cannot send: it waits, and the line with it
};

struct Settlement {
  uint64_t message = 0;
  uint32_t fence = 0;
  Outcome outcome = Outcome::sent;
  Span retry_after = 0;  // retry: 0 is the policy's backoff; throttled: 0 is its first
};

struct MessageStatus {
  uint64_t message = 0;
  MessageState state = MessageState::none;
  MessageClass message_class = MessageClass::transactional;
  uint32_t fence = 0, tries = 0;
  int32_t operation = -1;
  Instant due = 0;      // scheduled, parked, leased: until then
  Instant expires = 0;  // 0: never
  uint64_t depth = 0;   // messages held for its line
  std::string line;     // the one it goes by now: a pool may have moved it
  Promise promise;
};

// What a campaign is asked to be; its account is the tenant's value.
struct CampaignSpec {
  Bytes name;
  Bytes tenant;
  CampaignRules rules;
};

enum class CampaignChange : int32_t { pause = 1, resume = 2, seal = 3, abort = 4 };

// Numbers are those of the C ABI.
enum class CampaignState : int32_t { none = 0, running = 1, paused = 2, aborted = 3, finished = 4 };

struct CampaignReport {
  CampaignState state = CampaignState::none;
  bool sealed = false;
  uint64_t accepted = 0, queued = 0;
  uint64_t removed = 0;       // by this abort
  CampaignRate rate;          // of all its lines together, as it is now
  Instant rate_opens_at = 0;  // from when on it lets the next leave; 0: none has left by it
  uint64_t ended[kMessageStates] = {};
  std::vector<uint64_t> in_flight;  // message numbers
};

// What a copy of a part of an engine is to be good for: a campaign's messages of one operation, by its pool or by some lines.
struct PlanCopyRequest {
  const CompiledPolicy* policy = nullptr;  // by which it was asked
  size_t operation = 0;                    // position in it
  std::span<const Bytes> values;           // of the operation; the line's and the recipient's are not looked at
  int16_t recipient = -1;                  // position of the recipient's; -1: it has none
  std::span<const Bytes> lines;            // without a pool
  std::span<const Bytes> recipients;       // whose records and routes are wanted
  uint32_t shards = 64;
  uint64_t memory_cap = uint64_t{1} << 30;
};

struct PlanCopied {
  uint64_t engine = 0;  // the copy, on a manual clock, for the caller to destroy
  Instant now = 0;
  std::vector<std::string> lines;
  uint64_t waiting = 0;      // messages in front
  uint64_t in_flight = 0;    // leased: as good as sent
  uint64_t left_out = 0;     // messages that could not be copied
  uint64_t memory_left = 0;  // below the asked engine's cap
};

// A subject by scope text ("account", "line,recipient") and values in that order.
struct SubjectName {
  Bytes scope;
  std::span<const Bytes> values;
};

// A line of a pool as it is from now on; what is not said is what a new line has.
struct LineChange {
  Bytes pool;
  std::span<const Bytes> by;  // values of the pool's `by`, in its order
  Bytes line;
  uint32_t weight = 1;
  LineState state = LineState::active;
  Instant paused_until = 0;  // paused; 0: until somebody says else
  int32_t on_suspend = -1;   // an OnSuspend in place of the pool's
  Bytes reason;
};

// What became of the messages that waited on a line that was suspended or removed.
struct LineReport {
  uint64_t held = 0, moved = 0, failed = 0;
};

struct UsageRow {
  int32_t limit_id = -1;
  uint32_t flags = 0;
  uint64_t limit = 0, used = 0, remaining = 0, overage = 0;
  Instant period_begins = 0, resets_at = 0;
};

enum class EventKind : uint32_t {
  threshold = 1,
  promotion = 2,
  saturated = 3,
  memory = 4,
  sender_changed = 5,
  campaign_paused = 6,    // by failures: `used` of the last `limit` outcomes
  campaign_finished = 7,  // every message of it has ended; `used` were sent of `limit` accepted
};

struct Event {
  EventKind kind = EventKind::threshold;
  int32_t limit_id = -1;
  Instant at = 0;
  uint64_t used = 0, limit = 0;
  uint32_t share = 0;  // hundredths of a percent
  int32_t plan = -1;
  bool by_plan_change = false;
  uint32_t subject_len = 0;
  char subject[192] = {};
};

struct Counters {
  uint64_t allowed = 0, denied = 0, would_queue = 0, peeked = 0, replayed = 0, refunded = 0;
  uint64_t denied_by[11] = {};
  uint64_t messages = 0, accepted = 0, leased = 0, ended[kMessageStates] = {};
  uint64_t records = 0, receipts = 0, memory_used = 0, memory_cap = 0, swept = 0, overflowed = 0, events_lost = 0;
};

// The policy of an engine, and where in it the engine's numbers of limits and operations are; -1: not any more.
struct PolicyView {
  const CompiledPolicy& policy;
  std::span<const int16_t> limit_at, operation_at;

  int16_t limit_position(int32_t number) const { return at(limit_at, number); }
  int16_t operation_position(int32_t number) const { return at(operation_at, number); }

 private:
  static int16_t at(std::span<const int16_t> positions, int32_t number) {
    return number < 0 || static_cast<size_t>(number) >= positions.size() ? int16_t{-1} : positions[static_cast<size_t>(number)];
  }
};

// Who reads a policy, which is lent for one call and cannot be reloaded meanwhile.
class PolicyReader {
 public:
  virtual ~PolicyReader() = default;
  virtual Status read(const PolicyView& view) = 0;
};

class EngineCore;

// A handle's view of an engine: checks the handle, then the fork mark, then calls. All functions are thread-safe.
// `error` (nullable) is written on failure only.
class Engine {
 public:
  static Status create(const EngineOptions& options, uint64_t* handle, std::string* error);
  static Status destroy(uint64_t handle);

  static Status set_clock(uint64_t handle, Instant now);
  static Status clock(uint64_t handle, Instant* now);
  static Status reload(uint64_t handle, std::string_view policy, std::string_view stance, bool allow_reset, Instant now,
                       std::string* error);

  static int32_t operation_id(uint64_t handle, std::string_view name);  // negative: a Status
  static int32_t limit_id(uint64_t handle, std::string_view name);
  static Status limit_name(uint64_t handle, int32_t id, std::string* name);
  static Status describe_operation(uint64_t handle, int32_t id, std::string* json);

  // `straight_tried`: the caller has been told that the request does not go the straight way (straight.h).
  static Status decide(uint64_t handle, const Request& request, Decision* decision, std::string* error = nullptr,
                       bool straight_tried = false);
  // One instant for those whose `now` is kEngineClock; each decision's status says how it went.
  static Status decide_many(uint64_t handle, std::span<const Request> requests, std::span<Decision> decisions);
  static Status enqueue(uint64_t handle, const EnqueueRequest& request, Enqueued* out, std::string* error = nullptr);
  // The same as one after the other, at one instant where a request brings none. Each answer's status says how it went.
  static Status enqueue_many(uint64_t handle, std::span<const EnqueueRequest> requests, std::span<Enqueued> out);
  // Leases up to options.most messages whose time has come. *next_due (nullable): when there is something to do again; kNever.
  static Status lease(uint64_t handle, const LeaseOptions& options, LeaseSink& sink, Instant* next_due, std::string* error);
  static Status next_due(uint64_t handle, Instant* due);
  static Status settle(uint64_t handle, const Settlement& settlement, Instant now, MessageState* state, std::string* error);
  static Status extend(uint64_t handle, uint64_t message, uint32_t fence, Span ttl, Instant now, std::string* error);
  static Status cancel(uint64_t handle, uint64_t message, Instant now, MessageState* state, std::string* error);
  static Status status(uint64_t handle, uint64_t message, Instant now, MessageStatus* out, std::string* error);
  // Every rule that holds a message that waits, in the order of their ends, as JSON (docs/queue.md).
  static Status explain_message(uint64_t handle, uint64_t message, Instant now, std::string* json, std::string* error);
  // A campaign of one account; messages come to it by EnqueueRequest::campaign.
  static Status create_campaign(uint64_t handle, const CampaignSpec& spec, Instant now, uint64_t* campaign, std::string* error);
  static Status change_campaign(uint64_t handle, uint64_t campaign, CampaignChange change, Instant now, CampaignReport* report,
                                std::string* error);
  // The most that it sends over all its lines from now on; an amount of 0: no rate.
  static Status set_campaign_rate(uint64_t handle, uint64_t campaign, CampaignRate rate, Instant now, CampaignReport* report,
                                  std::string* error);
  static Status campaign_status(uint64_t handle, uint64_t campaign, CampaignReport* report, std::string* error);
  // plan_copy.cpp: a part of it as an engine of its own. Conflict: the policy has been reloaded.
  static Status copy_for_plan(uint64_t handle, const PlanCopyRequest& asked, PlanCopied* out, std::string* error);
  static Status policy_of(uint64_t handle, std::shared_ptr<const CompiledPolicy>* policy, std::string* error);
  static Status read_policy(uint64_t handle, PolicyReader& reader, std::string* error);
  // Adds a line to a pool, or says anew how it stands.
  static Status set_line(uint64_t handle, const LineChange& change, Instant now, LineReport* report, std::string* error);
  // The lines of a pool for certain `by` values, as a JSON list.
  static Status list_lines(uint64_t handle, Bytes pool, std::span<const Bytes> by, Instant now, std::string* json,
                           std::string* error);
  static Status explain(uint64_t handle, const Request& request, std::string* text, std::string* error);
  static Status refund(uint64_t handle, uint64_t receipt, Instant now, std::string* error);
  static Status commit(uint64_t handle, uint64_t receipt, std::span<const uint64_t> quantities, Instant now, std::string* error);

  static Status set_plan(uint64_t handle, const SubjectName& subject, std::string_view plan, Instant now, std::string* error);
  static Status set_amount(uint64_t handle, int32_t limit, const SubjectName& subject, std::string_view amount, Instant now,
                           std::string* error);
  static Status set_billing(uint64_t handle, const SubjectName& subject, uint32_t day, Span time_of_day, std::string_view zone,
                            Instant now, std::string* error);
  static Status set_usage(uint64_t handle, int32_t limit, const SubjectName& subject, uint64_t used, Instant now,
                          std::string* error);
  static Status reset(uint64_t handle, const SubjectName& subject, Instant now, std::string* error);
  static Status erase(uint64_t handle, const SubjectName& subject, uint64_t* erased, Instant now, std::string* error);
  static Status report_throttled(uint64_t handle, int32_t limit, const SubjectName& subject, Span retry_after, Instant now,
                                 std::string* error);
  static Status clear_throttle(uint64_t handle, int32_t limit, const SubjectName& subject, Instant now, std::string* error);
  static Status report_quality(uint64_t handle, const SubjectName& subject, std::string_view quality, Instant now,
                               std::string* error);

  static Status usage(uint64_t handle, const SubjectName& subject, Instant now, std::vector<UsageRow>* rows, std::string* error);
  static Status usage_json(uint64_t handle, const SubjectName& subject, Instant now, std::string* json, std::string* error);
  static Status list(uint64_t handle, std::string_view scope, uint64_t* cursor, uint32_t max, std::string* json,
                     std::string* error);

  static Status drain_events(uint64_t handle, std::span<Event> out, size_t* count, uint64_t* lost);
  static Status counters(uint64_t handle, Counters* out);
  static Status sweep(uint64_t handle, Instant now, uint64_t max_records, uint64_t* dropped);
};

}  // namespace sluice
