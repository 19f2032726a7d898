// SPDX-License-Identifier: Apache-2.0
// One decision and 32 at once, for the product, its prototypes and a map under a mutex. Rows are WORKLOAD/LIMITER/KEYS:
//
//   single, batch                           one pace, the time passed in, hardly ever closed
//   single-waiting                          the same, each decision asked only when the one before is answered
//   single-clock, batch-clock               the same, the limiter reads the time: once a call
//   single-deny, batch-deny                 the same pace, always closed
//   single-two-limits, batch-two-limits     two limits of one scope
//   single-two-scopes, batch-two-scopes     four limits, two on each of two scopes with half of the keys each
//   fill                                    a key never seen; bytes_per_key is what the process grew by
//
// 1. Every row of a limiter and number of keys asks one and the same table, made at first use and kept.
// 2. Other decisions in a row do not wait for one another: the processor overlaps as many as it can look ahead.
// 3. `fill` is honest only in a process of its own: freed memory of another row would be taken for none.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <type_traits>

#include "bench/second_thread.h"
#include "bench/workloads.h"

namespace sluice::bench {
namespace {

// Filling looks at each key once; asking goes round and round, on more keys than caches hold.
const Keys& all_keys(size_t n) {
  static std::map<size_t, Keys> known;
  const auto found = known.find(n);
  return found != known.end() ? found->second : known.emplace(n, Keys::each_once(n)).first->second;
}

const Keys& asked_keys(size_t n) {
  static std::map<size_t, Keys> known;
  const auto found = known.find(n);
  const size_t count = n >= 5'000'000 ? size_t{3} << 20 : size_t{1} << 20;
  return found != known.end() ? found->second : known.emplace(n, Keys::uniform(n, count)).first->second;
}

size_t resident_bytes() {
  size_t whole = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> whole >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

template <class Limiter>
void fill(Limiter& limiter, const Keys& keys, int64_t now) {
  for (size_t i = 0; i < keys.size(); ++i) limiter.insert(keys.at(i), now);
}

// A full table and where its traffic stands.
template <class Limiter>
class Traffic {
 public:
  static constexpr size_t kStride = Limiter::kValues * kKeySize;

  static Traffic& of(size_t keys) {
    static std::map<size_t, std::unique_ptr<Traffic>> known;
    std::unique_ptr<Traffic>& traffic = known[keys];
    if (traffic == nullptr) traffic = std::make_unique<Traffic>(keys / Limiter::kValues);
    return *traffic;
  }
  explicit Traffic(size_t keys) : limiter_(keys), asked_(asked_keys(keys)), now_(wall_clock()) {
    fill(limiter_, all_keys(keys), now_);
    now_ = wall_clock();
  }

  Limiter& limiter() { return limiter_; }

  // The keys of the next `decisions`, which follow one another.
  const char* next(size_t decisions) {
    const size_t keys = decisions * Limiter::kValues;
    if (at_ + keys > asked_.size()) at_ = 0;
    const char* first = asked_.at(at_);
    at_ += keys;
    return first;
  }
  // 3 ns later for each decision.
  int64_t given_time(size_t decisions) { return now_ += 3 * static_cast<int64_t>(decisions); }
  // After rows that read the clock: what they have written is not in the future of what follows.
  void catch_up() { now_ = wall_clock(); }

 private:
  Limiter limiter_;
  const Keys& asked_;
  int64_t now_;
  size_t at_ = 0;
};

struct Tally {
  size_t decisions = 0, allowed = 0;
  uint64_t rest = 0;

  void add(const Answer& answer) {
    ++decisions;
    allowed += answer.allowed ? 1 : 0;
    rest += answer.remaining + answer.wait;
  }
  void report(benchmark::State& state) {
    benchmark::DoNotOptimize(rest);
    state.SetItemsProcessed(static_cast<int64_t>(decisions));
    state.counters["allowed"] = decisions == 0 ? 0 : static_cast<double>(allowed) / static_cast<double>(decisions);
  }
};

enum class Clock { given, own };

template <class Limiter, Clock clock, size_t Decisions>
void decide(benchmark::State& state) {
  auto& traffic = Traffic<Limiter>::of(static_cast<size_t>(state.range(0)));
  Limiter& limiter = traffic.limiter();
  std::array<Answer, Decisions> answers;
  Tally tally;
  for (auto _ : state) {
    const char* keys = traffic.next(Decisions);
    const int64_t now = clock == Clock::own ? Limiter::own_time() : traffic.given_time(Decisions);
    if constexpr (Decisions == 1) {
      answers[0] = limiter.decide(keys, now);
    } else {
      limiter.decide_many(keys, now, answers.data());
    }
    for (const Answer& answer : answers) tally.add(answer);
  }
  if (clock == Clock::own) traffic.catch_up();
  tally.report(state);
}

// Where the next key lies depends on the answer before, though it is where it always was.
template <class Limiter>
void decide_waiting(benchmark::State& state) {
  auto& traffic = Traffic<Limiter>::of(static_cast<size_t>(state.range(0)));
  Limiter& limiter = traffic.limiter();
  uint64_t none = 0;
  asm("" : "+r"(none));
  Answer answer{};
  Tally tally;
  for (auto _ : state) {
    answer = limiter.decide(traffic.next(1) + ((answer.remaining | answer.wait) & none), traffic.given_time(1));
    tally.add(answer);
  }
  tally.report(state);
}

template <class Limiter>
void first_decisions(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  const Keys& keys = all_keys(count);
  const size_t before = resident_bytes();
  std::unique_ptr<Limiter> limiter;
  for (auto _ : state) {
    limiter = std::make_unique<Limiter>(count);
    fill(*limiter, keys, wall_clock());
  }
  state.SetItemsProcessed(static_cast<int64_t>(count));
  state.counters["bytes_per_key"] = static_cast<double>(resident_bytes() - before) / static_cast<double>(count);
}

constexpr int64_t kFew = 1'000, kMany = 1'000'000, kMost = 10'000'000;

template <class Limiter>
void add_decide(const std::string& what, const std::string& limiter, std::initializer_list<int64_t> sizes) {
  for (const int64_t keys : sizes) {
    benchmark::RegisterBenchmark(("single" + what + "/" + limiter).c_str(), decide<Limiter, Clock::given, 1>)->Arg(keys);
    benchmark::RegisterBenchmark(("batch" + what + "/" + limiter).c_str(), decide<Limiter, Clock::given, kBatch>)->Arg(keys);
  }
}

template <class Limiter>
void add_waiting(const std::string& limiter) {
  for (const int64_t keys : {kFew, kMany, kMost}) {
    benchmark::RegisterBenchmark(("single-waiting/" + limiter).c_str(), decide_waiting<Limiter>)->Arg(keys);
  }
}

template <class Limiter>
void add_clock(const std::string& limiter) {
  for (const int64_t keys : {kFew, kMany, kMost}) {
    benchmark::RegisterBenchmark(("single-clock/" + limiter).c_str(), decide<Limiter, Clock::own, 1>)->Arg(keys);
    benchmark::RegisterBenchmark(("batch-clock/" + limiter).c_str(), decide<Limiter, Clock::own, kBatch>)->Arg(keys);
  }
}

template <class Limiter>
void add_fill(const std::string& limiter) {
  for (const int64_t keys : {kMany, kMost}) {
    benchmark::RegisterBenchmark(("fill/" + limiter).c_str(), first_decisions<Limiter>)->Arg(keys)->Iterations(1);
  }
}

void add_rows() {
  add_decide<Sluice>("", "sluice", {kFew, kMany, kMost});
  add_decide<CoreOpen>("", "core", {kFew, kMany, kMost});
  add_decide<Split>("", "split", {kFew, kMany, kMost});
  add_decide<Fingerprint>("", "fingerprint", {kFew, kMany, kMost});
  add_decide<Map>("", "map", {kFew, kMany, kMost});
  add_waiting<Sluice>("sluice");
  add_waiting<CoreOpen>("core");
  add_waiting<Split>("split");
  add_waiting<Fingerprint>("fingerprint");
  add_waiting<Map>("map");
  add_clock<Sluice>("sluice");
  add_clock<Split>("split");
  add_decide<SluiceClosed>("-deny", "sluice", {kFew, kMany});
  add_decide<CoreClosed>("-deny", "core", {kFew, kMany});
  add_decide<SplitClosed>("-deny", "split", {kFew, kMany});
  add_decide<SluiceTwoLimits>("-two-limits", "sluice", {kFew, kMany});
  add_decide<SluiceTwoScopes>("-two-scopes", "sluice", {kFew, kMany});
  add_fill<Sluice>("sluice");
  add_fill<Split>("split");
  add_fill<Fingerprint>("fingerprint");
  add_fill<Map>("map");
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  const sluice::bench::SecondThread second_thread;
  sluice::bench::add_rows();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
