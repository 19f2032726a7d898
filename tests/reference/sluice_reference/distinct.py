"""Distinct: how many different values in T.

A slot opens at the first charge of a value and closes T later; further charges do not refresh it. A value with an exemption
passes free and takes no slot.
"""

from dataclasses import dataclass, field

from .kind import Kind, ignore


@dataclass
class Slot:
    value: object
    opened: int
    users: list  # the decisions that used it, in order
    closed: bool = False  # by a refund


@dataclass
class Taken:
    decision: int
    opened: list = field(default_factory=list)


class Distinct(Kind):
    def __init__(self, limit):
        self.length = limit.length
        self.exemption = limit.duration("exemption", 0)
        self.slots = []  # every slot that ever opened
        self.exempt_until = {}  # value -> instant

    def open_slots(self, at: int) -> list:
        return [slot for slot in self.slots if not slot.closed and at < slot.opened + self.length]

    def is_exempt(self, value, at: int) -> bool:
        return at < self.exempt_until.get(value, 0)

    def new_values(self, at: int, ask) -> list:
        """The values of this charge that need a slot of their own."""
        known = {slot.value for slot in self.open_slots(at)}
        return [value for value in ask.values if value not in known and not self.is_exempt(value, at)]

    def used(self, at, amount=None):
        return len(self.open_slots(at))

    def passes(self, at, ask, amount):
        if not amount.is_number:
            return amount.word == "unlimited"
        new = self.new_values(at, ask)
        return not new or self.used(at) + len(new) <= amount.number

    def instants(self, at, ask, amount):
        closings = {slot.opened + self.length for slot in self.open_slots(at)}
        return sorted(instant for instant in closings | set(self.exempt_until.values()) if instant > at)

    def take(self, at, ask, amount, tell=ignore):
        taken = Taken(ask.decision)
        for value in ask.values:
            if ask.word == "exempt":
                self.exempt_until[value] = at + self.exemption
                continue
            slot = next((slot for slot in self.open_slots(at) if slot.value == value), None)
            if slot:
                slot.users.append(ask.decision)
            elif not self.is_exempt(value, at) and amount.word != "unlimited":
                slot = Slot(value, at, [ask.decision])
                self.slots.append(slot)
                taken.opened.append(slot)
        return taken

    def give_back(self, at, taken, units, amount):
        """A slot closes only if no later decision used it."""
        for slot in taken.opened:
            slot.closed = slot.closed or slot.users[-1] == taken.decision

    def resets_at(self, at, amount):
        return max((slot.opened + self.length for slot in self.open_slots(at)), default=at)
