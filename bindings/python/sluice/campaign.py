"""Campaigns: messages of one account that leave spread over a time, and are paused or aborted as one."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Union

from ._native import EngineCore
from .errors import InvalidRequest
from .instant import Instant

Share = Union[str, int]
"""A share of a whole: "50%", "12.5%", or an int of hundredths of a percent (5000)."""

_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%")
_WHOLE = 10_000


class CampaignStatus(NamedTuple):
    """How a campaign stands."""

    state: str
    """"running", "paused", "aborted", or "finished": it was sealed, and all its messages have ended."""
    sealed: bool
    """Nothing comes to it any more."""
    accepted: int
    """Messages taken in, ever."""
    queued: int
    """Of those, held and not in flight."""
    removed: int
    """Of an abort: by this call."""
    in_flight: tuple[int, ...]
    """The numbers of its messages that are leased or unknown, ascending."""
    ended: dict[str, int]
    """Messages by what became of them: "sent", "failed", "expired", "cancelled", "aborted", "dead"."""


class Campaign:
    """A campaign of an engine: Engine.campaign makes it, and `engine.enqueue(..., campaign=campaign)` puts messages into it.

    Each call answers how it stands after that. They raise NotFound when it ended more than a day ago, Conflict when it was
    aborted and something else is asked, TimeError.
    """

    __slots__ = ("_core", "name", "number")

    number: int
    """Below 2**53, never used again; Lease.campaign is this."""
    name: str

    def __init__(self, core: EngineCore, number: int, name: str) -> None:
        self._core = core
        self.number = number
        self.name = name

    def pause(self, *, now: Instant | None = None) -> CampaignStatus:
        """Nothing of it is leased, and its time stands still; what is in flight is settled as usual."""
        return self._change("pause", now)

    def resume(self, *, now: Instant | None = None) -> CampaignStatus:
        """It goes on; its end has moved by the pause, or it goes faster if it `catches_up`."""
        return self._change("resume", now)

    def seal(self, *, now: Instant | None = None) -> CampaignStatus:
        """Nothing comes to it any more: it finishes when all its messages have ended, which is an event."""
        return self._change("seal", now)

    def abort(self, *, now: Instant | None = None) -> CampaignStatus:
        """From now on nothing of it is leased; what waited is `removed` and gives back what it took. Final."""
        return self._change("abort", now)

    def status(self) -> CampaignStatus:
        """How it stands."""
        return CampaignStatus(*self._core.campaign_status(self.number))

    def _change(self, change: str, now: Instant | None) -> CampaignStatus:
        return CampaignStatus(*self._core.change_campaign(self.number, change, now))

    def __repr__(self) -> str:
        return f"<Campaign {self.number}, {self.name}>"

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("cannot pickle 'sluice.Campaign': it belongs to an engine of this process")


def share_of(name: str, share: object) -> int:
    """Hundredths of a percent, from 1 to 10000."""
    if isinstance(share, bool) or not isinstance(share, (str, int)):
        raise TypeError(f'{name} must be a text such as "50%" or an int of hundredths of a percent, not {type(share).__name__}')
    hundredths = share if isinstance(share, int) else _hundredths(share)
    if 1 <= hundredths <= _WHOLE:
        return hundredths
    raise InvalidRequest(f'{name} must be from "0.01%" to "100%" (1 to 10000 hundredths of a percent), not {share!r}')


def _hundredths(text: str) -> int:
    found = _PERCENT.fullmatch(text)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
