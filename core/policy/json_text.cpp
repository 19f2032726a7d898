// SPDX-License-Identifier: Apache-2.0
#include "core/policy/json_text.h"

#include <utility>

#include "core/base/utf8.h"
#include "core/policy/rapidjson.h"

namespace sluice {
namespace {

// A string as RapidJSON's output: lack of memory is an exception, not a null pointer.
struct StringStream {
  using Ch = char;
  std::string text;
  void Put(char c) { text.push_back(c); }
  void Flush() {}
};

}  // namespace

struct JsonText::Writer {
  StringStream stream;
  rapidjson::Writer<StringStream> json{stream};

  void key(std::string_view name) { json.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
  void text(std::string_view value) {
    const std::string shown = printable_utf8(value);
    json.String(shown.data(), static_cast<rapidjson::SizeType>(shown.size()));
  }
};

JsonText::JsonText() : writer_(std::make_unique<Writer>()) {}
JsonText::~JsonText() = default;

void JsonText::object() { writer_->json.StartObject(); }
void JsonText::object(std::string_view key) {
  writer_->key(key);
  object();
}
void JsonText::end_object() { writer_->json.EndObject(); }

void JsonText::list() { writer_->json.StartArray(); }
void JsonText::list(std::string_view key) {
  writer_->key(key);
  list();
}
void JsonText::end_list() { writer_->json.EndArray(); }

void JsonText::text(std::string_view value) { writer_->text(value); }
void JsonText::text(std::string_view key, std::string_view value) {
  writer_->key(key);
  text(value);
}

void JsonText::number(uint64_t value) { writer_->json.Uint64(value); }
void JsonText::number(std::string_view key, uint64_t value) {
  writer_->key(key);
  number(value);
}

void JsonText::flag(std::string_view key, bool value) {
  writer_->key(key);
  writer_->json.Bool(value);
}

void JsonText::null(std::string_view key) {
  writer_->key(key);
  writer_->json.Null();
}

void JsonText::text_or_null(std::string_view key, std::string_view value) { value.empty() ? null(key) : text(key, value); }

void JsonText::number_or_null(std::string_view key, uint64_t value) { value == 0 ? null(key) : number(key, value); }

std::string JsonText::take() { return std::move(writer_->stream.text); }

}  // namespace sluice
