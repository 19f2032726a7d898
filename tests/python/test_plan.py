"""The planner in Python: questions checked, answers as frozen dataclasses, the same as the C ABI's."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import sluice

S = 10**9
HOUR = 3_600 * S
START = 1_700_000_000 * S

POLICY = """{ "name": "texts", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["line"], "plans": ["slow", "fast"], "default": "slow" } ],
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue",
      "amounts": [ { "plan": "slow", "amount": "1/s" }, { "plan": "fast", "amount": "80/s" } ] },
    { "name": "people", "scope": ["account"], "kind": "distinct", "period": "24h", "exemption": "24h", "amount": 1000 } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" } ] },
    { "name": "start", "values": ["account", "line", "recipient"],
      "charges": [ { "limit": "people", "of": "recipient" }, { "limit": "pace" } ] },
    { "name": "received", "values": ["account", "recipient"],
      "charges": [ { "limit": "people", "of": "recipient", "charge": "exempt" } ] } ] }"""


def lines(**changes: Any) -> sluice.LinePlan:
    asked: dict[str, Any] = {"wait": 3 * S, "operation": "send", "messages": 5_000, **changes}
    return sluice.plan_lines(POLICY, asked.pop("rate", "4/s"), **asked)


def campaign(recipients: int = 2_500, **changes: Any) -> sluice.CampaignPlan:
    asked: dict[str, Any] = {"operation": "start", "plans": {"line": "fast"}, "share": 100, "starts_at": START, **changes}
    return sluice.plan_campaign(POLICY, recipients, **asked)


def test_four_a_second_take_five_lines_and_the_rule_of_thumb_is_unstable() -> None:
    plan = lines()
    assert (plan.lines, plan.rule_of_thumb, plan.line_rate, plan.paced_by) == (5, 4, "1/s", "pace")
    four, five = plan.row(4), plan.row(5)
    assert four is not None and not four.stable and four.used == 10_000
    assert five is not None and five.met and five.p99 <= 3 * S
    assert plan.row(400) is None
    assert [warning.kind for warning in plan.warnings] == ["unstable_rule"]
    assert "after a day about 117 s" in plan.warnings[0].words
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.lines = 4  # type: ignore[misc]


def test_the_same_seed_gives_the_same_plan_and_another_does_not() -> None:
    assert lines() == lines()
    assert lines() != lines(seed=2)


def test_a_target_that_is_not_met_has_no_answer() -> None:
    plan = lines(wait=0, most_lines=5)
    assert plan.lines is None
    assert plan.answer.startswith("no number up to 5 lines does")


def test_stickiness_and_skew_are_asked_about() -> None:
    plan = lines(sticky=True, recipients=50, skew=1.5)
    assert plan.lines is None
    assert "hot_recipient" in [warning.kind for warning in plan.warnings]
    assert plan.hottest_share > 2_500


def test_spans_and_policies_are_what_an_engine_takes(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonc"
    path.write_text(POLICY, "utf-8")
    asked: dict[str, Any] = {"wait": timedelta(seconds=3), "operation": "send", "messages": 5_000}
    assert sluice.plan_lines(path, "4/s", **asked) == lines()
    assert sluice.plan_lines(sluice.Policy(POLICY), "4/s", **asked) == lines()


def test_a_campaign_of_new_people_waits_for_the_tier() -> None:
    plan = campaign()
    assert plan.took is not None and 48 * HOUR <= plan.took < 48 * HOUR + 60 * S
    assert plan.unhindered == 2_499 * S // 80
    blocker = plan.blockers[0]
    assert (blocker.limit, blocker.how, blocker.times, blocker.held) == ("people", "refused", 2, 48 * HOUR)
    assert plan.answer.startswith("2,500 messages finish in 48 h, not in 31 s: ")
    assert sum(line.messages for line in plan.lines) == plan.sent == plan.messages == 2_500


def test_who_is_in_conversation_does_not_wait_for_it() -> None:
    assert campaign(in_conversation=1_500).took == 2_499 * S // 80


def test_a_campaign_is_spread_over_lines_and_time() -> None:
    plan = campaign(900, lines=3, duration=timedelta(minutes=10))
    assert [line.messages for line in plan.lines] == [300, 300, 300]
    assert plan.took == 600 * S * 299 // 300
    assert campaign(900, rate="9/s").took == 899 * 111_111_112
    assert campaign(1, starts_at=datetime(2026, 3, 1, tzinfo=timezone.utc)).took == 0
    assert campaign(1, starts_at=None).starts_at > START


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"rate": "four"}, sluice.InvalidRequest, "rate: "),
        ({"rate": ""}, sluice.InvalidRequest, "rate is empty"),
        ({"rate": 4}, TypeError, "rate must be str, not int"),
        ({"wait": -1}, sluice.InvalidRequest, "wait must be from 0"),
        ({"wait": "3s"}, TypeError, "wait must be an int of ns or a timedelta"),
        ({"percentile": 101}, sluice.InvalidRequest, "percentile: 101; from 0.01 to 100, in hundredths"),
        ({"percentile": 99.999}, sluice.InvalidRequest, "percentile: 99.999"),
        ({"operation": "no"}, sluice.NotFound, 'operation: the policy has no "no"; these can: send, start'),
        ({"operation": None}, sluice.InvalidRequest, "operation: say which one of send, start"),
        ({"plans": {"line": "gold"}}, sluice.NotFound, 'plans: line has no plan "gold"; it has slow, fast'),
        ({"plans": {"line": 3}}, TypeError, "plans must be str, not int"),
        ({"arrivals": "late"}, sluice.InvalidRequest, "arrivals must be 'poisson' or 'even', not 'late'"),
        ({"sticky": 1}, TypeError, "sticky must be True or False, not int"),
        ({"recipients": 0}, sluice.InvalidRequest, "recipients: 0; at least 1"),
        ({"recipients": 200_001}, sluice.InvalidRequest, "recipients: 200001; from 1 to 200000"),
        ({"skew": -1}, sluice.InvalidRequest, "skew: -1; from 0 to 5, in hundredths"),
        ({"skew": "much"}, TypeError, "skew must be a number, not str"),
        ({"seed": -1}, sluice.InvalidRequest, "seed must be from 0"),
        ({"messages": 400_001}, sluice.InvalidRequest, "messages: 400001; from 1000 to 400000"),
        ({"most_lines": 0}, sluice.InvalidRequest, "most_lines: 0; at least 1"),
        ({"rate": "5000/s"}, sluice.TooMany, "rate: it takes 5000 lines at least"),
        ({"stance": "comply"}, sluice.PolicyError, ""),
    ],
)
def test_what_is_wrong_with_a_question_about_lines_is_named(changes: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as raised:
        lines(**changes)
    assert str(raised.value).startswith(words)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"recipients": 0}, sluice.InvalidRequest, "recipients: 0; at least 1"),
        ({"recipients": 200_001}, sluice.InvalidRequest, "recipients: 200001; from 1 to 200000"),
        ({"in_conversation": 2_501}, sluice.InvalidRequest, "in_conversation: 2501; from 0 to 2500"),
        ({"lines": 4_097}, sluice.InvalidRequest, "lines: 4097; from 1 to 4096"),
        ({"starts_at": -1}, sluice.TimeError, "starts_at must be from 0"),
        ({"starts_at": 1.5}, TypeError, "starts_at must be an int of ns"),
        ({"duration": -1}, sluice.InvalidRequest, "duration must be from 0"),
        ({"duration": 60 * S, "rate": "1/401 days"}, sluice.InvalidRequest, "rate: "),
        ({"share": 0}, sluice.InvalidRequest, "share: 0; from 0.01 to 100"),
    ],
)
def test_what_is_wrong_with_a_campaign_is_named(changes: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as raised:
        campaign(**changes)
    assert str(raised.value).startswith(words)


def live() -> sluice.Engine:
    return sluice.Engine(POLICY, clock="manual", now=START)


def sent_by(engine: sluice.Engine, campaign: sluice.Campaign) -> int:
    """Sends all that is due, until the last message of a campaign has left; when that is."""
    campaign.seal()
    while (due := engine.next_due()) is not None and campaign.status().queued:
        engine.set_clock(max(due, engine.clock()))
        for lease in engine.lease():
            lease.ack()
    return engine.clock()


@pytest.mark.parametrize("rate", [None, "3/s"])
def test_a_running_engine_is_asked_and_stays_as_it_is(rate: str | None) -> None:
    engine = live()
    for number in range(200):
        engine.enqueue("send", account="other", line="+1", recipient=f"x{number}")
    before = engine.counters()
    people = [f"r{number}" for number in range(50)]
    plan = engine.plan_campaign("send", people, account="acme", lines=["+1", "+2"], share=100, rate=rate)
    assert engine.counters() == before
    assert (plan.waiting, plan.in_flight, plan.sent, plan.starts_at) == (200, 0, 50, START)
    assert [(line.line, line.messages) for line in plan.lines] == [("+1", 25), ("+2", 25)]
    campaign = engine.campaign("real", account="acme", share="100%", rate=rate)
    for number, recipient in enumerate(people):
        engine.enqueue("send", account="acme", line=("+1", "+2")[number % 2], recipient=recipient, campaign=campaign)
    assert sent_by(engine, campaign) == plan.finishes_at


def test_what_an_account_has_used_is_used() -> None:
    engine = live()
    for number in range(990):
        assert engine.enqueue("start", account="acme", line="+1", recipient=f"old{number}")
    plan = engine.plan_campaign("start", 50, account="acme", lines=["+2"], share=100)
    assert plan.took is not None and plan.took > 23 * HOUR
    assert plan.blockers[0].limit == "people"
    (people,) = (quota for quota in plan.quota if quota.limit == "people")
    assert (people.amount, people.before) == (1000, 990)
    known = engine.plan_campaign("start", [f"old{number}" for number in range(50)], account="acme", lines=["+2"], share=100)
    assert known.took is not None and known.took < 60 * S
    assert isinstance(known.quota[0], sluice.Quota)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"account": None}, sluice.InvalidRequest, "values: account is missing"),
        ({"lines": []}, sluice.InvalidRequest, "lines: name those that it goes by"),
        ({"lines": "+1"}, TypeError, "lines must be a list of str or bytes, not str"),
        ({"line": "+1"}, sluice.InvalidRequest, "values: line is left out"),
        ({"color": "red"}, sluice.InvalidRequest, "send has no color; it takes account, line, recipient"),
        ({"recipients": 0}, sluice.InvalidRequest, "recipients: 0; at least 1"),
        ({"recipients": []}, sluice.InvalidRequest, "recipients: 0; at least 1"),
        ({"operation": "no"}, sluice.NotFound, ""),
        ({"rate": "fast"}, sluice.InvalidRequest, "rate: "),
        ({"share": 0}, sluice.InvalidRequest, "share: 0; from 0.01 to 100"),
    ],
)
def test_what_is_wrong_with_a_question_to_an_engine_is_named(changes: dict[str, Any], kind: type[Exception], words: str) -> None:
    asked: dict[str, Any] = {"operation": "send", "recipients": 10, "account": "acme", "lines": ["+1"], **changes}
    if asked["account"] is None:
        del asked["account"]
    engine = live()
    with pytest.raises(kind) as raised:
        engine.plan_campaign(asked.pop("operation"), asked.pop("recipients"), **asked)
    assert str(raised.value).startswith(words)
    engine.close()
    with pytest.raises(sluice.ClosedError):
        engine.plan_campaign("send", 10, account="acme", lines=["+1"])
