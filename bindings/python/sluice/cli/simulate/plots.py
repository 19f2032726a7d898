"""The plots of a report: use against limit over time, and what became of the messages. Each is one SVG text."""

# pyright: reportUnknownMemberType=false
# matplotlib leaves the types of its keywords open.

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..instants import span
from ..words import plural
from .series import Intervals
from .summary import ADMITTED, WOULD_QUEUE, LimitSummary, Summary
from .ticks import ticks

# Okabe and Ito's palette: told apart by every kind of eye, and in print.
_USE = "#0072b2"
_LIMIT = "#c1440e"
_THRESHOLD = "#8a6d00"
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
_STYLE: Any = {
    "svg.fonttype": "path",
    "svg.hashsalt": "sluice",
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
}
_WIDTH = 9.0  # inches
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
    with matplotlib.rc_context(_STYLE):
        rows = 2 if kinds else 1
        figure = _figure(0.7 + 2.0 * rows)
        panels = figure.subplots(rows, 1, sharex=True, squeeze=False, gridspec_kw={"hspace": 0.3})[:, 0]
        _stack(panels[0], summary, [ADMITTED, *kinds])
        panels[0].set_title("All messages" if summary.setting.retry == "none" else "All tries")
        if kinds:
            _stack(panels[1], summary, kinds)
            panels[1].set_title("Those not admitted, by reason")
        _time_axis(panels[-1], summary)
        return _svg(figure)


def use_plot(summary: Summary, limit: LimitSummary) -> str:
    """Use of one limit over time: the highest of any subject in each interval, against its amount and thresholds."""
    with matplotlib.rc_context(_STYLE):
        figure = _figure(3.0)
        axes = figure.subplots()
        intervals = limit.use.intervals
        values, edges = limit.use.values(), _edges(intervals)
        axes.stairs(values, edges, fill=True, color=_USE, alpha=0.25)
        axes.stairs(values, edges, color=_USE, linewidth=1.2, baseline=None)
        axes.set_title(f"{limit.name}: {limit.rule}")
        axes.set_ylabel(f"{plural(limit.unit)} used,\nhighest of each {_each(intervals)}")
        _draw_marks(axes, limit, max(values, default=0))
        _counting_axis(axes)
        _time_axis(axes, summary)
        return _svg(figure)


def marks_of(limit: LimitSummary) -> list[Mark]:
    """The amount at the peak, the thresholds below and above it, and the ceiling."""
    amount = limit.peak.amount if limit.peak else None
    if amount is None:
        return []
    marks = [Mark(amount, f"limit {amount:,}", _LIMIT, "--")]
    for share in sorted({share for share, _ in limit.thresholds} | set(limit.crossings)):
        at = -(-amount * share // 10_000)
        if at == amount:
            marks[0] = marks[0]._replace(text=f"{marks[0].text} (notice)")
        else:
            marks.append(Mark(at, f"notice {share / 100:g}%: {at:,}", _THRESHOLD, ":"))
    if limit.cap is not None and limit.cap != amount:
        marks.append(Mark(limit.cap, f"ceiling {limit.cap:,}", _LIMIT, "-."))
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
        axes.text(0.995, 0.97, f"limit {marks[0].at:,.0f}: off the scale (peak: {share:.1%} of it)", color=_LIMIT,
                  ha="right", va="top", transform=axes.transAxes, bbox=_PAPER)  # fmt: skip
        return
    top = max([highest, 1, *(mark.at for mark in marks)]) * 1.12
    axes.set_ylim(0, top)
    if len(amounts) > 1:
        steps = [float("nan") if amount is None else amount for amount in limit.use.amounts()]
        axes.stairs(steps, _edges(limit.use.intervals), color=_LIMIT, linestyle="--", baseline=None)
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
    edges = _edges(series.intervals)
    base = [0] * len(series.intervals)
    for kind in kinds:
        top = [low + value for low, value in zip(base, series.values(kind))]
        name = kind if kind in (ADMITTED, WOULD_QUEUE) else f"denied: {kind}"
        axes.stairs(top, edges, baseline=base, fill=True, color=_KINDS.get(kind, _OTHER), label=name)
        base = top
    axes.set_ylim(0, max([*base, 1]) * 1.08)
    word = "messages" if summary.setting.retry == "none" else "tries"
    axes.set_ylabel(f"{word} per {_each(series.intervals)}")
    axes.legend(loc="upper left", bbox_to_anchor=(1.005, 1.0), frameon=False, reverse=True, fontsize=8)
    _counting_axis(axes)


def _counting_axis(axes: Axes) -> None:
    axes.yaxis.set_label_coords(-0.1, 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(_grouped))


def _grouped(value: float, _position: int | None) -> str:
    return f"{value:,.0f}"


def _time_axis(axes: Axes, summary: Summary) -> None:
    intervals = summary.outcomes.intervals
    marks = ticks(intervals.begin, intervals.end)
    axes.set_xticks([_number(mark.at) for mark in marks], [mark.label for mark in marks])
    axes.set_xlim(_number(intervals.begin), _number(intervals.end))
    factor = summary.setting.compress
    axes.set_xlabel("time (UTC)" if factor == 1 else f"virtual time (UTC), {factor:,} times faster than recorded")


def _figure(height: float) -> Figure:
    """Every figure has the same margins, so that the time axes of a report stand one below the other."""
    figure = Figure(figsize=(_WIDTH, height))
    figure.subplots_adjust(left=0.115, right=0.83, top=1 - 0.3 / height, bottom=0.62 / height)
    return figure


def _each(intervals: Intervals) -> str:
    """`day`, `5 min`."""
    text = span(intervals.width)
    return text[2:] if text.startswith("1 ") else text


def _edges(intervals: Intervals) -> list[float]:
    return [_number(edge) for edge in intervals.edges()]


def _number(ns: int) -> float:
    """A place on the time axis: seconds. Only the drawing is in floating point."""
    return ns / 1e9


def _svg(figure: Figure) -> str:
    """The figure without the XML prologue, which names a file on another server."""
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue().decode()
    return text[text.index("<svg") :]
