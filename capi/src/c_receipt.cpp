// SPDX-License-Identifier: Apache-2.0
// What comes after a decision: giving back, and settling with what it really took.
#include "capi/src/arguments.h"
#include "capi/src/boundary.h"

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_refund(sluice_engine engine, sluice_receipt receipt, int64_t now, sluice_error* error) {
  return slow_call(error, [&](std::string* words) { return Engine::refund(engine, receipt, now, words); });
}

sluice_status sluice_commit(sluice_engine engine, sluice_receipt receipt, const uint64_t* quantities, uint32_t quantity_count,
                            int64_t now, sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    if (quantities == nullptr && quantity_count != 0) {
      return fail(words, Status::invalid, "quantities: NULL with quantity_count ", quantity_count);
    }
    if (quantity_count > kMaxQuantities) {
      return fail(words, Status::invalid, "quantity_count: ", quantity_count, "; an operation has at most ", kMaxQuantities);
    }
    return Engine::commit(engine, receipt, {quantities, quantity_count}, now, words);
  });
}
