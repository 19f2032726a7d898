"""decide_many: a list in, arrays out; the GIL is free meanwhile."""

from __future__ import annotations

import gc
import sys
import threading
import time
from array import array
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

import sluice
from policies import MINUTE_OF_5, NOW, SECOND, SENDING, limit, policy

Make = Callable[..., sluice.Engine]


def test_a_batch_equals_its_single_calls_in_order(engine_of: Make) -> None:
    random = Random(7)
    requests: list[tuple[Any, ...]] = [
        (random.choice(["acme", b"bolt"]), random.choice(["+1", "+2"]), random.choice(["+3", ["+3", b"+4"], ("+5",)]))
        for _ in range(500)
    ]
    quantities = [{"parts": random.randrange(1, 4)} for _ in requests]
    one, many = engine_of(SENDING), engine_of(SENDING)
    for engine in (one, many):
        engine.set_plan("pro", account="acme")
    send = one.operation("send")
    singly = [send(*values, quantities=parts) for values, parts in zip(requests, quantities)]
    batch = many.decide_many("send", requests, quantities=quantities)
    assert len(batch) == len(requests)
    assert [decision.as_dict() for decision in batch] == [decision.as_dict() for decision in singly]
    assert [row.used for row in many.usage_rows(account="bolt")] == [row.used for row in one.usage_rows(account="bolt")]


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 3000])
def test_the_columns_agree_with_the_decisions_at_every_size(engine_of: Make, size: int) -> None:
    engine = engine_of(MINUTE_OF_5)
    batch = engine.decide_many("go", [(f"acme {n % 97}",) for n in range(size)])
    assert len(batch) == len(batch.status) == len(batch.retry_after) == len(batch.remaining) == len(batch.limit_id) == size
    for n, decision in enumerate(batch):
        assert batch.status[n] == (0 if decision else 1)
        assert batch.retry_after[n] == decision.retry_after
        assert batch.remaining[n] == decision.remaining
        assert engine.limit_name(batch.limit_id[n]) == decision.limit_name == "it"
    assert sum(status == 0 for status in batch.status) == sum(min(5, len(range(n, size, 97))) for n in range(97))


def test_the_columns_are_read_only_arrays_by_the_buffer_protocol(engine_of: Make) -> None:
    batch = engine_of(MINUTE_OF_5).decide_many("go", ["acme"] * 7)
    for view, code, size in (
        (batch.status, "i", 4),
        (batch.retry_after, "q", 8),
        (batch.remaining, "Q", 8),
        (batch.limit_id, "i", 4),
    ):
        assert (view.format, view.itemsize, view.shape, view.readonly, view.contiguous) == (code, size, (7,), True, True)
        assert array(code, view.tobytes()).tolist() == view.tolist()
    assert batch.status.tolist() == [0, 0, 0, 0, 0, 1, 1]
    assert batch.remaining.tolist() == [4, 3, 2, 1, 0, 0, 0]
    assert batch.retry_after.tolist() == [0] * 5 + [40 * SECOND] * 2


def test_waits_that_are_no_number_have_numbers_of_their_own(engine_of: Make) -> None:
    assert engine_of(policy(limit("gauge", amount=1))).decide_many("go", ["a", "a"]).retry_after[1] == sluice.ON_RELEASE
    assert engine_of(policy(limit(period="day", blocked=True))).decide_many("go", ["a"]).retry_after[0] == sluice.NEVER
    assert engine_of(policy(limit(period="day", unlimited=True))).decide_many("go", ["a"]).remaining[0] == sluice.UNLIMITED


def test_a_view_outlives_the_decisions_and_the_engine(engine_of: Make) -> None:
    engine = sluice.Engine(MINUTE_OF_5, clock="manual")
    batch = engine.decide_many("go", ["acme"] * 1000)
    view, decision = batch.remaining, batch[-1]
    engine.close()
    del batch, engine
    gc.collect()
    assert view.tolist()[:6] == [4, 3, 2, 1, 0, 0]
    assert (decision.limit_name, decision.denial) == ("it", "rate")


def test_one_value_needs_no_tuple_and_positions_count_from_the_end_too(engine_of: Make) -> None:
    batch = engine_of(MINUTE_OF_5).decide_many("go", ["acme", b"acme", ("acme",), ["acme"]])
    assert [decision.used for decision in batch] == [1, 2, 3, 4]
    assert batch[-1].used == 4
    with pytest.raises(IndexError):
        batch[4]
    with pytest.raises(IndexError):
        batch[-5]


def test_any_iterable_of_requests_will_do(engine_of: Make) -> None:
    assert len(engine_of(MINUTE_OF_5).decide_many("go", (name for name in ("a", "b", "c")))) == 3


def test_a_batch_is_of_one_instant(engine_of: Make) -> None:
    batch = engine_of(MINUTE_OF_5).decide_many("go", ["a", "b"], now=NOW + 3)
    assert [decision.now for decision in batch] == [NOW + 3] * 2 and batch.now == NOW + 3
    with sluice.Engine(MINUTE_OF_5) as engine:
        assert len({decision.now for decision in engine.decide_many("go", ["a"] * 5000)}) == 1


def test_a_peeked_or_forced_batch(engine_of: Make) -> None:
    engine = engine_of(MINUTE_OF_5)
    assert engine.decide_many("go", ["a"] * 100, peek=True).remaining.tolist() == [5] * 100
    assert engine.decide_many("go", ["a"] * 100, force=True).status.tolist() == [0] * 100


def test_a_failed_element_does_not_stop_the_rest_and_raises_when_asked(engine_of: Make) -> None:
    engine = engine_of(MINUTE_OF_5)
    batch = engine.decide_many("go", ["a", "", "b" * 1025, "c"])
    assert [status < 0 for status in batch.status] == [False, True, True, False]
    assert batch[0] and batch[3]
    with pytest.raises(sluice.InvalidRequest, match="1 to 1024 bytes"):
        batch[1]
    assert sorted(batch.errors) == [1, 2]
    assert all(isinstance(error, sluice.InvalidRequest) for error in batch.errors.values())
    assert repr(batch) == "<Decisions of 4: 2 allowed, 2 failed>"


@pytest.mark.parametrize("size", [3, 300])
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (7, "request 1: a request must be a tuple of 3 values, not int"),
        (("acme", "+1"), "request 1: a request must have 3 values, not 2"),
        (("acme", "+1", 7), "request 1: recipient must be str or bytes, not int"),
        (("acme", "+1", ["+2", None, 1.5]), "request 1: recipient must be str or bytes, not float"),
        ("acme", "request 1: a request must be a tuple of 3 values, not str"),
    ],
)
def test_what_cannot_be_read_is_named_before_anything_is_charged(engine_of: Make, wrong: Any, words: str, size: int) -> None:
    engine = engine_of(SENDING)
    good = ("acme", "+1", "+2")
    with pytest.raises(TypeError) as raised:
        engine.decide_many("send", [good, wrong] + [good] * size, quantities=[{"parts": 1}] * (size + 2))
    assert str(raised.value) == words
    assert engine.counters().allowed == 0


def test_the_list_itself_must_be_a_list(engine_of: Make) -> None:
    engine = engine_of(SENDING)
    for wrong in ("acme", b"acme", {"acme": 1}):
        with pytest.raises(TypeError, match="requests must be a list of tuples"):
            engine.decide_many("send", wrong)
    with pytest.raises(TypeError, match="not iterable"):
        engine.decide_many("send", 7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="send needs quantities"):
        engine.decide_many("send", [("a", "b", "c")])
    with pytest.raises(ValueError, match="quantities has 1 items for 2 requests"):
        engine.decide_many("send", [("a", "b", "c")] * 2, quantities=[{"parts": 1}])
    with pytest.raises(TypeError, match="peek must be True or False"):
        engine.decide_many("send", [], peek=1)  # type: ignore[arg-type]


def turns_beside(work: Callable[[], object]) -> int:
    """How often this thread has its turn while another works and nobody asks it to let go."""
    done: list[object] = []
    thread = threading.Thread(target=lambda: done.append(work()))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        thread.start()
        turns = 0
        while not done:
            turns += 1
            time.sleep(0)
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    return turns


def test_other_threads_run_while_a_batch_is_decided(engine_of: Make) -> None:
    engine = engine_of(MINUTE_OF_5)
    requests = [f"acme {n}" for n in range(100_000)]
    assert turns_beside(lambda: engine.decide_many("go", requests)) > 20
    assert turns_beside(lambda: sorted(requests, reverse=True)) < 20, "a control: this keeps the GIL to its end"


def test_threads_that_share_an_engine_take_no_more_than_there_is(engine_of: Make) -> None:
    engine = engine_of(policy(limit(period="day", amount=1000)))
    go = engine.operation("go")
    taken = []

    def take(by_batch: bool) -> None:
        if by_batch:
            taken.append(sum(status == 0 for _ in range(5) for status in engine.decide_many("go", ["acme"] * 100).status))
        else:
            taken.append(sum(go.take("acme") >= 0 for _ in range(500)))

    threads = [threading.Thread(target=take, args=(n % 2 == 0,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 1000


def test_a_reload_between_batches_of_other_threads_mixes_no_policies(engine_of: Make) -> None:
    first = policy(limit(scope="a,b", period="day", amount=10**6), values=["a", "b", "account"])
    second = policy(limit(scope="a,b", period="day", amount=10**6), values=["b", "a", "account"])
    engine = engine_of(first)
    stop = threading.Event()
    failures: list[BaseException] = []

    def decide() -> None:
        while not stop.is_set():
            try:
                engine.decide_many("go", [("x", "y", "acme")] * 200)
            except sluice.InvalidRequest as error:
                if "reloaded meanwhile" not in str(error):
                    failures.append(error)

    threads = [threading.Thread(target=decide) for _ in range(2)]
    for thread in threads:
        thread.start()
    for n in range(60):
        engine.reload(second if n % 2 == 0 else first)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
