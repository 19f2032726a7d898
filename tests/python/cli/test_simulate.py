"""`sluice simulate`: what a replay shows, against plain models of the limits; and what it says of mistakes."""

from __future__ import annotations

from collections import Counter, deque
from pathlib import Path
from typing import Any

import pytest

from cli.command_line import Run, Write
from sluice.cli import traffic
from sluice.cli.instants import SECOND, iso

LINQ = ("--operation", "messages.send", "--set", "account=campus", "--map", "line=src", "--map", "recipient=dst")
TEXTING_BLUE = ("--operation", "messages.send", "--set", "account=all", "--plan", "account=free")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("traffic") / "network.txt"
    lines = (f"{message.src} {message.dst} {message.time}\n" for message in traffic.messages()[:20_000])
    path.write_text("src dst time\n" + "".join(lines), "utf-8")
    return path


def compressed(network: Path, factor: int) -> list[tuple[str, str, int]]:
    rows = [line.split() for line in network.read_text("utf-8").splitlines()[1:]]
    begin = int(rows[0][2]) * SECOND
    return [(src, dst, begin + (int(at) * SECOND - begin) // factor) for src, dst, at in rows]


def limit(summary: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(limit for limit in summary["limits"] if limit["name"] == name)
    return found


@pytest.mark.parametrize("factor", [1, 1000, 3333])
def test_in_enforce_a_pair_gets_thirty_in_the_sixty_seconds_from_its_first(run: Run, network: Path, factor: int) -> None:
    window: dict[tuple[str, str], tuple[int, int]] = {}
    admitted, peak = 0, (0, "", 0)
    for src, dst, at in compressed(network, factor):
        begin, used = window.get((src, dst), (at, 0))
        if at >= begin + 60 * SECOND:
            begin, used = at, 0
        admitted += used < 30
        window[src, dst] = begin, min(used + 1, 30)
        if window[src, dst][1] > peak[0]:
            peak = window[src, dst][1], f"line={src}, recipient={dst}", at
    summary = run("simulate", "linq", network, *LINQ, "--compress", factor, "--json").json()
    assert summary["messages"] == 20_000
    assert summary["admitted"] == admitted
    assert summary["denied"].get("rate", 0) == 20_000 - admitted
    shown = limit(summary, "pair")["peak"]
    assert (shown["used"], shown["limit"], shown["subject"], shown["at"]) == (peak[0], 30, peak[1], iso(peak[2]))


def test_in_comply_no_sixty_one_seconds_hold_more_than_thirty_of_a_pair(run: Run, network: Path) -> None:
    logs: dict[tuple[str, str], deque[int]] = {}
    admitted = 0
    for src, dst, at in compressed(network, 1000):
        log = logs.setdefault((src, dst), deque())
        while log and log[0] <= at - 61 * SECOND:
            log.popleft()
        if len(log) < 30:
            log.append(at)
            admitted += 1
    summary = run("simulate", "linq", network, *LINQ, "--compress", 1000, "--stance", "comply", "--json").json()
    assert summary["admitted"] == admitted


@pytest.mark.parametrize("factor", [1, 1000])
def test_in_enforce_the_month_outranks_the_minute_and_refused_requests_count(run: Run, network: Path, factor: int) -> None:
    requests, minute, month = Counter[int](), Counter[int](), Counter[str]()
    outcomes = Counter[str]()
    for _, _, at in compressed(network, factor):
        now, cycle = at // (60 * SECOND), iso(at)[:7]
        room = requests[now] < 60, minute[now] < 5, month[cycle] < 100
        requests[now] += room[0]
        minute[now] += all(room)
        month[cycle] += all(room)
        outcomes["admitted" if all(room) else "quota" if not room[2] else "rate"] += 1
    summary = run("simulate", "texting_blue", network, *TEXTING_BLUE, "--compress", factor, "--json").json()
    assert summary["admitted"] == outcomes["admitted"]
    assert summary["denied"] == {kind: outcomes[kind] for kind in ("quota", "rate") if outcomes[kind]}


def test_the_table_says_what_the_json_says(run: Run, network: Path) -> None:
    summary = run("simulate", "texting_blue", network, *TEXTING_BLUE, "--json").json()
    out = run("simulate", "texting_blue", network, *TEXTING_BLUE).out
    assert "texting_blue, enforce: 20,000 messages of network.txt as messages.send" in out
    assert 'account = "all"; plan free for every account' in out
    assert f"{summary['admitted']:,}" in out
    assert f"quota {summary['denied']['quota']:,}" in out
    assert "100 of 100 (100%)" in out


def test_thresholds_and_would_queue_are_counted(run: Run, network: Path) -> None:
    mapping = ("--set", "account=campus", "--map", "line=src", "--map", "recipient=dst", "--plan", "account=sapphire")
    summary = run("simulate", "sendblue", network, "--operation", "messages.send", *mapping, "--json").json()
    month = limit(summary, "month")
    assert [mark["percent"] for mark in month["thresholds"]] == [75, 90, 100]
    assert month["thresholds"][2]["first"]["used"] == 6_000
    assert month["peak"]["used"] == 7_200
    assert limit(summary, "line_pace")["would_queue"] == summary["would_queue"] > 0
    assert limit(summary, "line_pace")["longest_wait_ns"] <= SECOND
    assert limit(summary, "queued")["peak"] is None


def small(run: Run, policy: Path, file: Path, *more: object) -> dict[str, Any]:
    done = run("simulate", policy, file, "--operation", "send", "--set", "account=a", "--set", "line=1", "--json", *more)
    assert done.code == 0, done.err
    summary: dict[str, Any] = done.json()
    return summary


def test_a_file_out_of_order_is_sorted_with_a_notice(run: Run, policy: Path, write: Write) -> None:
    shuffled = write("shuffled.txt", "recipient time\nc 200\na 100\nb 130\n")
    done = run("simulate", policy, shuffled, "--operation", "send", "--set", "account=a", "--set", "line=1", "--json")
    assert "shuffled.txt is not in the order of time; it is sorted first" in done.err
    assert done.json()["recorded"] == ["1970-01-01T00:01:40Z", "1970-01-01T00:03:20Z"]
    assert limit(done.json(), "pair")["peak"]["subject"] == "line=1, recipient=a"
    ordered = write("ordered.txt", "recipient time\na 100\nb 130\nc 200\n")
    assert small(run, policy, ordered)["limits"] == done.json()["limits"]


def test_a_refused_message_is_tried_again_exactly_when_its_answer_says(run: Run, policy: Path, write: Write) -> None:
    file = write("t.csv", "recipient,time\na,0\nb,1\nc,2\nd,3\ne,200\n")
    none = small(run, policy, file)
    assert (none["admitted"], none["denied"], none["decisions"]) == (3, {"rate": 2}, 5)
    wait = small(run, policy, file, "--retry", "wait")
    assert (wait["admitted"], wait["admitted_later"], wait["denied"], wait["decisions"]) == (5, 2, {}, 7)
    assert wait["longest_waited_ns"] == 58 * SECOND


def test_a_message_that_would_come_back_after_the_last_one_waits_at_the_end(run: Run, policy: Path, write: Write) -> None:
    summary = small(run, policy, write("t.csv", "recipient,time\na,0\nb,1\nc,2\n"), "--retry", "wait")
    assert (summary["admitted"], summary["denied"], summary["waiting_at_end"]) == (2, {"rate": 1}, 1)


def test_quantities_times_and_plans_come_from_columns_and_options(run: Run, policy: Path, write: Write) -> None:
    file = write(
        "t.tsv", "who\tn\twhen\na\t2\t2026-03-01T09:30:00Z\na\t3\t2026-03-01T09:30:30.5Z\nb\t4\t2026-03-01T10:30:31+01:00\n"
    )
    options = ("--operation", "bulk", "--map", "account=who", "--quantity-column", "parts=n", "--plan", "account=pro",
               "--time-column", "when", "--time-unit", "iso", "--json")  # fmt: skip
    summary = run("simulate", policy, file, *options).json()
    assert (summary["admitted"], summary["denied"]) == (2, {"rate": 1})
    assert [mark["times"] for mark in limit(summary, "minute")["thresholds"]] == [2, 1]
    assert summary["mapping"] == {"account": "column who", "parts": "column n"}


def test_a_custom_amount_must_be_given_and_can_be(run: Run, policy: Path, write: Write) -> None:
    file = write("t.csv", "recipient,time\na,0\nb,0\nc,0\n")
    options = ("--operation", "send", "--set", "account=a", "--set", "line=1", "--plan", "account=vip", "--json")
    done = run("simulate", policy, file, *options)
    assert done.code == 2
    assert "has no amount yet" in done.err and "--amount LIMIT=AMOUNT" in done.err
    assert run("simulate", policy, file, *options, "--amount", "minute=2").json()["admitted"] == 2
    assert run("simulate", policy, file, *options, "--amount", "minute=unlimited").json()["admitted"] == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "small has several operations; choose one with --operation: send, bulk"),
        ("--operation sned", "small has no operation 'sned'; it has send, bulk"),
        ("--operation send", "send needs a value for 'line': --map line=COLUMN or --set line=VALUE\ncolumns of t.csv: account"),
        ("--operation send --map line=from", "--map line=from: t.csv has no column 'from'; it has account, to, time"),
        ("--operation send --set lime=1", "send has no 'lime'; it takes account, line, recipient"),
        ("--operation send --set line", "'line' is not of the form DIMENSION=VALUE"),
        ("--operation send --map line=to --map line=to", "'line' twice"),
        ("--operation send MAPPED --plan account=gold", "the plans of account are free, pro, vip"),
        ("--operation send MAPPED --plan line=pro", "'line' has no plans in small; these have: account"),
        ("--operation send MAPPED --amount day=3", "--amount day=...: send charges minute, pair"),
        ("--operation send MAPPED --time-column when", "t.csv has no column 'when'; it has account, to, time"),
        ("--operation send MAPPED --compress 0", "--compress"),
        ("--operation send MAPPED --stance nice", "--stance"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_options_is_said_in_one_message(run: Run, policy: Path, write: Write, arguments: str, said: str) -> None:
    file = write("t.csv", "account,to,time\na,b,1\n")
    done = run("simulate", policy, file, *arguments.replace("MAPPED", "--map line=to --map recipient=to").split())
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("recipient,time\nb,1\nc,later\n", "t.csv, line 3: column time: 'later' is not a time in s"),
        ("recipient,time\nb,1\n,2\n", "t.csv, line 3: no recipient: the column is empty"),
        ("recipient,time\nb,1\nc\n", "t.csv, line 3: 1 field, but the header has recipient, time"),
        ("recipient,time\nb,1082040961000\n", "read as s; see --time-unit"),
        ("recipient,time\n", "t.csv has a header and no messages"),
        ("", "t.csv is empty"),
    ],
)
def test_a_mistake_in_the_file_names_its_line_and_nothing_is_replayed(
    run: Run, policy: Path, write: Write, text: str, said: str
) -> None:
    done = run("simulate", policy, write("t.csv", text), "--operation", "send", "--set", "account=a", "--set", "line=1")
    assert done.code == 2
    assert said in done.err
    assert done.out == ""


def test_a_value_that_is_too_long_names_its_line_and_dimension(run: Run, policy: Path, write: Write) -> None:
    file = write("t.csv", f"recipient,time\n{'x' * 2_000},1\n")
    done = run("simulate", policy, file, "--operation", "send", "--set", "account=a", "--set", "line=1")
    assert done.code == 2
    assert "t.csv, line 2: recipient has 2,000 bytes; a value has at most 1,024" in done.err


def test_a_policy_with_one_operation_needs_no_operation_option(run: Run, write: Write) -> None:
    one = """{ "name": "one", "tenant": "account",
      "limits": [ { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 1 } ],
      "operations": [ { "name": "send", "values": ["account"], "charges": [ { "limit": "day" } ] } ] }"""
    done = run("simulate", write("one.jsonc", one), write("t.csv", "account,time\na,0\na,1\n"), "--json")
    assert done.json()["operation"] == "send"
    assert done.json()["denied"] == {"quota": 1}
