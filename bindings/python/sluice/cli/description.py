"""A policy as Sluice has understood it: the JSON of docs/policy-description.md, typed.

Only what the command line speaks of is here. Durations, rates and shares are texts in the policy language's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Threshold:
    share: str  # "80%"
    at: int | None  # None: the amount is a word


@dataclass(frozen=True)
class Amount:
    """What one plan (None: everybody) gets of a limit."""

    plan: str | None
    word: str  # "number", "unlimited", "custom", "blocked"
    amount: int | None
    text: str
    derived: tuple[str, str] | None  # limit, times
    depth: int | str | None
    burst: str | None
    peak: int | None
    bank: int | None
    ceiling: str | None
    cap: int | None
    thresholds: tuple[Threshold, ...]


@dataclass(frozen=True)
class Limit:
    name: str
    scope: tuple[str, ...]
    kind: str
    mode: str
    unit: str
    denies_as: str
    period: str | None
    zone: str | None
    slots: int | None
    margin: str | None
    exemption: str | None
    named: bool
    lease: str | None
    slack: str | None
    longest: str | None
    by: str | None
    amounts: tuple[Amount, ...]

    def amount_of(self, plan: str | None) -> Amount | None:
        """The amount of a plan; that of everybody when plans do not matter; None for an upstream limit."""
        return next((amount for amount in self.amounts if amount.plan in (plan, None)), None)


@dataclass(frozen=True)
class Charge:
    limit: str
    cost: int | str
    each: str | None
    of: str | None
    charge: str
    mode: str
    while_queued: bool


@dataclass(frozen=True)
class Operation:
    name: str
    values: tuple[str, ...]
    repeats: str | None
    quantities: tuple[str, ...]
    pool: str | None
    queueable: bool
    message_class: str | None
    charges: tuple[Charge, ...]


@dataclass(frozen=True)
class Retry:
    first: str
    longest: str
    jitter: str | None
    attempts: int | None


@dataclass(frozen=True)
class Hours:
    open: tuple[str, ...]
    zone: tuple[str, ...]
    margin: str | None
    on_close: str


@dataclass(frozen=True)
class MessageClass:
    name: str
    delivery: str
    ttl: str | None
    reserve: int | None
    hours: Hours | None


@dataclass(frozen=True)
class Queue:
    lease: str
    wait: str | None
    in_flight: int | None
    payload: int
    floor: int | None
    retry: Retry
    classes: tuple[MessageClass, ...]
    weights: Mapping[str, int]  # by plan of the tenant


@dataclass(frozen=True)
class Pool:
    name: str
    sticky: bool
    recipient: str | None
    by: tuple[str, ...]
    on_suspend: str
    on_full: str
    return_home: bool
    forget_after: str | None
    new_recipients: int | None


@dataclass(frozen=True)
class PlanSet:
    scope: str
    plans: tuple[str, ...]
    promotions: Mapping[str, str]  # plan: "to tier_2 at 50% of conversations within 7 days at quality green"
    default: str | None
    billing: str  # "day 1, 00:00 UTC"


@dataclass(frozen=True)
class Description:
    name: str
    stance: str
    line: str | None  # the dimension of the sending number
    plan_sets: tuple[PlanSet, ...]
    limits: tuple[Limit, ...]
    operations: tuple[Operation, ...]
    queue: Queue | None
    pools: tuple[Pool, ...]

    def limit(self, name: str) -> Limit:
        return next(limit for limit in self.limits if limit.name == name)

    def operation(self, name: str) -> Operation | None:
        return next((operation for operation in self.operations if operation.name == name), None)

    def pool(self, name: str) -> Pool | None:
        return next((pool for pool in self.pools if pool.name == name), None)

    def plans_of(self, dimension: str) -> PlanSet | None:
        return next((plans for plans in self.plan_sets if plans.scope == dimension), None)


def description_of(document: Mapping[str, Any]) -> Description:
    return Description(
        name=document["name"],
        stance=document["stance"],
        line=document["line"],
        plan_sets=tuple(_plan_set(entry) for entry in document["plan_sets"]),
        limits=tuple(_limit(entry) for entry in document["limits"]),
        operations=tuple(_operation(entry) for entry in document["operations"]),
        queue=_queue(document["queue"]) if document["queue"] else None,
        pools=tuple(_pool(entry) for entry in document["pools"]),
    )


def _plan_set(entry: Mapping[str, Any]) -> PlanSet:
    promotions = {plan["name"]: _promotion(plan["promotes"]) for plan in entry["plans"] if plan["promotes"]}
    billing = entry["billing"]
    cycle = f"day {billing['day']}, {billing['time']} {billing['zone']}"
    return PlanSet(entry["scope"], tuple(plan["name"] for plan in entry["plans"]), promotions, entry["default"], cycle)


def _promotion(rule: Mapping[str, Any]) -> str:
    quality = f" at quality {rule['quality']}" if rule["quality"] else ""
    return f"to {rule['to']} once {rule['at']} of {rule['limit']} was in use within {rule['within']}{quality}"


def _limit(entry: Mapping[str, Any]) -> Limit:
    return Limit(
        name=entry["name"],
        scope=tuple(entry["scope"].split(",")),
        kind=entry["kind"],
        mode=entry["mode"],
        unit=entry["unit"],
        denies_as=entry["denies_as"],
        period=entry["period"],
        zone=entry["zone"],
        slots=entry["slots"],
        margin=entry["margin"],
        exemption=entry["exemption"],
        named=entry["named"],
        lease=entry["lease"],
        slack=entry["slack"],
        longest=entry["longest"],
        by=entry["by"],
        amounts=tuple(_amount(amount) for amount in entry["amounts"]),
    )


def _amount(entry: Mapping[str, Any]) -> Amount:
    derived = entry["derived"]
    return Amount(
        plan=entry["plan"],
        word=entry["word"],
        amount=entry.get("amount"),
        text=entry["text"],
        derived=(derived["of"], derived["times"]) if derived else None,
        depth=entry.get("depth"),
        burst=entry.get("burst"),
        peak=entry.get("peak"),
        bank=entry.get("bank"),
        ceiling=entry.get("ceiling"),
        cap=entry.get("cap"),
        thresholds=tuple(Threshold(mark["share"], mark["at"]) for mark in entry.get("thresholds", [])),
    )


def _operation(entry: Mapping[str, Any]) -> Operation:
    return Operation(
        name=entry["name"],
        values=tuple(entry["values"]),
        repeats=entry["repeats"],
        quantities=tuple(entry["quantities"]),
        pool=entry["pool"],
        queueable=entry["queueable"],
        message_class=entry["class"],
        charges=tuple(_charge(charge) for charge in entry["charges"]),
    )


def _class(entry: Mapping[str, Any]) -> MessageClass:
    said = entry["hours"]
    hours = said and Hours(tuple(said["open"]), tuple(said["zone"]), said["margin"], said["on_close"])
    return MessageClass(entry["class"], entry["delivery"], entry["ttl"], entry["reserve"], hours)


def _queue(entry: Mapping[str, Any]) -> Queue:
    retry = entry["retry"]
    return Queue(
        lease=entry["lease"],
        wait=entry["wait"],
        in_flight=entry["in_flight"],
        payload=entry["payload"],
        floor=entry["floor"],
        retry=Retry(retry["first"], retry["longest"], retry["jitter"], retry["attempts"]),
        classes=tuple(_class(one) for one in entry["classes"]),
        weights={one["plan"]: one["weight"] for one in entry["weights"]},
    )


def _pool(entry: Mapping[str, Any]) -> Pool:
    return Pool(
        name=entry["name"],
        sticky=entry["sticky"],
        recipient=entry["recipient"],
        by=tuple(entry["by"]),
        on_suspend=entry["on_suspend"],
        on_full=entry["on_full"],
        return_home=entry["return_home"],
        forget_after=entry["forget_after"],
        new_recipients=entry["new_recipients"],
    )


def _charge(entry: Mapping[str, Any]) -> Charge:
    return Charge(
        limit=entry["limit"],
        cost=entry["cost"],
        each=entry["each"],
        of=entry["of"],
        charge=entry["charge"],
        mode=entry["mode"],
        while_queued=entry["while"] == "queued",
    )
