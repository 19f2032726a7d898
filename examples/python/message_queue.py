"""Three senders share one line of a message a second: who comes when, and what a provider's 429 does to it.

The clock is manual, so that nobody waits; with the system's clock the loop is the same, without set_clock.
"""

from __future__ import annotations

import asyncio

import sluice

POLICY = """{
  "name": "texts", "tenant": "account", "line": "line",
  "limits": [ { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue" } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" } ] }
  ]
}"""
START = 1_700_000_000 * 10**9
refusals = iter([True])


def provider(text: str) -> None:
    """It refuses the third message once."""
    if text == "c1" and next(refusals, False):
        raise sluice.Throttled(retry_after=3 * 10**9)


async def main() -> None:
    with sluice.Engine(POLICY, clock="manual", now=START) as engine:
        for account, texts in {"acme": ["a1", "a2", "a3"], "bob": ["b1"], "carol": ["c1"]}.items():
            for text in texts:
                held = engine.enqueue("send", account=account, line="+1", recipient="+2", payload=text)
                print(f"{text}: {held.depth} on the line")

        async def work() -> None:
            async for lease in engine.due():
                with lease:
                    at = (engine.clock() - START) // 10**9
                    print(f"{at} s: {lease.payload.decode()} for {lease.values['account']}")
                    provider(lease.payload.decode())

        worker = asyncio.create_task(work())
        while (due := engine.next_due()) is not None:
            engine.set_clock(max(due, engine.clock()))
            await asyncio.sleep(0)
        engine.close()
        await worker


asyncio.run(main())
