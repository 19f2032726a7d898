"""What the six kinds have in common.

One object of a kind is the whole history of one limit for one subject. `at` never goes backwards in what is taken: the model
sees to that. Nothing here changes anything except `take`, `give_back`, `change` and the kinds' own setters.
"""

from dataclasses import dataclass

from .amount import Amount


@dataclass(frozen=True)
class Ask:
    """One decision's charge on one limit and subject, duplicates already added up."""

    cost: int
    values: tuple = ()  # distinct values or resources, each once
    word: str | None = None  # "attempt", "forced", "exempt", "release"
    queued: bool = False  # queue mode: an oversize cost may go when nothing is used
    decision: int = 0


def ignore(kind, **fields):
    """Hears of nothing."""


class Kind:
    def passes(self, at: int, ask: Ask, amount: Amount) -> bool:
        """Would this charge pass at `at`, had nothing more been charged until then?"""
        raise NotImplementedError

    def instants(self, at: int, ask: Ask, amount: Amount):
        """Ascending, later than `at`: every instant at which `passes` may turn true."""
        raise NotImplementedError

    def hopeless(self, ask: Ask, amount: Amount) -> str:
        """When no instant helps: "never", or "unknown" if it takes a release."""
        return "never"

    def take(self, at: int, ask: Ask, amount: Amount, tell=ignore):
        """Charge, whether it passes or not. Answers what `give_back` needs."""
        raise NotImplementedError

    def give_back(self, at: int, taken, units: int, amount: Amount) -> None:
        """Return `units` of what was taken, all or some."""

    def change(self, at: int, old: Amount, new: Amount, tell=ignore) -> None:
        """The effective amount changes. What was spent carries in units."""

    def largest(self, amount: Amount) -> int:
        """The largest cost that ever passes."""
        return amount.number

    def size(self, amount: Amount) -> int:
        """What is reported as the limit."""
        return amount.number

    def used(self, at: int, amount: Amount) -> int:
        raise NotImplementedError

    def room(self, at: int, amount: Amount) -> int:
        """How many units pass right now."""
        return max(0, amount.number - self.used(at, amount))

    def resets_at(self, at: int, amount: Amount) -> int | None:
        """When the period ends or, without periods, when nothing is used any more; None if not by time."""
        raise NotImplementedError


def opens_at(kind: Kind, at: int, ask: Ask, amount: Amount):
    """The earliest instant from `at` on at which the charge passes, or "never" or "unknown"."""
    if kind.passes(at, ask, amount):
        return at
    if amount.word == "blocked":
        return "never"
    for instant in kind.instants(at, ask, amount):
        if kind.passes(instant, ask, amount):
            return instant
    return kind.hopeless(ask, amount)
