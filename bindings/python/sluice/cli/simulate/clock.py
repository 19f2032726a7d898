"""The time column of a traffic file, as exact nanoseconds, and time compressed on request."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal, InvalidOperation, Overflow

from ..instants import END_OF_TIME, from_iso

UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
ISO = "iso"


def reader_of(unit: str) -> Callable[[str], int]:
    """A function from the text of a time to nanoseconds since the Unix epoch; it raises ValueError."""
    if unit == ISO:
        return from_iso
    scale = UNITS[unit]

    def read(text: str) -> int:
        if text.isascii() and text.isdigit():
            ns = int(text) * scale
            if ns < END_OF_TIME:
                return ns
        return _decimal(text, unit)

    return read


def compress(at: int, begin: int, factor: int) -> int:
    """The instant at which a message of time `at` is replayed: `begin + (at - begin) / factor`, floored to the ns."""
    return begin + (at - begin) // factor


def _decimal(text: str, unit: str) -> int:
    """Whole nanoseconds, floored. The range is looked at first: an exponent may be astronomic."""
    try:
        number = Decimal(text.strip().replace("_", "?")) * UNITS[unit]
        inside = 0 <= number < END_OF_TIME
    except (InvalidOperation, Overflow):
        raise ValueError(f"'{text}' is not a time in {unit}" + _hint(text)) from None
    if not inside:
        raise ValueError(f"'{text}' is not between 1970 and 2116, read as {unit}; see --time-unit")
    return int(number.to_integral_value(ROUND_FLOOR))


def _hint(text: str) -> str:
    try:
        from_iso(text)
    except ValueError:
        return ""
    return "; for dates there is --time-unit iso"
