"""A leased message, and what may be raised while it is being sent."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Literal, Union

from ._native import EngineCore
from .errors import SluiceError

Outcome = Literal["retry", "throttled", "not_attempted", "failed", "line_bad"]
"""What came of a lease that was not sent: see Lease.nack."""

_Instant = Union[int, datetime]
_Duration = Union[int, timedelta]


class NotAttempted(Exception):
    """Raised inside `with lease:`: nothing was tried; the message goes back to its place."""


class Throttled(Exception):
    """Raised inside `with lease:`: the provider refused for now; the message goes back, and its line waits `retry_after`."""

    def __init__(self, retry_after: _Duration, message: str = "throttled") -> None:
        super().__init__(message)
        self.retry_after: _Duration = retry_after
        """ns, or a timedelta."""


class PermanentFailure(Exception):
    """Raised inside `with lease:`: the message will never go; it is failed."""


class Lease:
    """One message, handed out to be sent. Who holds it says what came of it before `until`; else it is delivered again.

    `with lease:` says so by how the block ends: normally it acks; NotAttempted, Throttled and PermanentFailure are told
    and go no further; any other exception is told as "retry" and goes on. A block that has settled it itself is left as it is.
    """

    __slots__ = (
        "_core",
        "_settled",
        "attempt",
        "campaign",
        "due",
        "expires_at",
        "fence",
        "message",
        "message_class",
        "operation",
        "payload",
        "quantities",
        "raw_values",
        "redelivered",
        "until",
        "values",
    )

    message: int
    """The message's number."""
    fence: int
    """Which of the message's leases this is, from 1."""
    attempt: int
    """1, and one more for each time that it may have been sent before."""
    redelivered: bool
    """An earlier lease ended without a word: it may have been sent before."""
    operation: str
    message_class: str
    """"urgent", "reply", "transactional" or "bulk"."""
    values: dict[str, str]
    """By dimension; bytes that are not UTF-8 are shown as \\xNN."""
    raw_values: tuple[bytes, ...]
    """In the operation's declared order."""
    quantities: dict[str, int]
    payload: bytes
    due: int
    """Since when it could have gone, ns since the Unix epoch."""
    until: int
    """When the lease ends, ns since the Unix epoch."""
    expires_at: int | None
    """When the message does, ns since the Unix epoch; None: never."""
    campaign: int | None
    """The number of its campaign; None: of none."""

    def __init__(
        self,
        core: EngineCore,
        message: int,
        fence: int,
        attempt: int,
        redelivered: bool,
        operation: str,
        message_class: str,
        values: dict[str, str],
        raw_values: tuple[bytes, ...],
        quantities: dict[str, int],
        payload: bytes,
        due: int,
        until: int,
        expires_at: int | None,
        campaign: int | None,
    ) -> None:
        self._core = core
        self._settled = False
        self.message = message
        self.fence = fence
        self.attempt = attempt
        self.redelivered = redelivered
        self.operation = operation
        self.message_class = message_class
        self.values = values
        self.raw_values = raw_values
        self.quantities = quantities
        self.payload = payload
        self.due = due
        self.until = until
        self.expires_at = expires_at
        self.campaign = campaign

    @property
    def settled(self) -> bool:
        """Whether ack or nack has been called, or settle."""
        return self._settled

    def ack(self, *, now: _Instant | None = None) -> None:
        """It was sent. Raises StaleLease when it is another's by now, NotFound when it has ended, TimeError."""
        self._core.ack(self.message, self.fence, now)
        self._settled = True

    def nack(self, outcome: Outcome, *, retry_after: _Duration | None = None, now: _Instant | None = None) -> None:
        """It was not sent.

        "retry": it may or may not have been; again after `retry_after` (ns or timedelta; None: the policy's backoff).
        "throttled": the provider refused for now; it goes back to its place, and its line waits `retry_after`.
        "not_attempted": nothing was tried; it goes back to its place.
        "failed": for good.
        "line_bad": its line cannot send; it goes back to its place, and the line waits with it.

        Raises StaleLease, NotFound, InvalidRequest, TimeError.
        """
        self._core.nack(self.message, self.fence, outcome, retry_after, now)
        self._settled = True

    def extend(self, ttl: _Duration, *, now: _Instant | None = None) -> None:
        """The lease ends `ttl` (ns or timedelta, up to a day) from now.

        Raises StaleLease, NotFound, InvalidRequest, TimeError.
        """
        self.until = self._core.extend(self.message, self.fence, ttl, now)

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if self._settled:
            return isinstance(error, (NotAttempted, Throttled, PermanentFailure))
        if error is None:
            self.ack()
        elif isinstance(error, NotAttempted):
            self.nack("not_attempted")
        elif isinstance(error, Throttled):
            self.nack("throttled", retry_after=error.retry_after)
        elif isinstance(error, PermanentFailure):
            self.nack("failed")
        else:
            with suppress(SluiceError):  # the block's own exception says more
                self.nack("retry")
            return False
        return True

    def __repr__(self) -> str:
        return f"<Lease of {self.message}, {self.operation}, attempt {self.attempt}{', settled' if self._settled else ''}>"

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("cannot pickle 'sluice.Lease': it belongs to an engine of this process")
