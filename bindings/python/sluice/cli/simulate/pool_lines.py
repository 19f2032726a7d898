"""The lines that a replay gives to a pool, so that the engine chooses the line of every message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .. import words
from ..description import Operation, Pool

_FRONT = "line "


@dataclass(frozen=True)
class PoolLines:
    """As many, and called as, in every set of the pool."""

    pool: Pool
    dimension: str  # the policy's line
    names: tuple[str, ...]

    def of(self, values: Mapping[str, str]) -> list[str]:
        """The lines of the set to which these values belong: `line 1`, and `acme/line 1` where each account has its own."""
        front = "".join(f"{_escaped(values[dimension])}/" for dimension in self.pool.by)
        return [front + name for name in self.names]

    def described(self) -> str:
        """`pool own (4 lines for each account)`."""
        each = f" for each {words.joined(self.pool.by)}" if self.pool.by else ""
        return f"pool {self.pool.name} ({words.counted(len(self.names), 'line')}{each})"


def numbered(count: int) -> tuple[str, ...]:
    return tuple(f"{_FRONT}{number}" for number in range(1, count + 1))


def spoken(line: str) -> str:
    """`line +1555`; of a numbered line the name says what it is."""
    return line if line.rpartition("/")[2].startswith(_FRONT) else f"line {line}"


def brought(operation: Operation, lines: PoolLines | None) -> tuple[str, ...]:
    """The values that a request has: all of the operation's, but no line where the pool chooses it."""
    return tuple(value for value in operation.values if lines is None or value != lines.dimension)


def _escaped(value: str) -> str:
    """Two sets never share a line: the `/` behind a value is told from one in it."""
    return value.replace("\\", "\\\\").replace("/", "\\/")
