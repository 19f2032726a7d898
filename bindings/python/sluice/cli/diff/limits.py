"""The limits of two policies, by name and plan."""

from __future__ import annotations

from collections.abc import Iterator

from .. import words
from ..description import Description, Limit
from ..lengths import length
from .amounts import amount_gains
from .change import Change, Parts, change, sign, union

MODES = {"deny": 0, "queue": 1, "shadow": 2, "advise": 3}
_KINDS = {("window", "sliding"): -1, ("sliding", "window"): 1}


def limit_changes(a: Description, b: Description) -> Iterator[Change]:
    befores, afters = {limit.name: limit for limit in a.limits}, {limit.name: limit for limit in b.limits}
    for name in union(befores, afters):
        one, other = befores.get(name), afters.get(name)
        for plan in _plans(one, other):
            by = next((limit.by for limit in (one, other) if limit and limit.by), None) if plan else None
            yield from change(f"limit {name}", (by, plan), _parts(one, plan), _parts(other, plan), _gains(one, other, plan))


def _plans(one: Limit | None, other: Limit | None) -> list[str | None]:
    """Those by which the amount varies on either side; None when on neither."""
    plans = {amount.plan: None for limit in (one, other) if limit for amount in limit.amounts}
    named: list[str | None] = [plan for plan in plans if plan is not None]
    return named or [None]


def _parts(limit: Limit | None, plan: str | None) -> Parts:
    if limit is None:
        return {}
    amount = limit.amount_of(plan)
    parts = {
        "allowance": words.allowance(limit, amount),
        "scope": words.whose(limit),
        "end": words.then(limit, limit.mode),
        "slots": f"counted in {limit.slots:,} slots" if limit.slots else "",
        "notices": f"notices at {', '.join(mark.share for mark in amount.thresholds)}" if amount and amount.thresholds else "",
        "exemption": f"exempt for {words.spaced(limit.exemption)}" if limit.exemption else "",
        "lease": f"released after {words.spaced(limit.lease)}" if limit.lease else "",
        "slack": f"{words.spaced(limit.slack)} of slack" if limit.slack else "",
    }
    return {part: text for part, text in parts.items() if text}


def _gains(one: Limit | None, other: Limit | None, plan: str | None) -> Iterator[int]:
    if one is None or other is None:
        yield _binds(one, plan) - _binds(other, plan)
        return
    yield sign(MODES[other.mode] - MODES[one.mode])
    yield _KINDS.get((one.kind, other.kind), 0)
    yield (one.slots is not None) - (other.slots is not None) if one.kind == other.kind else 0
    yield -_longer(one.margin, other.margin)
    yield _longer(one.exemption, other.exemption)
    yield _longer(one.slack, other.slack)
    yield -_longer(one.longest, other.longest)
    yield from amount_gains(one, other, one.amount_of(plan), other.amount_of(plan))


def _binds(limit: Limit | None, plan: str | None) -> int:
    """1 when it can refuse or hold anything of this plan."""
    if limit is None or limit.mode in ("advise", "shadow"):
        return 0
    amount = limit.amount_of(plan)
    return 0 if amount is not None and amount.word == "unlimited" else 1


def _longer(one: str | None, other: str | None) -> int:
    return sign((length(other) or 0) - (length(one) or 0))
