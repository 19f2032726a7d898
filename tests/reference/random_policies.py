"""Random valid policies: all kinds, modes, plans, bursts, ceilings, thresholds, ways of charging.

Numbers are small, so that limits bind.

`corners=True` adds what the policy language allows but its page does not settle to the last detail.
"""

import json
from random import Random

COUNTING = ("window", "sliding", "distinct")
CALENDAR = ("day", "week", "month", "year")
MODES = ["deny"] * 6 + ["queue"] * 2 + ["advise", "shadow"]
PLANS = {"account": ["free", "pro", "max"], "line": ["tier 1", "tier 2"]}
RATES = {  # and their interval in ms
    "1/s": 1000,
    "2/s": 500,
    "4/s": 250,
    "10/s": 100,
    "80/s": 12.5,
    "5/10s": 2000,
    "1/3s": 3000,
    "30/min": 2000,
    "1/min": 60_000,
}
UNEVEN_RATES = {"3/s": 334, "7/s": 143, "7/min": 8572, "700/min": 86}  # intervals are not whole ns
LENGTHS = ["1s", "2s", "5s", "10s", "60s", "1h", "24h"]
ZONES = ["UTC", "Europe/Paris", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "+05:30", "-03:00"]


class Policies:
    def __init__(self, random: Random, corners: bool = False):
        self.random, self.corners = random, corners
        self.limits, self.planned = [], {}

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def policy(self) -> dict:
        pick = self.random
        self.planned = {d: plans[: pick.randint(2, len(plans))] for d, plans in PLANS.items() if self.chance(0.6)}
        for number in range(pick.randint(1, 6)):
            kind = pick.choice(["pace", "window", "window", "window", "sliding", "sliding", "distinct", "gauge", "upstream"])
            self.limits.append(getattr(self, kind)(f"{kind} {number}"))
        if self.chance(0.25):
            self.derive()
        policy = {"name": "random", "tenant": "account", "line": "line", "limits": self.limits}
        subjects = [self.subject(dimension) for dimension in ("account", "line")]
        policy["subjects"] = [subject for subject in subjects if len(subject) > 1]
        policy["operations"] = self.operations()
        if self.chance(0.3):
            policy["comply"] = self.overlay()
        return policy

    def subject(self, dimension: str) -> dict:
        pick, subject = self.random, {"scope": [dimension]}
        if dimension in self.planned:
            subject["plans"] = list(self.planned[dimension])
            subject["default"] = pick.choice(subject["plans"])
            ladders = [it["name"] for it in self.limits if it["scope"] == [dimension] and it["kind"] in COUNTING]
            if ladders and self.chance(0.5):
                promotes = {"to": subject["plans"][1], "limit": pick.choice(ladders), "at": pick.choice(["50%", "100%", "34%"])}
                promotes["within"] = pick.choice(["7 days", "10s", "1h"])
                if self.chance(0.5):
                    promotes["quality"] = "green"
                subject["plans"][0] = {"name": subject["plans"][0], "promotes": promotes}
        if dimension == "account" and self.chance(0.5):
            subject["billing"] = {"day": pick.choice([1, 15, 28, 29, 30, 31]), "time": pick.choice(["00:00", "02:30", "23:59"])}
            subject["billing"]["zone"] = pick.choice(ZONES)
        return subject

    # Limits.

    def limit(self, name: str, kind: str, scopes: list, number, mode=True) -> dict:
        """`number()` gives the fields of one amount that is a number."""
        scope = self.random.choice(scopes)
        limit = {"name": name, "scope": scope, "kind": kind}
        if mode and self.chance(0.5):
            limit["mode"] = self.random.choice(MODES)
        if self.chance(0.05):
            limit["denies_as"] = self.random.choice(["quota", "rate", "gauge", "distinct", "depth", "upstream"])
        planned = [dimension for dimension in scope if dimension in self.planned]
        if number and planned and self.chance(0.7) and (len(scope) == 1 or kind in COUNTING):
            by = self.random.choice(planned)
            if len(scope) > 1:
                limit["by"] = by
            plans = self.planned[by]
            entries = [{"plan": plan, **(number() if i == 0 else self.word() or number())} for i, plan in enumerate(plans)]
            limit["amounts"] = self.random.sample(entries, len(entries))
        elif number:
            limit.update(number())
        return limit

    def word(self) -> dict | None:
        words = [{"unlimited": True}, {"unlimited": True}, {"unlimited": True}, {"custom": True}, {"blocked": True}]
        return self.random.choice([None] * 10 + words)

    def pace(self, name):
        rates = {**RATES, **(UNEVEN_RATES if self.corners else {})}

        def number():
            rate = self.random.choice(list(rates))
            depth = self.random.choice([None, None, 1, 2, 4, 10, "time"])
            if depth == "time":
                depth = f"{int(rates[rate] * 1000) * self.random.randint(1, 5)}us"
            return {"amount": rate} if depth is None else {"amount": rate, "depth": depth}

        limit = self.limit(name, "pace", [["account"], ["line"], ["line", "recipient"]], number)
        if self.chance(0.3):
            limit["slack"] = self.random.choice(["1ms", "100ms", "2s"])
        return limit

    def window(self, name):
        pick = self.random
        scopes = [["account"], ["account"], ["line"], ["line", "recipient"]]
        period = pick.choice(["1s", "1s", "10s", "60s", "60s from first", "3s from first", *CALENDAR, "billing"])
        bursting, thresholds = period in ("1s", "10s") and self.chance(0.5), self.chance(0.5)
        percents = sorted(pick.sample([10, 34, 50, 75, 90, 100], 3))
        if bursting or period == "billing":
            scopes = [["account"]] if period == "billing" else [["account"], ["line"]]

        def number():
            amount = {"amount": pick.choice([1, 2, 3, 4, 5, 8, 10, 20])}
            if bursting and self.chance(0.8):
                factor, windows = pick.choice(["1.5x", "2x", "3x"]), pick.choice([1, 2, 3, 10])
                amount["burst"] = f"{factor} for {windows * int(period[:-1])}s"
            elif not bursting and self.chance(0.3):
                amount["ceiling"] = pick.choice(["100%", "120%", "150%", "200%"])
            if thresholds:
                amount["thresholds"] = sorted(pick.sample(percents, 2)) if self.corners else percents
            return amount

        if thresholds and not self.corners:
            scopes = [scope for scope in scopes if len(scope) == 1]
        limit = {**self.limit(name, "window", scopes, number), "period": period}
        if period in CALENDAR and self.chance(0.7):
            limit["zone"] = pick.choice(ZONES)
        return limit

    def sliding(self, name):
        limit = self.limit(
            name, "sliding", [["account"], ["line"], ["line", "recipient"]], lambda: {"amount": self.random.randint(1, 12)}
        )
        limit["period"] = self.random.choice(LENGTHS)
        if self.chance(0.4):
            limit["slots"] = self.random.choice([1, 2, 5, 10])
        if self.chance(0.3):
            limit["margin"] = "1s"
        return limit

    def distinct(self, name):
        limit = self.limit(name, "distinct", [["account"], ["line"]], lambda: {"amount": self.random.randint(1, 3)})
        limit["period"] = self.random.choice(LENGTHS)
        if self.chance(0.6):
            limit["exemption"] = self.random.choice(LENGTHS)
        return limit

    def gauge(self, name):
        limit = self.limit(name, "gauge", [["account"], ["line"]], lambda: {"amount": self.random.randint(1, 4)})
        if self.chance(0.4):
            limit["lease"] = self.random.choice(["5s", "60s"])
        return limit

    def upstream(self, name):
        return {**self.limit(name, "upstream", [["account"], ["line"]], None), "longest": self.random.choice(["10s", "1h"])}

    def derive(self):
        """One limit more, which follows another one of its own kind."""
        bases = [limit for limit in self.limits if limit["kind"] in ("pace", "window", "sliding") and "by" not in limit]
        if not bases:
            return
        base = self.random.choice(bases)
        keep = {field: base[field] for field in ("scope", "kind", "period", "zone", "slots") if field in base}
        numbers = [entry.get("amount") for entry in base.get("amounts", [base])]
        halves = all(base["kind"] == "pace" or number is None or number >= 2 for number in numbers)
        times = self.random.choice(["1/2", "2", "3/2"] if halves else ["2", "3/2"])
        self.limits.append({"name": "derived", **keep, "of": base["name"], "times": times})

    # Operations.

    def operations(self) -> list:
        repeats = self.chance(0.4)
        send = {"name": "send", "values": ["account", "line", "recipient"], "charges": []}
        if repeats:
            send["repeats"] = "recipient"
        if self.chance(0.5):
            send["quantities"] = ["parts"]
        send["charges"] = [self.charge(limit, send) for limit in self.limits]
        some = [limit for limit in self.limits if set(limit["scope"]) <= {"account", "line"} and self.chance(0.5)]
        request = {"name": "request", "values": ["line", "account", "recipient"], "charges": []}
        request["charges"] = [self.charge(limit, request) for limit in some]
        received = {"name": "received", "values": ["account", "line", "recipient"], "charges": []}
        received["charges"] = [self.inbound(limit) for limit in self.limits if limit["kind"] != "upstream" and self.chance(0.6)]
        release = {"name": "release", "values": ["account", "line", "recipient"], "charges": []}
        for held in send["charges"]:
            if self.named(held["limit"])["kind"] != "gauge" or "while" in held:
                continue
            kept = {field: held[field] for field in ("limit", "of", "cost") if field in held and held[field] != "parts"}
            release["charges"].append({**kept, "charge": "release"})
        for operation in (send, request, received, release):
            self.random.shuffle(operation["charges"])
        return [operation for operation in (send, request, received, release) if operation["charges"]]

    def named(self, name: str) -> dict:
        return next(limit for limit in self.limits if limit["name"] == name)

    def charge(self, limit: dict, operation: dict) -> dict:
        charge, kind = {"limit": limit["name"]}, limit["kind"]
        named = kind == "distinct" or (kind == "gauge" and self.named_gauge(limit))
        each = "repeats" in operation and kind != "upstream" and not named and self.chance(0.3)
        if operation.get("repeats") in limit["scope"] or each:
            charge["each"] = "recipient"
        if named:
            charge["of"] = "recipient"
        elif kind != "upstream" and "quantities" in operation and self.chance(0.5):
            charge["cost"] = "parts"
        elif kind == "gauge" and "mode" not in limit and self.chance(0.1):
            charge["while"] = "queued"
        if self.chance(0.1) and "while" not in charge:
            charge["mode"] = self.random.choice(MODES)
        if charge.get("mode", limit.get("mode")) != "queue" and kind in ("window", "pace", "sliding") and self.chance(0.15):
            charge["charge"] = "attempt"
        return charge

    @staticmethod
    def named_gauge(limit: dict) -> bool:
        """A gauge holds either names or units, the same in every operation."""
        return "lease" in limit or int(limit["name"].split()[-1]) % 2 == 0

    def inbound(self, limit: dict) -> dict:
        charge = {"limit": limit["name"], "charge": "forced"}
        if limit["kind"] == "distinct" or (limit["kind"] == "gauge" and self.named_gauge(limit)):
            charge["of"] = "recipient"
        if "exemption" in limit and self.chance(0.8):
            charge["charge"] = "exempt"
        return charge

    def overlay(self) -> dict:
        limit = self.random.choice(self.limits)
        changed = {"name": limit["name"], "mode": self.random.choice(MODES)}
        followed = any(other.get("of") == limit["name"] for other in self.limits)
        if limit["kind"] == "window" and "amount" in limit and not followed:
            changed.update({"kind": "sliding", "period": self.random.choice(LENGTHS), "margin": "1s"})
        if changed["mode"] == "queue" or limit["kind"] == "gauge":
            del changed["mode"]  # an attempt is taken at once and depth by enqueue alone: neither can be charged to what queues
        charges = [{"limit": limit["name"], "mode": "deny"}] if self.chance(0.3) and limit["kind"] != "gauge" else []
        return {"limits": [changed], **({"operations": [{"name": "send", "charges": charges}]} if charges else {})}


def text_of(policy: dict, random: Random) -> str:
    """The policy as somebody would type it: comments and trailing commas here and there."""
    lines = json.dumps(policy, indent=1).split("\n")
    for number, line in enumerate(lines):
        if line.endswith(("[", "{")) and random.random() < 0.05:
            lines[number] += random.choice(['  // a remark, "quoted"', "  /* a longer\n remark } */"])
        elif line[-1] in ']}"0123456789' and lines[number + 1 :] and lines[number + 1].strip()[0] in "]}":
            lines[number] += random.choice(["", "", "", ","])
    return "\n".join(lines)
