"""Why a message waits, from Python: every rule with its until, in order, and in words. On a manual clock."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

import sluice
from policies import NOW, SECOND, limit, policy
from sluice.explanation import explanation_of

Make = Callable[..., sluice.Engine]


def waiting_policy(*more: dict[str, Any], charges: tuple[dict[str, Any], ...] = (), pace: str = "1/s", **rules: Any) -> str:
    text = json.loads(policy(limit("pace", "pace", "line", amount=pace, mode="queue"), *more))
    text.update(line="line", queue={"payload": 100, **rules})
    text["operations"] = [
        {
            "name": "send",
            "values": ["account", "line", "recipient"],
            "charges": [{"limit": "pace"}, *charges],
        }
    ]
    return json.dumps(text)


def put(engine: sluice.Engine, recipient: str = "ann", **options: Any) -> sluice.Held:
    held = engine.enqueue("send", account="acme", line="+1", recipient=recipient, **options)
    assert held
    return held


def told(engine: sluice.Engine, held: sluice.Held) -> list[tuple[Any, ...]]:
    """Rule, until in seconds from the start, kind."""
    return [
        (hold.rule, None if hold.until is None else (hold.until - NOW) / SECOND, hold.until_kind)
        for hold in engine.explain_message(held)
    ]


def test_what_may_go_is_held_by_nothing(engine_of: Make) -> None:
    engine = engine_of(waiting_policy())
    held = put(engine)
    why = engine.explain_message(held)
    assert (why.message, why.state, why.line, why.position, why.eta) == (held.message, "waiting", "+1", 1, NOW)
    assert (len(why), why.holds) == (0, ())
    at = "2023-11-14T22:13:20Z"
    assert str(why) == f"message {held.message} is waiting on +1, position 1, leaves at {at}\n  nothing holds it"


def test_a_message_for_later_waits_for_its_instant(engine_of: Make) -> None:
    engine = engine_of(waiting_policy())
    held = put(engine, send_at=NOW + 60 * SECOND + 5)
    assert [(hold.rule, hold.until) for hold in engine.explain_message(held)] == [("send_at", NOW + 60 * SECOND + 5)]
    assert str(engine.explain_message(held).holds[0]) == "for later, until 2023-11-14T22:14:20.000000005Z"


def test_the_third_of_a_line_waits_for_its_turn(engine_of: Make) -> None:
    engine = engine_of(waiting_policy())
    put(engine)
    put(engine)
    third = engine.explain_message(put(engine))
    assert [(hold.rule, hold.ahead) for hold in third] == [("turn", 2)]
    assert third.holds[0].until == third.eta == NOW + 2 * SECOND
    assert str(third.holds[0]) == "its turn: 2 messages before it, until 2023-11-14T22:13:22Z"


def test_a_closed_line_and_one_with_too_many_leases_say_so(engine_of: Make) -> None:
    engine = engine_of(waiting_policy(pace="1000/s", in_flight=1))
    held, other = put(engine), put(engine, "bob")
    (lease,) = engine.lease()
    (in_flight,) = [hold for hold in engine.explain_message(other) if hold.rule == "in_flight"]
    assert (in_flight.until, in_flight.until_kind, in_flight.used, in_flight.amount) == (None, "on_release", 1, 1)
    assert str(in_flight) == "1 of 1 leases of its line are out, until something is released"
    lease.nack("throttled", retry_after=5 * SECOND)
    assert told(engine, held) == [("line", 5.0, "exact")]
    engine.set_clock(NOW + 5 * SECOND)
    engine.lease()[0].nack("line_bad")
    assert told(engine, held) == [("line", None, "unknown")]
    assert str(engine.explain_message(held).holds[0]) == "its line is bad, until nobody knows when"


def test_limits_of_its_own_name_whom_they_count(engine_of: Make) -> None:
    pair = limit("window", "pair", "line,recipient", period="60s from first", amount=1, mode="queue")
    stop = limit("upstream", "stop", longest="1h")
    engine = engine_of(waiting_policy(pair, stop, charges=({"limit": "pair"}, {"limit": "stop", "mode": "queue"})))
    put(engine)
    held = put(engine)
    engine.lease()[0].ack()
    engine.report_throttled("stop", 9 * SECOND, account="acme")
    assert told(engine, held) == [("line_limit", 1.0, "exact"), ("limit", 9.0, "exact"), ("limit", 60.0, "exact")]
    why = engine.explain_message(held)
    assert [(hold.limit, hold.subject) for hold in why] == [
        ("pace", "line=+1"),
        ("stop", "account=acme"),
        ("pair", "line=+1,recipient=ann"),
    ]
    assert [(hold.used, hold.amount, hold.state) for hold in why] == [(1, 1, None), (None, None, "closed"), (1, 1, None)]
    assert str(why).splitlines()[1:] == [
        "  limit pace of line=+1: 1 of 1 used, until 2023-11-14T22:13:21Z",
        "  limit stop of account=acme: closed, until 2023-11-14T22:13:29Z",
        "  limit pair of line=+1,recipient=ann: 1 of 1 used, until 2023-11-14T22:14:20Z",
    ]


def test_a_limit_of_the_account_parks_its_whole_flow(engine_of: Make) -> None:
    minute = limit("window", "minute", period="60s from first", amount=1, mode="queue")
    engine = engine_of(waiting_policy(minute, charges=({"limit": "minute"},), pace="1000/s"))
    put(engine)
    held = put(engine, "bob")
    engine.lease()
    engine.set_clock(NOW + SECOND)
    engine.lease()
    why = engine.explain_message(held)
    assert [(hold.rule, hold.message) for hold in why] == [("flow", held.message), ("limit", None)]
    assert str(why.holds[0]).startswith(f"its account's messages on the line are parked with message {held.message}, until")


def test_a_retry_holds_those_behind_it(engine_of: Make) -> None:
    engine = engine_of(waiting_policy(pace="1000/s"))
    first, second = put(engine), put(engine)
    engine.lease(1)[0].nack("retry", retry_after=7 * SECOND)
    engine.set_clock(NOW + SECOND)
    assert told(engine, first) == [("retry", 7.0, "exact")]
    assert told(engine, second) == [("earlier_message", 7.0, "bound")]
    assert str(engine.explain_message(second).holds[0]) == (
        f"message {first.message} to the same recipient is parked, not before 2023-11-14T22:13:27Z"
    )


def test_a_message_that_is_not_held_is_an_error_and_a_leased_one_is_held_by_nothing(engine_of: Make) -> None:
    engine = engine_of(waiting_policy())
    held = put(engine)
    lease = engine.lease()[0]
    why = engine.explain_message(held)
    assert (why.state, why.position, why.eta, why.eta_kind, len(why)) == ("leased", None, None, "none", 0)
    lease.ack()
    with pytest.raises(sluice.NotFound, match="it has ended"):
        engine.explain_message(held)
    with pytest.raises(sluice.NotFound, match="none of its messages"):
        engine.explain_message(12345)
    with pytest.raises(TypeError):
        engine.explain_message("first")  # type: ignore[arg-type]


def test_asking_changes_nothing_and_the_answer_cannot_be_changed(engine_of: Make) -> None:
    pair = limit("window", "pair", "line,recipient", period="60s", amount=1, mode="queue")
    engine = engine_of(waiting_policy(pair, charges=({"limit": "pair"},)))
    messages = [put(engine, f"r{i % 2}") for i in range(6)]
    engine.lease(1)[0].ack()

    def seen() -> list[Any]:
        return [engine.counters(), engine.next_due(), engine.usage_rows(line="+1"), *map(engine.status, messages[1:])]

    before = seen()
    first = [engine.explain_message(message) for message in messages[1:]]
    assert [engine.explain_message(message) for message in messages[1:]] == first
    assert seen() == before
    with pytest.raises(dataclasses.FrozenInstanceError):
        first[-1].holds[0].until = 0  # type: ignore[misc]


def test_what_a_newer_engine_says_beside_is_left_out_and_every_rule_has_words() -> None:
    head = '{"message":1,"state":"parked","line":"+1","position":null,"eta":null,"eta_kind":"unknown","holds":[%s]}'
    hold = '{"rule":"campaign","until":null,"until_kind":"unknown","ahead":0,"campaign":7,"name":"%s","state":"%s","new":1}'
    assert str(explanation_of(head % (hold % ("", "paused")))) == (
        "message 1 is parked on +1\n  campaign 7: paused, until nobody knows when"
    )
    running = explanation_of(head % (hold % ("spring", "running"))).holds[0]
    assert str(running) == "campaign spring: its slot, 0 messages before it, until nobody knows when"
    line = '{"rule":"line","until":null,"until_kind":"unknown","state":"suspended","reason":"complaints"}'
    assert str(explanation_of(head % line).holds[0]) == "its line is suspended (complaints), until nobody knows when"
