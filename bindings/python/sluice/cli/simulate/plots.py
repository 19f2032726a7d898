"""The plots of a report: use against limit over time, and what became of the messages. Each is one SVG text."""

# pyright: reportUnknownMemberType=false
# matplotlib leaves the types of its keywords open.

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib
from matplotlib.axes import Axes

from ..words import plural
from .canvas import LIMIT, STYLE, THRESHOLD, counting_axis, draw_steps, each, edges_of, new_figure, svg_of, time_axis
from .summary import ADMITTED, WOULD_QUEUE, LimitSummary, Summary

_KINDS = {
    ADMITTED: "#9cc9b8",
    WOULD_QUEUE: "#56b4e9",
    "quota": "#d55e00",
    "rate": "#e69f00",
    "distinct": "#cc79a7",
    "gauge": "#f0e442",
    "depth": "#0072b2",
}
_OTHER = "#777777"
_OFF_SCALE = 0.2  # a peak below this share of the limit is drawn on its own scale


class Mark(NamedTuple):
    """A horizontal line with its name beside the plot."""

    at: float
    text: str
    colour: str
    dashes: str


def outcomes_plot(summary: Summary) -> str:
    """What became of the messages, over time; below it, the refusals alone and by kind."""
    kinds = [kind for kind in (*sorted(summary.denied), WOULD_QUEUE) if kind in summary.outcomes.counts]
    with matplotlib.rc_context(STYLE):
        rows = 2 if kinds else 1
        figure = new_figure(0.7 + 2.0 * rows)
        panels = figure.subplots(rows, 1, sharex=True, squeeze=False, gridspec_kw={"hspace": 0.3})[:, 0]
        _stack(panels[0], summary, [ADMITTED, *kinds])
        panels[0].set_title("All messages" if summary.setting.retry == "none" else "All tries")
        if kinds:
            _stack(panels[1], summary, kinds)
            panels[1].set_title(f"Those not {summary.setting.taken}, by reason")
        time_axis(panels[-1], summary)
        return svg_of(figure)


def use_plot(summary: Summary, limit: LimitSummary) -> str:
    """Use of one limit over time: the highest of any subject in each interval, against its amount and thresholds."""
    with matplotlib.rc_context(STYLE):
        figure = new_figure(3.0)
        axes = figure.subplots()
        intervals = limit.use.intervals
        values = limit.use.values()
        draw_steps(axes, values, intervals)
        axes.set_title(f"{limit.name}: {limit.rule}")
        axes.set_ylabel(f"{plural(limit.unit)} used,\nhighest of each {each(intervals)}")
        _draw_marks(axes, limit, max(values, default=0))
        counting_axis(axes)
        time_axis(axes, summary)
        return svg_of(figure)


def marks_of(limit: LimitSummary) -> list[Mark]:
    """The amount at the peak, the thresholds below and above it, and the ceiling."""
    amount = limit.peak.amount if limit.peak else None
    if amount is None:
        return []
    marks = [Mark(amount, f"limit {amount:,}", LIMIT, "--")]
    for share in sorted({share for share, _ in limit.thresholds} | set(limit.crossings)):
        at = -(-amount * share // 10_000)
        if at == amount:
            marks[0] = marks[0]._replace(text=f"{marks[0].text} (notice)")
        else:
            marks.append(Mark(at, f"notice {share / 100:g}%: {at:,}", THRESHOLD, ":"))
    if limit.cap is not None and limit.cap != amount:
        marks.append(Mark(limit.cap, f"ceiling {limit.cap:,}", LIMIT, "-."))
    return marks


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Moves labels apart to at least `gap`, as little as that needs, keeping their order. Ascending in, ascending out."""
    placed = list(positions)
    for _ in range(8 * len(placed)):
        for low in range(len(placed) - 1):
            lack = gap - (placed[low + 1] - placed[low])
            if lack > 1e-9:
                placed[low] -= lack / 2
                placed[low + 1] += lack / 2
    return placed


def _draw_marks(axes: Axes, limit: LimitSummary, highest: int) -> None:
    marks = marks_of(limit)
    amounts = {amount for amount in limit.use.amounts() if amount is not None}
    if marks and highest < _OFF_SCALE * marks[0].at:
        share = highest / marks[0].at
        axes.set_ylim(0, max(highest, 1) * 1.25)
        axes.text(0.995, 0.97, f"limit {marks[0].at:,.0f}: off the scale (peak: {share:.1%} of it)", color=LIMIT,
                  ha="right", va="top", transform=axes.transAxes, bbox=_PAPER)  # fmt: skip
        return
    top = max([highest, 1, *(mark.at for mark in marks)]) * 1.12
    axes.set_ylim(0, top)
    if len(amounts) > 1:
        steps = [float("nan") if amount is None else amount for amount in limit.use.amounts()]
        axes.stairs(steps, edges_of(limit.use.intervals), color=LIMIT, linestyle="--", baseline=None)
        marks = [mark._replace(text=f"{mark.text}, at the peak") if mark.dashes == "--" else mark for mark in marks]
    _draw_lines(axes, [mark for mark in marks if len(amounts) == 1 or mark.dashes != "--"])
    _write_names(axes, marks, top)


_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85}


def _draw_lines(axes: Axes, marks: Sequence[Mark]) -> None:
    for mark in marks:
        axes.axhline(mark.at, color=mark.colour, linestyle=mark.dashes, linewidth=1.2)


def _write_names(axes: Axes, marks: Sequence[Mark], top: float) -> None:
    """Beside the plot, not in it: there they would hide the data."""
    ordered = sorted(marks)
    for mark, place in zip(ordered, spread([mark.at / top for mark in ordered], 0.085)):
        axes.annotate(mark.text, (1, mark.at / top), (1.015, place), xycoords="axes fraction", color=mark.colour,
                      va="center", fontsize=8, annotation_clip=False)  # fmt: skip


def _stack(axes: Axes, summary: Summary, kinds: Sequence[str]) -> None:
    series = summary.outcomes
    edges = edges_of(series.intervals)
    base = [0] * len(series.intervals)
    for kind in kinds:
        top = [low + value for low, value in zip(base, series.values(kind))]
        name = {ADMITTED: summary.setting.taken, WOULD_QUEUE: WOULD_QUEUE}.get(kind, f"denied: {kind}")
        axes.stairs(top, edges, baseline=base, fill=True, color=_KINDS.get(kind, _OTHER), label=name)
        base = top
    axes.set_ylim(0, max([*base, 1]) * 1.08)
    word = "messages" if summary.setting.retry == "none" else "tries"
    axes.set_ylabel(f"{word} per {each(series.intervals)}")
    axes.legend(loc="upper left", bbox_to_anchor=(1.005, 1.0), frameon=False, reverse=True, fontsize=8)
    counting_axis(axes)
