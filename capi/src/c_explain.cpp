// SPDX-License-Identifier: Apache-2.0
// Why a held message has not gone.
#include "capi/src/arguments.h"
#include "capi/src/boundary.h"

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_explain_message(sluice_engine engine, uint64_t message, int64_t now, char* buffer, size_t* length,
                                     sluice_error* error) {
  return slow_call(error, [&](std::string* words) {
    Status status = check_buffer(buffer, length, words);
    if (status != Status::ok) return status;
    std::string json;
    status = Engine::explain_message(engine, message, now, &json, words);
    return status == Status::ok ? write_text(json, buffer, length, words) : status;
  });
}
