"""How each limit stood when a request was decided."""

from __future__ import annotations

from typing import NamedTuple


class LimitDetail(NamedTuple):
    """One limit of one subject, as a decision saw it. Instants are ns since the Unix epoch."""

    limit_name: str
    passed: bool
    """Whether this limit had room."""
    denial: str | None
    """The kind with which it refused; None when it did not (it passed, or its mode never refuses)."""
    wait_kind: str
    """"none", "exact" (until opens_at), "unknown" (until something is released) or "never"."""
    limit: int | None
    """Units it admits; None when it is unlimited."""
    used: int
    """Units used after the decision."""
    remaining: int | None
    """Units left after the decision; None when it is unlimited."""
    resets_at: int | None
    """Of a window: its end; else when nothing of it is used any more. None when nothing is, or no time ends it."""
    opens_at: int | None
    """When this limit alone would let the request through; None when no wait is known to help."""
    charge: int
    """Position among the operation's charges."""
    subject: int
    """For a charge per repeated value: the position of the value; else 0."""
