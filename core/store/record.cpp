// SPDX-License-Identifier: Apache-2.0
#include "core/store/record.h"

namespace sluice {

void KeyView::write(char* out) const {
  for (size_t i = 0; i < count; ++i) {
    if (i + 1 < count) {
      const auto size = static_cast<uint16_t>(values[i]->size());
      std::memcpy(out, &size, sizeof size);
      out += sizeof size;
    }
    std::memcpy(out, values[i]->data(), values[i]->size());
    out += values[i]->size();
  }
}

bool KeyView::equals_composite(Bytes key) const {
  if (key.size() != size()) return false;
  for (size_t i = 0; i < count; ++i) {
    if (i + 1 < count) {
      uint16_t size;
      std::memcpy(&size, key.data(), sizeof size);
      if (size != values[i]->size()) return false;
      key.remove_prefix(sizeof size);
    }
    if (std::memcmp(key.data(), values[i]->data(), values[i]->size()) != 0) return false;
    key.remove_prefix(values[i]->size());
  }
  return true;
}

}  // namespace sluice
