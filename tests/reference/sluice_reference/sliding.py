"""Sliding: units in the last T, (now - T, now].

The history is every charge ever made. An exact entry leaves T after its instant; in slots it leaves T after the end of its
slot, so never early, and late by at most one slot.
"""

from dataclasses import dataclass

from .kind import Ask, Kind, ignore

MOST_ENTRIES = 1024


@dataclass
class Entry:
    at: int
    units: int


class Sliding(Kind):
    def __init__(self, limit):
        self.length = limit.length + limit.duration("margin", 0)
        slots = limit.fields.get("slots")
        self.slot = -(-self.length // slots) if slots else None
        self.entries = []

    def leaves_at(self, entry: Entry) -> int:
        if self.slot is None:
            return entry.at + self.length
        return (entry.at // self.slot + 1) * self.slot + self.length

    def live(self, at: int) -> list:
        return [entry for entry in self.entries if at < self.leaves_at(entry)]

    def used(self, at, amount=None):
        return sum(entry.units for entry in self.live(at))

    def passes(self, at, ask, amount):
        if not amount.is_number:
            return amount.word == "unlimited"
        if ask.queued and ask.cost > amount.number:
            return self.used(at) == 0
        return self.used(at) + ask.cost <= amount.number

    def instants(self, at, ask, amount):
        return sorted({self.leaves_at(entry) for entry in self.live(at)})

    def take(self, at, ask, amount, tell=ignore):
        instants = {entry.at for entry in self.live(at)}
        if self.slot is None and at not in instants and len(instants) >= MOST_ENTRIES:
            for entry in self.entries:
                if entry.at == max(instants):
                    entry.at = at  # a full log merges its newest entry into the later instant
        entry = Entry(at, ask.cost)
        self.entries.append(entry)
        return entry

    def give_back(self, at, taken, units, amount):
        taken.units -= units

    def resets_at(self, at, amount):
        return max((self.leaves_at(entry) for entry in self.live(at) if entry.units), default=at)

    def set_used(self, at, units, amount):
        self.entries = []
        self.take(at, Ask(units), amount)
