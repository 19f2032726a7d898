// SPDX-License-Identifier: Apache-2.0
// Leasing of some lines alone, named one by one or by their pool: in the order of all, and no other line's timer is touched.
#include <algorithm>
#include <tuple>

#include "core/engine/engine_core.h"
#include "core/engine/send_queue.h"

namespace sluice {
namespace {

Status fail(Status status, std::string* error, const std::string& message) {
  if (error != nullptr) *error = message;
  return status;
}

}  // namespace

Status check_lines(const LeaseOptions& options, std::string* error) {
  if (options.lines.size() > kMostLeaseLines) {
    return fail(Status::too_many, error,
                "lines: " + std::to_string(options.lines.size()) + " given; a call names at most " +
                    std::to_string(kMostLeaseLines) + ", so lease in turns");
  }
  for (size_t i = 0; i < options.lines.size(); ++i) {
    if (options.lines[i].empty() || options.lines[i].size() > kMaxKeyBytes)
      return fail(Status::invalid, error, "lines[" + std::to_string(i) + "]: a key has 1 to 1024 bytes");
  }
  if (options.pool.empty()) {
    return options.by.empty() ? Status::ok : fail(Status::invalid, error, "by: values of a pool, and no pool is given");
  }
  return options.some_lines ? fail(Status::invalid, error, "pool: given beside lines; name the lines or their pool, not both")
                            : Status::ok;
}

// Its hash is known from here on.
SendQueue::NamedLine SendQueue::named_line(Bytes name) const {
  NamedLine line;
  line.name = name;
  line.hash = core_.pools_.hash_of_line(name);
  return line;
}

// A line without messages has no queue, and is not due. REQUIRES: the lock of its shard.
CellId SendQueue::queue_of(const NamedLine& line) const {
  const RecordId id = core_.pools_.record_of_line(line.hash, line.name);
  return id == 0 ? 0 : queue_of(*core_.arena_.at(id));
}

// When it is due, kNever while it is in another's hands, and its number.
void SendQueue::ask_when_due(NamedLine* line) {
  const SpinGuard guard(core_.block_.shards[core_.block_.shard_of(line->hash)].lock);
  const CellId cell = queue_of(*line);
  line->due = kNever;
  if (cell == 0) return;
  line->number = at<LineQueue>(cell).number;
  line->due = releases_.due_of(at<LineQueue>(cell).timer);
}

// Into the caller's hands, if it is due still.
bool SendQueue::take_line(const NamedLine& line, Instant now, Releases::Due* out) {
  out->place.shard = core_.block_.shard_of(line.hash);
  const SpinGuard guard(core_.block_.shards[out->place.shard].lock);
  out->place.line = queue_of(line);
  if (out->place.line == 0) return false;
  out->number = at<LineQueue>(out->place.line).number;
  out->timer = at<LineQueue>(out->place.line).timer;
  return releases_.take_one(now, out);
}

Instant SendQueue::next_due_of(std::span<const Bytes> lines) {
  wake_waiting();
  Instant first = kNever;
  if (policy().line_scope == kNone) return first;
  for (const Bytes& name : lines) {
    NamedLine line = named_line(name);
    ask_when_due(&line);
    first = std::min(first, line.due);
  }
  return first;
}

// One line at a time is taken, so whoever leases others sees them as they are.
Status SendQueue::lease_lines(const LeaseOptions& options, Instant now, LeaseSink& sink, Instant* next) {
  std::vector<NamedLine> due;  // a heap, the first at its front
  due.reserve(options.lines.size());
  for (size_t i = 0; i < options.lines.size() && policy().line_scope != kNone; ++i) {
    due.push_back(named_line(options.lines[i]));
    ask_when_due(&due.back());
    if (due.back().due > now) due.pop_back();
  }
  const auto later = [](const NamedLine& a, const NamedLine& b) { return std::tie(a.due, a.number) > std::tie(b.due, b.number); };
  const auto same = [](const NamedLine& a, const NamedLine& b) { return a.number == b.number; };
  std::sort(due.begin(), due.end(), [&](const NamedLine& a, const NamedLine& b) { return later(b, a); });
  due.erase(std::unique(due.begin(), due.end(), same), due.end());
  uint32_t leased = 0;
  bool full = false;
  while (!due.empty() && leased < options.most && !full) {
    std::pop_heap(due.begin(), due.end(), later);
    Releases::Due taken;
    Releases::Landing again;
    const bool due_taken = take_line(due.back(), now, &taken);
    const Served served = due_taken ? serve(taken, options, now, sink, &again) : Served::nothing;
    leased += served == Served::leased || served == Served::again;
    full = served == Served::full;
    if (due_taken && served != Served::gone) releases_.land({taken.timer, again.ahead, again.due});
    if (served != Served::again) {
      due.pop_back();
      continue;
    }
    due.back().due = again.due;
    std::push_heap(due.begin(), due.end(), later);
  }
  if (next != nullptr) *next = next_due_of(options.lines);
  return full && leased == 0 ? Status::buffer : Status::ok;
}

// The names of a pool's lines, in its place.
Status Pools::lease_of_pool(const LeaseOptions& options, LeaseSink& sink, Instant* next_due, std::string* error) {
  PoolSet set;
  if (const Status status = find_set(options.pool, options.by, &set, error); status != Status::ok) return status;
  std::vector<std::string> names;
  {
    const uint64_t hash = hash_of_pool(set.key);
    const SpinGuard guard(core_.block_.shards[core_.block_.shard_of(hash)].lock);
    if (const Pool* pool = pool_at(hash, set.key)) {
      for (const PoolLine& line : pool->lines()) names.push_back(line.name);
    }
  }
  const std::vector<Bytes> lines(names.begin(), names.end());
  LeaseOptions named = options;
  named.pool = {};
  named.by = {};
  named.some_lines = true;
  named.lines = lines;
  return lease(named, sink, next_due, error);
}

}  // namespace sluice
