// SPDX-License-Identifier: Apache-2.0
// Writes JSON text, one value after another; inside an object every call takes the value's key first.
//
// 1. REQUIRES: calls nest properly. An object's members are written by the calls with a key, a list's by those without.
// 2. Texts that are not UTF-8 are written with U+FFFD, so what comes out always is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sluice {

class JsonText {
 public:
  JsonText();
  ~JsonText();
  JsonText(const JsonText&) = delete;
  JsonText& operator=(const JsonText&) = delete;

  void object();
  void object(std::string_view key);
  void end_object();
  void list();
  void list(std::string_view key);
  void end_list();

  void text(std::string_view value);
  void text(std::string_view key, std::string_view value);
  void number(uint64_t value);
  void number(std::string_view key, uint64_t value);
  void flag(std::string_view key, bool value);
  void null(std::string_view key);
  // null when empty, or 0
  void text_or_null(std::string_view key, std::string_view value);
  void number_or_null(std::string_view key, uint64_t value);

  // REQUIRES: everything that was opened is closed.
  std::string take();

 private:
  struct Writer;
  std::unique_ptr<Writer> writer_;
};

}  // namespace sluice
