"""Queues and pools in words: how messages wait, and which line they go by."""

from __future__ import annotations

from collections.abc import Iterator

from . import words
from .description import Hours, MessageClass, Operation, Pool, Queue, Retry

_ON_FULL = {
    "wait": "keeps to it: waits or is refused",
    "spill": "goes by another line this once",
    "rehome": "moves to another line for good",
}
_ON_SUSPEND = {
    "hold": "messages wait for it",
    "move_new": "messages to new recipients move, others wait for it",
    "move_all": "messages move to other lines",
    "fail": "messages fail",
}


def waiting(operation: Operation) -> str:
    """`; can wait as bulk, by pool shared`; nothing when its messages cannot wait and it names no pool."""
    pool = f"by pool {operation.pool}" if operation.pool else ""
    wait = f"can wait as {operation.message_class}" if operation.queueable else ""
    said = ", ".join(filter(None, (wait, pool)))
    return f"; {said}" if said else ""


def queue_rows(queue: Queue) -> Iterator[tuple[str, str]]:
    """What is ruled, and how; the classes that differ from the rest come last."""
    yield "taken in", f"while the expected wait is at most {words.spaced(queue.wait)}" if queue.wait else "whatever the wait"
    yield "payload", f"at most {words.counted(queue.payload, 'byte')}"
    yield "lease", words.spaced(queue.lease)
    yield "in flight", f"at most {queue.in_flight:,} of a line" if queue.in_flight else "any number"
    yield "tried again", _retries(queue.retry)
    order = " before ".join(one.name for one in queue.classes)
    yield "served", f"{order}; {_floor(queue.floor)}"
    if queue.weights:
        yield "shared out", ", ".join(f"{plan} {weight:,}" for plan, weight in queue.weights.items())
    for one in queue.classes:
        if said := _class(one):
            yield f"class {one.name}", said


def pool_row(pool: Pool) -> tuple[str, str, str, str, str]:
    """Name, whose lines, what a recipient has of it, what a full and a suspended line mean."""
    whose = words.joined(pool.by) if pool.by else "everybody"
    full = _ON_FULL[pool.on_full] if pool.sticky else "goes by another line"
    home = ", and come back when it does" if pool.return_home else ""
    return pool.name, whose, _route(pool), full, _ON_SUSPEND[pool.on_suspend] + home


def _route(pool: Pool) -> str:
    if not pool.sticky:
        return "any line each time"
    said = [f"a {pool.recipient} keeps its line"]
    if pool.forget_after:
        said.append(f"until not used for {words.spaced(pool.forget_after)}")
    if pool.new_recipients:
        said.append(f"{pool.new_recipients:,} new ones a line and day")
    return ", ".join(said)


def _retries(retry: Retry) -> str:
    jitter = f" and up to {retry.jitter} more" if retry.jitter else ""
    end = f"given up after {words.counted(retry.attempts, 'lease')}" if retry.attempts else "never given up"
    return f"after {words.spaced(retry.first)}, doubled up to {words.spaced(retry.longest)}{jitter}; {end}"


def _floor(floor: int | None) -> str:
    return f"1 of {floor:,} goes to the next class that waits" if floor else "however long the others wait"


def _class(one: MessageClass) -> str:
    said = [] if one.delivery == "at least once" else [f"delivered {one.delivery}"]
    if one.ttl:
        said.append(f"kept for {words.spaced(one.ttl)}")
    if one.reserve:
        said.append(f"{one.reserve:,} places reserved")
    if one.hours:
        said.append(_hours(one.hours))
    return ", ".join(said)


def _hours(hours: Hours) -> str:
    margin = f" less {words.spaced(hours.margin)}" if hours.margin else ""
    end = ", else expires" if hours.on_close == "expire" else ""
    return f"leaves {' and '.join(hours.open)}{margin} in {words.joined(hours.zone)}{end}"
