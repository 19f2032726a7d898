"""The engine with the methods of the reference model, so that both can play the same case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time as time_of_day
from typing import Any

import sluice
from model_player import RECEIPT_TTL


@dataclass(frozen=True)
class Row:
    """One limit and subject: what both sides say of it."""

    limit_name: str
    limit: int | None
    used: int
    remaining: int | None
    resets_at: int | None
    opens_at: int | None


@dataclass(frozen=True)
class Answer:
    """A decision, as far as both sides have it."""

    outcome: str
    denial: str | None
    limit: str | None
    wait_kind: str
    retry_after: int | None
    largest_cost: int | None
    replayed: bool
    has_receipt: bool
    named: Row
    details: tuple[Row, ...] | None  # None: not asked for


@dataclass(frozen=True)
class Told:
    """An event."""

    kind: str
    at: int
    limit: str | None
    subject: str
    share: int | None
    by_plan_change: bool | None
    plan: str | None


class Decided:
    """An engine's decision with the model's names, for the steps that refer to it."""

    def __init__(self, answer: Answer, receipt: sluice.Receipt | None) -> None:
        self.answer = answer
        self.outcome = answer.outcome
        self.retry_after = answer.retry_after
        self.receipt = receipt


class EnginePlayer:
    """Plays on a manual clock that every step sets."""

    def __init__(self, policy: str, stance: str, start: int, **options: Any) -> None:
        self.engine = sluice.Engine(policy, stance=stance, clock="manual", now=start, receipt_ttl=RECEIPT_TTL, **options)
        description = self.engine.policy.description
        self.scopes = {limit["name"]: limit["scope"] for limit in description["limits"]}
        self.kept = {*self.scopes.values(), *(plans["scope"] for plans in description["plan_sets"])}
        self.planned = {plans["scope"] for plans in description["plan_sets"] if plans["plans"]}
        self.made: dict[int, int] = {}  # receipt -> instant
        self.latest = 0
        self.calls = 0

    def decide(self, operation: str, values: dict[str, Any], quantities: dict[str, int], now: int, **options: Any) -> Decided:
        """Every other one asks for no details: the engine has a shorter way for that."""
        self.calls += 1
        details = self.calls % 2 == 0
        engine = self._at(now)
        decision = engine.decide(operation, values=values, quantities=quantities or None, now=now, details=details, **options)
        if decision.receipt and not decision.replayed:
            self.made[decision.receipt.id] = now
        return Decided(self._answer(decision, details), decision.receipt)

    def _answer(self, d: sluice.Decision, details: bool) -> Answer:
        return Answer(
            outcome=d.outcome,
            denial=d.denial,
            limit=None if d.allowed else d.limit_name,
            wait_kind=d.wait_kind,
            retry_after=d.retry_after if d.wait_kind in ("exact", "bound") else None,
            largest_cost=d.largest_cost,
            replayed=d.replayed,
            has_receipt=d.receipt is not None,
            named=Row(d.limit_name or "", d.limit, d.used, d.remaining, d.resets_at, d.opens_at),
            details=tuple(_row(row, row.opens_at) for row in d.details) if details else None,
        )

    # Receipts.

    def lived_until(self, now: int) -> None:
        self.latest = max(self.latest, now)

    def refund(self, receipt: sluice.Receipt | None, now: int) -> bool:
        return self._settles(receipt, now, lambda taken: taken.refund(now=now))

    def commit(self, receipt: sluice.Receipt | None, actual: dict[str, int], now: int) -> bool:
        return self._settles(receipt, now, lambda taken: taken.commit(actual, now=now))

    def _settles(self, receipt: sluice.Receipt | None, now: int, settle: Callable[[sluice.Receipt], None]) -> bool:
        self._at(now)
        self.lived_until(now)
        if receipt is None or self.latest >= self.made[receipt.id] + RECEIPT_TTL:
            return False  # swept already, or only when somebody looks
        try:
            settle(receipt)
        except sluice.NotFound:
            return False
        return True

    # Subjects. Where there is nothing to keep for a dimension the model takes any call, the engine none.

    def set_plan(self, dimension: str, value: str, plan: str, now: int) -> None:
        self._at(now).set_plan(plan, subject={dimension: value}, now=now)

    def set_amount(self, limit: str, subject_values: list[str], amount: Any, now: int) -> None:
        self._at(now).set_amount(limit, amount, subject=self._subject(limit, subject_values), now=now)

    def set_billing(self, dimension: str, value: str, day: int, time: str, zone: str, now: int) -> None:
        if dimension in self.kept:
            at = time_of_day(int(time[:2]), int(time[3:]))
            self._at(now).set_billing(day, time_of_day=at, zone=zone, subject={dimension: value}, now=now)

    def set_usage(self, limit: str, subject_values: list[str], used: int, now: int) -> None:
        self._at(now).set_usage(limit, used, subject=self._subject(limit, subject_values), now=now)

    def reset(self, dimension: str, value: str, now: int) -> None:
        if dimension in self.kept:
            self._at(now).reset(subject={dimension: value}, now=now)

    def report_throttled(self, limit: str, subject: list[str], retry_after: int, now: int) -> None:
        self._at(now).report_throttled(limit, retry_after, subject=self._subject(limit, subject), now=now)

    def clear_throttle(self, limit: str, subject: list[str], now: int) -> None:
        self._at(now).clear_throttle(limit, subject=self._subject(limit, subject), now=now)

    def report_quality(self, dimension: str, value: str, quality: str, now: int) -> None:
        if dimension in self.planned:
            self._at(now).report_quality(quality, subject={dimension: value}, now=now)

    def usage(self, dimension: str, value: str, now: int) -> tuple[Row, ...]:
        if dimension not in self.kept:
            return ()
        rows = self._at(now).usage_rows(subject={dimension: value}, now=now)
        return tuple(_row(row, None) for row in rows)

    def sweep(self, now: int) -> None:
        self._at(now).sweep(now=now)

    def events(self) -> list[Told]:
        return [_told(event) for event in self.engine.events()]

    def _at(self, now: int) -> sluice.Engine:
        self.engine.set_clock(max(now, 0))
        return self.engine

    def _subject(self, limit: str, values: list[str]) -> dict[str, str]:
        return dict(zip(self.scopes[limit].split(","), values))


def _row(row: sluice.LimitDetail | sluice.UsageRow, opens_at: int | None) -> Row:
    return Row(row.limit_name, row.limit, row.used, row.remaining, row.resets_at, opens_at)


def _told(event: sluice.Event) -> Told:
    is_threshold = event.kind == "threshold"
    return Told(
        kind=event.kind,
        at=event.at,
        limit=None if event.kind == "promotion" else event.limit_name,
        subject=event.subject,
        share=event.share if is_threshold else None,
        by_plan_change=event.by_plan_change if is_threshold else None,
        plan=event.plan,
    )
