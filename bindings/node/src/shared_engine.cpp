// SPDX-License-Identifier: Apache-2.0
#include "shared_engine.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "arguments.h"
#include "errors.h"

namespace sluice::node {
namespace {

// Engines by number. It is never destroyed: a thread may outlive the main one's end.
struct Registry {
  std::mutex lock;
  std::unordered_map<uint64_t, std::weak_ptr<SharedEngine>> engines;
};

Registry& registry() {
  static Registry* const all = new Registry;
  return *all;
}

// Runs in the sleeper's thread. What was to be told there is told now, or nobody is left to hear it.
void ring_in_javascript(napi_env env, napi_value ring, void*, void*) {
  if (env == nullptr || ring == nullptr) return;
  napi_value self = nullptr;
  if (napi_get_undefined(env, &self) == napi_ok) napi_call_function(env, self, ring, 0, nullptr, nullptr);
}

}  // namespace

SharedEngine::SharedEngine(const sluice_engine_options& options, const LoadedPolicy& policy, const std::string& zoneinfo_dir)
    : engine_(options), manual_(options.manual_clock != 0), zoneinfo_dir_(zoneinfo_dir), policy_(policy) {}

SharedEngine::~SharedEngine() {
  const std::lock_guard<std::mutex> lock(registry().lock);
  registry().engines.erase(handle());
}

std::shared_ptr<SharedEngine> SharedEngine::find(uint64_t id) {
  const std::lock_guard<std::mutex> lock(registry().lock);
  const auto found = registry().engines.find(id);
  return found == registry().engines.end() ? nullptr : found->second.lock();
}

void SharedEngine::enter(const std::shared_ptr<SharedEngine>& engine) {
  const std::lock_guard<std::mutex> lock(registry().lock);
  registry().engines.emplace(engine->handle(), engine);
}

LoadedPolicy SharedEngine::policy() {
  const std::lock_guard<std::mutex> lock(policy_lock_);
  LoadedPolicy policy = policy_;
  policy.generation = generation();
  return policy;
}

void SharedEngine::reload(LoadedPolicy policy, bool allow_reset, int64_t now) {
  const std::lock_guard<std::mutex> nobody_comes(holders_lock_);
  std::vector<std::unique_lock<std::mutex>> nobody_calls;
  for (Holder* const holder : holders_) nobody_calls.emplace_back(holder->calling());
  engine_.reload(policy.text, policy.stance, allow_reset, now);
  const std::lock_guard<std::mutex> lock(policy_lock_);
  policy_ = std::move(policy);
  ++generation_;
}

void SharedEngine::join(Holder* holder) {
  const std::lock_guard<std::mutex> lock(holders_lock_);
  holders_.push_back(holder);
}

void SharedEngine::leave(Holder* holder) {
  const std::lock_guard<std::mutex> lock(holders_lock_);
  holders_.erase(std::remove(holders_.begin(), holders_.end(), holder), holders_.end());
}

void SharedEngine::ring(int64_t due, const Holder* but) {
  const std::lock_guard<std::mutex> lock(holders_lock_);
  for (Holder* const holder : holders_) {
    if (holder != but) holder->ring(due);
  }
}

void SharedEngine::ring_if_due() {
  int64_t due = INT64_MAX;
  if (sluice_next_due(handle(), &due) >= 0) ring(due);
}

Holder::Holder(std::shared_ptr<SharedEngine> engine) : engine_(std::move(engine)) { engine_->join(this); }

void Holder::close() {
  if (!engine_) return;
  if (before_.exchange(0) != 0) engine_->count_sleeper(-1);
  engine_->leave(this);
  close_bell();
  engine_.reset();
}

SharedEngine& Holder::shared() {
  if (!engine_) throw closed_error();
  return *engine_;
}

void Holder::watch(napi_env env, int64_t before, napi_value ring) {
  SharedEngine& engine = shared();
  if (before != 0 && bell_ == nullptr) open_bell(env, ring);
  const int64_t was = before_.exchange(before);
  if ((was != 0) != (before != 0)) engine.count_sleeper(before != 0 ? 1 : -1);
}

void Holder::ring(int64_t due) {
  if (due >= before_.load()) return;
  const std::lock_guard<std::mutex> lock(bell_lock_);
  // A full queue or an ending environment: it is being told, or nobody is left to hear it.
  if (bell_ != nullptr) napi_call_threadsafe_function(bell_, nullptr, napi_tsfn_nonblocking);
}

void Holder::open_bell(napi_env env, napi_value ring) {
  napi_value name = nullptr;
  checked(env, napi_create_string_utf8(env, "sluice", NAPI_AUTO_LENGTH, &name));
  napi_threadsafe_function bell = nullptr;
  // A queue of one: who has not heard the first ring yet needs no second.
  checked(env,
          napi_create_threadsafe_function(env, ring, nullptr, name, 1, 1, nullptr, nullptr, nullptr, ring_in_javascript, &bell));
  napi_unref_threadsafe_function(env, bell);
  // Hooks run in reverse: this one before the bell's own, which frees it.
  napi_add_env_cleanup_hook(env, &Holder::end_of_environment, this);
  bell_env_ = env;
  const std::lock_guard<std::mutex> lock(bell_lock_);
  bell_ = bell;
}

void Holder::close_bell() {
  if (bell_ == nullptr) return;
  napi_remove_env_cleanup_hook(bell_env_, &Holder::end_of_environment, this);
  const std::lock_guard<std::mutex> lock(bell_lock_);
  napi_release_threadsafe_function(std::exchange(bell_, nullptr), napi_tsfn_abort);
}

}  // namespace sluice::node
