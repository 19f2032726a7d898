// SPDX-License-Identifier: Apache-2.0
// Memory for index words: arrays of a page or more lie in the arena among the records, so that huge pages serve both and pages that
// an index has outgrown are given to records; smaller ones come from the allocator.
// Threads: any.
#pragma once

#include <cstdint>

#include "core/base/allocator.h"
#include "core/base/arena.h"
#include "core/store/index_word.h"

namespace sluice {

class WordMemory {
 public:
  WordMemory(Allocator& memory, Arena& arena, bool beyond_cap = false)
      : memory_(memory), arena_(arena), beyond_cap_(beyond_cap) {}

  // 2^log2 words, all nobody's; nullptr when there is no memory.
  IndexWord* allocate(uint32_t log2);
  void release(IndexWord* words, uint32_t log2);
  // The same for words that a larger array replaces: the records to come have use for the pages as they are.
  void outgrow(IndexWord* words, uint32_t log2);

 private:
  Allocator& memory_;
  Arena& arena_;
  const bool beyond_cap_;
};

}  // namespace sluice
