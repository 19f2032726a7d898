"""Campaigns from Python: spread over a time, paused, resumed, aborted and counted. On a manual clock throughout."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import sluice
from policies import NOW, SECOND

Make = Callable[..., sluice.Engine]


def campaigns(amount: str = "10/s") -> str:
    limits = [
        {"name": "pace", "scope": ["line"], "kind": "pace", "amount": amount, "mode": "queue"},
        {"name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100_000},
    ]
    send = {
        "name": "send",
        "values": ["account", "line", "recipient"],
        "charges": [{"limit": "pace"}, {"limit": "day"}],
    }
    return json.dumps({"name": "mass", "tenant": "account", "line": "line", "limits": limits, "operations": [send]})


def put(engine: sluice.Engine, count: int, campaign: sluice.Campaign | int | None, line: str = "+1") -> list[sluice.Held]:
    return [
        engine.enqueue("send", account="acme", line=line, recipient=f"r{number}", payload=str(number), campaign=campaign)
        for number in range(count)
    ]


def drain(engine: sluice.Engine, until: int) -> list[tuple[float, str]]:
    """Sends all that is due before an instant: (seconds from the start, payload)."""
    left = []
    while (due := engine.next_due()) is not None and due < until:
        engine.set_clock(max(due, engine.clock()))
        for lease in engine.lease():
            left.append(((engine.clock() - NOW) / SECOND, lease.payload.decode()))
            lease.ack()
    return left


def used(engine: sluice.Engine) -> int:
    return engine.usage_rows(account="acme")[0].used


FOREVER = NOW + 86_400 * SECOND


def test_a_campaign_spread_over_a_duration_leaves_evenly(engine_of: Make) -> None:
    engine = engine_of(campaigns())
    campaign = engine.campaign("spring", account="acme", duration=timedelta(seconds=100))
    assert all(put(engine, 50, campaign))
    campaign.seal()
    assert drain(engine, FOREVER) == [(2.0 * number, str(number)) for number in range(50)]
    status = campaign.status()
    assert (status.state, status.sealed, status.accepted, status.queued) == ("finished", True, 50, 0)
    (event,) = engine.events()
    assert (event.kind, event.subject, event.used, event.limit) == ("campaign_finished", "spring", 50, 50)
    assert event.sender_change is None


def test_a_campaign_begins_when_it_starts(engine_of: Make) -> None:
    engine = engine_of(campaigns())
    campaign = engine.campaign("later", account="acme", starts_at=NOW + 60 * SECOND, duration=10 * SECOND)
    put(engine, 2, campaign)
    assert drain(engine, FOREVER) == [(60.0, "0"), (65.0, "1")]


def test_a_campaign_takes_no_more_than_its_share_and_delays_nobody(engine_of: Make) -> None:
    engine = engine_of(campaigns())
    put(engine, 100, engine.campaign("flood", account="acme", share="20%"))
    assert len(drain(engine, NOW + 2 * SECOND)) == 4  # of the line's 20
    engine.set_clock(NOW + 2 * SECOND)
    engine.enqueue("send", account="other", line="+1", recipient="bob", payload="organic")
    assert drain(engine, NOW + 3 * SECOND)[0] == (2.0, "organic")


@pytest.mark.parametrize(("catches_up", "last"), [(False, 390.0), (True, 318.0)])
def test_a_pause_loses_nothing_and_moves_the_end_or_not(engine_of: Make, catches_up: bool, last: float) -> None:
    engine = engine_of(campaigns("1/s"))
    campaign = engine.campaign("spring", account="acme", duration=100 * SECOND, share="100%", catches_up=catches_up)
    put(engine, 10, campaign)
    assert len(drain(engine, NOW + 10 * SECOND)) == 1
    engine.set_clock(NOW + 10 * SECOND)
    assert campaign.pause().state == "paused"
    assert drain(engine, FOREVER) == []
    engine.set_clock(NOW + 310 * SECOND)
    assert campaign.resume().state == "running"
    left = drain(engine, FOREVER)
    assert [payload for _, payload in left] == [str(number) for number in range(1, 10)]
    assert (left[0][0], left[-1][0]) == (310.0, last)


def test_a_rate_holds_over_all_lines_together_and_is_changed(engine_of: Make) -> None:
    engine = engine_of(campaigns("1000/s"))
    campaign = engine.campaign("calls", account="acme", rate="12/min", share="100%")
    for line in ("+1", "+2", "+3"):
        put(engine, 4, campaign, line)
    assert [at for at, _ in drain(engine, NOW + 20 * SECOND)] == [0, 5, 10, 15]
    status = campaign.status()
    assert (status.rate, status.rate_opens_at) == ("12/min", NOW + 20 * SECOND)
    engine.set_clock(NOW + 17 * SECOND + SECOND // 2)  # half a message is owed
    status = campaign.set_rate("1/s")
    assert (status.rate, status.rate_opens_at) == ("1/s", NOW + 18 * SECOND)
    assert [at for at, _ in drain(engine, NOW + 20 * SECOND)] == [18, 19]
    assert campaign.set_rate("3/90s").rate == "3/90s"
    assert campaign.set_rate(None).rate is None
    assert campaign.status().rate_opens_at is None
    assert len(drain(engine, NOW + 21 * SECOND)) == 6


def test_what_a_rate_keeps_back_says_so(engine_of: Make) -> None:
    engine = engine_of(campaigns("1000/s"))
    campaign = engine.campaign("calls", account="acme", rate="12/min")
    held = put(engine, 3, campaign)
    engine.lease()[0].nack("not_attempted")  # makes room again at once
    engine.lease()[0].ack()
    assert engine.lease() == []
    *_, hold = engine.explain_message(held[1])  # before it its line's own pace
    assert (hold.rule, hold.state, hold.rate, hold.until) == ("campaign", "rate", "12/min", NOW + 5 * SECOND)
    assert str(hold).startswith("campaign calls: its rate of 12/min, 0 messages before it, until ")


def test_paused_time_grants_a_rate_nothing(engine_of: Make) -> None:
    engine = engine_of(campaigns("1000/s"))
    campaign = engine.campaign("calls", account="acme", rate="1/s")
    put(engine, 3, campaign)
    engine.lease()[0].ack()
    campaign.pause()
    engine.set_clock(NOW + 100 * SECOND)
    campaign.resume()
    assert [at for at, _ in drain(engine, FOREVER)] == [100.002, 101.002]  # of its share of the line 2 ms were left


@pytest.mark.parametrize(
    ("rate", "error", "words"),
    [
        ("fast", sluice.InvalidRequest, "rate: "),
        ("0/s", sluice.InvalidRequest, "rate: "),
        ("1/401 days", sluice.InvalidRequest, "rate: "),
        ("", sluice.InvalidRequest, "rate: empty; pass None for none"),
        (10, TypeError, 'rate must be a text such as "200/min" or None, not int'),
    ],
)
def test_a_rate_is_checked(engine_of: Make, rate: Any, error: type[Exception], words: str) -> None:
    engine = engine_of(campaigns())
    campaign = engine.campaign("calls", account="acme")
    for call in (lambda: engine.campaign("calls", account="acme", rate=rate), lambda: campaign.set_rate(rate)):
        with pytest.raises(error) as raised:
            call()
        assert str(raised.value).startswith(words)
    campaign.abort()
    with pytest.raises(sluice.Conflict, match="aborted, which is final"):
        campaign.set_rate("1/s")


def test_an_abort_is_final_and_gives_back_what_waited(engine_of: Make) -> None:
    engine = engine_of(campaigns())
    campaign = engine.campaign("spring", account="acme")
    held = put(engine, 10, campaign)
    put(engine, 1, None)
    (lease,) = engine.lease(1)
    assert lease.campaign is None
    assert used(engine) == 11
    lease.ack()
    engine.set_clock(engine.next_due() or 0)
    (lease,) = engine.lease(1)
    in_flight = (lease.message,)
    assert lease.campaign == campaign.number
    aborted = campaign.abort()
    assert (aborted.state, aborted.queued, aborted.in_flight) == ("aborted", 0, in_flight)
    assert (aborted.removed, aborted.ended["aborted"]) == (9, 9)
    assert used(engine) == 2
    assert campaign.abort().removed == 0
    with pytest.raises(sluice.Conflict, match="aborted, which is final"):
        campaign.resume()
    with pytest.raises(sluice.Conflict, match="aborted, which is final"):
        put(engine, 1, campaign)
    with pytest.raises(sluice.NotFound, match="its campaign was aborted"):
        engine.status(held[9])
    lease.ack()
    assert drain(engine, FOREVER) == []


def test_counts_say_where_messages_are(engine_of: Make) -> None:
    engine = engine_of(campaigns("1000/s"))
    campaign = engine.campaign("spring", account="acme", share="100%")
    held = put(engine, 4, campaign)
    assert held[0].state == "parked"
    leased = []
    for _ in range(3):
        engine.set_clock(engine.next_due() or 0)
        leased += engine.lease()
    assert {lease.campaign for lease in leased} == {campaign.number}
    leased[0].ack()
    leased[1].nack("failed")
    status = campaign.status()
    assert (status.accepted, status.queued, status.in_flight) == (4, 1, (leased[2].message,))
    assert {state: count for state, count in status.ended.items() if count} == {"sent": 1, "failed": 1}
    engine.cancel(held[3])
    assert campaign.status().ended["cancelled"] == 1


def test_too_many_failures_pause_it_with_the_evidence(engine_of: Make) -> None:
    engine = engine_of(campaigns("1000/s"))
    campaign = engine.campaign("spam", account="acme", share="100%", pause_share="50%", pause_window=4)
    put(engine, 10, campaign)
    sent = 0
    while (due := engine.next_due()) is not None and campaign.status().state == "running":
        engine.set_clock(max(due, engine.clock()))
        for lease in engine.lease():
            sent += 1
            lease.nack("failed")
    assert sent == 2  # half of four
    (event,) = engine.events()
    assert (event.kind, event.subject, event.used, event.limit) == ("campaign_paused", "spam", 2, 4)
    assert campaign.resume().state == "running"


def test_a_peek_has_no_effect_and_promises_no_slot(engine_of: Make) -> None:
    engine = engine_of(campaigns())
    campaign = engine.campaign("spring", account="acme")
    peeked = engine.peek_enqueue("send", account="acme", line="+1", recipient="ann", campaign=campaign)
    assert peeked.decision.allowed
    assert (peeked.position, peeked.eta, peeked.eta_kind) == (None, NOW, "bound")  # its slot is not told beforehand
    assert campaign.status().accepted == 0
    assert used(engine) == 0


def test_a_sealed_campaign_takes_nothing_more(engine_of: Make) -> None:
    engine = engine_of(campaigns())
    campaign = engine.campaign("spring", account="acme")
    assert campaign.seal().state == "finished"  # it has nothing
    with pytest.raises(sluice.Conflict, match="sealed; nothing comes to it any more"):
        put(engine, 1, campaign)


def test_messages_come_by_name_by_number_and_in_lists(engine_of: Make) -> None:
    engine = engine_of(campaigns())
    campaign = engine.campaign("spring", account="acme", message_class="urgent")
    put(engine, 1, campaign.number)
    row = {"account": "acme", "line": "+1", "recipient": "ann"}
    assert all(engine.enqueue_many("send", [{**row, "campaign": campaign}, {**row, "campaign": campaign.number}]))
    (failed,) = engine.enqueue_many("send", [{**row, "campaign": 12345}])
    assert "campaign: unknown here; make it first" in str(failed.error)
    assert campaign.status().accepted == 3
    (lease,) = engine.lease()
    assert lease.message_class == "urgent"
    assert repr(campaign) == f"<Campaign {campaign.number}, spring>"
    with pytest.raises(TypeError, match="belongs to an engine of this process"):
        pickle.dumps(campaign)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"name": 7}, TypeError, "name must be str, not int"),
        ({"name": "n" * 193}, sluice.InvalidRequest, "name: at most 192 bytes"),
        ({"account": ""}, sluice.InvalidRequest, "tenant: 0 bytes; a key has 1 to 1024"),
        ({"account": 7}, TypeError, "account must be str or bytes, not int"),
        ({"line": "+1"}, sluice.InvalidRequest, r"a campaign is of one account, not of \(account, line\)"),
        ({"share": "0%"}, sluice.InvalidRequest, 'share must be from "0.01%" to "100%"'),
        ({"share": "101%"}, sluice.InvalidRequest, 'share must be from "0.01%" to "100%"'),
        ({"share": "half"}, sluice.InvalidRequest, "share must be from .* not 'half'"),
        ({"share": 0.5}, TypeError, 'share must be a text such as "50%"'),
        ({"pause_share": 10_001}, sluice.InvalidRequest, "pause_share must be from"),
        ({"pause_window": 0}, sluice.InvalidRequest, "pause_window must be from 1 to 10000, not 0"),
        ({"pause_window": 10_001}, sluice.InvalidRequest, "pause_window: from 1 to 10000"),
        ({"duration": timedelta(days=401)}, sluice.InvalidRequest, "duration: nanoseconds, from 0 to 400 days"),
        ({"duration": -1}, sluice.InvalidRequest, "duration must be from 0"),
        ({"starts_at": -1}, sluice.TimeError, "starts_at must be from 0"),
        ({"message_class": "mass"}, sluice.InvalidRequest, 'message_class must be "urgent"'),
        ({"catches_up": 1}, TypeError, "catches_up must be True or False, not int"),
        ({"now": -1}, sluice.TimeError, "now must be from 0"),
    ],
)
def test_what_a_campaign_is_to_be_is_checked(engine_of: Make, given: dict[str, Any], error: type[Exception], words: str) -> None:
    engine = engine_of(campaigns())
    arguments: dict[str, Any] = {"name": "spring", "account": "acme", **given}
    with pytest.raises(error, match=words):
        engine.campaign(arguments.pop("name"), **arguments)


def test_what_a_message_says_of_its_campaign_is_checked(engine_of: Make) -> None:
    engine = engine_of(campaigns())
    campaign = engine.campaign("spring", account="acme")
    others = engine.campaign("spring", account="other")
    row: dict[str, Any] = {"account": "acme", "line": "+1", "recipient": "ann"}
    for options, error, words in (
        ({"campaign": 12345}, sluice.NotFound, "campaign: unknown here; make it first"),
        ({"campaign": others}, sluice.InvalidRequest, "campaign: another account's"),
        ({"campaign": "spring"}, TypeError, "campaign must be an int, not str"),
        ({"campaign": object()}, TypeError, "campaign must be a Campaign or its number, not object"),
        ({"campaign": campaign, "send_at": NOW + SECOND}, sluice.InvalidRequest, "send_at: the campaign says when"),
        ({"campaign": campaign, "message_class": "reply"}, sluice.InvalidRequest, "message_class: the campaign's is another"),
    ):
        with pytest.raises(error, match=words):
            engine.enqueue("send", **row, **options)
    with pytest.raises(TypeError, match='name whose campaign it is, such as account="acme"'):
        engine.campaign("spring")
    engine.close()
    with pytest.raises(sluice.ClosedError):
        campaign.status()
    with pytest.raises(sluice.ClosedError):
        campaign.abort()
