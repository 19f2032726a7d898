"""What the plots of a report have in common: one look, one width, and time axes that stand one below the other."""

# pyright: reportUnknownMemberType=false
# matplotlib leaves the types of its keywords open.

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..instants import span
from .series import Intervals
from .summary import Summary
from .ticks import ticks

# Okabe and Ito's palette: told apart by every kind of eye, and in print.
USE = "#0072b2"
LIMIT = "#c1440e"
THRESHOLD = "#8a6d00"
STYLE: Any = {
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


def counting_axis(axes: Axes) -> None:
    axes.yaxis.set_label_coords(-0.1, 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(_grouped))


def _grouped(value: float, _position: int | None) -> str:
    return f"{value:,.0f}"


def time_axis(axes: Axes, summary: Summary) -> None:
    intervals = summary.outcomes.intervals
    marks = ticks(intervals.begin, intervals.end)
    axes.set_xticks([_number(mark.at) for mark in marks], [mark.label for mark in marks])
    axes.set_xlim(_number(intervals.begin), _number(intervals.end))
    factor = summary.setting.compress
    axes.set_xlabel("time (UTC)" if factor == 1 else f"virtual time (UTC), {factor:,} times faster than recorded")


def new_figure(height: float) -> Figure:
    """Every figure has the same margins, so that the time axes of a report stand one below the other."""
    figure = Figure(figsize=(_WIDTH, height))
    figure.subplots_adjust(left=0.115, right=0.83, top=1 - 0.3 / height, bottom=0.62 / height)
    return figure


def each(intervals: Intervals) -> str:
    """`day`, `5 min`."""
    text = span(intervals.width)
    return text[2:] if text.startswith("1 ") else text


def draw_steps(axes: Axes, values: Sequence[float], intervals: Intervals, *, label: str | None = None) -> None:
    """One value an interval, as an area under a line."""
    edges = edges_of(intervals)
    axes.stairs(values, edges, fill=True, color=USE, alpha=0.25, label=label)
    axes.stairs(values, edges, color=USE, linewidth=1.2, baseline=None)


def edges_of(intervals: Intervals) -> list[float]:
    return [_number(edge) for edge in intervals.edges()]


def _number(ns: int) -> float:
    """A place on the time axis: seconds. Only the drawing is in floating point."""
    return ns / 1e9


def svg_of(figure: Figure) -> str:
    """The figure without the XML prologue, which names a file on another server."""
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue().decode()
    return text[text.index("<svg") :]
