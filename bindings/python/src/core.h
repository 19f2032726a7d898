// SPDX-License-Identifier: Apache-2.0
// One engine as the binding's objects share it: the handle, the names its ids stand for, and the order of its operations' values.
//
// 1. Python objects own a Core together; the last one to go destroys the engine, so they may go in any order.
// 2. Everything but `reloading` is read and written under the GIL.
// 3. An operation's Shape is a snapshot: after a reload `generation` differs and the shape is read again. A reload writes
//    `generation` holding `reloading` alone as well, and batches without the GIL share that lock while they look and decide, so no
//    batch runs with the order of values of another policy.
// 4. Who sleeps until something is due is rung awake by whatever makes something due sooner: changed() after a call that may.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "sluice/sluice.hpp"

namespace sluice::python {

inline constexpr size_t kMostValues = 16;
inline constexpr size_t kMostQuantities = 8;
inline constexpr size_t kMostCharges = 16;
inline constexpr uint32_t kMostKeyBytes = 1024;

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
  int line = SLUICE_NONE;     // of the value that may be absent, since a pool chooses it

  bool takes_the_same(const Shape& other) const;
  // A failure's words with the name of the value they are about: "values[1] (line): ...". C knows it by its position alone.
  std::string with_name(const std::string& words) const;
};

// What an operation's messages are told by.
struct OperationNames {
  uint64_t generation = 0;
  pybind11::object name;  // null: not known yet
  std::vector<pybind11::str> values;
  std::vector<pybind11::str> quantities;
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
  // Of an operation's id: as the policy has it now, or as it was last known.
  const OperationNames& names_of(int32_t operation);

  // From now on `ring(due)` is called when something becomes due before an instant. None: nobody sleeps.
  void watch(int64_t before, pybind11::object ring);
  // After a call that may have changed when something is due.
  void changed() {
    if (!ring_.is_none()) ring_if_sooner();
  }
  // Everybody who sleeps is to look again.
  void ring_all() { ring(-1); }

 private:
  void learn_names();
  void ring_if_sooner();
  void ring(int64_t due);

  engine engine_;
  bool closed_ = false;
  uint64_t generation_ = 0;
  std::vector<pybind11::str> limit_names_;                       // by id
  std::unordered_map<int32_t, OperationNames> operation_names_;  // by id
  std::shared_mutex reloading_;
  int64_t ring_before_ = 0;
  pybind11::object ring_ = pybind11::none();
};

}  // namespace sluice::python
