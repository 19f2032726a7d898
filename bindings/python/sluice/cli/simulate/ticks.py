"""Marks on a time axis where a person would put them: full hours, days, months, with the date where it is news."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from ..instants import DAY, HOUR, MINUTE, SECOND, to_datetime

MOST_TICKS = 9
_MS = 1_000_000
_STEPS = (
    *(count * _MS for count in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(count * SECOND for count in (1, 2, 5, 10, 15, 30)),
    *(count * MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * HOUR for count in (1, 2, 3, 6, 12)),
    *(count * DAY for count in (1, 2, 4, 7, 14)),
)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Tick(NamedTuple):
    at: int
    label: str  # a second line holds what is new: the day, the year


def ticks(begin: int, end: int) -> list[Tick]:
    step = next((step for step in _STEPS if (end - begin) // step < MOST_TICKS), None)
    if step is not None:
        return _labelled(list(range(-(-begin // step) * step, end + 1, step)), step)
    months = next(count for count in _MONTHS if len(list(_month_starts(begin, end, count))) <= MOST_TICKS)
    return _labelled(list(_month_starts(begin, end, months)), 28 * DAY)


def _labelled(places: list[int], step: int) -> list[Tick]:
    labels: list[Tick] = []
    latest = ""
    for at in places:
        first, second = _label(at, step)
        news = _news(second, latest)
        labels.append(Tick(at, f"{first}\n{news}" if news else first))
        latest = second
    return labels


def _news(date: str, latest: str) -> str:
    """Of `16 Apr 2004` what the date before has not said: two whole dates side by side would not fit."""
    if date == latest:
        return ""
    day, _, year = date.rpartition(" ")
    return day if day and latest.endswith(year) else date


def _label(at: int, step: int) -> tuple[str, str]:
    when = to_datetime(at)
    day = f"{when.day} {when:%b %Y}"
    if step < SECOND:
        return f"{when:%H:%M:%S}.{at % SECOND // _MS:03d}", day
    if step < MINUTE:
        return f"{when:%H:%M:%S}", day
    if step < DAY:
        return f"{when:%H:%M}", day
    if step < 28 * DAY:
        return f"{when.day} {when:%b}", f"{when:%Y}"
    return f"{when:%b}", f"{when:%Y}"


def _month_starts(begin: int, end: int, count: int) -> Iterator[int]:
    first = to_datetime(begin)
    month = first.year * 12 + first.month - 1
    month -= month % count
    while True:
        start = datetime(month // 12, month % 12 + 1, 1, tzinfo=timezone.utc)
        at = (start - _EPOCH) // timedelta(seconds=1) * SECOND
        if at > end:
            return
        if at >= begin:
            yield at
        month += count
