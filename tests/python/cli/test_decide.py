"""`sluice decide`: one decision in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.command_line import Run

SEND = ("send", "account=acme", "line=1", "recipient=2", "--now", "2026-03-01T09:30:00Z")


def test_an_allowed_request_says_what_is_left(run: Run, policy: Path) -> None:
    done = run("decide", policy, *SEND)
    assert done.code == 0
    assert done.out.startswith("allowed")
    assert "1 of 2" in done.out
    assert "line=1, recipient=2" in done.out


def test_a_denied_request_names_the_limit_the_kind_and_the_instant_it_opens(run: Run, policy: Path) -> None:
    done = run("decide", policy, *SEND, "--repeat", 3)
    assert done.code == 1
    assert "asked 3 times: 2 allowed, the first refusal was number 3" in done.out
    assert "denied (rate) by limit minute: passes in 1 min, at 2026-03-01 09:31:00 UTC" in done.out


def test_a_request_that_would_queue_says_how_long(run: Run) -> None:
    done = run("decide", "sendblue", "messages.send", "account=a", "line=1", "recipient=2", "--repeat", 2, "--now", "0")
    assert done.code == 1
    assert "would queue by limit line_pace: passes in 1 s" in done.out


def test_a_plan_and_a_quantity_count(run: Run, policy: Path) -> None:
    bulk = ("bulk", "account=acme", "--quantity", "parts=4", "--now", "0")
    assert run("decide", policy, *bulk, "--plan", "account=pro").code == 0
    done = run("decide", policy, *bulk)
    assert done.code == 1
    assert "waiting cannot help; the largest cost that could pass is 2" in done.out


def test_a_repeated_dimension_may_be_given_several_times(run: Run) -> None:
    done = run("decide", "linq", "messages.send", "account=a", "line=1", "recipient=2", "recipient=3", "--now", "0")
    assert "recipient=2" in done.out and "recipient=3" in done.out


def test_the_json_has_the_decision_with_every_limit(run: Run, policy: Path) -> None:
    answer = run("decide", policy, *SEND, "--repeat", 3, "--json").json()
    assert answer["asked"] == 3 and answer["allowed_of_those"] == 2
    assert answer["decision"]["denial"] == "rate"
    assert answer["decision"]["retry_after"] == 60 * 10**9
    assert [detail["limit_name"] for detail in answer["decision"]["details"]] == ["minute", "pair"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sned", "account=a"), "has no operation 'sned'; it has send, bulk"),
        (("send", "account=a", "line=1"), "send needs recipient=VALUE; it takes account, line, recipient"),
        (("send", "acount=a"), "send has no dimension 'acount'"),
        (("send", "account"), "is not of the form DIMENSION=VALUE"),
        (("send", "account=a", "account=b", "line=1", "recipient=2"), "account is given twice: a, b"),
        (("bulk", "account=a"), "bulk needs --quantity parts=NUMBER"),
        (("bulk", "account=a", "--quantity", "parts=-1"), "a whole number from 0 was expected"),
        (("bulk", "account=a", "--quantity", "pairs=1"), "bulk has no quantity 'pairs'; it has parts"),
        (("bulk", "account=a", "--quantity", "parts=1", "--plan", "account=gold"), "gold"),
        (("bulk", "account=a", "--quantity", "parts=1", "--plan", "line=pro"), "--plan line=...: bulk takes account"),
        (("bulk", "account=a", "--quantity", "parts=1", "--plan", "account=vip"), "has no amount yet"),
        (("bulk", "account=a", "--quantity", "parts=1", "--now", "soon"), "'soon' is not an instant"),
        (("bulk", "account=a", "--quantity", "parts=1", "--repeat", "0"), "--repeat"),
    ],
)
def test_a_mistake_is_a_usage_error_that_says_what_was_expected(
    run: Run, policy: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run("decide", policy, *arguments)
    assert done.code == 2
    assert said in done.err
