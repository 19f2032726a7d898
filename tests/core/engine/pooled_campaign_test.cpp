// SPDX-License-Identifier: Apache-2.0
// Campaigns whose lines a pool chooses.
#include "tests/support/pool_fixture.h"

namespace sluice::testing {
namespace {

class PooledCampaignTest : public PoolTest {
 protected:
  uint64_t begin() {
    uint64_t id = 0;
    EXPECT_EQ(Engine::create_campaign(handle, {"spring", "acme", {}}, kEngineClock, &id, &error), Status::ok) << error;
    return id;
  }
  CampaignReport report_of(uint64_t id) {
    CampaignReport now;
    EXPECT_EQ(Engine::campaign_status(handle, id, &now, &error), Status::ok) << error;
    return now;
  }
  uint64_t ended(uint64_t id, MessageState as) { return report_of(id).ended[static_cast<size_t>(as)]; }
};

TEST_F(PooledCampaignTest, ACampaignsMessagesStayOnTheLineWhoseShareTheyHave) {
  open(pooled(R"("on_suspend": "move_all")"));
  line("+1");
  const uint64_t id = begin();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(put({.values = {"acme", "", "ann"}, .campaign = id}).line, "+1");
  line("+2");
  line("+1", LineState::suspended);
  EXPECT_EQ(report.moved, 0u);
  EXPECT_EQ(report.held, 3u);
  EXPECT_TRUE(sent(kStart + kMinute).empty());
  line("+1");
  EXPECT_EQ(sent(kStart + 2 * kMinute).size(), 3u);
  EXPECT_EQ(ended(id, MessageState::sent), 3u);
}

TEST_F(PooledCampaignTest, WhatALineRefusesIsCountedByItsCampaign) {
  open(pooled(R"("on_suspend": "fail")"));
  line("+1");
  const uint64_t id = begin();
  for (int i = 0; i < 3; ++i) put({.values = {"acme", "", "ann"}, .campaign = id});
  line("+1", LineState::suspended);
  EXPECT_EQ(report.failed, 3u);
  EXPECT_EQ(ended(id, MessageState::failed), 3u);
  EXPECT_EQ(report_of(id).queued, 0u);
}

}  // namespace
}  // namespace sluice::testing
