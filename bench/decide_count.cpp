// SPDX-License-Identifier: Apache-2.0
// A fixed set of decisions for a tool that counts instructions: same keys, same times, in every run. See instructions.py.
//
//   decide_count WORKLOAD DECISIONS [KEYS]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/second_thread.h"
#include "bench/workloads.h"

namespace sluice::bench {
namespace {

constexpr size_t kUsualKeys = 10'000;
constexpr int64_t kBegin = 1'750'000'000'000'000'000;

struct Asked {
  size_t decisions;
  uint64_t sum = 0;
};

// What is counted: everything below a function whose name ends in "counted".
template <class Limiter>
[[gnu::noinline]] void single_counted(Limiter& limiter, const Keys& keys, Asked& asked) {
  for (size_t i = 0; i < asked.decisions; ++i) {
    const Answer answer = limiter.decide(keys.at(i * Limiter::kValues), kBegin + static_cast<int64_t>(i) * 3);
    asked.sum += answer.remaining + answer.wait;
  }
}

template <class Limiter>
[[gnu::noinline]] void batch_counted(Limiter& limiter, const Keys& keys, Asked& asked) {
  Answer answers[kBatch];
  for (size_t i = 0; i < asked.decisions; i += kBatch) {
    limiter.decide_many(keys.at(i * Limiter::kValues), kBegin + static_cast<int64_t>(i) * 3, answers);
    for (const Answer& answer : answers) asked.sum += answer.remaining + answer.wait;
  }
}

template <class Limiter>
void run(bool batch, size_t decisions, size_t size) {
  Limiter limiter(size);
  const Keys all = Keys::each_once(size);
  for (size_t i = 0; i < size; ++i) limiter.insert(all.at(i), kBegin);
  Asked asked{decisions};
  const Keys keys = Keys::uniform(size, decisions * Limiter::kValues);
  if (batch) {
    batch_counted(limiter, keys, asked);
  } else {
    single_counted(limiter, keys, asked);
  }
  std::printf("%llu\n", static_cast<unsigned long long>(asked.sum));
}

struct Row {
  std::string_view name;
  void (*run)(bool batch, size_t decisions, size_t size);
};

constexpr Row kRows[] = {
    {"sluice", run<Sluice>},
    {"sluice-deny", run<SluiceClosed>},
    {"sluice-two-limits", run<SluiceTwoLimits>},
    {"sluice-two-scopes", run<SluiceTwoScopes>},
    {"core", run<CoreOpen>},
    {"core-deny", run<CoreClosed>},
    {"split", run<Split>},
    {"split-deny", run<SplitClosed>},
    {"fingerprint", run<Fingerprint>},
    {"map", run<Map>},
};

size_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  using namespace sluice::bench;
  const SecondThread second_thread;
  if (argc == 3 || argc == 4) {
    const std::string_view workload = argv[1];
    const size_t slash = workload.find('/');
    for (const Row& row : kRows) {
      if (slash == std::string_view::npos || workload.substr(slash + 1) != row.name) continue;
      row.run(workload.substr(0, slash) == "batch", number(argv[2]) / kBatch * kBatch, argc == 4 ? number(argv[3]) : kUsualKeys);
      return 0;
    }
  }
  std::fprintf(stderr, "usage: decide_count single/LIMITER|batch/LIMITER DECISIONS [KEYS]\nlimiters:");
  for (const Row& row : kRows) std::fprintf(stderr, " %.*s", static_cast<int>(row.name.size()), row.name.data());
  std::fprintf(stderr, "\n");
  return 2;
}
