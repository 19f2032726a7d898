"""The scopes of a policy: which tuples of dimensions have limits or plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Union

from .errors import InvalidRequest, NotFound

Value = Union[str, bytes]


class Scopes:
    """Finds the scope that a caller means by naming its dimensions in any order."""

    def __init__(self, description: dict[str, Any]) -> None:
        scopes = [limit["scope"] for limit in description["limits"]]
        scopes += [plans["scope"] for plans in description["plan_sets"]]
        self._by_names = {frozenset(scope): scope for scope in (tuple(text.split(",")) for text in scopes)}
        self.dimensions: tuple[str, ...] = tuple(description["dimensions"])
        self.plans: dict[str, tuple[str, ...]] = {
            plans["scope"]: tuple(plan["name"] for plan in plans["plans"]) for plans in description["plan_sets"]
        }
        self._tenant: str = description["tenant"]
        self._by_pool: dict[str, tuple[str, ...]] = {pool["name"]: tuple(pool["by"]) for pool in description["pools"]}

    def find(self, subject: Mapping[str, Value] | None, dimensions: Mapping[str, Value]) -> tuple[str, tuple[Value, ...]]:
        """The scope's text and the values in its order, from keywords and a mapping for names that are no keywords."""
        named = _joined(subject, dimensions)
        scope = self._by_names.get(frozenset(named))
        if scope is None:
            known = "; ".join(", ".join(scope) for scope in self._by_names.values())
            raise NotFound(f"the policy keeps no limits for ({', '.join(named)}); it does for: {known}")
        return ",".join(scope), tuple(named[name] for name in scope)

    def dimension(self, subject: Mapping[str, Value] | None, dimensions: Mapping[str, Value]) -> tuple[str, tuple[Value]]:
        """One dimension of the policy, whether or not it has limits of its own."""
        named = _joined(subject, dimensions)
        if len(named) != 1:
            raise TypeError(f"name exactly one dimension, not ({', '.join(named)})")
        ((name, value),) = named.items()
        if name not in self.dimensions:
            raise NotFound(f'the policy has no dimension "{name}"; it has: {", ".join(self.dimensions)}')
        return name, (value,)

    def by_of(self, pool: str, by: Mapping[str, Value] | None, dimensions: Mapping[str, Value]) -> tuple[Value, ...]:
        """The values of a pool's `by`, in its order."""
        names = self._by_pool.get(pool)
        if names is None:
            raise NotFound(f'the policy has no pool "{pool}"; it has: {", ".join(self._by_pool) or "none"}')
        named = _joined(by, dimensions) if by or dimensions else {}
        if set(named) != set(names):
            wanted = f"its lines by ({', '.join(names)})" if names else "one set of lines for all"
            raise TypeError(f'the pool "{pool}" has {wanted}, not ({", ".join(named)})')
        return tuple(named[name] for name in names)

    def tenant_of(self, subject: Mapping[str, Value] | None, dimensions: Mapping[str, Value]) -> Value:
        """The value of the policy's tenant dimension, and nothing else."""
        if not subject and not dimensions:
            raise TypeError(f'name whose campaign it is, such as {self._tenant}="acme"')
        named = _joined(subject, dimensions)
        if set(named) != {self._tenant}:
            raise InvalidRequest(f"a campaign is of one {self._tenant}, not of ({', '.join(named)})")
        return named[self._tenant]

    def text(self, scope: str | Iterable[str]) -> str:
        """A scope's text from a name, names joined with commas, or names in any order."""
        names = scope.split(",") if isinstance(scope, str) else list(scope)
        known = self._by_names.get(frozenset(names))
        return ",".join(known if known is not None else names)


def _joined(subject: Mapping[str, Value] | None, dimensions: Mapping[str, Value]) -> dict[str, Value]:
    if subject is not None and not isinstance(subject, Mapping):
        raise TypeError(f"subject must be a mapping of dimensions to values, not {type(subject).__name__}")
    twice = set(subject or ()) & set(dimensions)
    if twice:
        raise TypeError(f"{', '.join(sorted(twice))} is given twice")
    named = {**(subject or {}), **dimensions}
    if not named:
        raise TypeError('name a subject by its dimensions, such as account="acme"')
    for name, value in named.items():
        if not isinstance(value, (str, bytes)):
            raise TypeError(f"{name} must be str or bytes, not {type(value).__name__}")
    return named
