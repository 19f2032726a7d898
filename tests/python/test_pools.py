"""Pools from Python: which line a message goes by, and what becomes of it when the line changes. On a manual clock throughout."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

import sluice
from policies import NOW, SECOND

Make = Callable[..., sluice.Engine]
DAY = 86_400 * SECOND


def pooled(amount: str = "1/s", depth: int = 100, **pool: Any) -> str:
    limits = [
        {"name": "pace", "scope": ["line"], "kind": "pace", "amount": amount, "mode": "queue"},
        {"name": "queued", "scope": ["line"], "kind": "gauge", "amount": depth},
        {"name": "calls", "scope": ["line"], "kind": "window", "period": "day", "amount": 2},
    ]
    charges = [{"limit": "pace"}, {"limit": "queued", "while": "queued"}]
    values = ["account", "line", "recipient"]
    operations = [
        {"name": "send", "values": values, "pool": "shared", "charges": charges},
        {"name": "call", "values": values, "pool": "shared", "charges": [{"limit": "calls"}]},
        {"name": "own", "values": values, "charges": charges},
    ]
    about = {"name": "pooled", "tenant": "account", "line": "line"}
    return json.dumps({**about, "limits": limits, "pools": [{"name": "shared", **pool}], "operations": operations})


def open_pool(engine_of: Make, lines: int = 2, policy: str | None = None, **pool: Any) -> sluice.Engine:
    engine = engine_of(policy or pooled(**pool))
    for line in range(1, lines + 1):
        engine.set_line("shared", f"+{line}")
    return engine


def send(engine: sluice.Engine, recipient: str, account: str = "acme", **options: Any) -> sluice.Held:
    return engine.enqueue("send", account=account, recipient=recipient, payload=recipient, **options)


def forward(engine: sluice.Engine, span: int) -> None:
    engine.set_clock(engine.clock() + span)


def drain(engine: sluice.Engine) -> list[tuple[int, str, str]]:
    """Sends all that comes due: (seconds from the start, line, payload)."""
    left = []
    while (due := engine.next_due()) is not None:
        engine.set_clock(max(due, engine.clock()))
        for lease in engine.lease():
            left.append(((engine.clock() - NOW) // SECOND, lease.values["line"], lease.payload.decode()))
            lease.ack()
    return left


def other_of(line: str | None) -> str:
    return "+2" if line == "+1" else "+1"


def row(engine: sluice.Engine, line: str) -> sluice.Line:
    (found,) = [one for one in engine.lines("shared") if one.line == line]
    return found


# ---- the choice ---------------------------------------------------------------------------------------------------------


def test_a_recipient_keeps_its_line(engine_of: Make) -> None:
    engine = open_pool(engine_of, 4)
    first = {}
    for number in range(20):
        held = send(engine, f"r{number}")
        assert (held.sticky, held.decision.line) == ("fresh", held.line)
        first[f"r{number}"] = held.line
    assert set(first.values()) == {"+1", "+2", "+3", "+4"}
    drain(engine)
    forward(engine, 30 * DAY)
    for recipient, line in first.items():
        held = send(engine, recipient)
        assert (held.line, held.sticky) == (line, "existing")
        assert engine.status(held).line == line


def test_a_line_and_recipient_belong_to_one_account(engine_of: Make) -> None:
    engine = open_pool(engine_of, 2)
    acmes = send(engine, "ann").line
    refused = send(engine, "ann", account="other", line=acmes)
    assert not refused
    assert (refused.decision.denial, refused.line, refused.sticky) == ("pool", None, None)
    assert send(engine, "ann", account="other").line == other_of(acmes)
    assert send(engine, "ann", account="third").decision.denial == "pool"  # none is left


def test_a_line_that_is_given_wins(engine_of: Make) -> None:
    engine = open_pool(engine_of)
    held = send(engine, "ann", line="+2")
    assert (held.line, held.sticky) == ("+2", "fresh")
    assert send(engine, "ann").line == "+2"
    assert engine.operation("send").enqueue("acme", "+2", "ann").line == "+2"
    assert engine.operation("send").enqueue("acme", None, "ann").line == "+2"


def test_weights_share_new_recipients(engine_of: Make) -> None:
    engine = open_pool(engine_of, 2)
    engine.set_line("shared", "+1", weight=3)
    lines = Counter(send(engine, f"r{number}").line for number in range(80))
    assert lines == {"+1": 60, "+2": 20}
    engine.set_line("shared", "+2", weight=0)
    assert {send(engine, f"s{number}").line for number in range(10)} == {"+1"}
    assert row(engine, "+1").weight == 3


def test_a_decision_tells_the_line_one_by_one_and_in_batches(engine_of: Make) -> None:
    engine = open_pool(engine_of, 1)
    long_line = "+" + "9" * 1023
    engine.set_line("shared", "+1", state="removed")
    engine.set_line("shared", long_line)
    decision = engine.decide("call", account="acme", recipient="ann")
    assert decision
    assert (decision.line, decision.as_dict()["line"]) == (long_line, long_line)
    decisions = engine.decide_many("call", [("acme", None, "ann"), ("acme", long_line, "ann"), ("acme", "", "ann")])
    assert [decisions[0].line, decisions[1].line] == [long_line, long_line]
    assert list(decisions.status)[:2] == [0, 1]
    with pytest.raises(sluice.InvalidRequest, match=r"values\[1\] \(line\): empty"):
        decisions[2]
    assert engine.decide_many("call", [("acme", None, "ann")] * 100, peek=True)[99].line == long_line
    assert engine.decide("own", account="acme", line="+1", recipient="ann", peek=True).line is None


def test_messages_of_a_batch_tell_their_lines(engine_of: Make) -> None:
    engine = open_pool(engine_of, 3)
    held = engine.enqueue_many("send", [{"account": "acme", "recipient": f"r{number % 7}"} for number in range(100)])
    assert all(held)
    assert [one.line for one in held[:7]] == [one.line for one in held[7:14]]
    assert [one.sticky for one in held[6:8]] == ["fresh", "existing"]
    assert [one.line for one in engine.lines("shared")] == ["+1", "+2", "+3"]
    assert sum(one.depth for one in engine.lines("shared")) == 100
    assert sum(one.recipients for one in engine.lines("shared")) == 7


def test_a_peek_has_no_effect_and_tells_what_would_be(engine_of: Make) -> None:
    engine = open_pool(engine_of, 1)
    before = engine.lines("shared")
    peeked = engine.peek_enqueue("send", account="acme", recipient="ann", payload="x")
    assert not peeked
    assert peeked.decision.allowed
    assert (peeked.line, peeked.sticky, peeked.message, peeked.state) == ("+1", "fresh", None, None)
    assert (peeked.position, peeked.eta, peeked.eta_kind) == (1, NOW, "exact")
    assert engine.lines("shared") == before
    assert engine.counters().messages == 0
    held = send(engine, "ann")
    assert (held.line, held.position, held.eta, held.eta_kind) == ("+1", None, None, None)
    assert engine.peek_enqueue("send", account="acme", recipient="bob").eta == NOW + SECOND


def test_without_a_usable_line_a_message_is_refused(engine_of: Make) -> None:
    engine = engine_of(pooled())
    assert engine.lines("shared") == []
    refused = send(engine, "ann")
    assert (bool(refused), refused.decision.denial, refused.decision.wait_kind) == (False, "pool", "unknown")


# ---- how lines stand ------------------------------------------------------------------------------------------------------


def test_a_suspended_line_moves_what_waits_and_says_so(engine_of: Make) -> None:
    engine = open_pool(engine_of, on_suspend="move_all")
    held = send(engine, "ann")
    send(engine, "ann")
    from_line, to_line = str(held.line), other_of(held.line)
    report = engine.set_line("shared", from_line, state="suspended", reason="reported as spam")
    assert report == sluice.LineReport(held=0, moved=2, failed=0)
    assert engine.status(held).line == to_line
    (event,) = engine.events()
    assert (event.kind, event.used, event.at, event.limit_name) == ("sender_changed", 2, NOW, None)
    assert event.sender_change == sluice.SenderChange("ann", from_line, to_line, "suspended")
    assert event.subject == f"recipient=ann: {from_line} -> {to_line}, suspended"
    assert (row(engine, from_line).state, row(engine, from_line).reason) == ("suspended", "reported as spam")
    assert [line for _, line, _ in drain(engine)] == [to_line, to_line]


def test_a_suspended_line_moves_only_recipients_who_have_had_nothing(engine_of: Make) -> None:
    engine = open_pool(engine_of, 1)
    send(engine, "ann")
    (lease,) = engine.lease()
    lease.ack()
    known, new = send(engine, "ann"), send(engine, "bob")
    engine.set_line("shared", "+2")
    assert engine.set_line("shared", "+1", state="suspended") == (1, 1, 0)  # move_new is a pool's usual
    assert (engine.status(known).line, engine.status(new).line) == ("+1", "+2")
    assert [payload for _, _, payload in drain(engine)] == ["bob"]


def test_a_suspended_line_holds_until_it_is_active(engine_of: Make) -> None:
    engine = open_pool(engine_of)
    held = send(engine, "ann")
    assert engine.set_line("shared", str(held.line), state="suspended", on_suspend="hold") == (1, 0, 0)
    assert engine.next_due() is None
    forward(engine, DAY)
    assert engine.set_line("shared", str(held.line)) == (0, 0, 0)
    assert [(line, payload) for _, line, payload in drain(engine)] == [(held.line, "ann")]


def test_a_suspended_line_fails_what_waits(engine_of: Make) -> None:
    engine = open_pool(engine_of)
    held = send(engine, "ann")
    assert engine.set_line("shared", str(held.line), state="suspended", on_suspend="fail") == (0, 0, 1)
    assert engine.counters().ended["failed"] == 1
    with pytest.raises(sluice.NotFound):
        engine.status(held)


def test_a_pause_ends_at_its_instant(engine_of: Make) -> None:
    engine = open_pool(engine_of, 1)
    send(engine, "ann")
    until = datetime.fromtimestamp(NOW // SECOND + 60, timezone.utc)
    engine.set_line("shared", "+1", state="paused", paused_until=until)
    assert (row(engine, "+1").state, row(engine, "+1").paused_until) == ("paused", NOW + 60 * SECOND)
    assert engine.next_due() == NOW + 60 * SECOND
    assert drain(engine) == [(60, "+1", "ann")]
    assert row(engine, "+1").state == "active"


def test_a_pause_without_an_end_lasts_until_somebody_says_else(engine_of: Make) -> None:
    engine = open_pool(engine_of, 1)
    send(engine, "ann")
    engine.set_line("shared", "+1", state="paused")
    assert (row(engine, "+1").paused_until, engine.next_due()) == (None, None)
    engine.set_line("shared", "+1")
    assert engine.next_due() == NOW


def test_a_draining_line_gets_no_new_recipients_and_keeps_its_own(engine_of: Make) -> None:
    engine = open_pool(engine_of)
    anns = send(engine, "ann").line
    engine.set_line("shared", str(anns), state="draining")
    assert {send(engine, f"r{number}").line for number in range(10)} == {other_of(anns)}
    assert send(engine, "ann").line == anns


def test_a_warming_line_takes_so_many_new_recipients_a_day(engine_of: Make) -> None:
    engine = open_pool(engine_of, 1, new_recipients=2)
    engine.set_line("shared", "+1", state="warming")
    assert [bool(send(engine, name)) for name in ("ann", "bob", "carol")] == [True, True, False]
    forward(engine, DAY)
    assert send(engine, "carol")


def test_a_line_reported_bad_is_suspended(engine_of: Make) -> None:
    engine = open_pool(engine_of, on_suspend="move_all")
    held = send(engine, "ann")
    (lease,) = engine.lease()
    lease.nack("line_bad")
    assert engine.status(held).line == other_of(held.line)
    assert [event.kind for event in engine.events()] == ["sender_changed"]


def test_every_value_of_by_has_lines_of_its_own(engine_of: Make) -> None:
    engine = engine_of(pooled(by=["account"]))
    engine.set_line("shared", "+1", account="acme")
    engine.set_line("shared", "+2", by={"account": "other"})
    assert (send(engine, "ann").line, send(engine, "ann", account="other").line) == ("+1", "+2")
    assert [one.line for one in engine.lines("shared", account="acme")] == ["+1"]
    with pytest.raises(TypeError, match=r'the pool "shared" has its lines by \(account\), not \(\)'):
        engine.lines("shared")


# ---- misuse ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"pool": "shard"}, sluice.NotFound, 'the policy has no pool "shard"; it has: shared'),
        ({"pool": 7}, TypeError, "pool must be str, not int"),
        ({"line": ""}, sluice.InvalidRequest, "line: 0 bytes; a key has 1 to 1024"),
        ({"line": 7}, TypeError, "line must be str or bytes, not int"),
        ({"line": None}, sluice.InvalidRequest, "line: absent; a key has 1 to 1024 bytes"),
        ({"state": "resting"}, sluice.InvalidRequest, 'state must be "active", "warming", "paused", "draining", "suspended" or'),
        ({"state": 1}, TypeError, "state must be str, not int"),
        ({"on_suspend": "drop"}, sluice.InvalidRequest, 'on_suspend must be "hold", "move_new", "move_all" or "fail"'),
        ({"weight": 1_000_001}, sluice.InvalidRequest, r"weight: from 0 \(no new recipients\) to 1000000"),
        ({"weight": -1}, sluice.InvalidRequest, "weight must be from 0"),
        ({"weight": 1.5}, TypeError, "weight must be an int"),
        ({"paused_until": NOW}, sluice.InvalidRequest, "paused_until: an instant in .* of a line that is paused"),
        ({"reason": "r" * 201}, sluice.InvalidRequest, "reason: at most 200 bytes"),
        ({"reason": 7}, TypeError, "reason must be str, not int"),
        ({"now": -1}, sluice.TimeError, "now must be from 0"),
        ({"account": "acme"}, TypeError, r'the pool "shared" has one set of lines for all, not \(account\)'),
    ],
)
def test_what_a_line_is_to_be_is_checked(engine_of: Make, given: dict[str, Any], error: type[Exception], words: str) -> None:
    engine = open_pool(engine_of, 1)
    before = engine.lines("shared")
    arguments: dict[str, Any] = {"pool": "shared", "line": "+1", "state": "draining", **given}
    with pytest.raises(error, match=words):
        engine.set_line(arguments.pop("pool"), arguments.pop("line"), **arguments)
    assert engine.lines("shared") == before


def test_only_the_line_of_a_pool_may_be_left_out(engine_of: Make) -> None:
    engine = open_pool(engine_of)
    with pytest.raises(TypeError, match="send needs recipient"):
        engine.enqueue("send", account="acme")
    with pytest.raises(TypeError, match="own needs line"):
        engine.enqueue("own", account="acme", recipient="ann")
    with pytest.raises(sluice.InvalidRequest, match=r"values\[2\] \(recipient\): empty; a key has 1 to 1024 bytes, and only"):
        engine.enqueue("send", account="acme", recipient=None)  # type: ignore[arg-type]
    assert engine.counters().messages == 0
