"""Decides a campaign's list at one instant: which messages may go now, which wait, and for how long."""

from __future__ import annotations

import collections

import sluice

POLICY = """{
  "name": "campaign", "tenant": "account",
  "limits": [
    { "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "60s from first", "amount": 2 },
    { "name": "line", "scope": ["line"], "kind": "pace", "amount": "80/s", "depth": "1s" }
  ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pair" }, { "limit": "line" } ] }
  ]
}"""

with sluice.Engine(POLICY) as engine:
    requests = [("acme", f"+1555000{n % 3}", f"+1666{n % 40:04}") for n in range(300)]

    # One call: the whole list, in order, at one instant; other threads run meanwhile. Duplicates are no trouble.
    answers = engine.decide_many("send", requests)

    # Arrays without numpy; with it, numpy.asarray(answers.status) reads them in place.
    go = [request for request, status in zip(requests, answers.status) if status == 0]
    later = [(wait, request) for wait, request, status in zip(answers.retry_after, requests, answers.status) if status]
    print(len(go), "go now,", len(later), "wait")

    # Each answer in words.
    denied = collections.Counter((answer.limit_name, answer.denial) for answer in answers if not answer)
    for (limit, denial), count in sorted(denied.items()):
        print(f"{count} denied by {limit} as {denial}")
    print("the first of them may go in", round(min(later)[0] / 1e9, 3), "s")
