// SPDX-License-Identifier: Apache-2.0
// Small policies for tests: one part is what the test is about, the rest is sound.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/policy.h"

namespace sluice {

inline constexpr const char* kSubjects = R"([{ "scope": ["account"], "plans": ["free", "pro"], "default": "free" }])";
inline constexpr const char* kLimit =
    R"({ "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100 })";
inline constexpr const char* kSend =
    R"({ "name": "send", "values": ["account", "line", "recipient"], "charges": [{ "limit": "day" }] })";

struct PolicyText {
  std::string limits = kLimit;     // the elements of `limits`
  std::string operations = kSend;  // the elements of `operations`
  std::string subjects = kSubjects;
  std::string rest;  // further fields

  std::string text() const {
    return R"({ "name": "test", "tenant": "account", "line": "line", "subjects": )" + subjects + ", \"limits\": [" + limits +
           "], \"operations\": [" + operations + "]" + (rest.empty() ? "" : ", " + rest) + " }";
  }
};

// A policy with one limit of these fields, charged by an operation with all values.
inline std::string with_limit(const std::string& fields, const std::string& charge = {}) {
  PolicyText text;
  text.limits = R"({ "name": "l", )" + fields + " }";
  text.operations =
      R"({ "name": "send", "values": ["account", "line", "recipient"], "charges": [{ "limit": "l")" + charge + "}] }";
  return text.text();
}

inline PolicyResult load(const std::string& text, const std::string& stance = "enforce") {
  return load_policy(text, {stance, ""});
}

// "path: message" of the findings of one severity.
inline std::vector<std::string> said(const PolicyResult& result, Severity severity = Severity::error) {
  std::vector<std::string> lines;
  for (const Finding& finding : result.findings) {
    if (finding.severity == severity) lines.push_back(finding.path + ": " + finding.message);
  }
  return lines;
}

inline std::vector<std::string> errors(const std::string& text, const std::string& stance = "enforce") {
  return said(load(text, stance));
}

inline std::string all_said(const PolicyResult& result) { return format_findings(result.findings); }

inline std::string read_source(const std::string& path) {
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/" + path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline constexpr const char* kProviders[] = {"gosendapi", "linq", "sendblue", "senddev", "texting_blue"};

inline std::string provider_policy(const std::string& name) { return read_source("policies/" + name + ".jsonc"); }

}  // namespace sluice
