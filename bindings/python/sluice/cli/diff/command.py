"""The command, its table and its JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import click
from rich.text import Text

from ..console import out, print_json
from ..description import Description
from ..policies import STANCES, describe, load
from ..tables import BAD, GOOD, SOME, row, table
from .change import DIFFERS, GAINS, LOSES, Change
from .limits import limit_changes
from .operations import operation_changes
from .plans import plan_changes
from .queues import queue_changes

_COLOURS = {GAINS: GOOD, LOSES: BAD, DIFFERS: SOME}
_SEVERAL = {GAINS: "gain", LOSES: "lose", DIFFERS: "differ"}


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--stance-a", type=click.Choice(STANCES), default="enforce", show_default=True, help="How to read A.")
@click.option("--stance-b", type=click.Choice(STANCES), default="enforce", show_default=True, help="How to read B.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def diff(context: click.Context, a: str, b: str, stance_a: str, stance_b: str, as_json: bool) -> None:
    """Compares policies A and B: who gains and who loses by going from A to B.

    Each is a file, or the name of a policy that comes with Sluice. They may be the same file in two stances:

    \b
        sluice diff linq linq --stance-b comply

    Exit code: 0 the same, 1 different, 2 wrong usage or a policy that cannot be used.
    """
    one, other = describe(load(a, stance_a)), describe(load(b, stance_b))
    changes = compare(one, other)
    if as_json:
        print_json(_json(one, other, changes))
    else:
        _print(one, other, changes)
    context.exit(1 if changes else 0)


def compare(one: Description, other: Description) -> list[Change]:
    """Plans, limits, operations, queues and pools, each in the order of the policies."""
    changes = plan_changes, limit_changes, operation_changes, queue_changes
    return [change for found in changes for change in found(one, other)]


def _print(one: Description, other: Description, changes: list[Change]) -> None:
    console = out()
    names = f"{one.name} ({one.stance})", f"{other.name} ({other.stance})"
    if not changes:
        console.print(f"{names[0]} and {names[1]} are the same.", markup=False)
        return
    made = table(f"From {names[0]} to {names[1]}", ["verdict", "who", "what", "before", "after"], lines=True)
    for group in _together(changes):
        first = group[0]
        row(made, [Text(first.verdict, _COLOURS[first.verdict]), _who(group), first.what, first.before, first.after])
    console.print(made)
    counts = Counter(change.verdict for change in changes)
    console.print(", ".join(f"{counts[v]} {v if counts[v] == 1 else _SEVERAL[v]}" for v in _COLOURS if counts[v]))


def _together(changes: list[Change]) -> Iterator[list[Change]]:
    """Neighbours that differ by the plan alone."""
    group: list[Change] = []
    for change in changes:
        if group and _without_plan(change) != _without_plan(group[0]):
            yield group
            group = []
        group.append(change)
    yield group


def _without_plan(change: Change) -> tuple[object, ...]:
    return change.what, change.dimension, change.before, change.after, change.verdict


def _who(group: Sequence[Change]) -> str:
    if group[0].dimension is None:
        return "everybody"
    plans = ", ".join(change.plan for change in group if change.plan)
    return f"{group[0].dimension} on {plans}" if plans else f"every {group[0].dimension}"


def _json(one: Description, other: Description, changes: list[Change]) -> dict[str, Any]:
    return {
        "same": not changes,
        "a": {"policy": one.name, "stance": one.stance},
        "b": {"policy": other.name, "stance": other.stance},
        "changes": [asdict(change) for change in changes],
    }
