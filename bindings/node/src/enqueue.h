// SPDX-License-Identifier: Apache-2.0
// The messages of a list, read, taken in and answered: lib/operation.js lays them out.
#pragma once

#include <napi.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "request.h"

namespace sluice::node {

class Messages {
 public:
  explicit Messages(const Shape& shape) : shape_(shape) {}
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;

  // `list` is the package's own, of arrays of plain values, so that reading an element runs no JavaScript:
  // [payload, class, sendAt, expiresAt, campaign, zone, key, quantities, values].
  void read(napi_env env, napi_value now, napi_value list);
  sluice_status enqueue(SharedEngine& engine);
  // {rows, lines, words}: a decision's row and a held row each, the line of each with a pool, and the words of each that failed.
  napi_value answers(Napi::Env env) const;

 private:
  void read_one(napi_env env, int64_t now, napi_value message);
  void learn_words(SharedEngine& engine);

  const Shape& shape_;
  KeyRoom room_;
  std::deque<Request> requests_;  // stay where they are: what C is given points into them
  std::deque<Message> messages_;
  std::vector<sluice_request> c_requests_;
  std::vector<sluice_message> c_messages_;
  std::vector<enqueued> answers_;
  std::unique_ptr<impl::line_room[]> lines_;
  std::vector<std::string> words_;
};

}  // namespace sluice::node
