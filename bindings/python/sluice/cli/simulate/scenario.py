"""What a replay needs beside the traffic: one policy, one operation, the plans of its subjects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from sluice import Amount, Engine, Policy, Unset

from .. import words
from ..console import Failure
from ..description import Description, Limit, Operation
from ..instants import END_OF_TIME
from .pool_lines import PoolLines, brought
from .pool_summary import PoolSummary
from .queue_summary import QueueSummary
from .queueing import QueueReplay
from .replay import Replay
from .series import CountSeries, Intervals, UseSeries
from .summary import LimitSummary, Setting, Summary
from .traffic_log import Message

Values = Mapping[str, str]
Enter = Callable[[Values], None]


class Stream(NamedTuple):
    """Messages in the order of virtual time, and what to say of them."""

    name: str
    mapping: dict[str, str]
    recorded: tuple[int, int]
    replayed: tuple[int, int]
    compress: int
    messages: Iterable[Message]


@dataclass(frozen=True)
class Scenario:
    policy: Policy
    description: Description
    operation: Operation
    plans: Mapping[str, str] = field(default_factory=dict[str, str])  # of every subject of a dimension
    amounts: Mapping[str, str] = field(default_factory=dict[str, str])  # of every subject of a limit
    retry: str = "none"
    drain: int | None = None  # messages are queued, and this long after the last one has come they have to leave
    lines: PoolLines | None = None  # among which the operation's pool chooses; None: every request brings its line

    def run(self, stream: Stream) -> Summary:
        """Replays the whole stream through a new engine."""
        summary = self._empty(stream)
        with Engine(self.policy, clock="manual", now=stream.replayed[0]) as engine:
            try:
                self._replay(engine, summary).run(stream.messages)
            except Unset as unset:
                raise Failure(f"{unset}\nfor every subject: --amount LIMIT=AMOUNT") from None
        return summary

    def _replay(self, engine: Engine, summary: Summary) -> Replay | QueueReplay:
        enter = self._enter(engine, summary)
        values = brought(self.operation, self.lines)
        if summary.queue is None or self.drain is None:
            return Replay(engine, self.operation.name, values, summary, line=self.description.line, enter=enter)
        until = min(summary.setting.replayed[1] + self.drain, END_OF_TIME - 1)
        return QueueReplay(engine, self.description, self.operation, values, summary, summary.queue, until=until, enter=enter)

    def _empty(self, stream: Stream) -> Summary:
        intervals = Intervals.over(*stream.replayed)
        names = dict.fromkeys(charge.limit for charge in self.operation.charges)
        setting = Setting(
            policy=self.policy.name,
            stance=self.policy.stance,
            operation=self.operation.name,
            traffic=stream.name,
            mapping=stream.mapping,
            plans=dict(self.plans),
            compress=stream.compress,
            retry=self.retry,
            recorded=stream.recorded,
            replayed=stream.replayed,
            drain=self.drain,
        )
        limits = [self._limit(self.description.limit(name), intervals) for name in names]
        queue = None if self.drain is None else QueueSummary(intervals)
        return Summary(setting, limits, CountSeries(intervals), queue, self._pool())

    def _pool(self) -> PoolSummary | None:
        if self.lines is None:
            return None
        pool = self.lines.pool
        return PoolSummary(pool.name, pool.recipient, pool.by)

    def _limit(self, limit: Limit, intervals: Intervals) -> LimitSummary:
        amount = limit.amount_of(self._plan_of(limit))
        agreed = self.amounts.get(limit.name)
        return LimitSummary(
            name=limit.name,
            scope=limit.scope,
            rule=f"{agreed} {words.whose(limit)}" if agreed else words.rule(limit, amount),
            unit=limit.unit,
            mode=limit.mode,
            use=UseSeries(intervals, stands=limit.kind in ("window", "gauge")),
            thresholds=tuple((words.hundredths(mark.share), mark.at) for mark in amount.thresholds) if amount else (),
            queue_only=self.drain is None and all(c.while_queued for c in self.operation.charges if c.limit == limit.name),
            cap=amount.cap if amount and amount.ceiling else None,
        )

    def _plan_of(self, limit: Limit) -> str | None:
        plans = self.description.plans_of(limit.by) if limit.by else None
        return self.plans.get(plans.scope, plans.default) if plans else None

    def _enter(self, engine: Engine, summary: Summary) -> Enter | None:
        """Gives each set of the pool its lines, each subject its plan and its amounts, when it is first seen."""
        steps = [self._for_each((dimension,), partial(_set_plan, engine, plan)) for dimension, plan in self.plans.items()]
        for name, text in self.amounts.items():
            scope = self.description.limit(name).scope
            steps.append(self._for_each(scope, partial(_set_amount, engine, name, _amount(text))))
        if self.lines is not None and summary.pool is not None:
            steps.append(_once(self.lines.pool.by, partial(_add_lines, engine, self.lines, summary.pool)))
        if not steps:
            return None

        def enter(values: Values) -> None:
            for step in steps:
                step(values)

        return enter

    def _for_each(self, scope: tuple[str, ...], act: Callable[[dict[str, str]], None]) -> Enter:
        """Acts once on each subject of a scope; where a pool chooses the line, on those of all its lines: one will be chosen."""
        lines = self.lines
        if lines is None or lines.dimension not in scope:
            return _once(scope, lambda values: act({dimension: values[dimension] for dimension in scope}))

        def on_each_line(values: Values) -> None:
            for line in lines.of(values):
                act({dimension: line if dimension == lines.dimension else values[dimension] for dimension in scope})

        others = tuple(dimension for dimension in scope if dimension != lines.dimension)
        return _once((*lines.pool.by, *others), on_each_line)


def _once(dimensions: tuple[str, ...], act: Enter) -> Enter:
    """Acts on the first message of each of their values."""
    seen: set[tuple[str, ...]] = set()

    def step(values: Values) -> None:
        key = tuple(values[dimension] for dimension in dimensions)
        if key not in seen:
            seen.add(key)
            act(values)

    return step


def _add_lines(engine: Engine, lines: PoolLines, summary: PoolSummary, values: Values) -> None:
    by = {dimension: values[dimension] for dimension in lines.pool.by}
    names = lines.of(values)
    for name in names:
        engine.set_line(lines.pool.name, name, by=by)
    summary.add(names)


def _set_plan(engine: Engine, plan: str, subject: dict[str, str]) -> None:
    engine.set_plan(plan, subject=subject)


def _set_amount(engine: Engine, limit: str, amount: Amount, subject: dict[str, str]) -> None:
    engine.set_amount(limit, amount, subject=subject)


def _amount(text: str) -> Amount:
    """`50000`, `{"amount": 200}` are JSON; `80/s` and `unlimited` are words."""
    try:
        amount: Amount = json.loads(text)
        return amount
    except ValueError:
        return text
