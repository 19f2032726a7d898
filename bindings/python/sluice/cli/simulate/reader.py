"""Traffic files: one header line, then one message a line, separated by commas, semicolons, tabs or spaces."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TextIO

_SEPARATORS = "\t,;"  # the first one that the header holds; else spaces


class TrafficError(Exception):
    """What is wrong with a traffic file, and on which line."""


class Row(NamedTuple):
    line: int
    fields: Sequence[str]


@dataclass(frozen=True)
class TrafficFile:
    """A file whose header was read. Every pass over `rows` opens it anew; nothing is kept in memory."""

    path: Path
    columns: tuple[str, ...]
    separator: str | None  # None: any run of spaces
    has_header: bool

    def column(self, name: str) -> int:
        if name not in self.columns:
            raise TrafficError(f"{self.path.name} has no column '{name}'; it has {listed(self.columns)}")
        return self.columns.index(name)

    def rows(self) -> Iterator[Row]:
        width = len(self.columns)
        header_seen = not self.has_header
        for row in _lines(self.path, self.separator):
            if not header_seen:
                header_seen = True
            elif len(row.fields) != width:
                raise self.error(row.line, f"{_count(len(row.fields))}, but the header has {listed(self.columns)}")
            else:
                yield row

    def error(self, line: int, message: str) -> TrafficError:
        return TrafficError(f"{self.path.name}, line {line}: {message}")


def open_traffic(path: Path, columns: Sequence[str] = ()) -> TrafficFile:
    """Reads the header. With `columns` the file has none, and these are the names."""
    line, text = _first_line(path)
    separator = next((mark for mark in _SEPARATORS if mark in text), None)
    if columns:
        return TrafficFile(path, _distinct(path, columns), separator, has_header=False)
    header = next(_lines(path, separator)).fields
    if all(_is_number(name) for name in header):
        raise TrafficError(
            f"{path.name}, line {line}: '{text.strip()}' looks like a message, not like the names of columns; "
            "give the names with --columns src,dst,time"
        )
    return TrafficFile(path, _distinct(path, [name.strip() for name in header]), separator, has_header=True)


def listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _first_line(path: Path) -> tuple[int, str]:
    """The number and text of the first line that is neither empty nor a comment."""
    with _opened(path) as file:
        for number, text in enumerate(file, start=1):
            if text.strip() and not text.startswith("#"):
                return number, text
    raise TrafficError(f"{path.name} is empty; a header line and then one message a line are expected")


def _lines(path: Path, separator: str | None) -> Iterator[Row]:
    """The rows that are neither empty nor a `#` comment before the first row."""
    begun = False
    with _opened(path) as file:
        for row in _split(file, separator):
            if row.fields and (begun or not row.fields[0].startswith("#")):
                begun = True
                yield row


@contextmanager
def _opened(path: Path) -> Generator[TextIO, None, None]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError as wrong:
        raise TrafficError(f"{path.name} is not UTF-8 text: {wrong.reason} near byte {wrong.start:,}") from None
    except OSError as wrong:
        raise TrafficError(f"{path}: {wrong.strerror}") from None


def _split(file: TextIO, separator: str | None) -> Iterator[Row]:
    if separator is None:
        for number, line in enumerate(file, start=1):
            yield Row(number, line.split())
        return
    reader = csv.reader(file, delimiter=separator, strict=True, skipinitialspace=True)
    try:
        for fields in reader:
            yield Row(reader.line_num, fields)
    except csv.Error as wrong:
        raise TrafficError(f"{Path(file.name).name}, line {reader.line_num}: {wrong}") from None


def _distinct(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if not name:
            raise TrafficError(f"{path.name}: a column has no name; the header has {listed(names)}")
        if names.count(name) > 1:
            raise TrafficError(f"{path.name}: two columns are called '{name}'")
    return tuple(names)


def _count(fields: int) -> str:
    return "1 field" if fields == 1 else f"{fields} fields"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
