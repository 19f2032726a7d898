"""One difference between two policies, and what it means for those it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

GAINS, LOSES, DIFFERS = "gains", "loses", "differs"

Parts = Mapping[str, str]
"""A rule in parts, each in words: what it allows, of whom, what then. Parts without words are not there."""


@dataclass(frozen=True)
class Change:
    """What is different for one plan of a dimension (None: for everybody)."""

    what: str  # "limit pair", "messages.send: limit pair"
    dimension: str | None
    plan: str | None
    before: str  # only what is different
    after: str
    verdict: str


def change(what: str, who: tuple[str | None, str | None], before: Parts, after: Parts, gains: Iterable[int]) -> list[Change]:
    """Nothing when the parts are the same. A gain together with a loss cannot be ranked."""
    different = [part for part in union(before, after) if before.get(part) != after.get(part)]
    if not different:
        return []
    dimension, plan = who
    return [Change(what, dimension, plan, _said(before, different), _said(after, different), verdict_of(gains))]


def verdict_of(gains: Iterable[int]) -> str:
    signs = {sign(gain) for gain in gains} - {0}
    if len(signs) != 1:
        return DIFFERS
    return GAINS if 1 in signs else LOSES


def sign(number: float | Fraction) -> int:
    """-1, 0 or 1."""
    return (number > 0) - (number < 0)


def union(*lists: Iterable[str]) -> list[str]:
    """Every name once, in the order of the first list and then of the others."""
    return list(dict.fromkeys(name for names in lists for name in names))


def _said(parts: Parts, different: Iterable[str]) -> str:
    return ", ".join(parts[part] for part in different if part in parts) or "nothing of the kind"
