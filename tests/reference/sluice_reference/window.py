"""Window: a count per period, with an optional bank of unused units.

The history is every charge ever made. `used` is the sum over the period that holds `at`; what is missing from the bank is
folded from the first charge on, edge by edge.
"""

from dataclasses import dataclass
from itertools import takewhile

from .kind import Ask, Kind, ignore
from .units import floor


@dataclass
class Entry:
    at: int
    units: int


class Window(Kind):
    def __init__(self, limit, cycles=None):
        self.from_first = limit.length if limit.from_first else None
        self.cycles = cycles if cycles is not None else [(-1, limit.cycle)]  # (since, edges), billing may append
        self.entries = []
        self.counted, self.spent = 0, {}  # a tally of the entries for the bank, brought up to date when it is read
        self.fired = set()  # (start of the period, percent)
        self.grants = []  # (since, units a window adds to the bank); None: without end

    # Periods.

    def period(self, at: int) -> tuple | None:
        """The half-open period that holds `at`; None if nothing was charged yet that would start one."""
        if self.from_first:
            return self._period_from_first(at)
        cycles = [(since, cycle) for since, cycle in self.cycles if since <= at]
        untils = [since for since, _ in cycles[1:]] + [at]
        # A change of cycle ends no period by itself: edges of the old count until the change, edges of the new after it.
        edges = [(cycle.last_edge(until), since) for (since, cycle), until in zip(cycles, untils)]
        start = max((edge for edge, since in edges if edge > since), default=0)
        return start, cycles[-1][1].next_edge(at)

    def _period_from_first(self, at: int) -> tuple | None:
        start = None
        for entry in self.entries:
            if start is None or entry.at >= start + self.from_first:
                start = entry.at
        return (start, start + self.from_first) if start is not None and at < start + self.from_first else None

    def used(self, at, amount=None):
        period = self.period(at)
        current = takewhile(lambda entry: period[0] <= entry.at, reversed(self.entries))  # in the order of time
        return sum(entry.units for entry in current) if period else 0

    # The bank.

    def missing(self, at: int) -> int:
        length, spent = self._length(), self._spent()
        missing, here, window = 0, at // length, min(spent, default=at // length)
        while window < here:
            if window in spent:
                granted = self._granted((window + 1) * length)
                missing = 0 if granted is None else max(0, missing + spent[window] - granted)
                window += 1
                continue
            # A stretch of idle windows that all grant the same.
            stops = [here, *spent, *(-(-since // length) for since, _ in self.grants)]
            stretch = max(1, min(stop for stop in stops if stop > window) - window)
            granted = self._granted((window + 1) * length)
            missing = 0 if granted is None else max(0, missing - stretch * granted)
            window += stretch
        return missing

    def _spent(self) -> dict:
        """Units by the number of their window."""
        length = self._length()
        for entry in self.entries[self.counted :]:
            self.spent[entry.at // length] = self.spent.get(entry.at // length, 0) + entry.units
        self.counted = len(self.entries)
        return self.spent

    def _granted(self, edge: int) -> int | None:
        """What an edge adds to the bank: an amount acts on the edges after its change."""
        return [granted for since, granted in self.grants if since < edge][-1]

    def _length(self) -> int:
        return self.cycles[0][1].length

    @staticmethod
    def _grant(amount) -> int | None:
        return amount.number if amount.is_number else None if amount.word == "unlimited" else 0

    # The questions.

    def admits(self, at, amount) -> int:
        """How much the period that holds `at` admits in all."""
        if amount.burst is None:
            return floor(amount.ceiling * amount.number)
        factor, duration = amount.burst
        bank = floor((factor - 1) * amount.number * (duration // self._length()))
        return min(self.largest(amount), amount.number + bank - self.missing(at))

    def largest(self, amount):
        return floor((amount.burst[0] if amount.burst else amount.ceiling) * amount.number)

    def passes(self, at, ask, amount):
        if not amount.is_number:
            return amount.word == "unlimited"
        if ask.queued and ask.cost > self.largest(amount):
            return self.used(at) == 0 and (amount.burst is None or self.missing(at) == 0)
        return self.used(at) + ask.cost <= self.admits(at, amount)

    def instants(self, at, ask, amount):
        if ask.cost > self.largest(amount) and not ask.queued:
            return
        period = self.period(at)
        if period is None:
            return
        edge = period[1]
        yield edge
        while amount.burst and self.missing(edge) > 0:
            edge = self._edge_of_recovery(edge, ask, amount)
            yield edge

    def _edge_of_recovery(self, edge, ask, amount):
        """The first idle edge after `edge` at which the charge passes or the bank is full."""
        length, windows = self._length(), 1
        while not self._recovered(edge + windows * length, ask, amount):
            windows *= 2
        low = windows // 2
        while windows - low > 1:
            middle = (low + windows) // 2
            low, windows = (low, middle) if self._recovered(edge + middle * length, ask, amount) else (middle, windows)
        return edge + windows * length

    def _recovered(self, edge, ask, amount):
        return self.missing(edge) == 0 or self.passes(edge, ask, amount)

    def take(self, at, ask, amount, tell=ignore):
        if not self.grants:
            self.grants.append((-1, self._grant(amount)))
        entry = Entry(at, ask.cost)
        self.entries.append(entry)
        self._fire(at, amount, "charge", tell)
        return entry

    def give_back(self, at, taken, units, amount):
        period = self.period(at)
        if period and period[0] <= taken.at:
            taken.units -= units
            self.counted, self.spent = 0, {}

    def change(self, at, old, new, tell=ignore):
        if self.grants:
            self.grants.append((at, self._grant(new)))
        size = {"unlimited": float("inf"), "number": new.number}.get(new.word, 0)
        size_before = {"unlimited": float("inf"), "number": old.number}.get(old.word, 0)
        if size > size_before:
            self._rearm(at, new)
        self._fire(at, new, "plan_change", tell)

    # Thresholds.

    def _crossed(self, at, amount) -> list:
        if not amount.is_number:
            return []
        used = self.used(at)
        return [percent for percent in amount.thresholds if used * 100 >= percent * amount.number]

    def _fire(self, at, amount, cause, tell):
        period = self.period(at)
        for percent in self._crossed(at, amount):
            if (period[0], percent) not in self.fired:
                self.fired.add((period[0], percent))
                tell("threshold", percent=percent, cause=cause)

    def _rearm(self, at, amount):
        period = self.period(at)
        if period:
            crossed = self._crossed(at, amount)
            self.fired = {(start, percent) for start, percent in self.fired if start != period[0] or percent in crossed}

    def resets_at(self, at, amount):
        period = self.period(at)
        return period[1] if period else at

    def room(self, at, amount):
        return max(0, self.admits(at, amount) - self.used(at))

    def set_used(self, at, units, amount):
        period = self.period(at)
        self.entries = [entry for entry in self.entries if period and entry.at < period[0]]
        self.counted, self.spent = 0, {}
        self.take(at, Ask(units), amount)
