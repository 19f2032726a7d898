"""Gauge: units or named resources held until they are released.

Holding a held name again is free and renews its lease, if the limit gives one. A lower amount revokes nothing.
"""

from dataclasses import dataclass, field

from .kind import Kind, ignore


@dataclass
class Hold:
    until: int | None  # the end of its lease
    users: list  # the decisions that hold it, in order


@dataclass
class Taken:
    decision: int
    named: bool
    acquired: dict = field(default_factory=dict)  # name -> Hold


class Gauge(Kind):
    def __init__(self, limit):
        self.lease = limit.duration("lease")
        self.units = 0
        self.holds = {}  # name -> Hold

    def held(self, at: int) -> dict:
        return {name: hold for name, hold in self.holds.items() if hold.until is None or at < hold.until}

    def used(self, at, amount=None):
        return self.units + len(self.held(at))

    def needed(self, at: int, ask) -> int:
        if ask.values:
            return len([name for name in ask.values if name not in self.held(at)])
        return ask.cost

    def passes(self, at, ask, amount):
        if not amount.is_number:
            return amount.word == "unlimited"
        if ask.values and self.needed(at, ask) == 0:
            return True
        return self.used(at) + self.needed(at, ask) <= amount.number

    def instants(self, at, ask, amount):
        return sorted({hold.until for hold in self.held(at).values() if hold.until is not None})

    def hopeless(self, ask, amount):
        return "never" if (len(ask.values) or ask.cost) > amount.number else "unknown"

    def take(self, at, ask, amount, tell=ignore):
        taken = Taken(ask.decision, bool(ask.values))
        if ask.word == "release":
            self._release(at, ask)
        elif ask.values:
            for name in ask.values:
                hold = self.held(at).get(name)
                if hold is None:
                    hold = self.holds[name] = taken.acquired[name] = Hold(None, [])
                hold.users.append(ask.decision)
                hold.until = None if self.lease is None else at + self.lease
        else:
            self.units += ask.cost
        return taken

    def _release(self, at, ask):
        if ask.values:
            for name in ask.values:
                self.holds.pop(name, None)
        else:
            self.units = max(0, self.units - ask.cost)  # what is not held is not given back

    def give_back(self, at, taken, units, amount):
        """Units exactly; a name only if it is still held and no later decision holds it."""
        for name, hold in taken.acquired.items():
            if self.holds.get(name) is hold and hold.users[-1] == taken.decision:
                del self.holds[name]
        if not taken.named:
            self.units = max(0, self.units - units)

    def resets_at(self, at, amount):
        ends = [hold.until for hold in self.held(at).values()]
        if self.units or None in ends:
            return None
        return max(ends, default=at)

    def set_used(self, at, units, amount):
        self.units = units
