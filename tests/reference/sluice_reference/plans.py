"""What is configured per subject: its plan, its own amounts, its billing cycle, its quality."""

from .amount import Amount
from .calendar import Billing
from .errors import PolicyError, RequestError
from .policy import Limit, Policy


class Plans:
    def __init__(self, policy: Policy):
        self.policy = policy
        self.chosen = {}  # (dimension, value) -> plan
        self.overrides = {}  # (limit, subject) -> amount
        self.cycles = {}  # (dimension, value) -> [(since, Billing)], shared with the windows
        self.quality = {}  # (dimension, value) -> word
        self.reached = {}  # (dimension, value) -> when use last stood at the share that promotes

    def plan(self, dimension: str, value: str) -> str | None:
        subject = self.policy.subjects.get(dimension)
        return self.chosen.get((dimension, value), subject.default if subject else None)

    def amount(self, limit: Limit, subject: tuple) -> Amount:
        value_of = dict(zip(limit.scope, subject))

        def override_of(other: Limit):
            return self.overrides.get((other.name, tuple(value_of[dimension] for dimension in other.scope)))

        return self.policy.amount(limit, lambda by: self.plan(by, value_of[by]), override_of)

    def choose(self, dimension: str, value: str, plan: str) -> None:
        subject = self.policy.subjects.get(dimension)
        if subject is None or plan not in subject.plans:
            raise RequestError(f"{dimension} has no plan {plan!r}")
        self.chosen[dimension, value] = plan
        self.reached.pop((dimension, value), None)  # it was a share of the old plan's amount

    def override(self, limit: Limit, subject: tuple, amount) -> None:
        if limit.kind == "upstream":
            raise RequestError(f"{limit.name} has no amount")
        key = limit.name, subject
        before = self.overrides.get(key)
        if amount is None:
            self.overrides.pop(key, None)
        else:
            self.overrides[key] = amount
        try:
            value_of = dict(zip(limit.scope, subject))
            for other in self.policy.limits.values():  # also what derives from it
                if set(other.scope) <= set(limit.scope):
                    self.amount(other, tuple(value_of[dimension] for dimension in other.scope))
        except (PolicyError, ValueError):
            self.overrides.pop(key, None)
            if before is not None:
                self.overrides[key] = before
            raise

    def billing(self, dimension: str, value: str) -> list:
        if (dimension, value) not in self.cycles:
            subject = self.policy.subjects.get(dimension)
            self.cycles[dimension, value] = [(-1, subject.billing if subject else Billing())]
        return self.cycles[dimension, value]

    def promotion(self, dimension: str, value: str) -> dict | None:
        subject = self.policy.subjects.get(dimension)
        return subject.plans.get(self.plan(dimension, value)) if subject else None
