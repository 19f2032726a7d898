// SPDX-License-Identifier: Apache-2.0
//
// pool.hpp - the lines of a pool, and how a message came to one. Include sluice.hpp.
#ifndef SLUICE_POOL_HPP_INCLUDED
#define SLUICE_POOL_HPP_INCLUDED

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "sluice/error.hpp"
#include "sluice/sluice.h"

namespace sluice {
inline namespace abi0 {

// "active", "move_all", "fresh": the words of SLUICE_LINE_*, SLUICE_SUSPEND_*, SLUICE_STICKY_*; "unknown" outside the lists.
inline const char* line_state_name(int32_t state) noexcept {
  constexpr const char* names[] = {"active", "warming", "paused", "draining", "suspended", "removed"};
  return state >= 0 && state < static_cast<int32_t>(std::size(names)) ? names[state] : "unknown";
}
inline const char* on_suspend_name(int32_t on_suspend) noexcept {
  constexpr const char* names[] = {"hold", "move_new", "move_all", "fail"};
  return on_suspend >= 0 && on_suspend < static_cast<int32_t>(std::size(names)) ? names[on_suspend] : "unknown";
}
inline const char* sticky_name(int32_t sticky) noexcept {
  constexpr const char* names[] = {"none", "fresh", "existing", "moved", "spilled"};
  return sticky >= 0 && sticky < static_cast<int32_t>(std::size(names)) ? names[sticky] : "unknown";
}

// A line of a pool as it is to be, borrowing its texts: line_change("shared", "+15550001").state(SLUICE_LINE_DRAINING).
class line_change {
 public:
  line_change(std::string_view pool, std::string_view line) : by_("by", std::initializer_list<std::string_view>{}) {
    c_.struct_size = sizeof(c_);
    c_.weight = 1;
    c_.pool = pool.data();
    c_.pool_len = pool.size();
    c_.line = bytes(line);
    c_.on_suspend = SLUICE_NONE;
  }

  // Values of the pool's `by`, in its order.
  line_change& by(std::initializer_list<std::string_view> values) {
    by_ = impl::key_list<8>("by", values);
    return *this;
  }
  line_change& weight(uint32_t weight) {
    c_.weight = weight;
    return *this;
  }
  // SLUICE_LINE_*
  line_change& state(int32_t state) {
    c_.state = state;
    return *this;
  }
  // Paused; 0: until another change.
  line_change& pause(int64_t until = 0) {
    c_.state = SLUICE_LINE_PAUSED;
    c_.paused_until = until;
    return *this;
  }
  // SLUICE_SUSPEND_*, in place of the pool's own
  line_change& on_suspend(int32_t on_suspend) {
    c_.on_suspend = on_suspend;
    return *this;
  }
  line_change& reason(std::string_view reason) {
    c_.reason = reason.data();
    c_.reason_len = reason.size();
    return *this;
  }

  operator sluice_line_change() const noexcept {
    sluice_line_change c = c_;
    c.by = by_.size() == 0 ? nullptr : by_.data();
    c.by_count = by_.size();
    return c;
  }

 private:
  sluice_line_change c_{};
  impl::key_list<8> by_;
};

}  // namespace abi0
}  // namespace sluice

#endif  // SLUICE_POOL_HPP_INCLUDED
