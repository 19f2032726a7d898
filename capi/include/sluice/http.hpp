// SPDX-License-Identifier: Apache-2.0
//
// http.hpp - a decision as status, headers and body. Include sluice.hpp.
#ifndef SLUICE_HTTP_HPP_INCLUDED
#define SLUICE_HTTP_HPP_INCLUDED

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/error.hpp"
#include "sluice/sluice.h"

namespace sluice {
inline namespace abi0 {

// An answer that owns its texts.
struct http_answer {
  int32_t status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // in their order
  std::string body;
  int64_t retry_after = 0;  // the wait advised, ns of whole seconds; 0: none is known to help
  bool retry = false;       // coming again makes sense

  // The first header of that name, by its case; nullptr when there is none.
  const std::string* header(std::string_view name) const noexcept {
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
    return found == headers.end() ? nullptr : &found->second;
  }
};

// What an answer is told beside its decision; borrows its texts. It converts to the C struct, which points into it.
class answer_terms {
 public:
  answer_terms() noexcept : c_{} { c_.struct_size = sizeof(c_); }

  // SLUICE_DIALECT_*, together.
  answer_terms& dialects(uint32_t dialects) noexcept {
    c_.dialects = dialects;
    return *this;
  }
  answer_terms& request(const sluice_request& request) noexcept {
    c_.request = &request;
    return *this;
  }
  // Of an enqueue.
  answer_terms& held(const sluice_held& held) noexcept {
    c_.held = &held;
    return *this;
  }
  // What the policy's dialect calls given.
  answer_terms& give(std::string_view name, std::string_view text) {
    given_.push_back({name.data(), name.size(), text.data(), text.size()});
    return *this;
  }

  operator sluice_answer_terms() const noexcept {
    sluice_answer_terms c = c_;
    c.given = given_.empty() ? nullptr : given_.data();
    c.given_count = given_.size();
    return c;
  }

 private:
  sluice_answer_terms c_;
  std::vector<sluice_given> given_;
};

namespace impl {

// Calls with room that grows until the answer fits: call(sluice_http*, sluice_error*).
template <class Call>
http_answer http_of(Call&& call) {
  std::string buffer(2048, '\0');
  std::vector<sluice_header> headers(80);
  for (;;) {
    sluice_http http{};
    http.struct_size = sizeof(http);
    http.headers = headers.data();
    http.header_capacity = static_cast<uint32_t>(headers.size());
    http.buffer = buffer.data();
    http.buffer_size = buffer.size();
    bool too_small = false;
    checked([&](sluice_error* failure) {
      const sluice_status status = call(&http, failure);
      too_small = status == SLUICE_E_BUFFER;
      return too_small ? SLUICE_OK : status;
    });
    if (too_small) {
      buffer.resize(http.length);
      headers.resize(http.header_count);
      continue;
    }
    const auto text = [](const sluice_bytes& b) { return std::string(static_cast<const char*>(b.ptr), b.len); };
    http_answer answer;
    answer.status = http.status;
    for (uint32_t i = 0; i < http.header_count; ++i) answer.headers.emplace_back(text(headers[i].name), text(headers[i].value));
    if (http.body.len != 0) answer.body = text(http.body);
    answer.retry_after = http.retry_after;
    answer.retry = http.retry != 0;
    return answer;
  }
}

}  // namespace impl
}  // namespace abi0
}  // namespace sluice

#endif  // SLUICE_HTTP_HPP_INCLUDED
