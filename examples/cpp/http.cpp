// SPDX-License-Identifier: Apache-2.0
// What a server answers: every decision as status, headers and body, in the words of the policy and in headers that any client knows.
//   c++ -std=c++17 http.cpp $(pkg-config --cflags --libs sluice) && ./a.out
#include <cstdio>
#include <sluice/sluice.hpp>

static constexpr char policy[] = R"({
  "name": "http", "tenant": "account",
  "limits": [
    { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s from first", "amount": 2 }
  ],
  "operations": [
    { "name": "messages.send", "values": ["account"], "charges": [ { "limit": "minute" } ] }
  ],
  "dialect": {
    "given": ["trace_id"],
    "answers": {
      "denied": {
        "status": 429,
        "headers": { "Retry-After": "{retry_after}" },
        "body": { "error": "rate_limited", "retry_after": "{retry_after}", "trace_id": "{given.trace_id}" }
      }
    }
  }
})";

int main() {
  try {
    sluice::engine engine(policy);
    const sluice::request send(engine.operation_id("messages.send"), {"acme"});
    sluice::answer_terms terms;
    terms.dialects(SLUICE_DIALECT_POLICY | SLUICE_DIALECT_RATELIMIT).give("trace_id", "t-81");
    for (int i = 0; i < 3; ++i) {
      const sluice::http_answer answer = engine.decide_http(send, terms);
      std::printf("HTTP/1.1 %d\n", static_cast<int>(answer.status));
      for (const auto& [name, value] : answer.headers) std::printf("%s: %s\n", name.c_str(), value.c_str());
      if (!answer.body.empty()) std::printf("\n%s\n", answer.body.c_str());
    }
    std::printf("%s", engine.metrics().c_str());
    return 0;
  } catch (const sluice::error& error) {
    std::fprintf(stderr, "%s: %s\n", error.name(), error.what());
    return 1;
  }
}
