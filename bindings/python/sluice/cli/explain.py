"""`sluice explain`: a policy as tables a person reads: who may do what, how often, and what then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click
from rich.table import Table

from . import queues, words
from .console import Failure, out, print_json
from .description import Amount, Charge, Description, Limit, Operation, PlanSet
from .policies import describe, load, stance_option
from .tables import row, table

EVERYBODY = "everybody"


@click.command()
@click.argument("policy")
@stance_option
@click.option("--plan", "plan", metavar="PLAN", help="Show only what holds on this plan: free, or account=free.")
@click.option("--json", "as_json", is_flag=True, help="The policy resolved, as JSON (docs/policy-description.md).")
def explain(policy: str, stance: str, plan: str | None, as_json: bool) -> None:
    """Shows a policy as tables: who may do what, how often, and what happens then.

    POLICY is a file, or the name of a policy that comes with Sluice.
    """
    loaded = load(policy, stance)
    if as_json:
        print_json(loaded.description)
        return
    description = describe(loaded)
    chosen = _chosen(description, plan)
    console = out()
    console.print(f"{description.name}, {description.stance}", style="bold")
    for line in _subject_lines(description):
        console.print(line, markup=False)
    console.print()
    tables = (*limit_tables(description, chosen), *operation_tables(description, chosen), *queue_tables(description))
    for made in tables:
        console.print(made)


class Chosen(NamedTuple):
    """A plan asked for; the dimension is None when any will do."""

    dimension: str | None
    plan: str

    def shows(self, dimension: str | None, plan: str | None) -> bool:
        return plan is None or self.dimension not in (None, dimension) or plan == self.plan


class Line(NamedTuple):
    """One row of an operation's table."""

    who: str
    allowance: str
    cost: str
    then: str


def limit_tables(description: Description, chosen: Chosen | None) -> Iterator[Table]:
    """One table of the limits that are the same for everybody, and one for each set of plans."""
    common = [limit for limit in description.limits if _planless(limit)]
    if common:
        yield _limit_table("Limits of everybody", [EVERYBODY], common, [None])
    for plans in description.plan_sets:
        limits = [limit for limit in description.limits if not _planless(limit) and limit.by == plans.scope]
        shown = [plan for plan in plans.plans if chosen is None or chosen.shows(plans.scope, plan)]
        if limits and shown:
            names = [_plan_name(plans, plan) for plan in shown]
            yield _limit_table(f"Limits by the plan of the {plans.scope}", names, limits, shown)


def operation_tables(description: Description, chosen: Chosen | None) -> Iterator[Table]:
    for operation in description.operations:
        columns = ["who", "is allowed", "one takes", "and beyond"]
        made = table(f"{operation.name}: takes {words.takes(operation)}{queues.waiting(operation)}", columns)
        latest = ""
        for line in lines_of(description, operation, chosen):
            row(made, [line.who if line.who != latest else "", line.allowance, line.cost, line.then])
            latest = line.who
        if operation.charges:
            yield made


def queue_tables(description: Description) -> Iterator[Table]:
    if description.queue is not None:
        made = table("Messages that wait for their line", ["what", "how"])
        for cells in queues.queue_rows(description.queue):
            row(made, cells)
        yield made
    if description.pools:
        made = table("Pools of lines", ["pool", "lines of", "to a recipient", "when the line is full", "when it is suspended"])
        for pool in description.pools:
            row(made, queues.pool_row(pool))
        yield made


def lines_of(description: Description, operation: Operation, chosen: Chosen | None) -> Iterator[Line]:
    """Everybody's limits first, then those of each plan."""
    charges = [(charge, description.limit(charge.limit)) for charge in operation.charges]
    for charge, limit in charges:
        if _planless(limit):
            yield _line(EVERYBODY, charge, limit, limit.amount_of(None))
    for plans in description.plan_sets:
        for plan in plans.plans:
            for charge, limit in charges:
                if limit.by == plans.scope and not _planless(limit) and (not chosen or chosen.shows(plans.scope, plan)):
                    yield _line(f"{plans.scope}: {_plan_name(plans, plan)}", charge, limit, limit.amount_of(plan))


def _line(who: str, charge: Charge, limit: Limit, amount: Amount | None) -> Line:
    if charge.charge == "release":
        return Line(who, f"gives back a {limit.unit} {words.whose(limit)}", words.cost(charge), "")
    if charge.charge == "exempt":
        free = f"and makes the {charge.of} free for {words.spaced(limit.exemption)}"
        return Line(who, f"takes no {limit.unit}, {free}", "0", "")
    endless = amount is not None and amount.word == "unlimited"
    then = "only counted" if endless or charge.charge == "forced" else words.then(limit, charge.mode)
    notes = {"attempt": "; refused requests count too", "forced": ", even when full"}.get(charge.charge, "")
    if charge.while_queued:
        notes = "; counts messages that wait"
    return Line(who, words.rule(limit, amount), words.cost(charge), then + notes)


def _limit_table(title: str, heads: list[str], limits: list[Limit], plans: Sequence[str | None]) -> Table:
    amounts = {limit.name: [limit.amount_of(plan) for plan in plans] for limit in limits}
    notices = any(map(_notices, amounts.values()))
    made = table(title, ["limit", "kept per", *heads, "and beyond", *(["notices at"] if notices else [])])
    for limit in limits:
        own = amounts[limit.name]
        cells = [words.allowance(limit, amount) for amount in own]
        last = [_notices(own)] if notices else []
        row(made, [limit.name, words.joined(limit.scope), *cells, words.then(limit, limit.mode), *last])
    return made


def _notices(amounts: list[Amount | None]) -> str:
    shares = {mark.share: None for amount in amounts if amount for mark in amount.thresholds}
    return ", ".join(shares)


def _planless(limit: Limit) -> bool:
    return all(amount.plan is None for amount in limit.amounts)


def _plan_name(plans: PlanSet, plan: str) -> str:
    return f"{plan} (default)" if plan == plans.default else plan


def _subject_lines(description: Description) -> Iterator[str]:
    for plans in description.plan_sets:
        names = ", ".join(_plan_name(plans, plan) for plan in plans.plans)
        yield f"{plans.scope}: on one of {names}; billing cycle from {plans.billing} unless set"
        for plan, promotion in plans.promotions.items():
            yield f"  {plan} is promoted {promotion}"


def _chosen(description: Description, argument: str | None) -> Chosen | None:
    if argument is None:
        return None
    dimension, mark, plan = argument.rpartition("=")
    chosen = Chosen(dimension if mark else None, plan)
    if not any(chosen.dimension in (None, s.scope) and plan in s.plans for s in description.plan_sets):
        known = "; ".join(f"{s.scope}: {', '.join(s.plans)}" for s in description.plan_sets if s.plans)
        raise Failure(f"{description.name} has no plan '{argument}'; it has {known or 'none'}")
    return chosen
