// SPDX-License-Identifier: Apache-2.0
#include "terms.h"

#include <algorithm>

namespace sluice::node {

Terms::Terms(napi_env env, napi_value dialects, napi_value given) {
  if (!is_undefined(env, dialects)) c_.dialects(static_cast<uint32_t>(count_of(env, dialects, {"dialects"}, UINT32_MAX)));
  if (is_undefined(env, given)) return;
  texts_.resize(length_of(env, given, {"given"}));  // not moved from here on
  for (uint32_t i = 0; i + 1 < texts_.size(); i += 2) {
    texts_[i] = text_of(env, element_of(env, given, i), {"given"});
    texts_[i + 1] = text_of(env, element_of(env, given, i + 1), {"given", texts_[i]});
    c_.give(texts_[i], texts_[i + 1]);
  }
}

void Terms::ask(napi_env env, const Shape& shape, napi_value values, napi_value quantities) {
  request_.operation = shape.id;
  if (!is_undefined(env, values)) ask_values(env, shape, values);
  if (!is_undefined(env, quantities)) ask_quantities(env, shape, quantities);
  c_.request(request_);
}

void Terms::ask_values(napi_env env, const Shape& shape, napi_value values) {
  const uint32_t count = length_of(env, values, {"values"});
  if (count > shape.values.size()) {
    throw Misuse(Misuse::Kind::range, "values",
                 "must be " + std::to_string(shape.values.size()) + ", not " + std::to_string(count));
  }
  for (uint32_t i = 0; i < count; ++i) {
    const napi_value value = element_of(env, values, i);
    if (!is_undefined(env, value)) values_[i] = room_.key(env, value, {"values", shape.values[i]});
  }
  request_.values = values_.data();
  request_.value_count = static_cast<uint32_t>(shape.values.size());
}

void Terms::ask_quantities(napi_env env, const Shape& shape, napi_value quantities) {
  const size_t count = std::min({size_t{length_of(env, quantities, {"quantities"})}, shape.quantities.size(), kMostQuantities});
  for (uint32_t i = 0; i < count; ++i) {
    quantities_[i] = count_of(env, element_of(env, quantities, i), {"quantities", shape.quantities[i]});
  }
  request_.quantities = quantities_.data();
  request_.quantity_count = static_cast<uint32_t>(count);
}

}  // namespace sluice::node
