"""The reference model in the words of the C ABI, with what that says beyond the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sluice_reference
import sluice_reference.model
from sluice_reference.model import KEY_LIFETIME
from sluice_reference.records import END_OF_TIME, Records
from sluice_reference.verdict import RANK, Verdict

RECEIPT_TTL = 400 * 86_400 * 10**9  # the longest there is


class EngineVerdict(Verdict):
    """A queue limit that is blocked holds a message, for a change of plan may let it go: it is no refusal."""

    def __init__(self, items: list[Any], now: int, records: Records) -> None:
        super().__init__(items, now, records)
        lacking = [item for item in items if item.refuses and item not in self.passing]
        refusing = [item for item in lacking if item.charge.mode == "deny" or self.opens(item, now) == "never"]
        self.outcome = "denied" if refusing else "would_queue" if lacking else "allowed"
        self.named = min(refusing, key=self.rank) if refusing else min(lacking, key=self.latest_first, default=None)
        self.denial = self.kind(self.named) if refusing else None

    def opens(self, item: Any, now: int) -> Any:
        held = item.charge.mode == "queue" and self.amounts[item.key].word == "blocked"
        return "unknown" if held and not self.passes(item, now) else super().opens(item, now)

    def wait(self) -> tuple[Any, ...]:
        kind, wait, largest = super().wait()
        return kind, wait, self.largest(self.named) if kind == "never" else largest  # of the limit named

    def latest_first(self, item: Any) -> int:
        """What would queue is named by the limit that it waits for longest; ties by the order of the charges."""
        opening = self.opens(item, self.now)
        return -(opening if isinstance(opening, int) else END_OF_TIME)

    def rank(self, item: Any) -> tuple[int, ...]:
        opening = self.opens(item, self.now)
        return RANK.index(self.kind(item)), -(opening if isinstance(opening, int) else END_OF_TIME), item.limit.order


sluice_reference.model.Verdict = EngineVerdict


class EngineWords(Records):
    """How the limits stand, in the words of the C ABI."""

    unsure = False  # something has happened of which the C ABI leaves open what follows

    def detail(self, limit: Any, subject: tuple[str, ...], now: int, item: Any = None) -> sluice_reference.Detail:
        detail = super().detail(limit, subject, now, item)
        at, word = self.at((limit.scope, subject), now), self.plans.amount(limit, subject).word
        if detail.used == 0 and detail.resets_at == at:
            detail = replace(detail, resets_at=None)  # nothing is used
        if word == "custom":
            return replace(detail, limit=0, remaining=0)
        if limit.kind == "pace" and word == "blocked":
            return replace(detail, used=0, resets_at=None)
        if word == "number" and item is None:  # usage: what a ceiling admits above the amount is overage
            return replace(detail, remaining=max(0, min(detail.remaining, detail.limit - detail.used)))
        return detail

    def _cycles(self, item: Any) -> int:
        """How many billing cycles the subject of a limit with billing periods has had."""
        if item.limit.fields.get("period") != "billing":
            return 0
        return sum(len(self.plans.billing(name, value)) for name, value in zip(item.limit.scope, item.subject))

    def take(self, items: list[Any], now: int) -> list[Any]:
        for item in items:
            item.cycles = self._cycles(item)
            item.amount = self.plans.amount(item.limit, item.subject)
        return super().take(items, now)

    def settle(self, taken: list[Any], now: int, cost_of: Any) -> None:
        """Where nothing is returned or taken, no record moves."""
        for entry in taken:
            item, history, _ = entry
            if item.charge.word == "release" or cost_of(item) == item.ask.cost or item.cycles != self._cycles(item):
                continue  # a period that a new billing cycle has ended early takes nothing back
            newest = dict(self.newest)
            at, amount = self.at(item.record, now), self.plans.amount(item.limit, item.subject)
            if item.limit.kind == "pace" and amount != item.amount:
                self.unsure = True  # what returns is rounded down, by as many ns as there are conversions
            before = history.used(at, amount), history.resets_at(at, amount)
            super().settle([entry], now, cost_of)
            if before == (history.used(at, amount), history.resets_at(at, amount)) and cost_of(item) < item.ask.cost:
                self.newest = newest

    def climb(self, items: list[Any], now: int) -> None:
        """Any charge on a record looks whether its subject climbs."""
        for scope, subject in dict.fromkeys(item.record for item in items):
            if len(scope) == 1:
                self.promote(scope[0], subject[0], now)


class Model(sluice_reference.Model):
    """What the C ABI says beyond the model: receipts end, and what changes nothing leaves no trace of its instant either."""

    def __init__(self, policy_text: str, stance: str) -> None:
        super().__init__(policy_text, stance)
        self.records = EngineWords(self.policy)
        self.made: dict[int, int] = {}  # receipt -> instant
        self.floor_of: dict[tuple[str, Any], int] = {}  # the floor when an idempotency key was made
        self.latest = 0

    def lived_until(self, now: int) -> None:
        """Receipts that have ended by then are over, even when the clock goes back."""
        self.latest = max(self.latest, now)
        for receipt, made in self.made.items():
            if self.latest >= made + RECEIPT_TTL:
                self.receipts.pop(receipt, None)

    def decide(self, *args: Any, now: int, **options: Any) -> sluice_reference.Decision:
        before = dict(self.keys)
        decision = super().decide(*args, now=now, **options)
        self.floor_of.update({key: self.records.floor for key, value in self.keys.items() if before.get(key) is not value})
        if not decision.details and decision.receipt is not None:
            self.receipts.pop(decision.receipt, None)  # nothing was charged, so there is nothing to settle
            return replace(decision, receipt=None)
        if decision.receipt is not None and not decision.replayed:
            self.made[decision.receipt] = now
        return decision

    def _first_decision(self, key: Any, asked: Any, now: int) -> Any:
        """Keys live by the caller's clock; a sweep may have ended those that a clock gone back would find alive."""
        if key is not None and (self._tenant(asked), key) in self.keys:
            made = self.keys[self._tenant(asked), key][0]
            earliest, latest = made + KEY_LIFETIME, max(made, self.floor_of.get((self._tenant(asked), key), 0)) + KEY_LIFETIME
            self.records.unsure |= max(now, self.records.floor) >= earliest and now < latest
        floor, self.records.floor = self.records.floor, 0
        try:
            return super()._first_decision(key, asked, now)
        finally:
            self.records.floor = floor

    def set_plan(self, dimension: str, value: str, plan: str, now: int) -> None:
        if self.records.plans.plan(dimension, value) != plan:
            super().set_plan(dimension, value, plan, now)

    def set_amount(self, limit: str, subject_values: list[str], amount: Any, now: int) -> None:
        if amount is not None or (limit, tuple(subject_values)) in self.records.plans.overrides:
            super().set_amount(limit, subject_values, amount, now)

    def clear_throttle(self, limit: str, subject: list[str], now: int) -> None:
        newest = dict(self.records.newest)
        super().clear_throttle(limit, subject, now)
        self.records.newest = newest

    def report_quality(self, dimension: str, value: str, quality: str, now: int) -> None:
        newest = dict(self.records.newest)
        events = len(self.records.events)
        super().report_quality(dimension, value, quality, now)
        if len(self.records.events) == events:
            self.records.newest = newest

    def refund(self, receipt: int, now: int) -> bool:
        """Everything that was taken, attempts and forced charges too."""
        self.records.check(now)
        self.lived_until(now)
        self.records.settle(self.receipts.get(receipt, []), now, lambda item: 0)
        return self.receipts.pop(receipt, None) is not None

    def commit(self, receipt: int, actual: dict[str, int], now: int) -> bool:
        self.lived_until(now)
        return super().commit(receipt, actual, now)


def beside(amount: Any) -> Any:
    """What stands beside the number of an amount."""
    return replace(amount, word="", number=None, period=None, base=None, times=None)


def is_followed(policy: Any, name: str) -> bool:
    return any(amount.base == name for limit in policy.limits.values() for amount in limit.amounts.values())


def keeps_its_terms(limit: Any) -> bool:
    """Whether a subject's own number means the same under every plan, for what stands beside it is the plan's of then."""
    every = {beside(amount) for amount in limit.amounts.values()}
    return len(every) == 1 and all(amount.depth[0] == "units" for amount in every)
