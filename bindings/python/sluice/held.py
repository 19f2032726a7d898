"""What an engine holds: the answer to an enqueue, and where a message stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ._native import Decision
from .errors import SluiceError
from .http import Dialects, HttpAnswer
from .scope import Value


class Held:
    """The answer to an enqueue: true when the engine holds the message; else its decision says why not."""

    __slots__ = (
        "_decision",
        "depth",
        "error",
        "eta",
        "eta_kind",
        "expires_at",
        "line",
        "message",
        "position",
        "state",
        "sticky",
    )

    message: int | None
    """The message's number, never used again; None when it is not held."""
    state: str | None
    """"waiting", "scheduled" until its send_at, or "parked" until its hours open. None when it is not held; of a peek "parked"
    where its hours are closed."""
    expires_at: int | None
    """ns since the Unix epoch; None when it never does, or is not held."""
    depth: int
    """Messages held for its line, this one too."""
    error: SluiceError | None
    """Of an element of enqueue_many that failed: why."""
    line: str | None
    """Of an operation with a pool: the line that it goes by; None without a pool, and when none was chosen."""
    sticky: str | None
    """How it came to that line: "fresh" (the recipient's first, which it keeps), "existing" (the recipient's), "moved" (the
    recipient's, which is another than before) or "spilled" (another, this once); None: not by a lasting route."""
    position: int | None
    """Of a peek: 1 is the next of its line; None when it is not known."""
    eta: int | None
    """Of a peek: when it would leave, if nothing jumps ahead and configuration stays, ns since the Unix epoch."""
    eta_kind: str | None
    """Of a peek: "exact", "bound" (not before eta) or "unknown"."""

    def __init__(
        self,
        message: int | None,
        state: str | None,
        expires_at: int | None,
        depth: int,
        decision: Decision | None,
        error: SluiceError | None,
        line: str | None,
        sticky: str | None,
        position: int | None,
        eta: int | None,
        eta_kind: str | None,
    ) -> None:
        self.message = message
        self.state = state
        self.expires_at = expires_at
        self.depth = depth
        self._decision = decision
        self.error = error
        self.line = line
        self.sticky = sticky
        self.position = position
        self.eta = eta
        self.eta_kind = eta_kind

    @property
    def decision(self) -> Decision:
        """What was decided when it was accepted or refused. Of an element that failed, raises its error."""
        if self._decision is None:
            raise self.error or SluiceError("there is no decision")
        return self._decision

    def http(
        self,
        *,
        dialects: Dialects = None,
        given: Mapping[str, str] | None = None,
        values: Mapping[str, Value] | None = None,
        quantities: Mapping[str, int] | None = None,
    ) -> HttpAnswer:
        """It as an answer over HTTP; see Decision.http. Of an element that failed, raises its error."""
        return self.decision.http(dialects=dialects, given=given, values=values, quantities=quantities, held=self)

    def __bool__(self) -> bool:
        return self.message is not None

    def __repr__(self) -> str:
        if self.message is not None:
            return f"<Held {self.message}, {self.state}, {self.depth} on the line>"
        if self.error is not None:
            return f"<Held nothing: {self.error}>"
        return f"<Held nothing: {self.decision.denial or self.decision.outcome}>"


class MessageStatus(NamedTuple):
    """Where a held message stands. Instants are ns since the Unix epoch."""

    message: int
    state: str
    """"scheduled", "waiting", "parked" (a limit of its own holds it, or a retry's wait), "leased" or "unknown" (delivered at
    most once, and its lease ended without a word)."""
    message_class: str
    operation: str
    tries: int
    """Leases after which it may have been sent."""
    fence: int
    """Leases so far."""
    due: int | None
    """Scheduled, parked, leased: until then; None when no instant is known."""
    expires_at: int | None
    depth: int
    """Messages held for its line."""
    position: int | None
    """1 is the next of its line; None when it is not known."""
    eta: int | None
    """When it leaves, if nothing jumps ahead and configuration stays; None when that is not known."""
    eta_kind: str
    """"exact", "bound" (not before eta), "unknown", or "none": it does not wait."""
    line: str
    """The line it goes by now; a pool may have moved it."""


class Settled(NamedTuple):
    """What became of one of the leases given to settle."""

    state: str | None
    """The message's state now: "sent", "failed", "dead", "parked", "waiting"; None when nothing was settled."""
    error: SluiceError | None
    """Why nothing was: StaleLease, NotFound, InvalidRequest."""
