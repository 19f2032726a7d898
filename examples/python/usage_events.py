"""A soft quota: notices at 75, 90 and 100%, a fifth above it before the door closes, and usage as a page shows it."""

from __future__ import annotations

from datetime import datetime, timezone

import sluice

POLICY = """{
  "name": "soft", "tenant": "account",
  "subjects": [ { "scope": ["account"], "plans": ["blue", "sapphire"], "default": "blue" } ],
  "limits": [
    { "name": "month", "scope": ["account"], "kind": "window", "period": "billing", "reports_as": "messages.sent",
      "amounts": [
        { "plan": "blue", "amount": 2000, "ceiling": "120%", "thresholds": [75, 90, 100] },
        { "plan": "sapphire", "amount": 6000, "ceiling": "120%", "thresholds": [75, 90, 100] } ] } ],
  "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "month" } ] } ]
}"""

# A manual clock: tests and replays say what time it is.
with sluice.Engine(POLICY, clock="manual", now=datetime(2025, 1, 20, tzinfo=timezone.utc)) as engine:
    engine.set_billing(15, zone="Europe/Paris", account="acme")
    send = engine.operation("send")
    sent = 0
    while send.take("acme") >= 0:
        sent += 1
        for event in engine.events():
            print(f"{event.subject} has used {event.percent:.0f}% of {event.limit}: {event.used}")
    print(sent, "went out")

    refused = send("acme")
    assert refused.retry_after is not None
    opens = datetime.fromtimestamp((refused.now + refused.retry_after) / 1e9, timezone.utc)
    print("refused as", refused.denial, "until", opens.isoformat())
    print(engine.usage(account="acme"))

    # The upgrade acts at once, and what was used stays used.
    engine.set_plan("sapphire", account="acme")
    print("upgraded:", send("acme").remaining, "left")
