// SPDX-License-Identifier: Apache-2.0
// Messages to one recipient keep their order though the first of them is parked: those that come to their turn meanwhile are chained
// to it, and one is let go after the other.
//
// 1. A chain has a holder, whose turn comes first, and those behind it, by their numbers.
// 2. It lives from the first park of its holder until the last one behind it has gone.
// Threads: the lock of the shard.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "core/base/allocator.h"
#include "core/queue/message.h"

namespace sluice {

class Chains {
 public:
  struct Chain {
    CellId holder = 0;
    CellId first = 0, last = 0;  // behind it
  };

  // `key` stands for a flow and a recipient.
  Chain* find(uint64_t key) {
    const auto it = chains_.find(key);
    return it == chains_.end() ? nullptr : &it->second;
  }
  // Makes `holder` what others to its recipient wait for; false without memory, and then nothing has changed.
  bool begin(uint64_t key, CellId holder, Allocator& memory);
  // Behind the holder, at the place of its number. Its `due` is kept: 0, or before when it may not come to its turn.
  void insert(CellBase cells, Chain& chain, CellId message);
  // Out of those behind.
  void remove(CellBase cells, Chain& chain, CellId message);
  // The holder has gone: the next one holds, 0 when there was none and the chain has ended.
  CellId advance(CellBase cells, uint64_t key, Allocator& memory);
  void clear(Allocator& memory);
  size_t size() const { return chains_.size(); }

  static constexpr size_t kBytes = sizeof(Chain) + 48;  // the map's node and its share of the table

 private:
  std::unordered_map<uint64_t, Chain> chains_;
};

}  // namespace sluice
