// SPDX-License-Identifier: Apache-2.0
// One engine as the binding's objects share it: the handle, the names its ids stand for, and the order of its operations' values.
//
// 1. Python objects own a Core together; the last one to go destroys the engine, so they may go in any order.
// 2. Everything but `reloading` is read and written under the GIL.
// 3. An operation's Shape is a snapshot: after a reload `generation` differs and the shape is read again. A reload writes
//    `generation` holding `reloading` alone as well, and batches without the GIL share that lock while they look and decide, so no
//    batch runs with the order of values of another policy.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "sluice/sluice.hpp"

namespace sluice::python {

inline constexpr size_t kMostValues = 16;
inline constexpr size_t kMostQuantities = 8;
inline constexpr size_t kMostCharges = 16;

class Core;

// What an operation takes: names in declared order.
struct Shape {
  std::shared_ptr<Core> core;
  int32_t id = SLUICE_NONE;
  uint64_t generation = 0;
  pybind11::str name;
  std::vector<pybind11::str> values;
  std::vector<pybind11::str> quantities;
  int repeats = SLUICE_NONE;  // position among values

  bool takes_the_same(const Shape& other) const;
  // A failure's words with the name of the value they are about: "values[1] (line): ...". C knows it by its position alone.
  std::string with_name(const std::string& words) const;
};

class Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(const sluice_engine_options& options) : engine_(options) { learn_names(); }

  engine& calls() { return engine_; }
  sluice_engine handle() const { return engine_.handle(); }
  bool closed() const { return closed_; }
  void close();

  void reload(const std::string& policy, const std::string& stance, bool allow_reset, int64_t now);
  uint64_t generation() const { return generation_; }
  std::shared_mutex& reloading() { return reloading_; }

  // The name of a limit id; None for SLUICE_NONE.
  pybind11::object limit_name(int32_t id) const;
  std::shared_ptr<const Shape> shape_of(const std::string& operation);

 private:
  void learn_names();

  engine engine_;
  bool closed_ = false;
  uint64_t generation_ = 0;
  std::vector<pybind11::str> limit_names_;  // by id
  std::shared_mutex reloading_;
};

}  // namespace sluice::python
