"""What a decision says, through every way of asking for one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

import sluice
from policies import MINUTE_OF_5, NOW, PACE, SECOND, SENDING, limit, policy

Make = Callable[..., sluice.Engine]
MINUTE = 60 * SECOND


def test_an_allowed_decision_is_true_and_says_how_the_first_limit_stands(engine_of: Make) -> None:
    decision = engine_of(MINUTE_OF_5).decide("go", account="acme")
    assert decision and decision.allowed
    assert decision.as_dict() == {
        "allowed": True,
        "outcome": "allowed",
        "denial": None,
        "limit_name": "it",
        "wait_kind": "none",
        "retry_after": 0,
        "retry_after_seconds": 0,
        "largest_cost": None,
        "limit": 5,
        "used": 1,
        "remaining": 4,
        "resets_at": (NOW // MINUTE + 1) * MINUTE,
        "opens_at": NOW,
        "now": NOW,
        "replayed": False,
        "overflowed": False,
        "line": None,
        "details": (),
    }
    assert repr(decision) == "<Decision allowed: it 1 of 5 used>"


def test_a_denied_decision_is_false_and_its_wait_is_tight(engine_of: Make) -> None:
    go = engine_of(MINUTE_OF_5).operation("go")
    for _ in range(5):
        assert go("acme")
    denied = go("acme")
    assert not denied
    assert (denied.outcome, denied.denial, denied.wait_kind, denied.remaining) == ("denied", "rate", "exact", 0)
    assert denied.retry_after == MINUTE - NOW % MINUTE == 40 * SECOND
    assert denied.opens_at == NOW + denied.retry_after
    assert not go("acme", now=NOW + denied.retry_after - 1)
    assert go("acme", now=NOW + denied.retry_after)
    assert repr(denied) == "<Decision denied (rate): it 5 of 5 used, retry after 40000000000 ns>"


def test_retry_after_in_seconds_is_rounded_up_and_never_0_on_a_denial(engine_of: Make) -> None:
    go = engine_of(PACE).operation("go")
    assert go("acme")
    waits = {late: go("acme", now=NOW + late).retry_after_seconds for late in (0, 1, SECOND // 2, SECOND - 1)}
    assert waits == {0: 1, 1: 1, SECOND // 2: 1, SECOND - 1: 1}
    assert go("acme", now=NOW - 1).retry_after_seconds == 2


def test_a_cost_that_can_never_pass_says_never_and_the_largest_that_can(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="60s", amount=5), quantities=["parts"], charges=[{"limit": "it", "cost": "parts"}]))
    never = engine.decide("go", account="acme", quantities={"parts": 6})
    assert (never.denial, never.wait_kind, never.largest_cost) == ("never", "never", 5)
    assert never.retry_after is never.retry_after_seconds is never.opens_at is None
    assert repr(never) == "<Decision denied (never): it 0 of 5 used, wait never>"
    assert engine.decide("go", account="acme", quantities={"parts": 5})


def test_a_queue_limit_without_room_would_queue_and_takes_nothing(engine_of: Make) -> None:
    go = engine_of(policy(limit("pace", amount="1/s", mode="queue"))).operation("go")
    assert go("acme")
    waiting = go("acme")
    assert (waiting.outcome, bool(waiting), waiting.denial, waiting.retry_after) == ("would_queue", False, None, SECOND)


def test_an_unlimited_limit_is_none_and_counts_all_the_same(engine_of: Make) -> None:
    go = engine_of(policy(limit(period="day", unlimited=True))).operation("go")
    decision = go("acme")
    assert (decision.limit, decision.used, decision.remaining) == (None, 1, None)
    assert repr(decision) == "<Decision allowed: it 1 used, unlimited>"


def test_a_blocked_limit_denies_as_blocked(engine_of: Make) -> None:
    denied = engine_of(policy(limit(period="day", blocked=True))).decide("go", account="acme")
    assert (denied.denial, denied.wait_kind, denied.retry_after) == ("blocked", "never", None)


def test_a_full_gauge_leaves_the_wait_unknown(engine_of: Make) -> None:
    go = engine_of(policy(limit("gauge", amount=1))).operation("go")
    assert go("acme")
    denied = go("acme")
    assert (denied.denial, denied.wait_kind, denied.retry_after, denied.opens_at) == ("gauge", "unknown", None, None)


def test_details_say_how_every_limit_and_subject_stood(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    engine.decide("send", account="acme", line="+1", recipient="+3", quantities={"parts": 1})
    decision = engine.decide("send", account="acme", line="+1", recipient=["+2", "+3"], quantities={"parts": 2}, details=True)
    assert [(row.limit_name, row.used, row.remaining, row.charge, row.subject) for row in decision.details] == [
        ("minute", 2, 1, 0, 0),
        ("pair", 1, 1, 1, 0),
        ("pair", 2, 0, 1, 1),
        ("month", 3, None, 2, 0),
    ]
    assert all(row.passed and row.denial is None and row.wait_kind == "none" for row in decision.details)
    denied = engine.decide("send", account="acme", line="+1", recipient=["+2", "+3"], quantities={"parts": 2}, details=True)
    pair = denied.details[2]
    assert (pair.passed, pair.denial, pair.wait_kind, pair.used) == (False, "rate", "exact", 2)
    assert pair.opens_at == denied.now + denied.retry_after if denied.retry_after else False


def test_values_go_by_name_by_position_or_by_mapping_as_str_or_bytes(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    engine.set_plan("pro", account="acme")
    send = engine.operation("send")
    parts = {"parts": 1}
    ways = [
        lambda: engine.decide("send", account="acme", line="+1", recipient="+2", quantities=parts),
        lambda: engine.decide("send", values={"account": "acme", "line": "+1", "recipient": ["+2"]}, quantities=parts),
        lambda: engine.decide("send", values={"line": b"+1"}, account=b"acme", recipient=(b"+2",), quantities=parts),
        lambda: send("acme", "+1", "+2", quantities=parts),
        lambda: send.decide("acme", "+1", {"+2"}, quantities=parts),
        lambda: send("acme", line="+1", recipient=iter(["+2"]), quantities=parts),
        lambda: send.decide(recipient="+2", line="+1", account="acme", quantities=parts),
    ]
    for used, way in enumerate(ways, start=1):
        way()
        assert engine.usage_rows(account="acme")[0].used == min(used, 2), used
        assert engine.usage_rows(line="+1", recipient="+2")[0].used == min(used, 2)


def test_text_is_its_utf8_and_any_bytes_are_a_value(engine_of: Make) -> None:
    go = engine_of(MINUTE_OF_5).operation("go")
    assert go("Zoë").used == 1
    assert go("Zoë".encode()).used == 2
    assert go(b"\x00\xff").used == 1
    assert go("a\x00b").used == 1 and go(b"a\x00b").used == 2


def test_names_that_are_no_keywords_or_mean_something_else_go_into_values(engine_of: Make) -> None:
    text = policy(limit(scope="now,the line", period="60s", amount=5), values=["now", "the line", "account"])
    decision = engine_of(text).decide("go", values={"now": "noon", "the line": "+1"}, account="acme", now=NOW + 7)
    assert (decision.used, decision.now) == (1, NOW + 7)


def test_now_is_an_int_of_ns_or_a_datetime_with_a_zone(engine_of: Make) -> None:
    go = engine_of(MINUTE_OF_5).operation("go")
    moment = datetime(2023, 11, 14, 22, 13, 20, 1, tzinfo=timezone.utc)
    assert go("acme", now=moment).now == NOW + 1000
    assert go("acme", now=moment.astimezone(timezone(timedelta(hours=5, minutes=30)))).now == NOW + 1000
    assert go("acme", now=NOW + 5).now == NOW + 5
    assert go("acme", now=None).now == NOW


def test_a_peek_charges_nothing_and_a_forced_decision_is_never_denied(engine_of: Make) -> None:
    go = engine_of(MINUTE_OF_5).operation("go")
    for _ in range(9):
        assert go("acme", peek=True).used == 0
    for n in range(9):
        assert go("acme", force=True).used == n + 1
    assert not go("acme", peek=True)


def test_take_answers_with_what_remains_or_minus_the_wait(engine_of: Make) -> None:
    go = engine_of(MINUTE_OF_5).operation("go")
    assert [go.take("acme") for _ in range(6)] == [4, 3, 2, 1, 0, -40 * SECOND]
    assert go.take("acme", now=NOW + 40 * SECOND) == 4
    held = engine_of(policy(limit("gauge", amount=1))).operation("go")
    assert [held.take("acme"), held.take("acme")] == [0, -sluice.ON_RELEASE]
    assert engine_of(policy(limit(period="day", blocked=True))).operation("go").take("acme") == -sluice.NEVER
    assert engine_of(policy(limit(period="day", unlimited=True))).operation("go").take("acme") == sluice.UNLIMITED


def test_a_replayed_key_gives_the_first_answer_and_charges_nothing(engine_of: Make) -> None:
    go = engine_of(MINUTE_OF_5).operation("go")
    first = go("acme", idempotency_key="k", receipt=True)
    again = go("acme", idempotency_key=b"k", receipt=True)
    assert again.replayed and not first.replayed and again.used == 1
    assert again.receipt is not None and first.receipt is not None and again.receipt.id == first.receipt.id
    assert go("bolt", idempotency_key="k").used == 1, "keys belong to the tenant"


def test_an_explanation_reads_as_text(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    send = engine.operation("send")
    text = engine.explain("send", account="acme", line="+1", recipient="+2", quantities={"parts": 1})
    assert text == send.explain("acme", "+1", "+2", quantities={"parts": 1})
    assert "minute" in text and "pair" in text and "account=acme" in text
    assert engine.usage_rows(account="acme")[0].used == 0


def test_a_decision_is_immutable_and_only_an_engine_makes_one(engine_of: Make) -> None:
    decision = engine_of(MINUTE_OF_5).decide("go", account="acme")
    with pytest.raises(AttributeError):
        decision.used = 7  # type: ignore[misc]
    with pytest.raises(AttributeError):
        decision.extra = 7  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="cannot create"):
        sluice.Decision()
