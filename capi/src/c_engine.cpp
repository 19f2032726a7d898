// SPDX-License-Identifier: Apache-2.0
// Engines: making and ending them, their clock, their policy, and names for their numbers.
#include <bit>

#include "capi/src/arguments.h"
#include "capi/src/boundary.h"

namespace sluice::capi {
namespace {

constexpr uint64_t kLeastMemory = uint64_t{1} << 20;
constexpr uint64_t kMostMemory = uint64_t{1} << 35;
constexpr Span kLongestReceipt = 400 * kDay;
constexpr uint32_t kMostEvents = uint32_t{1} << 20;
constexpr uint32_t kMostShards = 1024;

Status read_texts(const sluice_engine_options& given, EngineOptions* out, std::string* words) {
  std::string_view policy, stance = out->stance, zoneinfo_dir;
  Status status = read_policy_text(given.policy, given.policy_len, &policy, words);
  if (status == Status::ok) status = read_optional_text("stance", given.stance, given.stance_len, &stance, words);
  if (status == Status::ok) {
    status = read_optional_text("zoneinfo_dir", given.zoneinfo_dir, given.zoneinfo_dir_len, &zoneinfo_dir, words);
  }
  if (status != Status::ok) return status;
  out->policy = policy;
  out->stance = stance;
  out->zoneinfo_dir = zoneinfo_dir;
  return Status::ok;
}

Status read_clock(const sluice_engine_options& given, EngineOptions* out, std::string* words) {
  if (given.manual_clock > 1) return fail(words, Status::invalid, "manual_clock: ", given.manual_clock, "; it is 0 or 1");
  if (given.manual_clock == 0 && given.manual_now != 0) {
    return fail(words, Status::invalid, "manual_now: ", given.manual_now, ", but manual_clock is 0");
  }
  if (!is_instant(given.manual_now)) {
    return fail(words, Status::invalid, "manual_now: ", given.manual_now, "; an instant is from 0 to 2^62, exclusive");
  }
  out->manual_clock = given.manual_clock == 1;
  out->manual_now = given.manual_now;
  return Status::ok;
}

Status read_sizes(const sluice_engine_options& given, EngineOptions* out, std::string* words) {
  if (given.memory_cap != 0 && (given.memory_cap < kLeastMemory || given.memory_cap > kMostMemory)) {
    return fail(words, Status::invalid, "memory_cap: ", given.memory_cap, "; from 1 MiB (1048576) to 32 GiB, or 0 for 1 GiB");
  }
  if (given.receipt_ttl < 0 || given.receipt_ttl > kLongestReceipt) {
    return fail(words, Status::invalid, "receipt_ttl: ", given.receipt_ttl, "; at most 400 days, or 0 for 24 h");
  }
  if (given.event_capacity > kMostEvents) {
    return fail(words, Status::invalid, "event_capacity: ", given.event_capacity, "; at most ", kMostEvents);
  }
  if (given.shards != 0 && (!std::has_single_bit(given.shards) || given.shards > kMostShards)) {
    return fail(words, Status::invalid, "shards: ", given.shards, "; a power of two up to ", kMostShards, ", or 0");
  }
  if (given.memory_cap != 0) out->memory_cap = given.memory_cap;
  if (given.receipt_ttl != 0) out->receipt_ttl = given.receipt_ttl;
  if (given.event_capacity != 0) out->event_capacity = given.event_capacity;
  if (given.shards != 0) out->shards = given.shards;
  return Status::ok;
}

Status read_options(const sluice_engine_options* given, EngineOptions* out, std::string* words) {
  Status status = check_struct(given, "options", words);
  if (status != Status::ok) return status;
  sluice_engine_options room;
  const sluice_engine_options& options = read_struct(given, &room);
  status = read_texts(options, out, words);
  if (status == Status::ok) status = read_clock(options, out, words);
  if (status == Status::ok) status = read_sizes(options, out, words);
  return status;
}

using FindId = int32_t (*)(uint64_t handle, std::string_view name);

// Ids and failures share one number: ids are at least 0.
int32_t find_id(sluice_engine engine, const char* name, size_t name_len, FindId find) {
  int32_t id = SLUICE_E_INTERNAL;
  const Status status = guarded(nullptr, [&] {
    std::string_view text;
    const Status read = read_text("name", name, name_len, &text, nullptr);
    if (read == Status::ok) id = find(engine, text);
    return read;
  });
  return status == Status::ok ? id : to_c(status);
}

using WriteName = Status (*)(uint64_t handle, int32_t id, std::string* text);

sluice_status name_of(sluice_engine engine, int32_t id, char* buffer, size_t* length, WriteName write) {
  return quiet_call([&] {
    Status status = check_buffer(buffer, length, nullptr);
    if (status != Status::ok) return status;
    std::string text;
    status = write(engine, id, &text);
    return status == Status::ok ? write_text(text, buffer, length, nullptr) : status;
  });
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_engine_create(const sluice_engine_options* options, sluice_engine* out, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    if (out == nullptr) return fail(words, Status::invalid, "out: NULL");
    *out = 0;
    EngineOptions wanted;
    const Status status = read_options(options, &wanted, words);
    return status == Status::ok ? Engine::create(wanted, out, words) : status;
  });
}

sluice_status sluice_engine_destroy(sluice_engine engine) {
  if (engine == 0) return SLUICE_OK;
  return quiet_call([&] { return Engine::destroy(engine); });
}

sluice_status sluice_set_clock(sluice_engine engine, int64_t now) {
  return quiet_call([&] { return Engine::set_clock(engine, now); });
}

sluice_status sluice_clock(sluice_engine engine, int64_t* now) {
  return quiet_call([&] { return now != nullptr ? Engine::clock(engine, now) : Status::invalid; });
}

sluice_status sluice_reload(sluice_engine engine, const char* policy, size_t policy_len, const char* stance, size_t stance_len,
                            uint32_t allow_reset, int64_t now, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    std::string_view text, wanted_stance;
    Status status = read_policy_text(policy, policy_len, &text, words);
    if (status == Status::ok) status = read_optional_text("stance", stance, stance_len, &wanted_stance, words);
    if (status != Status::ok) return status;
    if (allow_reset > 1) return fail(words, Status::invalid, "allow_reset: ", allow_reset, "; it is 0 or 1");
    return Engine::reload(engine, text, wanted_stance, allow_reset == 1, now, words);
  });
}

int32_t sluice_operation_id(sluice_engine engine, const char* name, size_t name_len) {
  return find_id(engine, name, name_len, Engine::operation_id);
}

int32_t sluice_limit_id(sluice_engine engine, const char* name, size_t name_len) {
  return find_id(engine, name, name_len, Engine::limit_id);
}

sluice_status sluice_limit_name(sluice_engine engine, int32_t limit_id, char* buffer, size_t* length) {
  return name_of(engine, limit_id, buffer, length, Engine::limit_name);
}

sluice_status sluice_operation_describe(sluice_engine engine, int32_t operation, char* buffer, size_t* length) {
  return name_of(engine, operation, buffer, length, Engine::describe_operation);
}
