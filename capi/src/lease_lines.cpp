// SPDX-License-Identifier: Apache-2.0
#include "capi/src/lease_lines.h"

#include "capi/src/arguments.h"

namespace sluice::capi {
namespace {

struct KeyArray {
  const char* name;
  const char* count_name;
  const sluice_bytes* keys;
  size_t count;
  size_t most;
};

Status read_keys(const KeyArray& given, std::vector<Bytes>* out, std::string* words) {
  if (given.keys == nullptr) {
    if (given.count == 0) return Status::ok;
    return fail(words, Status::invalid, given.name, ": NULL with ", given.count_name, " ", given.count);
  }
  if (given.count > given.most) {
    return fail(words, Status::too_many, given.count_name, ": ", given.count, "; one call takes at most ", given.most);
  }
  out->reserve(given.count);
  for (size_t i = 0; i < given.count; ++i) {
    if (!is_key(given.keys[i])) return wrong_key(given.name, i, given.keys[i], words);
    out->push_back(as_bytes(given.keys[i]));
  }
  return Status::ok;
}

}  // namespace

Status LeaseLines::read(const sluice_lease_options& given, LeaseOptions* wanted, std::string* words) {
  Status status =
      read_keys({"options.lines", "options.line_count", given.lines, given.line_count, kMostLeaseLines}, &lines_, words);
  if (status == Status::ok) {
    status = read_keys({"options.by", "options.by_count", given.by, given.by_count, kMaxPoolDimensions}, &by_, words);
  }
  std::string_view pool;
  if (status == Status::ok) status = read_optional_text("options.pool", given.pool, given.pool_len, &pool, words);
  wanted->some_lines = given.lines != nullptr;
  wanted->lines = lines_;
  wanted->pool = pool;
  wanted->by = by_;
  return status;
}

}  // namespace sluice::capi
