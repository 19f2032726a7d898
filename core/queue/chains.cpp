// SPDX-License-Identifier: Apache-2.0
#include "core/queue/chains.h"

#include <new>

namespace sluice {

// What is parked is held already, so the few bytes that keep its order may go beyond the cap.
bool Chains::begin(uint64_t key, CellId holder, Allocator& memory) {
  try {
    chains_.emplace(key, Chain{holder});
    memory.charge(kBytes, true);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void Chains::insert(CellBase cells, Chain& chain, CellId id) {
  Message& m = *cells.at<Message>(id);
  CellId before = chain.last;
  while (before != 0 && is_older(m, *cells.at<Message>(before))) before = cells.at<Message>(before)->prev;
  m.child = 0;
  m.prev = before;
  CellId& link = before == 0 ? chain.first : cells.at<Message>(before)->next;
  m.next = link;
  link = id;
  (m.next == 0 ? chain.last : cells.at<Message>(m.next)->prev) = id;
  m.set(message_flag::chained);
  m.set_status(MessageState::parked);
}

void Chains::remove(CellBase cells, Chain& chain, CellId id) {
  Message& m = *cells.at<Message>(id);
  (m.prev == 0 ? chain.first : cells.at<Message>(m.prev)->next) = m.next;
  (m.next == 0 ? chain.last : cells.at<Message>(m.next)->prev) = m.prev;
  m.next = m.prev = 0;
  m.clear(message_flag::chained);
}

CellId Chains::advance(CellBase cells, uint64_t key, Allocator& memory) {
  const auto it = chains_.find(key);
  Chain& chain = it->second;
  const CellId next = chain.first;
  if (next == 0) {
    chains_.erase(it);
    memory.uncharge(kBytes);
    return 0;
  }
  remove(cells, chain, next);
  cells.at<Message>(next)->set(message_flag::holds);
  chain.holder = next;
  return next;
}

void Chains::clear(Allocator& memory) {
  memory.uncharge(chains_.size() * kBytes);
  chains_.clear();
}

}  // namespace sluice
