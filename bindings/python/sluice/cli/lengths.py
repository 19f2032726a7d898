"""Durations, rates and shares of the policy language as exact numbers, for comparing them."""

from __future__ import annotations

import re
from fractions import Fraction

from .instants import DAY, HOUR, MINUTE, SECOND

_UNITS = {
    "ns": 1, "us": 1_000, "ms": 1_000_000, "s": SECOND, "sec": SECOND, "min": MINUTE, "minute": MINUTE,
    "h": HOUR, "hour": HOUR, "day": DAY, "week": 7 * DAY,
}  # fmt: skip
_DURATION = re.compile(r"(\d*) ?([a-z]+?)s?")


def length(text: str | None) -> int | None:
    """Nanoseconds of `60s`, `24h`, `31 days`, `60s from first`, `day`; None for what has no fixed length, like a month."""
    found = _DURATION.fullmatch((text or "").removesuffix(" from first"))
    if found is None:
        return None
    unit = _UNITS.get(found[2]) or _UNITS.get(f"{found[2]}s")
    return int(found[1] or 1) * unit if unit else None


def rate(text: str) -> Fraction | None:
    """Units per nanosecond of `80/s`, `1/10s`."""
    units, _, period = text.partition("/")
    per = length(period)
    return Fraction(int(units), per) if units.isdigit() and per else None


def share(text: str | None) -> Fraction:
    """`120%` as 6/5; no text is the whole."""
    return Fraction(text.rstrip("%")) / 100 if text else Fraction(1)
