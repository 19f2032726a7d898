// SPDX-License-Identifier: Apache-2.0
// Pools: sets of lines that stand for a line, and the operations that name them.
#include <algorithm>
#include <string>

#include "core/policy/draft.h"
#include "core/policy/findings_text.h"
#include "core/policy/queue_words.h"
#include "core/policy/text.h"

namespace sluice {
namespace {

constexpr std::string_view kRecipient = "recipient";  // a sticky pool's unless it names another
constexpr uint64_t kMostNewRecipients = UINT32_MAX;

class PoolReader {
 public:
  PoolReader(Draft* draft, NodeId id) : draft_(*draft), id_(id) {}

  void read(PoolRules* out);

 private:
  NodeId own(std::string_view name) const { return field(draft_.document, id_, Shape::pool, name); }
  bool truth(std::string_view name, bool unless_said) const;
  bool is_line(int dimension) const { return dimension >= 0 && dimension == draft_.policy.line; }
  void read_name();
  void read_recipient();
  void read_by();
  void read_words();
  void read_bounds();
  void refuse_sticky_fields();

  Draft& draft_;
  const NodeId id_;
  PoolRules pool_;
};

bool PoolReader::truth(std::string_view name, bool unless_said) const {
  const NodeId id = own(name);
  return id == kNoNode ? unless_said : draft_.document[id].truth;
}

void PoolReader::read_name() {
  pool_.name = draft_.name(id_, Shape::pool, "name");
  if (pool_.name.empty() || draft_.policy.find_pool(pool_.name) == kNone) return;
  draft_.findings.error(own("name"), say::named_twice(pool_.name));
}

void PoolReader::read_recipient() {
  const NodeId id = own("recipient");
  if (!pool_.sticky) return;
  if (id != kNoNode) {
    pool_.recipient = static_cast<int16_t>(draft_.choose(id, "dimension", draft_.policy.dimensions));
  } else if (draft_.document.find(id_, "recipient") == kNoNode) {
    pool_.recipient = draft_.policy.find_dimension(kRecipient);
    if (pool_.recipient == kNone) draft_.findings.error(id_, say::recipient_missing());
  }
  if (!is_line(pool_.recipient)) return;
  draft_.findings.error(id == kNoNode ? id_ : id, say::recipient_is_the_line(draft_.dimension_name(pool_.recipient)));
}

void PoolReader::read_by() {
  const NodeId list = own("by");
  if (list == kNoNode) return;
  for (const NodeId name : draft_.names(list, "dimensions in `by`", 0, kMaxPoolDimensions)) {
    const int dimension = draft_.choose(name, "dimension", draft_.policy.dimensions);
    if (dimension < 0) continue;
    if (is_line(dimension)) {
      draft_.findings.error(name, say::pool_is_kept_by_line(draft_.text(name)));
    } else if (dimension == pool_.recipient) {
      draft_.findings.error(name, say::pool_is_kept_by_recipient(draft_.text(name)));
    } else {
      pool_.by.push_back(static_cast<uint8_t>(dimension));
    }
  }
}

void PoolReader::read_words() {
  if (const NodeId id = own("on_suspend"); id != kNoNode) {
    const int chosen = draft_.choose(id, "on_suspend", on_suspend_words());
    if (chosen >= 0) pool_.on_suspend = static_cast<OnSuspend>(chosen);
  }
  if (const NodeId id = own("on_full"); id != kNoNode) {
    const int chosen = draft_.choose(id, "on_full", on_full_words());
    if (chosen >= 0) pool_.on_full = static_cast<OnFull>(chosen);
    if (!pool_.sticky && pool_.on_full != OnFull::wait) {
      draft_.findings.error(id, say::on_full_for_sticky_pools(draft_.text(id)));
    }
  }
}

void PoolReader::read_bounds() {
  draft_.duration(id_, Shape::pool, "forget_after", &pool_.forget_after);
  draft_.number(id_, Shape::pool, "new_recipients", 1, kMostNewRecipients, &pool_.new_recipients);
}

void PoolReader::refuse_sticky_fields() {
  for (const std::string_view name : {"recipient", "return_home", "forget_after", "new_recipients"}) {
    const NodeId id = own(name);
    const bool denied = draft_.document.is(id, NodeType::boolean) && !draft_.document[id].truth;
    if (id != kNoNode && !denied) draft_.findings.error_at_name(id, say::for_sticky_pools(name));
  }
}

void PoolReader::read(PoolRules* out) {
  if (!check_fields(draft_.document, id_, Shape::pool, {}, &draft_.findings)) return;
  read_name();
  pool_.sticky = truth("sticky", pool_.sticky);
  pool_.return_home = truth("return_home", pool_.return_home);
  read_recipient();
  read_by();
  read_words();
  read_bounds();
  if (!pool_.sticky) refuse_sticky_fields();
  *out = std::move(pool_);
}

// What a pool chooses by, a request brings, and once.
void check_values(Draft* draft, const Operation& operation, const PoolRules& pool, NodeId at) {
  std::vector<uint8_t> needed = pool.by;
  if (pool.recipient != kNone) needed.push_back(static_cast<uint8_t>(pool.recipient));
  std::vector<std::string_view> missing;
  for (const uint8_t dimension : needed) {
    const auto found = std::find(operation.values.begin(), operation.values.end(), dimension);
    if (found == operation.values.end()) {
      missing.push_back(draft->dimension_name(dimension));
    } else if (found - operation.values.begin() == operation.repeats) {
      draft->findings.error(at, say::pool_value_repeats(draft->dimension_name(dimension)));
    }
  }
  if (!missing.empty()) draft->findings.error(at, say::pool_values_missing(pool.name, missing));
}

void read_pool_of(Draft* draft, size_t at) {
  Operation& operation = draft->policy.operations[at];
  const NodeId id = field(draft->document, draft->operations[at].node, Shape::operation, "pool");
  if (id == kNoNode || operation.values.empty()) return;
  std::vector<std::string_view> names;
  for (const PoolRules& pool : draft->policy.pools) names.push_back(pool.name);
  operation.pool = static_cast<int16_t>(draft->choose(id, "pool", names));
  if (operation.pool == kNone) return;
  const bool has_line = draft->policy.line != kNone;  // else that has been said
  if (has_line && operation.line == kNone) draft->findings.error(id, say::pool_without_line(operation.name));
  check_values(draft, operation, draft->policy.pools[static_cast<size_t>(operation.pool)], id);
}

}  // namespace

void compile_pools(Draft* draft) {
  const NodeId root = draft->document.root();
  const NodeId list = field(draft->document, root, Shape::policy, "pools");
  if (list != kNoNode) {
    if (draft->document.find(root, "line") == kNoNode) draft->findings.error_at_name(list, say::needs_line("pools"));
    for (const NodeId id : draft->elements(list, "pools", 0, kMaxPools)) {
      PoolRules pool;
      PoolReader(draft, id).read(&pool);
      draft->policy.pools.push_back(std::move(pool));
    }
  }
  for (size_t i = 0; i < draft->policy.operations.size(); ++i) read_pool_of(draft, i);
}

}  // namespace sluice
