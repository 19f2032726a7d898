// SPDX-License-Identifier: Apache-2.0
// Memory on the stack for values that are built only as far as they are needed.
#pragma once

#include <cstddef>
#include <type_traits>

namespace sluice::capi {

template <class T, size_t N>
class Room {
 public:
  static_assert(std::is_trivially_destructible_v<T>);

  // Where value `i` goes; build it there before it is read.
  T* at(size_t i) { return reinterpret_cast<T*>(bytes_) + i; }

 private:
  alignas(T) std::byte bytes_[N * sizeof(T)];
};

}  // namespace sluice::capi
