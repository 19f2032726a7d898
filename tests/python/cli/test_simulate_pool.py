"""`sluice simulate --lines`: the engine chooses the line; what that does to lines, limits and depths, and what mistakes say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import sluice
from cli.command_line import Run, Write
from sluice.cli import traffic
from sluice.cli.instants import SECOND, iso
from sluice.cli.policies import load

POOLED = ("sendblue", "--operation", "messages.send.pooled", "--plan", "account=dedicated")

# Each line sends one a second and holds two; a pair has two a day.
POLICY = """{ "name": "texts", "tenant": "account", "line": "line",
  "subjects": [ { "scope": ["account"], "plans": ["free", "gold"], "default": "free" },
                { "scope": ["line"], "plans": ["slow", "fast"], "default": "slow" } ],
  "limits": [
    { "name": "calls", "scope": ["account"], "kind": "gauge", "unlimited": true },
    { "name": "pace", "scope": ["line"], "kind": "pace", "mode": "queue", "unit": "message",
      "amounts": [ { "plan": "slow", "amount": "1/s" }, { "plan": "fast", "amount": "10/s" } ] },
    { "name": "pair", "scope": ["line", "recipient"], "kind": "window", "period": "day", "amount": 2, "unit": "message" },
    { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 2, "unit": "message" } ],
  "pools": [ { "name": "shared" }, { "name": "own", "by": ["account"], "on_full": "rehome" },
             { "name": "any", "sticky": false } ],
  "operations": [
    { "name": "send", "values": ["account", "line", "recipient"], "pool": "shared",
      "charges": [ { "limit": "pace" }, { "limit": "pair" } ] },
    { "name": "send.own", "values": ["account", "line", "recipient"], "pool": "own",
      "charges": [ { "limit": "pace" }, { "limit": "queued", "while": "queued" } ] },
    { "name": "send.any", "values": ["account", "line", "recipient"], "pool": "any", "charges": [ { "limit": "pace" } ] },
    { "name": "send.given", "values": ["account", "line", "recipient"], "charges": [ { "limit": "pace" } ] },
    { "name": "ping", "values": ["account"], "charges": [ { "limit": "calls" } ] } ] }"""


@pytest.fixture
def texts(write: Write) -> Path:
    return write("texts.jsonc", POLICY)


def simulated(run: Run, *arguments: object) -> dict[str, Any]:
    done = run("simulate", *arguments, "--json")
    assert done.code == 0, done.err
    summary: dict[str, Any] = done.json()
    return summary


def limit(summary: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(limit for limit in summary["limits"] if limit["name"] == name)
    return found


def shares(summary: dict[str, Any]) -> list[tuple[str, int, int | None]]:
    return [(use["line"], use["messages"], use["recipients"]) for use in summary["pool"]["busiest_lines"]]


def network(path: Path, count: int) -> list[traffic.Message]:
    messages = traffic.messages()[:count]
    path.write_text("src dst time\n" + "".join(f"{m.src} {m.dst} {m.time}\n" for m in messages), "utf-8")
    return messages


def choices(messages: list[traffic.Message], at: list[int], lines: int) -> list[str]:
    """The line of each message, as an engine says that is asked directly."""
    chosen: list[str] = []
    with sluice.Engine(load("sendblue", "enforce"), clock="manual", now=at[0]) as engine:
        engine.set_plan("dedicated", account="campus")
        for number in range(1, lines + 1):
            engine.set_line("shared", f"line {number}")
        for message, now in zip(messages, at):
            while (due := engine.next_due()) is not None and due < now:
                engine.set_clock(max(due, engine.clock()))
                engine.settle(engine.lease(1_000))
            engine.set_clock(now)
            held = engine.enqueue("messages.send.pooled", account="campus", recipient=message.dst)
            assert held.line is not None
            chosen.append(held.line)
    return chosen


def waits(lines: list[str], at: list[int]) -> tuple[list[int], Counter[str]]:
    """At one a second and line: how long each message waits, and the deepest that each line is."""
    free: dict[str, int] = {}
    leaving: dict[str, list[int]] = {}
    waited: list[int] = []
    deepest = Counter[str]()
    for line, now in zip(lines, at):
        leaves = max(now, free.get(line, 0))
        free[line] = leaves + SECOND
        waited.append(leaves - now)
        leaving[line] = [one for one in leaving.get(line, []) if one >= now] + [leaves]
        deepest[line] = max(deepest[line], len(leaving[line]))
    return waited, deepest


# ---- Sendblue's pool ----------------------------------------------------------------------------------------------


def test_in_enforce_recipients_keep_their_line_and_each_line_sends_one_a_second(run: Run, tmp_path: Path) -> None:
    messages = network(tmp_path / "network.txt", 4_000)
    begin = messages[0].time * SECOND
    at = [begin + (message.time * SECOND - begin) // 1_000 for message in messages]
    lines = choices(messages, at, 4)
    waited, deepest = waits(lines, at)
    mapping = ("--set", "account=campus", "--map", "recipient=dst", "--compress", 1_000, "--lines", 4, "--queue")
    summary = simulated(run, *POOLED[:1], tmp_path / "network.txt", *POOLED[1:], *mapping)
    people = {line: {m.dst for m, its in zip(messages, lines) if its == line} for line in set(lines)}
    assert sum(map(len, people.values())) == len({message.dst for message in messages}), "each keeps its line"
    uses = {use["line"]: (use["messages"], use["recipients"]) for use in summary["pool"]["busiest_lines"]}
    assert uses == {line: (lines.count(line), len(people[line])) for line in people}
    assert (summary["admitted"], summary["queue"]["sent"], summary["queue"]["lines"]) == (4_000, 4_000, 4)
    assert {line["line"]: line["deepest"]["held"] for line in summary["queue"]["busiest_lines"]} == dict(deepest)
    assert summary["queue"]["waited_ns"]["longest"] == max(waited) > 0
    assert summary["queue"]["waited_ns"]["median"] == sorted(waited)[1_999]


@pytest.mark.parametrize("stance", ["enforce", "comply"])
def test_in_both_stances_four_lines_send_four_times_as_fast_as_one(run: Run, write: Write, stance: str) -> None:
    file = write("t.csv", "recipient,time\n" + "".join(f"r{number},100\n" for number in range(60)))
    for lines, longest in ((1, 59), (4, 14), (20, 2)):
        options = ("--set", "account=a", "--lines", lines, "--queue", "--stance", stance)
        summary = simulated(run, *POOLED[:1], file, *POOLED[1:], *options)
        pool = summary["pool"]
        assert (pool["lines"], pool["sets"]) == (lines, 1)
        assert pool["messages"] == pool["recipients"] == {"least": 60 // lines, "most": 60 // lines}
        assert summary["queue"]["waited_ns"]["longest"] == longest * SECOND
        assert summary["queue"]["deepest"]["held"] == 60 // lines


def test_in_enforce_who_is_written_to_often_waits_for_one_line_however_many_there_are(run: Run, write: Write) -> None:
    file = write("t.csv", "recipient,time\n" + "ann,100\n" * 9 + "bob,100\n")
    summary = simulated(run, *POOLED[:1], file, *POOLED[1:], "--set", "account=a", "--lines", 4, "--queue")
    assert sorted(messages for _, messages, _ in shares(summary)) == [0, 0, 1, 9]
    assert (summary["pool"]["busiest_lines"][0]["percent"], summary["pool"]["messages"]["least"]) == (90, 0)
    assert summary["pool"]["recipients"] == {"least": 0, "most": 1}
    assert summary["queue"]["waited_ns"]["longest"] == 8 * SECOND
    assert limit(summary, "line_pace")["peak"]["subject"].startswith("line=line ")


def test_in_enforce_without_a_queue_a_line_admits_one_a_second_and_a_third_account_finds_none(run: Run, write: Write) -> None:
    file = write("t.csv", "account,recipient,time\na,ann,100\na,ann,100\na,bob,100\na,ann,101\nb,ann,102\nb,bob,102\nc,ann,109\n")
    summary = simulated(run, *POOLED[:1], file, *POOLED[1:], "--lines", 2)
    assert (summary["admitted"], summary["would_queue"], summary["denied"]) == (5, 1, {"pool": 1})
    assert summary["queue"] is None
    assert summary["pool"]["recipients"] == {"least": 2, "most": 2}
    assert limit(summary, "line_pace")["would_queue"] == 1


# ---- any pool -----------------------------------------------------------------------------------------------------


def test_every_set_has_lines_of_its_own_named_after_it(run: Run, texts: Path, write: Write) -> None:
    file = write("t.csv", "account,recipient,time\n" + "a,x,1\na,y,1\nb/c,x,1\n")
    summary = simulated(run, texts, file, "--operation", "send.own", "--lines", 2)
    assert (summary["pool"]["name"], summary["pool"]["sets"], summary["pool"]["lines"]) == ("own", 2, 4)
    assert {line for line, _, _ in shares(summary)} == {"a/line 1", "a/line 2", "b\\/c/line 1", "b\\/c/line 2"}
    assert summary["mapping"]["line"] == "pool own (2 lines for each account)"
    out = run("simulate", texts, file, "--operation", "send.own", "--lines", 2).out
    assert "lines of pool own  4 in 2 sets, one for each account" in out


def test_named_lines_are_chosen_by_their_names(run: Run, texts: Path, write: Write) -> None:
    file = write("t.csv", "account,recipient,time\na,x,1\na,y,1\n")
    summary = simulated(run, texts, file, "--operation", "send", "--line", "+1", "--line", "+2")
    assert sorted(shares(summary)) == [("+1", 1, 1), ("+2", 1, 1)]
    assert summary["mapping"]["line"] == "pool shared (2 lines)"


def test_a_column_of_the_lines_name_is_not_read_when_the_pool_chooses(run: Run, texts: Path, write: Write) -> None:
    file = write("t.csv", "account,line,recipient,time\na,given,x,1\n")
    assert shares(simulated(run, texts, file, "--operation", "send", "--lines", 1)) == [("line 1", 1, 1)]
    summary = simulated(run, texts, file, "--operation", "send")
    assert (summary["pool"], limit(summary, "pace")["peak"]["subject"]) == (None, "line=given")


def test_a_pool_that_is_not_sticky_tells_of_messages_and_not_of_recipients(run: Run, texts: Path, write: Write) -> None:
    file = write("t.csv", "account,recipient,time\n" + "a,x,1\n" * 4)
    summary = simulated(run, texts, file, "--operation", "send.any", "--lines", 2, "--queue")
    assert (summary["pool"]["messages"], summary["pool"]["recipients"]) == ({"least": 2, "most": 2}, None)
    assert summary["queue"]["deepest"]["held"] == 2
    out = run("simulate", texts, file, "--operation", "send.any", "--lines", 2, "--queue").out
    assert "recipients" not in out.replace("column recipient", "")


@pytest.mark.parametrize(
    ("option", "admitted", "longest"),
    [((), 8, 15_200), (("--plan", "line=fast"), 40, 0), (("--amount", "pace=2/s"), 16, 5_700)],
)
def test_plans_and_amounts_of_lines_are_those_of_every_line(
    run: Run, texts: Path, write: Write, option: tuple[str, ...], admitted: int, longest: int
) -> None:
    """Ten messages a second for two lines, over four seconds."""
    file = write("t.csv", "account,recipient,time\n" + "".join(f"a,r{number},{100_000 + 100 * number}\n" for number in range(40)))
    every = (texts, file, "--operation", "send", "--lines", 2, "--time-unit", "ms", *option)
    decided = simulated(run, *every)
    assert (decided["admitted"], decided["would_queue"]) == (admitted, 40 - admitted)
    queue = simulated(run, *every, "--queue")["queue"]
    assert (queue["sent"], queue["waited_ns"]["longest"]) == (40, longest * SECOND // 1_000)


def test_an_amount_of_a_pair_is_set_for_every_line_that_may_be_chosen(run: Run, texts: Path, write: Write) -> None:
    file = write("t.csv", "account,recipient,time\n" + "".join(f"a,{who},{at}\n" for at in range(100, 900, 100) for who in "xyz"))
    every = (texts, file, "--operation", "send", "--lines", 3)
    assert (simulated(run, *every)["admitted"], simulated(run, *every, "--amount", "pair=5")["admitted"]) == (6, 15)


def test_a_recipient_who_is_moved_takes_along_what_waits(run: Run, texts: Path, write: Write) -> None:
    """At 101 its first line holds two, so the third moves them to the other, where it then finds no room itself."""
    file = write("t.csv", "account,recipient,time\n" + "a,x,100\n" * 2 + "a,y,100\n" + "a,x,101\na,x,101\na,x,102\n")
    summary = simulated(run, texts, file, "--operation", "send.own", "--lines", 2, "--queue")
    lines = [(line["line"], line["enqueued"], line["sent"], line["deepest"]) for line in summary["queue"]["busiest_lines"]]
    assert lines == [
        ("a/line 1", 3, 1, {"held": 2, "at": iso(100 * SECOND)}),
        ("a/line 2", 2, 4, {"held": 2, "at": iso(101 * SECOND)}),
    ]
    assert (summary["denied"], summary["queue"]["held_at_end"]) == ({"depth": 1}, 0)
    assert limit(summary, "queued")["peak"]["used"] == 2


def test_the_same_file_gives_the_same_answer(run: Run, tmp_path: Path) -> None:
    network(tmp_path / "network.txt", 1_000)
    options = ("--set", "account=campus", "--map", "recipient=dst", "--lines", 7, "--compress", 5_000, "--queue")
    runs = [simulated(run, *POOLED[:1], tmp_path / "network.txt", *POOLED[1:], *options) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0]["recorded"][0] == iso(traffic.messages()[0].time * SECOND)


# ---- how it is shown ----------------------------------------------------------------------------------------------


def test_the_table_tells_of_the_pool_and_its_lines(run: Run, write: Write) -> None:
    file = write("t.csv", "recipient,time\n" + "ann,100\n" * 3 + "bob,100\n")
    arguments = (*POOLED[:1], file, *POOLED[1:], "--set", "account=a", "--line", "+1", "--line", "+2")
    queued = run("simulate", *arguments, "--queue").out
    summary = simulated(run, *arguments, "--queue")
    busiest = summary["pool"]["busiest_lines"][0]["line"]
    assert 'account = "a", recipient = column recipient, line = pool shared (2 lines); plan dedicated' in queued
    for said in ("lines of pool shared  2", "recipients            1 a line",
                 f"enqueued              1 to 3 a line, most by line {busiest}: 75% of all",
                 f"deepest queue  3 at 1970-01-01 00:01:40, line {busiest}"):  # fmt: skip
        assert said in queued
    assert queued.count("The lines") == 1
    decided = run("simulate", *arguments).out
    assert "line  admitted  share  recipients" in decided
    assert f"1 a line, most by line {busiest}: 50% of all" in decided


def test_where_nothing_was_taken_nothing_is_shared_out(run: Run, write: Write) -> None:
    file = write("t.csv", "account,recipient,time\na,x,1\n")
    blocked = write("none.jsonc", POLICY.replace('"amount": 2, "unit": "message" },', '"blocked": true },'))
    out = run("simulate", blocked, file, "--operation", "send", "--lines", 2).out
    assert "admitted              none" in out
    assert simulated(run, blocked, file, "--operation", "send", "--lines", 2)["pool"]["busiest_lines"][0]["percent"] == 0


def test_a_report_tells_of_the_pool(run: Run, texts: Path, write: Write, tmp_path: Path) -> None:
    file = write("t.csv", "account,recipient,time\n<a>,x,100\n<a>,x,100\n<a>,y,100\n")
    page = tmp_path / "report.html"
    done = run("simulate", texts, file, "--operation", "send.own", "--lines", 2, "--html", page)
    assert done.code == 0, done.err
    html = page.read_text("utf-8")
    for said in ("<h2>The pool</h2>", "<td>2 in 1 set, one for each account</td>", "<h2>The lines</h2>", "<th>share</th>",
                 "line = pool own (2 lines for each account)", "&lt;a&gt;/line 1"):  # fmt: skip
        assert said in html
    assert "<a>" not in html
    run("simulate", texts, file, "--operation", "send.own", "--lines", 2, "--queue", "--html", page)
    queued = page.read_text("utf-8")
    assert queued.count("<h2>The lines</h2>") == 1
    assert "<th>recipients</th>" in queued
    given = run("simulate", texts, file, "--operation", "send.own", "--set", "line=1", "--html", page)
    assert given.code == 0
    assert "The pool" not in page.read_text("utf-8")


# ---- mistakes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--operation send", "send goes by the pool shared: give --lines N so that the pool chooses among N lines, or the line "
                             "itself: --map line=COLUMN or --set line=VALUE\ncolumns of t.csv: account, recipient, to, time"),
        ("--operation send --queue", "give --lines N so that the pool chooses"),
        ("--operation send.given --lines 2", "--lines 2: send.given goes by no pool; of texts these do: send, send.own, "
                                             "send.any. Else give its line: --map line=COLUMN or --set line=VALUE\n"),
        ("--operation ping --line +1", "--line +1: ping goes by no pool; of texts these do: send, send.own, send.any\n"),
        ("--operation send --lines 2 --line +1", "--lines 2 and --line +1: the lines of a pool are numbered or named; give one"),
        ("--operation send --lines 2 --map line=to", "--lines 2 and --map line=to: a line is chosen by the pool or brought by "
                                                     "the request; give one of them"),
        ("--operation send --line +1 --set line=+2", "--line +1 and --set line=+2: a line is chosen by the pool or brought"),
        ("--operation send --line +1 --line +2 --line +1", "--line gives '+1' twice; each line once"),
        ("--operation send --lines 0", "0 is not in the range 1<=x<=4096"),
        ("--operation send --lines 4097", "4097 is not in the range 1<=x<=4096"),
        ("--operation send --lines many", "'many' is not a valid integer range"),
        ("--operation send --line LONG", "--line: a name has 1,025 bytes; give it 1 to 1,024"),
        ("--operation send --lines 2 --plan line=best", "the plans of line are slow, fast"),
        ("--operation send --lines 2 --map pool=to", "send has no 'pool'; it takes account, recipient"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_options_says_what_to_do(run: Run, texts: Path, write: Write, arguments: str, said: str) -> None:
    file = write("t.csv", "account,recipient,to,time\na,x,y,1\n")
    done = run("simulate", texts, file, *arguments.replace("LONG", "x" * 1_025).split())
    assert done.code == 2
    assert said in done.err
    assert done.out == ""


def test_an_empty_name_and_too_many_names_are_mistakes(run: Run, texts: Path, write: Write) -> None:
    file = write("t.csv", "account,recipient,time\na,x,1\n")
    empty = run("simulate", texts, file, "--operation", "send", "--line", "")
    assert (empty.code, "a name has 0 bytes" in empty.err) == (2, True)
    names = [word for number in range(4_097) for word in ("--line", number)]
    many = run("simulate", texts, file, "--operation", "send", *names)
    assert (many.code, "--line is given 4,097 times; a pool gets at most 4,096 lines" in many.err) == (2, True)
    assert simulated(run, texts, file, "--operation", "send", *names[:-2])["pool"]["lines"] == 4_096


def test_a_policy_without_pools_says_so(run: Run, write: Write) -> None:
    done = run("simulate", "texting_blue", write("t.csv", "account,time\na,1\n"), "--operation", "messages.send", "--lines", 2)
    assert done.code == 2
    assert "messages.send goes by no pool; of texting_blue these do: none\n" in done.err
