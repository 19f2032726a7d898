"""Asks the Linq policy 31 times at one instant: 30 messages pass, the 31st says how long to wait."""

import os

import sluice

POLICY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "policies", "linq.jsonc")

with sluice.Engine(sluice.Policy.from_file(POLICY), clock="manual", now=1_736_726_400_000_000_000) as engine:
    send = engine.operation("messages.send")
    answers = [send("acme", "+15550001", "+15550002") for _ in range(31)]
    print(sum(answer.allowed for answer in answers), "allowed;", answers[-1].denial, "by", answers[-1].limit_name)
    print("the same passes in", answers[-1].retry_after_seconds, "s")
