"""Why a held message has not gone: the rules that hold it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timezone


@dataclass(frozen=True)
class Hold:
    """One rule that holds a message now. What a rule has not is None. str() tells it in words."""

    rule: str
    """"turn", "send_at", "retry", "flow" (all that its account has in its class of the line is parked), "earlier_message" (one to
    the same recipient is parked), "campaign", "hours" (they are closed), "in_flight", "line" (it is closed), "line_limit",
    "limit" (of its own)."""
    until: int | None
    """ns since the Unix epoch; None when it is on release, or unknown."""
    until_kind: str
    """"exact", "bound" (not before until), "on_release", or "unknown"."""
    ahead: int | None = None
    """"turn", "campaign": messages that go before it."""
    message: int | None = None
    """"earlier_message": that one. "flow": the one whose limit parked it."""
    campaign: int | None = None
    """"campaign": its number."""
    name: str | None = None
    """"campaign": its name."""
    share: int | None = None
    """"campaign": the most of the line's pace, in hundredths of a percent."""
    rate: str | None = None
    """"campaign": the most of all its lines together; None: it has no rate."""
    state: str | None = None
    """"line": "throttled", "paused", "suspended", "removed", "bad". "campaign": "running", "paused", "rate". Of a limit:
    "closed", "blocked", "unset"."""
    reason: str | None = None
    """"line": what was said when it was closed."""
    limit: str | None = None
    """The limit's name."""
    subject: str | None = None
    """"line=+1,recipient=+2": whom the limit counts."""
    zone: str | None = None
    """"hours": the zones by whose clocks they are, with commas between."""
    used: int | None = None
    amount: int | None = None
    """Units that the limit admits; "in_flight": leases that a line may have."""

    def __str__(self) -> str:
        return f"{self._what()}, {_until(self.until, self.until_kind)}"

    def _what(self) -> str:
        before = f"{self.ahead} message{'' if self.ahead == 1 else 's'} before it"
        reason = f" ({self.reason})" if self.reason else ""
        told = {
            "turn": f"its turn: {before}",
            "send_at": "for later",
            "retry": "waits to be tried again",
            "flow": f"its account's messages on the line are parked with message {self.message}",
            "earlier_message": f"message {self.message} to the same recipient is parked",
            "campaign": f"campaign {self.name or self.campaign}: {self._slot(before)}",
            "hours": f"its hours are closed in {self.zone}",
            "in_flight": f"{self.used} of {self.amount} leases of its line are out",
            "line": f"its line is {self.state}{reason}",
        }
        return told.get(self.rule) or f"limit {self.limit} of {self.subject}: {self._standing()}"

    def _slot(self, before: str) -> str:
        if self.state == "paused":
            return "paused"
        return f"its rate of {self.rate}, {before}" if self.state == "rate" else f"its slot, {before}"

    def _standing(self) -> str:
        return self.state or f"{self.used} of {self.amount} used"


@dataclass(frozen=True)
class Explanation:
    """Every rule that holds a message now, in the order of their ends: it leaves by the last. Iterates over them."""

    message: int
    state: str
    line: str
    """Bytes that are not UTF-8 are shown as U+FFFD."""
    position: int | None
    """As in MessageStatus; so are eta and eta_kind."""
    eta: int | None
    eta_kind: str
    holds: tuple[Hold, ...]

    def __iter__(self) -> Iterator[Hold]:
        return iter(self.holds)

    def __len__(self) -> int:
        return len(self.holds)

    def __str__(self) -> str:
        leaves = "" if self.eta is None else f", leaves {_at(self.eta, self.eta_kind)}"
        place = "" if self.position is None else f", position {self.position}"
        head = f"message {self.message} is {self.state} on {self.line}{place}{leaves}"
        return "\n".join([head, *(f"  {hold}" for hold in self.holds)] if self.holds else [head, "  nothing holds it"])


def explanation_of(text: str) -> Explanation:
    """From the engine's JSON. What a newer engine says of a rule beside is left out."""
    told = json.loads(text)
    known = {field.name for field in fields(Hold)}
    holds = tuple(Hold(**{name: value for name, value in each.items() if name in known}) for each in told["holds"])
    return Explanation(told["message"], told["state"], told["line"], told["position"], told["eta"], told["eta_kind"], holds)


def _until(until: int | None, kind: str) -> str:
    if until is None:
        return "until something is released" if kind == "on_release" else "until nobody knows when"
    return f"{'not before' if kind == 'bound' else 'until'} {_instant(until)}"


def _at(eta: int, kind: str) -> str:
    return f"{'not before' if kind == 'bound' else 'at'} {_instant(eta)}"


def _instant(at: int) -> str:
    seconds, rest = divmod(at, 10**9)
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}{fraction}Z"
