// SPDX-License-Identifier: Apache-2.0
// A borrowed run of bytes: keys and names. NULs and separators are ordinary bytes.
#pragma once

#include <string_view>

namespace sluice {

using Bytes = std::string_view;

}  // namespace sluice
