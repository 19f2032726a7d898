"""Charges an estimate first and settles it afterwards: what was not used goes back, what failed costs nothing."""

from __future__ import annotations

import sluice

POLICY = """{
  "name": "parts", "tenant": "account",
  "limits": [ { "name": "month", "scope": ["account"], "kind": "window", "period": "month", "amount": 1000, "unit": "part" } ],
  "operations": [
    { "name": "send", "values": ["account"], "quantities": ["parts"], "charges": [ { "limit": "month", "cost": "parts" } ] }
  ]
}"""


def used(engine: sluice.Engine) -> int:
    return engine.usage_rows(account="acme")[0].used


with sluice.Engine(POLICY) as engine:
    send = engine.operation("send")

    # A long text may need up to 4 parts; the carrier says afterwards how many it took.
    decision = send("acme", quantities={"parts": 4}, receipt=True)
    assert decision.receipt is not None
    print("charged", used(engine))
    decision.receipt.commit({"parts": 3})
    print("settled", used(engine))

    # The carrier refused this one: nothing was sent, so nothing is charged.
    decision = send("acme", quantities={"parts": 2}, receipt=True)
    assert decision.receipt is not None
    decision.receipt.refund()
    print("refunded", used(engine))

    # A client that is not sure asks again with the same key: the first answer, no second charge.
    first = send("acme", quantities={"parts": 1}, idempotency_key="order 17")
    again = send("acme", quantities={"parts": 1}, idempotency_key="order 17")
    print("replayed", again.replayed, used(engine))
    assert first.used == again.used

    try:
        decision.receipt.refund()
    except sluice.NotFound as error:
        print(error)
