// SPDX-License-Identifier: Apache-2.0
// Three messages a minute for each account; five are tried.
//   c++ -std=c++17 hello.cpp $(pkg-config --cflags --libs sluice) && ./a.out
#include <cstdio>
#include <sluice/sluice.hpp>

static constexpr char policy[] = R"({
  "name": "hello", "tenant": "account",
  "limits": [
    { "name": "per_minute", "scope": ["account"], "kind": "window", "period": "60s from first", "amount": 3 }
  ],
  "operations": [
    { "name": "messages.send", "values": ["account"], "charges": [ { "limit": "per_minute" } ] }
  ]
})";

int main() {
  try {
    sluice::engine engine(policy);
    const sluice::request send(engine.operation_id("messages.send"), {"acme"});
    for (int i = 1; i <= 5; ++i) {
      const sluice_decision decision = engine.decide(send);
      if (sluice::allowed(decision)) {
        std::printf("message %d: go, %llu left\n", i, static_cast<unsigned long long>(decision.remaining));
      } else {
        std::printf("message %d: %s, again in %lld ms\n", i, sluice_denial_name(decision.denial),
                    static_cast<long long>(decision.retry_after / 1000000));
      }
    }
    const sluice::subject acme("account", {"acme"});
    std::printf("%s\n", engine.usage_json(acme).c_str());
    return 0;
  } catch (const sluice::error& error) {
    std::fprintf(stderr, "%s: %s\n", error.name(), error.what());
    return 1;
  }
}
