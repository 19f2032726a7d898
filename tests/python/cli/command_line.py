"""What the tests of the command line share: a small policy, and what a run of a command gives back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

POLICY = """{
  "name": "small", "tenant": "account",
  "subjects": [ { "scope": ["account"], "plans": ["free", "pro", "vip"], "default": "free" } ],
  "limits": [
    { "name": "minute", "scope": ["account"], "kind": "window", "period": "60s", "unit": "message",
      "amounts": [ { "plan": "free", "amount": 2 }, { "plan": "pro", "amount": 4, "thresholds": [50, 100] },
                   { "plan": "vip", "custom": true } ] },
    { "name": "pair", "scope": ["line", "recipient"], "kind": "sliding", "period": "1h", "amount": 3, "unit": "message" }
  ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"],
      "charges": [ { "limit": "minute" }, { "limit": "pair" } ] },
    { "name": "bulk", "values": ["account"], "quantities": ["parts"], "charges": [ { "limit": "minute", "cost": "parts" } ] }
  ],
  "comply": { "limits": [ { "name": "minute", "kind": "sliding", "period": "60s", "margin": "1s" } ] }
}
"""


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]
Write = Callable[[str, str], Path]
