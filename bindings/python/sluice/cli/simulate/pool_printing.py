"""A pool's summary in words, for the terminal and the report."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from .. import words
from ..tables import row, share, table
from .pool_lines import spoken
from .pool_summary import Extent, LineUse, PoolSummary
from .summary import Setting, Summary

RECIPIENTS = "recipients"


def print_pool(console: Console, summary: Summary, pool: PoolSummary) -> None:
    figures = Table.grid(padding=(0, 2))
    for fact in pool_facts(summary.setting, pool):
        row(figures, [f"  {fact[0]}", fact[1]])
    console.print()
    console.print(figures)
    if summary.queue is not None:
        return  # it tells of the lines
    columns = use_columns(summary.setting, pool)
    made = table(uses_title(pool), columns, right=columns[1:])
    for use in pool.busiest():
        row(made, use_cells(pool, use))
    console.print()
    console.print(made)


def pool_facts(setting: Setting, pool: PoolSummary) -> Iterator[tuple[str, str]]:
    """What is told, and what it was."""
    lines = f"{len(pool.lines):,}"
    yield f"lines of pool {pool.name}", f"{lines} in {_sets(pool)}" if pool.by else lines
    if not pool.taken:
        yield setting.taken, "none"
        return
    first = pool.busiest()[0]
    busiest = f"most by {spoken(first.name)}: {share(first.messages, pool.taken)} of all"
    yield setting.taken, f"{_range(pool.messages())} a line, {busiest}"
    recipients = pool.recipients()
    if recipients is not None:
        yield RECIPIENTS, f"{_range(recipients)} a line"


def use_columns(setting: Setting, pool: PoolSummary) -> list[str]:
    return ["line", setting.taken, "share", *recipients_column(pool)]


def use_cells(pool: PoolSummary, use: LineUse) -> list[str]:
    return [use.name, f"{use.messages:,}", share(use.messages, pool.taken), *recipients_cell(pool, use.name)]


def uses_title(pool: PoolSummary) -> str:
    return lines_title(len(pool.busiest()), len(pool.lines))


def lines_title(shown: int, count: int) -> str:
    return "The lines" if shown == count else f"The {shown} busiest of {count:,} lines"


def recipients_column(pool: PoolSummary | None) -> list[str]:
    """What a sticky pool adds to a table of lines."""
    return [] if pool is None or pool.recipient is None else [RECIPIENTS]


def recipients_cell(pool: PoolSummary | None, line: str) -> list[str]:
    return [] if pool is None or pool.recipient is None else [f"{len(pool.lines[line].recipients):,}"]


def _sets(pool: PoolSummary) -> str:
    return f"{words.counted(pool.sets, 'set')}, one for each {words.joined(pool.by)}"


def _range(extent: Extent) -> str:
    """`5 to 9`; where all have as many, `5`."""
    least, most = extent
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"
