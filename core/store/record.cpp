// SPDX-License-Identifier: Apache-2.0
#include "core/store/record.h"

namespace sluice {

void Record::lay_out(size_t state_size, size_t size_of_key) {
  units = static_cast<uint16_t>(record_units(state_size, size_of_key));
  key_at = static_cast<uint8_t>((sizeof(Record) + state_size) / 8);
  key_size = size_of_key & 0x1fff;  // of four values at most 4,102
}

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
