"""Limits in words: how much, how often, for whom, and what then. Read aloud they sound like a provider's page."""

from __future__ import annotations

import re
from fractions import Fraction

from .description import Amount, Charge, Limit, Operation

_PERIODS = {
    "billing": "billing cycle",
    "1s": "second",
    "1m": "minute",
    "60s": "minute",
    "1min": "minute",
    "1h": "hour",
    "3600s": "hour",
}
_CHARGED = {
    "normal": "charged when allowed",
    "attempt": "charged even when refused",
    "forced": "counted even when full, refuses nothing",
    "exempt": "takes nothing, and makes the value free",
    "release": "gives back",
}
_THEN = {"queue": "then waits", "advise": "never refused, only counted", "shadow": "never refused, counted while it passes"}


def rule(limit: Limit, amount: Amount | None) -> str:
    """`5 messages per minute per account`: what an amount allows, and of whom."""
    text = allowance(limit, amount)
    extras = _extras(limit, amount) if amount is not None and amount.word == "number" else ""
    return f"{text.removesuffix(extras)} {whose(limit)}{extras}"


def whose(limit: Limit) -> str:
    return f"per {joined(limit.scope)}"


def allowance(limit: Limit, amount: Amount | None) -> str:
    """`5 messages per minute`, without saying of whom."""
    if amount is None:
        return f"open until a throttling is reported, then closed for at most {spaced(limit.longest)}"
    if amount.word == "blocked":
        return "none at all"
    if amount.word == "custom":
        return f"the agreed number of {plural(limit.unit)}{_frequency(limit)}"
    if amount.word == "unlimited":
        return f"any number of {plural(limit.unit)}{_frequency(limit)}"
    return _number_words(limit, amount) + _extras(limit, amount)


def then(limit: Limit, mode: str) -> str:
    """What happens when there is no room: `then refused (rate)`."""
    return _THEN.get(mode, f"then refused ({limit.denies_as})")


def charged(charge: Charge) -> str:
    """When a charge is taken."""
    if charge.while_queued:
        return "charged while it waits"
    return _CHARGED[charge.charge]


def cost(charge: Charge) -> str:
    """`1`, `10`, `as many as emails`, `1 for each recipient`."""
    words = str(charge.cost) if isinstance(charge.cost, int) else f"as many as {charge.cost}"
    return f"{words} for each {charge.each}" if charge.each else words


def spaced(duration: str | None) -> str:
    """`60s` as `60 s`; `31 days`, `day` as they are."""
    return re.sub(r"(?<=\d)(?=(?:[num]?s|min|h)\b)", " ", duration or "")


def hundredths(share: str) -> int:
    """`80%` as 8000, `99.5%` as 9950."""
    return int(Fraction(share.rstrip("%")) * 100)


def plural(unit: str) -> str:
    if re.search(r"(?:[sxz]|ch|sh)$", unit):
        return f"{unit}es"
    if re.search(r"[^aeiou]y$", unit):
        return f"{unit[:-1]}ies"
    return f"{unit}s"


def counted(number: int, unit: str) -> str:
    return f"{number:,} {unit if number == 1 else plural(unit)}"


def joined(names: tuple[str, ...]) -> str:
    """`line and recipient`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def takes(operation: Operation) -> str:
    """`account, line, recipient (one or more); quantities: emails`."""
    values = ", ".join(f"{v} (one or more)" if v == operation.repeats else v for v in operation.values)
    return f"{values}; quantities: {', '.join(operation.quantities)}" if operation.quantities else values


def _number_words(limit: Limit, amount: Amount) -> str:
    if limit.kind == "pace":
        return counted_rate(amount.text, limit.unit)
    number = amount.amount or 0
    if limit.kind == "gauge":
        return f"{counted(number, limit.unit)} at a time"
    if limit.kind == "distinct":
        return f"{counted(number, f'different {limit.unit}')} in any {spaced(limit.period)}"
    return counted(number, limit.unit) + _frequency(limit)


def _frequency(limit: Limit) -> str:
    """` per minute`, ` in any 24h`, ` per 60s from the first`; nothing for a gauge or a pace."""
    period = limit.period
    if period is None:
        return " at a time" if limit.kind == "gauge" else ""
    if limit.kind in ("sliding", "distinct"):
        return f" in any {spaced(period)}"
    if period.endswith(" from first"):
        return f" in the {spaced(period.removesuffix(' from first'))} from the first"
    zone = f" ({limit.zone})" if limit.zone not in (None, "UTC") else ""
    return f" per {_PERIODS.get(period) or spaced(period)}{zone}"


def counted_rate(text: str, unit: str) -> str:
    """`80/s` as `80 messages per second`, `1/10s` as `1 batch per 10s`."""
    number, _, per = text.partition("/")
    return f"{counted(int(number), unit)} per {_rate_unit(per)}"


def _rate_unit(per: str) -> str:
    words = {"s": "second", "sec": "second", "min": "minute", "h": "hour"}
    return words.get(per) or _PERIODS.get(per) or spaced(per)


def _extras(limit: Limit, amount: Amount) -> str:
    words: list[str] = []
    if amount.depth not in (None, 1):
        words.append(f"{_depth(amount.depth)} at once from idle")
    if amount.burst:
        words.append(f"burst {spaced(amount.burst)}")
    if amount.ceiling and amount.cap is not None:
        words.append(f"up to {amount.cap:,} ({amount.ceiling})")
    if limit.margin:
        words.append(f"{spaced(limit.margin)} of margin")
    if amount.derived:
        words.append(f"{amount.derived[1]} of {amount.derived[0]}")
    return f", {', '.join(words)}" if words else ""


def _depth(depth: int | str | None) -> str:
    return f"{depth:,}" if isinstance(depth, int) else f"{spaced(depth)} of it"
