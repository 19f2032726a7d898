"""What became of queued messages: how many waited where, for how long, and what was still held at the end."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Any, NamedTuple

from ..instants import iso
from .series import Intervals, UseSeries
from .standing import Use
from .waits import Waited, WaitSeries

SENT = "sent"
EXPIRED = "expired"
MOST_LINES = 10  # that are named as the busiest


class Deepest(NamedTuple):
    """The most messages held, and when first."""

    held: int
    at: int
    line: str | None = None  # None: of all lines together


@dataclass
class LineSummary:
    name: str
    deepest: Deepest
    held: int = 0  # now
    enqueued: int = 0
    sent: int = 0
    longest_wait: int = 0


@dataclass
class QueueSummary:
    """Filled by a replay in the order of time."""

    intervals: InitVar[Intervals]
    lines: dict[str, LineSummary] = field(default_factory=dict[str, LineSummary])
    held: int = 0  # now, of all lines
    sent: int = 0
    expired: int = 0
    deepest: Deepest | None = None  # of one line
    most_held: Deepest | None = None  # of all lines together
    ended_at: int = 0  # the last instant at which anything happened
    next_due: int | None = None  # of what is held at the end; None: nothing known will release it

    def __post_init__(self, intervals: Intervals) -> None:
        self.held_over_time = UseSeries(intervals, stands=True)
        self.depth_over_time = UseSeries(intervals, stands=True)  # of the line that holds most
        self.waits = WaitSeries(intervals)

    def series(self) -> tuple[UseSeries | WaitSeries, ...]:
        return self.held_over_time, self.depth_over_time, self.waits

    def enter(self, at: int, line_name: str) -> None:
        line = self._line(at, line_name)
        line.enqueued += 1
        self._take(at, line)
        if self.most_held is None or self.held > self.most_held.held:
            self.most_held = Deepest(self.held, at)

    def move(self, at: int, from_line: str, to_line: str) -> None:
        """A message that waits goes by another line from now on; it was taken in by the first."""
        self._hold(at, self.lines[from_line], -1)
        self._take(at, self._line(at, to_line))

    def send(self, at: int, line_name: str, wait: int) -> None:
        line = self.lines[line_name]
        line.sent += 1
        line.longest_wait = max(line.longest_wait, wait)
        self.sent += 1
        self.waits.add(at, wait)
        self._hold(at, line, -1)

    def expire(self, at: int, line_name: str) -> None:
        self.expired += 1
        self._hold(at, self.lines[line_name], -1)

    def busiest(self) -> list[LineSummary]:
        """The lines that took in most; of equals, the one that was first."""
        return sorted(self.lines.values(), key=lambda line: -line.enqueued)[:MOST_LINES]

    def waited(self) -> Waited | None:
        return self.waits.all()

    def as_json(self) -> dict[str, Any]:
        waited = self.waited()
        return {
            "sent": self.sent,
            "expired": self.expired,
            "held_at_end": self.held,
            "ended_at": iso(self.ended_at),
            "next_due": None if self.next_due is None else iso(self.next_due),
            "waited_ns": waited and waited._asdict(),
            "deepest": self.deepest and {"held": self.deepest.held, "line": self.deepest.line, "at": iso(self.deepest.at)},
            "most_held": self.most_held and {"held": self.most_held.held, "at": iso(self.most_held.at)},
            "lines": len(self.lines),
            "busiest_lines": [_line_json(line) for line in self.busiest()],
        }

    def _line(self, at: int, name: str) -> LineSummary:
        line = self.lines.get(name)
        if line is None:
            line = self.lines[name] = LineSummary(name, Deepest(0, at, name))
        return line

    def _take(self, at: int, line: LineSummary) -> None:
        self._hold(at, line, 1)
        if line.held > line.deepest.held:
            line.deepest = Deepest(line.held, at, line.name)
        if self.deepest is None or line.held > self.deepest.held:
            self.deepest = line.deepest

    def _hold(self, at: int, line: LineSummary, count: int) -> None:
        line.held += count
        self.held += count
        self.ended_at = at
        self.depth_over_time.add(at, (line.name,), _depth(at, line.held))
        self.held_over_time.add(at, (), _depth(at, self.held))


def _depth(at: int, held: int) -> Use:
    """What a line that is empty has held is no longer kept in mind."""
    return Use(held, None, None if held else at)


def _line_json(line: LineSummary) -> dict[str, Any]:
    return {
        "line": line.name,
        "enqueued": line.enqueued,
        "sent": line.sent,
        "longest_wait_ns": line.longest_wait,
        "deepest": {"held": line.deepest.held, "at": iso(line.deepest.at)},
    }
