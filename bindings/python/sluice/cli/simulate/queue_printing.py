"""A queue's summary in words, for the terminal and the report."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from ..instants import instant, span
from ..tables import row, table
from .pool_lines import spoken
from .pool_printing import RECIPIENTS, lines_title, recipients_cell, recipients_column
from .pool_summary import PoolSummary
from .queue_summary import Deepest, LineSummary, QueueSummary
from .summary import Setting, Summary

_LINE_COLUMNS = ("line", "enqueued", "sent", "deepest, and when (UTC)", "longest wait")


def print_queue(console: Console, summary: Summary, queue: QueueSummary) -> None:
    figures = Table.grid(padding=(0, 2))
    for fact in queue_facts(summary, queue):
        row(figures, [f"  {fact[0]}", fact[1]])
    console.print()
    console.print(figures)
    if not queue.lines:
        return
    made = table(busiest_title(queue), line_columns(summary.pool), right=("enqueued", "sent", RECIPIENTS))
    for line in queue.busiest():
        row(made, line_cells(line, summary.pool))
    console.print()
    console.print(made)


def queue_facts(summary: Summary, queue: QueueSummary) -> Iterator[tuple[str, str]]:
    """What is told, and what it was."""
    waited = queue.waited()
    if waited is not None:
        shares = [("median", waited.median), ("95%", waited.p95), ("99%", waited.p99), ("longest", waited.longest)]
        yield "waited", ", ".join(f"{name} {span(wait)}" for name, wait in shares)
    if queue.deepest is not None and queue.most_held is not None:
        yield "deepest queue", f"{_depth(queue.deepest)}, {spoken(queue.deepest.line or '')}"
        yield "all together", _depth(queue.most_held)
    yield "at the end", _end(summary.setting, queue)


def line_columns(pool: PoolSummary | None) -> list[str]:
    return [*_LINE_COLUMNS, *recipients_column(pool)]


def line_cells(line: LineSummary, pool: PoolSummary | None) -> list[str]:
    wait = span(line.longest_wait) if line.sent else ""
    cells = [line.name, f"{line.enqueued:,}", f"{line.sent:,}", _depth(line.deepest), wait]
    return [*cells, *recipients_cell(pool, line.name)]


def busiest_title(queue: QueueSummary) -> str:
    return lines_title(len(queue.busiest()), len(queue.lines))


def _depth(deepest: Deepest) -> str:
    return f"{deepest.held:,} at {instant(deepest.at)[:19]}"


def _end(setting: Setting, queue: QueueSummary) -> str:
    if not queue.lines:
        return "nothing was held"
    after = queue.ended_at - setting.replayed[1]
    if not queue.held:
        late = f", {span(after)} after the last one had come" if after > 0 else ""
        return f"the queue was empty at {instant(queue.ended_at)[:19]}{late}"
    if queue.next_due is None:
        return "no instant is known at which what is still held may leave"
    return f"the next of those still held would leave at {instant(queue.next_due)[:19]}, after the end of the replay (--drain)"
