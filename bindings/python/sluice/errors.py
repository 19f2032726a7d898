"""The exceptions. A failure of the engine is a SluiceError with the engine's own words; a wrong Python type is a TypeError.

A denied decision is not an error: it is a Decision that is false.
"""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing said about a policy's text."""

    severity: str
    """"error", "warning" or "note"."""
    line: int
    """From 1; 0 when the whole text is meant."""
    column: int
    """From 1; 0 when the whole text is meant."""
    path: str
    """Where in the policy: "limits[2].period"."""
    message: str
    """What is wrong, what was expected, the nearest valid name."""
    excerpt: str
    """The line of text with a caret under the column; may be empty."""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        path = f"{self.path}: " if self.path else ""
        excerpt = f"\n{self.excerpt}" if self.excerpt else ""
        return f"{self.severity}: {place}{path}{self.message}{excerpt}"


class SluiceError(Exception):
    """A call that failed; nothing has changed."""

    status: str = "SLUICE_E_INTERNAL"
    """The name of the C ABI's status."""


class InvalidRequest(SluiceError, ValueError):
    """An argument is wrong; the message names it."""

    status = "SLUICE_E_INVALID"


class HandleError(SluiceError):
    """The engine is not there."""

    status = "SLUICE_E_HANDLE"


class ClosedError(HandleError):
    """The engine has been closed."""


class MemoryCapError(SluiceError, MemoryError):
    """The engine's memory cap, or the host, refused memory."""

    status = "SLUICE_E_NO_MEMORY"


class NotFound(SluiceError, LookupError):
    """An unknown operation, limit, plan, dimension or scope; a receipt that is settled or expired; a message that has ended."""

    status = "SLUICE_E_NOT_FOUND"


class PolicyError(SluiceError, ValueError):
    """The policy's text has errors."""

    status = "SLUICE_E_POLICY"

    def __init__(self, message: str, findings: list[Finding] | None = None) -> None:
        super().__init__(message)
        self.findings: list[Finding] = findings or []
        """Everything that was found, warnings too, in the order of the text."""


class TimeError(SluiceError, ValueError):
    """An instant is out of range, or more than a day ahead of the engine's clock."""

    status = "SLUICE_E_TIME"


class Conflict(SluiceError):
    """The idempotency key was used for another request."""

    status = "SLUICE_E_CONFLICT"


class Unset(SluiceError):
    """An amount that the policy calls `custom` has not been set for this subject."""

    status = "SLUICE_E_UNSET"


class Forked(SluiceError):
    """The engine belongs to the parent process; a child makes its own after the fork."""

    status = "SLUICE_E_FORKED"


class WouldReset(SluiceError):
    """The new policy would drop state, and `allow_reset` was not given; the message lists the limits."""

    status = "SLUICE_E_WOULD_RESET"


class TooMany(SluiceError, ValueError):
    """More than 128 subjects in a decision, or another fixed bound."""

    status = "SLUICE_E_TOO_MANY"


class StaleLease(SluiceError):
    """The lease has ended and the message gone on; or, of a cancel, the message is leased and may be on its way."""

    status = "SLUICE_E_STALE"


_CLASSES: dict[str, type[SluiceError]] = {
    kind.status: kind
    for kind in (
        InvalidRequest,
        MemoryCapError,
        NotFound,
        PolicyError,
        TimeError,
        Conflict,
        Unset,
        Forked,
        WouldReset,
        TooMany,
        StaleLease,
    )
}
# This package destroys an engine only by closing it.
_CLASSES[HandleError.status] = ClosedError

# What has one cause in this package, and calls that fail without a text.
_OWN_WORDS = {
    "SLUICE_E_HANDLE": "the engine is closed",
    "SLUICE_E_FORKED": "the engine belongs to the parent process; make a new one after fork",
}


def error_of(status: int, status_name: str, message: str) -> SluiceError:
    """The exception of a negative status. The extension module calls this."""
    if status_name in _OWN_WORDS:
        message = _OWN_WORDS[status_name]
    elif message in ("", status_name):
        message = f"{status_name} ({status})"
    error = _CLASSES.get(status_name, SluiceError)(message)
    error.status = status_name
    return error
