"""The six kinds of limit, one sentence of the documentation each, worked out by hand. Virtual time only."""

import json
from fractions import Fraction
from random import Random

import pytest

from reference_support import DAY, HOUR, MINUTE, NOON, RECIPIENTS, SECOND, admitted, contacts, go, limit, model, to
from sluice_reference import Model

# Pace.


def test_a_pace_sends_one_each_interval_and_a_depth_lets_as_many_go_at_once():
    it = model(limit("pace", amount="1/s"))
    assert [go(it, NOON + n * SECOND // 2).allowed for n in range(5)] == [True, False, True, False, True]
    assert admitted(model(limit("pace", amount="80/s", depth="1s")), NOON) == 80
    assert admitted(model(limit("pace", amount="80/s", depth=5)), NOON) == 5


def test_a_pace_agrees_with_an_exact_bucket_when_its_interval_is_a_whole_number_of_ns():
    it, random = model(limit("pace", amount="8/s", depth=5), quantities=["n"], charges={"it": {"cost": "n"}}), Random(1)
    now, level, newest = NOON, Fraction(5), NOON
    for _ in range(3000):
        now += random.choice([0, 1, SECOND // 8 - 1, SECOND // 8, SECOND // 3, SECOND])
        cost = random.randint(1, 5)
        level, newest = min(Fraction(5), level + Fraction((now - newest) * 8, SECOND)), now
        assert go(it, now, quantities={"n": cost}).allowed == (level >= cost)
        level -= cost if level >= cost else 0


def test_a_release_late_by_no_more_than_the_slack_does_not_move_the_grid():
    it = model(limit("pace", amount="1/s", slack="100ms"))
    assert go(it, NOON).allowed and go(it, NOON + SECOND + 100_000_000).allowed
    assert go(it, NOON + SECOND + 100_000_000).retry_after == 900_000_000
    assert go(it, NOON + 2 * SECOND + 100_000_001).allowed
    assert go(it, NOON + 2 * SECOND + 100_000_001).retry_after == SECOND


def test_a_cost_above_the_depth_never_goes_but_a_queue_sends_it_when_nothing_is_used():
    pace = limit("pace", amount="1/s", depth=3)
    parts = {"quantities": ["n"], "charges": {"it": {"cost": "n"}}}
    refusal = go(model(pace, **parts), NOON, quantities={"n": 4})
    assert (refusal.denial, refusal.wait_kind, refusal.largest_cost) == ("never", "never", 3)
    it = model({**pace, "mode": "queue"}, **parts)
    assert go(it, NOON, quantities={"n": 10}).allowed
    waiting = go(it, NOON, quantities={"n": 10})
    assert (waiting.outcome, waiting.denial, waiting.limit, waiting.retry_after) == ("would_queue", None, "it", 10 * SECOND)
    assert go(it, NOON, quantities={"n": 1}).retry_after == 8 * SECOND


def test_the_debt_of_forced_charges_saturates_at_a_day():
    it = model(limit("pace", amount="1/min"), quantities=["n"], charges={"it": {"cost": "n", "charge": "forced"}})
    assert go(it, NOON, quantities={"n": 1439}).details[0].resets_at == NOON + DAY - MINUTE
    assert it.drain_events() == []
    assert go(it, NOON, quantities={"n": 5}).details[0].resets_at == NOON + DAY
    assert [event.kind for event in it.drain_events()] == ["saturated"]


def test_a_pace_faster_than_a_unit_each_ns_still_has_its_depth():
    it = model(limit("pace", amount="10000000000/s", depth=3), quantities=["n"], charges={"it": {"cost": "n"}})
    assert go(it, NOON, quantities={"n": 4}).largest_cost == 3
    assert go(it, NOON, quantities={"n": 3}).allowed


@pytest.mark.parametrize(
    "kind, fields",
    [
        ("pace", {}),
        ("window", {"period": "day"}),
        ("sliding", {"period": "1h"}),
        ("distinct", {"period": "1h"}),
        ("gauge", {}),
    ],
)
def test_unlimited_always_passes_and_blocked_never_does(kind, fields):
    of = {"it": {"of": "recipient"}} if kind in ("distinct", "gauge") else {}
    for word, outcome, size in [("unlimited", "allowed", None), ("blocked", "denied", 0)]:
        decision = go(model(limit(kind, **fields, **{word: True}), charges=of, **RECIPIENTS), NOON, **to("ann"))
        assert (decision.outcome, decision.details[0].limit, decision.details[0].remaining) == (outcome, size, size)
        assert decision.denial == (None if word == "unlimited" else "blocked")


# Windows, slides, sets, gauges, upstreams.


def test_a_window_is_half_open_and_a_window_from_first_starts_at_the_first_commit():
    it = model(limit("window", period="60s", amount=2))
    assert admitted(it, NOON + MINUTE - 1) == 2 and admitted(it, NOON + MINUTE) == 2
    it = model(limit("window", period="60s from first", amount=2))
    assert go(it, NOON + 7, peek=True).allowed
    assert admitted(it, NOON + 9) == 2
    assert go(it, NOON + 10).retry_after == MINUTE - 1


@pytest.mark.parametrize("kind", ["window", "sliding"])
def test_in_queue_mode_a_cost_above_the_amount_goes_when_nothing_is_used_and_leaves_its_excess(kind):
    it = model(limit(kind, period="60s", amount=3, mode="queue"), quantities=["n"], charges={"it": {"cost": "n"}})
    assert [go(it, NOON, quantities={"n": n}).outcome for n in (1, 2, 1)] == ["allowed", "allowed", "would_queue"]
    assert go(it, NOON, quantities={"n": 7}).retry_after == MINUTE
    assert go(it, NOON + MINUTE, quantities={"n": 7}).details[0].used == 7
    assert go(it, NOON + MINUTE, quantities={"n": 1}).retry_after == MINUTE


def test_a_full_log_merges_forced_entries_into_the_later_instant():
    it = model(limit("sliding", period="1h", amount=1024), charges={"it": {"charge": "forced"}})
    for n in range(1030):
        assert go(it, NOON + n).details[0].used == n + 1
    assert it.usage("account", "acme", NOON + HOUR + 1022)[0].used == 7
    assert it.usage("account", "acme", NOON + HOUR + 1028)[0].used == 7
    assert it.usage("account", "acme", NOON + HOUR + 1029)[0].used == 0


def test_a_sliding_limit_waits_for_the_entry_that_makes_room():
    it = model(limit("sliding", period="60s", amount=3), quantities=["n"], charges={"it": {"cost": "n"}})
    for n in range(3):
        assert go(it, NOON + n, quantities={"n": 1}).allowed
    assert go(it, NOON + 5, quantities={"n": 1}).retry_after == MINUTE - 5
    assert go(it, NOON + 5, quantities={"n": 2}).retry_after == MINUTE - 4
    it.set_amount("it", ["acme"], 1, NOON + 5)  # over by two: the third oldest has to leave
    assert go(it, NOON + 5, quantities={"n": 1}).retry_after == MINUTE - 3


def test_a_slot_leaves_when_the_whole_slot_has_left():
    it = model(limit("sliding", period="60s", slots=6, amount=1))
    assert go(it, NOON + 3 * SECOND).allowed
    assert go(it, NOON + 20 * SECOND).retry_after == 50 * SECOND


def test_a_distinct_slot_is_not_refreshed_and_values_count_once():
    it = contacts()
    assert go(it, NOON, **to("ann", "ann", "bob")).allowed
    assert go(it, NOON + 23 * HOUR, **to("ann")).allowed
    refusal = go(it, NOON + 23 * HOUR, **to("cat"))
    assert (refusal.denial, refusal.retry_after) == ("distinct", HOUR)
    assert go(it, NOON, **to("ann", "bob", "cat")).denial == "never"
    assert go(it, NOON + 24 * HOUR, **to("cat")).allowed


def test_an_exempt_value_passes_free_and_takes_no_slot():
    it = contacts()
    assert it.decide("heard", {"account": "acme", "recipient": ["cat"]}, now=NOON).allowed
    assert go(it, NOON + 1, **to("ann", "bob")).allowed
    assert go(it, NOON + 2, **to("cat")).allowed
    assert go(it, NOON + DAY - 1, **to("cat")).allowed
    assert go(it, NOON + DAY, **to("cat")).retry_after == 1


def test_waits_that_pull_each_other_on_are_followed_to_their_fixed_point():
    """When the window opens, bob's slot has closed, and there is no other for him until cat's closes too."""
    new = limit("distinct", "new", period="60s", amount=3)
    few = limit("window", "few", period="120s", amount=4)
    it = model(new, few, charges={"new": {"of": "recipient"}}, **RECIPIENTS)
    for second, recipient in [(0, "ann"), (50, "bob"), (70, "cat"), (71, "dan")]:
        assert go(it, NOON + second * SECOND, **to(recipient)).allowed
    refusal = go(it, NOON + 72 * SECOND, **to("bob"))
    assert (refusal.limit, refusal.retry_after) == ("few", 48 * SECOND)
    it.set_amount("new", ["acme"], 2, NOON + 73 * SECOND)
    refusal = go(it, NOON + 74 * SECOND, **to("bob"))
    assert (refusal.limit, refusal.retry_after) == ("few", 56 * SECOND)
    it.set_amount("new", ["acme"], 1, NOON + 75 * SECOND)
    refusal = go(it, NOON + 76 * SECOND, **to("bob", "cat"))
    assert (refusal.denial, refusal.wait_kind, refusal.largest_cost) == ("rate", "never", 1)


def test_holding_a_held_name_is_free_and_only_a_release_or_the_lease_makes_room():
    policy = {
        "name": "test",
        "tenant": "account",
        "limits": [limit("gauge", amount=1), limit("gauge", "leased", amount=1, lease="5s")],
        "operations": [
            {"name": name, "values": ["account", "seat"], "charges": [{"limit": held, "of": "seat", **word}]}
            for name, held, word in [("hold", "it", {}), ("free", "it", {"charge": "release"}), ("lease", "leased", {})]
        ],
    }
    it, one, two = Model(json.dumps(policy)), {"account": "acme", "seat": "1"}, {"account": "acme", "seat": "2"}
    assert it.decide("hold", one, now=NOON).allowed and it.decide("hold", one, now=NOON).allowed
    refusal = it.decide("hold", two, now=NOON)
    assert (refusal.denial, refusal.wait_kind, refusal.retry_after) == ("gauge", "unknown", None)
    assert it.decide("free", two, now=NOON).allowed and not it.decide("hold", two, now=NOON).allowed
    assert it.decide("free", one, now=NOON).allowed and it.decide("hold", two, now=NOON).allowed
    assert it.decide("lease", one, now=NOON).allowed and it.decide("lease", one, now=NOON + SECOND).allowed
    assert it.decide("lease", two, now=NOON + 2 * SECOND).retry_after == 4 * SECOND


def test_units_of_a_gauge_are_given_back_exactly_and_never_more_than_are_held():
    policy = {
        "name": "test",
        "tenant": "account",
        "limits": [limit("gauge", amount=3)],
        "operations": [
            {"name": "hold", "values": ["account"], "quantities": ["n"], "charges": [{"limit": "it", "cost": "n"}]},
            {"name": "free", "values": ["account"], "charges": [{"limit": "it", "cost": 2, "charge": "release"}]},
        ],
    }
    it, acme = Model(json.dumps(policy)), {"account": "acme"}
    assert it.decide("free", acme, now=NOON).allowed
    receipt = it.decide("hold", acme, {"n": 3}, NOON, receipt=True).receipt
    assert it.decide("hold", acme, {"n": 1}, NOON).wait_kind == "unknown"
    assert it.decide("hold", acme, {"n": 4}, NOON).largest_cost == 3
    assert it.commit(receipt, {"n": 1}, NOON) and not it.commit(receipt, {"n": 1}, NOON)
    assert it.usage("account", "acme", NOON)[0].used == 1
    assert [it.decide("free", acme, now=NOON).details[0].used for _ in range(2)] == [0, 0]
    assert it.decide("hold", acme, {"n": 3}, NOON).allowed


def test_an_upstream_closes_for_no_longer_than_its_longest_and_only_ever_extends():
    it = model(limit("upstream", longest="1h"))
    it.report_throttled("it", ["acme"], 2 * HOUR, NOON)
    it.report_throttled("it", ["acme"], SECOND, NOON)
    assert (go(it, NOON).denial, go(it, NOON).retry_after) == ("upstream", HOUR)
    it.clear_throttle("it", ["acme"], NOON)
    assert go(it, NOON).allowed
