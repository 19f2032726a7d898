"""Arguments of the form name=value."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

Pairs = tuple[tuple[str, str], ...]
Reader = Callable[[click.Context, click.Parameter, Iterable[str]], Pairs]


def pairs(form: str) -> Reader:
    """A click callback: splits each argument at its first `=`; both sides must be there."""

    def read(context: click.Context, parameter: click.Parameter, texts: Iterable[str]) -> Pairs:
        return tuple(_split(text, form) for text in texts)

    return read


def as_dict(option: str, given: Pairs) -> dict[str, str]:
    """The pairs of an option that names each thing once."""
    found: dict[str, str] = {}
    for name, value in given:
        if name in found:
            raise click.UsageError(f"{option} gives '{name}' twice: {found[name]} and {value}")
        found[name] = value
    return found


def _split(text: str, form: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not (name and mark and value):
        raise click.BadParameter(f"'{text}' is not of the form {form}")
    return name.strip(), value
