"""Durations, rates, shares and bursts, as the policy writes them. A duration is an integer of nanoseconds."""

import re
from fractions import Fraction

from .errors import PolicyError

SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

_UNITS = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": SECOND,
    "sec": SECOND,
    "min": MINUTE,
    "minute": MINUTE,
    "minutes": MINUTE,
    "h": HOUR,
    "hour": HOUR,
    "hours": HOUR,
    "day": DAY,
    "days": DAY,
    "week": WEEK,
    "weeks": WEEK,
}


def duration(text: str) -> int:
    """As in "60s" or "7 days"."""
    match = re.fullmatch(r"(\d+) ?([a-z]+)", text)
    if not match or match[2] not in _UNITS or int(match[1]) == 0:
        raise PolicyError(f"not a duration: {text!r}")
    return int(match[1]) * _UNITS[match[2]]


def rate(text: str) -> tuple[int, int]:
    """The amount and the period of "10/s" or "5/10s"."""
    amount, slash, period = text.partition("/")
    if not slash or not amount.isdigit() or int(amount) == 0:
        raise PolicyError(f"not a rate: {text!r}")
    return int(amount), _UNITS[period] if period in _UNITS else duration(period)


def share(text: str) -> Fraction:
    """As in "120%"."""
    if not text.endswith("%"):
        raise PolicyError(f"not a share: {text!r}")
    return Fraction(text[:-1]) / 100


def burst(text: str) -> tuple[Fraction, int]:
    """The factor and the duration of "2x for 10s"."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)x for (.+)", text)
    if not match:
        raise PolicyError(f"not a burst: {text!r}")
    return Fraction(match[1]), duration(match[2])


def ceil(number) -> int:
    return -((-number) // 1)


def floor(number) -> int:
    return number // 1
