"""Small policies for the tests of one thing each."""

from __future__ import annotations

import json
from typing import Any

SECOND = 10**9
NOW = 1_700_000_000 * SECOND  # not at a minute's edge: 2023-11-14 22:13:20 UTC


def policy(*limits: dict[str, Any], subjects: list[Any] | None = None, **operation: Any) -> str:
    """One operation, `go`, by account, that charges every limit once unless it says its own charges."""
    charges = [{"limit": limit["name"]} for limit in limits]
    go = {"name": "go", "values": ["account"], "charges": charges, **operation}
    about = {"name": "test", "tenant": "account", "line": "account", "subjects": subjects or []}
    return json.dumps({**about, "limits": limits, "operations": [go]})


def limit(kind: str = "window", name: str = "it", scope: str = "account", **fields: Any) -> dict[str, Any]:
    return {"name": name, "scope": scope.split(","), "kind": kind, **fields}


MINUTE_OF_5 = policy(limit(period="60s", amount=5))
PACE = policy(limit("pace", amount="1/s"))
SENDING = json.dumps(
    {
        "name": "sending",
        "tenant": "account",
        "line": "line",
        "subjects": [{"scope": ["account"], "plans": ["free", "pro"], "default": "free"}],
        "limits": [
            limit(
                name="minute",
                period="60s",
                amounts=[{"plan": "free", "amount": 3}, {"plan": "pro", "amount": 300}],
            ),
            limit(name="pair", scope="line,recipient", period="60s from first", amount=2),
            limit(name="month", period="month", unlimited=True, reports_as="parts.sent"),
        ],
        "operations": [
            {
                "name": "send",
                "values": ["account", "line", "recipient"],
                "repeats": "recipient",
                "quantities": ["parts"],
                "charges": [
                    {"limit": "minute"},
                    {"limit": "pair", "each": "recipient"},
                    {"limit": "month", "cost": "parts"},
                ],
            },
            {"name": "ping", "values": ["account"], "charges": [{"limit": "minute"}]},
        ],
    }
)
