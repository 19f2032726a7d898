"""The queues and pools of two policies."""

from __future__ import annotations

from collections.abc import Iterator

from ..description import Description, Pool
from ..queues import pool_row, queue_rows
from .change import Change, Parts, change, union

_EVERYBODY = (None, None)
_PARTS = ("whose", "route", "full", "suspended")


def queue_changes(a: Description, b: Description) -> Iterator[Change]:
    """Queues only where both have them: else the operations differ in what can wait, and that has been said."""
    if a.queue is not None and b.queue is not None:
        rows = dict(queue_rows(a.queue)), dict(queue_rows(b.queue))
        parts = [{what: f"{what}: {how}" for what, how in side.items()} for side in rows]
        yield from change("queue", _EVERYBODY, parts[0], parts[1], [0])
    for name in union((pool.name for pool in a.pools), (pool.name for pool in b.pools)):
        yield from change(f"pool {name}", _EVERYBODY, _parts(a.pool(name)), _parts(b.pool(name)), [0])


def _parts(pool: Pool | None) -> Parts:
    if pool is None:
        return {}
    _, whose, *rest = pool_row(pool)
    return dict(zip(_PARTS, (f"lines of {whose}", *rest)))
