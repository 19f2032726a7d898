// SPDX-License-Identifier: Apache-2.0
// Elements of a caller's array, at the caller's own distances.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace sluice::capi {

template <class Element>
Element* element_at(Element* first, size_t stride, size_t i) {
  using Byte = std::conditional_t<std::is_const_v<Element>, const char, char>;
  return reinterpret_cast<Element*>(reinterpret_cast<Byte*>(first) + i * stride);
}

// Whether structs of a first size of `first_size` can lie so.
constexpr bool is_stride(size_t stride, size_t first_size) { return stride >= first_size && stride % alignof(uint64_t) == 0; }

}  // namespace sluice::capi
