"""Policies and moments for the model's own tests."""

import json
from datetime import datetime

from sluice_reference import Model

SECOND = 10**9
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND


def instant(text: str) -> int:
    """A time as `2024-02-29T12:00:00+00:00`, in ns."""
    return int(datetime.fromisoformat(text).timestamp()) * SECOND


NOON = instant("2024-05-15T12:00:00+00:00")
RECIPIENTS = {"values": ["account", "recipient"], "repeats": "recipient"}


def model(*limits, charges=None, subjects=(), stance="enforce", comply=None, **operation) -> Model:
    """One operation, `go`, by account, which charges every limit once, or as `charges` says by the limit's name."""
    said = charges or {}
    go = {"name": "go", "values": ["account"], **operation}
    go["charges"] = [{"limit": limit["name"], **said.get(limit["name"], {})} for limit in limits]
    policy = {"name": "test", "tenant": "account", "subjects": list(subjects), "limits": limits, "operations": [go]}
    if comply:
        policy["comply"] = comply
    return Model(json.dumps(policy), stance)


def limit(kind: str, name: str = "it", scope=("account",), **fields) -> dict:
    return {"name": name, "scope": list(scope), "kind": kind, **fields}


def plans(*names, dimension="account", **fields) -> dict:
    return {"scope": [dimension], "plans": list(names), "default": names[0], **fields}


def go(it: Model, now: int, account: str = "acme", **more):
    values = {"account": account, **more.pop("values", {})}
    return it.decide("go", values, more.pop("quantities", {}), now, **more)


def admitted(it: Model, now: int, most: int = 10_000, **more) -> int:
    """How many go at one instant before the first refusal."""
    return next(n for n in range(most + 1) if n == most or not go(it, now, **more).allowed)


def to(*recipients) -> dict:
    return {"values": {"recipient": list(recipients)}}


def contacts(**fields) -> Model:
    policy = {
        "name": "test",
        "tenant": "account",
        "limits": [limit("distinct", "new", period="24h", amount=2, exemption="24h", **fields)],
        "operations": [
            {"name": "go", **RECIPIENTS, "charges": [{"limit": "new", "of": "recipient"}]},
            {"name": "heard", **RECIPIENTS, "charges": [{"limit": "new", "of": "recipient", "charge": "exempt"}]},
        ],
    }
    return Model(json.dumps(policy))
