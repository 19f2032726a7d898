"""The messages of a traffic file on the virtual clock: in the order of time, and compressed on request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .clock import compress
from .mapping import RequestMapping
from .reader import TrafficError, TrafficFile


class Message(NamedTuple):
    at: int  # virtual time, ns
    values: list[str]
    quantities: dict[str, int] | None
    line: int


@dataclass(frozen=True)
class TrafficLog:
    """A file that was read through once: every line is sound, and how many there are and from when to when is known."""

    traffic: TrafficFile
    mapping: RequestMapping
    time_column: int
    read_time: Callable[[str], int]
    factor: int
    count: int
    first: int  # as recorded, ns
    last: int
    in_order: bool

    def messages(self) -> Iterator[Message]:
        """Read anew from the file, a line at a time; sorted in memory only if the file is not in the order of time."""
        found: Iterable[Message] = self._as_written()
        return iter(found if self.in_order else sorted(found, key=lambda message: message.at))

    def replayed(self) -> tuple[int, int]:
        return self.first, compress(self.last, self.first, self.factor)

    def _as_written(self) -> Iterator[Message]:
        mapping, first, factor = self.mapping, self.first, self.factor
        for row in self.traffic.rows():
            at = compress(self.read_time(row.fields[self.time_column]), first, factor)
            yield Message(at, mapping.values_of(row), mapping.quantities_of(row), row.line)


def survey(
    traffic: TrafficFile, mapping: RequestMapping, time_column: int, read_time: Callable[[str], int], factor: int
) -> TrafficLog:
    """Reads the whole file once, so that a mistake on its last line is said before anything is replayed."""
    count = first = last = latest = 0
    in_order = True
    for row in traffic.rows():
        try:
            at = read_time(row.fields[time_column])
        except ValueError as wrong:
            raise traffic.error(row.line, f"column {traffic.columns[time_column]}: {wrong}") from None
        mapping.values_of(row)
        mapping.quantities_of(row)
        in_order = in_order and at >= latest
        first, last = (min(first, at), max(last, at)) if count else (at, at)
        latest = at
        count += 1
    if not count:
        raise TrafficError(f"{traffic.path.name} has a header and no messages")
    return TrafficLog(traffic, mapping, time_column, read_time, factor, count, first, last, in_order)
