"""What happened over time, in at most a few hundred intervals of a width that a person would choose."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..instants import DAY, HOUR, MINUTE, SECOND
from .standing import Standing, Subject, Use

MOST_INTERVALS = 240
_MS = 1_000_000
_WIDTHS = (
    *(count * _MS for count in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(count * SECOND for count in (1, 2, 5, 10, 15, 30)),
    *(count * MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * HOUR for count in (1, 2, 3, 6, 12)),
    *(count * DAY for count in (1, 2, 7, 14, 28, 91, 182, 364)),
)


@dataclass(frozen=True)
class Intervals:
    """Equal intervals, aligned to the Unix epoch, so that those of a day are days in UTC."""

    begin: int
    end: int
    width: int

    @staticmethod
    def over(first: int, last: int) -> Intervals:
        width = next((w for w in _WIDTHS if (last - first) // w < MOST_INTERVALS), _WIDTHS[-1])
        begin = first - first % width
        return Intervals(begin, last - last % width + width, width)

    def __len__(self) -> int:
        return (self.end - self.begin) // self.width

    def edges(self) -> list[int]:
        return list(range(self.begin, self.end + 1, self.width))

    def position(self, at: int) -> int:
        return (at - self.begin) // self.width

    def reaching(self, at: int) -> Intervals:
        """As far as `at`: more of these, or, where that is too many, wider ones that each hold whole ones of these."""
        if at < self.end:
            return self
        widths = (w for w in _WIDTHS if w % self.width == 0)
        width = next((w for w in widths if (at - self.begin) // w < MOST_INTERVALS), _WIDTHS[-1])
        return Intervals(self.begin - self.begin % width, at - at % width + width, width)

    def places(self, count: int, wider: Intervals) -> list[int]:
        """The position in `wider` of each of the first `count` of these."""
        return [wider.position(self.begin + position * self.width) for position in range(count)]


class UseSeries:
    """The highest use of a limit that any subject had in each interval.

    Of a window or a gauge use stays until it resets or is released, so it counts in every interval until then, whoever is
    decided about. Of other kinds it fades in between, so only what decisions saw counts; in an interval without any, the
    last one until it resets.
    """

    def __init__(self, intervals: Intervals, *, stands: bool) -> None:
        self.intervals = intervals
        self._standing = Standing() if stands else None
        self._highest: list[Use | None] = []  # up to the interval of the latest decision
        self._latest: Use | None = None

    def add(self, at: int, subject: Subject, use: Use) -> None:
        """In the order of time."""
        position = self.intervals.position(at)
        if position >= len(self._highest):
            self._fill(position + 1)
        if self._standing is not None:
            self._standing.put(subject, use, at)
        self._latest = use
        highest = self._highest[position]
        if highest is None or use.used > highest.used:
            self._highest[position] = use

    def stretch(self, intervals: Intervals) -> None:
        """To intervals that reach further: see Intervals.reaching."""
        places = self.intervals.places(len(self._highest), intervals)
        stretched: list[Use | None] = [None] * (places[-1] + 1 if places else 0)
        for place, use in zip(places, self._highest):
            stretched[place] = _higher(stretched[place], use)
        self.intervals, self._highest = intervals, stretched

    def values(self) -> list[int]:
        """One value an interval."""
        self._fill(len(self.intervals))
        return [use.used if use else 0 for use in self._highest]

    def amounts(self) -> list[int | None]:
        """The amount beside each value; where nothing was used, that of the interval before."""
        self._fill(len(self.intervals))
        latest = next((use.amount for use in self._highest if use), None)
        amounts: list[int | None] = []
        for use in self._highest:
            latest = use.amount if use else latest
            amounts.append(latest)
        return amounts

    def _fill(self, count: int) -> None:
        """Begins the intervals up to `count`, each with what stands at its beginning."""
        while len(self._highest) < count:
            begin = self.intervals.begin + len(self._highest) * self.intervals.width
            self._highest.append(self._at(begin))

    def _at(self, begin: int) -> Use | None:
        if self._standing is not None:
            return self._standing.highest(begin)
        latest = self._latest
        return None if latest is None or latest.resets_at is None or latest.resets_at <= begin else latest


@dataclass
class CountSeries:
    """How many answers of each kind were given in each interval."""

    intervals: Intervals
    counts: dict[str, Counter[int]] = field(default_factory=dict[str, Counter[int]])

    def add(self, at: int, kind: str) -> None:
        counter = self.counts.get(kind)
        if counter is None:
            counter = self.counts[kind] = Counter()
        counter[self.intervals.position(at)] += 1

    def stretch(self, intervals: Intervals) -> None:
        """To intervals that reach further: see Intervals.reaching."""
        places = self.intervals.places(len(self.intervals), intervals)
        for kind, counter in self.counts.items():
            self.counts[kind] = stretched = Counter[int]()
            for position, count in counter.items():
                stretched[places[position]] += count
        self.intervals = intervals

    def values(self, kind: str) -> list[int]:
        counter = self.counts.get(kind, Counter())
        return [counter[position] for position in range(len(self.intervals))]


def _higher(one: Use | None, other: Use | None) -> Use | None:
    """The first of equals: it was there first."""
    return other if one is None or (other is not None and other.used > one.used) else one
