"""`sluice decide`: one decision, in words."""

from __future__ import annotations

from typing import Any, NamedTuple

import click

from sluice import Decision, Engine, LimitDetail

from . import words
from .console import Failure, out, print_json
from .description import Description, Operation
from .instants import END_OF_TIME, from_iso, instant, iso, span
from .pairs import Pairs, as_dict, pairs
from .policies import describe, load, stance_option
from .tables import row, table


class Request(NamedTuple):
    operation: Operation
    values: dict[str, str | list[str]]
    quantities: dict[str, int] | None
    plans: dict[str, str]
    now: int


class Outcome(NamedTuple):
    """The last of some equal decisions, and how many of those before it were allowed."""

    decision: Decision
    asked: int
    allowed: int
    first_refused: int | None  # from 1


@click.command()
@click.argument("policy")
@click.argument("operation")
@click.argument("values", metavar="DIMENSION=VALUE...", nargs=-1, callback=pairs("DIMENSION=VALUE"))
@click.option("--plan", "plans", multiple=True, callback=pairs("DIMENSION=PLAN"), metavar="DIMENSION=PLAN",
              help="Put the subject on this plan first.")  # fmt: skip
@click.option("--quantity", "quantities", multiple=True, callback=pairs("NAME=NUMBER"), metavar="NAME=NUMBER",
              help="A quantity of the request.")  # fmt: skip
@click.option("--now", "now", metavar="TIME", help="When: 2026-03-01T09:30:00Z, or ns since 1970. [default: the present]")
@click.option("--repeat", type=click.IntRange(1, 1_000_000), default=1, metavar="N",
              help="Ask N times at that instant, and show the last answer.")  # fmt: skip
@stance_option
@click.option("--json", "as_json", is_flag=True, help="The decision as one JSON object.")
@click.pass_context
def decide(
    context: click.Context,
    policy: str,
    operation: str,
    values: Pairs,
    plans: Pairs,
    quantities: Pairs,
    now: str | None,
    repeat: int,
    stance: str,
    as_json: bool,
) -> None:
    """Decides one request by a fresh engine and says why.

    \b
        sluice decide linq messages.send account=acme line=+15550001 recipient=+15550002 --repeat 31

    A dimension that the operation repeats may be given several times.

    Exit code: 0 allowed, 1 denied or would queue, 2 wrong usage.
    """
    loaded = load(policy, stance)
    description = describe(loaded)
    with Engine(loaded, clock="manual", now=_instant(now)) as engine:
        request = Request(
            found := operation_of(description, operation),
            _values(found, values),
            _quantities(found, as_dict("--quantity", quantities)),
            as_dict("--plan", plans),
            engine.clock(),
        )
        outcome = ask(engine, request, repeat)
    if as_json:
        print_json(_json(request, outcome))
    else:
        _print(description, request, outcome)
    context.exit(0 if outcome.decision.allowed else 1)


def operation_of(description: Description, name: str | None) -> Operation:
    """The operation of that name; without a name the only one there is."""
    names = ", ".join(operation.name for operation in description.operations)
    if name is None:
        if len(description.operations) == 1:
            return description.operations[0]
        raise Failure(f"{description.name} has several operations; choose one with --operation: {names}")
    found = description.operation(name)
    if found is None:
        raise Failure(f"{description.name} has no operation '{name}'; it has {names}")
    return found


def ask(engine: Engine, request: Request, times: int) -> Outcome:
    for dimension, plan in request.plans.items():
        engine.set_plan(plan, subject={dimension: _subject_value(request, dimension)})
    decide = engine.operation(request.operation.name).decide
    allowed, first_refused = 0, None
    for number in range(1, times):
        if decide(values=request.values, quantities=request.quantities).allowed:
            allowed += 1
        elif first_refused is None:
            first_refused = number
    last = decide(values=request.values, quantities=request.quantities, details=True)
    if first_refused is None and not last.allowed:
        first_refused = times
    return Outcome(last, times, allowed + last.allowed, first_refused)


def _print(description: Description, request: Request, outcome: Outcome) -> None:
    console = out()
    decision = outcome.decision
    if outcome.asked > 1:
        console.print(f"asked {outcome.asked:,} times: {outcome.allowed:,} allowed{_from(outcome)}")
    console.print(_headline(decision), style="bold", markup=False, soft_wrap=True)
    made = table("", ["limit", "of", "used", "left", "resets (UTC)", "says"], right=["used", "left"])
    for detail in decision.details:
        limit = description.limit(detail.limit_name)
        subject = ", ".join(f"{d}={_one_value(request.values[d], detail.subject)}" for d in limit.scope)
        row(made, [detail.limit_name, subject, _used(detail), _left(detail), _resets(detail), _says(detail, request.now)])
    console.print(made)


def _headline(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    verdict = "would queue" if decision.denial is None else f"denied ({decision.denial})"
    return f"{verdict} by limit {decision.limit_name}: {_wait(decision)}"


def _wait(decision: Decision) -> str:
    if decision.retry_after is not None:
        when = f"in {span(decision.retry_after)}, at {instant(decision.now + decision.retry_after)} UTC"
        return f"passes {when}" if decision.wait_kind == "exact" else f"not before {when[3:]}"
    if decision.wait_kind == "never":
        return f"waiting cannot help; the largest cost that could pass is {decision.largest_cost:,}"
    return "passes when something is released"


def _from(outcome: Outcome) -> str:
    return f", the first refusal was number {outcome.first_refused:,}" if outcome.first_refused else ""


def _used(detail: LimitDetail) -> str:
    return f"{detail.used:,}" if detail.limit is None else f"{detail.used:,} of {detail.limit:,}"


def _left(detail: LimitDetail) -> str:
    return "unlimited" if detail.remaining is None else f"{detail.remaining:,}"


def _resets(detail: LimitDetail) -> str:
    return "" if detail.resets_at is None else instant(detail.resets_at)


def _says(detail: LimitDetail, now: int) -> str:
    if detail.passed:
        return "has room"
    if detail.opens_at is None:
        return "full: opens on a release" if detail.wait_kind == "unknown" else "never has room for this"
    return f"full: opens in {span(max(detail.opens_at - now, 0))}"


def _json(request: Request, outcome: Outcome) -> dict[str, Any]:
    answer = outcome.decision.as_dict()
    answer["details"] = [detail._asdict() for detail in outcome.decision.details]
    return {
        "operation": request.operation.name,
        "values": request.values,
        "now": iso(request.now),
        "asked": outcome.asked,
        "allowed_of_those": outcome.allowed,
        "decision": answer,
    }


def _instant(text: str | None) -> int:
    if text is None:
        import time

        return time.time_ns()
    if text.isascii() and text.isdigit() and int(text) < END_OF_TIME:
        return int(text)
    try:
        return from_iso(text)
    except ValueError as wrong:
        raise Failure(f"--now: {wrong}") from None


def _values(operation: Operation, pairs: Pairs) -> dict[str, str | list[str]]:
    found: dict[str, list[str]] = {}
    for dimension, value in pairs:
        if dimension not in operation.values:
            raise Failure(f"{operation.name} has no dimension '{dimension}'; it takes {words.takes(operation)}")
        found.setdefault(dimension, []).append(value)
    for dimension in operation.values:
        given = found.get(dimension, [])
        if not given:
            raise Failure(f"{operation.name} needs {dimension}=VALUE; it takes {words.takes(operation)}")
        if len(given) > 1 and dimension != operation.repeats:
            raise Failure(f"{dimension} is given twice: {', '.join(given)}")
    return {d: (v if d == operation.repeats else v[0]) for d, v in found.items()}


def _quantities(operation: Operation, given: dict[str, str]) -> dict[str, int] | None:
    for name, text in given.items():
        if name not in operation.quantities:
            known = ", ".join(operation.quantities) or "none"
            raise Failure(f"{operation.name} has no quantity '{name}'; it has {known}")
        if not (text.isascii() and text.isdigit()):
            raise Failure(f"--quantity {name}={text}: a whole number from 0 was expected")
    missing = [name for name in operation.quantities if name not in given]
    if missing:
        raise Failure(f"{operation.name} needs --quantity {missing[0]}=NUMBER")
    return {name: int(given[name]) for name in operation.quantities} or None


def _subject_value(request: Request, dimension: str) -> str:
    if dimension not in request.values:
        raise Failure(f"--plan {dimension}=...: {request.operation.name} takes {words.takes(request.operation)}")
    return _one_value(request.values[dimension], 0)


def _one_value(value: str | list[str], position: int) -> str:
    return value if isinstance(value, str) else value[position]
