// SPDX-License-Identifier: Apache-2.0
// Handing out what is due. A message is copied under the engine's locks straight into the caller's memory:
//
//   [sluice_bytes of each value | quantities | the values' bytes | payload], each message from a multiple of 8 on
#include <algorithm>
#include <cstring>
#include <new>

#include "capi/src/arguments.h"
#include "capi/src/boundary.h"
#include "capi/src/lease_lines.h"
#include "core/policy/compiled_policy.h"

namespace sluice::capi {
namespace {

constexpr size_t kAlignment = 8;
static_assert(alignof(sluice_bytes) <= kAlignment && alignof(uint64_t) <= kAlignment);

constexpr size_t rounded_up(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

// The caller's buffer, filled from its first aligned place on.
class LeaseRows final : public LeaseSink {
 public:
  LeaseRows(sluice_leased* rows, void* buffer, size_t size)
      : rows_(rows), lead_(std::min(size, lead_of(buffer))), buffer_(static_cast<char*>(buffer) + lead_), size_(size - lead_) {}

  // Quantities are not told beforehand: there is room for as many as an operation can have.
  bool fits(size_t values, size_t bytes) override {
    needed_ = rounded_up(used_) + values * sizeof(sluice_bytes) + kMaxQuantities * sizeof(uint64_t) + bytes;
    return needed_ <= size_;
  }

  void take(const LeaseView& lease) override {
    char* const begin = buffer_ + rounded_up(used_);
    auto* const values = reinterpret_cast<sluice_bytes*>(begin);
    auto* const quantities = reinterpret_cast<uint64_t*>(values + lease.values.size());
    char* to = std::copy_n(reinterpret_cast<const char*>(lease.quantities.data()), lease.quantities.size_bytes(),
                           reinterpret_cast<char*>(quantities));
    for (size_t i = 0; i < lease.values.size(); ++i) ::new (&values[i]) sluice_bytes(copy(lease.values[i], &to));
    sluice_leased& row = rows_[count_++];
    row = head_of(lease);
    row.values = values;
    row.quantities = quantities;
    row.payload = copy(lease.payload, &to);
    used_ = static_cast<size_t>(to - buffer_);
  }

  size_t count() const { return count_; }
  size_t used() const { return count_ == 0 ? 0 : lead_ + used_; }
  // By the message that did not fit, wherever a buffer lies.
  size_t needed() const { return needed_ + kAlignment - 1; }

 private:
  static size_t lead_of(const void* buffer) {
    const auto address = reinterpret_cast<uintptr_t>(buffer);
    return rounded_up(address) - address;
  }

  static sluice_bytes copy(Bytes from, char** to) {
    const sluice_bytes copied{*to, from.size()};
    *to = std::copy(from.begin(), from.end(), *to);
    return copied;
  }

  static sluice_leased head_of(const LeaseView& lease) {
    sluice_leased row{};
    row.message = lease.message;
    row.fence = lease.fence;
    row.campaign = lease.campaign;
    row.attempt = lease.attempt;
    row.operation = lease.operation;
    row.message_class = to_c(lease.message_class);
    row.flags = lease.redelivered ? SLUICE_REDELIVERED : 0;
    row.value_count = static_cast<uint32_t>(lease.values.size());
    row.quantity_count = static_cast<uint32_t>(lease.quantities.size());
    row.due = lease.due;
    row.until = lease.until;
    row.expires_at = lease.expires;
    return row;
  }

  sluice_leased* const rows_;
  const size_t lead_;  // bytes left out
  char* const buffer_;
  const size_t size_;
  size_t used_ = 0;
  size_t count_ = 0;
  size_t needed_ = 0;
};

struct LeaseCall {
  const sluice_lease_options* options;
  sluice_leased* rows;
  size_t* count;
  size_t room;  // rows
  void* buffer;
  size_t* buffer_len;
  int64_t* next_due;
};

Status check_call(const LeaseCall& call, std::string* words) {
  if (call.count == nullptr) return fail(words, Status::invalid, "count: NULL");
  if (call.buffer_len == nullptr) return fail(words, Status::invalid, "buffer_len: NULL");
  if (call.rows == nullptr && call.room != 0) {
    return fail(words, Status::invalid, "leases: NULL with count ", call.room);
  }
  if (call.buffer == nullptr && *call.buffer_len != 0) {
    return fail(words, Status::invalid, "buffer: NULL with buffer_len ", *call.buffer_len);
  }
  return call.options != nullptr ? check_struct(call.options, "options", words) : Status::ok;
}

Status lease_into(sluice_engine engine, const LeaseCall& call, std::string* words) {
  sluice_lease_options usual = SLUICE_LEASE_OPTIONS_INIT;
  const sluice_lease_options& options = call.options != nullptr ? read_struct(call.options, &usual) : usual;
  const size_t rows = std::min<size_t>(call.room, UINT32_MAX);
  LeaseOptions wanted;
  wanted.now = options.now;
  wanted.ttl = options.ttl;
  wanted.most = static_cast<uint32_t>(options.most != 0 ? std::min<size_t>(options.most, rows) : rows);
  LeaseLines lines;
  Status status = lines.read(options, &wanted, words);
  if (status != Status::ok) return status;
  LeaseRows leased(call.rows, call.buffer, *call.buffer_len);
  Instant next_due = 0;
  status = Engine::lease(engine, wanted, leased, &next_due, words);
  if (status == Status::buffer) {
    fail(words, status, "buffer: ", *call.buffer_len, " bytes; the next message takes ", leased.needed());
    *call.buffer_len = leased.needed();
  }
  if (status != Status::ok) return status;
  *call.count = leased.count();
  *call.buffer_len = leased.used();
  if (call.next_due != nullptr) *call.next_due = next_due;
  return status;
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_lease(sluice_engine engine, const sluice_lease_options* options, sluice_leased* leases, size_t* count,
                           void* buffer, size_t* buffer_len, int64_t* next_due, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    const LeaseCall call{options, leases, count, count != nullptr ? *count : 0, buffer, buffer_len, next_due};
    if (count != nullptr) *count = 0;
    const Status status = check_call(call, words);
    return status == Status::ok ? lease_into(engine, call, words) : status;
  });
}

sluice_status sluice_next_due(sluice_engine engine, int64_t* due) {
  return quiet_call([&] { return due != nullptr ? Engine::next_due(engine, due) : Status::invalid; });
}
