"""`sluice demo`: five policies, two stances, the same story every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from sluice.cli import traffic
from sluice.cli.app import app


@pytest.fixture(scope="module")
def show() -> Iterator[Callable[[], str]]:
    made = traffic.messages(2004)[:6_000]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traffic, "messages", lambda seed: made)
        yield lambda: CliRunner().invoke(app, ["demo"], catch_exceptions=False).stdout


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


def test_it_shows_the_same_every_time(shown: str, show: Callable[[], str]) -> None:
    assert show() == shown
