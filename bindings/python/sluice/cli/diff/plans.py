"""The plans of two policies, and how their subjects are promoted."""

from __future__ import annotations

from collections.abc import Iterator

from ..description import Description, PlanSet
from .change import Change, Parts, change, union


def plan_changes(a: Description, b: Description) -> Iterator[Change]:
    for dimension in union((s.scope for s in a.plan_sets), (s.scope for s in b.plan_sets)):
        one, other = a.plans_of(dimension), b.plans_of(dimension)
        yield from change("plans", (dimension, None), _parts(one), _parts(other), [0])
        for plan in union(one.plans if one else (), other.plans if other else ()):
            before, after = _promotion(one, plan), _promotion(other, plan)
            yield from change("promotion", (dimension, plan), before, after, [len(after) - len(before)])


def _parts(plans: PlanSet | None) -> Parts:
    if plans is None:
        return {}
    default = f"{plans.default} by default" if plans.default else "none by default"
    return {"plans": ", ".join(plans.plans), "default": default, "billing": f"billing from {plans.billing}"}


def _promotion(plans: PlanSet | None, plan: str) -> Parts:
    rule = plans.promotions.get(plan) if plans else None
    return {"promotion": rule} if rule else {}
