"""What a server answers: a provider's dialect byte for byte, and headers that any client knows. Run it: python http_answers.py"""

from pathlib import Path

import sluice

POLICY = Path(sluice.__file__).parent / "policies/linq.jsonc"
START = 1_736_942_400 * 10**9


def show(answer: sluice.HttpAnswer) -> None:
    print("HTTP", answer.status)
    for name, value in answer.headers:
        print(f"{name}: {value}")
    if answer.body:
        print(answer.body.decode())


with sluice.Engine(POLICY, clock="manual", now=START) as engine:
    message = {"account": "acme", "line": "+15550001", "recipient": "+15550002"}
    for _ in range(30):
        engine.answer("messages.send", values=message)

    engine.set_clock(START + 15 * 10**9)
    show(engine.answer("messages.send", values=message, given={"trace_id": "trace_abc123"}))

    # Another pair, which may go: how its limits stand, for clients that slow down by themselves.
    other = {**message, "recipient": "+15550003"}
    show(engine.answer("messages.send", values=other, dialects=["policy", "ratelimit"]))

    # A request that never became a decision.
    show(engine.answer("messages.sned", values=message, dialects="problem"))

    print(next(line for line in engine.metrics().splitlines() if "denied" in line))
