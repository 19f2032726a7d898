"""The lines of a pool: how they stand, and what became of what waited on one."""

from __future__ import annotations

from typing import Literal, NamedTuple

LineState = Literal["active", "warming", "paused", "draining", "suspended", "removed"]
"""How a line of a pool stands: see Engine.set_line."""
OnSuspend = Literal["hold", "move_new", "move_all", "fail"]
"""What becomes of the messages that wait on a line when it is suspended or removed: see Engine.set_line."""


class Line(NamedTuple):
    """A line of a pool."""

    line: str
    """Bytes that are not UTF-8 are shown as U+FFFD."""
    state: str
    """"active", "warming", "paused", "draining", "suspended" or "removed"; a pause that is over is none."""
    reason: str | None
    """Of the state, as the caller said."""
    paused_until: int | None
    """ns since the Unix epoch; None when it is not paused, or until somebody says else."""
    weight: int
    depth: int
    """Messages held for it."""
    expected_wait: int | None
    """Until what came now would leave, ns; None when nobody knows."""
    recipients: int
    """How many have it as theirs."""


class LineReport(NamedTuple):
    """What became of the messages that waited on a line that was suspended or removed."""

    held: int
    """They wait on it still."""
    moved: int
    failed: int
