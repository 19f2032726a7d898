"""May it go, what names the refusal, and how long is the wait."""

from .kind import opens_at
from .records import END_OF_TIME, Records

RANK = ["never", "blocked", "quota", "gauge", "distinct", "pool", "upstream", "depth", "rate", "memory"]


class Verdict:
    """Judged as things stand when it is made; only the wait is counted from what stands when it is asked for."""

    def __init__(self, items: list, now: int, records: Records):
        self.items, self.now, self.records = items, now, records
        self.amounts = {item.key: records.amount(item.limit, item.subject) for item in items}
        self.passing = [item for item in items if item.always_passes or self.passes(item, now)]
        lacking = [item for item in items if item.refuses and item not in self.passing]
        # A queue helps only where time does: what can never pass is refused at once.
        refusing = [item for item in lacking if item.charge.mode == "deny" or self.opens(item, now) == "never"]
        self.outcome = "denied" if refusing else "would_queue" if lacking else "allowed"
        self.named = min(refusing or lacking, key=self.rank, default=None)
        self.denial = self.kind(self.named) if refusing else None

    def passes(self, item, now: int) -> bool:
        at = self.records.at(item.record, now)
        return self.records.history(item.limit, item.subject).passes(at, item.ask, self.amounts[item.key])

    def opens(self, item, now: int):
        """From the caller's `now` on: an instant, "never" or "unknown"."""
        if self.passes(item, now):
            return now
        at, history = self.records.at(item.record, now), self.records.history(item.limit, item.subject)
        instant = opens_at(history, at, item.ask, self.amounts[item.key])
        return "never" if isinstance(instant, int) and instant >= END_OF_TIME else instant

    def kind(self, item) -> str:
        """The denial kind of an item that lacks room."""
        if self.amounts[item.key].word == "blocked":
            return "blocked"
        return "never" if self.opens(item, self.now) == "never" else item.limit.denies_as

    def rank(self, item) -> tuple:
        """Highest kind first; ties by latest opening, then policy order, then order in the request."""
        opening = self.opens(item, self.now)
        return RANK.index(self.kind(item)), -(opening if isinstance(opening, int) else END_OF_TIME), item.limit.order

    def to_take(self) -> list:
        if self.outcome == "allowed":
            return [item for item in self.items if item.charge.mode != "shadow" or item in self.passing]
        if self.outcome == "denied":
            return [item for item in self.passing if item.is_attempt]
        return []

    def wait(self) -> tuple:
        """Until all deny and queue items pass at one instant: (kind, ns, largest cost)."""
        if self.named is None:
            return "none", None, None
        items = sorted((item for item in self.items if item.refuses), key=lambda item: item is not self.named)
        t = self.now
        while True:
            openings = [self.opens(item, t) for item in items]
            if "never" in openings:
                return "never", None, self.largest(items[openings.index("never")])
            if "unknown" in openings:
                return "unknown", None, None
            if max(openings) == t:
                return "exact", t - self.now, None
            t = max(openings)

    def largest(self, item) -> int:
        amount = self.amounts[item.key]
        history = self.records.history(item.limit, item.subject)
        return history.largest(amount) if amount.is_number else 0
