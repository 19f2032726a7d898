"""When periods begin: aligned to the epoch, by the calendar of a zone, or by a billing cycle.

A period begins at the first instant whose local time is at or after its nominal start. Every cycle answers two questions:
which of its edges is the last at or before an instant, and which is the first after it.
"""

import calendar
import re
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from .errors import PolicyError
from .units import DAY, SECOND

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def zone(name: str):
    """An IANA name, "UTC", or a fixed offset such as "+05:30"."""
    if name == "UTC":
        return timezone.utc
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", name)
    if match:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-offset if match[1] == "-" else offset)
    try:
        return ZoneInfo(name)
    except Exception as error:
        raise PolicyError(f"unknown zone {name!r}") from error


def local_time(second: int, tz) -> datetime:
    return (EPOCH + timedelta(seconds=second)).astimezone(tz).replace(tzinfo=None)


def begins(nominal: datetime, tz) -> int:
    """The first instant (ns) whose local time in `tz` is at or after `nominal`."""
    second = (nominal.replace(tzinfo=tz).astimezone(timezone.utc) - EPOCH) // timedelta(seconds=1)
    if local_time(second, tz) != nominal:
        # The clocks skip this local time: look for the skip, after which every local time is later.
        early = second - 2 * 86_400
        while second - early > 1:
            middle = (early + second) // 2
            if local_time(middle, tz) >= nominal:
                second = middle
            else:
                early = middle
    return second * SECOND


class Aligned:
    """Periods of a fixed length, counted from the Unix epoch."""

    def __init__(self, length: int):
        self.length = length

    def last_edge(self, at: int) -> int:
        return at // self.length * self.length

    def next_edge(self, at: int) -> int:
        return self.last_edge(at) + self.length


class _Nominal:
    """Cycles of which the n-th period has a nominal local start."""

    tz = timezone.utc

    def number(self, day: date) -> int:
        raise NotImplementedError

    def nominal(self, number: int) -> datetime:
        raise NotImplementedError

    def _edges_around(self, at: int) -> list[int]:
        about = self.number(local_time(at // SECOND, self.tz).date())
        return [begins(self.nominal(number), self.tz) for number in range(about - 3, about + 4)]

    def last_edge(self, at: int) -> int:
        return max(edge for edge in self._edges_around(at) if edge <= at)

    def next_edge(self, at: int) -> int:
        return min(edge for edge in self._edges_around(at) if edge > at)


class Calendar(_Nominal):
    """Days, weeks from Monday, months or years of a zone."""

    def __init__(self, unit: str, zone_name: str = "UTC"):
        self.unit, self.tz = unit, zone(zone_name)

    def number(self, day: date) -> int:
        return {
            "day": day.toordinal(),
            "week": (day.toordinal() - 1) // 7,  # 0001-01-01, ordinal 1, was a Monday
            "month": day.year * 12 + day.month - 1,
            "year": day.year,
        }[self.unit]

    def nominal(self, number: int) -> datetime:
        first_day = {
            "day": lambda: date.fromordinal(number),
            "week": lambda: date.fromordinal(number * 7 + 1),
            "month": lambda: date(number // 12, number % 12 + 1, 1),
            "year": lambda: date(number, 1, 1),
        }[self.unit]()
        return datetime.combine(first_day, time())


class Billing(_Nominal):
    """Months from an anchor: day 31 is clamped in a short month and remembered in the next."""

    def __init__(self, day: int = 1, time_of_day: str = "00:00", zone_name: str = "UTC"):
        if not 1 <= day <= 31:
            raise PolicyError(f"no month has a day {day}")
        self.day, self.time, self.tz = day, time.fromisoformat(time_of_day), zone(zone_name)

    def number(self, day: date) -> int:
        return day.year * 12 + day.month - 1

    def nominal(self, number: int) -> datetime:
        year, month = number // 12, number % 12 + 1
        day = min(self.day, calendar.monthrange(year, month)[1])
        return datetime.combine(date(year, month, day), self.time)


def is_day_or_more(period: str, length: int | None) -> bool:
    return length is None or length >= DAY
