// SPDX-License-Identifier: Apache-2.0
// RapidJSON, as every file here includes it. Its stack adds to a null pointer while it is empty, harmlessly; a sanitizer that
// looks for just that would stop at the first value of every text, so it is told not to look in these headers.
#pragma once

#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif

#include <rapidjson/error/error.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#if defined(__clang__)
#pragma clang attribute pop
#endif
