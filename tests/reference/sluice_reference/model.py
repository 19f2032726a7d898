"""The model: every call of the engine that decides, configures or asks."""

from dataclasses import replace

from . import policy as policies
from . import request
from .calendar import Billing
from .decision import Decision
from .errors import KeyReused, RequestError
from .records import Records
from .units import DAY
from .verdict import Verdict

KEY_LIFETIME = DAY


class Model:
    def __init__(self, policy_text: str, stance: str = "enforce"):
        self.policy = policies.read(policy_text, stance)
        self.records = Records(self.policy)
        self.receipts = {}  # id -> what was taken; settled ones are gone
        self.keys = {}  # (tenant, key) -> (instant, request, decision)
        self.decisions = 0

    # Deciding.

    def decide(self, operation, values, quantities=None, now=None, peek=False, receipt=False, idempotency_key=None) -> Decision:
        self.records.check(now)
        if operation not in self.policy.operations:
            raise RequestError(f"no operation {operation!r}")
        operation = self.policy.operations[operation]
        values, quantities = request.normal(operation, values), request.counted(operation, quantities or {})
        items = request.items(operation, values, quantities, self.decisions + 1)
        asked = operation.name, values, quantities
        first = self._first_decision(idempotency_key, asked, now)
        if first is not None:
            return self._replayed(first, items, now, peek)

        verdict = Verdict(items, now, self.records)  # an unset amount is an error before anything happens
        self.decisions += 1
        taken = [] if peek else self.records.take(verdict.to_take(), now)
        keep = verdict.outcome == "allowed" and not peek
        if keep and receipt:
            self.receipts[self.decisions] = taken
        wait_kind, retry_after, largest_cost = verdict.wait()  # counted from what this decision leaves behind
        named = verdict.named
        decision = Decision(
            outcome=verdict.outcome,
            denial=verdict.denial,
            limit=named and named.limit.name,
            subject=named and named.subject,
            wait_kind=wait_kind,
            retry_after=retry_after,
            largest_cost=largest_cost,
            receipt=self.decisions if keep and receipt else None,
            details=tuple(self.records.detail(item.limit, item.subject, now, item) for item in items),
        )
        if keep and idempotency_key is not None:
            self.keys[self._tenant(asked), idempotency_key] = now, asked, decision
        self.records.climb([item for item, _, _ in taken], now)
        return decision

    def _tenant(self, asked) -> str:
        operation, values, _ = asked
        if self.policy.tenant not in values:
            raise RequestError(f"{operation} has no {self.policy.tenant} to keep a key under")
        return values[self.policy.tenant]

    def _first_decision(self, key, asked, now) -> Decision | None:
        if key is None:
            return None
        instant, first_asked, decision = self.keys.get((self._tenant(asked), key), (None, None, None))
        if instant is None or max(now, self.records.floor, instant) >= instant + KEY_LIFETIME:
            return None
        if first_asked != asked:
            raise KeyReused(f"key {key!r} was used for another request")
        return decision

    def _replayed(self, first, items, now, peek) -> Decision:
        """The first answer again; of the charges only the attempts."""
        attempts = Verdict([item for item in items if item.is_attempt], now, self.records)
        if not peek:
            self.records.take(attempts.passing, now)
            self.records.climb(attempts.passing, now)
        return replace(first, replayed=True)

    # What a receipt names. False: it was settled before.

    def refund(self, receipt, now) -> bool:
        """Returns what was taken; what really happened (attempt, forced, exempt, release) stays."""
        self.records.check(now)
        taken = self.receipts.get(receipt, [])
        self.records.settle(taken, now, lambda item: item.ask.cost if item.charge.word else 0)
        return self.receipts.pop(receipt, None) is not None

    def commit(self, receipt, actual: dict, now) -> bool:
        """Returns the rest, or takes the excess, of every charge whose cost is a named quantity."""
        self.records.check(now)

        def cost_of(item):
            return actual[item.charge.cost] * item.times if item.charge.cost in actual else item.ask.cost

        self.records.settle(self.receipts.get(receipt, []), now, cost_of)
        return self.receipts.pop(receipt, None) is not None

    # Configuration.

    def set_plan(self, dimension, value, plan, now) -> None:
        self.records.check(now)
        value, plans = request.text(value), self.records.plans
        self.records.change(((dimension,), (value,)), now, lambda: plans.choose(dimension, value, plan))

    def set_amount(self, limit, subject_values, amount, now) -> None:
        """An integer, the text of a pace's rate, "unlimited" or "blocked"; None goes back to the plan's."""
        self.records.check(now)
        limit, subject = self._limit_and_subject(limit, subject_values)
        self.records.change((limit.scope, subject), now, lambda: self.records.plans.override(limit, subject, amount))

    def set_billing(self, dimension, value, day, time, zone, now) -> None:
        """Usage stays; the period that runs now ends at the next edge of the new cycle."""
        self.records.check(now)
        value, cycle = request.text(value), Billing(day, time, zone)
        record = (dimension,), (value,)
        self.records.plans.billing(dimension, value).append((self.records.at(record, now), cycle))
        self.records.touch(record, now)

    def set_usage(self, limit, subject_values, used, now) -> None:
        """For migrations: what was used elsewhere. No event tells of it."""
        self.records.check(now)
        limit, subject = self._limit_and_subject(limit, subject_values)
        history, record = self.records.history(limit, subject), (limit.scope, subject)
        if not hasattr(history, "set_used"):
            raise RequestError(f"the usage of a {limit.kind} cannot be set")
        history.set_used(self.records.at(record, now), used, self.records.amount(limit, subject))
        self.records.histories[limit.name, subject] = history
        self.records.touch(record, now)

    def reset(self, dimension, value, now) -> None:
        """Forgets what a subject has used of the limits on it alone; plan, amounts and billing cycle stay."""
        self.records.check(now)
        subject = (request.text(value),)
        for limit in self.policy.limits.values():
            if limit.scope == (dimension,):
                self.records.histories.pop((limit.name, subject), None)
        self.records.touch(((dimension,), subject), now)

    def report_throttled(self, limit, subject, retry_after, now) -> None:
        self._upstream(limit, subject, now, lambda history, at: history.throttle(at, retry_after))

    def clear_throttle(self, limit, subject, now) -> None:
        self._upstream(limit, subject, now, lambda history, at: history.clear())

    def _upstream(self, limit, subject, now, act) -> None:
        self.records.check(now)
        limit, subject = self._limit_and_subject(limit, subject)
        if limit.kind != "upstream":
            raise RequestError(f"{limit.name} is no upstream limit")
        record, history = (limit.scope, subject), self.records.history(limit, subject)
        act(history, self.records.at(record, now))
        self.records.histories[limit.name, subject] = history
        self.records.touch(record, now)

    def report_quality(self, dimension, value, quality, now) -> None:
        self.records.check(now)
        value = request.text(value)
        self.records.plans.quality[dimension, value] = quality
        self.records.touch(((dimension,), (value,)), now)
        self.records.promote(dimension, value, now)

    def sweep(self, now, clock=None) -> None:
        """Raises the floor, never beyond the engine's own clock."""
        self.records.floor = max(self.records.floor, now if clock is None else min(now, clock))

    def _limit_and_subject(self, name, values) -> tuple:
        limit, subject = self.policy.limit(name), tuple(request.text(value) for value in values)
        if len(subject) != len(limit.scope):
            raise RequestError(f"{name} is kept for {limit.scope}")
        return limit, subject

    # Asking.

    def usage(self, dimension, value, now) -> list:
        """Every limit on this dimension alone, in policy order; `opens_at` is left empty."""
        self.records.check(now)
        subject = (request.text(value),)
        limits = [limit for limit in self.policy.limits.values() if limit.scope == (dimension,)]
        return [self.records.detail(limit, subject, now) for limit in limits]

    def drain_events(self) -> list:
        events, self.records.events = self.records.events, []
        return events
