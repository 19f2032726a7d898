"""`sluice simulate --queue`: what waits, for how long and where, against plain models; and what it says of mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.command_line import Run, Write
from sluice.cli import traffic
from sluice.cli.instants import DAY, MINUTE, SECOND, iso
from sluice.cli.simulate.canvas import each
from sluice.cli.simulate.queue_plots import depth_plot, unit_of, wait_plot
from sluice.cli.simulate.queue_summary import QueueSummary
from sluice.cli.simulate.series import CountSeries, Intervals
from sluice.cli.simulate.summary import Setting, Summary

# Each line sends one a second and holds three; an account has 50 a day; a message is kept a minute.
POLICY = """{ "name": "texts", "tenant": "account", "line": "line",
  "limits": [
    { "name": "pace", "scope": ["line"], "kind": "pace", "amount": "1/s", "mode": "queue", "unit": "message" },
    { "name": "queued", "scope": ["line"], "kind": "gauge", "amount": 3, "unit": "message" },
    { "name": "day", "scope": ["account"], "kind": "window", "period": "day", "amount": 50, "mode": "MODE", "unit": "message" } ],
  "queue": { "classes": [ { "class": "transactional", "ttl": "TTL" } ] },
  "operations": [
    { "name": "send", "values": ["account", "line"],
      "charges": [ { "limit": "day" }, { "limit": "queued", "while": "queued" }, { "limit": "pace" } ] },
    { "name": "ping", "values": ["account"], "charges": [ { "limit": "day", "mode": "deny" } ] } ] }"""
SENDBLUE = ("sendblue", "--operation", "messages.send", "--set", "account=campus", "--plan", "account=dedicated", "--queue")


def policy(write: Write, *, mode: str = "deny", ttl: str = "100 days", depth: int = 3) -> Path:
    text = POLICY.replace("MODE", mode).replace("TTL", ttl).replace('"amount": 3', f'"amount": {depth}')
    return write("texts.jsonc", text)


def queued(run: Run, policy: Path, file: Path, *more: object) -> dict[str, Any]:
    done = run("simulate", policy, file, "--operation", "send", "--set", "account=a", "--queue", "--json", *more)
    assert done.code == 0, done.err
    summary: dict[str, Any] = done.json()
    return summary


def figures(summary: dict[str, Any]) -> tuple[int, int, int, int]:
    queue = summary["queue"]
    return summary["admitted"], queue["sent"], queue["expired"], queue["held_at_end"]


def test_messages_leave_at_their_lines_pace_as_a_plain_model_says(run: Run, tmp_path: Path) -> None:
    messages = traffic.messages()[:20_000]
    begin = messages[0].time * SECOND
    came = [(message.src, begin + (message.time * SECOND - begin) // 3_000) for message in messages]
    file = tmp_path / "network.txt"
    file.write_text("src dst time\n" + "".join(f"{m.src} {m.dst} {m.time}\n" for m in messages), "utf-8")
    free: dict[str, int] = {}
    waits: list[int] = []
    for line, at in came:
        leaves = max(at, free.get(line, 0))
        free[line] = leaves + SECOND
        waits.append(leaves - at)
    mapping = ("--map", "line=src", "--map", "recipient=dst", "--compress", 3_000, "--json")
    summary = run("simulate", SENDBLUE[0], file, *SENDBLUE[1:], *mapping).json()
    assert figures(summary) == (20_000, 20_000, 0, 0)
    waits.sort()
    assert waits[10_000] > 0, "the model's messages wait"
    expected = {"median": waits[9_999], "p95": waits[18_999], "p99": waits[19_799], "longest": waits[-1]}
    assert summary["queue"]["waited_ns"] == expected
    assert summary["queue"]["ended_at"] == iso(max(free.values()) - SECOND)
    lines = [line for line, _ in came]
    first = summary["queue"]["busiest_lines"][0]
    assert first["enqueued"] == first["sent"] == max(lines.count(line) for line in set(lines))
    assert summary["queue"]["lines"] == len(set(lines))


def test_the_deepest_queue_says_which_line_and_when_it_was_so_first(run: Run, write: Write) -> None:
    file = write("t.csv", "line,time\nx,100\ny,100\nx,100\nx,103\ny,103\ny,103\ny,103\n")
    queue = queued(run, policy(write), file)["queue"]
    assert queue["deepest"] == {"held": 3, "line": "y", "at": "1970-01-01T00:01:43Z"}
    assert queue["most_held"] == {"held": 4, "at": "1970-01-01T00:01:43Z"}
    assert [(line["line"], line["enqueued"], line["longest_wait_ns"]) for line in queue["busiest_lines"]] == [
        ("y", 4, 2 * SECOND),
        ("x", 3, 1 * SECOND),
    ]


def test_at_one_instant_all_come_in_before_the_first_leaves(run: Run, write: Write) -> None:
    file = write("t.csv", "line,time\n" + "x,100\n" * 4 + "x,101\n" * 2)
    summary = queued(run, policy(write), file)
    # Of the four at 100 three are held. One leaves at 100, so at 101 there is room for one; then one leaves.
    assert (summary["denied"], figures(summary)) == ({"depth": 2}, (4, 4, 0, 0))
    later = write("t.csv", "line,time\n" + "x,100\n" * 3 + "x,102\n" * 2)
    assert figures(queued(run, policy(write), later)) == (5, 5, 0, 0)


def test_what_is_refused_by_quota_is_refused_and_what_waits_for_its_day_is_sent_the_next(run: Run, write: Write) -> None:
    file = write("t.csv", "line,time\n" + "x,100\n" * 60)
    summary = queued(run, policy(write, depth=100), file)
    assert (summary["denied"], figures(summary)) == ({"quota": 10}, (50, 50, 0, 0))
    summary = queued(run, policy(write, depth=100, mode="queue"), file)
    assert (summary["denied"], figures(summary)) == ({}, (60, 60, 0, 0))
    assert summary["queue"]["waited_ns"]["longest"] == DAY - 100 * SECOND + 9 * SECOND
    [day] = [limit for limit in summary["limits"] if limit["name"] == "day"]
    assert (day["peak"]["used"], day["peak"]["at"]) == (50, iso(149 * SECOND)), "a lease charges what waits"


def test_messages_expire_at_their_time_and_are_not_sent(run: Run, write: Write) -> None:
    file = write("t.csv", "line,time\n" + "x,100\n" * 60)
    summary = queued(run, policy(write, depth=100, mode="queue", ttl="60s"), file)
    assert figures(summary) == (60, 50, 10, 0)
    assert summary["queue"]["ended_at"] == iso(160 * SECOND)
    assert summary["queue"]["waited_ns"]["longest"] == 49 * SECOND
    [depth] = [limit for limit in summary["limits"] if limit["name"] == "queued"]
    assert depth["peak"]["used"] == 60


def test_one_that_has_expired_leaves_its_place_to_the_next_that_comes(run: Run, write: Write) -> None:
    head = "line,time\n" + "x,100\n" * 50
    rules = {"mode": "queue", "ttl": "60s", "depth": 50}
    late = queued(run, policy(write, **rules), write("t.csv", head + "x,150\n" * 51 + "x,209\n" + "x,211\n" * 51))
    assert late["denied"] == {"depth": 3}, "50 are held until 210, and then none"
    assert figures(late) == (150, 50, 100, 0)
    assert late["queue"]["ended_at"] == iso(271 * SECOND)


def test_a_replay_that_ends_before_its_queue_is_empty_says_so(run: Run, write: Write) -> None:
    file = write("t.csv", "line,time\n" + "x,100\n" * 60)
    made = policy(write, depth=100, mode="queue")
    for drain, sent in (("49s", 50), ("48s", 49), ("0s", 1), ("86300s", 51), ("86299s", 50)):
        summary = queued(run, made, file, "--drain", drain)
        assert figures(summary) == (60, sent, 0, 60 - sent), drain
    assert summary["queue"]["next_due"] == iso(DAY)
    out = run("simulate", made, file, "--operation", "send", "--set", "account=a", "--queue", "--drain", "1h").out
    assert "still held at the end 10 17%" in " ".join(out.split())
    assert "the next of those still held would leave at 1970-01-02 00:00:00, after the end of the replay (--drain)" in out


def test_what_nothing_will_release_is_still_held(run: Run, write: Write) -> None:
    text = policy(write, depth=100, mode="queue").read_text("utf-8").replace('"amount": 50', '"blocked": true')
    blocked = write("blocked.jsonc", text.replace(', "ttl": "100 days"', ', "delivery": "at most once"'))
    file = write("t.csv", "line,time\nx,100\n")
    summary = queued(run, blocked, file)
    assert (figures(summary), summary["queue"]["waited_ns"]) == ((1, 0, 0, 1), None)
    out = run("simulate", blocked, file, "--operation", "send", "--set", "account=a", "--queue").out
    assert "no instant is known at which what is still held may leave" in out


def test_the_table_says_what_the_json_says(run: Run, write: Write) -> None:
    file = write("t.csv", "line,time\n" + "x,100\n" * 4 + "y,100\n")
    out = run("simulate", policy(write), file, "--operation", "send", "--set", "account=a", "--queue").out
    assert "texts, enforce: 5 messages of t.csv as send, queued" in out
    for said in ("enqueued               4  80%", "denied (depth)         1  20%", "sent                   4  80%",
                 "waited         median 0 s, 95% 2 s, 99% 2 s, longest 2 s",
                 "deepest queue  3 at 1970-01-01 00:01:40, line x", "all together   4 at 1970-01-01 00:01:40",
                 "the queue was empty at 1970-01-01 00:01:42, 2 s after the last one had come"):  # fmt: skip
        assert said in out
    assert "would queue" not in out


def test_without_queue_nothing_is_said_of_one(run: Run, write: Write) -> None:
    file = write("t.csv", "line,time\nx,100\n")
    done = run("simulate", policy(write), file, "--operation", "send", "--set", "account=a", "--json")
    assert done.json()["queue"] is None
    assert done.json()["admitted"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--operation ping --queue", "--queue: messages of ping cannot be queued; of texts these can: send"),
        ("--operation send --queue --retry wait", "--retry wait and --queue: a queued message waits for its turn"),
        ("--operation send --drain 1h", "--drain 1h says how long a queue may go on; give --queue, too"),
        ("--operation send --queue --drain soon", "--drain: 'soon' is not a duration like 12h or 31 days"),
        ("--operation send --queue --drain month", "--drain: 'month' is not a duration like 12h or 31 days"),
    ],
)
def test_a_mistake_in_the_options_is_said_in_one_message(run: Run, write: Write, options: str, said: str) -> None:
    file = write("t.csv", "account,line,time\na,x,1\n")
    done = run("simulate", policy(write), file, *options.split())
    assert done.code == 2
    assert said in done.err
    assert done.out == ""


def test_a_policy_without_queues_says_that_nothing_can_be_queued(run: Run, write: Write) -> None:
    file = write("t.csv", "account,time\na,1\n")
    done = run("simulate", "texting_blue", file, "--operation", "messages.send", "--queue")
    assert done.code == 2
    assert "messages of messages.send cannot be queued; of texting_blue these can: none" in done.err


def test_a_report_has_the_queue_its_plots_and_its_lines(run: Run, write: Write, tmp_path: Path) -> None:
    file = write("t.csv", "line,time\n" + "<x>,100\n" * 4 + "y,100\n")
    page = tmp_path / "report.html"
    done = run("simulate", policy(write), file, "--operation", "send", "--set", "account=a", "--queue", "--html", page)
    assert done.code == 0, done.err
    html = page.read_text("utf-8")
    for said in ("<h2>The queue</h2>", 'alt="Messages held over time"', 'alt="How long messages waited, over time"',
                 "<b>4</b><span>enqueued, 80%</span>", "<td>3 at 1970-01-01 00:01:40</td>", "&lt;x&gt;",
                 "sent at the instant at which it was due"):  # fmt: skip
        assert said in html
    assert "<x>" not in html
    empty = write("t.csv", "line,time\nx,100\n")
    blocked = write("none.jsonc", policy(write).read_text("utf-8").replace('"amount": 50', '"blocked": true'))
    run("simulate", blocked, empty, "--operation", "send", "--set", "account=a", "--queue", "--html", page)
    assert "nothing was held" in page.read_text("utf-8")
    assert "Messages held over time" not in page.read_text("utf-8")


def words_of(svg: str) -> str:
    return " | ".join(part.split("-->")[0].strip() for part in svg.split("<!--")[1:])


def plotted(lines: int, wait: int) -> tuple[str, str]:
    intervals = Intervals.over(0, MINUTE)
    queue = QueueSummary(intervals)
    for line in range(lines):
        queue.enter(line, str(line))
    for line in range(lines):
        queue.send(wait + line, str(line), wait)
    setting = Setting("p", "enforce", "send", "t", {}, {}, 1, "none", (0, MINUTE), (0, MINUTE), 0)
    summary = Summary(setting, [], CountSeries(intervals), queue)
    return words_of(depth_plot(summary, queue)), words_of(wait_plot(summary, queue))


def test_the_plots_name_their_axes_and_one_line_is_not_drawn_twice() -> None:
    depth, wait = plotted(lines=2, wait=30 * SECOND)
    assert "Messages held, all lines together" in depth and "Messages held by the line that held most" in depth
    assert "of each 500 ms" in depth
    for said in ("Wait of the messages that left", "seconds waited, of those", "longest", "median", "time (UTC)"):
        assert said in wait
    assert "line that held most" not in plotted(lines=1, wait=SECOND)[0]


def test_a_wait_is_drawn_in_a_unit_of_which_there_are_some() -> None:
    names = [(119 * SECOND, "seconds"), (120 * SECOND, "minutes"), (2 * DAY, "days"), (2 * DAY - 1, "hours"), (0, "ns")]
    assert [unit_of(longest)[1] for longest, _ in names] == [name for _, name in names]
    assert each(Intervals.over(0, MINUTE)) == "500 ms"
