"""The engine: a policy, what its subjects have used, and a clock."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time
from types import TracebackType
from typing import Any, Literal, Union

from . import _native
from ._native import Decision, Decisions, Operation
from .due import Bell
from .errors import ClosedError, InvalidRequest, SluiceError
from .event import Event, event_of
from .http import Dialects, HttpAnswer
from .instant import Duration, Instant
from .policy import Policy, PolicyText, policy_of
from .queue import Queue
from .scope import Scopes, Value
from .usage import Counters, Subject, UsageRow
from .zones import zone_directory

Amount = Union[int, str, Mapping[str, Any], None]
"""An amount as a policy writes it: 200, "80/s", "unlimited", "blocked", {"amount": 200, "thresholds": [80]}."""

_PAGE = 1000


class Engine(Queue):
    """Decides requests under a policy, and holds messages until they may go.

    Safe to use from any thread; use it with `with`, or close it.

    Instants (`now`) are ns since the Unix epoch as int, or datetimes with a time zone; None is the engine's own clock. A
    `now` more than a day ahead of the system's clock (and of a manual one) raises TimeError; one behind what a subject has
    seen is decided at what it has seen.

    Subjects are named by keyword: `engine.usage(account="acme")`, `engine.reset(line="+1555", recipient="+1666")`. Names
    that are no Python keywords, or that mean something else in a call, go into `subject={"my dimension": "acme"}`.

    Every call raises ClosedError after close, and Forked in a child process that inherited the engine.
    """

    def __init__(
        self,
        policy: PolicyText | Policy | os.PathLike[str],
        *,
        stance: str | None = None,
        clock: Literal["system", "manual"] = "system",
        now: Instant | None = None,
        memory_cap: int | None = None,
        receipt_ttl: Duration | None = None,
        event_capacity: int | None = None,
        shards: int | None = None,
        zoneinfo_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        """Makes an engine that has seen nobody yet.

        policy: its text (str, or bytes of UTF-8), a Policy, or a path to its file.
        stance: "enforce" or "comply"; None for the Policy's own, else "enforce".
        clock: "system", or "manual": time is what set_clock last said, beginning at `now` (None: 0).
        memory_cap: bytes for records, what subjects have of their own, receipts and keys, at least 1 MiB; None for 1 GiB.
        receipt_ttl: how long an unsettled receipt lives, at most 400 days; None for 24 hours.
        event_capacity: events kept until they are drained; None for 4,096.
        shards: how many ways the records are split, a power of two up to 1,024; None for 1,024.
        zoneinfo_dir: where the time zones are; None for TZDIR, else the system's, else the package tzdata's.

        Raises PolicyError with every finding, InvalidRequest, TypeError, TimeError, OSError for a path.
        """
        if clock not in ("system", "manual"):
            raise InvalidRequest(f'clock must be "system" or "manual", not {clock!r}')
        if clock == "system" and now is not None:
            raise InvalidRequest('now sets where a manual clock begins; give clock="manual" too')
        self._policy = policy_of(policy, stance, zoneinfo_dir)
        self._manual = clock == "manual"
        self._zoneinfo_dir = zone_directory(zoneinfo_dir)
        self._core = _native.EngineCore(
            self._policy.encoded,
            self._policy.stance,
            self._zoneinfo_dir,
            self._manual,
            now,
            memory_cap,
            receipt_ttl,
            event_capacity,
            shards,
        )
        self._scopes = Scopes(self._policy.description)
        self._operations: dict[str, Operation] = {}
        self._bell = Bell(self._core)

    # ---- life -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Ends the engine and frees its memory; calls running in other threads end first. Closing twice does nothing."""
        self._core.close()

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._core.closed

    @property
    def policy(self) -> Policy:
        """The policy it runs now."""
        return self._policy

    def __enter__(self) -> Engine:
        if self.closed:
            raise ClosedError("the engine is closed")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Engine {self._policy.name}, {self._policy.stance}{', closed' if self.closed else ''}>"

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("cannot pickle 'sluice.Engine': its state lives in this process")

    def clock(self) -> int:
        """The engine's time, ns since the Unix epoch."""
        return self._core.clock()

    def set_clock(self, now: Instant) -> None:
        """Moves a manual clock, forwards or back; back is harmless, since subjects keep what they have seen.

        Raises InvalidRequest when the clock is the system's, TimeError.
        """
        if not self._manual and not self.closed:
            raise InvalidRequest('set_clock moves a manual clock; this engine was made with clock="system"')
        self._core.set_clock(now)

    def reload(
        self,
        policy: PolicyText | Policy | os.PathLike[str],
        *,
        stance: str | None = None,
        allow_reset: bool = False,
        now: Instant | None = None,
    ) -> None:
        """Replaces the policy at once, keeping state; `stance` None: as before.

        A limit keeps its state if name, scope, kind and period are unchanged. Otherwise WouldReset lists it, unless
        `allow_reset`. Any failure leaves the old policy. Raises PolicyError, WouldReset, TimeError, MemoryCapError.
        """
        if not isinstance(allow_reset, bool):
            raise TypeError(f"allow_reset must be True or False, not {type(allow_reset).__name__}")
        stance = stance or (None if isinstance(policy, Policy) else self._policy.stance)
        loaded = policy_of(policy, stance, self._zoneinfo_dir or None)
        scopes = Scopes(loaded.description)
        self._core.reload(loaded.encoded, loaded.stance, allow_reset, now)
        self._policy, self._scopes = loaded, scopes

    # ---- decisions --------------------------------------------------------------------------------------------------

    def operation(self, name: str) -> Operation:
        """An operation by name, resolved once: the fast way to decide. Raises NotFound."""
        operation = self._operations.get(name)
        if operation is None:
            if not isinstance(name, str):
                raise TypeError(f"operation must be str, not {type(name).__name__}")
            operation = self._operations[name] = self._core.operation(name)
        return operation

    def decide(
        self,
        operation: str,
        /,
        *,
        values: Mapping[str, Value | Iterable[Value]] | None = None,
        quantities: Mapping[str, int] | None = None,
        now: Instant | None = None,
        peek: bool = False,
        receipt: bool = False,
        idempotency_key: Value | None = None,
        details: bool = False,
        force: bool = False,
        **dimensions: Value | Iterable[Value],
    ) -> Decision:
        """Decides one request, all or nothing: allowed takes every charge, denied only its attempt charges.

        dimensions: the operation's values by name, each 1 to 1,024 bytes: str (its UTF-8) or bytes; the dimension that
            repeats may be a list of them. In an operation with a pool the line may be left out: see Decision.line.
        values: the same as a mapping, for names that are no keywords or are options here.
        quantities: the operation's quantities by name, all of them, in units.
        peek: ask without charging anything.
        receipt: an allowed decision gets a Receipt for refund or commit.
        idempotency_key: 1 to 255 bytes; the same key and request within 24 h get the first answer again.
        details: the decision says how every limit stood.
        force: it has happened; everything is charged and nothing denies.

        Raises NotFound, InvalidRequest, TimeError, Unset, Conflict, TooMany, MemoryCapError, TypeError; then nothing is charged.
        """
        return self.operation(operation).decide(
            values=values,
            quantities=quantities,
            now=now,
            peek=peek,
            receipt=receipt,
            idempotency_key=idempotency_key,
            details=details,
            force=force,
            **dimensions,
        )

    def decide_many(
        self,
        operation: str,
        requests: Iterable[Sequence[Any] | Value],
        *,
        quantities: Iterable[Mapping[str, int]] | None = None,
        now: Instant | None = None,
        peek: bool = False,
        force: bool = False,
    ) -> Decisions:
        """Decides a list of requests of one operation in order, at one instant; equal to deciding them one by one.

        requests: n tuples of values (str or bytes) in declared order; the value that repeats may be a list or tuple.
        quantities: n mappings, for an operation that has quantities.

        Each request is all or nothing; a denied or failed one does not stop the rest. Returns Decisions with n rows: arrays
        `status`, `retry_after`, `remaining`, `limit_id`, and each answer by position. From 64 requests on the GIL is
        released while they are decided. Raises TypeError and InvalidRequest for what cannot be read, before anything is charged.
        """
        return self.operation(operation).decide_many(requests, quantities=quantities, now=now, peek=peek, force=force)

    def explain(
        self,
        operation: str,
        /,
        *,
        values: Mapping[str, Value | Iterable[Value]] | None = None,
        quantities: Mapping[str, int] | None = None,
        now: Instant | None = None,
        force: bool = False,
        **dimensions: Value | Iterable[Value],
    ) -> str:
        """What a peek would answer and why, as a text: a line for every limit checked. Raises as decide."""
        return self.operation(operation).explain(values=values, quantities=quantities, now=now, force=force, **dimensions)

    def limit_name(self, limit_id: int) -> str | None:
        """The name of a limit's number in Decisions.limit_id; None for -1."""
        return self._core.limit_name(limit_id)

    # ---- answers over HTTP --------------------------------------------------------------------------------------------

    def answer(
        self,
        operation: str,
        /,
        *,
        dialects: Dialects = None,
        given: Mapping[str, str] | None = None,
        values: Mapping[str, Value | Iterable[Value]] | None = None,
        quantities: Mapping[str, int] | None = None,
        now: Instant | None = None,
        peek: bool = False,
        idempotency_key: Value | None = None,
        **dimensions: Value | Iterable[Value],
    ) -> HttpAnswer:
        """Decides a request and says whatever came of it as status, headers and body, failures included.

        It is decide with details=True and Decision.http, or answer_failure: what a server does with a request. What is wrong
        with the dialects or with what is given is raised before anything is charged.
        """
        if not isinstance(dialects, str) and isinstance(dialects, Iterable):
            dialects = tuple(dialects)  # read twice
        if dialects is not None or given is not None:
            self._core.answer_failure(InvalidRequest.status, dialects, given)  # says what is wrong with them
        try:
            named = {**(values or {}), **dimensions}
            decision = self.decide(
                operation,
                values=named,
                quantities=quantities,
                now=now,
                peek=peek,
                idempotency_key=idempotency_key,
                details=True,
            )
        except SluiceError as error:
            if isinstance(error, ClosedError):
                raise
            return self.answer_failure(error, dialects=dialects, given=given)
        single = {name: value for name, value in named.items() if isinstance(value, (str, bytes))}
        return decision.http(dialects=dialects, given=given, values=single, quantities=quantities)

    def answer_failure(
        self, error: SluiceError, *, dialects: Dialects = None, given: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """A call that failed as an answer over HTTP: as the dialect says of it, else 400, 404, 409, 500 or 503."""
        return self._core.answer_failure(error.status, dialects, given)

    def answer_usage(
        self,
        *,
        given: Mapping[str, str] | None = None,
        now: Instant | None = None,
        subject: Mapping[str, Value] | None = None,
        **dimensions: Value,
    ) -> HttpAnswer:
        """What a subject has used as an answer over HTTP: the dialect's answer "usage", else what usage() tells, as JSON.

        Raises NotFound, InvalidRequest, TimeError.
        """
        return self._core.answer_usage(*self._scopes.find(subject, dimensions), given, now)

    # ---- subjects ---------------------------------------------------------------------------------------------------

    def set_plan(
        self,
        plan: str,
        *,
        now: Instant | None = None,
        subject: Mapping[str, Value] | None = None,
        **dimensions: Value,
    ) -> None:
        """Puts a subject of one dimension on a plan at once: `engine.set_plan("pro", account="acme")`.

        What was spent carries over in units. Raises NotFound, TimeError, MemoryCapError.
        """
        self._core.set_plan(*self._scopes.find(subject, dimensions), _text("plan", plan), now)

    def set_amount(
        self,
        limit: str,
        amount: Amount,
        *,
        now: Instant | None = None,
        subject: Mapping[str, Value] | None = None,
        **dimensions: Value,
    ) -> None:
        """Gives one subject its own amount of a limit, written as in a policy; None for the plan's again.

        `200` units, `"80/s"` for a pace, `"unlimited"`, `"blocked"`, or a mapping such as
        `{"amount": 200, "thresholds": [80, 100]}`. Raises NotFound, InvalidRequest, TimeError, MemoryCapError.
        """
        if isinstance(amount, (bool, float)) or not isinstance(amount, (int, str, Mapping, type(None))):
            raise TypeError(f"amount must be an int, str, mapping or None, not {type(amount).__name__}")
        text = json.dumps(dict(amount) if isinstance(amount, Mapping) else amount)
        self._core.set_amount(_text("limit", limit), *self._scopes.find(subject, dimensions), text, now)

    def set_billing(
        self,
        day: int,
        *,
        time_of_day: time | None = None,
        zone: str | None = None,
        now: Instant | None = None,
        subject: Mapping[str, Value] | None = None,
        **dimensions: Value,
    ) -> None:
        """Sets a subject's billing cycle: a day of the month (1 to 31, clamped to short months), a time, an IANA zone.

        None is midnight, and UTC. What is used is kept; the period ends at the next edge of the new cycle. Raises
        NotFound, InvalidRequest, TimeError.
        """
        at = _time_of_day(time_of_day)
        name = "" if zone is None else _text("zone", zone)
        self._core.set_billing(*self._scopes.find(subject, dimensions), day, at, name, now)

    def set_usage(
        self,
        limit: str,
        used: int,
        *,
        now: Instant | None = None,
        subject: Mapping[str, Value] | None = None,
        **dimensions: Value,
    ) -> None:
        """Puts `used` units in place of a subject's use of a limit, for migrations and reconciliation.

        Raises NotFound, InvalidRequest (a kind that has no count), TimeError, MemoryCapError.
        """
        self._core.set_usage(_text("limit", limit), *self._scopes.find(subject, dimensions), used, now)

    def reset(self, *, now: Instant | None = None, subject: Mapping[str, Value] | None = None, **dimensions: Value) -> None:
        """Makes a subject's limits never seen; its plan, amounts and billing stay. Raises NotFound, TimeError."""
        self._core.reset(*self._scopes.find(subject, dimensions), now)

    def erase(self, *, now: Instant | None = None, subject: Mapping[str, Value] | None = None, **dimensions: Value) -> int:
        """Forgets a value of a dimension: every record that holds it, with plan, amounts, receipts and idempotency keys.

        Returns how many records went. Looks at every record once, without the GIL. Raises NotFound, TimeError.
        """
        return self._core.erase(*self._scopes.dimension(subject, dimensions), now)

    def report_throttled(
        self,
        limit: str,
        retry_after: Duration,
        *,
        now: Instant | None = None,
        subject: Mapping[str, Value] | None = None,
        **dimensions: Value,
    ) -> None:
        """The provider said stop: closes an upstream limit for a subject until now + retry_after (ns or timedelta).

        Only ever extends, at most by the limit's `longest`. Raises NotFound, InvalidRequest, TimeError.
        """
        scope = self._scopes.find(subject, dimensions)
        self._core.report_throttled(_text("limit", limit), *scope, retry_after, now)

    def clear_throttle(
        self,
        limit: str,
        *,
        now: Instant | None = None,
        subject: Mapping[str, Value] | None = None,
        **dimensions: Value,
    ) -> None:
        """Opens an upstream limit that report_throttled closed. Raises NotFound, InvalidRequest, TimeError."""
        self._core.clear_throttle(_text("limit", limit), *self._scopes.find(subject, dimensions), now)

    def report_quality(
        self,
        quality: str,
        *,
        now: Instant | None = None,
        subject: Mapping[str, Value] | None = None,
        **dimensions: Value,
    ) -> None:
        """Reports the quality rating that promotions ask for, by any name; "" for none. Raises NotFound, TimeError."""
        self._core.report_quality(*self._scopes.find(subject, dimensions), _text("quality", quality), now)

    # ---- what there is ------------------------------------------------------------------------------------------------

    def usage(
        self, *, now: Instant | None = None, subject: Mapping[str, Value] | None = None, **dimensions: Value
    ) -> dict[str, Any]:
        """What a subject has used, grouped and worded by the limits' `reports_as`; charges nothing.

        `{"period": "2025-01-13", "emails": {"sent": 5420, "limit": 10000, "remaining": 4580}}`; an unlimited limit has
        `"limit": None`, a custom one that was not set for this subject `"limit": "custom"`, and neither has "remaining".
        Raises NotFound, InvalidRequest, TimeError.
        """
        report: dict[str, Any] = json.loads(self._core.usage_json(*self._scopes.find(subject, dimensions), now))
        return report

    def usage_rows(
        self, *, now: Instant | None = None, subject: Mapping[str, Value] | None = None, **dimensions: Value
    ) -> list[UsageRow]:
        """The same as a row for each limit of the subject, in the policy's order. Raises NotFound, InvalidRequest, TimeError."""
        return self._core.usage_rows(*self._scopes.find(subject, dimensions), now)

    def list_subjects(self, scope: str | Iterable[str]) -> Iterator[Subject]:
        """The subjects of a scope that have a record: `engine.list_subjects("account")`, `("line", "recipient")`.

        Fetched a page at a time; subjects that come or go meanwhile may be missed. Raises NotFound.
        """
        name = self._scopes.text(scope)
        cursor = 0
        while True:
            page, cursor = self._core.list_subjects(name, cursor, _PAGE)
            for row in json.loads(page):
                yield Subject(tuple(row["values"]), row["plan"])
            if cursor == 0:
                return

    def events(self) -> list[Event]:
        """Takes all events out of the ring, oldest first. Those that did not fit are counted in counters().events_lost."""
        events: list[Event] = []
        for kind, limit, at, used, amount, share, plan, by_change, subject, length in self._core.drain_events():
            plans = self._scopes.plans.get(subject.partition("=")[0], ())
            name = plans[plan] if 0 <= plan < len(plans) else None
            events.append(event_of(kind, limit, at, used, amount, share, name, by_change, subject, length))
        return events

    def counters(self) -> Counters:
        """What it has counted: a sum over its shards, not a snapshot of one instant."""
        return Counters(**self._core.counters())

    def metrics(self, format: Literal["openmetrics", "prometheus"] = "openmetrics") -> str:
        """The counters as a text for a scrape, labelled by policy, stance, result and kind, never by a key."""
        formats = {"openmetrics": 0, "prometheus": 1}
        if format not in formats:
            raise InvalidRequest(f'format must be "openmetrics" or "prometheus", not {format!r}')
        return self._core.metrics(formats[format])

    def sweep(self, max_records: int = 1 << 20, *, now: Instant | None = None) -> int:
        """Looks at no more than `max_records` records, without the GIL, and drops those that equal never seen.

        Also ends expired receipts, keys and messages. Call it when idle. Returns how many records went.
        """
        return self._core.sweep(now, max_records)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    return value


def _time_of_day(at: object) -> int:
    """ns since midnight."""
    if at is None:
        return 0
    if not isinstance(at, time):
        raise TypeError(f"time_of_day must be a datetime.time, not {type(at).__name__}")
    if at.tzinfo is not None:
        raise InvalidRequest("time_of_day must be without a time zone; give the zone as zone=")
    return (at.hour * 3600 + at.minute * 60 + at.second) * 10**9 + at.microsecond * 1000
