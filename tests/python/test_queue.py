"""The queue from Python: messages held, leased, settled, and iterated as they come due. On a manual clock throughout."""

from __future__ import annotations

import asyncio
import json
import pickle
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import sluice
from policies import NOW, SECOND, limit, policy

Make = Callable[..., sluice.Engine]

PATIENCE = 60  # seconds until a test that hangs fails


def queue_policy(**rules: Any) -> str:
    text = json.loads(
        policy(
            limit("pace", "pace", "line", amount="1/s", mode="queue"),
            limit("gauge", "queued", "line", amount=3),
            limit(name="day", period="day", amount=100),
        )
    )
    text.update(line="line", queue={"payload": 100, **rules})
    text["operations"] = [
        {
            "name": "send",
            "values": ["account", "line", "recipient"],
            "quantities": ["parts"],
            "charges": [{"limit": "pace"}, {"limit": "queued", "while": "queued"}, {"limit": "day", "cost": "parts"}],
        },
        {"name": "ping", "values": ["account"], "charges": [{"limit": "day"}]},
    ]
    return json.dumps(text)


QUEUE = queue_policy()


def message(line: str = "+1", payload: bytes = b"", **options: Any) -> dict[str, Any]:
    return {"account": "acme", "line": line, "recipient": "ann", "quantities": {"parts": 2}, "payload": payload, **options}


def put(engine: sluice.Engine, line: str = "+1", payload: bytes = b"", **options: Any) -> sluice.Held:
    return engine.enqueue("send", **message(line, payload, **options))


def put_some(engine: sluice.Engine, lines: int) -> None:
    for line in range(lines):
        assert put(engine, f"+{line}", str(line).encode())


def lease_one(engine: sluice.Engine) -> sluice.Lease:
    (lease,) = engine.lease()
    return lease


def forward(engine: sluice.Engine, span: int) -> None:
    engine.set_clock(engine.clock() + span)


def state(engine: sluice.Engine, held: sluice.Held) -> str:
    return engine.status(held).state


# ---- held ---------------------------------------------------------------------------------------------------------------


def test_a_message_is_held_leased_and_acked(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    expires = datetime.fromtimestamp(NOW // SECOND, timezone.utc) + timedelta(hours=1)
    held = put(engine, payload=b"hello \xff", message_class="reply", expires_at=expires, idempotency_key="k", details=True)
    assert held
    assert (held.state, held.depth, held.error) == ("waiting", 1, None)
    assert held.expires_at == NOW + 3600 * SECOND
    assert held.decision.allowed
    assert held.decision.details
    assert repr(held) == f"<Held {held.message}, waiting, 1 on the line>"
    assert engine.next_due() == NOW
    assert engine.usage_rows(account="acme")[0].used == 2
    stands = engine.status(held)
    assert (stands.state, stands.message_class, stands.operation, stands.depth) == ("waiting", "reply", "send", 1)
    lease = lease_one(engine)
    assert lease.message == held.message
    assert (lease.fence, lease.attempt, lease.redelivered, lease.settled) == (1, 1, False, False)
    assert (lease.operation, lease.message_class) == ("send", "reply")
    assert lease.values == {"account": "acme", "line": "+1", "recipient": "ann"}
    assert lease.raw_values == (b"acme", b"+1", b"ann")
    assert lease.quantities == {"parts": 2}
    assert lease.payload == b"hello \xff"
    assert (lease.due, lease.until, lease.expires_at) == (NOW, NOW + 30 * SECOND, NOW + 3600 * SECOND)
    assert state(engine, held) == "leased"
    lease.ack()
    assert lease.settled
    assert engine.next_due() is None
    counters = engine.counters()
    assert (counters.messages, counters.accepted, counters.leased, counters.ended["sent"]) == (0, 1, 1, 1)
    with pytest.raises(sluice.NotFound, match="it has ended"):
        engine.status(held)


def test_a_refusal_is_false_and_says_why(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    for _ in range(3):
        assert put(engine)
    refused = put(engine)
    assert not refused
    assert (refused.message, refused.state, refused.expires_at) == (None, None, None)
    assert (refused.decision.denial, refused.decision.wait_kind) == ("depth", "bound")
    assert repr(refused) == "<Held nothing: depth>"
    assert engine.counters().messages == 3


def test_a_peek_holds_nothing(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    peeked = put(engine, peek=True)
    assert not peeked
    assert peeked.decision.allowed
    assert engine.counters().messages == 0


def test_messages_leave_at_their_pace_and_in_order(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    for payload in (b"a", b"b", b"c"):
        put(engine, payload=payload)
    left = []
    while (due := engine.next_due()) is not None:
        engine.set_clock(due)
        for lease in engine.lease():
            left.append((due - NOW, lease.payload))
            lease.ack()
    assert left == [(0, b"a"), (SECOND, b"b"), (2 * SECOND, b"c")]


def test_a_message_for_later_waits_and_can_be_cancelled(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    held = put(engine, send_at=NOW + 60 * SECOND)
    assert held.state == "scheduled"
    assert engine.status(held).due == NOW + 60 * SECOND
    assert engine.lease() == []
    engine.cancel(held)
    assert engine.next_due() is None
    assert engine.usage_rows(account="acme")[0].used == 0
    assert held.message is not None
    with pytest.raises(sluice.NotFound):
        engine.cancel(held.message)


def test_a_batch_is_held_element_by_element(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    given = [message(payload=b"1"), message(payload=b"x" * 101), message("+2"), message(), message(), message()]
    held = engine.enqueue_many("send", given)
    assert [bool(each) for each in held] == [True, False, True, True, True, False]
    assert str(held[1].error) == "payload: 101 bytes; the policy's queue takes at most 100"
    with pytest.raises(sluice.InvalidRequest, match="101 bytes"):
        _ = held[1].decision
    assert repr(held[1]).startswith("<Held nothing: payload")
    assert held[5].decision.denial == "depth"
    assert engine.enqueue_many("send", []) == []
    many = engine.enqueue_many("send", (message(f"+{line}") for line in range(10, 110)))
    assert sum(map(bool, many)) == 100 - 54, "the account has 100 parts a day, and 8 are gone"
    for wrong, words in (
        ([7], "a message must be a mapping"),
        ([{"account": "acme"}], "send needs"),
        ([message(now=1)], "now is given once"),
        ({"account": "acme"}, "a list of mappings"),
        ([{1: 2}], "must be str"),
    ):
        with pytest.raises(TypeError, match=words):
            engine.enqueue_many("send", wrong)  # type: ignore[arg-type]


def test_what_is_wrong_is_named_and_nothing_is_held(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"message_class": "slow"}, 'message_class must be "urgent", "reply", "transactional" or "bulk", not \'slow\''),
        ({"payload": b"x" * 101}, "the policy's queue takes at most 100"),
        ({"expires_at": NOW}, "expires_at: not after"),
        ({"send_at": -1}, "send_at must be from 0"),
    ]
    for options, words in refused:
        with pytest.raises((sluice.InvalidRequest, sluice.TimeError), match=words):
            put(engine, **options)
    mistyped: list[tuple[dict[str, Any], str]] = [
        ({"message_class": 3}, "message_class must be str, not int"),
        ({"payload": 7}, "payload must be str or bytes, not int"),
        ({"send_at": 1.5}, "send_at must be an int"),
        ({"colour": "red"}, 'send has no value or option "colour"'),
    ]
    for options, words in mistyped:
        with pytest.raises(TypeError, match=words):
            put(engine, **options)
    with pytest.raises(sluice.InvalidRequest, match='messages of "ping" cannot be queued'):
        engine.enqueue("ping", account="acme")
    with pytest.raises(TypeError, match='no value or option "payload"'):
        engine.decide("send", payload=b"x", account="acme")
    for call in (engine.cancel, engine.status):
        with pytest.raises(TypeError, match="message must be its number"):
            call("7")  # type: ignore[arg-type]
        with pytest.raises(sluice.NotFound):
            call(7)
    with pytest.raises(sluice.InvalidRequest, match="most must be from 0 to 65536"):
        engine.lease(65537)
    with pytest.raises(sluice.InvalidRequest, match="ttl: a lease lasts"):
        engine.lease(ttl=timedelta(days=2))
    assert engine.counters().accepted == 0


def test_a_large_message_comes_alone(engine_of: Make) -> None:
    engine = engine_of(queue_policy(payload=100_000))
    put(engine, "+1", b"x" * 90_000)
    put(engine, "+2", b"y")
    assert [len(lease.payload) for lease in engine.lease(buffer=1000)] == [90_000]
    assert [len(lease.payload) for lease in engine.lease(buffer=1000)] == [1]
    put(engine, "+3", b"x" * 90_000)
    put(engine, "+4", b"y" * 90_000)
    assert [lease.values["line"] for lease in engine.lease()] == ["+3"]
    assert [lease.values["line"] for lease in engine.lease()] == ["+4"]


# ---- leases -------------------------------------------------------------------------------------------------------------


def test_outcomes_say_what_becomes_of_a_message(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    held = put(engine)
    lease_one(engine).nack("not_attempted")
    assert state(engine, held) == "waiting"
    lease_one(engine).nack("throttled", retry_after=timedelta(seconds=5))
    assert engine.next_due() == NOW + 5 * SECOND
    forward(engine, 5 * SECOND)
    lease_one(engine).nack("retry", retry_after=10 * SECOND)
    assert (state(engine, held), engine.status(held).tries) == ("parked", 1)
    forward(engine, 10 * SECOND)
    lease = lease_one(engine)
    assert (lease.attempt, lease.fence, lease.redelivered) == (2, 4, False)
    lease.nack("failed")
    assert engine.counters().ended["failed"] == 1
    with pytest.raises(sluice.InvalidRequest, match="outcome must be"):
        lease.nack("lost")  # type: ignore[arg-type]
    with pytest.raises(sluice.InvalidRequest, match="sluice_ack says sent"):
        lease.nack("sent")  # type: ignore[arg-type]


def test_a_lease_that_ends_without_a_word_is_delivered_again_and_the_first_is_stale(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    held = put(engine)
    (first,) = engine.lease(ttl=timedelta(seconds=5))
    assert first.until == NOW + 5 * SECOND
    first.extend(10 * SECOND)
    assert first.until == NOW + 10 * SECOND
    with pytest.raises(sluice.StaleLease, match="it may be on its way"):
        engine.cancel(held)
    forward(engine, 10 * SECOND)
    second = lease_one(engine)
    assert (second.redelivered, second.attempt) == (True, 2)
    with pytest.raises(sluice.StaleLease):
        first.ack()
    with pytest.raises(sluice.StaleLease):
        first.extend(SECOND)
    assert not first.settled
    second.ack()
    with pytest.raises(sluice.NotFound):
        second.ack()


def test_many_are_settled_together(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put_some(engine, 4)
    leases = engine.lease()
    leases[3].ack()
    settled = engine.settle([leases[0], (leases[1], "failed"), (leases[2], "retry", 5 * SECOND), leases[3]])
    assert [each.state for each in settled] == ["sent", "failed", "parked", None]
    assert isinstance(settled[3].error, sluice.NotFound)
    assert all(lease.settled for lease in leases)
    assert engine.settle([]) == []
    for wrong in ([7], [(leases[0], "sent", 1, 2)], [()]):
        with pytest.raises(TypeError, match="leases must be leases"):
            engine.settle(wrong)  # type: ignore[arg-type]
    with pytest.raises(sluice.InvalidRequest, match="outcome must be"):
        engine.settle([(leases[0], "lost")])  # type: ignore[list-item]


def test_a_block_that_ends_well_acks(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put(engine)
    with lease_one(engine) as lease:
        assert not lease.settled
    assert engine.counters().ended["sent"] == 1


@pytest.mark.parametrize(
    ("raised", "then", "due"),
    [
        (sluice.NotAttempted(), "waiting", 0),
        (sluice.Throttled(7 * SECOND), "waiting", 7 * SECOND),
        (sluice.Throttled(timedelta(seconds=7), "too many"), "waiting", 7 * SECOND),
        (sluice.PermanentFailure("no such number"), None, None),
    ],
)
def test_what_a_block_says_by_raising_goes_no_further(
    engine_of: Make, raised: Exception, then: str | None, due: int | None
) -> None:
    engine = engine_of(QUEUE)
    held = put(engine)
    with lease_one(engine):
        raise raised
    if then is None:
        assert engine.counters().ended["failed"] == 1
    else:
        assert state(engine, held) == then
    assert engine.next_due() == (None if due is None else NOW + due)


def test_any_other_exception_is_told_as_retry_and_goes_on(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    held = put(engine)
    with pytest.raises(ZeroDivisionError), lease_one(engine):
        raise ZeroDivisionError
    assert (state(engine, held), engine.status(held).tries) == ("parked", 1)


def test_a_block_that_has_settled_is_left_as_it_is(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put(engine)
    with lease_one(engine) as lease:
        lease.nack("failed")
    assert engine.counters().ended["failed"] == 1
    put(engine, "+2")
    with pytest.raises(sluice.StaleLease), engine.lease(ttl=SECOND)[0]:
        forward(engine, SECOND)
        (again,) = engine.lease()
    again.ack()


def test_a_lease_belongs_to_its_process_and_says_what_it_is(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    held = put(engine)
    lease = lease_one(engine)
    assert repr(lease) == f"<Lease of {held.message}, send, attempt 1>"
    lease.ack()
    assert repr(lease) == f"<Lease of {held.message}, send, attempt 1, settled>"
    with pytest.raises(TypeError, match=r"cannot pickle 'sluice.Lease'"):
        pickle.dumps(lease)


def test_bytes_that_are_no_text_are_shown_and_kept(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    assert engine.enqueue("send", account="acme", line=b"\xff1", recipient="é", quantities={"parts": 1})
    lease = lease_one(engine)
    assert lease.values == {"account": "acme", "line": "\\xff1", "recipient": "é"}
    assert lease.raw_values == (b"acme", b"\xff1", "é".encode())


def test_a_message_keeps_its_names_over_a_reload(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put(engine)
    put(engine)
    lease_one(engine).ack()
    engine.reload(QUEUE)
    forward(engine, SECOND)
    assert lease_one(engine).values["recipient"] == "ann"


# ---- due ----------------------------------------------------------------------------------------------------------------


class Worker:
    """A thread that acks what is due and says what it got and when."""

    def __init__(self, engine: sluice.Engine, **options: Any) -> None:
        self.due = engine.due(**options)
        self.got: queue.Queue[bytes] = queue.Queue()
        self.error: BaseException | None = None
        self._engine = engine
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            for lease in self.due:
                with lease:
                    pass
                self.got.put(lease.payload)
        except BaseException as error:
            self.error = error

    def next(self) -> bytes:
        return self.got.get(timeout=PATIENCE)

    def join(self) -> None:
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        assert self.error is None
        assert self.got.empty()


def test_a_thread_is_woken_by_an_enqueue_and_by_the_clock(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    worker = Worker(engine)
    put(engine, payload=b"1")
    assert worker.next() == b"1"
    put(engine, payload=b"2")
    put(engine, payload=b"3", send_at=NOW + 10 * SECOND)
    forward(engine, SECOND)
    assert worker.next() == b"2"
    engine.enqueue_many("send", [message("+2", b"4")])
    assert worker.next() == b"4"
    forward(engine, 9 * SECOND)
    assert worker.next() == b"3"
    worker.due.stop()
    worker.join()
    assert engine.counters().ended["sent"] == 4


def test_whatever_opens_a_limit_wakes_who_waits_for_it(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    worker = Worker(engine)
    put(engine, payload=b"1")
    put(engine, payload=b"2")
    put(engine, payload=b"3")
    assert worker.next() == b"1"
    engine.set_amount("pace", "unlimited", line="+1")
    assert {worker.next(), worker.next()} == {b"2", b"3"}
    worker.due.stop()
    worker.join()


def test_closing_the_engine_ends_all_who_wait(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    workers = [Worker(engine) for _ in range(3)]
    put(engine, payload=b"1")
    engine.close()
    for worker in workers:
        worker._thread.join(PATIENCE)
        assert worker.error is None
        assert not worker._thread.is_alive()
    assert list(engine.due()) == []


def test_many_threads_share_what_is_due_and_none_is_lost_or_twice(engine_of: Make) -> None:
    engine = engine_of(queue_policy())
    for account in range(100):
        engine.set_amount("day", "unlimited", account=f"{account}")
    workers = [Worker(engine) for _ in range(4)]
    for n in range(400):
        payload = str(n).encode()
        held = engine.enqueue(
            "send", account=f"{n % 100}", line=f"+{n % 200}", recipient="ann", quantities={"parts": 1}, payload=payload
        )
        assert held
    left = {str(n).encode() for n in range(400)}
    for _ in range(PATIENCE * 100):
        for worker in workers:
            while not worker.got.empty():
                left.remove(worker.got.get())
        if not left:
            break
        forward(engine, SECOND // 100)  # a few at a time: no lease ends while a worker has it
        time.sleep(0.001)  # the workers' turn
    assert not left
    for worker in workers:
        worker.due.stop()
    for worker in workers:
        worker.join()


class Counting:
    """A core that counts how often it is asked to lease."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        self.asked += name == "lease"
        return getattr(self._core, name)


def test_who_waits_does_not_poll(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    due = engine.due()
    due._core = counting = Counting(engine._core)  # type: ignore[assignment]
    got: queue.Queue[bytes] = queue.Queue()

    def work() -> None:
        for lease in due:
            lease.ack()
            got.put(lease.payload)

    thread = threading.Thread(target=work)
    thread.start()
    for n in range(20):
        engine.decide("ping", account="other")  # opens nothing
        put(engine, f"+{n}", b"%d" % n)
        assert got.get(timeout=PATIENCE) == b"%d" % n
    due.stop()
    thread.join(PATIENCE)
    assert counting.asked <= 20 * 3 + 2


def test_on_the_systems_clock_it_sleeps_until_the_due_instant() -> None:
    with sluice.Engine(QUEUE) as engine:
        due = engine.due()
        assert due._wait(None) is None
        wait = due._wait(engine.clock() + 5 * SECOND)
        assert wait is not None
        assert 4 < wait <= 5
        wait = due._wait(2**62)
        assert wait is not None
        assert wait <= threading.TIMEOUT_MAX
        past = due._wait(1)
        assert past is not None
        assert 0 < past < 0.001
        assert put(engine, payload=b"now")
        for lease in due:
            lease.ack()
            assert lease.payload == b"now"
            due.stop()


def test_leases_not_handed_out_go_back_when_it_ends(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put_some(engine, 5)
    for lease in engine.due(most=10):
        lease.ack()
        break
    assert len(engine.lease()) == 4
    assert engine.counters().ended["sent"] == 1


def test_leases_that_ended_while_others_were_at_work_are_not_handed_out(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put_some(engine, 3)
    due = engine.due(most=10, ttl=5 * SECOND)
    attempts = []
    for lease in due:
        forward(engine, 4 * SECOND)
        attempts.append((lease.payload, lease.attempt))
        lease.ack()
        if len(attempts) == 3:
            due.stop()
    assert attempts == [(b"0", 1), (b"1", 1), (b"2", 2)]


def test_a_due_that_has_been_stopped_gives_nothing_more(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put(engine)
    due = engine.due()
    due.stop()
    assert list(due) == []
    assert len(engine.lease()) == 1


# ---- due, in coroutines -------------------------------------------------------------------------------------------------


async def anext_of(leases: AsyncIterator[sluice.Lease]) -> sluice.Lease:
    return await asyncio.wait_for(leases.__anext__(), PATIENCE)


def test_a_task_is_woken_by_other_tasks_threads_and_the_clock(engine_of: Make) -> None:
    engine = engine_of(QUEUE)

    async def main() -> None:
        got: asyncio.Queue[bytes] = asyncio.Queue()
        due = engine.due()

        async def work() -> None:
            async for lease in due:
                with lease:
                    await got.put(lease.payload)

        async def next_one() -> bytes:
            return await asyncio.wait_for(got.get(), PATIENCE)

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        put(engine, payload=b"task")
        assert await next_one() == b"task"
        await asyncio.to_thread(put, engine, "+2", b"thread")
        assert await next_one() == b"thread"
        put(engine, "+2", b"clock")
        forward(engine, SECOND)
        assert await next_one() == b"clock"
        due.stop()
        await asyncio.wait_for(task, PATIENCE)

    asyncio.run(main())
    assert engine.counters().ended["sent"] == 3


def test_closing_the_engine_ends_a_task(engine_of: Make) -> None:
    engine = engine_of(QUEUE)

    async def work() -> int:
        return len([lease async for lease in engine.due()])

    async def main() -> int:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        engine.close()
        return await asyncio.wait_for(task, PATIENCE)

    assert asyncio.run(main()) == 0


def test_a_cancelled_task_leaves_its_leases_to_others(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put_some(engine, 3)

    async def work(at_work: asyncio.Event) -> None:
        async for lease in engine.due(most=10):
            with lease:
                at_work.set()
                await asyncio.sleep(PATIENCE)

    async def main() -> None:
        at_work = asyncio.Event()
        task = asyncio.create_task(work(at_work))
        await asyncio.wait_for(at_work.wait(), PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert sorted(lease.payload for lease in engine.lease()) == [b"1", b"2"]
    assert engine.counters().messages == 3, "the one that was cut short is tried again after its backoff"
    assert engine._bell._sleepers == ()


def test_one_object_serves_both_loops(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put_some(engine, 2)
    due = engine.due()
    plain = iter(due)
    next(plain).ack()

    async def main() -> None:
        leases = due.__aiter__()
        (await anext_of(leases)).ack()
        await leases.aclose()  # type: ignore[attr-defined]

    asyncio.run(main())
    assert engine.counters().ended["sent"] == 2
