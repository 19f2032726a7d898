// SPDX-License-Identifier: Apache-2.0
#include "request.h"

#include <cstdlib>

namespace sluice::node {
namespace {

constexpr uint32_t kKnownFlags = SLUICE_PEEK | SLUICE_RECEIPT | SLUICE_FORCE;

}  // namespace

std::string Shape::with_name(const std::string& words) const {
  const size_t bracket = words.find('['), close = words.find("]: ");
  if (bracket == std::string::npos || close == std::string::npos) return words;
  const std::string array = words.substr(0, bracket);
  size_t position = values.size();
  if (array == "values") position = std::strtoul(words.c_str() + bracket + 1, nullptr, 10);
  if (array == "repeated" && repeats >= 0) position = static_cast<size_t>(repeats);
  if (position >= values.size()) return words;
  const std::string absent = ", and {NULL, 0} is absent";  // in C
  std::string said = "values." + values[position] + words.substr(close + 1);
  const size_t tail = said.rfind(absent);
  return tail == std::string::npos ? said : said.erase(tail, absent.size());
}

void Request::read_options(napi_env env, const Options& options) {
  c_.now = instant_of(env, options.now, {"now"});
  c_.flags = static_cast<uint32_t>(count_of(env, options.flags, {"flags"}, kKnownFlags));
  if (!is_undefined(env, options.key)) {
    const sluice_bytes key = room_.key(env, options.key, {"idempotencyKey"});
    c_.idempotency_key = key.ptr;
    c_.idempotency_key_len = static_cast<uint32_t>(key.len);
  }
  if (!is_undefined(env, options.quantities)) read_quantities(env, options.quantities);
}

void Request::read_quantities(napi_env env, napi_value quantities) {
  const uint32_t count = length_of(env, quantities, {"quantities"});
  if (count != shape_.quantities.size() || count > quantities_.size()) {
    throw Misuse(Misuse::Kind::range, "quantities",
                 "must be as many as the operation has: " + std::to_string(shape_.quantities.size()));
  }
  for (uint32_t i = 0; i < count; ++i) {
    quantities_[i] = count_of(env, element_of(env, quantities, i), {"quantities", shape_.quantities[i]});
  }
  c_.quantities = quantities_.data();
  c_.quantity_count = count;
}

void Request::read_repeated(napi_env env, napi_value values) {
  const Field field{"values", shape_.values[static_cast<size_t>(shape_.repeats)]};
  const uint32_t count = length_of(env, values, field);
  if (count == 0 || count > kMostRepeated) {
    throw Misuse(Misuse::Kind::range, field.text(),
                 "must be 1 to " + std::to_string(kMostRepeated) + " values, not " + std::to_string(count));
  }
  repeated_ = room_.keys(env, values, field);
  c_.repeated = repeated_.data();
  c_.repeated_count = count;
}

// Bytes, a list, or nothing.
void Request::read_other(napi_env env, size_t i, napi_value given) {
  const Field field{"values", shape_.values[i]};
  bool is_list = false;
  if (given != nullptr && static_cast<int>(i) == shape_.repeats) checked(env, napi_is_array(env, given, &is_list));
  values_[i] = {nullptr, 0};
  if (is_list) {
    read_repeated(env, given);
  } else if (given != nullptr) {
    values_[i] = room_.key(env, given, field);
  } else if (static_cast<int>(i) != shape_.line) {
    throw Misuse(Misuse::Kind::type, field.text(), "must be a string or a Uint8Array, not undefined");
  }
}

void Request::read_values(napi_env env, const napi_value* values, size_t count) {
  if (count > shape_.values.size()) {
    throw Misuse(Misuse::Kind::range, "values",
                 "must be " + std::to_string(shape_.values.size()) + ", not " + std::to_string(count));
  }
  for (size_t i = 0; i < shape_.values.size(); ++i) {
    const Field field{"values", shape_.values[i]};
    if (i < count && room_.text_key(env, values[i], field, &values_[i])) continue;
    read_other(env, i, i < count && !is_undefined(env, values[i]) ? values[i] : nullptr);
  }
  c_.values = values_.data();
  c_.value_count = static_cast<uint32_t>(shape_.values.size());
}

void Message::read(napi_env env, const MessageOptions& options) {
  if (!is_undefined(env, options.message_class)) {
    c_.message_class = static_cast<int32_t>(count_of(env, options.message_class, {"messageClass"}, SLUICE_CLASS_BULK));
  }
  if (!is_undefined(env, options.send_at)) c_.send_at = instant_of(env, options.send_at, {"sendAt"});
  if (!is_undefined(env, options.expires_at)) c_.expires_at = instant_of(env, options.expires_at, {"expiresAt"});
  if (!is_undefined(env, options.campaign)) c_.campaign = count_of(env, options.campaign, {"campaign"});
  if (!is_undefined(env, options.zone)) {
    zone_ = text_of(env, options.zone, {"zone"});
    c_.zone = zone_.data();
    c_.zone_len = zone_.size();
  }
  if (!is_undefined(env, options.payload)) {
    const std::string_view payload = view_of(env, options.payload, {"payload"});
    c_.payload = payload.data();
    c_.payload_len = payload.size();
  }
}

}  // namespace sluice::node
