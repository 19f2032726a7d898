"""What is set, reported, asked and forgotten about subjects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta, timezone

import pytest

import sluice
from policies import MINUTE_OF_5, NOW, SECOND, SENDING, limit, policy

Make = Callable[..., sluice.Engine]
DAY = 86_400 * SECOND


def ns(*when: int) -> int:
    return int(datetime(*when, tzinfo=timezone.utc).timestamp()) * SECOND


def test_a_plan_acts_at_once_and_what_was_spent_carries_over(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    ping = engine.operation("ping")
    assert [bool(ping("acme")) for _ in range(4)] == [True, True, True, False]
    engine.set_plan("pro", account="acme")
    decision = ping("acme")
    assert (decision.limit, decision.used) == (300, 4)
    engine.set_plan("free", account=b"acme")
    assert not ping("acme")
    assert ping("bolt").limit == 3


def test_a_subject_can_have_its_own_amount(engine_of: Make) -> None:
    engine = engine_of(MINUTE_OF_5)
    go = engine.operation("go")
    for amount, shown in ((2, 2), ("unlimited", None), ({"amount": 7, "thresholds": [50]}, 7), (None, 5)):
        engine.set_amount("it", amount, account="acme")
        assert go("acme", peek=True).limit == shown
    engine.set_amount("it", "blocked", account="acme")
    assert go("acme").denial == "blocked"
    assert go("bolt")
    pace = engine_of(policy(limit("pace", amount="1/s")))
    pace.set_amount("it", "10/s", account="acme")
    assert pace.decide("go", account="acme") and pace.decide("go", account="acme").retry_after == SECOND // 10


def test_a_custom_amount_must_be_set_first(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="60s", custom=True)))
    with pytest.raises(sluice.Unset, match="it"):
        engine.decide("go", account="acme")
    engine.set_amount("it", 1, account="acme")
    assert engine.decide("go", account="acme")


def test_a_billing_cycle_ends_on_its_day_in_its_zone(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="billing", amount=5)), now=ns(2025, 1, 10))
    go = engine.operation("go")
    assert go("acme").resets_at == ns(2025, 2, 1)
    engine.set_billing(31, time_of_day=time(9, 30), zone="Europe/Paris", account="acme")
    assert go("acme").resets_at == ns(2025, 1, 31, 8, 30)
    assert go("acme", peek=True).used == 2, "what is used is kept"
    engine.set_billing(31, account="acme")
    assert go("acme", now=ns(2025, 1, 10, 1)).resets_at == ns(2025, 1, 31)
    engine.set_clock(ns(2025, 2, 3))
    assert go("acme").resets_at == ns(2025, 2, 28), "day 31 is clamped to short months"


def test_usage_can_be_put_in_place(engine_of: Make) -> None:
    engine = engine_of(MINUTE_OF_5)
    engine.set_usage("it", 4, account="acme")
    assert engine.decide("go", account="acme").remaining == 0
    assert not engine.decide("go", account="acme")
    engine.set_usage("it", 0, account="acme")
    assert engine.decide("go", account="acme").used == 1


def test_a_reset_subject_is_never_seen_but_keeps_its_plan(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    engine.set_plan("pro", account="acme")
    engine.decide("ping", account="acme")
    engine.reset(account="acme")
    (minute, _) = engine.usage_rows(account="acme")
    assert (minute.used, minute.limit) == (0, 300)


def test_erasing_a_value_forgets_every_record_that_holds_it(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    engine.set_plan("pro", account="acme")
    values = {"account": "acme", "line": "+1", "quantities": {"parts": 1}}
    receipt = engine.decide("send", recipient=["+2", "+3"], receipt=True, idempotency_key="k", **values).receipt
    assert engine.erase(recipient="+2") == 1
    assert engine.usage_rows(line="+1", recipient="+2")[0].used == 0
    assert engine.usage_rows(line="+1", recipient="+3")[0].used == 1
    assert engine.erase(account="acme") >= 1
    assert engine.usage_rows(account="acme")[0].limit == 3, "its plan is gone too"
    assert receipt is not None
    with pytest.raises(sluice.NotFound):
        receipt.refund()
    assert engine.erase(account="nobody") == 0


def test_a_throttle_closes_for_as_long_as_it_says(engine_of: Make) -> None:
    engine = engine_of(policy(limit("upstream", longest="1h")))
    engine.report_throttled("it", timedelta(seconds=90), account="acme")
    assert engine.decide("go", account="acme").retry_after == 90 * SECOND
    engine.clear_throttle("it", account="acme")
    assert engine.decide("go", account="acme")


def test_a_ladder_is_climbed_at_the_quality_it_asks_for(engine_of: Make) -> None:
    ladder = {"to": "high", "limit": "it", "at": "50%", "within": "7 days", "quality": "green"}
    subjects = [{"scope": ["account"], "plans": [{"name": "low", "promotes": ladder}, "high"], "default": "low"}]
    amounts = [{"plan": "low", "amount": 4}, {"plan": "high", "amount": 8}]
    engine = engine_of(policy(limit(period="day", amounts=amounts), subjects=subjects))
    go = engine.operation("go")
    assert [go("acme").limit for _ in range(2)] == [4, 4]
    engine.report_quality("yellow", account="acme")
    assert go("acme").limit == 4
    engine.report_quality("green", account="acme")
    assert go("acme").limit == 8
    (event,) = engine.events()
    assert (event.kind, event.plan, event.subject) == ("promotion", "high", "account=acme")


def test_usage_is_told_in_the_policys_words(engine_of: Make) -> None:
    engine = engine_of(SENDING, now=ns(2025, 1, 13, 12))
    engine.decide("send", account="acme", line="+1", recipient="+2", quantities={"parts": 4})
    usage = engine.usage(account="acme")
    assert usage["parts"] == {"sent": 4, "limit": None}
    assert usage["minute"] == {"used": 1, "limit": 3, "remaining": 2}
    rows = engine.usage_rows(account="acme")
    assert rows[1] == sluice.UsageRow("month", None, 4, None, 0, ns(2025, 1, 1), ns(2025, 2, 1))


def test_a_custom_amount_that_was_not_set_is_told_and_no_error(engine_of: Make) -> None:
    amounts = [{"plan": "free", "amount": 2}, {"plan": "vip", "custom": True}]
    plans = [{"scope": ["account"], "plans": ["free", "vip"], "default": "vip"}]
    engine = engine_of(policy(limit(name="minute", period="60s", amounts=amounts), subjects=plans))
    assert engine.usage(account="acme") == {"minute": {"used": 0, "limit": "custom"}}
    (row,) = engine.usage_rows(account="acme")
    assert (row.limit, row.remaining) == (0, 0)
    engine.set_amount("minute", 3, account="acme")
    assert engine.usage(account="acme") == {"minute": {"used": 0, "limit": 3, "remaining": 3}}


def test_subjects_are_listed_with_their_plans_over_any_number_of_pages(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    engine.decide_many("ping", [f"account {n}" for n in range(2500)])
    engine.set_plan("pro", account="account 7")
    listed = list(engine.list_subjects("account"))
    assert len(listed) == 2500
    plans = {subject.values[0]: subject.plan for subject in listed}
    assert plans["account 7"] == "pro" and plans["account 8"] == "free"
    assert list(engine.list_subjects(("recipient", "line"))) == []
    engine.decide("send", account="a", line=b"\xff", recipient="+2", quantities={"parts": 1})
    (subject,) = engine.list_subjects("line,recipient")
    assert subject == (("\ufffd", "+2"), None)


def test_a_scope_may_be_named_in_any_order_and_by_a_mapping(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    engine.decide("send", account="a", line="+1", recipient="+2", quantities={"parts": 1})
    for rows in (
        engine.usage_rows(line="+1", recipient="+2"),
        engine.usage_rows(recipient="+2", line="+1"),
        engine.usage_rows(subject={"recipient": b"+2", "line": "+1"}),
        engine.usage_rows(subject={"recipient": "+2"}, line="+1"),
    ):
        assert rows[0].used == 1


def test_events_are_taken_oldest_first_and_only_once(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="day", amount=8, thresholds=[25, 50, 100])))
    for _ in range(8):
        engine.decide("go", account="acme")
    events = engine.events()
    assert [(event.percent, event.used) for event in events] == [(25, 2), (50, 4), (100, 8)]
    assert events[0] == sluice.Event("threshold", "it", NOW, 2, 8, 2500, None, False, "account=acme", 12)
    assert engine.events() == []


def test_events_that_do_not_fit_are_counted(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="day", amount=2, thresholds=[50])), event_capacity=16)
    engine.decide_many("go", [f"{n}" for n in range(100)])
    kept = engine.events()
    assert len(kept) + engine.counters().events_lost == 100 and len(kept) >= 16


def test_a_long_subject_is_cut_in_an_event_and_says_so(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="day", amount=1, thresholds=[100])))
    engine.decide("go", account="é" * 300)
    (event,) = engine.events()
    assert event.subject_bytes == 608 and event.subject.startswith("account=éé") and len(event.subject) < 192


def test_counters_count(engine_of: Make) -> None:
    engine = engine_of(MINUTE_OF_5)
    go = engine.operation("go")
    for _ in range(7):
        go("acme")
    go("acme", peek=True)
    counters = engine.counters()
    assert (counters.allowed, counters.denied, counters.peeked, counters.records) == (5, 2, 1, 1)
    assert counters.denied_by["rate"] == 2 and sum(counters.denied_by.values()) == 2
    assert 0 < counters.memory_used < counters.memory_cap == 1 << 30


def test_a_sweep_drops_what_equals_never_seen(engine_of: Make) -> None:
    engine = engine_of(MINUTE_OF_5)
    engine.decide_many("go", [f"{n}" for n in range(1000)])
    assert engine.sweep() == 0
    engine.set_clock(NOW + 60 * SECOND)
    assert engine.sweep(max_records=100) <= 100
    while engine.counters().records:
        engine.sweep()
    assert (engine.counters().records, engine.counters().swept) == (0, 1000)


def test_a_system_clock_runs_and_a_manual_one_stands() -> None:
    with sluice.Engine(MINUTE_OF_5) as engine:
        before = engine.clock()
        assert abs(before - int(datetime.now(timezone.utc).timestamp() * SECOND)) < 5 * SECOND
        assert engine.clock() >= before
        with pytest.raises(sluice.InvalidRequest, match='clock="system"'):
            engine.set_clock(0)
    with sluice.Engine(MINUTE_OF_5, clock="manual") as engine:
        assert engine.clock() == 0
        engine.set_clock(datetime(2025, 1, 1, tzinfo=timezone.utc))
        assert engine.clock() == ns(2025, 1, 1)


def test_a_reload_keeps_state_or_says_what_it_would_drop(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="60s", amount=5), limit(name="day", period="day", amount=9)))
    go = engine.operation("go")
    go("acme")
    engine.reload(policy(limit(period="60s", amount=7), limit(name="day", period="day", amount=9)))
    decision = go("acme")
    assert (decision.limit, decision.used) == (7, 2)
    gone = policy(limit(period="60s", amount=7))
    with pytest.raises(sluice.WouldReset, match="day"):
        engine.reload(gone)
    assert go("acme").used == 3
    engine.reload(gone, allow_reset=True)
    assert go("acme").used == 4
    with pytest.raises(sluice.PolicyError) as raised:
        engine.reload("{")
    assert raised.value.findings and engine.policy.text == gone
    assert go("acme").used == 5


def test_an_operation_follows_a_reload_that_gives_it_other_values(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="60s", amount=5)))
    go = engine.operation("go")
    assert go.values == ("account",)
    engine.reload(policy(limit(period="60s", amount=5), values=["line", "account"]))
    assert go.values == ("line", "account")
    assert go("+1", "acme").used == 1
    with pytest.raises(TypeError, match="go needs account"):
        go("acme")
    engine.reload(policy(limit(period="60s", amount=5)).replace('"go"', '"gone"'))
    with pytest.raises(sluice.NotFound, match="go"):
        go("acme")


def test_a_reload_changes_the_stance_of_a_policy_that_has_both(engine_of: Make) -> None:
    text = policy(limit(period="60s", amount=5))[:-1] + ', "comply": {"limits": [{"name": "it", "amount": 3}]}}'
    engine = engine_of(text)
    assert engine.decide("go", account="acme").limit == 5
    engine.reload(text, stance="comply")
    assert engine.decide("go", account="acme").limit == 3
    engine.reload(text)
    assert engine.policy.stance == "comply", "a reload without a stance keeps it"
