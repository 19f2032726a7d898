// SPDX-License-Identifier: Apache-2.0
#include "core/policy/queue_words.h"

namespace sluice {
namespace {

constexpr std::string_view kClasses[] = {"urgent", "reply", "transactional", "bulk"};
constexpr std::string_view kDeliveries[] = {"at least once", "at most once"};
constexpr std::string_view kOnSuspend[] = {"hold", "move_new", "move_all", "fail"};
constexpr std::string_view kOnFull[] = {"wait", "spill", "rehome"};
constexpr std::string_view kOnClose[] = {"hold", "expire"};

static_assert(std::size(kClasses) == kMessageClasses);

}  // namespace

std::span<const std::string_view> class_words() { return kClasses; }
std::span<const std::string_view> delivery_words() { return kDeliveries; }
std::span<const std::string_view> on_suspend_words() { return kOnSuspend; }
std::span<const std::string_view> on_full_words() { return kOnFull; }
std::span<const std::string_view> on_close_words() { return kOnClose; }

}  // namespace sluice
