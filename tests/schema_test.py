# SPDX-License-Identifier: Apache-2.0
"""policies/policy.schema.json, for editors: it accepts every policy, and refuses what is wrong in form."""

import copy
import json
import pathlib

import jsonschema
import pytest

POLICIES = pathlib.Path(__file__).resolve().parent.parent / "policies"
SCHEMA = json.loads((POLICIES / "policy.schema.json").read_text(encoding="utf-8"))


def plain(text):
    """JSON with comments and trailing commas as plain JSON."""
    out, i, in_text = [], 0, False
    while i < len(text):
        c = text[i]
        if in_text:
            step = 2 if c == "\\" else 1
            out.append(text[i : i + step])
            in_text = c != '"'
            i += step
        elif text.startswith("//", i):
            end = text.find("\n", i)
            i = len(text) if end < 0 else end
        elif text.startswith("/*", i):
            i = text.index("*/", i) + 2
        elif c in "]}":
            while out and out[-1].isspace():
                out.pop()
            if out and out[-1] == ",":
                out.pop()
            out.append(c)
            i += 1
        else:
            in_text = c == '"'
            out.append(c)
            i += 1
    return "".join(out)


def errors(policy):
    return list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(policy))


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_comments_and_trailing_commas_are_stripped_outside_of_texts_only():
    assert json.loads(plain('{ // a\n "x": "//,]", /* b */ "y": [1, 2, ], }')) == {"x": "//,]", "y": [1, 2]}


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.jsonc")), ids=lambda path: path.stem)
def test_every_policy_is_valid(path):
    assert errors(json.loads(plain(path.read_text(encoding="utf-8")))) == []


GOOD = {
    "name": "good",
    "tenant": "account",
    "line": "line",
    "subjects": [{"scope": ["account"], "plans": ["free", {"name": "pro"}], "default": "free"}],
    "limits": [{"name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 100}],
    "operations": [{"name": "send", "values": ["account", "line"], "charges": [{"limit": "day"}]}],
    "dialect": {
        "longest_wait": "1h",
        "given": ["trace_id"],
        "headers": {"X-RateLimit-Limit": "{day.limit}"},
        "answers": {
            "denied": {"status": 429, "headers": {"Retry-After": "{retry_after}"}, "body": {"a": ["{wait as ms}", None, 1]}},
            "denied by day": {"status": 402, "text": "No.[ {given.trace_id}]"},
        },
    },
    "comply": {"limits": [{"name": "day", "kind": "sliding", "period": "24h", "slots": 10, "mode": None}]},
}


def with_limit(**fields):
    return {"limits": [{"name": "l", "scope": ["account"], **fields}]}


def dialect(**fields):
    return {"dialect": fields}


def day(**fields):
    return with_limit(kind="window", period="day", **fields)


def charge(**fields):
    return {"operations": [{"name": "send", "values": ["account"], "charges": [{"limit": "day", **fields}]}]}


def send(**fields):
    return {"operations": [{"name": "send", "values": ["account", "line"], "charges": [], **fields}]}


def queue(**fields):
    return {"queue": fields}


def pool(**fields):
    return {"pools": [{"name": "shared", **fields}]}


def test_the_good_policy_is_valid():
    assert errors(GOOD) == []


RIGHT = [
    with_limit(kind="pace", amount="80/s", depth="1s", slack="5ms"),
    with_limit(kind="pace", amount="5/10s", depth=80),
    with_limit(kind="window", period="60s from first", amount=30),
    with_limit(kind="window", period="1s", amount=10, burst="1.5x for 10s"),
    with_limit(kind="sliding", period="60s", margin="1s", amount=30),
    with_limit(kind="distinct", period="24h", exemption="24h", unlimited=True),
    with_limit(kind="gauge", amounts=[{"plan": ["free", "pro"], "custom": True}]),
    with_limit(kind="upstream", longest="1h"),
    day(of="other", times="1/10"),
    day(amount=1, ceiling="120%", thresholds=[75, 99.5], zone="Europe/Paris", reports_as="emails.sent"),
    charge(cost="parts", charge="attempt", mode="queue", refund="failed"),
    charge(**{"while": "queued"}),
    {"subjects": [{"scope": ["account"], "billing": {"day": 31, "time": "09:30", "zone": "+05:30"}}]},
    send(pool="shared", **{"class": "bulk"}),
    queue(),
    queue(lease="30s", wait="4h", in_flight=100, payload=0, floor=0),
    queue(floor=2, retry={"first": "1s", "longest": "60s", "jitter": "10%", "attempts": 5}),
    queue(classes=[{"class": "urgent", "delivery": "at most once", "ttl": "5min", "reserve": 16}, {"class": "bulk"}]),
    queue(weights=[{"plan": "free", "weight": 1}, {"plan": ["pro", "max"], "weight": 1000}]),
    queue(hours={"open": ["mon-fri 09:00-20:00", "sat,sun 22:00-02:00"], "zone": "Europe/Paris", "margin": "10min"}),
    queue(hours={"open": ["00:00-24:00"], "zone": ["UTC", "+05:30"], "on_close": "expire"}),
    queue(classes=[{"class": "bulk", "hours": {"on_close": "hold"}}]),
    {"comply": {"queue": {"hours": {"margin": None}, "classes": [{"class": "bulk", "hours": None}]}}},
    pool(),
    pool(sticky=True, recipient="phone", by=["account"], on_suspend="hold", on_full="spill", return_home=True),
    pool(forget_after="365 days", new_recipients=200),
    pool(sticky=False, on_suspend="fail", on_full="wait", return_home=False),
    {"comply": {"queue": {"lease": None, "retry": {"attempts": None}, "classes": [{"class": "bulk", "ttl": None}]}}},
    {"comply": {"queue": None, "pools": [{"name": "shared", "by": None}]}},
    {"comply": {"operations": [{"name": "send", "pool": None, "class": "reply"}]}},
    dialect(),
    dialect(answers={"would queue by day": {"status": 429}, "denied as quota": {"status": 403}, "usage": {"status": 200}}),
    {"comply": {"dialect": None}},
    {"comply": {"dialect": {"headers": {"A": None, "B": "b"}, "answers": {"denied": {"body": 5}, "queued": None}}}},
]


@pytest.mark.parametrize("change", RIGHT, ids=json.dumps)
def test_right_snippets_are_valid(change):
    assert errors({**copy.deepcopy(GOOD), **change}) == []


WRONG = [
    {"name": "1st"},
    {"tenant": 5},
    {"limts": []},
    {"limits": []},
    {"operations": []},
    {"dialect": []},
    dialect(header={}),
    dialect(longest_wait=60),
    dialect(given=["a", "a"]),
    dialect(headers={"X A": "a"}),
    dialect(headers={"X-A": "a\r\nB: b"}),
    dialect(headers={"X-A": 5}),
    dialect(headers={"X-A": None}),
    dialect(answers={"denied": {}}),
    dialect(answers={"deneid": {"status": 429}}),
    dialect(answers={"denied as slow": {"status": 429}}),
    dialect(answers={"denied": {"status": 100}}),
    dialect(answers={"denied": {"status": 429, "text": 5}}),
    {"comply": {"dialect": {"answers": {"denied": {"statsu": 5}}}}},
    {"limits": {}},
    with_limit(kind="bucket", amount=1),
    with_limit(kind="window", amount=1),
    with_limit(kind="sliding", period="day", amount=1),
    with_limit(kind="pace", amount=10),
    with_limit(kind="pace", amount="10/s", period="1s"),
    with_limit(kind="pace", amount="10/fortnight"),
    with_limit(kind="gauge", amount=1, slots=5),
    with_limit(kind="upstream"),
    with_limit(kind="upstream", longest="1h", amount=5),
    with_limit(kind="gauge", amounts=[{"plan": "free", "amount": 1, "burst": "2x for 10s"}]),
    with_limit(kind="sliding", period="1s", amount=1, slots=1025),
    day(),
    day(amount="100"),
    day(amount=0),
    day(amount=-1),
    day(amount=1.5),
    day(amount=2**48),
    day(amount=1, unlimited=True),
    day(amount=1, amounts=[{"plan": "free", "amount": 1}]),
    day(amount=1, times="1/2"),
    day(amount=1, ceiling="120"),
    day(amount=1, ceiling="120%", burst="2x for 10s"),
    day(amount=1, thresholds=["75"]),
    day(amount=1, thresholds=list(range(1, 10))),
    day(amount=1, thresholds=75),
    day(amount=1, mode="denied"),
    day(amount=1, zone=None),
    day(amount=1, denies_as="never"),
    day(amount=1, period_="day"),
    day(unlimited=False),
    day(amounts=[{"amount": 1}]),
    day(amounts=[{"plan": "free"}]),
    charge(cost=0),
    charge(charge="force"),
    charge(refund="always"),
    charge(**{"while": "waiting"}),
    {"operations": [{"name": "send", "values": [], "charges": []}]},
    {"operations": [{"name": "send", "values": ["account", "account"], "charges": []}]},
    {"operations": [{"name": "send", "values": ["account"]}]},
    {"subjects": [{"scope": ["account", "line"]}]},
    {"subjects": [{"scope": ["account"], "plans": ["free"]}]},
    {"subjects": [{"scope": ["account"], "billing": {"day": 32}}]},
    {"subjects": [{"scope": ["account"], "billing": {"time": "24:00"}}]},
    {"comply": {"tenant": "x"}},
    {"comply": {"limits": None}},
    {"comply": {"limits": [{"kind": "window"}]}},
    {"comply": {"operations": [{"name": "send", "charges": None}]}},
    send(**{"class": "slow"}),
    send(pool=["shared"]),
    queue(lease=30),
    queue(in_flight=0),
    queue(in_flight=1_000_001),
    queue(payload=2**20 + 1),
    queue(floor=1),
    queue(retry={"attempts": 1001}),
    queue(retry={"jitter": 10}),
    queue(classes=[{"ttl": "5min"}]),
    queue(classes=[{"class": "bulk", "reserve": 0}]),
    queue(classes=[{"class": "bulk", "delivery": "exactly once"}]),
    queue(weights=[{"plan": "free"}]),
    queue(weights=[{"plan": "free", "weight": 0}]),
    queue(leases="30s"),
    queue(hours={"open": "09:00-20:00", "zone": "UTC"}),
    queue(hours={"open": ["mom 09:00-20:00"], "zone": "UTC"}),
    queue(hours={"open": ["09:00-25:00"], "zone": "UTC"}),
    queue(hours={"open": ["09:00-20:00"], "zone": []}),
    queue(hours={"open": ["09:00-20:00"], "zone": "UTC", "on_close": "drop"}),
    queue(classes=[{"class": "bulk", "hours": {"margin": 10}}]),
    pool(sticky="yes"),
    pool(by=["a", "b", "c", "d"]),
    pool(on_suspend="move"),
    pool(sticky=False, on_full="spill"),
    pool(sticky=False, forget_after="9 days"),
    pool(sticky=False, recipient="phone"),
    pool(new_recipients=0),
    {"pools": [{"sticky": True}]},
    {"comply": {"pools": None}},
    {"comply": {"pools": [{"by": ["account"]}]}},
]


@pytest.mark.parametrize("change", [queue(), pool()], ids=json.dumps)
def test_what_is_about_lines_needs_a_line(change):
    policy = {**copy.deepcopy(GOOD), **change}
    del policy["line"]
    assert errors(policy) != []


@pytest.mark.parametrize("change", WRONG, ids=json.dumps)
def test_wrong_snippets_are_refused(change):
    assert errors({**copy.deepcopy(GOOD), **change}) != []
