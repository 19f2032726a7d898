"""What happened that somebody may want to hear of."""

from __future__ import annotations

from typing import NamedTuple

_KINDS = {
    1: "threshold",
    2: "promotion",
    3: "saturated",
    4: "memory",
    5: "sender_changed",
    6: "campaign_paused",
    7: "campaign_finished",
}


class Event(NamedTuple):
    """One event of the engine's ring."""

    kind: str
    """"threshold" (a share of an amount was reached), "promotion" (a subject moved to another plan), "saturated" (a
    pace's forced debt reached its bound) or "memory" (the memory cap was reached)."""
    limit_name: str | None
    at: int
    """The instant, ns since the Unix epoch."""
    used: int
    """Units used of the limit at that instant."""
    limit: int
    """The amount of the limit, in units."""
    share: int
    """Of a threshold, in hundredths of a percent: 7500 is 75%."""
    plan: str | None
    """Of a promotion: the new plan."""
    by_plan_change: bool
    """Whether a change of plan or amount caused it, and not a charge."""
    subject: str
    """"account=acme" or "line=+1555,recipient=+1666"; cut after 192 bytes."""
    subject_bytes: int
    """The whole length of the subject's text in UTF-8: more than 192 when it was cut."""

    @property
    def percent(self) -> float:
        """The share in percent."""
        return self.share / 100


def event_of(
    kind: int,
    limit_name: str | None,
    at: int,
    used: int,
    limit: int,
    share: int,
    plan: str | None,
    by_plan_change: bool,
    subject: str,
    subject_bytes: int,
) -> Event:
    """An event from the numbers of the C ABI."""
    name = _KINDS.get(kind, f"kind {kind}")
    return Event(name, limit_name, at, used, limit, share, plan, by_plan_change, subject, subject_bytes)
