"""The command: from options to a replay, from a replay to a table, JSON or a report."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..console import Failure, err, notice, out, print_json
from ..decide import operation_of
from ..description import Description, Operation
from ..lengths import length
from ..pairs import Pairs, as_dict, pairs
from ..policies import describe, load, stance_option
from .clock import ISO, UNITS, reader_of
from .mapping import mapping_of
from .pool_lines import PoolLines, brought
from .pool_options import MOST_LINES, pool_lines_of
from .printing import print_summary
from .reader import open_traffic
from .scenario import Scenario, Stream
from .summary import Summary
from .traffic_log import Message, TrafficLog, survey

_DRAIN = "400 days"  # a year and its longest month


@click.command()
@click.argument("policy")
@click.argument("traffic", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--operation", metavar="OPERATION", help="What each message asks for; not needed when there is only one.")
@click.option("--map", "columns", multiple=True, callback=pairs("DIMENSION=COLUMN"), metavar="DIMENSION=COLUMN",
              help="Where a value comes from. A column of the dimension's own name needs no --map.")  # fmt: skip
@click.option("--set", "constants", multiple=True, callback=pairs("DIMENSION=VALUE"), metavar="DIMENSION=VALUE",
              help="The same value for every message.")  # fmt: skip
@click.option("--quantity-column", "amounts", multiple=True, callback=pairs("QUANTITY=COLUMN"), metavar="QUANTITY=COLUMN",
              help="Where a quantity comes from; --set gives a constant one.")  # fmt: skip
@click.option("--plan", "plans", multiple=True, callback=pairs("DIMENSION=PLAN"), metavar="DIMENSION=PLAN",
              help="The plan of every subject of a dimension; else the policy's default.")  # fmt: skip
@click.option("--amount", "custom", multiple=True, callback=pairs("LIMIT=AMOUNT"), metavar="LIMIT=AMOUNT",
              help="An amount for every subject of a limit, as a policy writes it; for custom plans.")  # fmt: skip
@click.option("--lines", "count", type=click.IntRange(1, MOST_LINES), metavar="N",
              help="Let the operation's pool choose among N lines.")  # fmt: skip
@click.option("--line", "line_names", multiple=True, metavar="NAME", help="The same, with a line of this name; repeat it.")
@click.option("--time-column", default="time", show_default=True, metavar="COLUMN", help="When a message was sent.")
@click.option("--time-unit", type=click.Choice([*UNITS, ISO]), default="s", show_default=True,
              help="Of numbers since 1970, or iso for 2026-03-01T09:30:00Z.")  # fmt: skip
@click.option("--columns", "names", metavar="NAME,...", help="The names of the columns of a file without a header.")
@click.option("--compress", type=click.IntRange(min=1), default=1, metavar="N", help="Replay N times faster.")
@click.option("--retry", type=click.Choice(["none", "wait"]), default="none", show_default=True,
              help="wait: try a refused message again when its answer says, up to 10 times.")  # fmt: skip
@click.option("--queue", is_flag=True, help="Put messages into the queue, to leave when their limits let them.")
@click.option(
    "--drain", metavar="DURATION", help="With --queue: how long after the last message it may go on. [default: 400 days]"
)
@stance_option
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object.")
@click.option("--html", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write a report with plots.")
def simulate(
    policy: str,
    traffic: Path,
    operation: str | None,
    columns: Pairs,
    constants: Pairs,
    amounts: Pairs,
    plans: Pairs,
    custom: Pairs,
    count: int | None,
    line_names: tuple[str, ...],
    time_column: str,
    time_unit: str,
    names: str | None,
    compress: int,
    retry: str,
    queue: bool,
    drain: str | None,
    stance: str,
    as_json: bool,
    html: Path | None,
) -> None:
    """Replays recorded traffic on virtual time and shows what the limits do.

    TRAFFIC is a text file: a header line with the names of the columns, then one message a line, separated by commas,
    semicolons, tabs or spaces.

    \b
        sluice simulate texting_blue messages.txt --operation messages.send --set account=all --plan account=free

    Exit code: 0 replayed, whatever was refused; 2 wrong usage, a policy or a file that cannot be used.
    """
    loaded = load(policy, stance)
    description = describe(loaded)
    what = operation_of(description, operation)
    drained = _drain(what, description, queue, drain, retry)
    file = open_traffic(traffic, [name.strip() for name in names.split(",")] if names else ())
    sources = as_dict("--map and --quantity-column", (*columns, *amounts))
    fixed = as_dict("--set", constants)
    lines = pool_lines_of(description, what, file, count, line_names, sources, fixed)
    mapping = mapping_of(file, what.name, brought(what, lines), what.quantities, sources, fixed)
    chosen = as_dict("--plan", plans), as_dict("--amount", custom)
    _check_plans(description, what, *chosen)
    log = survey(file, mapping, file.column(time_column), reader_of(time_unit), compress)
    summary = Scenario(loaded, description, what, *chosen, retry, drained, lines).run(stream_of(log, lines))
    if html is not None:
        write_report(html, summary)
    if as_json:
        print_json(summary.as_json())
    else:
        print_summary(out(), summary)


def _drain(operation: Operation, description: Description, queue: bool, drain: str | None, retry: str) -> int | None:
    """How long the queue may go on after the last message, ns; None without a queue."""
    if not queue:
        if drain is not None:
            raise Failure(f"--drain {drain} says how long a queue may go on; give --queue, too")
        return None
    if retry != "none":
        raise Failure(
            f"--retry {retry} and --queue: a queued message waits for its turn and is not asked about again; give one of them"
        )
    if not operation.queueable:
        able = ", ".join(other.name for other in description.operations if other.queueable) or "none"
        raise Failure(f"--queue: messages of {operation.name} cannot be queued; of {description.name} these can: {able}")
    found = length(drain or _DRAIN)
    if found is None:
        raise Failure(f"--drain: '{drain}' is not a duration like 12h or 31 days")
    return found


def stream_of(log: TrafficLog, lines: PoolLines | None) -> Stream:
    name = log.traffic.path.name
    if not log.in_order:
        notice(f"{name} is not in the order of time; it is sorted first")
    messages = _with_progress(log.messages(), log.count)
    mapping = log.mapping.described()
    if lines is not None:
        mapping[lines.dimension] = lines.described()
    return Stream(name, mapping, (log.first, log.last), log.replayed(), log.factor, messages)


def _check_plans(description: Description, operation: Operation, plans: dict[str, str], amounts: dict[str, str]) -> None:
    """Fails for what the policy has not, before anything is replayed."""
    for dimension, plan in plans.items():
        known = description.plans_of(dimension)
        if known is None or not known.plans:
            have = ", ".join(s.scope for s in description.plan_sets if s.plans) or "none"
            raise Failure(f"--plan {dimension}={plan}: '{dimension}' has no plans in {description.name}; these have: {have}")
        if plan not in known.plans:
            raise Failure(f"--plan {dimension}={plan}: the plans of {dimension} are {', '.join(known.plans)}")
        if dimension not in operation.values:
            raise Failure(f"--plan {dimension}={plan}: {operation.name} takes no {dimension}")
    charged = [charge.limit for charge in operation.charges]
    for limit in amounts:
        if limit not in charged:
            raise Failure(f"--amount {limit}=...: {operation.name} charges {', '.join(charged)}")


def write_report(path: Path, summary: Summary) -> None:
    from .report import report  # matplotlib takes a second to load

    try:
        path.write_text(report(summary, shlex.join(["sluice", *sys.argv[1:]])), "utf-8")
    except OSError as wrong:
        raise Failure(f"{path}: {wrong.strerror}") from None
    notice(f"the report is in {path}")


def _with_progress(messages: Iterable[Message], count: int) -> Iterator[Message]:
    """The same messages, with a bar on the terminal while they go by."""
    console = err()
    if not console.is_terminal:
        yield from messages
        return
    columns = (TextColumn("replaying"), BarColumn(), MofNCompleteColumn(), TextColumn("messages,"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(messages, total=count)
