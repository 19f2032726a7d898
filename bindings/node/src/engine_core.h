// SPDX-License-Identifier: Apache-2.0
// The class EngineCore, over which lib/engine.js is: one environment's share of an engine. Its methods take their arguments by
// position, undefined for a default; what they mean stands in lib/. Its calls are grouped in files by noun, each of which adds its own.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "errors.h"
#include "shared_engine.h"

namespace sluice::node {

class EngineCore : public Napi::ObjectWrap<EngineCore> {
 public:
  using Call = Napi::Value (*)(Holder& holder, const Napi::CallbackInfo& info);
  using Methods = std::vector<Napi::ClassPropertyDescriptor<EngineCore>>;

  static Napi::Function define(Napi::Env env);

  // A method that calls with this object's holder. Calls of different files have different names, though each is its file's own: g++ 12
  // takes what Node-API makes of two of one name for the same.
  template <Call call>
  static Napi::ClassPropertyDescriptor<EngineCore> method(const char* name) {
    return InstanceMethod<&EngineCore::run<call>>(name);
  }

  // (policy, stance, zoneinfoDir, manual, now, memoryCap, receiptTtl, eventCapacity, shards), or (id) of one that there is.
  explicit EngineCore(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

 private:
  template <Call call>
  Napi::Value run(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return call(*holder_, info); });
  }
  template <Napi::Value (EngineCore::*call)(const Napi::CallbackInfo&)>
  Napi::Value run_own(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] { return (this->*call)(info); });
  }

  void open(const Napi::CallbackInfo& info);
  void attach(const Napi::CallbackInfo& info);
  Napi::Value operation(const Napi::CallbackInfo& info);

  std::shared_ptr<Holder> holder_;
};

void add_life(EngineCore::Methods* methods);
void add_subjects(EngineCore::Methods* methods);
void add_leasing(EngineCore::Methods* methods);
void add_pools(EngineCore::Methods* methods);
void add_campaigns(EngineCore::Methods* methods);
void add_plans(EngineCore::Methods* methods);
void add_house(EngineCore::Methods* methods);
void add_http(EngineCore::Methods* methods);

}  // namespace sluice::node
