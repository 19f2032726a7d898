"""Random cases: a policy, a stance and a sequence of steps, as plain data that does not depend on who executes it.

    for turn in play(case(seed), model, engine):
        assert same(turn.answers)

A player has the methods of `sluice_reference.Model`. Times that follow from an answer ("as long as the last refusal said, less
1 ns") are resolved by the first player's answers, so every player lives through the same instants.

A step is a dict: `call`, `time`, and for
    decide      `with`: the arguments of `decide` but for `now`
    again       the latest `decide` that was refused, once more (nothing if there was none)
    replay      the latest `decide` that brought an idempotency key, once more
    refund      `receipt`: which of the receipts handed out so far, counted modulo their number
    commit      the same, and `scale`: the actual quantities in halves of the ones asked for
    others      `with`: the arguments of that method but for `now`
`time` moves the clock: {"by": ns}, {"to": "retry" | "resets" | "opens", "plus": ns, "pick": which detail}, or
{"edge": ns, "plus": ns}, to the next multiple of that many ns since the epoch.
"""

from dataclasses import dataclass, field
from random import Random

import random_policies

SECOND = 10**9
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
STARTS = [  # just before something happens to a calendar
    1_709_164_798,  # 2024-02-28 23:59:58 UTC, a leap year
    1_711_846_500,  # 2024-03-31 00:55 UTC, Europe turns its clocks on
    1_730_613_000,  # 2024-11-03 05:50 UTC, New York turns them back
    1_738_281_599,  # 2025-01-30 23:59:59 UTC
    1_541_300_000,  # 2018-11-04 02:53 UTC, Sao Paulo skips midnight
    1_735_689_590,  # 2024-12-31 23:59:50 UTC
]
POOLS = {"account": ["acme", "bolt", "core"], "line": ["+1", "+2"], "recipient": ["ann", "bob", "cat", "dan"]}


@dataclass
class Case:
    seed: int
    policy: str
    stance: str
    start: int
    steps: list


@dataclass
class Turn:
    index: int
    call: str
    now: int
    arguments: dict
    answers: list  # one for each player; a Refused where the player raised


@dataclass(frozen=True)
class Refused:
    error: str


def case(seed: int, length: int = 60, corners: bool = False) -> Case:
    random = Random(seed)
    policy = random_policies.Policies(random, corners).policy()
    stance = random.choice(["enforce", "comply"]) if "comply" in policy else "enforce"
    start = random.choice(STARTS) * SECOND + random.choice([0, 0, 1, 500_000_000, random.randrange(SECOND)])
    steps = Steps(random, policy, corners)
    return Case(seed, random_policies.text_of(policy, random), stance, start, [steps.step() for _ in range(length)])


class Steps:
    def __init__(self, random: Random, policy: dict, corners: bool):
        self.random, self.policy, self.corners = random, policy, corners
        self.eager = random.random() < 0.5  # how often the clock stands still
        self.limits = {limit["name"]: limit for limit in policy["limits"]}
        self.upstream = [name for name, limit in self.limits.items() if limit["kind"] == "upstream"]
        self.plans = {
            subject["scope"][0]: [plan if isinstance(plan, str) else plan["name"] for plan in subject["plans"]]
            for subject in policy["subjects"]
            if "plans" in subject
        }

    def step(self) -> dict:
        calls = {"decide": 60, "again": 14, "replay": 3, "refund": 4, "commit": 2, "usage": 3}
        calls.update({"set_amount": 2, "set_billing": 1, "report_quality": 2})
        if self.plans:
            calls["set_plan"] = 4
        if self.upstream:
            calls.update({"report_throttled": 4, "clear_throttle": 1})
        call = self.random.choices(list(calls), calls.values())[0]
        return {"call": call, "time": self.time(call), **getattr(self, call)()}

    def time(self, call: str) -> dict:
        pick, roll = self.random, self.random.random()
        if call == "again":
            return {"to": "retry", "plus": pick.choice([-1, 0, 0, 0, 1])}
        if roll < (0.6 if self.eager else 0.3):
            return {"by": 0}
        if roll < 0.8:
            return {"by": pick.choice([1, SECOND // 80, SECOND // 10, SECOND // 2, SECOND - 1, SECOND, 2 * SECOND, 3 * SECOND])}
        if roll < 0.86:
            return {"by": pick.choice([10 * SECOND, 30 * SECOND, MINUTE, MINUTE + 1, HOUR])}
        if roll < 0.88:
            return {"by": pick.choice([DAY, 7 * DAY, 31 * DAY])}
        if roll < 0.91:
            return {"by": -pick.choice([1, SECOND, MINUTE, HOUR])}
        if roll < 0.97:
            return {"to": pick.choice(["resets", "opens"]), "pick": pick.randrange(8), "plus": pick.choice([-1, 0, 0])}
        return {"edge": pick.choice([SECOND, 10 * SECOND, MINUTE, DAY]), "plus": pick.choice([-1, 0, 1])}

    # The calls.

    def decide(self) -> dict:
        pick = self.random
        operation = pick.choice([self.policy["operations"][0], *self.policy["operations"]])
        values = {dimension: self.value(dimension) for dimension in operation["values"]}
        if "repeats" in operation:
            values["recipient"] = pick.choices(POOLS["recipient"], k=pick.choice([1, 1, 1, 2, 3]))
        amounts = [1, 1, 1, 1, 1, 1, 2, 2, 3, 5, 12] + ([0] if self.corners else [])
        quantities = {name: pick.choice(amounts) for name in operation.get("quantities", [])}
        arguments = {"operation": operation["name"], "values": values, "quantities": quantities}
        if pick.random() < 0.08:
            arguments["peek"] = True
        if pick.random() < 0.25:
            arguments["receipt"] = True
        if pick.random() < 0.06:
            arguments["idempotency_key"] = pick.choice(["k1", "k2"])
        return {"with": arguments}

    def value(self, dimension: str) -> str:
        return self.random.choice(POOLS[dimension])

    def again(self) -> dict:
        return {}

    def replay(self) -> dict:
        return {}

    def refund(self) -> dict:
        return {"receipt": self.random.randrange(1000)}

    def commit(self) -> dict:
        return {"receipt": self.random.randrange(1000), "scale": self.random.choice([0, 1, 1, 2, 3, 4])}

    def usage(self) -> dict:
        dimension = self.random.choice(["account", "line"])
        return {"with": {"dimension": dimension, "value": self.value(dimension)}}

    def set_plan(self) -> dict:
        dimension = self.random.choice(list(self.plans))
        plan = self.random.choice(self.plans[dimension])
        return {"with": {"dimension": dimension, "value": self.value(dimension), "plan": plan}}

    def set_amount(self) -> dict:
        limit = self.random.choice([limit for limit in self.policy["limits"]])
        if limit["kind"] == "upstream":
            return {"call": "usage", **self.usage()}
        rates = list(random_policies.RATES) + (list(random_policies.UNEVEN_RATES) if self.corners else [])
        numbers = rates if limit["kind"] == "pace" else [1, 2, 3, 4, 6, 9, 15]
        amount = self.random.choice([self.random.choice(numbers)] * 5 + ["unlimited", "blocked", None, None])
        subject = [self.value(dimension) for dimension in limit["scope"]]
        return {"with": {"limit": limit["name"], "subject_values": subject, "amount": amount}}

    def set_billing(self) -> dict:
        zone = self.random.choice(random_policies.ZONES)
        day, time = self.random.choice([1, 15, 28, 29, 30, 31]), self.random.choice(["00:00", "02:30", "12:00"])
        return {"with": {"dimension": "account", "value": self.value("account"), "day": day, "time": time, "zone": zone}}

    def report_throttled(self) -> dict:
        wait = self.random.choice([0, 1, SECOND, 7 * SECOND, MINUTE, 2 * HOUR])
        limit = self.random.choice(self.upstream)
        return {"with": {"limit": limit, "subject": self.subject(limit), "retry_after": wait}}

    def clear_throttle(self) -> dict:
        limit = self.random.choice(self.upstream)
        return {"with": {"limit": limit, "subject": self.subject(limit)}}

    def subject(self, limit: str) -> list:
        return [self.value(dimension) for dimension in self.limits[limit]["scope"]]

    def report_quality(self) -> dict:
        dimension = self.random.choice(["account", "line"])
        quality = self.random.choice(["green", "green", "yellow", "red"])
        return {"with": {"dimension": dimension, "value": self.value(dimension), "quality": quality}}


@dataclass
class _Past:
    """What the first player has answered so far, as far as later steps refer to it."""

    now: int
    decision: object = None
    refused: tuple | None = None  # (arguments, instant, retry_after)
    keyed: dict | None = None  # arguments
    receipts: list = field(default_factory=list)  # ([one for each player], quantities)

    def resolve(self, time: dict) -> int:
        if "by" in time:
            return self.now + time["by"]
        if "edge" in time:
            return (self.now // time["edge"] + 1) * time["edge"] + time["plus"]
        if time["to"] == "retry":
            return self.now if self.refused is None else self.refused[1] + (self.refused[2] or 0) + time["plus"]
        details = getattr(self.decision, "details", ())
        detail = details[time["pick"] % len(details)] if details else None
        instant = detail and {"resets": detail.resets_at, "opens": detail.opens_at}[time["to"]]
        return self.now if not instant or instant - self.now > 400 * DAY else instant + time["plus"]


def play(case: Case, *players, refused=(ValueError,)):
    """Yields a Turn for every step; `refused` are the exceptions that are answers."""
    past = _Past(case.start)
    for index, step in enumerate(case.steps):
        now = past.resolve(step["time"])
        call, arguments = step["call"], [dict(step.get("with", {})) for _ in players]
        if call in ("again", "replay"):
            once_more = past.keyed if call == "replay" else past.refused and past.refused[0]
            if not once_more:
                continue
            call, arguments = "decide", [once_more for _ in players]
        elif call in ("refund", "commit"):
            if not past.receipts:
                continue
            receipts, quantities = past.receipts[step["receipt"] % len(past.receipts)]
            arguments = [{"receipt": receipt} for receipt in receipts]
            if call == "commit":
                actual = {name: number * step["scale"] // 2 for name, number in quantities.items()}
                arguments = [{**each, "actual": actual} for each in arguments]
        answers = [_answer(player, call, given, now, refused) for player, given in zip(players, arguments)]
        past.now = now
        if call == "decide" and not isinstance(answers[0], Refused):
            past.decision = answers[0]
            past.keyed = arguments[0] if "idempotency_key" in arguments[0] else past.keyed
            if answers[0].outcome != "allowed":
                past.refused = arguments[0], now, answers[0].retry_after
            elif arguments[0].get("receipt") and not answers[0].replayed and not arguments[0].get("peek"):
                past.receipts.append(([getattr(answer, "receipt", None) for answer in answers], arguments[0]["quantities"]))
        yield Turn(index, call, now, arguments[0], answers)


def _answer(player, call, arguments, now, refused):
    try:
        return getattr(player, call)(**arguments, now=now)
    except refused as error:
        return Refused(type(error).__name__)
