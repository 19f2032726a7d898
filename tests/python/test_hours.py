"""Sending hours from Python: a message's own zone, what it is told, and what is refused. On a manual clock throughout."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import sluice
from policies import SECOND, limit, policy

Make = Callable[..., sluice.Engine]

HOUR = 3600 * SECOND
MIDNIGHT = 1_736_726_400 * SECOND  # Monday 2025-01-13, 00:00 UTC


def hours_policy(**more: Any) -> str:
    text = json.loads(policy(limit("pace", "pace", "line", amount="1/s", mode="queue")))
    text["line"] = "line"
    text["queue"] = {"hours": {"open": ["09:00-20:00"], "zone": "UTC", **more}}
    text["operations"] = [{"name": "send", "values": ["account", "line", "recipient"], "charges": [{"limit": "pace"}]}]
    return json.dumps(text)


@pytest.fixture
def engine(engine_of: Make) -> sluice.Engine:
    made = engine_of(hours_policy())
    made.set_clock(MIDNIGHT)
    return made


def put(engine: sluice.Engine, **options: Any) -> sluice.Held:
    return engine.enqueue("send", account="acme", line="+1", recipient="ann", **options)


def test_what_comes_at_night_leaves_at_nine(engine: sluice.Engine) -> None:
    peeked = engine.peek_enqueue("send", account="acme", line="+1", recipient="ann")
    assert (peeked.message, peeked.state, peeked.eta, peeked.eta_kind) == (None, "parked", MIDNIGHT + 9 * HOUR, "bound")
    assert not peeked
    held = put(engine)
    assert held.state == "parked"
    assert engine.status(held).state == "parked"
    assert engine.next_due() == MIDNIGHT + 9 * HOUR
    engine.set_clock(MIDNIGHT + 9 * HOUR)
    assert [lease.message for lease in engine.lease()] == [held.message]


def test_a_message_brings_its_zone_or_several(engine: sluice.Engine) -> None:
    assert put(engine, zone="Asia/Tokyo").state == "waiting"
    halifax = put(engine, zone="Europe/Paris, America/Halifax")
    assert engine.status(halifax).eta == MIDNIGHT + 13 * HOUR
    (hold,) = [hold for hold in engine.explain_message(halifax) if hold.rule == "hours"]
    assert (hold.until, hold.until_kind, hold.zone) == (MIDNIGHT + 13 * HOUR, "exact", "America/Halifax,Europe/Paris")
    assert str(hold) == "its hours are closed in America/Halifax,Europe/Paris, until 2025-01-13T13:00:00Z"
    assert put(engine, zone=None).state == "parked"


def test_an_operation_and_a_list_take_it_too(engine: sluice.Engine) -> None:
    send = engine.operation("send")
    assert send.enqueue("acme", "+1", "ann", zone="Asia/Tokyo").state == "waiting"
    messages = [{"account": "acme", "line": "+1", "recipient": "bob", "zone": zone} for zone in ("Asia/Tokyo", None, "Mars/X")]
    tokyo, utc, wrong = engine.enqueue_many("send", messages)
    assert (tokyo.state, utc.state, wrong.state) == ("waiting", "parked", None)
    assert isinstance(wrong.error, sluice.InvalidRequest)


def test_what_is_no_zone_is_an_error_and_nothing_is_held(engine: sluice.Engine) -> None:
    with pytest.raises(sluice.InvalidRequest, match=r"zone: .*Mars/Phobos"):
        put(engine, zone="Mars/Phobos")
    with pytest.raises(sluice.InvalidRequest, match=r"message\.zone: empty"):
        put(engine, zone="")
    with pytest.raises(TypeError, match="zone must be a str such as"):
        put(engine, zone=5)
    with pytest.raises(TypeError):
        engine.decide("send", account="acme", line="+1", recipient="ann", zone="UTC")
    refused = put(engine, zone="Asia/Tokyo,America/Sao_Paulo")
    assert (refused.decision.denial, refused.decision.wait_kind, refused.decision.retry_after) == ("blocked", "unknown", None)
    assert engine.counters().messages == 0


def test_it_may_end_with_its_hours(engine_of: Make) -> None:
    engine = engine_of(hours_policy(on_close="expire", margin="10min"))
    engine.set_clock(MIDNIGHT + 19 * HOUR)
    assert put(engine).expires_at == MIDNIGHT + 20 * HOUR
    engine.set_clock(MIDNIGHT + 20 * HOUR)
    assert engine.lease() == []
    assert engine.counters().ended["expired"] == 1
