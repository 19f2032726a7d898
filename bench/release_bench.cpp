// SPDX-License-Identifier: Apache-2.0
// Serving the earliest timer and arming it anew, which is what every message released costs: the wheel beside heaps. Rows are
// RATES/STRUCTURE/TIMERS:
//
//   second   every timer is due once a second
//   mixed    80, 4, 2, 1, 1/2 and 1/3 times a second, by its number
//   midnight all are due at the same instants, a second apart
//
// 1. Everyone serves in the order of (due instant, number) and is asked what is due by a clock that goes by milliseconds.
// 2. The wheel can disarm any timer, or arm it anew. Of the heaps only heap-that-knows can: it keeps where in it each timer stands.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "bench/second_thread.h"
#include "core/base/allocator.h"
#include "core/base/time.h"
#include "core/queue/release_wheel.h"

namespace sluice::bench {
namespace {

constexpr Instant kStart = 1'700'000'000 * kSecond;

using Entry = std::pair<Instant, uint64_t>;  // due, number

// All of them: arm_first(number, due) once for each; serve(now, again) serves at most one timer, due anew at again(number, due).

class Wheel {
 public:
  void arm_first(uint64_t number, Instant due) { wheel_.arm(wheel_.add(number, number), due); }
  template <class Again>
  bool serve(Instant now, Again again) {
    const TimerId id = wheel_.pop(now);
    if (id == 0) return false;
    uint64_t owner = wheel_.owner(id);
    benchmark::DoNotOptimize(owner);  // who serves a line looks at it, even where the rate does not ask
    wheel_.arm(id, again(owner, wheel_.due(id)));
    return true;
  }

 private:
  Allocator memory_{host_memory(), uint64_t{1} << 40};
  ReleaseWheel wheel_{memory_};
};

class BinaryHeap {
 public:
  void arm_first(uint64_t number, Instant due) { heap_.push({due, number}); }
  template <class Again>
  bool serve(Instant now, Again again) {
    const Entry top = heap_.top();
    if (top.first > now) return false;
    heap_.pop();
    heap_.push({again(top.second, top.first), top.second});
    return true;
  }

 private:
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

// Four children a place, and the top is replaced where it stands: the best of the heaps for this.
template <bool kKnows>
class WideHeap {
 public:
  void arm_first(uint64_t number, Instant due) {
    heap_.push_back({due, number});
    if (kKnows) places_.push_back(0);
    size_t i = heap_.size() - 1;
    for (; i > 0 && heap_[(i - 1) / 4] > Entry{due, number}; i = (i - 1) / 4) put(i, heap_[(i - 1) / 4]);
    put(i, {due, number});
  }
  template <class Again>
  bool serve(Instant now, Again again) {
    const Entry top = heap_.front();
    if (top.first > now) return false;
    sink({again(top.second, top.first), top.second});
    return true;
  }

 private:
  void sink(Entry entry) {
    size_t i = 0;
    for (size_t child = 1; child < heap_.size(); child = 4 * i + 1) {
      const size_t end = std::min(child + 4, heap_.size());
      size_t least = child;
      for (size_t k = child + 1; k < end; ++k) least = heap_[k] < heap_[least] ? k : least;
      if (!(heap_[least] < entry)) break;
      put(i, heap_[least]);
      i = least;
    }
    put(i, entry);
  }
  void put(size_t place, Entry entry) {
    heap_[place] = entry;
    if (kKnows) places_[entry.second] = static_cast<uint32_t>(place);
  }

  std::vector<Entry> heap_;
  std::vector<uint32_t> places_;  // by number
};

struct Second {
  static Span of(uint64_t) { return kSecond; }
  static Instant first(uint64_t number) { return kStart + static_cast<Span>(number * 0x9e3779b97f4a7c15 >> 32) % kSecond; }
};

struct Mixed {
  static constexpr Span kSpans[8] = {kSecond, kSecond, kSecond, kSecond / 2, kSecond / 4, kSecond / 80, 2 * kSecond, 3 * kSecond};
  static Span of(uint64_t number) { return kSpans[number * 0x9e3779b97f4a7c15 >> 61]; }
  static Instant first(uint64_t number) { return kStart + static_cast<Span>(number * 0xd1342543de82ef95 >> 32) % of(number); }
};

struct Midnight {
  static Span of(uint64_t) { return kSecond; }
  static Instant first(uint64_t) { return kStart; }
};

// A structure with its timers, and where its clock stands.
template <class Structure, class Rates>
class Traffic {
 public:
  static Traffic& of(size_t timers) {
    static std::map<size_t, std::unique_ptr<Traffic>> known;
    std::unique_ptr<Traffic>& traffic = known[timers];
    if (traffic == nullptr) traffic = std::make_unique<Traffic>(timers);
    return *traffic;
  }
  explicit Traffic(size_t timers) {
    for (uint64_t number = 0; number < timers; ++number) structure_.arm_first(number, Rates::first(number));
    for (size_t i = 0; i < 4 * timers; ++i) serve_one();
  }
  void serve_one() {
    while (!structure_.serve(now_, [](uint64_t number, Instant due) { return due + Rates::of(number); })) now_ += kMillisecond;
  }

 private:
  Structure structure_;
  Instant now_ = kStart;
};

template <class Structure, class Rates>
void serve_and_arm(benchmark::State& state) {
  Traffic<Structure, Rates>& traffic = Traffic<Structure, Rates>::of(static_cast<size_t>(state.range(0)));
  for (auto _ : state) traffic.serve_one();
}

template <class Rates>
void add_rows(const std::string& rates) {
  const auto add = [&rates](const char* structure, void (*row)(benchmark::State&)) {
    benchmark::RegisterBenchmark((rates + "/" + structure).c_str(), row)->RangeMultiplier(10)->Range(10'000, 1'000'000);
  };
  add("wheel", serve_and_arm<Wheel, Rates>);
  add("heap-that-knows", serve_and_arm<WideHeap<true>, Rates>);
  add("heap-of-4", serve_and_arm<WideHeap<false>, Rates>);
  add("priority_queue", serve_and_arm<BinaryHeap, Rates>);
}

void add_all_rows() {
  add_rows<Second>("second");
  add_rows<Mixed>("mixed");
  add_rows<Midnight>("midnight");
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  const sluice::bench::SecondThread second_thread;
  sluice::bench::add_all_rows();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
