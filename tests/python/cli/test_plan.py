"""`sluice plan`: answers as tables and as JSON, and an exit code that a script can ask."""

from __future__ import annotations

import pytest

from cli.command_line import Run

LINES = ("plan", "lines", "sendblue", "--operation", "messages.send", "--plan", "account=dedicated", "--messages", "5000")
CAMPAIGN = ("plan", "campaign", "gosendapi", "--operation", "messages.send.template", "--start", "2026-03-01")


def test_four_a_second_take_five_numbers_and_four_are_unstable(run: Run) -> None:
    done = run(*LINES, "--rate", "4/s", "--wait", "3s")
    assert done.code == 0
    assert done.out.startswith("5 lines: 99% of the messages wait at most ")
    assert "rule of thumb: 4 lines, by dividing 4/s by 1/s: UNSTABLE" in done.out
    assert "every burst that queues up is never worked off, so the wait grows without bound: after a day about 117 s" in done.out
    assert "the answer" in done.out


def test_a_plan_as_json_is_what_python_gets(run: Run) -> None:
    plan = run(*LINES, "--rate", "4/s", "--wait", "3s", "--json").json()
    assert (plan["lines"], plan["rule_of_thumb"], plan["line_rate"]) == (5, 4, "1/s")
    assert [row["lines"] for row in plan["rows"]] == [4, 5, 6]


def test_no_number_is_exit_code_1(run: Run) -> None:
    done = run(*LINES, "--rate", "4/s", "--wait", "3s", "--sticky", "--recipients", "50", "--skew", "1.5")
    assert done.code == 1
    assert "no number up to 32 lines does" in done.out
    assert "more lines do not help" in done.out


def test_a_smaller_plan_is_told_that_its_day_is_used_up(run: Run) -> None:
    done = run(*LINES, "--plan", "line=x", "--rate", "4/s", "--wait", "3s")
    assert done.code == 2
    done = run("plan", "lines", "sendblue", "--operation", "messages.send", "--messages", "1000", "--rate", "4/s", "--wait", "3s")
    assert '"day" lets 2,000 in 24h of one account through' in done.out


def test_new_people_beyond_the_tier_take_days(run: Run) -> None:
    done = run(*CAMPAIGN, "--recipients", "2500", "--share", "100")
    assert done.code == 0
    assert done.out.startswith("2,500 messages finish in 48 h, not in 31 s: ")
    assert "from 2026-03-01 00:00:00 to 2026-03-03 00:00:" in done.out
    assert "conversations" in done.out


def test_a_campaign_as_json_is_what_python_gets(run: Run) -> None:
    plan = run(*CAMPAIGN, "--recipients", "1000", "--duration", "10min", "--json").json()
    assert plan["sent"] == 1_000
    assert 599 * 10**9 < plan["finishes_at"] - plan["starts_at"] < 600 * 10**9
    assert [blocker["limit"] for blocker in plan["blockers"]] == ["requests_second"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*LINES, "--rate", "4/s", "--wait", "soon"), "'soon' is no duration"),
        ((*LINES, "--rate", "often", "--wait", "3s"), "rate: "),
        ((*CAMPAIGN, "--recipients", "0"), "recipients: 0; at least 1"),
        ((*CAMPAIGN, "--recipients", "1", "--start", "soon"), "--start: 'soon' is not an instant"),
    ],
)
def test_what_is_wrong_is_named(run: Run, arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert words in done.err
