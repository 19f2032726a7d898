// SPDX-License-Identifier: Apache-2.0
// From a handle to an engine: slow calls under the control block's lock; decisions go on to dispatch.
#include "core/engine/engine.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>

#include "core/engine/dispatch.h"
#include "core/engine/engine_core.h"
#include "core/engine/explain.h"
#include "core/engine/straight_enqueue.h"
#include "core/engine/straight_settle.h"
#include "core/engine/work.h"
#include "core/policy/describe.h"
#include "core/policy/policy.h"

namespace sluice {
namespace {

using dispatch::bad_handle;
using dispatch::fail;

Status forked(std::string* error) {
  return fail(Status::forked, error, "engine: created before fork; create one in this process");
}

// Runs fn(EngineCore&) for a living engine while no reload or destroy can happen.
template <class Fn>
Status shared(uint64_t handle, std::string* error, Fn&& fn) {
  ControlBlock* block = registry::find_own(handle);
  if (block == nullptr) return registry::own_process(handle) ? bad_handle(error) : forked(error);
  const std::shared_lock lock(block->admin);
  if (!registry::alive(*block, handle)) return bad_handle(error);
  return fn(*block->core.load(std::memory_order_relaxed));
}

Status check_options(const EngineOptions& o, std::string* error) {
  if (o.memory_cap < (uint64_t{1} << 20)) return fail(Status::invalid, error, "memory_cap: at least 1 MiB (1048576 bytes)");
  if (o.memory_cap > (uint64_t{1} << 35)) return fail(Status::invalid, error, "memory_cap: at most 32 GiB");
  if (o.shards == 0 || o.shards > kMaxShards || (o.shards & (o.shards - 1)) != 0) {
    return fail(Status::invalid, error, "shards: a power of two from 1 to 1024");
  }
  if (o.receipt_ttl <= 0 || o.receipt_ttl > 400 * kDay) {
    return fail(Status::invalid, error, "receipt_ttl: nanoseconds, more than 0 and at most 400 days");
  }
  if (o.event_capacity == 0 || o.event_capacity > (1u << 20)) {
    return fail(Status::invalid, error, "event_capacity: from 1 to 1048576");
  }
  if (o.manual_clock && !is_instant(o.manual_now)) return fail(Status::time, error, "manual_now: outside [0, 2^62)");
  return Status::ok;
}

// An engine of that policy. REQUIRES: check_options said ok.
Status open(const EngineOptions& options, const std::shared_ptr<const CompiledPolicy>& policy, uint64_t* handle,
            std::string* error) {
  uint64_t fresh = 0;
  ControlBlock* block = registry::open(&fresh);
  if (block == nullptr) return fail(Status::no_memory, error, "engine: too many engines in this process, or no memory for one");
  auto core = std::make_unique<EngineCore>(*block, options);
  if (const Status s = core->start(policy, error); s != Status::ok) {
    core.reset();
    registry::close(fresh);
    return s;
  }
  block->core.store(core.release(), std::memory_order_relaxed);
  block->engine.store(fresh, std::memory_order_release);
  *handle = fresh;
  return Status::ok;
}

}  // namespace

Status Engine::create(const EngineOptions& options, uint64_t* handle, std::string* error) {
  if (const Status s = check_options(options, error); s != Status::ok) return s;
  PolicyResult result = load_policy(options.policy, {options.stance, options.zoneinfo_dir});
  if (result.policy == nullptr) {
    if (error != nullptr) *error = format_findings(result.findings);
    return Status::policy;
  }
  return open(options, result.policy, handle, error);
}

Status Engine::destroy(uint64_t handle) {
  if (handle == 0) return Status::ok;
  if (!registry::own_process(handle)) return Status::forked;
  ControlBlock* block = registry::find(handle);
  if (block == nullptr) return Status::handle;
  {
    const std::unique_lock lock(block->admin);
    uint64_t living = handle;
    if (!block->engine.compare_exchange_strong(living, registry::nobody(handle))) return Status::handle;
    for (uint32_t s = 0; s < kMaxShards; ++s) {
      const SpinGuard passed(block->shards[s].lock);
    }
    delete block->core.exchange(nullptr);
  }
  registry::close(handle);
  return Status::ok;
}

Status Engine::set_clock(uint64_t handle, Instant now) {
  return shared(handle, nullptr, [&](EngineCore& core) {
    if (!core.clock().manual()) return Status::invalid;
    if (!is_instant(now)) return Status::time;
    core.clock().set(now);
    return Status::ok;
  });
}

Status Engine::clock(uint64_t handle, Instant* now) {
  return shared(handle, nullptr, [&](EngineCore& core) {
    *now = core.clock().now();
    return Status::ok;
  });
}

Status Engine::reload(uint64_t handle, std::string_view policy, std::string_view stance, bool allow_reset, Instant now,
                      std::string* error) {
  if (!registry::own_process(handle)) return forked(error);
  ControlBlock* block = registry::find(handle);
  if (block == nullptr) return bad_handle(error);
  const std::unique_lock lock(block->admin);
  if (!registry::alive(*block, handle)) return bad_handle(error);
  return block->core.load(std::memory_order_relaxed)->reload(policy, stance, allow_reset, now, error);
}

int32_t Engine::operation_id(uint64_t handle, std::string_view name) {
  int32_t id = -1;
  const Status s = shared(handle, nullptr, [&](EngineCore& core) {
    id = core.names().operations.find(name);
    return core.generation().operation_position(id) == kNone ? Status::not_found : Status::ok;
  });
  return s == Status::ok ? id : static_cast<int32_t>(s);
}

int32_t Engine::limit_id(uint64_t handle, std::string_view name) {
  int32_t id = -1;
  const Status s = shared(handle, nullptr, [&](EngineCore& core) {
    id = core.names().limits.find(name);
    return core.generation().limit_position(id) == kNone ? Status::not_found : Status::ok;
  });
  return s == Status::ok ? id : static_cast<int32_t>(s);
}

Status Engine::limit_name(uint64_t handle, int32_t id, std::string* name) {
  return shared(handle, nullptr, [&](EngineCore& core) {
    if (id < 0 || static_cast<size_t>(id) >= core.names().limits.size()) return Status::not_found;
    *name = core.names().limits.at(id);
    return Status::ok;
  });
}

Status Engine::describe_operation(uint64_t handle, int32_t id, std::string* json) {
  return shared(handle, nullptr, [&](EngineCore& core) {
    const int16_t position = core.generation().operation_position(id);
    if (position == kNone) return Status::not_found;
    const CompiledPolicy& policy = *core.generation().policy;
    *json = sluice::describe_operation(policy, policy.operations[static_cast<size_t>(position)]);
    return Status::ok;
  });
}

Status Engine::decide(uint64_t handle, const Request& request, Decision* decision, std::string* error, bool straight_tried) {
  if (!straight_tried && dispatch::decide_straight(handle, request, decision)) return decision->status;
  if (!registry::own_process(handle)) return decision->status = forked(error);
  ControlBlock* block = registry::find(handle);
  if (block == nullptr || !registry::alive(*block, handle)) return decision->status = bad_handle(error);
  return decision->status = dispatch::decide_one(*block, handle, request, decision, error);
}

Status Engine::decide_many(uint64_t handle, std::span<const Request> requests, std::span<Decision> decisions) {
  if (!registry::own_process(handle)) return Status::forked;
  ControlBlock* block = registry::find(handle);
  if (block == nullptr || !registry::alive(*block, handle)) return Status::handle;
  if (requests.size() != decisions.size()) return Status::invalid;
  const auto unset = [](const Request& request) { return request.now == kEngineClock; };
  if (std::none_of(requests.begin(), requests.end(), unset)) {
    dispatch::decide_many(*block, handle, requests, decisions);
    return Status::ok;
  }
  Instant now = 0;
  if (const Status status = clock(handle, &now); status != Status::ok) return status;
  std::vector<Request> timed(requests.begin(), requests.end());
  for (Request& request : timed) {
    if (unset(request)) request.now = now;
  }
  dispatch::decide_many(*block, handle, timed, decisions);
  return Status::ok;
}

namespace {

// A replay of what is still held tells how it stands now. It may lie anywhere: a pool may have moved it.
Status tell_replayed(uint64_t handle, const EnqueueRequest& request, Enqueued* out, std::string* error) {
  bool told = false;
  const auto tell = [&] {
    return shared(handle, error, [&](EngineCore& core) {
      told = core.queue().tell_present(out);
      return Status::ok;
    });
  };
  if (const Status status = tell(); status != Status::ok || told) return out->decision.status = status;
  // It has ended since, and its key knows how; unless its campaign was aborted, which reaches the key later.
  EnqueueRequest again = request;
  again.request.flags |= flag::peek;
  Enqueued now;
  ControlBlock* block = registry::find(handle);
  if (dispatch::enqueue_one(*block, handle, again, &now, error) == Status::ok) out->state = now.state;
  if (out->state == MessageState::none) out->state = MessageState::aborted;
  return out->decision.status;
}

}  // namespace

Status Engine::enqueue(uint64_t handle, const EnqueueRequest& request, Enqueued* out, std::string* error) {
  if (straight::enqueue(handle, {&request, 1}, out) == 1) return Status::ok;
  if (!registry::own_process(handle)) return out->decision.status = forked(error);
  ControlBlock* block = registry::find(handle);
  if (block == nullptr || !registry::alive(*block, handle)) return out->decision.status = bad_handle(error);
  const Status status = out->decision.status = dispatch::enqueue_one(*block, handle, request, out, error);
  const bool replayed = (out->decision.flags & flag::replayed) != 0;
  return replayed && out->message != 0 && out->state == MessageState::none ? tell_replayed(handle, request, out, error) : status;
}

namespace {

// Whatever happens to one, the others are told apart from it.
void enqueue_alone(uint64_t handle, const EnqueueRequest& request, Enqueued* out) {
  try {
    Engine::enqueue(handle, request, out);
  } catch (const std::bad_alloc&) {
    out->decision.status = Status::no_memory;
  }
}

}  // namespace

Status Engine::enqueue_many(uint64_t handle, std::span<const EnqueueRequest> requests, std::span<Enqueued> out) {
  if (requests.size() != out.size()) return Status::invalid;
  Instant now = 0;
  if (const Status status = clock(handle, &now); status != Status::ok) return status;
  const auto unset = [](const EnqueueRequest& one) { return one.request.now == kEngineClock; };
  std::vector<EnqueueRequest> timed;
  if (std::any_of(requests.begin(), requests.end(), unset)) {
    timed.assign(requests.begin(), requests.end());
    for (EnqueueRequest& one : timed) {
      if (unset(one)) one.request.now = now;
    }
    requests = timed;
  }
  while (!requests.empty()) {
    const size_t group = std::min(kQueueGroup, requests.size());
    size_t done = straight::enqueue(handle, requests.first(group), out.data());
    // What is not straight is seldom alone: where the first is not, the whole group goes the other way.
    for (const size_t until = done == 0 ? group : std::min(done + 1, group); done < until; ++done) {
      enqueue_alone(handle, requests[done], &out[done]);
    }
    requests = requests.subspan(done);
    out = out.subspan(done);
  }
  return Status::ok;
}

Status Engine::lease(uint64_t handle, const LeaseOptions& options, LeaseSink& sink, Instant* next_due, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.pools().lease(options, sink, next_due, error); });
}

Status Engine::next_due(uint64_t handle, Instant* due) {
  return shared(handle, nullptr, [&](EngineCore& core) {
    *due = core.queue().next_due();
    return Status::ok;
  });
}

Status Engine::settle(uint64_t handle, const Settlement& settlement, Instant now, MessageState* state, std::string* error) {
  if (straight::settle(handle, settlement, now)) {
    if (state != nullptr) *state = MessageState::sent;
    return Status::ok;
  }
  return shared(handle, error, [&](EngineCore& core) { return core.pools().settle(settlement, now, state, error); });
}

Status Engine::extend(uint64_t handle, uint64_t message, uint32_t fence, Span ttl, Instant now, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.queue().extend(message, fence, ttl, now, error); });
}

Status Engine::cancel(uint64_t handle, uint64_t message, Instant now, MessageState* state, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.queue().cancel(message, now, state, error); });
}

Status Engine::status(uint64_t handle, uint64_t message, Instant now, MessageStatus* out, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.queue().status(message, now, out, error); });
}

Status Engine::explain_message(uint64_t handle, uint64_t message, Instant now, std::string* json, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.queue().explain(message, now, json, error); });
}

Status Engine::create_campaign(uint64_t handle, const CampaignSpec& spec, Instant now, uint64_t* campaign, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.queue().create_campaign(spec, now, campaign, error); });
}

Status Engine::change_campaign(uint64_t handle, uint64_t campaign, CampaignChange change, Instant now, CampaignReport* report,
                               std::string* error) {
  return shared(handle, error,
                [&](EngineCore& core) { return core.queue().change_campaign(campaign, change, now, report, error); });
}

Status Engine::set_campaign_rate(uint64_t handle, uint64_t campaign, CampaignRate rate, Instant now, CampaignReport* report,
                                 std::string* error) {
  return shared(handle, error,
                [&](EngineCore& core) { return core.queue().set_campaign_rate(campaign, rate, now, report, error); });
}

Status Engine::campaign_status(uint64_t handle, uint64_t campaign, CampaignReport* report, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.queue().campaign_status(campaign, report, error); });
}

Status Engine::policy_of(uint64_t handle, std::shared_ptr<const CompiledPolicy>* policy, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) {
    *policy = core.generation().policy;
    return Status::ok;
  });
}

Status Engine::read_policy(uint64_t handle, PolicyReader& reader, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) {
    const Generation& g = core.generation();
    return reader.read({*g.policy, g.limit_at, g.operation_at});
  });
}

Status Engine::copy_for_plan(uint64_t handle, const PlanCopyRequest& asked, PlanCopied* out, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) {
    Instant now;
    if (core.generation().policy.get() != asked.policy)
      return fail(Status::conflict, error, "policy: reloaded meanwhile; ask again");
    if (!core.time_of(kEngineClock, &now)) return fail(Status::time, error, "now: the engine's clock is out of range");
    EngineOptions options;
    options.zoneinfo_dir = core.options().zoneinfo_dir;
    options.manual_clock = true;
    options.manual_now = now;
    options.memory_cap = asked.memory_cap;
    options.shards = asked.shards;
    if (const Status status = open(options, core.generation().policy, &out->engine, error); status != Status::ok) return status;
    EngineCore& copy = *registry::find(out->engine)->core.load(std::memory_order_relaxed);
    const Status status = core.admin_copy(asked, copy, now, out, error);
    if (status == Status::ok) return status;
    Engine::destroy(out->engine);
    out->engine = 0;
    return status;
  });
}

Status Engine::set_line(uint64_t handle, const LineChange& change, Instant now, LineReport* report, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.pools().set_line(change, now, report, error); });
}

Status Engine::list_lines(uint64_t handle, Bytes pool, std::span<const Bytes> by, Instant now, std::string* json,
                          std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.pools().list_lines(pool, by, now, json, error); });
}

Status Engine::explain(uint64_t handle, const Request& request, std::string* text, std::string* error) {
  Request peek = request;
  peek.flags |= flag::peek;
  std::vector<Detail> details(kMostItems);
  Decision decision;
  decision.details = details;
  // In one piece: the words are of the policy that was decided by.
  return shared(handle, error, [&](EngineCore& core) {
    const Status status = decide(handle, peek, &decision, error);
    if (static_cast<int32_t>(status) < 0) return status;
    *text = explain_decision(core.generation(), peek, decision, std::span(details).first(decision.detail_count));
    return Status::ok;
  });
}

Status Engine::refund(uint64_t handle, uint64_t receipt, Instant now, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_refund(receipt, now, error); });
}

Status Engine::commit(uint64_t handle, uint64_t receipt, std::span<const uint64_t> quantities, Instant now, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_commit(receipt, quantities, now, error); });
}

Status Engine::set_plan(uint64_t handle, const SubjectName& subject, std::string_view plan, Instant now, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_set_plan(subject, plan, now, error); });
}

Status Engine::set_amount(uint64_t handle, int32_t limit, const SubjectName& subject, std::string_view amount, Instant now,
                          std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_set_amount(limit, subject, amount, now, error); });
}

Status Engine::set_billing(uint64_t handle, const SubjectName& subject, uint32_t day, Span time_of_day, std::string_view zone,
                           Instant now, std::string* error) {
  return shared(handle, error,
                [&](EngineCore& core) { return core.admin_set_billing(subject, day, time_of_day, zone, now, error); });
}

Status Engine::set_usage(uint64_t handle, int32_t limit, const SubjectName& subject, uint64_t used, Instant now,
                         std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_set_usage(limit, subject, used, now, error); });
}

Status Engine::reset(uint64_t handle, const SubjectName& subject, Instant now, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_reset(subject, now, error); });
}

Status Engine::erase(uint64_t handle, const SubjectName& subject, uint64_t* erased, Instant now, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_erase(subject, erased, now, error); });
}

Status Engine::report_throttled(uint64_t handle, int32_t limit, const SubjectName& subject, Span retry_after, Instant now,
                                std::string* error) {
  return shared(handle, error,
                [&](EngineCore& core) { return core.admin_throttle(limit, subject, retry_after, true, now, error); });
}

Status Engine::clear_throttle(uint64_t handle, int32_t limit, const SubjectName& subject, Instant now, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_throttle(limit, subject, 0, false, now, error); });
}

Status Engine::report_quality(uint64_t handle, const SubjectName& subject, std::string_view quality, Instant now,
                              std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_quality(subject, quality, now, error); });
}

Status Engine::usage(uint64_t handle, const SubjectName& subject, Instant now, std::vector<UsageRow>* rows, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_usage(subject, now, rows, error); });
}

Status Engine::usage_json(uint64_t handle, const SubjectName& subject, Instant now, std::string* json, std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_usage_json(subject, now, json, error); });
}

Status Engine::list(uint64_t handle, std::string_view scope, uint64_t* cursor, uint32_t max, std::string* json,
                    std::string* error) {
  return shared(handle, error, [&](EngineCore& core) { return core.admin_list(scope, cursor, max, json, error); });
}

Status Engine::drain_events(uint64_t handle, std::span<Event> out, size_t* count, uint64_t* lost) {
  return shared(handle, nullptr, [&](EngineCore& core) {
    *count = core.events().drain(out, lost);
    return Status::ok;
  });
}

Status Engine::counters(uint64_t handle, Counters* out) {
  return shared(handle, nullptr, [&](EngineCore& core) {
    core.admin_counters(out);
    return Status::ok;
  });
}

Status Engine::sweep(uint64_t handle, Instant now, uint64_t max_records, uint64_t* dropped) {
  return shared(handle, nullptr, [&](EngineCore& core) { return core.admin_sweep(now, max_records, dropped); });
}

}  // namespace sluice
