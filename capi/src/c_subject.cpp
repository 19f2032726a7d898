// SPDX-License-Identifier: Apache-2.0
// What is set, reported and forgotten about one subject.
#include "capi/src/arguments.h"
#include "capi/src/boundary.h"

namespace sluice::capi {
namespace {

// Reads the subject, then does `body(subject, words)`.
template <class Body>
sluice_status with_subject(const sluice_subject* given, sluice_error* error, Body&& body) {
  return slow_call(error, [&](std::string* words) {
    SubjectRoom room;
    SubjectName subject;
    const Status status = read_subject(given, &room, &subject, words);
    return status == Status::ok ? body(subject, words) : status;
  });
}

}  // namespace
}  // namespace sluice::capi

using namespace sluice;
using namespace sluice::capi;

sluice_status sluice_set_plan(sluice_engine engine, const sluice_subject* subject, const char* plan, size_t plan_len, int64_t now,
                              sluice_error* error) {
  return with_subject(subject, error, [&](const SubjectName& name, std::string* words) {
    std::string_view text;
    const Status status = read_text("plan", plan, plan_len, &text, words);
    return status == Status::ok ? Engine::set_plan(engine, name, text, now, words) : status;
  });
}

sluice_status sluice_set_amount(sluice_engine engine, int32_t limit_id, const sluice_subject* subject, const char* amount,
                                size_t amount_len, int64_t now, sluice_error* error) {
  return with_subject(subject, error, [&](const SubjectName& name, std::string* words) {
    std::string_view text;
    const Status status = read_text("amount", amount, amount_len, &text, words);
    return status == Status::ok ? Engine::set_amount(engine, limit_id, name, text, now, words) : status;
  });
}

sluice_status sluice_set_billing(sluice_engine engine, const sluice_subject* subject, uint32_t day, int64_t time_of_day,
                                 const char* zone, size_t zone_len, int64_t now, sluice_error* error) {
  return with_subject(subject, error, [&](const SubjectName& name, std::string* words) {
    if (day < 1 || day > 31) return fail(words, Status::invalid, "day: ", day, "; a billing day is 1 to 31");
    if (time_of_day < 0 || time_of_day >= kDay) {
      return fail(words, Status::invalid, "time_of_day: ", time_of_day, "; it is from 0 to 24 h, exclusive, in ns");
    }
    std::string_view text = "UTC";
    const Status status = read_optional_text("zone", zone, zone_len, &text, words);
    return status == Status::ok ? Engine::set_billing(engine, name, day, time_of_day, text, now, words) : status;
  });
}

sluice_status sluice_set_usage(sluice_engine engine, int32_t limit_id, const sluice_subject* subject, uint64_t used, int64_t now,
                               sluice_error* error) {
  return with_subject(subject, error, [&](const SubjectName& name, std::string* words) {
    return Engine::set_usage(engine, limit_id, name, used, now, words);
  });
}

sluice_status sluice_reset(sluice_engine engine, const sluice_subject* subject, int64_t now, sluice_error* error) {
  return with_subject(subject, error,
                      [&](const SubjectName& name, std::string* words) { return Engine::reset(engine, name, now, words); });
}

sluice_status sluice_erase(sluice_engine engine, const sluice_subject* subject, uint64_t* erased, int64_t now,
                           sluice_error* error) {
  return with_subject(subject, error, [&](const SubjectName& name, std::string* words) {
    uint64_t count = 0;
    const Status status = Engine::erase(engine, name, &count, now, words);
    if (status == Status::ok && erased != nullptr) *erased = count;
    return status;
  });
}

sluice_status sluice_report_throttled(sluice_engine engine, int32_t limit_id, const sluice_subject* subject, int64_t retry_after,
                                      int64_t now, sluice_error* error) {
  return with_subject(subject, error, [&](const SubjectName& name, std::string* words) {
    if (retry_after < 0) return fail(words, Status::invalid, "retry_after: ", retry_after, "; a span is at least 0");
    return Engine::report_throttled(engine, limit_id, name, retry_after, now, words);
  });
}

sluice_status sluice_clear_throttle(sluice_engine engine, int32_t limit_id, const sluice_subject* subject, int64_t now,
                                    sluice_error* error) {
  return with_subject(subject, error, [&](const SubjectName& name, std::string* words) {
    return Engine::clear_throttle(engine, limit_id, name, now, words);
  });
}

sluice_status sluice_report_quality(sluice_engine engine, const sluice_subject* subject, const char* quality, size_t quality_len,
                                    int64_t now, sluice_error* error) {
  return with_subject(subject, error, [&](const SubjectName& name, std::string* words) {
    std::string_view text;
    const Status status = read_text("quality", quality, quality_len, &text, words);
    return status == Status::ok ? Engine::report_quality(engine, name, text, now, words) : status;
  });
}
