"""The providers' published pages, sentence by sentence."""

from random import Random

import pytest

from reference_support import DAY, HOUR, MINUTE, NOON, SECOND, admitted, go, instant, limit, model, plans
from sluice_reference import Model

LINQ = """{
  "name": "linq", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["account"], "plans": ["sandbox", "production"], "default": "production" }, ],
  "limits": [
    // "30 messages per 60-second window for each unique sender-recipient pair"
    { "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "60s from first", "amount": 30 },
    { "name": "line_day", "scope": ["line"], "kind": "window", "period": "day", "amount": 7000,
      "mode": "advise", "thresholds": [80, 100] }, /* recommended */
    { "name": "sandbox_day", "scope": ["account"], "kind": "window", "period": "day",
      "amounts": [ { "plan": "sandbox", "amount": 100 }, { "plan": "production", "unlimited": true } ] },
  ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "repeats": "recipient",
      "charges": [ { "limit": "pair", "each": "recipient" }, { "limit": "line_day" }, { "limit": "sandbox_day" } ] },
    { "name": "received", "values": ["account", "line", "recipient"],
      "charges": [ { "limit": "line_day", "charge": "forced" } ] },
  ],
  "comply": {
    "limits": [ { "name": "pair", "kind": "sliding", "period": "60s", "margin": "1s" } ],
    "operations": [ { "name": "received", "charges": [ { "limit": "pair", "charge": "forced" } ] } ],
  },
}"""
PAIR = {"account": "acme", "line": "+1", "recipient": ["ann"]}


def test_enforce_linq_pair_admits_30_in_60_s_from_the_first_and_denies_the_31st_until_the_window_ends():
    it = Model(LINQ)
    assert all(it.decide("send", PAIR, now=NOON + n * SECOND).allowed for n in range(30))
    refusal = it.decide("send", PAIR, now=NOON + 30 * SECOND)
    assert (refusal.outcome, refusal.denial, refusal.limit, refusal.subject) == ("denied", "rate", "pair", ("+1", "ann"))
    assert refusal.retry_after == 30 * SECOND
    assert it.decide("send", PAIR, now=NOON + 60 * SECOND).allowed


def test_comply_linq_pair_slides_with_a_margin_and_counts_inbound_of_the_same_pair():
    it = Model(LINQ, "comply")
    inbound = {"account": "acme", "line": "+1", "recipient": "ann"}
    assert it.decide("received", inbound, now=NOON).allowed
    assert all(it.decide("send", PAIR, now=NOON + n * SECOND).allowed for n in range(1, 30))
    refusal = it.decide("send", PAIR, now=NOON + 30 * SECOND)
    assert (refusal.denial, refusal.retry_after) == ("rate", 31 * SECOND)
    assert it.decide("send", PAIR, now=NOON + 61 * SECOND).allowed
    assert it.decide("send", PAIR, now=NOON + 61 * SECOND).retry_after == SECOND


def test_enforce_linq_a_group_message_charges_every_pair_or_none():
    it = Model(LINQ)
    for _ in range(30):
        it.decide("send", PAIR, now=NOON)
    refusal = it.decide("send", {**PAIR, "recipient": ["bob", "ann", "cat"]}, now=NOON)
    assert refusal.subject == ("+1", "ann")
    assert [detail.used for detail in refusal.details] == [0, 30, 0, 30, 30]


def test_enforce_linq_sandbox_is_100_a_day_until_midnight_utc_and_production_is_only_metered():
    it = Model(LINQ)
    it.set_plan("account", "acme", "sandbox", NOON)
    for n in range(100):
        assert it.decide("send", {**PAIR, "recipient": [str(n)]}, now=NOON).allowed
    refusal = it.decide("send", PAIR, now=NOON)
    assert (refusal.denial, refusal.limit, refusal.retry_after) == ("quota", "sandbox_day", 12 * HOUR)
    it.set_plan("account", "acme", "production", NOON)
    passed = it.decide("send", PAIR, now=NOON)
    assert passed.allowed and (passed.details[2].limit, passed.details[2].used) == (None, 101)


@pytest.mark.parametrize("rate, burst, total", [(10, "2x for 10s", 200), (50, "3x for 30s", 4500)])
@pytest.mark.parametrize("how", ["at the start", "at the end", "both ends", "even", "anywhere"])
def test_senddev_burst_from_idle_is_exactly_k_times_r_times_t_and_then_exactly_r_each(rate, burst, total, how):
    it = model(limit("window", period="1s", amount=rate, burst=burst))
    factor, windows, random = int(burst[0]), int(burst.split()[-1][:-1]), Random(how)
    for second in range(windows + 5):
        edge = NOON + second * SECOND
        expected = factor * rate if second < windows else rate
        tries = factor * rate + 10
        offsets = {
            "at the start": [0] * tries,
            "at the end": [SECOND - 1] * tries,
            "both ends": [0] * (tries // 2) + [SECOND - 1] * (tries // 2),
            "even": [n * SECOND // tries for n in range(tries)],
            "anywhere": sorted(random.randrange(SECOND) for _ in range(tries)),
        }[how]
        decisions = [go(it, edge + offset) for offset in offsets]
        assert sum(decision.allowed for decision in decisions) == expected
        assert decisions[-1].retry_after == SECOND - offsets[-1]
        total -= min(expected, total) if second < windows else 0
    assert total == 0


def test_senddev_unused_units_return_to_the_bank_and_never_above_it():
    it = model(limit("window", period="1s", amount=10, burst="2x for 10s"))
    for second in range(10):
        admitted(it, NOON + second * SECOND)
    assert admitted(it, NOON + 15 * SECOND) == 20  # five idle windows brought 50: enough for five peaks
    assert [admitted(it, NOON + (16 + n) * SECOND) for n in range(6)] == [20, 20, 20, 20, 10, 10]
    assert sum(admitted(it, NOON + HOUR + n * SECOND) for n in range(10)) == 200


SENDBLUE = limit("window", "month", period="month", amount=2000, ceiling="120%", thresholds=[75, 90, 100])


def test_sendblue_soft_quota_admits_2400_with_events_at_1500_1800_and_2000():
    it, seen = model(SENDBLUE), {}
    for n in range(1, 2401):
        assert go(it, NOON + n).allowed
        seen.update({event.percent: n for event in it.drain_events()})
    assert seen == {75: 1500, 90: 1800, 100: 2000}
    refusal = go(it, NOON + 2401)
    assert (refusal.denial, refusal.retry_after) == ("quota", instant("2024-06-01T00:00:00+00:00") - NOON - 2401)
    assert refusal.details[0].remaining == 0 and refusal.details[0].limit == 2000


def test_one_charge_that_jumps_several_thresholds_fires_each_once_and_ascending():
    it = model(SENDBLUE, quantities=["parts"], charges={"month": {"cost": "parts"}})
    receipt = go(it, NOON, quantities={"parts": 2100}, receipt=True).receipt
    assert [event.percent for event in it.drain_events()] == [75, 90, 100]
    it.refund(receipt, NOON)
    go(it, NOON, quantities={"parts": 2100})
    assert it.drain_events() == []  # a refund does not re-arm
    go(it, NOON + 31 * DAY, quantities={"parts": 1500})
    assert [event.percent for event in it.drain_events()] == [75]


def test_a_plan_change_rearms_what_lies_above_and_fires_what_is_newly_crossed():
    amounts = [{"plan": "blue", "amount": 2000, "thresholds": [75, 90, 100]}]
    amounts.append({"plan": "sapphire", "amount": 6000, "thresholds": [75, 90, 100]})
    it = model(
        limit("window", period="month", amounts=amounts),
        subjects=[plans("blue", "sapphire")],
        quantities=["parts"],
        charges={"it": {"cost": "parts"}},
    )
    go(it, NOON, quantities={"parts": 1700})
    it.drain_events()
    it.set_plan("account", "acme", "sapphire", NOON)
    assert it.drain_events() == []
    go(it, NOON, quantities={"parts": 2900})  # 4,600 of 6,000
    it.set_plan("account", "acme", "blue", NOON + 1)
    assert [(event.percent, event.cause) for event in it.drain_events()] == [
        (75, "charge"),
        (90, "plan_change"),
        (100, "plan_change"),
    ]


def texting_blue() -> Model:
    return model(
        limit("window", "requests", period="60s", amount=60),
        limit("window", "month", period="billing", amount=2),
        charges={"requests": {"charge": "attempt"}},
        subjects=[{"scope": ["account"], "billing": {"day": 31}}],
    )


def test_texting_blue_a_request_is_charged_even_if_the_month_denies_and_the_month_is_what_is_named():
    it = texting_blue()
    assert [go(it, NOON).allowed for _ in range(3)] == [True, True, False]
    assert [detail.used for detail in go(it, NOON).details] == [4, 2]
    for _ in range(56):
        refusal = go(it, NOON)
    assert [detail.used for detail in refusal.details] == [60, 2]
    assert (refusal.denial, refusal.limit) == ("quota", "month")
    refusal = go(it, NOON)
    assert [detail.used for detail in refusal.details] == [60, 2]
    assert (refusal.denial, refusal.retry_after) == ("quota", instant("2024-05-31T00:00:00+00:00") - NOON)


def test_texting_blue_the_wait_counts_from_after_the_attempt():
    it = texting_blue()
    it.set_amount("month", ["acme"], "unlimited", NOON)
    assert admitted(it, NOON + 1) == 60
    assert go(it, NOON + 2).retry_after == MINUTE - 2
