// SPDX-License-Identifier: Apache-2.0
// The state of a limit whose memory hangs off the record: one pointer, nullptr for a subject never seen.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>

#include "core/base/allocator.h"

namespace sluice {

template <class T>
T* extent_of(const std::byte* state) {
  void* extent;
  std::memcpy(&extent, state, sizeof extent);
  return static_cast<T*>(extent);
}

template <class T>
void set_extent(std::byte* state, T* extent) {
  void* const word = extent;
  std::memcpy(state, &word, sizeof word);
}

// Runs `grow` on the extent, made anew when there is none; when either fails the state is as it was.
template <class T, class Grow>
bool grow_extent(std::byte* state, Allocator& memory, Grow grow) {
  if (T* extent = extent_of<T>(state)) return grow(*extent);
  void* block = memory.allocate(sizeof(T));
  if (block == nullptr) return false;
  T* extent = new (block) T();
  if (!grow(*extent)) {
    memory.release(block, sizeof(T));
    return false;
  }
  set_extent(state, extent);
  return true;
}

template <class T>
void clear_extent(std::byte* state, Allocator& memory) {
  T* extent = extent_of<T>(state);
  if (extent == nullptr) return;
  extent->clear(memory);
  memory.release(extent, sizeof(T));
  set_extent<T>(state, nullptr);
}

}  // namespace sluice
