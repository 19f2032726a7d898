"""How long messages waited, over time and in all. Whole nanoseconds: each figure is one that a message really waited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from .series import Intervals


class Waited(NamedTuple):
    """Of a number of messages, the wait that so many of them did not exceed."""

    median: int
    p95: int
    p99: int
    longest: int


@dataclass
class WaitSeries:
    """The waits of the messages that left in each interval."""

    intervals: Intervals
    waits: dict[int, list[int]] = field(default_factory=dict[int, list[int]])

    def add(self, at: int, wait: int) -> None:
        self.waits.setdefault(self.intervals.position(at), []).append(wait)

    def stretch(self, intervals: Intervals) -> None:
        """To intervals that reach further: see Intervals.reaching."""
        places = self.intervals.places(len(self.intervals), intervals)
        stretched: dict[int, list[int]] = {}
        for position, waits in self.waits.items():
            stretched.setdefault(places[position], []).extend(waits)
        self.intervals, self.waits = intervals, stretched

    def values(self) -> list[Waited | None]:
        """One an interval; None where no message left."""
        return [waited(self.waits.get(position, ())) for position in range(len(self.intervals))]

    def all(self) -> Waited | None:
        return waited(list(chain.from_iterable(self.waits.values())))


def waited(waits: Sequence[int]) -> Waited | None:
    """By nearest rank, so that nothing is made up between two waits."""
    if not waits:
        return None
    ordered = sorted(waits)
    return Waited(*(ordered[-(-percent * len(ordered) // 100) - 1] for percent in (50, 95, 99, 100)))
