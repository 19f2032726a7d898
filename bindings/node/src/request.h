// SPDX-License-Identifier: Apache-2.0
// An operation's shape, and a request of it read from JavaScript: values in declared order, options before them by position.
#pragma once

#include <napi.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "arguments.h"
#include "shared_engine.h"
#include "sluice/sluice.hpp"

namespace sluice::node {

// What an operation takes under one policy.
struct Shape {
  int32_t id = SLUICE_NONE;
  uint64_t generation = 0;
  std::vector<std::string> values;
  std::vector<std::string> quantities;
  int repeats = SLUICE_NONE;  // position among values
  int line = SLUICE_NONE;     // of the value that may be absent, since a pool chooses it

  // A failure's words with the name of the value they are about: "values.line: ...". C knows it by its position alone.
  std::string with_name(const std::string& words) const;
};

// The options of a request, as lib/operation.js passes them: undefined is the default of each.
struct Options {
  napi_value now, flags, key, quantities;
};

class Request {
 public:
  // The room outlives it.
  Request(const Shape& shape, KeyRoom& room) : shape_(shape), room_(room) { c_.operation = shape.id; }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  void read_options(napi_env env, const Options& options);
  // undefined: absent. What follows the last one that was given is absent, too.
  void read_values(napi_env env, const napi_value* values, size_t count);

  sluice_request& c() { return c_; }
  size_t most_details() const { return kMostCharges * (c_.repeated_count > 1 ? c_.repeated_count : 1); }

 private:
  void read_quantities(napi_env env, napi_value quantities);
  void read_repeated(napi_env env, napi_value values);
  // `given` null: absent.
  void read_other(napi_env env, size_t i, napi_value given);

  const Shape& shape_;
  KeyRoom& room_;
  std::array<sluice_bytes, kMostValues> values_;
  std::array<uint64_t, kMostQuantities> quantities_;
  std::vector<sluice_bytes> repeated_;
  sluice_request c_ = SLUICE_REQUEST_INIT;
};

// What a message brings beside its request, as lib/operation.js passes it.
struct MessageOptions {
  napi_value payload, message_class, send_at, expires_at, campaign, zone;
};

class Message {
 public:
  Message() = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  // REQUIRES: no JavaScript runs from here to the call: the payload is viewed.
  void read(napi_env env, const MessageOptions& options);
  sluice_message& c() { return c_; }

 private:
  std::string zone_;
  sluice_message c_ = SLUICE_MESSAGE_INIT;
};

}  // namespace sluice::node
