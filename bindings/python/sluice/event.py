"""What happened that somebody may want to hear of."""

from __future__ import annotations

import re
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


# As the engine words it; it cuts each name after 48 bytes.
_CHANGE = re.compile(r"[^=]*=(.*): (.*) -> (.*), (\w+)", re.DOTALL)


class SenderChange(NamedTuple):
    """A recipient's messages go by another line from now on."""

    recipient: str
    """Cut after 48 bytes, as the lines are."""
    from_line: str
    to_line: str
    why: str
    """"suspended", "removed", "full", or "home": back to the line that it had before."""


class Event(NamedTuple):
    """One event of the engine's ring."""

    kind: str
    """"threshold" (a share of an amount was reached), "promotion" (a subject moved to another plan), "saturated" (a
    pace's forced debt reached its bound), "memory" (the memory cap was reached), "sender_changed" (a recipient goes by
    another line: see sender_change), "campaign_paused" (by its failures) or "campaign_finished" (all its messages ended)."""
    limit_name: str | None
    at: int
    """The instant, ns since the Unix epoch."""
    used: int
    """Units used of the limit at that instant. Of "sender_changed": messages that went along; of "campaign_paused": failures
    among its last `limit` outcomes; of "campaign_finished": how many of `limit` messages were sent."""
    limit: int
    """The amount of the limit, in units."""
    share: int
    """Of a threshold, in hundredths of a percent: 7500 is 75%."""
    plan: str | None
    """Of a promotion: the new plan."""
    by_plan_change: bool
    """Whether a change of plan or amount caused it, and not a charge."""
    subject: str
    """"account=acme" or "line=+1555,recipient=+1666"; of a campaign its name; cut after 192 bytes."""
    subject_bytes: int
    """The whole length of the subject's text in UTF-8: more than 192 when it was cut."""

    @property
    def percent(self) -> float:
        """The share in percent."""
        return self.share / 100

    @property
    def sender_change(self) -> SenderChange | None:
        """Of "sender_changed": whose line changed, from which to which, and why; else None."""
        found = _CHANGE.fullmatch(self.subject) if self.kind == "sender_changed" else None
        return SenderChange(*found.groups()) if found else None


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
