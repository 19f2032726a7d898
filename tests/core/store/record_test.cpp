// SPDX-License-Identifier: Apache-2.0
#include "core/store/record.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace sluice {
namespace {

struct Key {
  std::vector<std::string> texts;
  std::vector<Bytes> values;
  KeyView view;

  explicit Key(std::vector<std::string> t) : texts(std::move(t)), values(texts.begin(), texts.end()) {
    view.count = static_cast<uint8_t>(values.size());
    for (size_t i = 0; i < values.size(); ++i) view.values[i] = &values[i];
  }
  std::string stored() const {
    std::string out(view.size(), '\0');
    view.write(out.data());
    return out;
  }
};

TEST(KeyView, OfOneDimensionIsTheValueItself) {
  EXPECT_EQ(Key({"acme"}).stored(), "acme");
  EXPECT_TRUE(Key({"acme"}).view.equals("acme"));
  EXPECT_FALSE(Key({"acme"}).view.equals("acm"));
  EXPECT_FALSE(Key({"acme"}).view.equals("acmf"));
}

TEST(KeyView, EqualsWhatItWroteAndNothingElse) {
  const std::vector<std::vector<std::string>> kKeys = {{"a", "b"},
                                                       {"b", "a"},
                                                       {"ab", ""},
                                                       {"", "ab"},
                                                       {"a:b", "c"},
                                                       {"a", "b:c"},
                                                       {std::string("a\0", 2), "b"},
                                                       {"a", std::string("\0b", 2)},
                                                       {std::string(300, 'x'), "y"},
                                                       {"x", std::string(300, 'x')},
                                                       {std::string(1'024, 'z'), std::string(1'024, 'z')}};
  for (size_t i = 0; i < kKeys.size(); ++i) {
    for (size_t j = 0; j < kKeys.size(); ++j)
      EXPECT_EQ(Key(kKeys[i]).view.equals(Key(kKeys[j]).stored()), i == j) << i << " " << j;
  }
}

TEST(KeyView, ReadsBackEveryValueInOrder) {
  for (const size_t count : {1u, 2u, 3u, 4u}) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < count; ++i) texts.push_back(std::string(i * 500 + 1, static_cast<char>('a' + i)));
    const std::string stored = Key(texts).stored();
    std::vector<std::string> read;
    for_each_value(stored, count, [&](Bytes value) { read.emplace_back(value); });
    EXPECT_EQ(read, texts);
  }
}

TEST(Record, KeepsItsKeyBehindItsStatesWhateverTheirSize) {
  for (const size_t state : {0u, 8u, 40u, 1'536u}) {
    for (const size_t key : {1u, 15u, 16u, 17u, 1'024u, 4'102u}) {
      const size_t units = record_units(state, key);
      EXPECT_GE(units * kRecordUnit, sizeof(Record) + state + key);
      EXPECT_LT(units * kRecordUnit, sizeof(Record) + state + key + kRecordUnit);
      std::vector<std::array<std::byte, kRecordUnit>> room(units);
      Record& record = *reinterpret_cast<Record*>(room.data());
      record.lay_out(state, key);
      EXPECT_EQ(record.units, units);
      const std::string text(key, 'k');
      std::memcpy(record.key_begin(), text.data(), key);
      EXPECT_EQ(record.key(), text);
      EXPECT_EQ(reinterpret_cast<std::byte*>(record.key_begin()), record.state() + state);
      EXPECT_LE(reinterpret_cast<const std::byte*>(record.key().data()) + key, room.back().data() + kRecordUnit);
    }
  }
}

TEST(Record, LooksLikeItsKindAndItsKeysSizeAsLongAsItHasNoFlags) {
  Record record{};
  record.lay_out(24, 4'102);
  record.generation = 200;
  record.scope = 254;
  record.plan = 7;
  EXPECT_EQ(looks(record), looks_of_kind(200, 254) | looks_of_key(4'102));
  record.flags = record_flag::extras;
  EXPECT_NE(looks(record), looks_of_kind(200, 254) | looks_of_key(4'102));
}

}  // namespace
}  // namespace sluice
