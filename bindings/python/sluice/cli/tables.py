"""Tables of one look for every command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

GOOD, BAD, SOME = "green", "red", "yellow"


def table(title: str, columns: Sequence[str], *, right: Iterable[str] = (), lines: bool = False) -> Table:
    """A table without a frame; the columns named in `right` hold numbers."""
    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        show_lines=lines,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def row(made: Table, cells: Iterable[str | Text]) -> None:
    """Cells are text, never markup: a name may hold brackets."""
    made.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))


def share(part: int, whole: int) -> str:
    """`38%`, `<1%`, `>99%`; nothing is empty."""
    if part == 0 or whole == 0:
        return ""
    if 0 < part * 100 < whole:
        return "<1%"
    if part < whole < part + whole / 100:
        return ">99%"
    return f"{round(part * 100 / whole):,}%"
