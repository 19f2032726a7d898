// SPDX-License-Identifier: Apache-2.0
// Room for objects that nobody has formed: nothing of it is read before it was.
#pragma once

#include <cstddef>

namespace sluice {

template <class T, size_t kCount>
class Raw {
 public:
  T* get() { return reinterpret_cast<T*>(bytes_); }

 private:
  alignas(T) std::byte bytes_[kCount * sizeof(T)];
};

}  // namespace sluice
