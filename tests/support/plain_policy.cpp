// SPDX-License-Identifier: Apache-2.0
#include "tests/support/plain_policy.h"

#include <algorithm>
#include <initializer_list>

namespace sluice::testing {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
using Names = std::vector<std::string>;

template <class T>
T pick(Random& random, std::initializer_list<T> choices) {
  return *(choices.begin() + static_cast<std::ptrdiff_t>(random.below(choices.size())));
}
std::string word(Random& random, std::initializer_list<const char*> choices) { return pick(random, choices); }
std::string number(int64_t n) { return std::to_string(n); }

std::string list(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "\"" : ", \"") + name + "\"";
  return "[" + text + "]";
}

bool holds(const Names& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); }

// A rate that divides the second, or not, and what may stand beside it.
std::string rate(Random& random) {
  const std::string text = "\"amount\": \"" + number(pick<int64_t>(random, {1, 2, 3, 7, 10, 60, 1000, 333'333'333})) + "/" +
                           word(random, {"s", "s", "10s", "min", "7s", "400 days"}) + "\"";
  return text + word(random, {"", ", \"depth\": 2", ", \"depth\": 5", ", \"depth\": 40", ", \"depth\": \"3s\""});
}

std::string count(Random& random, bool burst) {
  const std::string text = "\"amount\": " + number(random.between(2, 30));
  if (burst && random.chance(70)) return text + word(random, {", \"burst\": \"2x for 4s\"", ", \"burst\": \"1.5x for 2s\""});
  const std::string rest = random.chance(40) ? ", \"thresholds\": [10, 50, 100]" : "";
  return text + rest + (burst ? "" : word(random, {"", "", ", \"ceiling\": \"130%\""}));
}

template <class Make>
std::string amounts(Random& random, bool planned, Make make) {
  if (!planned) return random.chance(8) ? word(random, {"\"unlimited\": true", "\"blocked\": true"}) : make();
  std::string text;
  for (const char* plan : {"free", "pro", "big"}) {
    const bool named = random.chance(plan[0] == 'b' ? 60 : 10);
    text += (text.empty() ? "{ \"plan\": \"" : ", { \"plan\": \"") + std::string(plan) + "\", " +
            (named ? word(random, {"\"unlimited\": true", "\"blocked\": true", "\"custom\": true"}) : make()) + " }";
  }
  return "\"amounts\": [ " + text + " ]";
}

std::string limit(Random& random, const std::string& name, const Names& scope, PlainPolicy* policy) {
  const bool planned = scope == Names{"account"} && random.chance(40);
  std::string text = "{ \"name\": \"" + name + "\", \"scope\": " + list(scope);
  if (random.chance(35)) {
    const std::string mode = word(random, {"queue", "queue", "shadow", "advise"});
    policy->soft |= mode != "queue";
    text += ", \"mode\": \"" + mode + "\"";
  }
  if (random.chance(45)) {
    text += ", \"kind\": \"pace\"" + word(random, {"", "", ", \"slack\": \"1s\""});
    return text + ", " + amounts(random, planned, [&] { return rate(random); }) + " }";
  }
  const bool burst = random.chance(20);
  const std::string period = burst ? "1s"
                             : scope.size() == 1 && random.chance(25)
                                 ? "billing"
                                 : word(random, {"1s", "60s", "7s", "7s from first", "day", "week", "month"});
  text += ", \"kind\": \"window\", \"period\": \"" + period + "\", ";
  return text + amounts(random, planned, [&] { return count(random, burst); }) + " }";
}

std::string charges(Random& random, const std::vector<std::string>& limits, size_t* quantities) {
  std::string text;
  for (const std::string& name : limits) {
    text += (text.empty() ? "{ \"limit\": \"" : ", { \"limit\": \"") + name + "\"";
    if (random.chance(35)) {
      const int64_t cost = random.between(0, 3);
      *quantities = std::max<size_t>(*quantities, static_cast<size_t>(cost));
      text += cost == 0 || *quantities == 0 ? ", \"cost\": 2" : cost == 1 ? ", \"cost\": \"n\"" : ", \"cost\": \"m\"";
      *quantities = std::min<size_t>(*quantities, 2);
    }
    text += random.chance(15) ? ", \"charge\": \"attempt\" }" : " }";
  }
  return text;
}

std::string operation(Random& random, const std::vector<std::string>& limits, PlainOperation* operation) {
  const std::string text = charges(random, limits, &operation->quantities);
  const std::string names = operation->quantities == 0 ? "" : operation->quantities == 1 ? "\"n\"" : "\"n\", \"m\"";
  return "{ \"name\": \"" + operation->name + "\", \"values\": " + list(operation->dimensions) + ", \"quantities\": [" + names +
         "], \"charges\": [ " + text + " ] }";
}

// The dimensions of the policy in an order of their own.
Names dimensions_of(Random& random, const std::vector<Names>& scopes) {
  Names names;
  for (const Names& scope : scopes) {
    for (const std::string& name : scope) {
      if (!holds(names, name)) names.push_back(name);
    }
  }
  for (size_t i = names.size(); i > 1; --i) std::swap(names[i - 1], names[random.below(i)]);
  return names;
}

std::vector<Names> scopes_of(Random& random, bool lone) {
  const std::vector<Names> all = {{"account"},     {"line"}, {"account", "line"}, {"to", "line"}, {"account", "to", "line"},
                                  {"line", "site"}};
  std::vector<Names> scopes;
  if (lone) return {all[random.below(2)]};
  const size_t wanted = 1 + random.below(4);
  while (scopes.size() < wanted) {
    const Names& scope = all[random.below(all.size())];
    if (std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) scopes.push_back(scope);
  }
  return scopes;
}

void add_subjects(const Names& scope, size_t from, const std::string& begun, std::vector<std::string>* out) {
  if (from == scope.size()) return out->push_back(begun);
  for (int v = 0; v < kPlainValues; ++v) {
    add_subjects(scope, from + 1, begun + (from == 0 ? "" : ",") + scope[from] + "=" + scope[from] + number(v), out);
  }
}

}  // namespace

std::vector<std::string> PlainPolicy::subjects() const {
  std::vector<std::string> all;
  for (const Names& scope : scopes) add_subjects(scope, 0, "", &all);
  return all;
}

PlainPolicy plain_policy(Random& random) {
  PlainPolicy policy;
  const bool lone = random.chance(30);
  policy.scopes = scopes_of(random, lone);
  const Names dimensions = dimensions_of(random, policy.scopes);
  policy.plans = std::find(policy.scopes.begin(), policy.scopes.end(), Names{"account"}) != policy.scopes.end();
  std::vector<std::string> limits, others;
  std::string texts;
  const size_t count = lone ? 1 : policy.scopes.size() + random.below(9 - policy.scopes.size());
  for (size_t i = 0; i < count; ++i) {
    limits.push_back("l" + number(static_cast<int64_t>(i)));
    if (i == 0 || random.chance(50)) others.push_back(limits.back());
    texts += (i == 0 ? "" : ",\n") + limit(random, limits.back(), policy.scopes[i % policy.scopes.size()], &policy);
  }
  const bool queues = texts.find("\"mode\": \"queue\"") != std::string::npos;
  policy.soft |= queues && holds(dimensions, "line") && policy.scopes[0] != Names{"line"};
  policy.operations = {{"send", dimensions, 0}, {"other", dimensions, 0}};
  policy.text = "{ \"name\": \"random\", \"tenant\": \"" + dimensions[0] + "\",";
  if (holds(dimensions, "line")) policy.text += " \"line\": \"line\",";
  if (policy.plans) {
    policy.text +=
        "\n\"subjects\": [ { \"scope\": [\"account\"], \"plans\": [\"free\", \"pro\", \"big\"], \"default\": \"free\", "
        "\"billing\": { \"day\": 31, \"time\": \"07:00\" } } ],";
  }
  policy.text += "\n\"limits\": [ " + texts + " ],\n\"operations\": [\n" + operation(random, limits, &policy.operations[0]) +
                 ",\n" + operation(random, others, &policy.operations[1]) + " ] }";
  return policy;
}

PlainAsk plain_ask(const PlainPolicy& policy, Random& random, int64_t clock) {
  PlainAsk ask;
  ask.operation = random.chance(85) ? 0 : 1;
  const PlainOperation& operation = policy.operations[ask.operation];
  for (const std::string& dimension : operation.dimensions) {
    ask.values.push_back(dimension + number(static_cast<int64_t>(random.chance(60) ? 0 : random.below(kPlainValues))));
  }
  while (ask.quantities.size() < operation.quantities) {
    const uint64_t rare = pick<uint64_t>(random, {0, 10, 100, 5'000, uint64_t{1} << 40, (uint64_t{1} << 48) - 1});
    ask.quantities.push_back(random.chance(12) ? rare : 1 + random.below(3));
  }
  if (random.chance(30)) ask.now = clock + random.between(-5 * kNsPerSecond, 5 * kNsPerSecond);
  return ask;
}

int64_t plain_step(Random& random) {
  if (random.chance(40)) return 0;
  if (random.chance(15)) return -random.between(0, 90 * kNsPerSecond);
  const int64_t far = pick<int64_t>(random, {1, 10, 10, 10, 100, 3'600, 86'400, 31 * 86'400});
  return random.between(0, far * kNsPerSecond);
}

}  // namespace sluice::testing
