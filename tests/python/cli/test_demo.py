"""`sluice demo`: five policies, two stances, the same story every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from sluice.cli import traffic
from sluice.cli.app import app
from sluice.cli.instants import SECOND
from sluice.cli.rush import Rush, rush


@pytest.fixture(scope="module")
def show() -> Iterator[Callable[[], str]]:
    made = traffic.messages(2004)[:6_000]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traffic, "messages", lambda seed: made)
        yield lambda: CliRunner().invoke(app, ["demo"], env={"COLUMNS": "110"}, catch_exceptions=False).stdout


@pytest.fixture(scope="module")
def shown(show: Callable[[], str]) -> str:
    return show()


def test_it_shows_every_policy_in_both_stances_and_tells_a_story_of_each(shown: str) -> None:
    for policy in ("sendblue", "texting_blue", "linq", "gosendapi", "senddev"):
        assert shown.count(policy) >= 2
    assert shown.count("  enforce") >= 5
    assert shown.count("  comply") >= 5
    assert "6,000 made-up messages between " in shown
    assert "sluice simulate --help" in " ".join(shown.split())  # wherever the line was wrapped


def test_the_limits_act(shown: str) -> None:
    for said in ("quota ", "rate ", "queue ", "75% x1"):
        assert said in shown


def test_messages_all_at_once_leave_one_a_second_and_the_6001st_is_refused_as_depth_having_cost_nothing(shown: str) -> None:
    words = " ".join(shown.split())
    assert "sendblue as a queue, all at once on one line" in words
    assert "60 60 0 s, 1 s, 2 s ... 59 s none each 1 s after the one before" in words
    assert "6,001 6,000 0 s, 1 s, 2 s ... 5,999 s number 6,001: depth, Retry-After: 1" in words
    assert "each 1 s after the one before month: 6,000 before, 6,000 after" in words


def test_a_rush_is_played_and_not_told() -> None:
    assert rush(3) == Rush(3, 3, [0, SECOND, 2 * SECOND], [])
    more = rush(6_003)
    assert (more.held, len(more.left), [refusal.number for refusal in more.refusals]) == (6_000, 6_000, [6_001, 6_002, 6_003])


def test_it_shows_the_same_every_time(shown: str, show: Callable[[], str]) -> None:
    assert show() == shown
