"""`sluice explain`: who may do what, how often."""

from __future__ import annotations

from pathlib import Path

from cli.command_line import Run


def squeezed(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_it_says_what_each_plan_may_do_and_what_happens_then(run: Run, policy: Path) -> None:
    lines = squeezed(run("explain", policy).out)
    assert "account: on one of free (default), pro, vip; billing cycle from day 1, 00:00 UTC unless set" in lines
    assert "send: takes account, line, recipient" in lines
    assert "everybody 3 messages in any 1 h per line and recipient 1 then refused (rate)" in lines
    assert "account: free (default) 2 messages per minute per account 1 then refused (rate)" in lines
    assert "account: pro 4 messages per minute per account 1 then refused (rate)" in lines
    assert "account: vip the agreed number of messages per minute per account as many as parts then refused (rate)" in lines
    assert "bulk: takes account; quantities: parts" in lines


def test_the_overlay_changes_what_it_says(run: Run, policy: Path) -> None:
    out = run("explain", policy, "--stance", "comply").out
    assert "2 messages in any 60 s per account, 1 s of margin" in out


def test_one_plan_can_be_asked_for_by_name_or_with_its_dimension(run: Run, policy: Path) -> None:
    for plan in ("pro", "account=pro"):
        out = run("explain", policy, "--plan", plan).out
        assert "account: pro" in out
        assert "account: free" not in out
        assert "3 messages in any 1 h" in out


def test_a_plan_that_is_not_there_names_those_that_are(run: Run, policy: Path) -> None:
    done = run("explain", policy, "--plan", "gold")
    assert done.code == 2
    assert "has no plan 'gold'; it has account: free, pro, vip" in done.err


def test_a_promotion_a_release_an_exemption_and_an_attempt_are_said(run: Run) -> None:
    gosendapi = run("explain", "gosendapi").out
    assert "tier_1 is promoted to tier_2 once 50% of conversations was in use within 7" in gosendapi
    assert "makes the recipient free for 24 h" in gosendapi
    assert "refused requests count too" in gosendapi
    assert "gives back a phone number per account" in run("explain", "texting_blue").out


def test_the_json_is_the_description(run: Run, policy: Path) -> None:
    described = run("explain", policy, "--json").json()
    assert described["name"] == "small"
    assert [limit["name"] for limit in described["limits"]] == ["minute", "pair"]
