"""The lines of a replay's pool: what they are called, and what is counted of them."""

from __future__ import annotations

import pytest

from sluice.cli.description import Pool
from sluice.cli.instants import MINUTE
from sluice.cli.simulate.pool_lines import PoolLines, numbered, spoken
from sluice.cli.simulate.pool_summary import PoolSummary
from sluice.cli.simulate.queue_summary import QueueSummary
from sluice.cli.simulate.series import Intervals


def lines(*by: str, count: int = 2) -> PoolLines:
    pool = Pool("own", True, "recipient", by, "hold", "wait", False, None, None)
    return PoolLines(pool, "line", numbered(count))


def test_lines_are_numbered_and_the_values_of_their_set_stand_in_front() -> None:
    values = {"account": "acme", "region": "eu"}
    assert lines().of(values) == ["line 1", "line 2"]
    assert lines("region").of(values) == ["eu/line 1", "eu/line 2"]
    assert lines("account", "region").of(values) == ["acme/eu/line 1", "acme/eu/line 2"]
    assert numbered(4_096)[-1] == "line 4096"


@pytest.mark.parametrize(
    ("one", "other"), [(("a/b", "c"), ("a", "b/c")), (("a\\", "b"), ("a", "\\b")), (("a\\/b", ""), ("a", "b/"))]
)
def test_no_two_sets_share_a_line(one: tuple[str, str], other: tuple[str, str]) -> None:
    called = [lines("account", "region").of(dict(zip(("account", "region"), values))) for values in (one, other)]
    assert not set(called[0]) & set(called[1])


def test_a_choice_is_said_in_words() -> None:
    assert lines(count=1).described() == "pool own (1 line)"
    assert lines("account", "region").described() == "pool own (2 lines for each account and region)"
    assert [spoken(name) for name in ("+1555", "line 7", "acme/line 7")] == ["line +1555", "line 7", "acme/line 7"]


def test_lines_by_which_nothing_goes_are_counted_and_a_recipient_once_a_line() -> None:
    pool = PoolSummary("shared", "recipient")
    pool.add(["+1", "+2", "+3"])
    for line, who in (("+2", "ann"), ("+2", "ann"), ("+2", "bob"), ("+3", "ann")):
        pool.take(line, {"recipient": who})
    assert (pool.messages(), pool.recipients(), pool.taken) == ((0, 3), (0, 2), 4)
    assert [use.name for use in pool.busiest()] == ["+2", "+3", "+1"]
    assert pool.as_json()["busiest_lines"][0] == {"line": "+2", "messages": 3, "percent": 75.0, "recipients": 2}


def test_of_lines_that_took_as_many_the_one_that_was_first_is_named_and_ten_in_all() -> None:
    pool = PoolSummary("any", None)
    pool.add(f"line {number}" for number in range(1, 21))
    for number in (3, 7, 2, 2):
        pool.take(f"line {number}", {})
    assert [use.name for use in pool.busiest()] == [f"line {number}" for number in (2, 3, 7, 1, 4, 5, 6, 8, 9, 10)]
    assert (pool.messages(), pool.recipients()) == ((0, 2), None)


def test_a_message_that_moves_is_held_by_the_other_line_and_counted_once() -> None:
    queue = QueueSummary(Intervals.over(0, MINUTE))
    queue.enter(0, "x")
    queue.enter(0, "x")
    queue.move(1, "x", "y")
    queue.move(1, "x", "y")
    queue.send(2, "y", 2)
    held = {line.name: (line.enqueued, line.held, line.sent, line.deepest.held) for line in queue.lines.values()}
    assert held == {"x": (2, 0, 0, 2), "y": (0, 1, 1, 2)}
    assert (queue.held, queue.most_held and queue.most_held.held, queue.deepest and queue.deepest.line) == (1, 2, "x")
