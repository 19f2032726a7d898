// SPDX-License-Identifier: Apache-2.0
// Merges a stance's overlay into the policy it overlays, by name. Every node keeps the place where it was written.
#pragma once

#include <string_view>

#include "core/policy/document.h"
#include "core/policy/findings.h"

namespace sluice {

// Afterwards the root's members are those of the merged policy. Says what the overlay cannot do (remove what the base names,
// have other fields), and notes fields that fell away because the kind changed.
void merge_overlay(Document* document, std::string_view stance, Findings* findings);

}  // namespace sluice
