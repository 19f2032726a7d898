// SPDX-License-Identifier: Apache-2.0
//
// error.hpp - what sluice.hpp is built from: failures as exceptions, texts as std::string, arrays of views. Include sluice.hpp.
#ifndef SLUICE_ERROR_HPP_INCLUDED
#define SLUICE_ERROR_HPP_INCLUDED

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sluice/sluice.h"

namespace sluice {
inline namespace abi0 {

// A failure: its status, and in what() what was wrong and what to pass instead.
class error : public std::runtime_error {
 public:
  error(sluice_status status, const char* words)
      : std::runtime_error(words != nullptr && *words != '\0' ? words : sluice_status_name(status)), status_(status) {}

  sluice_status status() const noexcept { return status_; }
  const char* name() const noexcept { return sluice_status_name(status_); }

 private:
  sluice_status status_;
};

inline sluice_bytes bytes(std::string_view text) noexcept { return {text.data(), text.size()}; }

namespace impl {

inline void check(sluice_status status, const char* words = nullptr) {
  if (status < 0) throw error(status, words);
}

// Calls with an error struct; its message is not cleared, since only a failure reads it.
template <class Call>
sluice_status checked(Call&& call) {
  sluice_error failure;
  failure.struct_size = sizeof(failure);
  failure.status = SLUICE_OK;
  failure.message[0] = '\0';
  const sluice_status status = call(&failure);
  check(status, failure.message);
  return status;
}

// Calls with a buffer that grows until the text fits.
template <class Call>
std::string text_of(Call&& call) {
  std::string text(512, '\0');
  for (;;) {
    size_t length = text.size();
    const sluice_status status = call(text.data(), &length);
    text.resize(length);
    if (status == SLUICE_E_BUFFER) continue;
    check(status);
    return text;
  }
}

template <class Call>
std::string checked_text_of(Call&& call) {
  return text_of([&](char* buffer, size_t* length) {
    bool too_small = false;
    const sluice_status status = checked([&](sluice_error* failure) {
      const sluice_status given = call(buffer, length, failure);
      too_small = given == SLUICE_E_BUFFER;
      return too_small ? SLUICE_OK : given;
    });
    return too_small ? SLUICE_E_BUFFER : status;
  });
}

// Answers are worked out anew for each call, so the first room is one that fits.
template <class Call>
std::string planned_text_of(size_t room, Call&& call) {
  std::string text(room, '\0');
  for (;;) {
    size_t length = text.size();
    bool too_small = false;
    checked([&](sluice_error* failure) {
      const sluice_status status = call(text.data(), &length, failure);
      too_small = status == SLUICE_E_BUFFER;
      return too_small ? SLUICE_OK : status;
    });
    text.resize(length);
    if (!too_small) return text;
  }
}

// Room for the name of any line, lent for a call: what is left in a struct would be another's soon.
class line_room {
 public:
  line_room() noexcept {}  // its bytes are the library's to write
  template <class Answer>
  explicit line_room(Answer& answer) noexcept {
    lend(answer);
  }
  template <class Answer>
  void lend(Answer& answer) noexcept {
    answer.line = room_;
    answer.line_capacity = sizeof(room_);
  }
  // The name, and the room taken out of the answer again.
  template <class Answer>
  std::string take(Answer& answer) const {
    answer.line = nullptr;
    answer.line_capacity = 0;
    return std::string(room_, answer.line_length <= sizeof(room_) ? answer.line_length : 0);
  }

 private:
  char room_[1024];
};

// Some views as the C structs, in an array of at most N.
template <size_t N>
class key_list {
 public:
  template <class Texts>
  key_list(const char* what, const Texts& texts) {
    for (const auto& text : texts) {
      if (count_ == N) throw error(SLUICE_E_INVALID, (std::string(what) + ": more than " + std::to_string(N)).c_str());
      keys_[count_++] = bytes(std::string_view(text));
    }
  }
  const sluice_bytes* data() const noexcept { return keys_.data(); }
  uint32_t size() const noexcept { return count_; }

 private:
  std::array<sluice_bytes, N> keys_{};
  uint32_t count_ = 0;
};

}  // namespace impl
}  // namespace abi0
}  // namespace sluice

#endif  // SLUICE_ERROR_HPP_INCLUDED
