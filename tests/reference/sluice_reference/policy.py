"""A policy as plain objects: its subjects, limits and operations, after the overlay of its stance."""

from dataclasses import dataclass, field

from . import amount as amounts
from . import calendar, jsonc, overlay, units
from .amount import Amount
from .errors import PolicyError, RequestError

_DENIES_AS = {"pace": "rate", "sliding": "rate", "distinct": "distinct", "gauge": "gauge", "upstream": "upstream"}


@dataclass
class Subject:
    dimension: str
    plans: dict  # name -> its `promotes`, or None
    default: str | None
    billing: calendar.Billing


@dataclass
class Limit:
    fields: dict
    order: int
    amounts: dict  # plan -> Amount; None -> the one amount
    cycle: object = None  # of a window: an edge-giver; None for "from first" and billing
    length: int | None = None  # of a period that is a duration
    from_first: bool = False

    def __post_init__(self):
        self.name, self.scope, self.kind = self.fields["name"], tuple(self.fields["scope"]), self.fields["kind"]
        self.mode = self.fields.get("mode", "deny")
        self.by = self.fields.get("by") or (self.scope[0] if len(self.scope) == 1 else None)

    def duration(self, name: str, default=None):
        return units.duration(self.fields[name]) if name in self.fields else default


@dataclass
class Charge:
    limit: Limit
    cost: int | str
    each: bool
    of: str | None
    word: str | None  # "attempt", "forced", "exempt", "release"
    mode: str
    while_queued: bool


@dataclass
class Operation:
    name: str
    values: list
    repeats: str | None
    quantities: list
    charges: list


@dataclass
class Policy:
    name: str
    tenant: str
    subjects: dict = field(default_factory=dict)
    limits: dict = field(default_factory=dict)
    operations: dict = field(default_factory=dict)

    def limit(self, name: str) -> Limit:
        if name not in self.limits:
            raise RequestError(f"no limit {name!r}")
        return self.limits[name]

    def amount(self, limit: Limit, plan_of, override_of, trail=()) -> Amount:
        """The effective amount, given which plan a dimension is on and what was set for a limit's own subject."""
        if limit.name in trail:
            raise PolicyError(f"amounts go in a circle: {' -> '.join(trail)} -> {limit.name}")
        amount = limit.amounts[None] if None in limit.amounts else limit.amounts[plan_of(limit.by)]
        override = override_of(limit)
        if override is not None:
            return amounts.with_value(amount, limit.kind, override)
        if amount.word != "derived":
            return amount
        base = self.limits[amount.base]
        if not set(base.scope) <= set(limit.scope):
            raise PolicyError(f"{limit.name} has no single {base.name} to follow")
        effective = self.amount(base, plan_of, override_of, (*trail, limit.name))
        return amounts.derived(amount, limit.kind, effective, base.length)


def read(text: str, stance: str) -> Policy:
    fields = overlay.apply(jsonc.read(text), stance)
    policy = Policy(fields["name"], fields["tenant"])
    for subject in fields.get("subjects", []):
        policy.subjects[subject["scope"][0]] = _subject(subject)
    for order, limit in enumerate(fields["limits"]):
        policy.limits[limit["name"]] = _limit(limit, order)
    for operation in fields["operations"]:
        policy.operations[operation["name"]] = _operation(operation, policy)
    for limit in policy.limits.values():
        _check_amounts(policy, limit)
        if limit.kind == "gauge":
            _name_the_denial_of_a_queue_depth(policy, limit)
    return policy


def _subject(fields: dict) -> Subject:
    billing = fields.get("billing", {})
    cycle = calendar.Billing(billing.get("day", 1), billing.get("time", "00:00"), billing.get("zone", "UTC"))
    plans = {plan["name"]: plan.get("promotes") for plan in fields.get("plans", [])}
    if plans and fields.get("default") not in plans:
        raise PolicyError(f"{fields['scope']} needs a default plan")
    return Subject(fields["scope"][0], plans, fields.get("default"), cycle)


def _limit(fields: dict, order: int) -> Limit:
    kind = fields["kind"]
    if kind == "upstream":
        by_plan = {None: Amount("unlimited")}
    elif "amounts" in fields:
        by_plan = {entry["plan"]: amounts.read(kind, entry) for entry in fields["amounts"]}
    else:
        by_plan = {None: amounts.read(kind, fields)}
    limit = Limit(fields, order, by_plan)
    period = fields.get("period")
    if kind in ("sliding", "distinct"):
        limit.length = units.duration(period)
    elif kind == "window" and period in ("day", "week", "month", "year"):
        limit.cycle = calendar.Calendar(period, fields.get("zone", "UTC"))
    elif kind == "window" and period != "billing":
        limit.from_first = period.endswith(" from first")
        limit.length = units.duration(period.removesuffix(" from first"))
        limit.cycle = None if limit.from_first else calendar.Aligned(limit.length)
    limit.denies_as = fields.get("denies_as") or _DENIES_AS.get(kind)
    if limit.denies_as is None:
        limit.denies_as = "quota" if calendar.is_day_or_more(period, limit.length) else "rate"
    return limit


def _operation(fields: dict, policy: Policy) -> Operation:
    charges = []
    for charge in fields["charges"]:
        limit = policy.limits[charge["limit"]]
        if not set(limit.scope) <= set(fields["values"]):
            raise PolicyError(f"{fields['name']} does not bring {limit.scope} of {limit.name}")
        if fields.get("repeats") in limit.scope and "each" not in charge:
            raise PolicyError(f"{fields['name']} must say each for {limit.name}")
        cost, mode, while_queued = charge.get("cost", 1), charge.get("mode", limit.mode), charge.get("while") == "queued"
        charges.append(Charge(limit, cost, "each" in charge, charge.get("of"), charge.get("charge"), mode, while_queued))
    return Operation(fields["name"], fields["values"], fields.get("repeats"), fields.get("quantities", []), charges)


def _check_amounts(policy: Policy, limit: Limit) -> None:
    """Every plan has its amount, derived ones come to something, and none goes in a circle."""
    subject = policy.subjects.get(limit.by)
    for plan in (subject.plans if subject else None) or [None]:
        if None not in limit.amounts and plan not in limit.amounts:
            raise PolicyError(f"{limit.name} has no amount for plan {plan!r}")
        policy.amount(limit, lambda by, own=plan: own if by == limit.by else policy.subjects[by].default, lambda limit: None)


def _name_the_denial_of_a_queue_depth(policy: Policy, limit: Limit) -> None:
    charges = [c for operation in policy.operations.values() for c in operation.charges if c.limit is limit]
    if charges and all(charge.while_queued for charge in charges) and "denies_as" not in limit.fields:
        limit.denies_as = "depth"
