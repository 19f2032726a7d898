"""What the limits do in a replay, as decisions and events tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .standing import Use
from .summary import Peak, Summary, subject_text

if TYPE_CHECKING:
    from ... import Decision, Engine

_EVENTS_EVERY = 64  # decisions or leases; each has at most a few events, and the engine keeps thousands


class Watch:
    """Fills the limits of a summary. It is told of everything in the order of time."""

    def __init__(self, engine: Engine, summary: Summary) -> None:
        self.engine = engine
        self.limits = {limit.name: limit for limit in summary.limits}
        self.calls = 0

    def decided(self, at: int, decision: Decision, values: Mapping[str, str]) -> None:
        """A decision with its details, about these values."""
        for detail in decision.details:
            limit = self.limits[detail.limit_name]
            limit.closed += not detail.passed
            self._used(at, detail.limit_name, Use(detail.used, detail.limit, detail.resets_at), values)
        self._called()

    def refused(self, decision: Decision) -> None:
        """Notes the refusal at the limit that the decision names."""
        if decision.limit_name is None:
            return
        limit = self.limits[decision.limit_name]
        if decision.denial is None:
            limit.would_queue += 1
        else:
            limit.denials[decision.denial] += 1
        if decision.retry_after is None:
            limit.endless += 1
        else:
            limit.longest_wait = max(limit.longest_wait, decision.retry_after)

    def charged(self, at: int, scope: Sequence[str], values: Mapping[str, str]) -> None:
        """What is charged or given back without a decision: by a lease, by what ends a message."""
        for row in self.engine.usage_rows(now=at, subject={dimension: values[dimension] for dimension in scope}):
            if row.limit_name in self.limits:
                self._used(at, row.limit_name, Use(row.used, row.limit, row.resets_at), values)
        self._called()

    def hear_events(self) -> bool:
        """Whether a pool has moved a recipient to another line."""
        moved = False
        for event in self.engine.events():
            moved = moved or event.kind == "sender_changed"
            if event.kind == "threshold" and event.limit_name in self.limits:
                self.limits[event.limit_name].cross(event.share, event.used, event.subject, event.at)
        return moved

    def _called(self) -> None:
        self.calls += 1
        if self.calls % _EVENTS_EVERY == 0:
            self.hear_events()

    def _used(self, at: int, name: str, use: Use, values: Mapping[str, str]) -> None:
        limit = self.limits[name]
        subject = tuple([values[dimension] for dimension in limit.scope])
        limit.use.add(at, subject, use)
        if limit.peak is None or use.used > limit.peak.used:
            limit.peak = Peak(use.used, use.amount, subject_text(limit.scope, subject), at)
