"""Instants and spans: whole nanoseconds in the program, words and ISO 8601 for people.

Sluice computes in whole nanoseconds since the Unix epoch, and so does everything here: no floating point.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
END_OF_TIME = 1 << 62  # instants are below this: the year 2116

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<clock>\d\d:\d\d(?::\d\d)?)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
UNITS = ((DAY, "day"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns"))


def from_iso(text: str) -> int:
    """`2026-03-01`, `2026-03-01T09:30:00.5Z`, `2026-03-01 09:30+02:00`; without a zone, UTC. Raises ValueError."""
    parts = _ISO.fullmatch(text.strip())
    if parts is None:
        raise ValueError(f"'{text}' is not an instant like 2026-03-01T09:30:00Z")
    clock = parts["clock"] or "00:00"
    try:
        when = datetime.fromisoformat(f"{parts['date']}T{clock}").replace(tzinfo=timezone.utc)
    except ValueError as wrong:
        raise ValueError(f"'{text}' is not an instant: {wrong}") from None
    whole = (when - _EPOCH) // timedelta(seconds=1) * SECOND
    fraction = int((parts["fraction"] or "").ljust(9, "0"))
    return in_range(whole + fraction - _offset(parts["zone"] or "Z"), text)


def in_range(instant: int, text: str) -> int:
    if not 0 <= instant < END_OF_TIME:
        raise ValueError(f"'{text}' is not between 1970 and 2116")
    return instant


def instant(ns: int) -> str:
    """`2026-03-01 09:30:00`, with as much of the second's fraction as there is. UTC, said by the caller."""
    text = (_EPOCH + timedelta(seconds=ns // SECOND)).strftime("%Y-%m-%d %H:%M:%S")
    fraction = f"{ns % SECOND:09d}".rstrip("0")
    return f"{text}.{fraction}" if fraction else text


def iso(ns: int) -> str:
    return instant(ns).replace(" ", "T") + "Z"


def to_datetime(ns: int) -> datetime:
    """For plots only: cut to the microsecond."""
    return _EPOCH + timedelta(microseconds=ns // 1_000)


def span(ns: int) -> str:
    """The two largest units: `12 days 3 h`, `1 min 30 s`, `250 ms`, `0 s`. Cut, never rounded up."""
    words: list[str] = []
    for size, unit in UNITS:
        count, rest = divmod(ns, size)
        if count:
            words.append(_counted(count, unit))
        elif words:
            break
        ns = rest
        if len(words) == 2:
            break
    return " ".join(words) or "0 s"


def _counted(count: int, unit: str) -> str:
    return f"{count:,} {unit}{'s' if unit == 'day' and count != 1 else ''}"


def _offset(zone: str) -> int:
    if zone in "Zz":
        return 0
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * HOUR + int(zone[-2:]) * MINUTE)
