"""What a replay has shown: totals, and for each limit its peak, its refusals, its thresholds and its longest wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..instants import iso
from .pool_summary import PoolSummary
from .queue_summary import QueueSummary
from .series import CountSeries, UseSeries

ADMITTED = "admitted"
ENQUEUED = "enqueued"
WOULD_QUEUE = "would queue"


class Peak(NamedTuple):
    used: int
    amount: int | None  # None: unlimited
    subject: str
    at: int

    @property
    def share(self) -> float | None:
        """For people only; 1.0 is the whole amount."""
        return self.used / self.amount if self.amount else None


@dataclass
class Crossing:
    """One threshold: how often it fired, and where first."""

    share: int  # hundredths of a percent
    used: int
    subject: str
    at: int
    count: int = 1


@dataclass
class LimitSummary:
    """One limit of the operation replayed."""

    name: str
    scope: tuple[str, ...]
    rule: str  # in words
    unit: str
    mode: str
    use: UseSeries
    thresholds: tuple[tuple[int, int | None], ...] = ()  # of its plan: share in hundredths of a percent, units
    queue_only: bool = False  # it counts messages in a queue, and a replay has none
    cap: int | None = None  # of its plan: with a ceiling, the most that passes
    peak: Peak | None = None
    closed: int = 0  # answers for which it had no room, whichever limit they named
    denials: Counter[str] = field(default_factory=Counter[str])  # answers that named it
    would_queue: int = 0
    longest_wait: int = 0
    endless: int = 0  # answers that named it and for which waiting cannot help, or only a release does
    crossings: dict[int, Crossing] = field(default_factory=dict[int, Crossing])

    def cross(self, share: int, used: int, subject: str, at: int) -> None:
        if share in self.crossings:
            self.crossings[share].count += 1
        else:
            self.crossings[share] = Crossing(share, used, subject, at)

    def refused(self) -> int:
        return sum(self.denials.values()) + self.would_queue


@dataclass
class Setting:
    """What was replayed, and how: for titles and for whoever wants to repeat it."""

    policy: str
    stance: str
    operation: str
    traffic: str
    mapping: dict[str, str]  # dimension or quantity: where it came from
    plans: dict[str, str]
    compress: int
    retry: str
    recorded: tuple[int, int]  # first and last message in the file
    replayed: tuple[int, int]  # the same in virtual time
    drain: int | None = None  # messages were queued, and had this long to leave after the last one had come

    @property
    def taken(self) -> str:
        """What a message is that was not refused."""
        return ADMITTED if self.drain is None else ENQUEUED


@dataclass
class Summary:
    """Filled by a replay, then read by the table, the JSON and the report."""

    setting: Setting
    limits: list[LimitSummary]
    outcomes: CountSeries
    queue: QueueSummary | None = None  # None: every message was decided when it came
    pool: PoolSummary | None = None  # None: every request brought its line
    messages: int = 0
    decisions: int = 0
    admitted: int = 0  # into the queue, where there is one
    admitted_later: int = 0  # of them, after waiting
    longest_waited: int = 0
    denied: Counter[str] = field(default_factory=Counter[str])
    would_queue: int = 0
    waiting_at_end: int = 0  # of those not admitted, whose next try lay after the last message

    def reach(self, at: int) -> None:
        """Lets everything that is kept over time reach as far as an instant."""
        intervals = self.outcomes.intervals.reaching(at)
        if intervals is self.outcomes.intervals:
            return
        queue = self.queue.series() if self.queue else ()
        for series in (self.outcomes, *(limit.use for limit in self.limits), *queue):
            series.stretch(intervals)

    def refused(self) -> int:
        return sum(self.denied.values()) + self.would_queue

    def by_tightness(self) -> list[LimitSummary]:
        """The limits that were used: those that refused most first, then those that came nearest to their amount."""
        used = [limit for limit in self.limits if limit.peak]
        return sorted(used, key=lambda limit: (-limit.refused(), -((limit.peak.share if limit.peak else 0) or 0)))

    def crossings(self) -> list[tuple[str, Crossing]]:
        return [(limit.name, limit.crossings[share]) for limit in self.limits for share in sorted(limit.crossings)]

    def as_json(self) -> dict[str, Any]:
        setting = self.setting
        return {
            "policy": setting.policy,
            "stance": setting.stance,
            "operation": setting.operation,
            "traffic": setting.traffic,
            "mapping": setting.mapping,
            "plans": setting.plans,
            "compress": setting.compress,
            "retry": setting.retry,
            "recorded": [iso(at) for at in setting.recorded],
            "replayed": [iso(at) for at in setting.replayed],
            "messages": self.messages,
            "decisions": self.decisions,
            "admitted": self.admitted,
            "admitted_later": self.admitted_later,
            "longest_waited_ns": self.longest_waited,
            "denied": dict(sorted(self.denied.items())),
            "would_queue": self.would_queue,
            "waiting_at_end": self.waiting_at_end,
            "pool": self.pool and self.pool.as_json(),
            "queue": self.queue and self.queue.as_json(),
            "limits": [_limit_json(limit) for limit in self.limits],
        }


def subject_text(scope: Sequence[str], values: Sequence[str]) -> str:
    """`line=+15550001, recipient=+15550002`."""
    return ", ".join(f"{dimension}={value}" for dimension, value in zip(scope, values))


def _limit_json(limit: LimitSummary) -> dict[str, Any]:
    peak = limit.peak
    return {
        "name": limit.name,
        "scope": list(limit.scope),
        "mode": limit.mode,
        "rule": limit.rule,
        "peak": peak and {"used": peak.used, "limit": peak.amount, "subject": peak.subject, "at": iso(peak.at)},
        "no_room": limit.closed,
        "denied": dict(sorted(limit.denials.items())),
        "would_queue": limit.would_queue,
        "longest_wait_ns": limit.longest_wait,
        "no_wait_helps": limit.endless,
        "thresholds": [
            {
                "percent": crossing.share / 100,
                "times": crossing.count,
                "first": {"used": crossing.used, "subject": crossing.subject, "at": iso(crossing.at)},
            }
            for _, crossing in sorted(limit.crossings.items())
        ],
    }
