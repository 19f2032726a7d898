"""Two questions before anything is bought or promised: how many numbers, and when is the campaign through?

Both are answered by running the engine on virtual time, so this takes a second and not two days.
"""

from __future__ import annotations

import sluice

S = 10**9
POLICY = """{
  "name": "texts", "tenant": "account", "line": "line",
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" },
    { "name": "new_people", "scope": ["account"], "kind": "distinct", "period": "24h", "amount": 1000 }
  ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" } ] },
    { "name": "start", "values": ["account", "line", "recipient"],
      "charges": [ { "limit": "new_people", "of": "recipient" }, { "limit": "pace" } ] }
  ]
}"""


def numbers() -> None:
    for sticky in (False, True):
        plan = sluice.plan_lines(POLICY, "4/s", wait=3 * S, operation="send", sticky=sticky, recipients=2_000, messages=20_000)
        print("each recipient keeps its line:" if sticky else "any line:", plan.answer)
        print("  rule of thumb:", plan.rule)


def campaign() -> None:
    for people in (1_000, 2_500):
        plan = sluice.plan_campaign(POLICY, people, operation="start", lines=5, share=100, starts_at=1_700_000_000 * S)
        print(plan.answer)


numbers()
campaign()
