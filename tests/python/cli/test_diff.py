"""`sluice diff`: who gains, who loses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.command_line import POLICY, Run, Write


def changes(run: Run, write: Write, old: str, new: str) -> list[dict[str, Any]]:
    done = run("diff", write("a.jsonc", POLICY), write("b.jsonc", POLICY.replace(old, new)), "--json")
    assert done.code == 1
    found: list[dict[str, Any]] = done.json()["changes"]
    return found


def test_a_policy_is_the_same_as_itself(run: Run, policy: Path) -> None:
    done = run("diff", policy, policy)
    assert done.code == 0
    assert "small (enforce) and small (enforce) are the same." in done.out
    assert run("diff", policy, policy, "--json").json()["same"]


def test_two_stances_of_one_policy_differ_and_the_sender_loses(run: Run, policy: Path) -> None:
    done = run("diff", policy, policy, "--stance-b", "comply")
    assert done.code == 1
    assert "From small (enforce) to small (comply)" in done.out
    assert "3 lose" in done.out


@pytest.mark.parametrize(
    ("old", "new", "plans", "verdict"),
    [
        ('"plan": "free", "amount": 2', '"plan": "free", "amount": 5', ["free"], "gains"),
        ('"plan": "free", "amount": 2', '"plan": "free", "amount": 1', ["free"], "loses"),
        ('"plan": "pro", "amount": 4, "thresholds": [50, 100]', '"plan": "pro", "unlimited": true', ["pro"], "gains"),
        ('"plan": "pro", "amount": 4, "thresholds": [50, 100]', '"plan": "pro", "blocked": true', ["pro"], "loses"),
        ('"plan": "vip", "custom": true', '"plan": "vip", "amount": 9', ["vip"], "differs"),
        ('"thresholds": [50, 100]', '"thresholds": [80]', ["pro"], "differs"),
        ('"period": "1h", "amount": 3', '"period": "2h", "amount": 3', [None], "loses"),
        ('"period": "1h", "amount": 3', '"period": "30min", "amount": 4', [None], "gains"),
        ('"period": "1h", "amount": 3', '"period": "2h", "amount": 5', [None], "differs"),
        ('"period": "1h", "amount": 3', '"period": "1h", "margin": "1s", "amount": 3', [None], "loses"),
        ('"period": "1h", "amount": 3', '"period": "1h", "mode": "advise", "amount": 3', [None], "gains"),
        ('"kind": "sliding", "period": "1h"', '"kind": "window", "period": "1h"', [None], "gains"),
    ],
)  # fmt: skip
def test_a_change_of_a_limit_has_a_verdict_for_those_it_concerns(
    run: Run, write: Write, old: str, new: str, plans: list[str | None], verdict: str
) -> None:
    found = changes(run, write, old, new)
    assert [(change["plan"], change["verdict"]) for change in found] == [(plan, verdict) for plan in plans]


@pytest.mark.parametrize(
    ("old", "new", "what", "verdict"),
    [
        ('{ "limit": "minute" }, ', "", "send: limit minute", "gains"),
        ('{ "limit": "minute" }', '{ "limit": "minute", "cost": 2 }', "send: limit minute", "loses"),
        ('{ "limit": "minute" }', '{ "limit": "minute", "charge": "attempt" }', "send: limit minute", "loses"),
        ('"name": "bulk"', '"name": "batch"', "operation bulk", "loses"),
        ('"values": ["account", "line", "recipient"]', '"values": ["account", "recipient", "line"]', "operation send", "differs"),
    ],
)
def test_a_change_of_an_operation_has_a_verdict(run: Run, write: Write, old: str, new: str, what: str, verdict: str) -> None:
    first = changes(run, write, old, new)[0]
    assert (first["what"], first["verdict"]) == (what, verdict)


def test_a_new_limit_is_a_loss_and_a_limit_that_is_gone_a_gain(run: Run, write: Write) -> None:
    extra = '{ "name": "day", "scope": ["line"], "kind": "window", "period": "day", "amount": 9 },\n    { "name": "pair"'
    more = POLICY.replace('{ "name": "pair"', extra).replace('{ "limit": "pair" }', '{ "limit": "pair" }, { "limit": "day" }')
    a, b = write("a.jsonc", POLICY), write("b.jsonc", more)
    (new,) = run("diff", a, b, "--json").json()["changes"]
    (gone,) = run("diff", b, a, "--json").json()["changes"]
    assert (new["verdict"], gone["verdict"]) == ("loses", "gains")
    assert new["before"] == gone["after"] == "nothing of the kind"
    assert "9 units per day" in new["after"]


def test_plans_that_change_alike_share_a_line(run: Run, write: Write) -> None:
    a = write("a.jsonc", POLICY)
    b = write("b.jsonc", POLICY.replace('"period": "60s", "unit"', '"period": "60s", "mode": "advise", "unit"'))
    out = run("diff", a, b).out
    assert "account on free, pro, vip" in out
    assert "never refused, only counted" in out


def test_a_missing_file_is_a_usage_error(run: Run, policy: Path) -> None:
    assert run("diff", policy, "nowhere.jsonc").code == 2
