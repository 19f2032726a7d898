"""Beginning and end: closing, forking, pickling, threads and interpreters; nothing crashes, everything says why."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import sluice
from policies import MINUTE_OF_5, SENDING

Make = Callable[..., sluice.Engine]


def test_every_call_of_a_closed_engine_raises_closed_error() -> None:
    engine = sluice.Engine(SENDING, clock="manual")
    ping = engine.operation("ping")
    decision = engine.decide("ping", account="acme", receipt=True)
    receipt = decision.receipt
    assert receipt is not None
    with engine:
        assert not engine.closed
    assert engine.closed
    engine.close()
    calls: list[Callable[[], Any]] = [
        lambda: engine.decide("ping", account="acme"),
        lambda: engine.decide_many("ping", ["acme"]),
        lambda: engine.decide_many("ping", ["acme"] * 100),
        lambda: engine.operation("send"),
        lambda: engine.explain("ping", account="acme"),
        lambda: ping("acme"),
        lambda: ping.take("acme"),
        lambda: ping.decide_many(["acme"]),
        lambda: receipt.refund(),
        lambda: receipt.commit({}),
        lambda: engine.clock(),
        lambda: engine.set_clock(1),
        lambda: engine.reload(SENDING),
        lambda: engine.set_plan("pro", account="acme"),
        lambda: engine.set_amount("minute", 1, account="acme"),
        lambda: engine.set_billing(1, account="acme"),
        lambda: engine.set_usage("minute", 1, account="acme"),
        lambda: engine.reset(account="acme"),
        lambda: engine.erase(account="acme"),
        lambda: engine.report_throttled("minute", 1, account="acme"),
        lambda: engine.clear_throttle("minute", account="acme"),
        lambda: engine.report_quality("green", account="acme"),
        lambda: engine.usage(account="acme"),
        lambda: engine.usage_rows(account="acme"),
        lambda: list(engine.list_subjects("account")),
        lambda: engine.events(),
        lambda: engine.counters(),
        lambda: engine.sweep(),
        lambda: engine.enqueue("ping", account="acme"),
        lambda: engine.enqueue_many("ping", [{"account": "acme"}]),
        lambda: engine.enqueue_many("ping", [{"account": "acme"}] * 100),
        lambda: engine.lease(),
        lambda: engine.settle([]),
        lambda: engine.cancel(1),
        lambda: engine.status(1),
        lambda: engine.next_due(),
        lambda: engine.__enter__(),
    ]
    for call in calls:
        with pytest.raises(sluice.ClosedError, match="the engine is closed"):
            call()
    assert (decision.limit_name, decision.used) == ("minute", 1), "answers stay readable"
    assert repr(engine) == "<Engine sending, enforce, closed>"
    assert issubclass(sluice.ClosedError, sluice.HandleError)


def test_an_engine_that_could_not_be_made_leaves_nothing() -> None:
    for _ in range(3):
        with pytest.raises(sluice.PolicyError):
            sluice.Engine("{")
    engine = sluice.Engine.__new__(sluice.Engine)
    with pytest.raises(AttributeError):
        engine.close()


@pytest.mark.parametrize("order", ["engine first", "operation first", "answers first"])
def test_objects_may_go_in_any_order(order: str) -> None:
    engine: Any = sluice.Engine(MINUTE_OF_5, clock="manual")
    operation: Any = engine.operation("go")
    decision: Any = operation("acme", receipt=True)
    answers: Any = (decision, decision.receipt, operation.decide_many(["acme"] * 100))
    if order == "engine first":
        gone = weakref.ref(engine)
        del engine
        gc.collect()
        assert gone() is None
        assert operation("acme").remaining == 0, "an operation keeps what it needs alive"
        assert answers[1] is not None
        answers[1].refund()
        del operation
    elif order == "operation first":
        del operation
        engine._operations.clear()
        gc.collect()
        assert [answer.used for answer in answers[2]][:3] == [2, 3, 4]
        engine.close()
    else:
        del answers, decision
        gc.collect()
        assert engine.counters().allowed == 5
        del operation, engine
    gc.collect()


def test_closing_while_batches_run_lets_them_end_or_says_closed() -> None:
    for _ in range(20):
        engine = sluice.Engine(MINUTE_OF_5, clock="manual")
        outcomes: list[str] = []

        def decide(engine: sluice.Engine = engine, outcomes: list[str] = outcomes) -> None:
            try:
                while True:
                    batch = engine.decide_many("go", [f"{n}" for n in range(3000)])
                    failed = [error for error in batch.errors.values() if not isinstance(error, sluice.ClosedError)]
                    outcomes.append("failed" if failed else "decided")
            except sluice.ClosedError:
                outcomes.append("closed")

        threads = [threading.Thread(target=decide) for _ in range(2)]
        for thread in threads:
            thread.start()
        engine.close()
        for thread in threads:
            thread.join()
        assert outcomes.count("closed") == 2 and "failed" not in outcomes


def test_nothing_that_belongs_to_an_engine_can_be_pickled_or_copied(engine_of: Make) -> None:
    engine = engine_of(MINUTE_OF_5)
    decision = engine.decide("go", account="acme", receipt=True)
    for thing in (engine, engine.operation("go"), decision, decision.receipt, engine.decide_many("go", ["a"])):
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy, lambda it: pickle.dumps(it, 0)):
            with pytest.raises(TypeError, match="cannot pickle 'sluice"):
                attempt(thing)
    assert pickle.loads(pickle.dumps(decision.as_dict())) == decision.as_dict()
    assert pickle.loads(pickle.dumps(engine.counters())) == engine.counters()


def in_child(work: Callable[[], None]) -> int:
    """The exit status of a forked child that does the work."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_is_told_so_and_can_have_an_engine_of_its_own(engine_of: Make) -> None:
    engine = engine_of(MINUTE_OF_5)
    go = engine.operation("go")
    decision = go("acme", receipt=True)
    assert decision.receipt is not None

    def child() -> None:
        assert decision.receipt is not None
        for call in (
            lambda: go("acme"),
            lambda: go.take("acme"),
            lambda: engine.decide_many("go", ["acme"] * 100),
            lambda: engine.usage(account="acme"),
            lambda: engine.counters(),
            lambda: engine.clock(),
            decision.receipt.refund,
        ):
            with pytest.raises(sluice.Forked, match="parent"):
                call()
        engine.close()
        with sluice.Engine(MINUTE_OF_5, clock="manual") as own:
            assert own.decide("go", account="acme").used == 1

    assert in_child(child) == 0
    assert go("acme").used == 2, "the parent's engine has seen nothing of it"


SUBINTERPRETER = """
import sys
import sluice
try:
    import _xxsubinterpreters as interpreters
except ImportError:
    import _interpreters as interpreters
it = interpreters.create()
code = '''
try:
    import sluice
except ImportError as error:
    assert "interpreter" in str(error), error
else:
    raise AssertionError("imported")
'''
failed = interpreters.run_string(it, "import sys; sys.path[:] = " + repr(sys.path) + chr(10) + code)
assert not failed, failed
interpreters.destroy(it)
with sluice.Engine(sys.argv[1], clock="manual") as engine:
    assert engine.decide("go", account="acme").used == 1
"""


def run(script: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_subinterpreter_is_refused_in_words_and_the_main_one_goes_on() -> None:
    run(SUBINTERPRETER, MINUTE_OF_5)


def test_an_engine_that_nobody_closed_does_not_disturb_the_exit() -> None:
    run(
        "import sys, threading, sluice\n"
        "engine = sluice.Engine(sys.argv[1])\n"
        "keep = [engine.operation('go'), engine.decide('go', account='acme', receipt=True)]\n"
        "sys.keep = [engine, keep, engine.decide_many('go', ['acme'] * 100).status]\n"
        "thread = threading.Thread(target=lambda: [engine.decide_many('go', ['a'] * 1000) for _ in range(10**9)], daemon=True)\n"
        "thread.start()\n",
        MINUTE_OF_5,
    )


def test_memory_does_not_grow_with_what_is_thrown_away(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    send = engine.operation("send")

    def use() -> None:
        for _ in range(2000):
            send("acme", "+1", ["+2", "+3"], quantities={"parts": 1}, details=True).as_dict()
            with pytest.raises(TypeError):
                send("acme", "+1", 7, quantities={"parts": 1})
        engine.decide_many("ping", ["acme"] * 200)
        engine.events()

    use()
    gc.collect()
    before = allocated_blocks()
    use()
    gc.collect()
    assert allocated_blocks() - before < 500


def allocated_blocks() -> int:
    return sys.getallocatedblocks()
