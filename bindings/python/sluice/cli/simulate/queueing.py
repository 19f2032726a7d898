"""Replays messages through the queue of an engine: each is taken in at its time, and leaves at its due instant."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sluice import NotFound

from ..description import Description, Operation
from .queue_summary import QueueSummary
from .summary import ADMITTED, Summary
from .traffic_log import Message
from .watch import Watch

if TYPE_CHECKING:
    from ... import Engine, Held, Lease

_MOST_LEASES = 1_000  # at a time


class _Queued(NamedTuple):
    since: int
    line: str
    recipient: str | None = None  # where a pool may move it


class QueueReplay:
    """One pass of traffic through the queue of an engine, and on until it is empty or `until` is reached.

    At one instant all messages come in before the first leaves, as from a caller who sends them at once. Every message
    that is leased is sent at that instant.
    """

    def __init__(
        self,
        engine: Engine,
        description: Description,
        operation: Operation,
        dimensions: Sequence[str],
        summary: Summary,
        queue: QueueSummary,
        *,
        until: int,
        enter: Callable[[Mapping[str, str]], None] | None = None,
    ) -> None:
        """`enter` hears of the values of each message before it is enqueued: there, plans are set.

        `dimensions`: the operation's that a message brings; a pool chooses the line where it is not among them.
        """
        self.engine = engine
        self.enqueue = engine.operation(operation.name).enqueue
        self.dimensions = dimensions
        self.line = description.line or ""  # a policy without one has nothing that can be queued
        self.rehomed = _rehomed(description, operation)
        self.scopes = _charged_by_leases(description, operation)
        self.summary = summary
        self.queue = queue
        self.until = until
        self.enter = enter
        self.watch = Watch(engine, summary)
        self.held: dict[int, _Queued] = {}
        self.expiries: list[tuple[int, int]] = []  # instant, message; those that were sent are left in

    def run(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._release(message.at)
            self._take_in(message)
        self._release(self.until + 1)
        self.queue.next_due = self.engine.next_due() if self.held else None
        self.watch.hear_events()

    def _take_in(self, message: Message) -> None:
        at = message.at
        self._move_clock(at)
        values = dict(zip(self.dimensions, message.values))
        if self.enter is not None:
            self.enter(values)
        held = self.enqueue(values=values, details=True, quantities=message.quantities)
        if held.line is not None:
            values[self.line] = held.line
        if self.rehomed is not None and self.watch.hear_events():
            self._follow(at, values)
        self.summary.messages += 1
        self.summary.decisions += 1
        self.watch.decided(at, held.decision, values)
        if held:
            self._hold(at, held, values)
        else:
            kind = held.decision.denial or held.decision.outcome
            self.summary.outcomes.add(at, kind)
            self.summary.denied[kind] += 1
            self.watch.refused(held.decision)

    def _hold(self, at: int, held: Held, values: Mapping[str, str]) -> None:
        assert held.message is not None  # it is held
        self.summary.outcomes.add(at, ADMITTED)
        self.summary.admitted += 1
        line = values[self.line]
        self.held[held.message] = _Queued(at, line, values[self.rehomed] if self.rehomed else None)
        if held.expires_at is not None:
            heapq.heappush(self.expiries, (held.expires_at, held.message))
        self.queue.enter(at, line)
        if self.summary.pool is not None:
            self.summary.pool.take(line, values)

    def _follow(self, at: int, values: Mapping[str, str]) -> None:
        """A recipient was moved, and what waits for it went along."""
        assert self.rehomed is not None
        left: set[str] = set()
        for message, queued in self.held.items():
            line = self._line_of(message) if queued.recipient == values[self.rehomed] else None
            if line is not None and line != queued.line:
                self.queue.move(at, queued.line, line)
                self.held[message] = queued._replace(line=line)
                left.add(queued.line)
        for line in sorted(left):
            for scope in self.scopes:
                self.watch.charged(at, scope, {**values, self.line: line})

    def _line_of(self, message: int) -> str | None:
        """None: it has expired at this instant, and is no longer held."""
        try:
            return self.engine.status(message).line
        except NotFound:
            return None

    def _release(self, before: int) -> None:
        """All that is due before an instant leaves, each at the instant at which it is due."""
        while (due := self.engine.next_due()) is not None and max(due, self.engine.clock()) < before:
            self._expire(due)
            self._move_clock(due)
            leases = self.engine.lease(_MOST_LEASES)
            if not leases and self.engine.next_due() == due:
                break  # nobody can have it now, and who asks again gets the same answer
            self.engine.settle(leases)
            for lease in leases:
                self._leave(lease)
        self._expire(before - 1)

    def _leave(self, lease: Lease) -> None:
        at = self.engine.clock()
        queued = self.held.pop(lease.message)
        self.queue.send(at, queued.line, at - queued.since)
        for scope in self.scopes:
            self.watch.charged(at, scope, lease.values)

    def _expire(self, until: int) -> None:
        while self.expiries and self.expiries[0][0] <= until:
            at, message = heapq.heappop(self.expiries)
            queued = self.held.pop(message, None)
            if queued is not None:
                self._move_clock(at)
                self.queue.expire(at, queued.line)

    def _move_clock(self, at: int) -> None:
        """Forwards only: what came after an instant can still have been due at it."""
        if at > self.engine.clock():
            self.engine.set_clock(at)
            self.summary.reach(at)


def _rehomed(description: Description, operation: Operation) -> str | None:
    """The dimension whose values may be moved to another line by a message; None: nobody is moved."""
    pool = description.pool(operation.pool) if operation.pool else None
    return pool.recipient if pool is not None and pool.on_full == "rehome" else None


def _charged_by_leases(description: Description, operation: Operation) -> list[tuple[str, ...]]:
    """The scopes of which something is charged or given back when a message leaves."""
    later = (charge.limit for charge in operation.charges if charge.mode == "queue" or charge.while_queued)
    return list(dict.fromkeys(description.limit(name).scope for name in later))
