"""The HTML report: complete, self-contained, and its plots labelled."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from cli.command_line import Run
from sluice.cli import traffic
from sluice.cli.instants import DAY
from sluice.cli.simulate.plots import marks_of, outcomes_plot, spread, use_plot
from sluice.cli.simulate.series import CountSeries, Intervals, UseSeries
from sluice.cli.simulate.standing import Use
from sluice.cli.simulate.summary import LimitSummary, Peak, Setting, Summary

BEGIN = 12_500 * DAY
LAST = BEGIN + 190 * DAY


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "network.csv"
    lines = (f"{message.src},{message.dst},{message.time}\n" for message in traffic.messages()[:12_000])
    path.write_text("<src>,dst,time\n" + "".join(lines), "utf-8")
    return path


def report(run: Run, page: Path, *options: str) -> str:
    out = page.with_suffix(".html")
    mapping = ("--set", "account=campus", "--map", "line=<src>", "--map", "recipient=dst", "--plan", "account=blue")
    done = run("simulate", "sendblue", page, "--operation", "messages.send", *mapping, "--html", out, *options)
    assert done.code == 0, done.err
    assert f"the report is in {out}" in done.err
    return out.read_text("utf-8")


def test_it_holds_the_figures_a_plot_for_every_limit_used_and_the_thresholds(run: Run, page: Path) -> None:
    html = report(run, page)
    assert "<h1>sendblue, enforce: 12,000 messages of network.csv as messages.send</h1>" in html
    assert html.count("<figure>") == 5  # outcomes, month, two paces, day; `queued` was never used
    for alt in ("What became of the messages over time", "month: 2,400 of 2,000 (120%) at its peak"):
        assert f'alt="{alt}"' in html
    assert "Thresholds crossed" in html
    assert "75%: " in html
    assert "blue for every account" in html


def test_it_asks_no_other_server_for_anything(run: Run, page: Path) -> None:
    html = report(run, page)
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:)""", html)
    assert "@import" not in html and "<script" not in html and "url(" not in html
    for data in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", html):
        svg = base64.b64decode(data).decode()
        assert svg.startswith("<svg")
        assert not re.findall(r"""href\s*=\s*["'](?!#)""", svg)


def test_names_from_outside_are_escaped(run: Run, page: Path) -> None:
    html = report(run, page)
    assert "column &lt;src&gt;" in html
    assert "<src>" not in html


def test_the_same_replay_gives_the_same_report(run: Run, page: Path) -> None:
    assert report(run, page) == report(run, page)


def test_a_report_that_cannot_be_written_is_an_error(run: Run, page: Path) -> None:
    done = run("simulate", "sendblue", page, "--operation", "messages.send", "--set", "account=a", "--map", "line=dst",
               "--map", "recipient=dst", "--html", page.parent / "nowhere" / "report.html")  # fmt: skip
    assert done.code == 2
    assert "No such file" in done.err


def summary(limit: LimitSummary, compress: int = 1) -> Summary:
    setting = Setting("p", "enforce", "send", "t", {}, {}, compress, "none", (BEGIN, LAST), (BEGIN, LAST))
    return Summary(setting, [limit], CountSeries(Intervals.over(BEGIN, LAST)))


def used(peak: int, amount: int | None, **more: object) -> LimitSummary:
    series = UseSeries(Intervals.over(BEGIN, LAST), stands=True)
    series.add(BEGIN + DAY, ("a",), Use(peak, amount, LAST))
    made = LimitSummary("month", ("account",), "many messages", "message", "deny", series, **more)  # type: ignore[arg-type]
    made.peak = Peak(peak, amount, "account=a", BEGIN + DAY)
    return made


def words_of(svg: str) -> str:
    """The texts of a plot: matplotlib writes each as a comment beside its outlines."""
    return " | ".join(re.findall(r"<!-- (.*?) -->", svg))


def test_a_use_plot_names_its_axes_its_limit_its_thresholds_and_its_ceiling() -> None:
    limit = used(2_400, 2_000, thresholds=((7_500, 1_500), (9_000, 1_800), (10_000, 2_000)), cap=2_400)
    said = words_of(use_plot(summary(limit), limit))
    for words in ("month: many messages", "messages used,", "highest of each day", "time (UTC)", "limit 2,000 (notice)",
                  "notice 75%: 1,500", "notice 90%: 1,800", "ceiling 2,400"):  # fmt: skip
        assert words in said


def test_a_limit_far_above_its_use_does_not_flatten_the_plot() -> None:
    limit = used(12, 7_000)
    assert "limit 7,000: off the scale (peak: 0.2% of it)" in words_of(use_plot(summary(limit), limit))


def test_an_unlimited_limit_has_no_line() -> None:
    limit = used(12, None)
    assert marks_of(limit) == []
    assert "limit " not in words_of(use_plot(summary(limit), limit))


def test_compressed_time_is_said_on_the_axis() -> None:
    limit = used(1, 2)
    assert "virtual time (UTC), 1,000 times faster than recorded" in words_of(use_plot(summary(limit, 1000), limit))


def test_the_outcomes_plot_has_a_legend_and_a_panel_of_refusals_only_when_there_are_any() -> None:
    shown = summary(used(1, 2))
    shown.outcomes.add(BEGIN, "admitted")
    assert "by reason" not in words_of(outcomes_plot(shown))
    shown.denied["quota"] = 1
    shown.outcomes.add(BEGIN, "quota")
    said = words_of(outcomes_plot(shown))
    assert "Those not admitted, by reason" in said
    assert "denied: quota" in said and "admitted" in said and "messages per day" in said


@pytest.mark.parametrize("places", [[], [0.5], [0.5, 0.5], [0.1, 0.11, 0.12, 0.9], [0.2, 0.28, 0.3, 0.31, 0.32]])
def test_labels_are_moved_apart_and_keep_their_order(places: list[float]) -> None:
    moved = spread(places, 0.085)
    assert moved == sorted(moved)
    assert all(high - low > 0.08 for low, high in zip(moved, moved[1:]))
