// SPDX-License-Identifier: Apache-2.0
// One engine as the threads of a process share it, and the share that one of them holds.
//
// 1. A Holder is one environment's share: all its JavaScript objects own it together. An engine ends when its last holder closes, is
//    collected, or loses its environment. The registry by which others find an engine keeps none alive.
// 2. A holder belongs to the thread of its environment; the engine behind it to all. What of a SharedEngine can change has its lock.
// 3. An operation's order of values is that of one policy: a request is read and decided while its holder's `calling` is held, and a
//    reload takes that of every holder. So no request meets a policy of another order, and threads that decide share no lock.
// 4. Who sleeps until something is due is rung awake by whatever makes something due sooner, of any thread: changed() after a call
//    that may. A ring runs in the sleeper's own thread, later.
#pragma once

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sluice/sluice.hpp"

namespace sluice::node {

class Holder;

// What an engine runs: told to those who attach.
struct LoadedPolicy {
  std::string text;
  std::string stance;
  uint64_t generation = 0;
};

class SharedEngine {
 public:
  // The options view what stands in the other arguments.
  SharedEngine(const sluice_engine_options& options, const LoadedPolicy& policy, const std::string& zoneinfo_dir);
  ~SharedEngine();
  SharedEngine(const SharedEngine&) = delete;
  SharedEngine& operator=(const SharedEngine&) = delete;

  // The engine with this number; null when there is none (any more).
  static std::shared_ptr<SharedEngine> find(uint64_t id);
  static void enter(const std::shared_ptr<SharedEngine>& engine);

  engine& calls() { return engine_; }
  sluice_engine handle() const { return engine_.handle(); }
  bool manual() const { return manual_; }
  const std::string& zoneinfo_dir() const { return zoneinfo_dir_; }
  LoadedPolicy policy();
  uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  void reload(LoadedPolicy policy, bool allow_reset, int64_t now);

  void join(Holder* holder);
  void leave(Holder* holder);

  // After a call that may have changed when something is due.
  void changed() {
    if (sleepers_.load() != 0) ring_if_due();
  }
  // Something is due at an instant: rings those who sleep longer.
  void ring(int64_t due, const Holder* but = nullptr);
  // A holder's watch has begun or ended.
  void count_sleeper(int change) { sleepers_ += change; }

 private:
  void ring_if_due();

  engine engine_;
  const bool manual_;
  const std::string zoneinfo_dir_;
  std::mutex policy_lock_;  // of policy_
  LoadedPolicy policy_;
  std::atomic<uint64_t> generation_{0};
  std::mutex holders_lock_;  // of holders_; before any holder's `calling`
  std::vector<Holder*> holders_;
  std::atomic<int> sleepers_{0};
};

class Holder {
 public:
  explicit Holder(std::shared_ptr<SharedEngine> engine);
  ~Holder() { close(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  bool closed() const { return !engine_; }
  // Gives the share up; the last one's engine ends. Twice does nothing.
  void close();
  // Throws when it is closed.
  SharedEngine& shared();
  engine& calls() { return shared().calls(); }

  std::mutex& calling() { return calling_; }

  // From now on `ring` is called, in this thread, when something becomes due before an instant; 0: nothing is waited for.
  void watch(napi_env env, int64_t before, napi_value ring);
  // From any thread.
  void ring(int64_t due);

 private:
  static void end_of_environment(void* holder) { static_cast<Holder*>(holder)->close(); }
  void open_bell(napi_env env, napi_value ring);
  void close_bell();

  std::shared_ptr<SharedEngine> engine_;
  std::mutex calling_;
  std::mutex bell_lock_;  // of bell_
  napi_threadsafe_function bell_ = nullptr;
  napi_env bell_env_ = nullptr;
  std::atomic<int64_t> before_{0};
};

}  // namespace sluice::node
