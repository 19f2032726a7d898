"""A request, taken apart: which limits it charges, for which subjects, at what cost."""

from dataclasses import dataclass

from .errors import RequestError
from .kind import Ask
from .policy import Charge, Operation

MOST_SUBJECTS = 128
MOST_BYTES = 1024


@dataclass(eq=False)
class Item:
    """All that one decision charges on one limit and subject."""

    charge: Charge
    subject: tuple
    times: int  # how often the subject occurs: costs add
    ask: Ask

    @property
    def limit(self):
        return self.charge.limit

    @property
    def key(self) -> tuple:
        return self.limit.name, self.subject

    @property
    def record(self) -> tuple:
        """All limits of one scope and subject share a record."""
        return self.limit.scope, self.subject

    @property
    def refuses(self) -> bool:
        return self.charge.mode in ("deny", "queue") and not self.always_passes

    @property
    def is_attempt(self) -> bool:
        return self.charge.word == "attempt"

    @property
    def always_passes(self) -> bool:
        return self.charge.word in ("forced", "exempt", "release")


def text(value) -> str:
    """Bytes and text that spell the same are the same value."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def normal(operation: Operation, values: dict) -> dict:
    """Every value as text; the repeated dimension as a tuple."""
    if set(values) != set(operation.values):
        raise RequestError(f"{operation.name} needs {operation.values}, not {sorted(values)}")
    normalised = {}
    for dimension, value in values.items():
        if not isinstance(value, (list, tuple)):
            value = [value]
        elif dimension != operation.repeats:
            raise RequestError(f"{dimension} occurs once")
        several = tuple(text(v) for v in value)
        if not several or not all(1 <= len(v.encode("utf-8", "surrogateescape")) <= MOST_BYTES for v in several):
            raise RequestError(f"a value of {dimension} has 1 to {MOST_BYTES} bytes")
        normalised[dimension] = several if dimension == operation.repeats else several[0]
    return normalised


def counted(operation: Operation, quantities: dict) -> dict:
    if set(quantities) != set(operation.quantities) or any(number < 0 for number in quantities.values()):
        raise RequestError(f"{operation.name} needs the quantities {operation.quantities}, not {quantities}")
    return dict(quantities)


def cost(charge: Charge, quantities: dict) -> int:
    return charge.cost if isinstance(charge.cost, int) else quantities[charge.cost]


def items(operation: Operation, values: dict, quantities: dict, decision: int) -> list:
    """In the order of the charges and, within one, of the first occurrence of the repeated value."""
    found = []
    for charge in operation.charges:
        if charge.while_queued:
            continue  # the depth of a queue is taken by enqueue alone
        repeated = values[operation.repeats] if charge.each else (None,)
        for value in dict.fromkeys(repeated):
            one = {**values, operation.repeats: value} if charge.each else values
            times = repeated.count(value)
            subject = tuple(one[dimension] for dimension in charge.limit.scope)
            named = one[charge.of] if charge.of else ()
            named = tuple(dict.fromkeys(named if isinstance(named, tuple) else (named,)))
            ask = Ask(cost(charge, quantities) * times, named, charge.word, charge.mode == "queue", decision)
            same = next((i for i, item in enumerate(found) if item.charge is charge and item.subject == subject), None)
            if same is None:
                found.append(Item(charge, subject, times, ask))
            else:
                found[same] = _together(found[same], times, ask)
    if len({item.record for item in found}) > MOST_SUBJECTS:
        raise RequestError(f"more than {MOST_SUBJECTS} subjects in one decision")
    return found


def _together(item: Item, times: int, ask: Ask) -> Item:
    """`each` on a limit whose scope does not hold the repeated dimension: the costs add, the values are taken together."""
    values = tuple(dict.fromkeys(item.ask.values + ask.values))
    merged = Ask(item.ask.cost + ask.cost, values, ask.word, ask.queued, ask.decision)
    return Item(item.charge, item.subject, item.times + times, merged)
