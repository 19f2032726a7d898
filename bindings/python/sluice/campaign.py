"""Campaigns: messages of one account that leave spread over a time, and are paused or aborted as one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from ._native import EngineCore
from .errors import InvalidRequest
from .instant import Instant

if TYPE_CHECKING:
    from ._native import _Report

Share = Union[str, int]
"""A share of a whole: "50%", "12.5%", or an int of hundredths of a percent (5000)."""

_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%")
_WHOLE = 10_000
_UNITS = {"day": 86_400 * 10**9, "h": 3_600 * 10**9, "min": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


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
    rate: str | None
    """The most that leaves by all its lines together, such as "200/min"; None: it has no rate of its own."""
    rate_opens_at: int | None
    """Its rate lets the next message leave from then on; None: it has none, or nothing has left by it."""


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

    def set_rate(self, rate: str | None, *, now: Instant | None = None) -> CampaignStatus:
        """Gives it another rate at once, such as "200/min"; None: none.

        What the old rate still kept back is owed under the new one, in messages. Raises InvalidRequest too.
        """
        return _status(self._core.set_campaign_rate(self.number, rate_of(rate), now))

    def status(self) -> CampaignStatus:
        """How it stands."""
        return _status(self._core.campaign_status(self.number))

    def _change(self, change: str, now: Instant | None) -> CampaignStatus:
        return _status(self._core.change_campaign(self.number, change, now))

    def __repr__(self) -> str:
        return f"<Campaign {self.number}, {self.name}>"

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("cannot pickle 'sluice.Campaign': it belongs to an engine of this process")


def _status(report: _Report) -> CampaignStatus:
    amount, period, opens_at = report[7:]
    return CampaignStatus(*report[:7], _spelled(amount, period) if amount else None, opens_at or None)


def _spelled(amount: int, period: int) -> str:
    """As a policy writes it: "10/s", "200/90s"."""
    unit = next(name for name, span in _UNITS.items() if period % span == 0)
    count = period // _UNITS[unit]
    return f"{amount}/{unit}" if count == 1 else f"{amount}/{count}{unit}"


def rate_of(rate: object) -> str:
    """For the C ABI, to which an empty text is none."""
    if rate is None:
        return ""
    if not isinstance(rate, str):
        raise TypeError(f'rate must be a text such as "200/min" or None, not {type(rate).__name__}')
    if not rate:
        raise InvalidRequest("rate: empty; pass None for none")
    return rate


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
