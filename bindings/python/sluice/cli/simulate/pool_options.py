"""`--lines` and `--line`: whether a pool chooses, and among which lines; and what is wrong with what was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..console import Failure
from ..description import Description, Operation
from .pool_lines import PoolLines, numbered
from .reader import TrafficFile, listed

MOST_LINES = 4_096
_MOST_BYTES = 1_024  # of a line's name, in UTF-8


def pool_lines_of(
    description: Description,
    operation: Operation,
    traffic: TrafficFile,
    count: int | None,
    names: Sequence[str],
    sources: Mapping[str, str],
    constants: Mapping[str, str],
) -> PoolLines | None:
    """The lines for the operation's pool to choose among; None where every request brings its line, or has none."""
    pool = description.pool(operation.pool) if operation.pool else None
    line = description.line
    if count is None and not names:
        if pool is not None and line is not None and line not in {*sources, *constants, *traffic.columns}:
            raise Failure(_no_source(operation, pool.name, line, traffic))
        return None
    option = f"--lines {count}" if count is not None else f"--line {names[0]}"
    if count is not None and names:
        raise Failure(f"{option} and --line {names[0]}: the lines of a pool are numbered or named; give one of them")
    if pool is None or line is None:
        raise Failure(f"{option}: {_no_pool(description, operation)}")
    for given, source in (("--map", sources), ("--set", constants)):
        if line in source:
            raise Failure(
                f"{option} and {given} {line}={source[line]}: a line is chosen by the pool or brought by the request; "
                "give one of them"
            )
    return PoolLines(pool, line, numbered(count) if count is not None else _checked(names))


def _no_source(operation: Operation, pool: str, line: str, traffic: TrafficFile) -> str:
    return (
        f"{operation.name} goes by the pool {pool}: give --lines N so that the pool chooses among N lines, "
        f"or the line itself: --map {line}=COLUMN or --set {line}=VALUE\n"
        f"columns of {traffic.path.name}: {listed(traffic.columns)}"
    )


def _no_pool(description: Description, operation: Operation) -> str:
    pooled = ", ".join(other.name for other in description.operations if other.pool) or "none"
    said = f"{operation.name} goes by no pool; of {description.name} these do: {pooled}"
    line = description.line
    return f"{said}. Else give its line: --map {line}=COLUMN or --set {line}=VALUE" if line in operation.values else said


def _checked(names: Sequence[str]) -> tuple[str, ...]:
    if len(names) > MOST_LINES:
        raise Failure(f"--line is given {len(names):,} times; a pool gets at most {MOST_LINES:,} lines")
    for name in names:
        length = len(name.encode())
        if not 1 <= length <= _MOST_BYTES:
            raise Failure(f"--line: a name has {length:,} bytes; give it 1 to {_MOST_BYTES:,}")
        if names.count(name) > 1:
            raise Failure(f"--line gives '{name}' twice; each line once")
    return tuple(names)
