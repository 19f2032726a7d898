// SPDX-License-Identifier: Apache-2.0
// What the machine allows: the cache lines that a message's whole way must touch, and nothing done with them. A floor, not a queue.
//
// 1. Taken in: an index word, the line's record, its queue, the memory of the message, the message before it, and a word by which it is
//    found. Leased: the queue, the record, the message. Acked: the word, and the memory goes back.
// 2. As many lines of each as the product touches, in the same order of dependence: a record is known only from its word, a queue only
//    from its record, a message only from its queue.
// 3. In groups everything is asked for across the group before the first is touched, a step of dependence at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "bench/queue_traffic.h"

namespace sluice::bench {

class QueueFloor {
 public:
  explicit QueueFloor(size_t lines)
      : words_(lines * 2), records_(lines), queues_(lines), messages_(lines * 4 + 1), numbers_(lines * 8), turns_(lines) {
    for (uint32_t i = 0; i < lines; ++i) {
      words_[place(i) % words_.size()] = i;
      records_[i].queue = turns_[i] = i;
    }
    for (uint32_t i = static_cast<uint32_t>(lines); i > 1; --i) {
      std::swap(records_[i - 1].queue, records_[place(i) % i].queue);
      std::swap(turns_[i - 1], turns_[place(i + lines) % i]);
    }
    for (uint32_t i = 0; i < lines; ++i) queues_[records_[i].queue].record = i;
    for (uint32_t i = 1; i < messages_.size(); ++i) messages_[i].next = i + 1 < messages_.size() ? i + 1 : 0;
    for (size_t i = 0; i < lines * 2; ++i) put(i % lines);
  }

  void put(uint64_t line) {
    Record& record = records_[word_of(line)];
    touch(record);
    Queue& queue = queues_[record.queue];
    touch(queue);
    const uint32_t id = free_ == 0 ? queue.head : free_;
    Message& m = messages_[id];
    free_ = free_ == 0 ? 0 : m.next;
    touch(m);
    ++messages_[queue.tail].before;
    (queue.tail == 0 ? queue.head : messages_[queue.tail].next) = id;
    queue.tail = id;
    numbers_[place(++number_) % numbers_.size()] = id;
    m.number = number_;
  }
  // The line whose turn it is: they come in an order that is known, which is not that of memory.
  bool lease_and_ack() {
    const uint32_t line = turns_[turn_];
    turn_ = turn_ + 1 == turns_.size() ? 0 : turn_ + 1;
    Queue& queue = queues_[line];
    Record& record = records_[queue.record];
    touch(queue);
    touch(record);
    const uint32_t id = queue.head;
    if (id == 0) return false;
    Message& m = messages_[id];
    touch(m);
    queue.head = m.next;
    if (queue.head == 0) queue.tail = 0;
    numbers_[place(m.number) % numbers_.size()] = 0;
    m.next = free_;
    free_ = id;
    return true;
  }
  void fetch(const size_t* lines, size_t count) const {
    for (size_t i = 0; i < count; ++i) __builtin_prefetch(&words_[place(lines[i]) % words_.size()]);
    for (size_t i = 0; i < count; ++i) fetch_lines(&records_[word_of(lines[i])], sizeof(Record));
    for (size_t i = 0; i < count; ++i) fetch_lines(&queues_[records_[word_of(lines[i])].queue], sizeof(Queue));
    for (size_t i = 0; i < count; ++i) __builtin_prefetch(&messages_[queues_[records_[word_of(lines[i])].queue].tail], 1);
    for (size_t i = 0; i < count; ++i) __builtin_prefetch(&numbers_[place(number_ + 1 + i) % numbers_.size()], 1);
  }
  void fetch_turns(size_t count) const {
    const auto queue = [this](size_t i) -> const Queue& { return queues_[turns_[(turn_ + i) % turns_.size()]]; };
    for (size_t i = 0; i < count; ++i) fetch_lines(&queue(i), sizeof(Queue));
    for (size_t i = 0; i < count; ++i) fetch_lines(&records_[queue(i).record], sizeof(Record));
    for (size_t i = 0; i < count; ++i) fetch_lines(&messages_[queue(i).head], sizeof(Message));
    for (size_t i = 0; i < count; ++i) __builtin_prefetch(&numbers_[place(messages_[queue(i).head].number) % numbers_.size()], 1);
  }

 private:
  struct alignas(64) Record {
    uint32_t queue = 0;
    uint32_t touched[31] = {};
  };
  struct alignas(64) Queue {
    uint32_t head = 0, tail = 0, record = 0;
    uint32_t touched[61] = {};
  };
  struct alignas(64) Message {
    uint32_t next = 0, before = 0;
    uint64_t number = 0;
    uint32_t touched[28] = {};
  };

  static uint64_t place(uint64_t n) { return n * 0x9e3779b97f4a7c15 >> 20; }
  uint32_t word_of(uint64_t line) const { return words_[place(line) % words_.size()]; }
  template <class T>
  static void touch(T& what) {
    for (size_t i = 0; i < sizeof what.touched / sizeof what.touched[0]; i += 16) ++what.touched[i];
  }
  [[gnu::always_inline]] static void fetch_lines(const void* what, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(what) + i, 1);
  }

  std::vector<uint32_t> words_;
  std::vector<Record> records_;
  std::vector<Queue> queues_;
  std::vector<Message> messages_;
  std::vector<uint32_t> numbers_;
  std::vector<uint32_t> turns_;
  uint64_t number_ = 0;
  size_t turn_ = 0;
  uint32_t free_ = 1;
};

}  // namespace sluice::bench
