// SPDX-License-Identifier: Apache-2.0
// What an index holds of a record: its number and 32 bits of its subject's hash.
#pragma once

#include <cstdint>

#include "core/store/record.h"

namespace sluice {

struct alignas(8) IndexWord {
  RecordId id = 0;  // 0: nobody
  uint32_t tag = 0;

  friend bool operator==(const IndexWord&, const IndexWord&) = default;
};
static_assert(sizeof(IndexWord) == 8);

}  // namespace sluice
