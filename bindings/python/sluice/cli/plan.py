"""`sluice plan`: how many lines a traffic needs, and how long a campaign takes."""

from __future__ import annotations

import time
from dataclasses import asdict

import click
from rich.console import Console
from rich.text import Text

from sluice import CampaignPlan, LinePlan, LineRow, plan_campaign, plan_lines

from .console import Failure, out, print_json
from .instants import END_OF_TIME, MINUTE, SECOND, from_iso, instant, span
from .lengths import length
from .pairs import Pairs, as_dict, pairs
from .policies import load, stance_option
from .tables import BAD, GOOD, SOME, row, table

MS = 1_000_000
_MOST_ROWS = 12  # of lines and of tries, on a screen


def _duration(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """`300ms`, `10min`, `48h`, as a policy says it; in ns."""
    ns = None if text is None else length(text.strip())
    if text is not None and ns is None:
        raise click.BadParameter(f"'{text}' is no duration; write it as a policy does: 300ms, 3s, 10min, 48h")
    return ns


plan_option = click.option("--plan", "plans", multiple=True, callback=pairs("DIMENSION=PLAN"), metavar="DIMENSION=PLAN",
                           help="The plan of every subject of a dimension; else the policy's default.")  # fmt: skip
operation_option = click.option("--operation", metavar="OPERATION", help="What is sent; not needed when only one can be queued.")
json_option = click.option("--json", "as_json", is_flag=True, help="The answer as one JSON object.")


@click.group()
def plan() -> None:
    """Answers what to buy and what to promise, by running the engine on virtual time."""


@plan.command()
@click.argument("policy")
@click.option("--rate", required=True, metavar="RATE", help="How many messages come: 4/s, 200/min.")
@click.option("--wait", required=True, callback=_duration, metavar="DURATION", help="The longest that is accepted: 3s.")
@click.option("--percentile", type=float, default=99, show_default=True, help="For so many percent of the messages.")
@click.option("--arrivals", type=click.Choice(["poisson", "even"]), default="poisson", show_default=True,
              help="poisson: each by itself, at that rate on average. even: the same time apart.")  # fmt: skip
@click.option("--sticky", is_flag=True, help="A recipient keeps its line.")
@click.option("--recipients", type=int, default=1_000, show_default=True)
@click.option("--skew", type=float, default=0, show_default=True, help="Zipf's exponent; 0: all are written to alike.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--messages", type=int, default=50_000, show_default=True, help="To simulate, for each number of lines.")
@click.option("--most-lines", type=int, help="The most to try.  [default: four times the rule of thumb, and 16]")
@operation_option
@plan_option
@stance_option
@json_option
@click.pass_context
def lines(
    context: click.Context,
    policy: str,
    rate: str,
    wait: int,
    percentile: float,
    arrivals: str,
    sticky: bool,
    recipients: int,
    skew: float,
    seed: int,
    messages: int,
    most_lines: int | None,
    operation: str | None,
    plans: Pairs,
    stance: str,
    as_json: bool,
) -> None:
    """How many lines let most messages wait no longer than that?

    \b
        sluice plan lines sendblue --operation messages.send --rate 4/s --wait 3s

    Exit code: 0 answered, 1 no number that was tried does, 2 wrong usage.
    """
    answer = plan_lines(
        load(policy, stance),
        rate,
        wait=wait,
        percentile=percentile,
        operation=operation,
        plans=as_dict("--plan", plans),
        arrivals="even" if arrivals == "even" else "poisson",
        sticky=sticky,
        recipients=recipients,
        skew=skew,
        seed=seed,
        messages=messages,
        most_lines=most_lines,
    )
    if as_json:
        print_json(asdict(answer))
    else:
        _print_lines(out(), answer)
    context.exit(0 if answer.lines is not None else 1)


@plan.command()
@click.argument("policy")
@click.option("--recipients", type=int, required=True, help="A message goes to each.")
@click.option("--in-conversation", type=click.IntRange(min=0), default=0, show_default=True,
              help="How many of them have just written; the rest is new to the account.")  # fmt: skip
@click.option("--lines", "line_count", type=int, default=1, show_default=True)
@click.option("--duration", callback=_duration, metavar="DURATION", help="To spread it over: 10min.")
@click.option("--rate", metavar="RATE", help="The most of all lines together: 30/s.")
@click.option("--share", type=float, default=50, show_default=True, help="The most of a line's pace, in percent.")
@click.option("--start", metavar="TIME", help="When: 2026-03-01T09:30:00Z, or ns since 1970. [default: the present]")
@operation_option
@plan_option
@stance_option
@json_option
@click.pass_context
def campaign(
    context: click.Context,
    policy: str,
    recipients: int,
    in_conversation: int,
    line_count: int,
    duration: int | None,
    rate: str | None,
    share: float,
    start: str | None,
    operation: str | None,
    plans: Pairs,
    stance: str,
    as_json: bool,
) -> None:
    """When is a campaign through, and what holds it?

    \b
        sluice plan campaign gosendapi --operation messages.send.template --recipients 2500

    Exit code: 0 it finishes, 1 it does not within 400 days, 2 wrong usage.
    """
    answer = plan_campaign(
        load(policy, stance),
        recipients,
        operation=operation,
        plans=as_dict("--plan", plans),
        in_conversation=in_conversation,
        lines=line_count,
        starts_at=_start(start),
        duration=duration or 0,
        rate=rate,
        share=share,
    )
    if as_json:
        print_json(asdict(answer))
    else:
        _print_campaign(out(), answer)
    context.exit(0 if answer.finishes_at is not None else 1)


def _print_lines(console: Console, answer: LinePlan) -> None:
    console.print(Text(answer.answer, style=BAD if answer.lines is None else GOOD))
    console.print(Text(f"rule of thumb: {answer.rule}"))
    shown = table("", ["lines", "used", "p50", "p95", "p99", "longest", "busiest line draws", ""],
                  right=["lines", "used", "p50", "p95", "p99", "longest", "busiest line draws"])  # fmt: skip
    for each in _shown(answer):
        row(shown, [f"{each.lines:,}", _percent(each.used), *map(_wait, (each.p50, each.p95, each.p99, each.longest)),
                    _percent(each.busiest_drew), _verdict(answer, each)])  # fmt: skip
    console.print(shown)
    console.print(Text(f"{answer.messages:,} messages, {span(answer.simulated)} of traffic, for each number of lines"))
    for warning in answer.warnings:
        console.print(Text(f"warning: {warning.words}", style=SOME))


def _shown(answer: LinePlan) -> list[LineRow]:
    """The rule of thumb and those around the answer."""
    if len(answer.rows) <= _MOST_ROWS:
        return list(answer.rows)
    middle = answer.lines or answer.rows[-1].lines
    near = sorted(answer.rows, key=lambda each: (each.lines != answer.rule_of_thumb, abs(each.lines - middle)))[:_MOST_ROWS]
    return sorted(near, key=lambda each: each.lines)


def _verdict(answer: LinePlan, each: LineRow) -> Text:
    if not each.stable:
        return Text("unstable", style=BAD)
    if not each.settled and each.at_percentile <= answer.wait:
        return Text("run too short", style=SOME)
    if not each.met:
        return Text("waits too long", style=SOME)
    return Text("the answer" if each.lines == answer.lines else "does", style=GOOD)


def _wait(ns: int) -> str:
    """`0.06 s`, `17.20 s`; longer ones as other spans."""
    hundredths = ns // 10_000_000
    return f"{hundredths // 100}.{hundredths % 100:02d} s" if ns < MINUTE else span(ns // SECOND * SECOND)


def _percent(hundredths: int) -> str:
    return f"{hundredths / 100:.4g}%" if hundredths < 100_000 else f"{hundredths // 100:,}%"


def _print_campaign(console: Console, answer: CampaignPlan) -> None:
    console.print(Text(answer.answer, style=BAD if answer.finishes_at is None else GOOD))
    console.print(Text(f"from {instant(answer.starts_at)} to {_at(answer.finishes_at)} UTC"))
    if answer.blockers:
        blockers = table("What held it", ["limit", "how", "times", "together", "from", "until"], right=["times", "together"])
        for each in answer.blockers:
            row(blockers, [each.limit or "(queue or pool)", "for ever" if each.forever else each.how, f"{each.times:,}",
                           span(each.held), _at(each.first_at), _at(each.last_until)])  # fmt: skip
        console.print(blockers)
    lines = table("Lines", ["line", "messages", "first", "last", "peak share"], right=["messages", "peak share"])
    for line in answer.lines[:_MOST_ROWS]:
        share = "" if line.peak_share is None else _percent(line.peak_share)
        row(lines, [line.line, f"{line.messages:,}", _at(line.first_at), _at(line.last_at), share])
    console.print(lines)
    if len(answer.lines) > _MOST_ROWS:
        console.print(Text(f"and {len(answer.lines) - _MOST_ROWS:,} more; --json has all"))
    for note in answer.notes:
        console.print(Text(f"note: {note}", style=SOME))


def _start(text: str | None) -> int:
    if text is None:
        return time.time_ns()
    if text.isascii() and text.isdigit() and int(text) < END_OF_TIME:
        return int(text)
    try:
        return from_iso(text)
    except ValueError as wrong:
        raise Failure(f"--start: {wrong}") from None


def _at(ns: int | None) -> str:
    """Cut to the ms."""
    return "never" if ns is None else instant(ns // MS * MS)
