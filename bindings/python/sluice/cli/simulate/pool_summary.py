"""How a pool's choice has spread messages, and those who get them, over its lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .queue_summary import MOST_LINES


class Extent(NamedTuple):
    """What the line with the least has, and the line with the most."""

    least: int
    most: int


@dataclass
class LineUse:
    """What one line took: messages that were admitted, or enqueued."""

    name: str
    messages: int = 0
    first: int = 0  # which of all messages was its first
    recipients: set[str] = field(default_factory=set[str])


@dataclass
class PoolSummary:
    """Filled by a replay."""

    name: str
    recipient: str | None  # the dimension whose values keep their line; None: the pool is not sticky
    by: tuple[str, ...] = ()
    sets: int = 0
    taken: int = 0  # messages, by all lines
    lines: dict[str, LineUse] = field(default_factory=dict[str, LineUse])

    def add(self, lines: Iterable[str]) -> None:
        """The lines of one more set; those by which nothing goes count, too."""
        self.sets += 1
        self.lines.update((name, LineUse(name)) for name in lines)

    def take(self, line: str, values: Mapping[str, str]) -> None:
        use = self.lines[line]
        self.taken += 1
        use.first = use.first or self.taken
        use.messages += 1
        if self.recipient is not None:
            use.recipients.add(values[self.recipient])

    def messages(self) -> Extent:
        return _extent(use.messages for use in self.lines.values())

    def recipients(self) -> Extent | None:
        return None if self.recipient is None else _extent(len(use.recipients) for use in self.lines.values())

    def busiest(self) -> list[LineUse]:
        """The lines that took most messages; of equals, the one that was first."""
        return sorted(self.lines.values(), key=lambda use: (-use.messages, use.first))[:MOST_LINES]

    def as_json(self) -> dict[str, Any]:
        recipients = self.recipients()
        return {
            "name": self.name,
            "sets": self.sets,
            "lines": len(self.lines),
            "messages": self.messages()._asdict(),
            "recipients": recipients and recipients._asdict(),
            "busiest_lines": [self._use_json(use) for use in self.busiest()],
        }

    def _use_json(self, use: LineUse) -> dict[str, Any]:
        return {
            "line": use.name,
            "messages": use.messages,
            "percent": round(use.messages * 100 / self.taken, 2) if self.taken else 0,
            "recipients": None if self.recipient is None else len(use.recipients),
        }


def _extent(counts: Iterable[int]) -> Extent:
    found = list(counts)
    return Extent(min(found), max(found))
