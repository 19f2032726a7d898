"""Pace: a steady rate with a depth (GCRA).

All that matters of the history is the instant at which every charge so far is paid off, `paid_at`: a charge moves it on by
its cost times the interval, rounded up to whole ns.
"""

from dataclasses import dataclass
from fractions import Fraction

from .amount import Amount
from .kind import Kind, ignore
from .units import DAY, ceil, floor


def interval(amount: Amount) -> Fraction:
    return Fraction(amount.period) / amount.number


def charge_ns(cost: int, amount: Amount) -> int:
    return ceil(cost * interval(amount))


def depth_ns(amount: Amount) -> int:
    unit, depth = amount.depth
    return depth if unit == "time" else max(floor(depth * interval(amount)), charge_ns(1, amount))


def largest_ns(amount: Amount) -> int:
    """Of the largest charge. It passes when nothing is owed, though rounded up it may be 1 ns more than the depth."""
    unit, depth = amount.depth
    return depth if unit == "time" else max(charge_ns(depth, amount), charge_ns(1, amount))


@dataclass
class Taken:
    at: int
    ns: int
    cost: int
    amount: Amount  # the rate at which it was charged
    era: int


class Pace(Kind):
    def __init__(self, limit):
        self.slack = limit.duration("slack", 0)
        self.paid_at = None  # None: as never charged
        self.rate = None  # the amount in whose rate the debt is expressed
        self.era = 0  # how often all debt was dropped

    def debt(self, at: int) -> int:
        return 0 if self.paid_at is None else max(self.paid_at - at, 0)

    def passes(self, at, ask, amount):
        if not amount.is_number:
            return amount.word == "unlimited"
        if self.debt(at) == 0:
            return ask.queued or ask.cost <= self.largest(amount)
        return ask.cost <= self.largest(amount) and self.debt(at) + charge_ns(ask.cost, amount) <= depth_ns(amount)

    def instants(self, at, ask, amount):
        if self.paid_at is None:
            return []
        drained_enough = self.paid_at + charge_ns(ask.cost, amount) - depth_ns(amount)
        return sorted(instant for instant in (drained_enough, self.paid_at) if instant > at)

    def largest(self, amount):
        whole = floor(largest_ns(amount) / interval(amount))
        unit, depth = amount.depth
        return min(whole, depth) if unit == "units" else whole

    def size(self, amount):
        return self.largest(amount)

    def take(self, at, ask, amount, tell=ignore):
        if not amount.is_number:
            return None
        start = at + self.debt(at)
        if self.paid_at is not None and 0 <= at - self.paid_at <= self.slack:
            start = self.paid_at  # late by no more than the slack: the grid stays
        end, most = start + charge_ns(ask.cost, amount), at + max(DAY, largest_ns(amount))
        if end > most:
            end = max(most, start)
            tell("saturated")
        self.paid_at, self.rate = end, amount
        return Taken(at, end - start, ask.cost, amount, self.era)

    def give_back(self, at, taken, units, amount):
        """What would still be owed for the whole charge, less what would still be owed had it been the smaller one."""
        if taken.era != self.era or self.paid_at is None:
            return
        whole = self._converted(taken.ns, taken.amount, self.rate)
        smaller = min(whole, charge_ns(taken.cost - units, self.rate))
        elapsed = at - taken.at
        self.paid_at -= max(0, whole - elapsed) - max(0, smaller - elapsed)

    def change(self, at, old, new, tell=ignore):
        if new.word == "unlimited":
            self.paid_at, self.era = None, self.era + 1
        elif new.is_number and self.rate is not None:
            if self.debt(at) > 0:
                self.paid_at = at + self._converted(self.debt(at), self.rate, new)
            self.rate = new

    @staticmethod
    def _converted(ns: int, old: Amount, new: Amount) -> int:
        """The same number of units, at another rate."""
        return ceil(ns * interval(new) / interval(old))

    def used(self, at, amount):
        return ceil(self.debt(at) / interval(self.rate)) if self.rate is not None else 0

    def room(self, at, amount):
        if self.debt(at) == 0:
            return self.largest(amount)
        return max(0, min(self.largest(amount), floor((depth_ns(amount) - self.debt(at)) / interval(amount))))

    def resets_at(self, at, amount):
        return at + self.debt(at)

    def set_used(self, at, units, amount):
        self.paid_at, self.rate = at + charge_ns(units, amount), amount
