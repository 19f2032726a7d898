"""Receipts: what was taken goes back once, and only where it came from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import sluice
from policies import MINUTE_OF_5, NOW, SECOND, SENDING, limit, policy

Make = Callable[..., sluice.Engine]


def receipt_of(decision: sluice.Decision) -> sluice.Receipt:
    assert decision.receipt is not None
    return decision.receipt


def test_only_an_allowed_decision_that_asked_has_a_receipt(engine_of: Make) -> None:
    go = engine_of(MINUTE_OF_5).operation("go")
    assert go("acme").receipt is None
    assert go("acme", receipt=True).receipt is not None
    assert go("acme", receipt=True, peek=True).receipt is None
    for _ in range(3):
        go("acme")
    assert go("acme", receipt=True).receipt is None


def test_a_refund_gives_back_everything_once(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    receipt = receipt_of(
        engine.decide("send", account="acme", line="+1", recipient=["+2", "+3"], quantities={"parts": 4}, receipt=True)
    )
    assert engine.counters().receipts == 1
    receipt.refund()
    assert [row.used for row in engine.usage_rows(account="acme")] == [0, 0]
    assert engine.usage_rows(line="+1", recipient="+2")[0].used == 0
    assert engine.counters().receipts == 0
    with pytest.raises(sluice.NotFound):
        receipt.refund()
    with pytest.raises(sluice.NotFound):
        receipt.commit({"parts": 1})


def test_a_refund_after_the_period_gives_nothing_to_the_next_one(engine_of: Make) -> None:
    go = engine_of(MINUTE_OF_5).operation("go")
    receipt = receipt_of(go("acme", receipt=True))
    later = NOW + 60 * SECOND
    assert go("acme", now=later).used == 1
    receipt.refund(now=later)
    assert go("acme", now=later).used == 2


@pytest.mark.parametrize(("actual", "used"), [(0, 0), (3, 3), (4, 4), (9, 9)])
def test_a_commit_settles_with_the_actual_quantities(engine_of: Make, actual: int, used: int) -> None:
    engine = engine_of(SENDING)
    decision = engine.decide("send", account="acme", line="+1", recipient="+2", quantities={"parts": 4}, receipt=True)
    receipt_of(decision).commit({"parts": actual})
    assert engine.usage(account="acme")["parts"] == {"sent": used, "limit": None}


def test_an_excess_is_taken_as_forced_above_the_amount(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="60s", amount=5), quantities=["parts"], charges=[{"limit": "it", "cost": "parts"}]))
    decision = engine.decide("go", account="acme", quantities={"parts": 5}, receipt=True)
    receipt_of(decision).commit({"parts": 8})
    (row,) = engine.usage_rows(account="acme")
    assert (row.used, row.remaining, row.overage) == (8, 0, 3)


def test_a_receipt_ends_with_its_time_to_live(engine_of: Make) -> None:
    engine = engine_of(MINUTE_OF_5, receipt_ttl=10 * SECOND)
    receipt = receipt_of(engine.decide("go", account="acme", receipt=True))
    engine.set_clock(NOW + 10 * SECOND)
    with pytest.raises(sluice.NotFound):
        receipt.refund()


def test_a_commit_needs_every_quantity_by_its_name(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    decision = engine.decide("send", account="acme", line="+1", recipient="+2", quantities={"parts": 4}, receipt=True)
    for wrong in ({}, {"emails": 1}, {"parts": 1, "emails": 1}, [1], "parts", None):
        with pytest.raises(TypeError, match="quantities"):
            receipt_of(decision).commit(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="quantity parts must be an int, not float"):
        receipt_of(decision).commit({"parts": 1.0})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="quantity parts must be from 0"):
        receipt_of(decision).commit({"parts": -1})
    receipt_of(decision).commit({"parts": 1})


def test_a_receipt_says_what_it_is(engine_of: Make) -> None:
    receipt = receipt_of(engine_of(MINUTE_OF_5).decide("go", account="acme", receipt=True))
    assert repr(receipt) == f"<Receipt {receipt.id} of go>"
