"""The operations of two policies, and what each charges."""

from __future__ import annotations

from collections.abc import Iterator

from .. import words
from ..description import Charge, Description, Limit, Operation
from ..queues import waiting
from .change import Change, Parts, change, sign, union
from .limits import MODES

_EVERYBODY = (None, None)
_CHARGES = {"attempt": 0, "normal": 1, "forced": 2, "exempt": 3}


def operation_changes(a: Description, b: Description) -> Iterator[Change]:
    for name in union((o.name for o in a.operations), (o.name for o in b.operations)):
        one, other = a.operation(name), b.operation(name)
        if one is not None and other is not None:
            yield from _charges(a, b, one, other)
        else:
            gain = 1 if one is None else -1
            yield from change(f"operation {name}", _EVERYBODY, _operation_parts(one), _operation_parts(other), [gain])


def _charges(a: Description, b: Description, one: Operation, other: Operation) -> Iterator[Change]:
    yield from change(f"operation {one.name}", _EVERYBODY, _operation_parts(one), _operation_parts(other), [0])
    known = {limit.name for limit in a.limits} & {limit.name for limit in b.limits}
    for name in union((c.limit for c in one.charges), (c.limit for c in other.charges)):
        if name in known:  # what a limit of one side only means has been said
            pair = _charge_on(one, name), _charge_on(other, name)
            limits = a.limit(name), b.limit(name)
            special = any(charge and charge.mode != limit.mode for charge, limit in zip(pair, limits))
            parts = _charge_parts(limits[0], pair[0], special), _charge_parts(limits[1], pair[1], special)
            yield from change(f"{one.name}: limit {name}", _EVERYBODY, *parts, _charge_gains(*pair))


def _operation_parts(operation: Operation | None) -> Parts:
    return {"operation": f"takes {words.takes(operation)}{waiting(operation)}"} if operation else {}


def _charge_parts(limit: Limit, charge: Charge | None, special: bool) -> Parts:
    """The mode only where a charge has one of its own: else it is a difference of the limits."""
    if charge is None:
        return {}
    parts = {"cost": f"takes {words.cost(charge)}", "charge": words.charged(charge)}
    if special:
        parts["end"] = words.then(limit, charge.mode)
    if charge.of:
        parts["value"] = f"the value of {charge.of}"
    return parts


def _charge_gains(one: Charge | None, other: Charge | None) -> Iterator[int]:
    if one is None or other is None:
        only = one or other
        yield 0 if only is None or only.charge == "release" else 1 if other is None else -1
        return
    if isinstance(one.cost, int) and isinstance(other.cost, int):
        yield sign(one.cost - other.cost)
    yield bool(one.each) - bool(other.each)
    yield sign(MODES[other.mode] - MODES[one.mode])
    if one.charge in _CHARGES and other.charge in _CHARGES:
        yield sign(_CHARGES[other.charge] - _CHARGES[one.charge])


def _charge_on(operation: Operation, limit: str) -> Charge | None:
    return next((charge for charge in operation.charges if charge.limit == limit), None)
