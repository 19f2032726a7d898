// SPDX-License-Identifier: Apache-2.0
// Policies without an engine: what is wrong with one, and what it says.
#include "capi/src/arguments.h"
#include "capi/src/boundary.h"
#include "core/policy/describe.h"
#include "core/policy/policy.h"

namespace sluice::capi {
namespace {

// The arguments both calls share.
struct PolicyArguments {
  const char* text;
  size_t text_len;
  const char* stance;
  size_t stance_len;
  const char* zoneinfo_dir;
  size_t zoneinfo_dir_len;
};

Status load(const PolicyArguments& given, PolicyResult* result, std::string* words) {
  PolicyOptions options;
  std::string_view text, stance = options.stance, zoneinfo_dir;
  Status status = read_policy_text(given.text, given.text_len, &text, words);
  if (status == Status::ok) status = read_optional_text("stance", given.stance, given.stance_len, &stance, words);
  if (status == Status::ok) {
    status = read_optional_text("zoneinfo_dir", given.zoneinfo_dir, given.zoneinfo_dir_len, &zoneinfo_dir, words);
  }
  if (status != Status::ok) return status;
  options.stance = std::string(stance);
  options.zoneinfo_dir = zoneinfo_dir;
  *result = load_policy(text, options);
  return Status::ok;
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_policy_check(const char* text, size_t text_len, const char* stance, size_t stance_len,
                                  const char* zoneinfo_dir, size_t zoneinfo_dir_len, char* buffer, size_t* length) {
  return quiet_call([&] {
    Status status = check_buffer(buffer, length, nullptr);
    if (status != Status::ok) return status;
    PolicyResult result;
    status = load({text, text_len, stance, stance_len, zoneinfo_dir, zoneinfo_dir_len}, &result, nullptr);
    return status == Status::ok ? write_text(describe_result(result), buffer, length, nullptr) : status;
  });
}

sluice_status sluice_policy_describe(const char* text, size_t text_len, const char* stance, size_t stance_len,
                                     const char* zoneinfo_dir, size_t zoneinfo_dir_len, char* buffer, size_t* length,
                                     sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    Status status = check_buffer(buffer, length, words);
    if (status != Status::ok) return status;
    PolicyResult result;
    status = load({text, text_len, stance, stance_len, zoneinfo_dir, zoneinfo_dir_len}, &result, words);
    if (status != Status::ok) return status;
    if (!result.policy) return fail(words, Status::policy, format_findings(result.findings));
    return write_text(describe_policy(*result.policy), buffer, length, words);
  });
}
