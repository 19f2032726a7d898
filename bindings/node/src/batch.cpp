// SPDX-License-Identifier: Apache-2.0
#include "batch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "answer.h"

namespace sluice::node {
namespace {

constexpr size_t kAtATime = 1024;  // requests that are laid out for the engine

template <class Number>
Number* answers(napi_env env, napi_value array, const char* name, napi_typedarray_type wanted, const char* expected,
                size_t count) {
  const TypedView view = typed_view_of(env, array, {name}, wanted, expected);
  if (view.length >= count) return static_cast<Number*>(view.data);
  throw Misuse(Misuse::Kind::range, name,
               "must have room for " + std::to_string(count) + " answers, not " + std::to_string(view.length));
}

int64_t wait_ns(const sluice_decision& decision) {
  if (decision.status == SLUICE_OK || decision.status < 0) return 0;
  if (decision.wait_kind == SLUICE_WAIT_NEVER) return INT64_MAX;
  return decision.wait_kind == SLUICE_WAIT_UNKNOWN ? INT64_MAX - 1 : std::max<int64_t>(decision.retry_after, 1);
}

}  // namespace

void Batch::read(napi_env env, const napi_value* args) {
  now_ = instant_of(env, args[0], {"now"});
  flags_ = static_cast<uint32_t>(count_of(env, args[1], {"flags"}, SLUICE_PEEK | SLUICE_RECEIPT | SLUICE_FORCE));
  bytes_ = view_of(env, args[2], {"keys"});
  read_offsets(env, args[3], args[4]);
  read_quantities(env, args[5]);
  read_answers(env, args + 6);
}

void Batch::read_offsets(napi_env env, napi_value offsets, napi_value repeats) {
  const TypedView given = typed_view_of(env, offsets, {"offsets"}, napi_uint32_array, "a Uint32Array");
  const auto* const from = static_cast<const uint32_t*>(given.data);
  const std::vector<uint32_t> ends(from, from + given.length);
  const size_t keys = ends.empty() ? 0 : ends.size() - 1;
  keys_.reserve(keys);
  for (size_t i = 0; i < keys; ++i) {
    if (ends[i] > ends[i + 1] || ends[i + 1] > bytes_.size()) {
      throw Misuse(Misuse::Kind::range, Field{"offsets", {}, static_cast<int64_t>(i + 1)}.text(),
                   "must be from the offset before to the length of keys, not " + std::to_string(ends[i + 1]));
    }
    keys_.push_back({bytes_.data() + ends[i], ends[i + 1] - ends[i]});
  }
  if (!is_undefined(env, repeats)) {
    const TypedView counts = typed_view_of(env, repeats, {"repeats"}, napi_uint32_array, "a Uint32Array");
    const auto* const first = static_cast<const uint32_t*>(counts.data);
    repeats_.assign(first, first + counts.length);
    if (shape_.repeats < 0) throw Misuse(Misuse::Kind::value, "repeats", "is of an operation that repeats nothing");
  }
  size_t needed = 0;
  for (size_t row = 0; row < repeats_.size(); ++row) {
    if (repeats_[row] == 0 || repeats_[row] > kMostRepeated) {
      throw Misuse(Misuse::Kind::range, Field{"repeats", {}, static_cast<int64_t>(row)}.text(), "must be from 1 to 128");
    }
    needed += values_of(row);
  }
  const size_t width = shape_.values.size();
  count_ = repeats_.empty() ? (width == 0 ? 0 : keys / width) : repeats_.size();
  if (keys != (repeats_.empty() ? count_ * width : needed)) {
    throw Misuse(Misuse::Kind::range, "offsets",
                 "must be one more than there are values: of " + std::to_string(width) + " a request");
  }
}

void Batch::read_quantities(napi_env env, napi_value quantities) {
  if (is_undefined(env, quantities)) return;
  const TypedView given = typed_view_of(env, quantities, {"quantities"}, napi_float64_array, "a Float64Array");
  const auto* const from = static_cast<const double*>(given.data);
  if (given.length != count_ * shape_.quantities.size()) {
    throw Misuse(Misuse::Kind::range, "quantities", "must be " + std::to_string(shape_.quantities.size()) + " a request");
  }
  quantities_.reserve(given.length);
  for (size_t i = 0; i < given.length; ++i) {
    const double quantity = from[i];
    if (!(quantity >= 0 && quantity <= static_cast<double>(kMostSafe) && quantity == std::floor(quantity))) {
      throw Misuse(Misuse::Kind::range, Field{"quantities", {}, static_cast<int64_t>(i)}.text(),
                   "must be a whole number from 0 to below 2^53");
    }
    quantities_.push_back(static_cast<uint64_t>(quantity));
  }
}

void Batch::read_answers(napi_env env, const napi_value* args) {
  status_ = answers<int32_t>(env, args[0], "status", napi_int32_array, "an Int32Array", count_);
  limit_id_ = answers<int32_t>(env, args[1], "limitId", napi_int32_array, "an Int32Array", count_);
  retry_ns_ = answers<int64_t>(env, args[2], "retryAfterNs", napi_bigint64_array, "a BigInt64Array", count_);
  retry_ms_ = answers<double>(env, args[3], "retryAfterMs", napi_float64_array, "a Float64Array", count_);
  remaining_ = answers<double>(env, args[4], "remaining", napi_float64_array, "a Float64Array", count_);
}

// `values` is room for the request's row of them.
void Batch::set_request(size_t row, size_t key, sluice_request* request, sluice_bytes* values) const {
  const size_t width = shape_.values.size(), many = repeats_.empty() ? 1 : repeats_[row];
  const size_t place = shape_.repeats < 0 ? 0 : static_cast<size_t>(shape_.repeats);
  for (size_t i = 0, from = key; i < width; ++i) {
    const bool list = many != 1 && i == place;
    values[i] = list ? sluice_bytes{nullptr, 0} : keys_[from];
    if (values[i].len == 0) values[i].ptr = nullptr;  // absent: the line that a pool is to choose
    from += list ? many : 1;
  }
  *request = make_request(shape_.id);
  request->flags = flags_;
  request->now = now_;
  request->values = values;
  request->value_count = static_cast<uint32_t>(width);
  if (many != 1) {
    request->repeated = keys_.data() + key + place;
    request->repeated_count = static_cast<uint32_t>(many);
  }
  if (!quantities_.empty()) {
    request->quantities = quantities_.data() + row * shape_.quantities.size();
    request->quantity_count = static_cast<uint32_t>(shape_.quantities.size());
  }
}

void Batch::answer(size_t row, const sluice_decision& decision) {
  const bool bounded = decision.limit_id >= 0 && (decision.flags & SLUICE_UNLIMITED) == 0;
  status_[row] = decision.status;
  limit_id_[row] = decision.limit_id;
  retry_ns_[row] = wait_ns(decision);
  retry_ms_[row] = decision.status < 0 ? std::numeric_limits<double>::quiet_NaN() : wait_of(decision);
  remaining_[row] = bounded ? static_cast<double>(decision.remaining) : std::numeric_limits<double>::infinity();
}

sluice_status Batch::decide(SharedEngine& engine) {
  if (now_ == SLUICE_NOW) now_ = engine.calls().clock();
  const size_t most = std::min(count_, kAtATime), width = shape_.values.size();
  std::vector<sluice_request> requests(most);
  std::vector<sluice_bytes> values(most * width);
  std::vector<sluice_decision> decisions(most);
  for (size_t row = 0, key = 0; row < count_;) {
    const size_t some = std::min(most, count_ - row);
    for (size_t i = 0; i < some; ++i) {
      set_request(row + i, key, &requests[i], values.data() + i * width);
      key += values_of(row + i);
      decisions[i] = make_decision();
    }
    const sluice_status status = sluice_decide_many(engine.handle(), requests.data(), sizeof(sluice_request), decisions.data(),
                                                    sizeof(sluice_decision), some);
    if (status < 0) return status;
    for (size_t i = 0; i < some; ++i) answer(row + i, decisions[i]);
    row += some;
  }
  return SLUICE_OK;
}

}  // namespace sluice::node
