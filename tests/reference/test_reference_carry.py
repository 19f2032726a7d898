"""What a later call does to what was spent: refunds, commits, plan changes, sweeps. Worked out by hand."""

import json

from reference_support import DAY, HOUR, MINUTE, NOON, SECOND, admitted, contacts, go, limit, model, plans, to
from sluice_reference import Model

# Receipts.


def test_a_refund_goes_only_to_the_period_it_charged_and_a_second_one_does_nothing():
    it = model(limit("window", period="60s", amount=2), limit("pace", "p", amount="1/s", depth=5))
    receipt = go(it, NOON, receipt=True).receipt
    assert it.refund(receipt, NOON + SECOND // 4) and not it.refund(receipt, NOON + SECOND // 4)
    assert [detail.used for detail in it.usage("account", "acme", NOON + SECOND // 4)] == [0, 0]
    receipt = go(it, NOON + SECOND, receipt=True).receipt
    go(it, NOON + MINUTE)
    it.refund(receipt, NOON + MINUTE)
    assert it.usage("account", "acme", NOON + MINUTE)[0].used == 1


def test_a_distinct_slot_is_refunded_only_if_no_later_decision_used_it():
    it = contacts()
    first, second = (go(it, NOON, receipt=True, **to("ann")).receipt for _ in range(2))
    it.refund(first, NOON)
    it.refund(second, NOON)
    assert it.usage("account", "acme", NOON)[0].used == 1
    it.refund(go(it, NOON, receipt=True, **to("bob")).receipt, NOON)
    assert it.usage("account", "acme", NOON)[0].used == 1


def test_a_commit_returns_the_rest_or_takes_the_excess_as_forced():
    it = model(limit("window", period="day", amount=10), quantities=["n"], charges={"it": {"cost": "n"}})
    it.commit(go(it, NOON, quantities={"n": 6}, receipt=True).receipt, {"n": 2}, NOON)
    assert it.usage("account", "acme", NOON)[0].used == 2
    it.commit(go(it, NOON, quantities={"n": 6}, receipt=True).receipt, {"n": 20}, NOON)
    assert it.usage("account", "acme", NOON)[0].used == 22


def test_a_name_is_given_back_only_if_no_later_decision_holds_it():
    policy = {"name": "test", "tenant": "account", "limits": [limit("gauge", amount=2)]}
    policy["operations"] = [{"name": "go", "values": ["account", "seat"], "charges": [{"limit": "it", "of": "seat"}]}]
    it = Model(json.dumps(policy))
    one, again, two = (go(it, NOON, values={"seat": seat}, receipt=True).receipt for seat in ("1", "1", "2"))
    for receipt, held in [(one, 2), (again, 2), (two, 1)]:
        it.refund(receipt, NOON)
        assert it.usage("account", "acme", NOON)[0].used == held


def test_a_refund_leaves_what_really_happened():
    requests, sends = limit("window", "r", period="day", amount=9), limit("window", period="day", amount=9)
    it = model(requests, sends, charges={"r": {"charge": "attempt"}})
    it.refund(go(it, NOON, receipt=True).receipt, NOON)
    assert [detail.used for detail in it.usage("account", "acme", NOON)] == [1, 0]


def test_a_pace_returns_what_its_charge_still_owes():
    it = model(limit("pace", amount="1/s", depth=8), quantities=["n"], charges={"it": {"cost": "n"}})
    first = go(it, NOON, quantities={"n": 3}, receipt=True).receipt
    second = go(it, NOON, quantities={"n": 4}, receipt=True)
    assert (second.details[0].used, second.details[0].remaining) == (7, 1)
    it.refund(first, NOON + SECOND)  # 7 s owed, 1 s drained, 2 s returned
    assert it.usage("account", "acme", NOON + SECOND)[0].resets_at == NOON + 5 * SECOND
    it.commit(second.receipt, {"n": 1}, NOON + 2 * SECOND)  # of the 4, 2 s are still owed; of the 1 nothing would be
    assert it.usage("account", "acme", NOON + 2 * SECOND)[0].resets_at == NOON + 3 * SECOND


# Plan changes.


def two_rates(slow: str, fast: str, **beside) -> Model:
    amounts = [{"plan": "slow", "amount": slow, **beside}, {"plan": "fast", "amount": fast, **beside}]
    amounts.append({"plan": "open", "unlimited": True})
    it = model(limit("pace", amounts=amounts), subjects=[plans("slow", "fast", "open")])
    return it


def test_the_debt_of_a_pace_carries_in_units_and_unlimited_drops_it():
    it = two_rates("1/s", "4/s", depth=8)
    assert admitted(it, NOON) == 8
    it.set_plan("account", "acme", "fast", NOON + 4 * SECOND)  # 4 units owed, 1 s at 4/s
    assert it.usage("account", "acme", NOON + 4 * SECOND)[0].resets_at == NOON + 5 * SECOND
    assert admitted(it, NOON + 4 * SECOND) == 4
    it.set_plan("account", "acme", "open", NOON + 4 * SECOND)
    it.set_plan("account", "acme", "slow", NOON + 4 * SECOND)
    assert admitted(it, NOON + 4 * SECOND) == 8


def test_changing_plans_back_and_forth_admits_no_more_than_the_best_of_them():
    amounts = [{"plan": "free", "amount": 10}, {"plan": "pro", "amount": 100}]
    it = model(limit("window", period="day", amounts=amounts), subjects=[plans("free", "pro")])
    total = 0
    for n in range(100):
        it.set_plan("account", "acme", ["free", "pro"][n % 2], NOON)
        total += admitted(it, NOON)
    assert total == 100


# The bank of a window.


def test_what_is_missing_from_a_bank_carries_over_a_plan_change_in_units():
    amounts = [{"plan": "small", "amount": 10, "burst": "2x for 10s"}, {"plan": "large", "amount": 50, "burst": "3x for 30s"}]
    amounts.append({"plan": "none", "amount": 10})
    it = model(limit("window", period="1s", amounts=amounts), subjects=[plans("large", "small", "none")])
    assert [admitted(it, NOON + n * SECOND) for n in range(2)] == [150, 150]  # 200 of 3,000 are missing
    it.set_plan("account", "acme", "small", NOON + 2 * SECOND)  # whose bank holds 100, and fills by 10
    wait = go(it, NOON + 2 * SECOND).retry_after  # 10 + 100 - missing has to be 1: 100 missing, after ten more edges
    assert wait == 10 * SECOND
    assert admitted(it, NOON + 12 * SECOND) == 10
    it.set_plan("account", "acme", "none", NOON + 12 * SECOND)
    assert [admitted(it, NOON + (13 + n) * SECOND) for n in range(3)] == [10, 10, 10]
    it.set_plan("account", "acme", "large", NOON + 16 * SECOND)
    assert [admitted(it, NOON + (17 + n) * SECOND) for n in range(2)] == [150, 150]


def test_a_change_of_amount_acts_on_the_edges_after_it():
    it = model(limit("window", period="1s", amount=10, burst="2x for 10s"))
    assert sum(admitted(it, NOON + n * SECOND) for n in range(10)) == 200  # the bank is empty at the next edge
    it.set_amount("it", ["acme"], "blocked", NOON + 11 * SECOND)  # one idle window brought 10 before, at this very edge
    assert go(it, NOON + 60 * SECOND).denial == "blocked"
    it.set_amount("it", ["acme"], None, NOON + 60 * SECOND)
    assert [admitted(it, NOON + (60 + n) * SECOND) for n in range(2)] == [20, 10]
    it.set_amount("it", ["acme"], "unlimited", NOON + 62 * SECOND)
    it.set_amount("it", ["acme"], None, NOON + 63 * SECOND)
    assert admitted(it, NOON + 63 * SECOND) == 20  # where nothing was limited, nothing is missing


def test_a_bank_overdrawn_by_forced_traffic_recovers_edge_by_edge():
    policy = {"name": "test", "tenant": "account", "limits": [limit("window", period="1s", amount=10, burst="2x for 10s")]}
    policy["operations"] = [
        {"name": "go", "values": ["account"], "charges": [{"limit": "it"}]},
        {"name": "heard", "values": ["account"], "quantities": ["n"], "charges": [{"limit": "it", "cost": "n"}]},
    ]
    policy["operations"][1]["charges"][0]["charge"] = "forced"
    it = Model(json.dumps(policy))
    it.decide("heard", {"account": "acme"}, {"n": 250}, NOON)  # 240 missing, then 230, ...; 109 let one pass
    assert go(it, NOON).retry_after == 15 * SECOND
    assert go(it, NOON + SECOND - 1).details[0].remaining == 0


# The floor.


def test_a_sweep_raises_the_floor_no_further_than_the_clock_and_nothing_is_judged_before_it():
    it = model(limit("window", period="60s", amount=2))
    it.sweep(NOON + HOUR, clock=NOON + 90 * SECOND)
    assert go(it, NOON).details[0].resets_at == NOON + 2 * MINUTE
    it.sweep(NOON, clock=NOON)
    assert go(it, NOON + DAY).details[0].resets_at == NOON + DAY + MINUTE
