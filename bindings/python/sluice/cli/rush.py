"""The demo's act of a queue: messages that all come at once on one line, and how they leave it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from sluice import Decision, Engine

from .instants import SECOND, from_iso
from .policies import load
from .tables import row, table

POLICY, OPERATION, PLAN, STANCE, QUOTA = "sendblue", "messages.send", "sapphire", "enforce", "month"
SIZES = (60, 6_001)
STORY = (
    "A number sends one message a second, and an account's queue holds 6,000. What comes at once leaves second by second; "
    "what no longer fits is refused as depth and costs nothing of the month."
)
_NOON = from_iso("2026-03-02T12:00:00Z")  # neither the day nor the month turns meanwhile


class Refusal(NamedTuple):
    number: int  # of the message, from 1
    decision: Decision
    used_before: int  # of the quota
    used_after: int


class Rush(NamedTuple):
    """What became of messages that came at once."""

    came: int
    held: int
    left: list[int]  # ns after they came
    refusals: list[Refusal]


def rush(count: int) -> Rush:
    """Puts that many messages into the queue of a new engine at one instant, and lets them leave when they are due."""
    with Engine(load(POLICY, STANCE), clock="manual", now=_NOON) as engine:
        engine.set_plan(PLAN, account="acme")
        refusals: list[Refusal] = []
        for number in range(1, count + 1):
            before = _used(engine)
            held = engine.enqueue(OPERATION, account="acme", line="+15550001", recipient=f"+1666{number:07}")
            if not held:
                refusals.append(Refusal(number, held.decision, before, _used(engine)))
        held_now = engine.counters().messages
        return Rush(count, held_now, [at - _NOON for at in _leaving(engine)], refusals)


def print_rushes(console: Console, rushes: Iterable[Rush]) -> None:
    head = f" as a queue, all at once on one line ({OPERATION}, account on {PLAN}, {STANCE})"
    made = table("", ["at once", "held", "leave", "refused"], right=["at once", "held"])
    for one in rushes:
        row(made, [f"{one.came:,}", f"{one.held:,}", _instants(one.left), "\n".join(map(_refused, one.refusals)) or "none"])
    console.print(Text.assemble((POLICY, "bold"), head))
    console.print(made, Padding(STORY, (0, 0, 1, 2)), sep="\n")


def _leaving(engine: Engine) -> Iterator[int]:
    while (due := engine.next_due()) is not None:
        engine.set_clock(due)
        for lease in engine.lease():
            lease.ack()
            yield due


def _used(engine: Engine) -> int:
    return next(row.used for row in engine.usage_rows(account="acme") if row.limit_name == QUOTA)


def _instants(left: list[int]) -> str:
    """`0 s, 1 s, 2 s ... 59 s`, and below it `each 1 s after the one before`."""
    gaps = {later - sooner for sooner, later in zip(left, left[1:])}
    even = f"\neach {_seconds(gaps.pop())} after the one before" if len(gaps) == 1 else ""
    return f"{', '.join(map(_seconds, left[:3]))} ... {_seconds(left[-1])}{even}"


def _seconds(ns: int) -> str:
    fraction = f"{ns % SECOND:09d}".rstrip("0")
    return f"{ns // SECOND:,}{f'.{fraction}' if fraction else ''} s"


def _refused(refusal: Refusal) -> str:
    decision = refusal.decision
    return (
        f"number {refusal.number:,}: {decision.denial}, Retry-After: {decision.retry_after_seconds}\n"
        f"{QUOTA}: {refusal.used_before:,} before, {refusal.used_after:,} after"
    )
