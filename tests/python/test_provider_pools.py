"""Two providers' pages on pools and campaigns, sentence by sentence. Each test names its stance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import sluice

POLICIES = Path(__file__).resolve().parent.parent.parent / "policies"
SECOND = 10**9
NOON = int(datetime(2025, 1, 15, 12, tzinfo=timezone.utc).timestamp()) * SECOND

Make = Callable[..., sluice.Engine]
both = pytest.mark.parametrize("stance", ["enforce", "comply"])


def leaving(engine: sluice.Engine, until: int) -> list[tuple[int, str]]:
    """What leaves before an instant: ns from noon, and the payload."""
    left = []
    while (due := engine.next_due()) is not None and due < until:
        engine.set_clock(max(due, engine.clock()))
        leases = engine.lease(1000)
        engine.settle(leases)
        left += [(engine.clock() - NOON, lease.payload.decode()) for lease in leases]
    return left


# Sendblue: "you will be placed in a pool"


def pooled(engine: sluice.Engine, recipient: str, account: str = "acme") -> sluice.Held:
    return engine.enqueue("messages.send.pooled", account=account, recipient=recipient, payload=recipient)


def shared(engine_of: Make, stance: str, lines: int) -> sluice.Engine:
    engine = engine_of(POLICIES / "sendblue.jsonc", now=NOON, stance=stance)
    for number in range(lines):
        engine.set_line("shared", f"+{number}")
    return engine


@both
def test_sendblue_each_recipient_is_written_to_through_one_number_only(engine_of: Make, stance: str) -> None:
    engine = shared(engine_of, stance, 4)
    first = {name: pooled(engine, name).line for name in (f"r{number}" for number in range(40))}
    assert set(first.values()) == {"+0", "+1", "+2", "+3"}
    for name, line in first.items():
        again = pooled(engine, name)
        assert (again.line, again.sticky) == (line, "existing")


@both
def test_sendblue_a_pool_of_4_numbers_goes_4_times_as_fast_as_one(engine_of: Make, stance: str) -> None:
    engine = shared(engine_of, stance, 4)
    for number in range(60):
        assert pooled(engine, f"r{number}")
    left = [at for at, _ in leaving(engine, NOON + 3600 * SECOND)]
    assert left == [number // 4 * SECOND for number in range(60)]


@both
def test_sendblue_a_conversation_waits_for_its_number_however_free_others_are(engine_of: Make, stance: str) -> None:
    engine = shared(engine_of, stance, 4)
    assert all(pooled(engine, "ann") for _ in range(5))
    assert [at for at, _ in leaving(engine, NOON + 3600 * SECOND)] == [number * SECOND for number in range(5)]


@both
def test_sendblue_who_has_had_a_text_from_a_number_that_goes_waits_and_who_has_not_moves(engine_of: Make, stance: str) -> None:
    engine = shared(engine_of, stance, 1)
    pooled(engine, "ann")
    leaving(engine, NOON + 1)
    pooled(engine, "ann")
    pooled(engine, "bob")
    engine.set_line("shared", "+1")
    report = engine.set_line("shared", "+0", state="suspended")
    assert (report.held, report.moved) == (1, 1)
    assert [name for _, name in leaving(engine, NOON + 3600 * SECOND)] == ["bob"]
    engine.set_line("shared", "+0")
    assert [name for _, name in leaving(engine, NOON + 7200 * SECOND)] == ["ann"]


# GoSendAPI: "Spread over 5-10 minutes", "Lets you abort mid-campaign"


def blast(engine_of: Make, stance: str, count: int, duration: timedelta) -> tuple[sluice.Engine, sluice.Campaign]:
    """Recipients already in conversation, by a High Volume key, taken in before the campaign starts at noon."""
    engine = engine_of(POLICIES / "gosendapi.jsonc", now=NOON - 60 * SECOND, stance=stance)
    engine.set_plan("high_volume", api_key="key")
    campaign = engine.campaign("spring", account="acme", starts_at=NOON, duration=duration)
    for number in range(count):
        if number % 400 == 0:
            engine.set_clock(engine.clock() + 2 * SECOND)
        values = {"account": "acme", "api_key": "key", "waba": "w", "line": "+1", "recipient": f"r{number}"}
        held = engine.enqueue("messages.send.session", values=values, payload=str(number), campaign=campaign)
        assert held, held.decision
    campaign.seal()
    return engine, campaign


@both
@pytest.mark.parametrize("minutes", [5, 10])
def test_gosendapi_a_campaign_over_5_to_10_minutes_leaves_evenly(engine_of: Make, stance: str, minutes: int) -> None:
    engine, campaign = blast(engine_of, stance, 1000, timedelta(minutes=minutes))
    gap = minutes * 60 * SECOND // 1000
    left = leaving(engine, NOON + 3600 * SECOND)
    assert left == [(number * gap, str(number)) for number in range(1000)]
    assert campaign.status().state == "finished"


@both
def test_gosendapi_a_campaign_is_aborted_midway_and_nothing_more_of_it_leaves(engine_of: Make, stance: str) -> None:
    engine, campaign = blast(engine_of, stance, 1000, timedelta(minutes=5))
    assert len(leaving(engine, NOON + 150 * SECOND)) == 500
    assert campaign.abort().removed == 500
    assert leaving(engine, NOON + 3600 * SECOND) == []
    engine.sweep()
    assert engine.counters().messages == 0
