"""Which lines a lease is of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .errors import InvalidRequest
from .scope import Value


class LineFilter(NamedTuple):
    """As the engine's core takes it."""

    lines: list[bytes] | None
    pool: str | None
    by: list[bytes]


def line_filter(lines: Iterable[Value] | None, pool: str | None, by: Iterable[Value]) -> LineFilter:
    """From what a caller gave. Raises TypeError, and InvalidRequest for values of no pool."""
    if pool is not None and not isinstance(pool, str):
        raise TypeError(f"pool must be str, not {type(pool).__name__}")
    values = keys_of("by", by)
    if values and pool is None:
        raise InvalidRequest("by: values of a pool, and no pool is given")
    return LineFilter(None if lines is None else keys_of("lines", lines), pool, values)


def keys_of(name: str, keys: Iterable[Value]) -> list[bytes]:
    """A list of keys, as bytes."""
    if isinstance(keys, (str, bytes)):
        raise TypeError(f"{name} must be a list of str or bytes, not {type(keys).__name__}")
    return [_key(name, i, key) for i, key in enumerate(keys)]


def _key(name: str, position: int, key: object) -> bytes:
    if isinstance(key, bytes):
        return key
    if isinstance(key, str):
        return key.encode()
    raise TypeError(f"{name}[{position}] must be str or bytes, not {type(key).__name__}")
