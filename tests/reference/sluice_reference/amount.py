"""How much a limit admits: a number or one of the words, with what may stand beside it."""

from dataclasses import dataclass, replace
from fractions import Fraction

from . import units
from .errors import PolicyError

MOST = 2**48 - 1


@dataclass(frozen=True)
class Amount:
    word: str  # "number", "unlimited", "custom", "blocked"; in a policy also "derived"
    number: int | Fraction | None = None
    period: int | None = None  # of a pace
    base: str | None = None  # of a derived amount
    times: Fraction | None = None
    depth: tuple = ("units", 1)  # or ("time", ns)
    burst: tuple | None = None  # (factor, ns)
    ceiling: Fraction = Fraction(1)
    thresholds: tuple = ()  # percentages

    @property
    def is_number(self) -> bool:
        return self.word == "number"


def read(kind: str, fields: dict) -> Amount:
    words = [word for word in ("amount", "unlimited", "custom", "blocked", "of") if word in fields]
    if len(words) != 1:
        raise PolicyError(f"exactly one amount is needed, not {words}")
    depth = fields.get("depth", 1)
    beside = {
        "depth": ("units", depth) if isinstance(depth, int) else ("time", units.duration(depth)),
        "burst": units.burst(fields["burst"]) if "burst" in fields else None,
        "ceiling": units.share(fields["ceiling"]) if "ceiling" in fields else Fraction(1),
        "thresholds": tuple(fields.get("thresholds", ())),
    }
    if words == ["of"]:
        return Amount("derived", base=fields["of"], times=Fraction(fields.get("times", 1)), **beside)
    if words == ["amount"]:
        return with_value(Amount("number", **beside), kind, fields["amount"])
    return Amount(words[0], **beside)


def with_value(amount: Amount, kind: str, value) -> Amount:
    """The same amount with another value: an integer, the text of a pace's rate, "unlimited" or "blocked"."""
    if value in ("unlimited", "blocked"):
        return replace(amount, word=value, number=None, period=None)
    if not isinstance(value, str if kind == "pace" else int):
        raise PolicyError(f"not an amount of a {kind}: {value!r}")
    number, period = units.rate(value) if kind == "pace" else (value, None)
    if not 1 <= number <= MOST:
        raise PolicyError(f"an amount is from 1 to {MOST}, not {number}")
    return replace(amount, word="number", number=number, period=period)


def derived(amount: Amount, kind: str, base: Amount, base_length: int | None) -> Amount:
    """What a derived amount comes to when its base is `base`: the same word, or the number times the factor."""
    if not base.is_number:
        return replace(amount, word=base.word)
    number = base.number * amount.times
    if kind == "pace":
        period = base.period or base_length
        if period is None:
            raise PolicyError(f"{amount.base} has no rate to derive a pace from")
    else:
        if base.period is not None:
            raise PolicyError(f"{amount.base} is a rate, and a count was to be derived from it")
        number, period = units.floor(number), None
    if number == 0:
        raise PolicyError(f"{amount.times} of {amount.base} is 0")
    return replace(amount, word="number", number=number, period=period)
