"""Three lines stand for one number: who gets which, and what happens when the provider takes one away.

The clock is manual, so that nobody waits.
"""

from __future__ import annotations

import sluice

POLICY = """{
  "name": "texts", "tenant": "account", "line": "line",
  "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" } ],
  "pools": [ { "name": "shared", "on_suspend": "move_new" } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "pool": "shared", "charges": [ { "limit": "pace" } ] }
  ]
}"""
START = 1_700_000_000 * 10**9

with sluice.Engine(POLICY, clock="manual", now=START) as engine:
    for line in ("+15550001", "+15550002", "+15550003"):
        engine.set_line("shared", line)
    for recipient in ("ann", "bob", "carol"):
        held = engine.enqueue("send", account="acme", recipient=recipient)
        print(f"{recipient}: {held.line}, {held.sticky}")
    for lease in engine.lease():  # all three know their line now
        lease.ack()

    ann = engine.enqueue("send", account="acme", recipient="ann")
    dave = engine.enqueue("send", account="acme", recipient="dave", line=ann.line)
    print(f"dave: {dave.line}, {dave.sticky}")
    report = engine.set_line("shared", str(ann.line), state="suspended", reason="reported as spam")
    print(f"suspended: {report.held} held for who knows it, {report.moved} moved")
    for event in engine.events():
        if change := event.sender_change:
            print(f"{change.recipient} moves from {change.from_line}, which is {change.why}")
    print([line.state for line in engine.lines("shared")].count("suspended"), "line out of", len(engine.lines("shared")))
