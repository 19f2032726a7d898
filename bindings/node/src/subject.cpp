// SPDX-License-Identifier: Apache-2.0
#include "subject.h"

namespace sluice::node {

Subject::Subject(napi_env env, napi_value scope, napi_value values) : scope_(text_of(env, scope, {"scope"})) {
  const uint32_t count = length_of(env, values, {"subject"});
  size_t from = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const size_t to = std::min(scope_.find(',', from), scope_.size());
    const std::string_view name = std::string_view(scope_).substr(std::min(from, scope_.size()), to - std::min(from, to));
    values_.push_back(room_.key(env, element_of(env, values, i), {"subject", name}));
    from = to + 1;
  }
}

}  // namespace sluice::node
