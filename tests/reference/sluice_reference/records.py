"""The histories of all limits and subjects, and the instants of their records.

All limits of one scope and subject share a record. Each record keeps the instant of its newest commit and is judged and charged
at max(now, floor, newest), apart from every other record.
"""

from . import request, units
from .amount import Amount
from .decision import Detail, Event
from .distinct import Distinct
from .errors import RequestError, UnsetAmount
from .gauge import Gauge
from .kind import Ask, Kind, opens_at
from .pace import Pace
from .plans import Plans
from .policy import Limit, Policy
from .sliding import Sliding
from .upstream import Upstream
from .window import Window

KINDS = {"pace": Pace, "window": Window, "sliding": Sliding, "distinct": Distinct, "gauge": Gauge, "upstream": Upstream}
END_OF_TIME = 2**62


class Records:
    def __init__(self, policy: Policy):
        self.policy = policy
        self.plans = Plans(policy)
        self.histories = {}  # (limit, subject) -> Kind
        self.newest = {}  # (scope, subject) -> instant
        self.floor = 0
        self.events = []

    @staticmethod
    def check(now: int) -> None:
        if not isinstance(now, int) or not 0 <= now < END_OF_TIME:
            raise RequestError(f"now is from 0 to 2^62, not {now}")

    def at(self, record: tuple, now: int) -> int:
        return max(now, self.floor, self.newest.get(record, 0))

    def touch(self, record: tuple, now: int) -> None:
        self.newest[record] = self.at(record, now)

    def history(self, limit: Limit, subject: tuple) -> Kind:
        """An unknown subject has an empty history, which is kept only when something is charged."""
        if (limit.name, subject) in self.histories:
            return self.histories[limit.name, subject]
        if limit.kind == "window" and limit.cycle is None and not limit.from_first:
            value = subject[limit.scope.index(limit.by)]
            return Window(limit, self.plans.billing(limit.by, value))
        return KINDS[limit.kind](limit)

    def amount(self, limit: Limit, subject: tuple) -> Amount:
        amount = self.plans.amount(limit, subject)
        if amount.word == "custom":
            raise UnsetAmount(f"the amount of {limit.name} must be set for {subject}")
        return amount

    def take(self, items: list, now: int) -> list:
        """Charges all of them: [(item, history, what give_back needs)]."""
        taken = []
        for item in items:
            at, history = self.at(item.record, now), self.history(item.limit, item.subject)
            self.histories[item.key] = history
            tell = self.teller(item.limit, item.subject, at)
            taken.append((item, history, history.take(at, item.ask, self.amount(item.limit, item.subject), tell)))
        for item in items:
            self.touch(item.record, now)
        return taken

    def climb(self, items: list, now: int) -> None:
        """After a decision: whoever it promotes climbs one rung, which acts from the next decision on."""
        climbed = set()
        for item in items:
            if len(item.limit.scope) != 1 or item.record in climbed:
                continue
            if self.promote(item.limit.scope[0], item.subject[0], now, item.limit):
                climbed.add(item.record)

    def settle(self, taken: list, now: int, cost_of) -> None:
        """Gives back what was taken above `cost_of(item)`, or takes what is lacking as forced."""
        for item, history, token in taken:
            if self.histories.get(item.key) is not history or item.charge.word in ("exempt", "release"):
                continue  # reset since, or nothing that could be returned
            at, amount, cost = self.at(item.record, now), self.plans.amount(item.limit, item.subject), cost_of(item)
            if cost < item.ask.cost and token is not None:
                history.give_back(at, token, item.ask.cost - cost, amount)
            elif cost > item.ask.cost:
                excess = Ask(cost - item.ask.cost, item.ask.values, "forced", decision=item.ask.decision)
                history.take(at, excess, amount, self.teller(item.limit, item.subject, at))
        for item, _, _ in taken:
            self.touch(item.record, now)

    def change(self, record: tuple, now: int, act) -> None:
        """A plan or an amount changes: every history hears of it at once."""
        before = {key: self.plans.amount(self.policy.limits[key[0]], key[1]) for key in self.histories}
        act()
        for (name, subject), old in before.items():
            limit = self.policy.limits[name]
            new, at = self.plans.amount(limit, subject), self.at((limit.scope, subject), now)
            if new != old:
                self.histories[name, subject].change(at, old, new, self.teller(limit, subject, at))
        self.touch(record, now)

    def promote(self, dimension: str, value: str, now: int, charged: Limit | None = None) -> bool:
        """Evaluated inside a charge on the rule's limit, or a quality report; acts from the next decision on."""
        rule = self.plans.promotion(dimension, value)
        if rule is None or (charged and charged.name != rule["limit"]):
            return False
        record = (dimension,), (value,)
        limit, at = self.policy.limit(rule["limit"]), self.at(record, now)
        amount = self.plans.amount(limit, (value,))
        if amount.is_number:
            used = self.history(limit, (value,)).used(at, amount)
            if used >= units.ceil(units.share(rule["at"]) * amount.number):
                self.plans.reached[dimension, value] = at
        reached = self.plans.reached.get((dimension, value))
        if reached is None or at - reached >= units.duration(rule["within"]):
            return False
        if "quality" in rule and self.plans.quality.get((dimension, value)) != rule["quality"]:
            return False
        old = self.plans.plan(dimension, value)
        self.events.append(Event("promotion", at, subject=(value,), dimension=dimension, plan_from=old, plan_to=rule["to"]))
        self.change(record, now, lambda: self.plans.choose(dimension, value, rule["to"]))
        return True

    def teller(self, limit: Limit, subject: tuple, at: int):
        return lambda kind, **fields: self.events.append(Event(kind, at, limit.name, subject, **fields))

    def detail(self, limit: Limit, subject: tuple, now: int, item: request.Item | None = None) -> Detail:
        at, history = self.at((limit.scope, subject), now), self.history(limit, subject)
        amount = self.plans.amount(limit, subject)
        size = history.size(amount) if amount.is_number else 0 if amount.word == "blocked" else None
        remaining = min(size, history.room(at, amount)) if amount.is_number else size
        opens = None
        if item is not None:
            opens = at if item.always_passes else opens_at(history, at, item.ask, amount)
        opens = opens if isinstance(opens, int) and opens < END_OF_TIME else None
        return Detail(limit.name, subject, size, history.used(at, amount), remaining, history.resets_at(at, amount), opens)
