"""A report of a replay as one HTML file: it holds its plots and its style, and asks no other server for anything."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from ..instants import instant, span
from .plots import outcomes_plot, use_plot
from .pool_printing import pool_facts, use_cells, use_columns, uses_title
from .pool_summary import PoolSummary
from .printing import crossings, longest_wait, outcomes, peak, period, refusals, request, title
from .queue_plots import depth_plot, wait_plot
from .queue_printing import busiest_title, line_cells, line_columns, queue_facts
from .queue_summary import QueueSummary
from .summary import LimitSummary, Summary

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>{period}</p>
<ul class="figures">
{figures}
</ul>
<h2>What became of the messages</h2>
{outcomes}
{pool}{queue}<h2>Limits</h2>
{limits}
<h2>Use against limits</h2>
{uses}
{thresholds}<h2>How it was replayed</h2>
<p>{request}</p>
<p>{how}</p>
<p><code>{command}</code></p>
</body>
</html>
"""
_DECIDED = "Every message was decided at its own time on a virtual clock, by a fresh engine. A message that was refused or would"
_HOW = {
    "none": f"{_DECIDED} have waited was not tried again.",
    "wait": f"{_DECIDED} have waited was tried again when its answer said, up to ten times in all.",
    "queue": "Every message was given to the queue of a fresh engine at its own time on a virtual clock, and sent at the instant "
    "at which it was due. At one instant, all come in before the first leaves. A message that was refused was not tried again.",
}


def report(summary: Summary, command: str) -> str:
    """The page; `command` is the line that makes it again."""
    return _PAGE.format(
        title=escape(title(summary)),
        style=Path(__file__).with_name("report.css").read_text("utf-8"),
        period=escape(period(summary.setting)),
        figures="\n".join(_figures(summary)),
        outcomes=_plot(outcomes_plot(summary), "What became of the messages over time", ""),
        pool=_pool_section(summary, summary.pool) if summary.pool else "",
        queue=_queue_section(summary, summary.queue) if summary.queue else "",
        limits=_limit_table(summary.limits),
        uses="\n".join(_use_plots(summary)),
        thresholds=_threshold_section(summary),
        request=escape(request(summary.setting)),
        how=_HOW[summary.setting.retry if summary.queue is None else "queue"],
        command=escape(command),
    )


def _figures(summary: Summary) -> Iterator[str]:
    yield _figure(f"{summary.messages:,}", "messages")
    for word, number, part in outcomes(summary):
        yield _figure(number, f"{word}, {part}" if part else word)


def _figure(number: str, words: str) -> str:
    return f"<li><b>{escape(number)}</b><span>{escape(words)}</span></li>"


def _pool_section(summary: Summary, pool: PoolSummary) -> str:
    parts = [f"<h2>The pool</h2>\n{_facts(pool_facts(summary.setting, pool))}"]
    if summary.queue is None:  # a queue tells of the lines
        uses = _table(use_columns(summary.setting, pool), (_cells(use_cells(pool, use)) for use in pool.busiest()))
        parts.append(f"<h2>{escape(uses_title(pool))}</h2>\n{uses}")
    return "".join(f"{part}\n" for part in parts)


def _queue_section(summary: Summary, queue: QueueSummary) -> str:
    parts = "\n".join(_queue_parts(summary, queue))
    return f"<h2>The queue</h2>\n{parts}\n"


def _queue_parts(summary: Summary, queue: QueueSummary) -> Iterator[str]:
    yield _facts(queue_facts(summary, queue))
    if not queue.lines:
        return
    held = "A message is held from when it is taken in until it is sent or expires."
    yield _plot(depth_plot(summary, queue), "Messages held over time", held)
    yield _plot(wait_plot(summary, queue), "How long messages waited, over time", "")
    yield f"<h2>{escape(busiest_title(queue))}</h2>"
    yield _table(line_columns(summary.pool), (_cells(line_cells(line, summary.pool)) for line in queue.busiest()))


def _limit_table(limits: Iterable[LimitSummary]) -> str:
    head = ["limit", "peak use", "whose, and when (UTC)", "answers it refused", "longest wait"]
    return _table(head, (_limit_cells(limit) for limit in limits))


def _limit_cells(limit: LimitSummary) -> Iterator[str]:
    where = f"{escape(limit.peak.subject)}<small>{instant(limit.peak.at)[:19]}</small>" if limit.peak else ""
    yield f"<td><b>{escape(limit.name)}</b><small>{escape(limit.rule)}</small></td>"
    yield f"<td>{escape(peak(limit))}</td>"
    yield f"<td>{where}</td>"
    yield f'<td class="refused">{"<br>".join(map(escape, refusals(limit)))}</td>'
    yield f"<td>{escape(longest_wait(limit))}</td>"


def _use_plots(summary: Summary) -> Iterator[str]:
    """The tightest limit first, what is only counted last, and nothing of what was never used."""
    for limit in summary.by_tightness():
        text = f"{limit.name}: {peak(limit)} at its peak"
        yield _plot(use_plot(summary, limit), text, _caption(limit))


def _caption(limit: LimitSummary) -> str:
    scope = " and ".join(limit.scope)
    width = span(limit.use.intervals.width)
    return f"The highest use that any one {scope} had in each interval of {width}."


def _threshold_section(summary: Summary) -> str:
    rows = [
        [f"<td><b>{escape(limit.name)}</b></td>", f"<td>{escape(line)}</td>", f"<td>{escape(crossing.subject)}</td>"]
        for limit in summary.limits
        for line, (_, crossing) in zip(crossings(limit), sorted(limit.crossings.items()))
    ]
    if not rows:
        return ""
    return f"<h2>Thresholds crossed</h2>\n{_table(['limit', 'notice (UTC)', 'first by'], rows)}\n"


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return _table((), ([f"<td><b>{escape(fact)}</b></td>", f"<td>{escape(was)}</td>"] for fact, was in facts))


def _cells(cells: Iterable[str]) -> list[str]:
    return [f"<td>{escape(cell)}</td>" for cell in cells]


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = "".join(f"<th>{escape(word)}</th>" for word in head)
    top = f"<thead><tr>{heads}</tr></thead>\n" if heads else ""
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f"<table>\n{top}<tbody>\n{body}\n</tbody>\n</table>"


def _plot(svg: str, words: str, caption: str) -> str:
    """As an image: the names inside one plot do not meet those of another."""
    data = b64encode(svg.encode()).decode()
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><img alt="{escape(words)}" src="data:image/svg+xml;base64,{data}">{said}</figure>'
