// SPDX-License-Identifier: Apache-2.0
// The subject of a charge that a message took or will take, formed from its values.
#pragma once

#include "core/base/hash.h"
#include "core/engine/message_layout.h"
#include "core/engine/send_queue.h"

namespace sluice {

struct RowSubject {
  RowSubject(const LayoutRow& row, const StoredValues& stored, const HashSecret& secret) {
    key.count = row.value_count;
    hash = hash_begin(row.scope, secret);
    for (uint8_t d = 0; d < row.value_count; ++d) {
      key.values[d] = &stored.values[row.values[d]];
      hash = hash_add(hash, d, hash_bytes(*key.values[d], secret), secret);
    }
  }

  KeyView key;
  uint64_t hash;
};

}  // namespace sluice
