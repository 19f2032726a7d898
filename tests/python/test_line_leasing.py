"""Leases of some lines alone, from Python. On a manual clock."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

import sluice
from policies import NOW, SECOND
from test_queue import PATIENCE, QUEUE, Worker, forward, put

Make = Callable[..., sluice.Engine]


def lines_of(leases: list[sluice.Lease]) -> list[str]:
    for lease in leases:
        lease.ack()
    return [lease.values["line"] for lease in leases]


def test_workers_with_lines_of_their_own_never_get_each_others_messages(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    for line in ("+1", "+2", "+3", "+4"):
        put(engine, line)
        put(engine, line)
    assert lines_of(engine.lease(lines=["+3", b"+1"])) == ["+1", "+3"]
    assert lines_of(engine.lease(lines=["+3", "+1", "+none"])) == []
    assert lines_of(engine.lease(lines=[])) == []
    assert lines_of(engine.lease(1, lines=("+4", "+2"))) == ["+2"]
    assert engine.next_due() == NOW
    assert lines_of(engine.lease()) == ["+4"]
    forward(engine, SECOND)
    assert lines_of(engine.lease()) == ["+1", "+2", "+3", "+4"]


def test_due_of_some_lines_wakes_for_them_and_leaves_the_others(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put(engine, "+2", b"other's")
    worker = Worker(engine, lines=iter(["+1", "+3"]))
    put(engine, "+1", b"1")
    assert worker.next() == b"1"
    put(engine, "+1", b"2")
    put(engine, "+3", b"3")
    assert worker.next() == b"3"
    forward(engine, SECOND)
    assert worker.next() == b"2"
    rest = Worker(engine)
    assert rest.next() == b"other's"
    for each in (worker, rest):
        each.due.stop()
        each.join()
    assert engine.counters().messages == 0


def test_two_who_wait_for_lines_of_their_own_do_not_wake_each_other_for_ever(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    workers = [Worker(engine, lines=["+1"]), Worker(engine, lines=["+2"]), Worker(engine)]
    for line in ("+1", "+2", "+3"):
        put(engine, line, line.encode(), send_at=NOW + 5 * SECOND)
    forward(engine, 5 * SECOND)
    got: set[bytes] = set()
    for _ in range(PATIENCE * 1000):
        got |= {worker.got.get() for worker in workers if not worker.got.empty()}
        if len(got) == 3:
            break
        time.sleep(0.001)  # the workers' turn
    assert got == {b"+1", b"+2", b"+3"}
    for worker in workers:
        worker.due.stop()
    for worker in workers:
        worker.join()


def test_what_is_wrong_is_named_and_nothing_is_leased(engine_of: Make) -> None:
    engine = engine_of(QUEUE)
    put(engine)
    with pytest.raises(TypeError, match="lines must be a list of str or bytes, not str"):
        engine.lease(lines="+1")
    with pytest.raises(TypeError, match=r"lines\[1\] must be str or bytes, not int"):
        engine.lease(lines=["+1", 2])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="pool must be str, not bytes"):
        engine.due(pool=b"p")  # type: ignore[arg-type]
    with pytest.raises(sluice.InvalidRequest, match=r"lines\[0\]: empty"):
        engine.lease(lines=[""])
    with pytest.raises(sluice.TooMany, match="4097; one call takes at most 4096"):
        engine.lease(lines=["+1"] * 4097)
    with pytest.raises(sluice.InvalidRequest, match="pool: given beside lines"):
        engine.lease(lines=["+1"], pool="p")
    with pytest.raises(sluice.InvalidRequest, match="by: values of a pool, and no pool is given"):
        engine.lease(by=["acme"])
    with pytest.raises(sluice.NotFound, match='pool: no "p" in this policy; it has none'):
        engine.lease(pool="p", by=["acme"])
    assert lines_of(engine.lease(lines=["+1"] * 4096)) == ["+1"]
