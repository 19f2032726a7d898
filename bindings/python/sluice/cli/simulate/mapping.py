"""Where a request's values come from: columns of the traffic file, and constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Union

from .reader import Row, TrafficError, TrafficFile, listed

_MOST_BYTES = 1_024  # of a value, in UTF-8


@dataclass(frozen=True)
class Column:
    position: int
    name: str


Source = Union[Column, str]  # a column, or a constant


class MappingError(Exception):
    """What of an operation has no source, or which source has no use."""


@dataclass(frozen=True)
class RequestMapping:
    """Turns a row into the values and quantities of one operation, in its declared order."""

    traffic: TrafficFile
    values: Mapping[str, Source]
    quantities: Mapping[str, Source]

    def values_of(self, row: Row) -> list[str]:
        found: list[str] = []
        for dimension, source in self.values.items():
            value = source if isinstance(source, str) else row.fields[source.position]
            if not value or len(value) > _MOST_BYTES // 4:
                self._check(dimension, value, row)
            found.append(value)
        return found

    def quantities_of(self, row: Row) -> dict[str, int] | None:
        if not self.quantities:
            return None
        return {name: self._number(name, source, row) for name, source in self.quantities.items()}

    def described(self) -> dict[str, str]:
        """`account: "acme"`, `line: column src`."""
        sources = {**self.values, **self.quantities}
        return {name: f'"{s}"' if isinstance(s, str) else f"column {s.name}" for name, s in sources.items()}

    def _check(self, dimension: str, value: str, row: Row) -> None:
        length = len(value.encode())
        if length == 0:
            raise self.traffic.error(row.line, f"no {dimension}: the column is empty")
        if length > _MOST_BYTES:
            raise self.traffic.error(row.line, f"{dimension} has {length:,} bytes; a value has at most {_MOST_BYTES:,}")

    def _number(self, name: str, source: Source, row: Row) -> int:
        text = source if isinstance(source, str) else row.fields[source.position]
        if not (text.isascii() and text.isdigit()):
            raise self.traffic.error(row.line, f"{name} is '{text}'; a whole number from 0 was expected")
        return int(text)


def mapping_of(
    traffic: TrafficFile,
    operation: str,
    values: Sequence[str],
    quantities: Sequence[str],
    columns: Mapping[str, str],
    constants: Mapping[str, str],
) -> RequestMapping:
    """Finds a source for every value and quantity: one that was named, else a column of the same name."""
    wanted = [*values, *quantities]
    for name in (*columns, *constants):
        if name not in wanted:
            raise MappingError(f"{operation} has no '{name}'; it takes {listed(wanted)}")
        if name in columns and name in constants:
            raise MappingError(f"'{name}' has a column and a constant; give one of them")
    sources = {name: _source(traffic, operation, name, columns, constants) for name in wanted}
    return RequestMapping(traffic, {name: sources[name] for name in values}, {name: sources[name] for name in quantities})


def _source(traffic: TrafficFile, operation: str, name: str, columns: Mapping[str, str], constants: Mapping[str, str]) -> Source:
    if name in constants:
        return constants[name]
    column = columns.get(name, name)
    if name not in columns and name not in traffic.columns:
        raise MappingError(
            f"{operation} needs a value for '{name}': --map {name}=COLUMN or --set {name}=VALUE\n"
            f"columns of {traffic.path.name}: {listed(traffic.columns)}"
        )
    try:
        return Column(traffic.column(column), column)
    except TrafficError as unknown:
        raise MappingError(f"--map {name}={column}: {unknown}") from None
