"""Whether the amount of a limit is more or less than before, for one plan."""

from __future__ import annotations

from collections.abc import Iterator

from ..description import Amount, Limit
from ..lengths import length, rate, share
from .change import sign

_WORDS = {"blocked": 0, "number": 1, "unlimited": 2}


def amount_gains(one: Limit, other: Limit, a: Amount | None, b: Amount | None) -> Iterator[int]:
    """A sign for everything that is different: 1 more, -1 less, 0 cannot be ranked."""
    if a is None or b is None:
        return
    if a.word != b.word:
        ranked = a.word in _WORDS and b.word in _WORDS
        yield sign(_WORDS[b.word] - _WORDS[a.word]) if ranked else 0
    elif a.word == "number":
        yield from _pace(a, b) if one.kind == other.kind == "pace" else _number(one, other, a, b)
        yield from _beside(a, b)


def _pace(a: Amount, b: Amount) -> Iterator[int]:
    before, after = rate(a.text), rate(b.text)
    if before is not None and after is not None:
        yield sign(after - before)


def _number(one: Limit, other: Limit, a: Amount, b: Amount) -> Iterator[int]:
    """More in the same time, or as much in less, is a gain."""
    yield sign((b.amount or 0) - (a.amount or 0))
    before, after = length(one.period), length(other.period)
    if before is not None and after is not None:
        yield sign(before - after)


def _beside(a: Amount, b: Amount) -> Iterator[int]:
    """What stands beside an amount: depth, burst, ceiling."""
    if a.depth is not None and b.depth is not None:
        yield sign(_depth(b) - _depth(a))
    if a.burst != b.burst:
        yield sign((b.peak or 0) - (a.peak or 0)) or sign((b.bank or 0) - (a.bank or 0))
    yield sign(share(b.ceiling) - share(a.ceiling))


def _depth(amount: Amount) -> float:
    """In units: a duration is what the rate gives in that time."""
    if isinstance(amount.depth, int):
        return amount.depth
    return float((rate(amount.text) or 0) * (length(amount.depth) or 0))
