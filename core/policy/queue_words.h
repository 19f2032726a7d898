// SPDX-License-Identifier: Apache-2.0
// The words of queues and pools, each list in the order of its enum.
#pragma once

#include <span>
#include <string_view>

#include "core/limits/queue_rules.h"

namespace sluice {

std::span<const std::string_view> class_words();
std::span<const std::string_view> delivery_words();
std::span<const std::string_view> on_suspend_words();
std::span<const std::string_view> on_full_words();
std::span<const std::string_view> on_close_words();

inline std::string_view spell_class(MessageClass c) { return class_words()[static_cast<size_t>(c)]; }
inline std::string_view spell_delivery(Delivery delivery) { return delivery_words()[static_cast<size_t>(delivery)]; }
inline std::string_view spell_on_suspend(OnSuspend what) { return on_suspend_words()[static_cast<size_t>(what)]; }
inline std::string_view spell_on_close(OnClose what) { return on_close_words()[static_cast<size_t>(what)]; }
inline std::string_view spell_on_full(OnFull what) { return on_full_words()[static_cast<size_t>(what)]; }

}  // namespace sluice
