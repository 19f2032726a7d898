// SPDX-License-Identifier: Apache-2.0
#include "core/store/word_memory.h"

#include <cstring>

namespace sluice {
namespace {

size_t bytes_of(uint32_t log2) { return sizeof(IndexWord) << log2; }
bool is_paged(uint32_t log2) { return bytes_of(log2) >= Arena::kPageBytes; }
uint32_t pages_of(uint32_t log2) { return static_cast<uint32_t>(bytes_of(log2) / Arena::kPageBytes); }

}  // namespace

IndexWord* WordMemory::allocate(uint32_t log2) {
  void* words;
  if (is_paged(log2)) {
    const Arena::Piece piece = arena_.take(static_cast<uint32_t>(bytes_of(log2) / kRecordUnit), beyond_cap_);
    words = piece.first == 0 ? nullptr : arena_.place(piece.first);
  } else {
    words = memory_.allocate(bytes_of(log2));
  }
  if (words != nullptr) std::memset(words, 0, bytes_of(log2));
  return static_cast<IndexWord*>(words);
}

void WordMemory::release(IndexWord* words, uint32_t log2) {
  if (!is_paged(log2)) return memory_.release(words, bytes_of(log2));
  const RecordId first = arena_.number_of(words);
  for (uint32_t i = 0; i < pages_of(log2); ++i) arena_.give_page(first + i * Arena::kPageUnits);
}

void WordMemory::outgrow(IndexWord* words, uint32_t log2) {
  if (!is_paged(log2)) return memory_.release(words, bytes_of(log2));
  arena_.reuse(arena_.number_of(words), pages_of(log2));
}

}  // namespace sluice
