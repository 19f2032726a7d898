"""What an engine does with messages that wait."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from ._native import EngineCore
from .campaign import Campaign, Share, rate_of, share_of
from .due import Bell, Due
from .errors import InvalidRequest
from .explanation import Explanation, explanation_of
from .held import Held, MessageStatus, Settled
from .instant import Duration, Instant
from .lease import Lease, Outcome
from .line_filter import keys_of, line_filter
from .plan import CampaignPlan, campaign_plan_of, live_question
from .pool import Line, LineReport, LineState, OnSuspend
from .scope import Scopes, Value

if TYPE_CHECKING:
    from ._native import Operation

MessageClass = Literal["urgent", "reply", "transactional", "bulk"]

_BUFFER = 65536


class Queue:
    """Messages held until they may go, the lines of pools by which they go, and campaigns. Every Engine is one."""

    _core: EngineCore
    _bell: Bell
    _manual: bool
    _scopes: Scopes

    if TYPE_CHECKING:

        def operation(self, name: str) -> Operation: ...

    def enqueue(
        self,
        operation: str,
        /,
        *,
        payload: Value | None = None,
        message_class: MessageClass | None = None,
        send_at: Instant | None = None,
        expires_at: Instant | None = None,
        campaign: Campaign | int | None = None,
        zone: str | None = None,
        values: Mapping[str, Value] | None = None,
        quantities: Mapping[str, int] | None = None,
        now: Instant | None = None,
        peek: bool = False,
        idempotency_key: Value | None = None,
        details: bool = False,
        **dimensions: Value,
    ) -> Held:
        """Takes a message in, to be leased when its queue-mode limits let it go. A refusal is a Held that is false.

        payload: any bytes (a str is its UTF-8), handed back by the lease; at most as many as the policy's queue takes.
        message_class: None for the operation's own.
        send_at: not before; None: as soon as it may.
        expires_at: not at or after; None: as its class says.
        campaign: the Campaign that it is a message of, or its number; it says class and time, so neither is given here.
        zone: by whose clocks the hours of its class are, such as "Europe/Paris"; up to 16 with commas between: in all of them
            they must be open; None: the policy's.
        peek: as peek_enqueue.

        In an operation with a pool the line may be left out: the pool chooses it, and Held.line tells it.

        All else as in decide: what does not wait for its turn is charged now, all or nothing, and a refused message has cost
        nothing but its attempt charges. Raises NotFound, InvalidRequest, TimeError, Unset, Conflict, TooMany, MemoryCapError,
        TypeError; then nothing is held.
        """
        return self.operation(operation).enqueue(
            payload=payload,
            message_class=message_class,
            send_at=send_at,
            expires_at=expires_at,
            campaign=campaign,
            zone=zone,
            values=values,
            quantities=quantities,
            now=now,
            peek=peek,
            idempotency_key=idempotency_key,
            details=details,
            **dimensions,
        )

    def peek_enqueue(
        self,
        operation: str,
        /,
        *,
        payload: Value | None = None,
        message_class: MessageClass | None = None,
        send_at: Instant | None = None,
        expires_at: Instant | None = None,
        campaign: Campaign | int | None = None,
        zone: str | None = None,
        values: Mapping[str, Value] | None = None,
        quantities: Mapping[str, int] | None = None,
        now: Instant | None = None,
        details: bool = False,
        **dimensions: Value,
    ) -> Held:
        """What enqueue would answer, without holding, charging or choosing anything for good.

        The Held is false, since nothing is held. Its decision says whether the message would be accepted, its `line` by which
        line it would go, `position` and `eta` when it would leave. Arguments and errors are those of enqueue.
        """
        return self.operation(operation).enqueue(
            payload=payload,
            message_class=message_class,
            send_at=send_at,
            expires_at=expires_at,
            campaign=campaign,
            zone=zone,
            values=values,
            quantities=quantities,
            now=now,
            peek=True,
            details=details,
            **dimensions,
        )

    def enqueue_many(self, operation: str, messages: Iterable[Mapping[str, Any]], *, now: Instant | None = None) -> list[Held]:
        """Takes messages of one operation in, in order and at one instant; each is a mapping of the keywords of enqueue.

        `engine.enqueue_many("send", [{"account": "acme", "line": "+1", "recipient": "+2", "payload": b"hello"}])`. Each is
        held or not by itself; one that failed has its `error`. From 64 messages on the GIL is released meanwhile. Raises
        TypeError and InvalidRequest for what cannot be read, before anything is held.
        """
        return self.operation(operation).enqueue_many(messages, now=now)

    def lease(
        self,
        most: int = 100,
        *,
        ttl: Duration | None = None,
        now: Instant | None = None,
        buffer: int = _BUFFER,
        lines: Iterable[Value] | None = None,
        pool: str | None = None,
        by: Iterable[Value] = (),
    ) -> list[Lease]:
        """Takes up to `most` messages (at most 65,536) whose time has come, by due instant, and charges their queue-mode limits.

        ttl: how long the leases last, up to a day; None: as the policy says. A message that is not settled by then is
            delivered again, or becomes "unknown" where its class is delivered at most once.
        buffer: bytes of values and payloads that are taken at a time; a larger message comes alone.
        lines: only of these, at most 4,096, in the same order; None: of all. One that holds nothing has nothing due.
        pool: only of the lines that this pool has, for the values of its `by` in the policy's order. Not beside `lines`.

        Raises InvalidRequest, NotFound for the pool, TooMany, TimeError, TypeError.
        """
        leases, due = self._core.lease(most, ttl, now, buffer, *line_filter(lines, pool, by))
        if due is not None:
            self._bell.ring(due)
        return leases

    def due(
        self,
        *,
        most: int = 1,
        ttl: Duration | None = None,
        buffer: int = _BUFFER,
        lines: Iterable[Value] | None = None,
        pool: str | None = None,
        by: Iterable[Value] = (),
    ) -> Due:
        """What is due, lease after lease, asleep in between: `for lease in engine.due():`, or `async for` in a coroutine.

        most: leases taken at a time; all else as in lease. Lines that a pool gets later are served, too. See Due.
        """
        return Due(self._core, self._bell, self._manual, most, ttl, buffer, line_filter(lines, pool, by))

    def settle(
        self,
        leases: Iterable[Lease | tuple[Lease, Literal["sent"] | Outcome] | tuple[Lease, Outcome, Duration]],
        *,
        now: Instant | None = None,
    ) -> list[Settled]:
        """Says what came of many leases: a lease that was sent, or `(lease, outcome)`, or `(lease, outcome, retry_after)`.

        Each by itself and in order; outcomes as in Lease.nack, and "sent". Raises InvalidRequest and TypeError before anything
        is settled, TimeError.
        """
        given = [_settlement(each) for each in leases]
        rows = [(lease.message, lease.fence, outcome, retry_after) for lease, outcome, retry_after in given]
        settled = [Settled(state, error) for state, error in self._core.settle(rows, now)]
        for (lease, _, _), answer in zip(given, settled):
            if answer.error is None:
                lease._settled = True
        return settled

    def cancel(self, message: int | Held, *, now: Instant | None = None) -> None:
        """Ends a message that is not leased; what a message never sent has no use for is given back.

        Raises NotFound when it is not held (any more), StaleLease when it is leased: it may be on its way. TimeError.
        """
        self._core.cancel(_message(message), now)

    def status(self, message: int | Held, *, now: Instant | None = None) -> MessageStatus:
        """Where a held message stands. Raises NotFound when it is not held (any more), TimeError."""
        return self._core.status(_message(message), now)

    def explain_message(self, message: int | Held, *, now: Instant | None = None) -> Explanation:
        """Why a held message has not gone: every rule that holds it now, by their ends; the last is the one it leaves by.

        `print(engine.explain_message(held))` tells it in words. Changes nothing. Raises NotFound when it is not held (any
        more), TimeError.
        """
        return explanation_of(self._core.explain_message(_message(message), now))

    def next_due(self) -> int | None:
        """The earliest instant at which there is something to lease or to look at, ns; None: not before something changes."""
        return self._core.next_due()

    # ---- pools ------------------------------------------------------------------------------------------------------

    def set_line(
        self,
        pool: str,
        line: Value,
        *,
        state: LineState = "active",
        weight: int = 1,
        paused_until: Instant | None = None,
        on_suspend: OnSuspend | None = None,
        reason: str | None = None,
        now: Instant | None = None,
        by: Mapping[str, Value] | None = None,
        **dimensions: Value,
    ) -> LineReport:
        """Adds a line to a pool, or says anew, as a whole, how it stands: `engine.set_line("shared", "+15550001")`.

        state: "active"; "warming" (so many new recipients a day as the pool says); "paused" (nothing leaves); "draining" (no new
            recipients); "suspended" or, for good, "removed" (nothing leaves, and what waits does as `on_suspend` says).
        weight: its share of new recipients beside the others' weights, up to 1,000,000; 0: none.
        paused_until: of a paused line; None: until somebody says else.
        on_suspend: "hold" (they wait for it), "move_new" (those of recipients who have had nothing from it yet move to another
            line), "move_all" or "fail"; None: as the pool says.
        reason: of the state, for people; at most 200 bytes.
        dimensions: a value for each dimension of the pool's `by`; or `by`, for names that are no keywords.

        Returns what became of the messages that waited on a line that was suspended or removed; each recipient that moves is an
        event. Raises NotFound, InvalidRequest, TimeError, MemoryCapError, TypeError; then nothing has changed.
        """
        values = self._scopes.by_of(_text("pool", pool), by, dimensions)
        words = "" if reason is None else _text("reason", reason)
        return LineReport(*self._core.set_line(pool, values, line, state, weight, paused_until, on_suspend, words, now))

    def lines(
        self, pool: str, *, now: Instant | None = None, by: Mapping[str, Value] | None = None, **dimensions: Value
    ) -> list[Line]:
        """The lines of a pool, in the order in which they came to it. Raises NotFound, InvalidRequest, TimeError, TypeError."""
        values = self._scopes.by_of(_text("pool", pool), by, dimensions)
        return [Line(**row) for row in json.loads(self._core.list_lines(pool, values, now))]

    # ---- campaigns --------------------------------------------------------------------------------------------------

    def campaign(
        self,
        name: str,
        *,
        starts_at: Instant | None = None,
        duration: Duration | None = None,
        share: Share = "50%",
        rate: str | None = None,
        catches_up: bool = False,
        pause_share: Share | None = None,
        pause_window: int = 200,
        message_class: MessageClass = "bulk",
        now: Instant | None = None,
        subject: Mapping[str, Value] | None = None,
        **account: Value,
    ) -> Campaign:
        """Makes a campaign of an account: `engine.campaign("spring", account="acme", duration=timedelta(hours=1))`.

        name: for people and events, at most 192 bytes; others may have the same.
        starts_at: None: now.
        duration: its messages leave evenly over so long, up to 400 days; None: as fast as its share allows.
        share: the most of a line's pace that it takes.
        rate: the most that leaves by all its lines together, as a policy writes rates: "10/s", "200/min"; None: no such limit.
        catches_up: after a pause it keeps its end and goes faster; else its end moves.
        pause_share: pauses it, with an event, when so many of its last `pause_window` outcomes were failures; None: nothing does.
        message_class: of all its messages.
        account: the policy's tenant dimension and whose campaign it is; or `subject`, for a name that is no keyword.

        Raises InvalidRequest, TimeError, MemoryCapError, TypeError.
        """
        if not isinstance(catches_up, bool):
            raise TypeError(f"catches_up must be True or False, not {type(catches_up).__name__}")
        if isinstance(pause_window, int) and pause_window == 0:
            raise InvalidRequest("pause_window must be from 1 to 10000, not 0")
        number = self._core.create_campaign(
            _text("name", name),
            self._scopes.tenant_of(subject, account),
            message_class,
            starts_at,
            duration,
            share_of("share", share),
            catches_up,
            0 if pause_share is None else share_of("pause_share", pause_share),
            pause_window,
            rate_of(rate),
            now,
        )
        return Campaign(self._core, number, name)

    def plan_campaign(
        self,
        operation: str,
        recipients: int | Iterable[Value],
        /,
        *,
        lines: Iterable[Value] = (),
        starts_at: Instant | None = None,
        duration: Duration = 0,
        rate: str | None = None,
        share: float = 50,
        values: Mapping[str, Value] | None = None,
        **dimensions: Value,
    ) -> CampaignPlan:
        """When a campaign would be through, and what would hold it, given what the engine holds now. It changes nothing.

        `engine.plan_campaign("send", ["+2", "+3"], account="acme", lines=["+1"])`: a message of the operation to each.

        recipients: to whom, or how many that the engine has not heard of.
        lines: by which they go in turns, where the operation has no pool.
        starts_at: None: now. duration, rate, share (in percent): as of sluice.plan_campaign.
        dimensions: the operation's other values by name; or `values`.

        What of the engine is modelled is in docs/planner.md. Raises as sluice.plan_campaign, and NotFound, ClosedError.
        """
        named = {**(values or {}), **dimensions}
        declared = self.operation(operation).values
        if unknown := set(named) - set(declared):
            raise InvalidRequest(f"{operation} has no {', '.join(sorted(unknown))}; it takes {', '.join(declared)}")
        keys = dict(zip(named, keys_of("values", named.values())))
        to = [] if isinstance(recipients, int) else keys_of("recipients", recipients)
        count = recipients if isinstance(recipients, int) else len(to)
        question = live_question(operation, count, starts_at, duration, rate, share)
        return campaign_plan_of(
            self._core.plan_campaign(question, [keys.get(name) for name in declared], keys_of("lines", lines), to)
        )


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be str, not {type(value).__name__}")
    return value


def _message(message: object) -> int:
    number = message.message if isinstance(message, Held) else message
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"message must be its number, or a Held that has one, not {type(message).__name__}")
    return number


def _settlement(given: object) -> tuple[Lease, str, Any]:
    """A lease, what came of it, and its wait."""
    parts: list[Any] = [*given] if isinstance(given, tuple) else [given]
    if not 1 <= len(parts) <= 3 or not isinstance(parts[0], Lease):
        raise TypeError("leases must be leases, (lease, outcome) or (lease, outcome, retry_after)")
    return parts[0], parts[1] if len(parts) > 1 else "sent", parts[2] if len(parts) > 2 else None
