// SPDX-License-Identifier: Apache-2.0
// The name that was probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice {

// The candidate with the fewest changes (a letter put in, left out, replaced, or two neighbours swapped; case is free), if
// they are few for its length; else empty. Ties go to the one that begins more alike, then to the first.
std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);
std::string_view nearest(std::string_view name, std::span<const std::string> candidates);

}  // namespace sluice
