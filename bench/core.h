// SPDX-License-Identifier: Apache-2.0
// The product's decision without its C ABI: the core's own code, inlined into the program as the prototypes are, asked with a key and
// an instant and answering what they answer. What the ABI's structs cost is the distance between this and the product.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/keys.h"
#include "bench/prototype.h"
#include "core/engine/engine.h"
#include "core/engine/straight_group.h"

namespace sluice::bench {

// A key, an instant, and the place for the answer.
class KeyCall {
 public:
  KeyCall(int32_t operation, Bytes key, Instant now, Answer* answer)
      : operation_(operation), key_(key), now_(now), answer_(*answer) {}

  bool is_readable() const { return true; }
  bool is_plain() const { return true; }
  bool is_lone() const { return true; }
  int32_t operation() const { return operation_; }
  Instant now() const { return now_; }
  size_t value_count() const { return 1; }
  Bytes value(uint32_t) const { return key_; }
  size_t quantity_count() const { return 0; }
  uint64_t quantity(uint32_t) const { return 0; }
  void allow(Instant, int32_t) const {
    answer_.allowed = true;
    answer_.wait = 0;
  }
  void write_head(const straight::AnswerHead& head) const {
    answer_.allowed = head.status == Status::ok;
    answer_.wait = static_cast<uint64_t>(head.retry_after);
  }
  void tell(const straight::Standing& standing) const { answer_.remaining = standing.remaining; }

 private:
  int32_t operation_;
  Bytes key_;
  Instant now_;
  Answer& answer_;
};

template <const char* Policy>
class Core {
 public:
  static constexpr size_t kValues = 1;
  static int64_t own_time() { return kEngineClock; }

  explicit Core(size_t /*keys*/) {
    EngineOptions options;
    options.policy = Policy;
    options.memory_cap = uint64_t{8} << 30;
    std::string error;
    if (Engine::create(options, &handle_, &error) != Status::ok) stop(error.c_str());
    operation_ = Engine::operation_id(handle_, "act");
    asm("" : "+r"(key_size_));
  }
  ~Core() { Engine::destroy(handle_); }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void insert(const char* key, int64_t now) {
    const Bytes value(key, key_size_);
    Request request;
    request.operation = operation_;
    request.values = {&value, 1};
    request.now = now;
    Decision decision;
    if (static_cast<int32_t>(Engine::decide(handle_, request, &decision)) < 0) stop("insert");
  }

  Answer decide(const char* key, int64_t now) {
    Answer answer;
    if (!straight::decide(handle_, call(key, now, &answer))) [[unlikely]]
      stop("not straight");
    return answer;
  }

  void decide_many(const char* keys, int64_t now, Answer* out) {
    straight::ArrayTime time(now);
    if (straight::decide_group(handle_, Array{*this, keys, now, out}, 0, &time) != kBatch) stop("not straight");
  }

 private:
  struct Array {
    const Core& core;
    const char* keys;
    Instant now;
    Answer* out;

    size_t count() const { return kBatch; }
    KeyCall call(size_t i) const { return core.call(keys + i * kKeySize, now, out + i); }
  };

  KeyCall call(const char* key, Instant now, Answer* answer) const { return {operation_, {key, key_size_}, now, answer}; }
  [[noreturn, gnu::noinline, gnu::cold]] static void stop(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }

  uint64_t handle_ = 0;
  int32_t operation_ = 0;
  size_t key_size_ = kKeySize;
};

}  // namespace sluice::bench
