"""A decision as an answer over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, Union

DialectName = Literal["policy", "x-ratelimit", "x-ratelimit-delta", "ratelimit", "retry-ms", "problem"]
Dialects = Union[DialectName, Iterable[DialectName], None]
"""In which dialects an answer is, together; None: the policy's own.

"policy": as its `dialect` says. "x-ratelimit": X-RateLimit-Limit, -Remaining and -Reset as an instant;
"x-ratelimit-delta": -Reset in seconds to go. "ratelimit": RateLimit and RateLimit-Policy. "retry-ms": retry-after-ms.
"problem": a body of RFC 9457.
"""


class HttpAnswer(NamedTuple):
    """Status, headers and body, the same bytes in every language."""

    status: int
    headers: list[tuple[str, str]]
    """In their order; names in the case that the policy gives them, values of visible ASCII and spaces."""
    body: bytes
    """Empty: none."""
    retry_after: int | None
    """The wait advised, ns of whole seconds; None when none is known to help."""
    retry: bool
    """Whether coming again makes sense: False when it is allowed, or no wait that a client can bear helps."""

    def header(self, name: str) -> str | None:
        """The value of the first header of that name, whatever its case."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)
