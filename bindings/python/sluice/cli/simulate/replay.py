"""Replays messages through an engine on virtual time, and watches what the limits do."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from ..instants import HOUR
from .summary import ADMITTED, WOULD_QUEUE, Summary
from .traffic_log import Message
from .watch import Watch

if TYPE_CHECKING:
    from ... import Decision, Engine

MOST_TRIES = 10


class _Waiting(NamedTuple):
    """A refused message that is tried again. In the order of time, then of the refusals."""

    at: int
    number: int
    message: Message
    tries: int


class Replay:
    """One pass of traffic through an engine. The engine's clock is manual, and only this moves it."""

    def __init__(
        self,
        engine: Engine,
        operation: str,
        dimensions: Sequence[str],
        summary: Summary,
        *,
        line: str | None = None,
        enter: Callable[[Mapping[str, str]], None] | None = None,
    ) -> None:
        """`enter` hears of the values of each message before it is decided: there, plans are set.

        `line`: the dimension that a message goes by; where it is not among `dimensions`, a pool chooses it.
        """
        self.engine = engine
        self.decide = engine.operation(operation).decide
        self.dimensions = tuple(dimensions)
        self.line = line
        self.summary = summary
        self.enter = enter
        self.watch = Watch(engine, summary)
        self.end = summary.setting.replayed[1]
        self.retries = summary.setting.retry == "wait"
        self.waiting: list[_Waiting] = []
        self.numbers = count()
        self.clock = -1

    def run(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._try_again(message.at)
            self.summary.messages += 1
            self._attempt(message.at, message, 1)
        self._try_again(self.end)
        self.watch.hear_events()

    def _try_again(self, until: int) -> None:
        while self.waiting and self.waiting[0].at <= until:
            due = heapq.heappop(self.waiting)
            self._attempt(due.at, due.message, due.tries + 1)

    def _attempt(self, at: int, message: Message, tries: int) -> None:
        self._move_clock(at)
        values = dict(zip(self.dimensions, message.values))
        if self.enter is not None:
            self.enter(values)
        decision = self.decide(values=values, now=at, details=True, quantities=message.quantities)
        if self.line is not None and decision.line is not None:
            values[self.line] = decision.line
        self.summary.decisions += 1
        self.watch.decided(at, decision, values)
        if decision.allowed:
            self._admit(at, message, tries)
            if self.summary.pool is not None and self.line is not None:
                self.summary.pool.take(values[self.line], values)
        else:
            self._refuse(at, message, tries, decision)

    def _move_clock(self, at: int) -> None:
        """An hour at a time: a call brings its own `now`, which must not lie days ahead of the clock."""
        if at >= self.clock + HOUR or self.clock < 0:
            self.engine.set_clock(at)
            self.clock = at

    def _admit(self, at: int, message: Message, tries: int) -> None:
        self.summary.outcomes.add(at, ADMITTED)
        self.summary.admitted += 1
        if tries > 1:
            self.summary.admitted_later += 1
            self.summary.longest_waited = max(self.summary.longest_waited, at - message.at)

    def _refuse(self, at: int, message: Message, tries: int, decision: Decision) -> None:
        kind = decision.denial or WOULD_QUEUE
        self.summary.outcomes.add(at, kind)
        self.watch.refused(decision)
        wait = decision.retry_after
        if self.retries and wait is not None and tries < MOST_TRIES and at + wait <= self.end:
            heapq.heappush(self.waiting, _Waiting(at + wait, next(self.numbers), message, tries))
            return
        if self.retries and wait is not None and at + wait > self.end:
            self.summary.waiting_at_end += 1
        if decision.denial is None:
            self.summary.would_queue += 1
        else:
            self.summary.denied[kind] += 1
