"""The answers: a decision, its details, and the events that charging left behind."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Detail:
    """One charged limit and subject as it stands after the decision, seen at max(now, newest commit of its record)."""

    limit_name: str
    subject: tuple
    limit: int | None  # None: unlimited, or a kind without a number
    used: int
    remaining: int | None  # never negative, never above `limit`
    resets_at: int | None  # None: not by time alone
    opens_at: int | None  # when the same charge would pass (again); None: never, or not by time alone


@dataclass(frozen=True)
class Decision:
    outcome: str  # "allowed", "denied", "would_queue"
    denial: str | None = None  # the kind of a denial
    limit: str | None = None  # the named limit
    subject: tuple | None = None  # and its subject
    wait_kind: str = "none"  # "none", "exact", "never", "unknown", "bound"
    retry_after: int | None = None  # ns from the caller's own now; only when exact
    largest_cost: int | None = None  # only when never
    replayed: bool = False
    receipt: int | None = None
    details: tuple = field(default=())

    @property
    def allowed(self) -> bool:
        return self.outcome == "allowed"


@dataclass(frozen=True)
class Event:
    kind: str  # "threshold", "promotion", "saturated"
    at: int
    limit: str | None = None
    subject: tuple | None = None
    percent: int | None = None  # threshold
    cause: str | None = None  # "charge" or "plan_change"
    dimension: str | None = None  # promotion
    plan_from: str | None = None
    plan_to: str | None = None
