// SPDX-License-Identifier: Apache-2.0
#include "engine_core.h"

#include <utility>

#include "answer.h"
#include "arguments.h"
#include "operation.h"

namespace sluice::node {
namespace {

std::vector<std::string> names_of(napi_env env, napi_value array, const Field& field) {
  std::vector<std::string> names(length_of(env, array, field));
  for (uint32_t i = 0; i < names.size(); ++i) names[i] = text_of(env, element_of(env, array, i), field);
  return names;
}

// -1, or a position among the values.
int position_of(Napi::Value position, const Shape& shape, const Field& field) {
  if (is_undefined(position.Env(), position)) return SLUICE_NONE;
  const uint64_t most = shape.values.empty() ? 0 : shape.values.size() - 1;
  return static_cast<int>(count_of(position.Env(), position, field, most));
}

}  // namespace

Napi::Function EngineCore::define(Napi::Env env) {
  Methods methods{InstanceMethod<&EngineCore::run_own<&EngineCore::operation>>("operation")};
  add_life(&methods);
  add_subjects(&methods);
  add_leasing(&methods);
  add_pools(&methods);
  add_campaigns(&methods);
  add_plans(&methods);
  add_house(&methods);
  add_http(&methods);
  return DefineClass(env, "EngineCore", methods);
}

EngineCore::EngineCore(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EngineCore>(info) {
  guarded(info.Env(), [&] {
    info.Length() == 1 ? attach(info) : open(info);
    return Napi::Value();
  });
  // A constructor returns no value by which Node-API would see what is pending.
  if (info.Env().IsExceptionPending()) throw Napi::Error::New(info.Env());
}

// Operations and receipts have a part in the holder, too: it goes with the last of them, if nobody closes it.
void EngineCore::Finalize(Napi::BasicEnv) { holder_.reset(); }

void EngineCore::open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const LoadedPolicy policy{std::string(view_of(env, info[0], {"policy"})), text_of(env, info[1], {"stance"}), 0};
  const std::string zones = text_of(env, info[2], {"zoneinfoDir"});
  sluice_engine_options options = make_options(policy.text);
  options.stance = policy.stance.data();
  options.stance_len = policy.stance.size();
  if (!zones.empty()) options.zoneinfo_dir = zones.data();
  options.zoneinfo_dir_len = zones.size();
  options.manual_clock = flag_of(env, info[3], {"clock"}) ? 1 : 0;
  if (!info[4].IsUndefined()) options.manual_now = instant_of(env, info[4], {"now"});
  if (!info[5].IsUndefined()) options.memory_cap = count_of(env, info[5], {"memoryCap"});
  options.receipt_ttl = span_of(env, info[6], {"receiptTtl"});
  if (!info[7].IsUndefined())
    options.event_capacity = static_cast<uint32_t>(count_of(env, info[7], {"eventCapacity"}, UINT32_MAX));
  if (!info[8].IsUndefined()) options.shards = static_cast<uint32_t>(count_of(env, info[8], {"shards"}, UINT32_MAX));
  auto engine = std::make_shared<SharedEngine>(options, policy, zones);
  SharedEngine::enter(engine);
  holder_ = std::make_shared<Holder>(std::move(engine));
}

void EngineCore::attach(const Napi::CallbackInfo& info) {
  const uint64_t id = count_of(info.Env(), info[0], {"id"});
  std::shared_ptr<SharedEngine> engine = SharedEngine::find(id);
  if (!engine) {
    throw error(SLUICE_E_HANDLE, ("this process has no engine with the id " + std::to_string(id) + " (any more)").c_str());
  }
  holder_ = std::make_shared<Holder>(std::move(engine));
}

// (id, generation, values, quantities, repeats, line): the last two positions among the values, or undefined.
Napi::Value EngineCore::operation(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Shape shape;
  shape.id = static_cast<int32_t>(count_of(env, info[0], {"operation"}, INT32_MAX));
  shape.generation = count_of(env, info[1], {"generation"});
  shape.values = names_of(env, info[2], {"values"});
  shape.quantities = names_of(env, info[3], {"quantities"});
  if (shape.values.size() > kMostValues) throw Misuse(Misuse::Kind::range, "values", "must be at most 16");
  shape.repeats = position_of(info[4], shape, {"repeats"});
  shape.line = position_of(info[5], shape, {"line"});
  return Operation::make(env, holder_, std::move(shape));
}

}  // namespace sluice::node
