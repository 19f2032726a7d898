// SPDX-License-Identifier: Apache-2.0
#include "core/policy/nearest.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sluice {
namespace {

constexpr size_t kLongest = 64;  // a longer word is no mistyped name

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<size_t, kLongest + 1>, 3> rows{};
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i - 1) % 3];
    const auto& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = above[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

size_t same_beginning(std::string_view a, std::string_view b) {
  size_t n = 0;
  while (n < a.size() && n < b.size() && lower(a[n]) == lower(b[n])) ++n;
  return n;
}

template <typename Names>
std::string_view search(std::string_view name, const Names& candidates) {
  if (name.empty() || name.size() > kLongest) return {};
  std::string_view best;
  size_t fewest = SIZE_MAX;
  for (const std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongest) continue;
    const size_t changes = distance(name, candidate);
    const size_t few = std::max<size_t>(1, std::max(name.size(), candidate.size()) / 3);
    const bool nearer = changes < fewest || (changes == fewest && same_beginning(name, candidate) > same_beginning(name, best));
    if (changes <= few && nearer) {
      fewest = changes;
      best = candidate;
    }
  }
  return best;
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) { return search(name, candidates); }

std::string_view nearest(std::string_view name, std::span<const std::string> candidates) { return search(name, candidates); }

}  // namespace sluice
