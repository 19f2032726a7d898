"""What a caller with strict types writes; test_types.py has it checked, not run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta, timezone
from pathlib import Path

from typing_extensions import assert_type

import sluice


def decisions(engine: sluice.Engine) -> int:
    decision = engine.decide("send", account="acme", line=b"+1", recipient=["+2", b"+3"], quantities={"parts": 1}, now=5)
    assert_type(decision, sluice.Decision)
    assert_type(decision.allowed, bool)
    assert_type(decision.denial, "str | None")
    assert_type(decision.retry_after, "int | None")
    assert_type(decision.remaining, "int | None")
    assert_type(decision.details, "tuple[sluice.LimitDetail, ...]")
    if decision.receipt is not None:
        decision.receipt.refund()
        decision.receipt.commit({"parts": 2}, now=datetime.now(timezone.utc))
    send = engine.operation("send")
    assert_type(send, sluice.Operation)
    assert_type(send("acme", "+1", "+2", now=7, details=True), sluice.Decision)
    assert_type(send.take("acme", "+1", "+2"), int)
    assert_type(send.values, "tuple[str, ...]")
    batch = engine.decide_many("send", [("acme", "+1", "+2"), ("acme", b"+1", ["+2"])], quantities=[{"parts": 1}] * 2)
    assert_type(batch, sluice.Decisions)
    assert_type(batch[0], sluice.Decision)
    for status, each in zip(batch.status, batch):
        print(status, each.limit_name)
    return send.take("acme", "+1", "+2")


def subjects(engine: sluice.Engine) -> None:
    engine.set_plan("pro", account="acme")
    engine.set_amount("pair", {"amount": 200, "thresholds": [80]}, subject={"line": "+1", "recipient": "+2"})
    engine.set_billing(15, time_of_day=time(9), zone="Europe/Paris", account="acme")
    engine.report_throttled("capability", timedelta(seconds=30), account="acme")
    assert_type(engine.usage_rows(account="acme"), "list[sluice.UsageRow]")
    assert_type(engine.erase(account="acme"), int)
    for subject in engine.list_subjects(("line", "recipient")):
        assert_type(subject.values, "tuple[str, ...]")
    for event in engine.events():
        assert_type(event.percent, float)
    assert_type(engine.counters().denied_by, "dict[str, int]")


def messages(engine: sluice.Engine) -> None:
    held = engine.enqueue(
        "send",
        account="acme",
        line=b"+1",
        recipient="+2",
        payload=b"hello",
        message_class="bulk",
        send_at=datetime.now(timezone.utc),
        zone="Europe/Paris",
        quantities={"parts": 1},
    )
    assert_type(held, sluice.Held)
    assert_type(held.message, "int | None")
    assert_type(held.decision, sluice.Decision)
    assert_type(engine.enqueue_many("send", [{"account": "acme", "payload": "hello"}]), "list[sluice.Held]")
    assert_type(engine.status(held).state, str)
    assert_type([hold.until for hold in engine.explain_message(held)], "list[int | None]")
    assert_type(engine.lease(1, lines=["+1", b"+2"]), "list[sluice.Lease]")
    assert_type(engine.lease(1, pool="ours", by=("acme",)), "list[sluice.Lease]")
    assert_type(engine.next_due(), "int | None")
    leases = engine.lease(10, ttl=timedelta(seconds=5))
    assert_type(leases, "list[sluice.Lease]")
    for lease in leases:
        assert_type(lease.values, "dict[str, str]")
        assert_type(lease.payload, bytes)
        lease.extend(5)
        lease.nack("retry", retry_after=timedelta(seconds=1))
    assert_type(engine.settle([leases[0], (leases[1], "failed"), (leases[2], "throttled", 5)]), "list[sluice.Settled]")
    engine.cancel(held)
    for lease in engine.due(most=10):
        with lease:
            raise sluice.Throttled(timedelta(seconds=1))


def pools(engine: sluice.Engine) -> None:
    report = engine.set_line("shared", b"+1", state="paused", paused_until=datetime.now(timezone.utc), reason="resting")
    assert_type(report, sluice.LineReport)
    assert_type(engine.lines("shared", account="acme"), "list[sluice.Line]")
    held = engine.peek_enqueue("send", account="acme", recipient="+2", quantities={"parts": 1})
    assert_type(held.line, "str | None")
    assert_type(held.eta, "int | None")
    assert_type(engine.decide("send", account="acme", recipient="+2").line, "str | None")
    assert_type(engine.status(held).line, str)
    for event in engine.events():
        assert_type(event.sender_change, "sluice.SenderChange | None")


def campaigns(engine: sluice.Engine) -> None:
    campaign = engine.campaign("spring", account="acme", duration=timedelta(hours=1), share="30%", pause_share=500)
    assert_type(campaign, sluice.Campaign)
    engine.enqueue("send", account="acme", line="+1", recipient="+2", campaign=campaign)
    engine.operation("send").enqueue("acme", "+1", "+2", campaign=campaign.number)
    assert_type(campaign.abort(), sluice.CampaignStatus)
    assert_type(campaign.status().in_flight, "tuple[int, ...]")
    assert_type(engine.lease()[0].campaign, "int | None")


async def messages_in_a_coroutine(engine: sluice.Engine) -> None:
    async for lease in engine.due():
        assert_type(lease, sluice.Lease)
        with lease:
            raise sluice.PermanentFailure


def plans(path: Path) -> None:
    lines = sluice.plan_lines(path, "4/s", wait=timedelta(seconds=3), plans={"account": "dedicated"}, skew=0.9)
    assert_type(lines.lines, "int | None")
    assert_type(lines.rows[0], sluice.LineRow)
    assert_type(lines.warnings[0].words, str)
    campaign = sluice.plan_campaign(path, 100, duration=timedelta(minutes=5), starts_at=datetime.now(timezone.utc))
    assert_type(campaign.took, "int | None")
    assert_type(campaign.blockers[0].limit, "str | None")


def policies(path: Path) -> Mapping[str, object]:
    try:
        policy = sluice.Policy.from_file(path, stance="comply")
    except sluice.PolicyError as error:
        assert_type(error.findings, "list[sluice.Finding]")
        raise
    with sluice.Engine(policy, clock="manual", now=0, receipt_ttl=timedelta(hours=1)) as engine:
        assert_type(engine, sluice.Engine)
    return policy.description


def mistakes(engine: sluice.Engine) -> None:
    engine.decide("send", account=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    engine.decide("send", account="acme", now=1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    engine.set_plan(7, account="acme")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    engine.enqueue("send", account="acme", message_class="slow")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    engine.lease()[0].nack("sent")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    engine.set_line("shared", "+1", state="gone")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    engine.campaign("spring", account="acme", share=0.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sluice.Engine("{}", clock="atomic")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
