// SPDX-License-Identifier: Apache-2.0
// Gathers everything that is to be said about one document, so that an author sees all of it at once.
#pragma once

#include <string>
#include <vector>

#include "core/policy/document.h"
#include "core/policy/policy.h"

namespace sluice {

inline constexpr size_t kMaxFindings = 100;  // the rest is counted: a hostile text must not cost memory by its errors

class Findings {
 public:
  explicit Findings(const Document& document) : document_(document) {}

  void error(NodeId at, std::string message) { add(Severity::error, at, false, std::move(message)); }
  void warning(NodeId at, std::string message) { add(Severity::warning, at, false, std::move(message)); }
  void note(NodeId at, std::string message) { add(Severity::note, at, false, std::move(message)); }
  // At the name of a member instead of its value.
  void error_at_name(NodeId at, std::string message) { add(Severity::error, at, true, std::move(message)); }
  void warning_at_name(NodeId at, std::string message) { add(Severity::warning, at, true, std::move(message)); }
  void note_at_name(NodeId at, std::string message) { add(Severity::note, at, true, std::move(message)); }
  void syntax(const SyntaxError& error);

  size_t errors() const { return errors_; }
  bool full() const { return kept_.size() >= kMaxFindings; }
  const std::string* first_error() const;

  // In text order, with excerpts.
  std::vector<Finding> take();

 private:
  struct Kept {
    uint32_t offset;
    Finding finding;
  };

  void add(Severity severity, NodeId at, bool at_name, std::string message);
  void locate(Kept* kept) const;

  const Document& document_;
  std::vector<Kept> kept_;
  size_t errors_ = 0;
  size_t dropped_ = 0;
};

}  // namespace sluice
