"""A campaign leaves evenly over a minute beside ordinary traffic, is paused, goes on, and is aborted.

The clock is manual, so that nobody waits.
"""

from __future__ import annotations

from datetime import timedelta

import sluice

POLICY = """{
  "name": "texts", "tenant": "account", "line": "line",
  "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" } ] }
  ]
}"""
SECOND = 10**9
START = 1_700_000_000 * SECOND


def send_until(engine: sluice.Engine, seconds: int) -> None:
    while (due := engine.next_due()) is not None and due <= START + seconds * SECOND:
        engine.set_clock(max(due, engine.clock()))
        for lease in engine.lease():
            with lease:
                print(f"{(engine.clock() - START) // SECOND} s: {lease.payload.decode()}")
    engine.set_clock(START + seconds * SECOND)


with sluice.Engine(POLICY, clock="manual", now=START) as engine:
    spring = engine.campaign("spring", account="acme", duration=timedelta(minutes=1))
    for number in range(6):
        engine.enqueue("send", account="acme", line="+1", recipient=f"r{number}", payload=f"spring {number}", campaign=spring)
    send_until(engine, 5)
    engine.enqueue("send", account="acme", line="+1", recipient="ann", payload="your code is 1234")
    send_until(engine, 15)
    print("paused with", spring.pause().queued, "waiting")
    send_until(engine, 100)
    spring.resume()
    send_until(engine, 115)
    aborted = spring.abort()
    print(f"aborted: {aborted.ended['sent']} sent, {aborted.removed} removed")
