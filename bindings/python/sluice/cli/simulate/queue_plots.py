"""The plots of a queue: how many messages it held over time, and how long those that left had waited. Each is one SVG text."""

# pyright: reportUnknownMemberType=false
# matplotlib leaves the types of its keywords open.

from __future__ import annotations

import matplotlib
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..instants import UNITS
from .canvas import LIMIT, STYLE, counting_axis, draw_steps, each, edges_of, new_figure, svg_of, time_axis
from .queue_summary import QueueSummary
from .series import UseSeries
from .summary import Summary

_NAMES = {"day": "days", "h": "hours", "min": "minutes", "s": "seconds"}
_FEWEST = 2  # units on the axis of a wait: below, the next smaller unit is used


def depth_plot(summary: Summary, queue: QueueSummary) -> str:
    """The most messages held in each interval: together, and of the line that held most, where there are several."""
    panels = [("Messages held, all lines together", queue.held_over_time)]
    if len(queue.lines) > 1:
        panels.append(("Messages held by the line that held most", queue.depth_over_time))
    with matplotlib.rc_context(STYLE):
        figure = new_figure(0.7 + 2.0 * len(panels))
        grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False, gridspec_kw={"hspace": 0.3})[:, 0]
        for axes, (title, series) in zip(grid, panels):
            _draw_depth(axes, title, series)
        time_axis(grid[-1], summary)
        return svg_of(figure)


def wait_plot(summary: Summary, queue: QueueSummary) -> str:
    """How long the messages that left in each interval had waited: the longest of them, and the median."""
    with matplotlib.rc_context(STYLE):
        figure = new_figure(3.0)
        axes = figure.subplots()
        found = queue.waits.values()
        size, unit = unit_of(max((waited.longest for waited in found if waited), default=0))
        intervals = queue.waits.intervals
        longest = [waited.longest / size if waited else 0 for waited in found]
        median = [waited.median / size if waited else float("nan") for waited in found]
        draw_steps(axes, longest, intervals, label="longest")
        axes.stairs(median, edges_of(intervals), color=LIMIT, linewidth=1.6, baseline=None, label="median")
        axes.set_title("Wait of the messages that left")
        axes.set_ylim(0, max([*longest, _FEWEST]) * 1.08)
        axes.set_ylabel(f"{unit} waited, of those\nthat left in each {each(intervals)}")
        axes.yaxis.set_label_coords(-0.1, 0.5)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.legend(loc="upper left", bbox_to_anchor=(1.005, 1.0), frameon=False, fontsize=8)
        time_axis(axes, summary)
        return svg_of(figure)


def unit_of(longest: int) -> tuple[int, str]:
    """The largest unit of which the longest wait has at least two: its ns, and its name."""
    size, name = next(((size, name) for size, name in UNITS if longest >= _FEWEST * size), UNITS[-1])
    return size, _NAMES.get(name, name)


def _draw_depth(axes: Axes, title: str, series: UseSeries) -> None:
    values = series.values()
    draw_steps(axes, values, series.intervals)
    axes.set_title(title)
    axes.set_ylim(0, max([*values, 1]) * 1.12)
    axes.set_ylabel(f"messages, most\nof each {each(series.intervals)}")
    counting_axis(axes)
