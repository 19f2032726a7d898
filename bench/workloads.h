// SPDX-License-Identifier: Apache-2.0
// The limiters under measurement, behind one shape: made for so many keys, filled, asked for one decision or for 32.
//
//   explicit L(size_t keys);
//   static constexpr size_t kValues;                                a decision brings so many keys, packed
//   static int64_t own_time();                                      the `now` of a caller who leaves the time to the limiter
//   void insert(const char* key, int64_t now);                      a key in each place that takes one, seen for the first time
//   Answer decide(const char* keys, int64_t now);
//   void decide_many(const char* keys, int64_t now, Answer* out);   kBatch decisions at one instant
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

#include "bench/core.h"
#include "bench/keys.h"
#include "bench/prototype.h"
#include "bench/prototype_fingerprint.h"
#include "bench/prototype_split.h"
#include "sluice/sluice.h"

namespace sluice::bench {

// Nanoseconds since the Unix epoch.
inline int64_t wall_clock() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// Hardly ever closed at 3 ns a decision, even for a thousand keys.
inline constexpr Pace kOpenPace{1000, 60};
// Closed from its first decision on, and not open again within a run.
inline constexpr Pace kClosedPace{3'600'000'000'000, 1};

inline constexpr char kOpenPolicy[] = R"({
  "name": "open", "tenant": "account",
  "limits": [ { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1000000/s", "depth": 60 } ],
  "operations": [ { "name": "act", "values": ["account"], "charges": [ { "limit": "pace" } ] } ]
})";
inline constexpr char kClosedPolicy[] = R"({
  "name": "closed", "tenant": "account",
  "limits": [ { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1/h" } ],
  "operations": [ { "name": "act", "values": ["account"], "charges": [ { "limit": "pace" } ] } ]
})";
inline constexpr char kTwoLimitsPolicy[] = R"({
  "name": "two limits", "tenant": "account",
  "limits": [
    { "name": "pace", "scope": ["account"], "kind": "pace", "amount": "1000000/s", "depth": 60 },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100000000000 }
  ],
  "operations": [ { "name": "act", "values": ["account"], "charges": [ { "limit": "pace" }, { "limit": "day" } ] } ]
})";
inline constexpr char kTwoScopesPolicy[] = R"({
  "name": "two scopes", "tenant": "account",
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1000000/s", "depth": 60 },
    { "name": "line_day", "scope": ["line"], "kind": "window", "period": "day", "amount": 100000000000 },
    { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "amount": 100000000000 },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100000000000 }
  ],
  "operations": [
    { "name": "act", "values": ["account", "line"],
      "charges": [ { "limit": "pace" }, { "limit": "line_day" }, { "limit": "minute" }, { "limit": "day" } ] }
  ]
})";

// The product, through its C ABI, as a caller would use it: structs filled in once, then only keys and times put in.
template <const char* Policy, size_t Values>
class Product {
 public:
  static constexpr size_t kValues = Values;
  static int64_t own_time() { return SLUICE_NOW; }

  explicit Product(size_t /*keys*/) {
    sluice_engine_options options = SLUICE_ENGINE_OPTIONS_INIT;
    options.policy = Policy;
    options.policy_len = SLUICE_STRLEN;
    options.memory_cap = uint64_t{8} << 30;
    sluice_error error = SLUICE_ERROR_INIT;
    if (sluice_engine_create(&options, &engine_, &error) != SLUICE_OK) stop(error.message);
    const int32_t operation = sluice_operation_id(engine_, "act", SLUICE_STRLEN);
    for (size_t i = 0; i < kBatch; ++i) {
      for (size_t v = 0; v < Values; ++v) values_[i * Values + v] = {nullptr, kKeySize};
      requests_[i] = SLUICE_REQUEST_INIT;
      requests_[i].operation = operation;
      requests_[i].values = &values_[i * Values];
      requests_[i].value_count = Values;
      decisions_[i] = SLUICE_DECISION_INIT;
    }
  }
  ~Product() { sluice_engine_destroy(engine_); }
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;

  void insert(const char* key, int64_t now) {
    for (size_t v = 0; v < Values; ++v) values_[v].ptr = key;
    requests_[0].now = now;
    sluice_decide(engine_, &requests_[0], &decisions_[0]);
    answer(0);
  }

  Answer decide(const char* keys, int64_t now) {
    ask(0, keys, now);
    sluice_decide(engine_, &requests_[0], &decisions_[0]);
    return answer(0);
  }

  void decide_many(const char* keys, int64_t now, Answer* out) {
    for (size_t i = 0; i < kBatch; ++i) ask(i, keys + i * Values * kKeySize, now);
    sluice_decide_many(engine_, requests_, sizeof(sluice_request), decisions_, sizeof(sluice_decision), kBatch);
    for (size_t i = 0; i < kBatch; ++i) out[i] = answer(i);
  }

 private:
  [[noreturn]] static void stop(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }
  void ask(size_t i, const char* keys, int64_t now) {
    for (size_t v = 0; v < Values; ++v) values_[i * Values + v].ptr = keys + v * kKeySize;
    requests_[i].now = now;
  }
  Answer answer(size_t i) const {
    const sluice_decision& d = decisions_[i];
    if (d.status < 0) stop(sluice_status_name(d.status));
    return {d.status == SLUICE_OK, d.remaining, static_cast<uint64_t>(d.retry_after)};
  }

  sluice_engine engine_ = 0;
  sluice_bytes values_[kBatch * Values];
  sluice_request requests_[kBatch];
  sluice_decision decisions_[kBatch];
};

// A prototype table, which is inlined here; only the length of a key is kept from the compiler, as it is from the product's.
template <class Table, const Pace& pace>
class Prototype {
 public:
  static constexpr size_t kValues = 1;
  static int64_t own_time() { return wall_clock(); }

  explicit Prototype(size_t keys) : table_(keys, pace) { asm("" : "+r"(key_size_)); }

  void insert(const char* key, int64_t now) {
    table_.insert({key, key_size_});
    decide(key, now);
  }
  Answer decide(const char* key, int64_t now) { return table_.decide({key, key_size_}, static_cast<uint64_t>(now)); }
  void decide_many(const char* keys, int64_t now, Answer* out) {
    std::array<Key, kBatch> list;
    for (size_t i = 0; i < kBatch; ++i) list[i] = {keys + i * kKeySize, key_size_};
    table_.template decide_many<kBatch>(list.data(), static_cast<uint64_t>(now), out);
  }

 private:
  size_t key_size_ = kKeySize;
  Table table_;
};

// What is written in an afternoon: a map of strings under one mutex. It has no way to decide many at once.
class StandardMap {
 public:
  StandardMap(size_t keys, Pace pace) : pace_(pace) { map_.reserve(keys); }

  void insert(Key key) { map_.emplace(key, 0); }
  Answer decide(Key key, uint64_t now) {
    const std::lock_guard lock(mutex_);
    const auto found = map_.find(key);
    return found == map_.end() ? Answer{false, 0, 0} : decide_pace(pace_, found->second, now);
  }
  template <size_t N>
  void decide_many(const Key* keys, uint64_t now, Answer* out) {
    for (size_t i = 0; i < N; ++i) out[i] = decide(keys[i], now);
  }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(Key key) const { return hash_key(key); }
  };

  const Pace pace_;
  std::unordered_map<std::string, uint64_t, Hash, std::equal_to<>> map_;
  std::mutex mutex_;
};

// What each name in the tables is.
using Sluice = Product<kOpenPolicy, 1>;
using SluiceClosed = Product<kClosedPolicy, 1>;
using SluiceTwoLimits = Product<kTwoLimitsPolicy, 1>;
using SluiceTwoScopes = Product<kTwoScopesPolicy, 2>;
using CoreOpen = Core<kOpenPolicy>;
using CoreClosed = Core<kClosedPolicy>;
using Split = Prototype<SplitTable, kOpenPace>;
using SplitClosed = Prototype<SplitTable, kClosedPace>;
using Fingerprint = Prototype<FingerprintTable, kOpenPace>;
using Map = Prototype<StandardMap, kOpenPace>;

}  // namespace sluice::bench
