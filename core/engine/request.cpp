// SPDX-License-Identifier: Apache-2.0
// What can be said and computed about a request before any lock: its fit to the operation's shape, hashes, subjects, lock set.
#include <algorithm>
#include <string>

#include "core/engine/routing.h"
#include "core/engine/work.h"

namespace sluice {
namespace {

Status fail(Status status, std::string* error, const std::string& message) {
  if (error != nullptr) *error = message;
  return status;
}

bool is_key(Bytes value) { return value.data() != nullptr && value.size() - 1 < kMaxKeyBytes; }

[[gnu::cold]] Status wrong_value(Bytes value, const char* array, size_t i, std::string* error) {
  if (error == nullptr) return Status::invalid;
  *error = array + std::string("[") + std::to_string(i) + "]: ";
  if (value.data() == nullptr && !value.empty()) {
    *error += "NULL with length " + std::to_string(value.size()) + "; pass {NULL, 0} for an absent value";
  } else {
    *error += (value.empty() ? "empty" : std::to_string(value.size()) + " bytes") + "; a key has 1 to 1024 bytes";
    if (value.data() == nullptr) *error += ", and only a repeated value and a line that a pool chooses may be absent";
  }
  return Status::invalid;
}

Status check_counts(const Request& request, const OperationShape& shape, std::string* error) {
  const auto expected = [](const char* what, size_t given, size_t wanted) {
    return std::string(what) + ": " + std::to_string(given) + " given, the operation takes " + std::to_string(wanted);
  };
  if ((request.flags & ~flag::known_request_flags) != 0) {
    return fail(Status::unsupported, error, "flags: unknown bit set; known are PEEK (1), RECEIPT (2), FORCE (4)");
  }
  if (request.values.size() != shape.value_count) {
    return fail(Status::invalid, error, expected("values", request.values.size(), shape.value_count));
  }
  if (request.quantities.size() != shape.quantity_count) {
    return fail(Status::invalid, error, expected("quantities", request.quantities.size(), shape.quantity_count));
  }
  if (shape.repeats < 0 && !request.repeated.empty()) {
    return fail(Status::invalid, error, "repeated: the operation repeats no dimension; pass its value in values");
  }
  if (request.repeated.size() > kMaxSubjects) {
    return fail(Status::too_many, error,
                "repeated: " + std::to_string(request.repeated.size()) + " values; a decision has at most 128 subjects");
  }
  return Status::ok;
}

Status check_idempotency(const Request& request, const OperationShape& shape, std::string* error) {
  if (request.idempotency_key.data() == nullptr) return Status::ok;
  if (request.idempotency_key.empty() || request.idempotency_key.size() > kMaxIdempotencyKey) {
    return fail(Status::invalid, error, "idempotency_key: a key has 1 to 255 bytes");
  }
  if (shape.tenant < 0) {
    return fail(Status::invalid, error,
                "idempotency_key: keys live under the policy's tenant dimension, which this operation does not bring");
  }
  if (shape.tenant == shape.repeats) {
    return fail(Status::invalid, error, "idempotency_key: the tenant dimension is repeated here");
  }
  return Status::ok;
}

void unique_repeats(const HashSecret& secret, Work& work) {
  Repeats& r = *work.repeats;
  const auto given = work.request->repeated;
  for (uint32_t i = 0; i < given.size(); ++i) {
    const uint64_t hash = hash_bytes(given[i], secret);
    uint32_t u = 0;
    while (u < r.count && (r.hash[u] != hash || *r.value[u] != given[i])) ++u;
    if (u == r.count) {
      r.value[u] = &given[i];
      r.hash[u] = hash;
      r.times[u] = 0;
      r.first[u] = i;
      ++r.count;
    }
    ++r.times[u];
  }
}

SubjectRef& begin_subject(Work& work, uint8_t scope, uint8_t count) {
  SubjectRef& s = work.subjects[work.subject_count++];
  s.scope = scope;
  s.overflow = s.taken = s.exists = s.created = false;
  s.key.count = count;
  return s;
}

void end_subject(const ControlBlock& block, Work& work, SubjectRef& s, uint64_t hash) {
  s.hash = hash;
  s.shard_index = block.shard_of(hash);
  work.locks.add(s.shard_index);
}

void form(const ControlBlock& block, const HashSecret& secret, Work& work, const OperationShape::Slot& slot) {
  SubjectRef& s = begin_subject(work, slot.scope, slot.count);
  uint64_t hash = hash_begin(slot.scope, secret);
  for (uint8_t d = 0; d < slot.count; ++d) {
    s.key.values[d] = &work.request->values[slot.values[d]];
    hash = hash_add(hash, d, work.value_hash[slot.values[d]], secret);
  }
  end_subject(block, work, s, hash);
}

// A subject that holds one of the repeated values; `repeat` is its position among the unique ones.
void form_repeated(const ControlBlock& block, const HashSecret& secret, Work& work, const OperationShape::Slot& slot,
                   uint32_t repeat) {
  SubjectRef& s = begin_subject(work, slot.scope, slot.count);
  uint64_t hash = hash_begin(slot.scope, secret);
  for (uint8_t d = 0; d < slot.count; ++d) {
    const uint8_t v = slot.values[d];
    const bool repeated = static_cast<int8_t>(v) == work.shape.repeats;
    s.key.values[d] = repeated ? work.repeats->value[repeat] : &work.request->values[v];
    hash = hash_add(hash, d, repeated ? work.repeats->hash[repeat] : work.value_hash[v], secret);
  }
  end_subject(block, work, s, hash);
}

void form_idempotency(const ControlBlock& block, const HashSecret& secret, Work& work) {
  SubjectRef& s = begin_subject(work, kIdempotencyScope, 2);
  const auto tenant = static_cast<uint8_t>(work.shape.tenant);
  s.key.values[0] = &work.request->values[tenant];
  s.key.values[1] = &work.request->idempotency_key;
  const uint64_t hash = hash_first(hash_begin(kIdempotencyScope, secret), work.value_hash[tenant]);
  end_subject(block, work, s, hash_next(hash, hash_bytes(work.request->idempotency_key, secret), secret));
  work.idempotency = &s;
}

void form_routing(const ControlBlock& block, Work& work) {
  Routing& routing = *work.routing;
  SubjectRef& pool = begin_subject(work, kPoolScope, 1);
  pool.key.values[0] = &routing.set;
  end_subject(block, work, pool, routing.pool_hash);
  routing.pool = &pool;
  if (!routing.terms.sticky) return;
  SubjectRef& route = begin_subject(work, kRouteScope, 2);
  route.key.values[0] = &routing.set;
  route.key.values[1] = &routing.recipient;
  end_subject(block, work, route, routing.route_hash);
  routing.route = &route;
}

Status form_all(const ControlBlock& block, const HashSecret& secret, Work& work, std::string* error) {
  work.repeats->count = 0;
  unique_repeats(secret, work);
  size_t subjects = 0;
  for (size_t i = 0; i < work.shape.slot_count; ++i) subjects += work.shape.slots[i].repeated ? work.repeats->count : 1;
  if (subjects > kMaxSubjects) {
    return fail(Status::too_many, error,
                "repeated: the decision would touch " + std::to_string(subjects) + " subjects; at most 128 are decided at once");
  }
  for (size_t i = 0; i < work.shape.slot_count; ++i) {
    const OperationShape::Slot& slot = work.shape.slots[i];
    work.first_of_slot[i] = work.subject_count;
    if (!slot.repeated) {
      form(block, secret, work, slot);
      continue;
    }
    for (uint32_t r = 0; r < work.repeats->count; ++r) form_repeated(block, secret, work, slot, r);
  }
  return Status::ok;
}

}  // namespace

Status check_request(const Request& request, const OperationShape& shape, std::string* error) {
  if (const Status status = check_counts(request, shape, error); status != Status::ok) return status;
  for (size_t i = 0; i < request.values.size(); ++i) {
    if (is_key(request.values[i])) [[likely]]
      continue;
    // The repeated dimension's place is empty when its values are given apart.
    const bool apart = static_cast<int>(i) == shape.repeats && !request.repeated.empty();
    if (!apart || request.values[i].data() != nullptr) return wrong_value(request.values[i], "values", i, error);
  }
  for (size_t i = 0; i < request.quantities.size(); ++i) {
    if (request.quantities[i] >= kCountLimit) {
      return fail(Status::invalid, error, "quantities[" + std::to_string(i) + "]: at least 2^48; quantities are below that");
    }
  }
  for (size_t i = 0; i < request.repeated.size(); ++i) {
    if (!is_key(request.repeated[i])) return wrong_value(request.repeated[i], "repeated", i, error);
  }
  if (!request.repeated.empty() && request.values[static_cast<size_t>(shape.repeats)].data() != nullptr) {
    return fail(Status::invalid, error,
                "values[" + std::to_string(shape.repeats) + "]: given here and in repeated; pass {NULL, 0} here");
  }
  return check_idempotency(request, shape, error);
}

bool is_small(const Request& request, const OperationShape& shape) {
  return request.repeated.empty() && shape.slot_count + (shape.pooled ? 2u : 0u) < kFewSubjects;
}

bool is_some(const Request& request, const OperationShape& shape) {
  const size_t values = std::max<size_t>(request.repeated.size(), 1);
  return values * shape.slot_count <= kSomeSubjects && values * shape.charge_count <= kSomeItems;
}

Status form_subjects(const ControlBlock& block, const HashSecret& secret, Work& work, std::string* error) {
  const Request& request = *work.request;
  work.subject_count = 0;
  work.idempotency = nullptr;
  for (size_t i = 0; i < request.values.size(); ++i) {
    if (!request.values[i].empty()) work.value_hash[i] = hash_bytes(request.values[i], secret);
  }
  if (!request.repeated.empty()) {
    if (const Status status = form_all(block, secret, work, error); status != Status::ok) return status;
  } else {
    for (size_t i = 0; i < work.shape.slot_count; ++i) {
      if ((work.slots >> i & 1) == 0) continue;
      work.first_of_slot[i] = work.subject_count;
      form(block, secret, work, work.shape.slots[i]);
    }
  }
  if (request.idempotency_key.data() != nullptr) form_idempotency(block, secret, work);
  if (work.routing != nullptr) form_routing(block, work);
  return Status::ok;
}

}  // namespace sluice
